use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{MetadataExt, symlink};
use std::path::Path;

use crate::scratch::Scratch;
use crate::{code, every_implementation};

#[test]
fn link_gives_a_second_name_and_unlink_takes_one_away() {
    for fs_ops in every_implementation() {
        let scratch = Scratch::new();
        let (file, second) = (scratch.file("file", b"content"), scratch.path("second"));
        fs_ops.link(&file, &second).unwrap();
        assert_eq!(fs::metadata(&file).unwrap().nlink(), 2);
        let error = fs_ops.link(&file, &second).unwrap_err();
        assert_eq!(error.code(), Some("EEXIST"));
        assert_eq!((error.path(), error.dest()), (Some(&*file), Some(&*second)));
        fs_ops.unlink(&file).unwrap();
        assert_eq!(fs::read(&second).unwrap(), b"content");
        assert_eq!(code(fs_ops.unlink(&file)), "ENOENT");
        assert_eq!(code(fs_ops.link(&file, &scratch.path("third"))), "ENOENT");
    }
}

#[test]
fn link_names_the_symbolic_link_itself_and_unlink_removes_it_alone() {
    for fs_ops in every_implementation() {
        let scratch = Scratch::new();
        let (file, soft, hard) = (scratch.file("file", b""), scratch.path("soft"), scratch.path("hard"));
        symlink("file", &soft).unwrap();
        fs_ops.link(&soft, &hard).unwrap();
        assert!(fs::symlink_metadata(&hard).unwrap().is_symlink());
        fs_ops.unlink(&soft).unwrap();
        assert!(file.exists() && !soft.exists());
    }
}

#[test]
fn unlink_of_a_directory_is_refused() {
    for fs_ops in every_implementation() {
        let scratch = Scratch::new();
        let dir = scratch.path("dir");
        fs::create_dir(&dir).unwrap();
        let expected = if cfg!(target_os = "linux") { "EISDIR" } else { "EPERM" };
        assert_eq!(code(fs_ops.unlink(&dir)), expected);
        assert!(dir.exists());
    }
}

#[test]
fn correction_01_link_targets_are_bytes_of_any_length() {
    let (long, longest) = ("x".repeat(1023), "x".repeat(4095));
    for fs_ops in every_implementation() {
        let scratch = Scratch::new();
        let targets: [&[u8]; 5] =
            [b"plain", b"\xff\xfe\x01", b"a//b/../c/", long.as_bytes(), longest.as_bytes()];
        for target in targets {
            let target = Path::new(OsStr::from_bytes(target));
            let link = scratch.path("link");
            if let Err(error) = fs_ops.symlink(target, &link) {
                // xfs stops at 1,023 bytes, macOS sooner: then std is told the same.
                assert_eq!(error.code(), Some("ENAMETOOLONG"));
                assert_eq!(symlink(target, &link).unwrap_err().raw_os_error(), Some(error.errno().raw()));
                continue;
            }
            assert_eq!(fs::read_link(&link).unwrap().as_os_str(), target.as_os_str());
            assert_eq!(fs_ops.readlink(&link).unwrap().as_os_str(), target.as_os_str());
            fs::remove_file(&link).unwrap();
        }
    }
}

#[test]
fn symlink_and_readlink_say_what_is_in_the_way() {
    for fs_ops in every_implementation() {
        let scratch = Scratch::new();
        let file = scratch.file("file", b"");
        let error = fs_ops.symlink(Path::new("target"), &file).unwrap_err();
        assert_eq!(error.code(), Some("EEXIST"));
        assert_eq!((error.path(), error.dest()), (Some(Path::new("target")), Some(&*file)));
        assert_eq!(code(fs_ops.readlink(&file)), "EINVAL");
        assert_eq!(code(fs_ops.readlink(&scratch.path("absent"))), "ENOENT");
        assert_eq!(code(fs_ops.symlink(Path::new(""), &scratch.path("empty"))), "ENOENT");
    }
}

#[test]
fn rename_replaces_a_file_or_a_link_and_never_follows_it() {
    for fs_ops in every_implementation() {
        let scratch = Scratch::new();
        let (from, target) = (scratch.file("from", b"new"), scratch.file("target", b"old"));
        let link = scratch.path("link");
        symlink("target", &link).unwrap();
        fs_ops.rename(&from, &link).unwrap();
        assert!(fs::symlink_metadata(&link).unwrap().is_file());
        assert_eq!(fs::read(&link).unwrap(), b"new");
        assert_eq!(fs::read(&target).unwrap(), b"old");
        let error = fs_ops.rename(&from, &target).unwrap_err();
        assert_eq!((error.code(), error.dest()), (Some("ENOENT"), Some(&*target)));
        fs::create_dir(scratch.path("dir")).unwrap();
        assert_eq!(code(fs_ops.rename(&link, &scratch.path("dir"))), "EISDIR");
        assert_eq!(code(fs_ops.rename(&scratch.path("dir"), &scratch.path("dir/inside"))), "EINVAL");
    }
}
