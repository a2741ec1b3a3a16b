use std::collections::BTreeMap;
use std::ffi::{CStr, CString, OsStr, OsString};
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{DirEntryExt, MetadataExt, PermissionsExt, symlink};
use std::path::Path;
use std::process::Command;

use palfs::ops::{Detail, DirEntry, FileType};

use crate::scratch::Scratch;
use crate::{code, every_implementation};

/// Names and inodes as std::fs sees them.
fn oracle(path: &Path) -> BTreeMap<OsString, u64> {
    let entries = fs::read_dir(path).unwrap().map(Result::unwrap);
    entries.map(|entry| (entry.file_name(), entry.ino())).collect()
}

fn by_name(entries: Vec<DirEntry>) -> BTreeMap<OsString, u64> {
    entries.into_iter().map(|entry| (entry.name, entry.inode)).collect()
}

#[test]
fn mkdir_makes_one_directory_and_rmdir_removes_an_empty_one() {
    for fs_ops in every_implementation() {
        let scratch = Scratch::new();
        let dir = scratch.path("dir");
        fs_ops.mkdir(&dir, 0o700).unwrap();
        assert_eq!(fs::metadata(&dir).unwrap().permissions().mode() & 0o777, 0o700);
        assert_eq!(code(fs_ops.mkdir(&dir, 0o700)), "EEXIST");
        assert_eq!(code(fs_ops.mkdir(&dir.join("a/b"), 0o700)), "ENOENT");
        fs::write(dir.join("file"), "").unwrap();
        assert_eq!(code(fs_ops.rmdir(&dir)), "ENOTEMPTY");
        assert_eq!(code(fs_ops.rmdir(&dir.join("file"))), "ENOTDIR");
        fs::remove_file(dir.join("file")).unwrap();
        fs_ops.rmdir(&dir).unwrap();
        assert_eq!(code(fs_ops.rmdir(&dir)), "ENOENT");
    }
}

#[test]
fn readdir_gives_every_name_with_its_type_and_inode_and_neither_dot() {
    for fs_ops in every_implementation() {
        let scratch = Scratch::new();
        scratch.file("file", b"");
        scratch.file(".hidden", b"");
        scratch.file("..two-dots", b"");
        scratch.file("...", b"");
        fs::create_dir(scratch.path("directory")).unwrap();
        symlink("directory", scratch.path("link")).unwrap();
        let entries = fs_ops.readdir(&scratch.path(".")).unwrap();
        let type_of = |name: &str| entries.iter().find(|entry| entry.name == name).unwrap().file_type;
        assert_eq!(type_of("file"), FileType::RegularFile);
        assert_eq!(type_of("directory"), FileType::Directory);
        assert_eq!(type_of("link"), FileType::SymbolicLink);
        assert_eq!(by_name(entries), oracle(&scratch.path(".")));
    }
}

#[test]
fn readdir_of_what_is_no_directory_says_so() {
    for fs_ops in every_implementation() {
        let scratch = Scratch::new();
        let file = scratch.file("file", b"");
        assert_eq!(code(fs_ops.readdir(&file)), "ENOTDIR");
        let error = fs_ops.readdir(&scratch.path("absent")).unwrap_err();
        assert_eq!((error.code(), error.path()), (Some("ENOENT"), Some(&*scratch.path("absent"))));
        assert_eq!(code(fs_ops.read_directory(&file)), "ENOTDIR");
        assert_eq!(code(fs_ops.readdir_stats(&file)), "ENOTDIR");
    }
}

#[test]
fn correction_01_a_directory_of_names_that_are_no_utf8_is_read_byte_for_byte() {
    let scratch = Scratch::new();
    let names: Vec<OsString> = (1..=255_u8)
        .filter(|byte| *byte != b'/')
        .map(|byte| OsStr::from_bytes(&[b'x', byte, 0xff]).to_os_string())
        .collect();
    for name in &names {
        if let Err(error) = fs::write(scratch.path("").join(name), "") {
            eprintln!("skipped: this filesystem wants UTF-8: {error}");
            return;
        }
    }
    for fs_ops in every_implementation() {
        let mut read: Vec<_> =
            fs_ops.readdir(&scratch.path("")).unwrap().into_iter().map(|entry| entry.name).collect();
        read.sort();
        assert_eq!(read, names);
    }
}

#[test]
fn correction_18_a_long_directory_comes_in_batches_that_hold_each_name_once() {
    let scratch = Scratch::new();
    for number in 0..5_000 {
        scratch.file(&format!("a-name-that-is-not-short-at-all-{number:05}"), b"");
    }
    let expected = oracle(&scratch.path(""));
    for fs_ops in every_implementation() {
        let batches: Vec<_> = fs_ops.read_directory(&scratch.path("")).unwrap().map(Result::unwrap).collect();
        assert!(batches.len() > 1 && batches.iter().all(|batch| (1..=1024).contains(&batch.len())));
        assert_eq!(batches.iter().map(Vec::len).sum::<usize>(), expected.len());
        assert_eq!(by_name(batches.concat()), expected);
        let mut directory = fs_ops.read_directory(&scratch.path("")).unwrap();
        let mut names = Vec::new();
        loop {
            let batch = directory.next_batch(7).unwrap();
            if batch.is_empty() {
                break;
            }
            assert!(batch.len() <= 7);
            names.extend(batch);
        }
        assert_eq!(by_name(names), expected);
    }
}

