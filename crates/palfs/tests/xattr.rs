//! Extended attributes on the temporary directory's filesystem, where it has them.
#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

use std::fs;
use std::os::fd::AsFd;
use std::os::unix::fs::symlink;
use std::path::PathBuf;

use palfs::xattr::{self, SetMode, Target};
use palfs::{Errno, ErrorKind};

/// A file of its own for each test; `None` (said aloud) where the filesystem has no attributes.
fn file(test: &str) -> Option<PathBuf> {
    let path = std::env::temp_dir().join(format!("palfs-xattr-{test}-{}", std::process::id()));
    fs::write(&path, "x").unwrap();
    match xattr::set(Target::path(&path), b"user.probe", b"", SetMode::Any) {
        Ok(()) => {
            xattr::remove(Target::path(&path), b"user.probe").unwrap();
            Some(path)
        }
        Err(error) => {
            eprintln!("{test} skipped: {error}");
            fs::remove_file(path).unwrap();
            None
        }
    }
}

#[test]
fn a_value_comes_back_byte_for_byte_by_path_and_by_descriptor() {
    let Some(path) = file("value") else { return };
    let open = fs::File::open(&path).unwrap();
    let values: [&[u8]; 4] = [b"", b"text", b"nul\0and\xff", &[7; 1000]];
    for value in values {
        for target in [Target::path(&path), Target::fd(open.as_fd())] {
            xattr::set(target, b"user.v", value, SetMode::Any).unwrap();
            assert_eq!(xattr::get(target, b"user.v").unwrap(), value);
        }
    }
    assert_eq!(xattr::list(Target::path(&path)).unwrap(), [b"user.v".to_vec()]);
    fs::remove_file(path).unwrap();
}

#[test]
fn an_absent_attribute_is_enodata_to_get_and_to_remove() {
    let Some(path) = file("absent") else { return };
    for error in [
        xattr::get(Target::path(&path), b"user.none").unwrap_err(),
        xattr::remove(Target::path(&path), b"user.none").unwrap_err(),
    ] {
        #[cfg(target_os = "linux")]
        assert_eq!(error.errno(), Errno::ENODATA);
        assert_eq!(error.path(), Some(path.as_path()));
    }
    fs::remove_file(path).unwrap();
}

#[test]
fn create_and_replace_say_what_they_found() {
    let Some(path) = file("modes") else { return };
    let target = Target::path(&path);
    xattr::set(target, b"user.a", b"1", SetMode::Replace).unwrap_err();
    xattr::set(target, b"user.a", b"1", SetMode::Create).unwrap();
    assert_eq!(xattr::set(target, b"user.a", b"2", SetMode::Create).unwrap_err().errno(), Errno::EEXIST);
    xattr::set(target, b"user.a", b"2", SetMode::Replace).unwrap();
    assert_eq!(xattr::get(target, b"user.a").unwrap(), b"2");
    fs::remove_file(path).unwrap();
}

#[test]
fn a_link_is_followed_or_not_as_asked() {
    let Some(path) = file("link") else { return };
    let link = path.with_extension("link");
    symlink(&path, &link).unwrap();
    xattr::set(Target::path(&link), b"user.a", b"target", SetMode::Any).unwrap();
    assert_eq!(xattr::get(Target::path(&path), b"user.a").unwrap(), b"target");
    assert!(xattr::list(Target::path_nofollow(&link)).unwrap().is_empty());
    #[cfg(target_os = "linux")]
    assert_eq!(
        xattr::set(Target::path_nofollow(&link), b"user.a", b"x", SetMode::Any).unwrap_err().errno(),
        Errno::EPERM
    );
    fs::remove_file(link).unwrap();
    fs::remove_file(path).unwrap();
}

#[test]
fn a_value_beyond_what_the_filesystem_holds_is_its_own_error() {
    let Some(path) = file("large") else { return };
    let error = xattr::set(Target::path(&path), b"user.a", &vec![1; 1 << 20], SetMode::Any).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::XattrTooLarge);
    assert_eq!(error.code(), Some("ERR_PALFS_XATTR_TOO_LARGE"));
    fs::remove_file(path).unwrap();
}

#[test]
fn a_list_longer_than_any_first_guess_is_complete_and_copied_whole() {
    let Some(path) = file("list") else { return };
    let other = path.with_extension("other");
    fs::write(&other, "y").unwrap();
    let mut names: Vec<Vec<u8>> =
        (0..40).map(|n| format!("user.attribute-number-{n:03}").into_bytes()).collect();
    names.push(b"user.\xff\xfe/bytes".to_vec());
    for name in &names {
        xattr::set(Target::path(&path), name, name, SetMode::Any).unwrap();
    }
    assert_eq!(xattr::copy(Target::path(&path), Target::path(&other)).unwrap(), 41);
    let mut seen = xattr::list(Target::path(&other)).unwrap();
    seen.sort();
    names.sort();
    assert_eq!(seen, names);
    fs::remove_file(other).unwrap();
    fs::remove_file(path).unwrap();
}
