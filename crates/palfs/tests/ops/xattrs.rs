use std::fs;
use std::os::fd::AsFd;
use std::os::unix::fs::symlink;
use std::path::PathBuf;

use palfs::xattr::{SetMode, Target};

use crate::scratch::Scratch;
use crate::{code, every_implementation};

/// A file that takes attributes; `None` (said aloud) where the filesystem has none.
fn file(scratch: &Scratch) -> Option<PathBuf> {
    let path = scratch.file("file", b"");
    let [fs_ops, _] = every_implementation();
    match fs_ops.setxattr(Target::path(&path), b"user.probe", b"", SetMode::Any) {
        Ok(()) => {
            fs_ops.removexattr(Target::path(&path), b"user.probe").unwrap();
            Some(path)
        }
        Err(error) => {
            eprintln!("skipped: {error}");
            None
        }
    }
}

#[test]
fn correction_07_a_link_is_followed_or_not_as_asked_and_a_descriptor_is_the_file() {
    for fs_ops in every_implementation() {
        let scratch = Scratch::new();
        let Some(path) = file(&scratch) else { return };
        let link = scratch.path("link");
        symlink("file", &link).unwrap();
        let open = fs::File::open(&path).unwrap();
        fs_ops.setxattr(Target::path(&link), b"user.a", b"1", SetMode::Create).unwrap();
        assert_eq!(fs_ops.getxattr(Target::path(&path), b"user.a").unwrap(), b"1");
        assert_eq!(fs_ops.getxattr(Target::fd(open.as_fd()), b"user.a").unwrap(), b"1");
        assert!(fs_ops.listxattr(Target::path_nofollow(&link)).unwrap().is_empty());
        assert_ne!(code(fs_ops.getxattr(Target::path_nofollow(&link), b"user.a")), "success");
        fs_ops.removexattr(Target::path(&link), b"user.a").unwrap();
        assert!(fs_ops.listxattr(Target::path(&path)).unwrap().is_empty());
    }
}

#[test]
fn correction_08_values_of_any_length_are_whole_empty_ones_too_and_absent_is_one_error() {
    for fs_ops in every_implementation() {
        let scratch = Scratch::new();
        let Some(path) = file(&scratch) else { return };
        let target = Target::path(&path);
        for length in [0, 1, 255, 256, 257, 1500] {
            let value = vec![7; length];
            fs_ops.setxattr(target, b"user.v", &value, SetMode::Any).unwrap();
            assert_eq!(fs_ops.getxattr(target, b"user.v").unwrap(), value);
        }
        let absent = if cfg!(target_os = "freebsd") { "ENOATTR" } else { "ENODATA" };
        assert_eq!(code(fs_ops.getxattr(target, b"user.none")), absent);
        assert_eq!(code(fs_ops.removexattr(target, b"user.none")), absent);
        assert_eq!(code(fs_ops.setxattr(target, b"user.none", b"", SetMode::Replace)), absent);
        assert_eq!(code(fs_ops.setxattr(target, b"user.v", b"", SetMode::Create)), "EEXIST");
    }
}

#[test]
fn correction_08_a_value_that_grows_while_it_is_read_comes_whole() {
    let scratch = Scratch::new();
    let Some(path) = file(&scratch) else { return };
    let [fs_ops, _] = every_implementation();
    let target = Target::path(&path);
    let values: Vec<Vec<u8>> =
        [300_u16, 900, 1500].iter().map(|length| vec![1; usize::from(*length)]).collect();
    fs_ops.setxattr(target, b"user.v", &values[0], SetMode::Any).unwrap();
    let done = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !done.load(std::sync::atomic::Ordering::Relaxed) {
                for value in &values {
                    fs_ops.setxattr(target, b"user.v", value, SetMode::Any).unwrap();
                }
            }
        });
        for _ in 0..2_000 {
            let value = fs_ops.getxattr(target, b"user.v").unwrap();
            assert!(values.contains(&value), "{} bytes", value.len());
        }
        done.store(true, std::sync::atomic::Ordering::Relaxed);
    });
}

#[test]
fn names_are_bytes_with_their_namespace() {
    for fs_ops in every_implementation() {
        let scratch = Scratch::new();
        let Some(path) = file(&scratch) else { return };
        let target = Target::path(&path);
        let mut names: Vec<&[u8]> = vec![b"user.\xff\xfe", b"user.a b", b"user.x/y"];
        for name in &names {
            fs_ops.setxattr(target, name, b"v", SetMode::Any).unwrap();
        }
        let mut listed = fs_ops.listxattr(target).unwrap();
        listed.sort();
        names.sort_unstable();
        assert_eq!(listed, names);
        assert_eq!(code(fs_ops.getxattr(target, b"user.a\0b")), "EINVAL");
    }
}