#[test]
fn readdir_with_stats_says_what_lstat_says() {
    for fs_ops in every_implementation() {
        let scratch = Scratch::new();
        scratch.file("file", b"content");
        symlink("nowhere", scratch.path("link")).unwrap();
        let entries = fs_ops.readdir_stats(&scratch.path("")).unwrap();
        assert_eq!(entries.len(), 2);
        for (entry, stat) in entries {
            let oracle = fs::symlink_metadata(scratch.path("").join(&entry.name)).unwrap();
            assert_eq!((stat.inode, stat.size, stat.mode), (oracle.ino(), oracle.len(), oracle.mode()));
            assert_eq!(stat.file_type(), entry.file_type);
        }
    }
}

#[test]
fn names_that_go_away_while_they_are_read_are_no_error() {
    for fs_ops in every_implementation() {
        let scratch = Scratch::new();
        let dir = scratch.path("dir");
        fs::create_dir(&dir).unwrap();
        for number in 0..100 {
            fs::write(dir.join(number.to_string()), "").unwrap();
        }
        let mut directory = fs_ops.read_directory(&dir).unwrap();
        assert_eq!(directory.next_batch(1).unwrap().len(), 1);
        fs::remove_dir_all(&dir).unwrap();
        // The rest may be buffered by now, but none of it can be looked at any more.
        let mut left = 0;
        directory.visit(usize::MAX, Detail::Stat, |_| left += 1).unwrap();
        assert_eq!(left, 0);
        assert!(directory.next_batch(10).unwrap().is_empty());
    }
}

#[test]
fn many_names_are_looked_up_at_once_in_their_order_and_those_that_are_gone_are_known() {
    for fs_ops in every_implementation() {
        let scratch = Scratch::new();
        let dir = scratch.path("dir");
        fs::create_dir(&dir).unwrap();
        // More than one thread begins with, and no multiple of what a thread takes.
        let names: Vec<CString> =
            (0..2_005).map(|number| CString::new(number.to_string()).unwrap()).collect();
        let path = |name: &CStr| dir.join(OsStr::from_bytes(name.to_bytes()));
        for (size, name) in names.iter().enumerate().filter(|(size, _)| size % 3 != 0) {
            fs::write(path(name), vec![0; size]).unwrap();
        }
        let asked: Vec<&CStr> = names.iter().map(CString::as_c_str).collect();
        let directory = fs_ops.read_directory(&dir).unwrap();
        for alone in [true, false] {
            let stats = directory.look_up(&asked, alone).unwrap();
            assert_eq!(stats.len(), names.len());
            for (size, (name, stat)) in names.iter().zip(stats).enumerate() {
                assert_eq!(stat, fs_ops.lstat(&path(name)).ok());
                assert_eq!(stat.map(|stat| stat.size), (size % 3 != 0).then_some(size as u64));
            }
            let long = CString::new("n".repeat(256)).unwrap();
            let with_one_too_long = [asked.as_slice(), &[long.as_c_str()]].concat();
            let error = directory.look_up(&with_one_too_long, alone).unwrap_err();
            assert_eq!((error.code(), error.path()), (Some("ENAMETOOLONG"), Some(path(&long).as_path())));
        }
    }
}

#[test]
fn a_type_that_the_directory_does_not_keep_is_asked_for_and_not_guessed() {
    let scratch = Scratch::new();
    let (image, mount) = (scratch.path("image"), scratch.path("mount"));
    fs::create_dir(&mount).unwrap();
    let run = |program: &str, arguments: &[&OsStr]| {
        Command::new(program).args(arguments).output().is_ok_and(|output| output.status.success())
    };
    let os = OsStr::new;
    fs::File::create(&image).unwrap().set_len(4 << 20).unwrap();
    // Without the feature `filetype`, ext2's directories hold names and inodes alone.
    let made = run("mke2fs", &[os("-q"), os("-F"), os("-O"), os("^filetype"), image.as_os_str()])
        && run("mount", &[os("-o"), os("loop"), image.as_os_str(), mount.as_os_str()]);
    if !made {
        eprintln!("skipped: no ext2 without types can be made and mounted here");
        return;
    }
    fs::write(mount.join("file"), "").unwrap();
    symlink("file", mount.join("link")).unwrap();
    let mut seen = Vec::new();
    for fs_ops in every_implementation() {
        seen.push(fs_ops.readdir(&mount));
    }
    assert!(run("umount", &[mount.as_os_str()]));
    for entries in seen {
        let mut types: Vec<_> =
            entries.unwrap().into_iter().map(|entry| (entry.name, entry.file_type)).collect();
        types.sort_by(|a, b| a.0.cmp(&b.0));
        assert_eq!(
            types,
            [
                ("file".into(), FileType::RegularFile),
                ("link".into(), FileType::SymbolicLink),
                ("lost+found".into(), FileType::Directory)
            ]
        );
    }
}
