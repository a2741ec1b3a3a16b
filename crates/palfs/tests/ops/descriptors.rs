use std::fs;
use std::os::fd::AsFd;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use crate::scratch::{Scratch, noise};
use crate::{code, every_implementation};

#[test]
fn open_gives_a_descriptor_that_reads_and_writes_at_positions_and_offsets() {
    for fs_ops in every_implementation() {
        let scratch = Scratch::new();
        let path = scratch.path("file");
        let fd = fs_ops.open(&path, libc::O_RDWR | libc::O_CREAT | libc::O_EXCL, 0o640).unwrap();
        assert_eq!(fs_ops.write(fd.as_fd(), b"hello world", None).unwrap(), 11);
        assert_eq!(fs_ops.write(fd.as_fd(), b"J", Some(0)).unwrap(), 1);
        assert_eq!(fs_ops.write(fd.as_fd(), b"!", None).unwrap(), 1);
        let mut buf = [0; 5];
        assert_eq!(fs_ops.read(fd.as_fd(), &mut buf, Some(6)).unwrap(), 5);
        assert_eq!(&buf, b"world");
        assert_eq!(fs_ops.read(fd.as_fd(), &mut buf, None).unwrap(), 0);
        fs_ops.fsync(fd.as_fd()).unwrap();
        fs_ops.close(fd).unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"Jello world!");
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777 & !0o640, 0);
    }
}

#[test]
fn a_child_process_inherits_no_descriptor() {
    let scratch = Scratch::new();
    let [fs_ops, _] = every_implementation();
    let fd = fs_ops.open(&scratch.file("file", b"x"), libc::O_RDONLY, 0).unwrap();
    let number = std::os::fd::AsRawFd::as_raw_fd(&fd).to_string();
    let test = format!("test ! -e /dev/fd/{number}");
    assert!(std::process::Command::new("sh").args(["-c", &test]).status().unwrap().success());
}

#[test]
fn open_says_what_is_wrong_with_the_path_and_names_it() {
    for fs_ops in every_implementation() {
        let scratch = Scratch::new();
        let (file, absent) = (scratch.file("file", b""), scratch.path("absent"));
        let error = fs_ops.open(&absent, libc::O_RDONLY, 0).unwrap_err();
        assert_eq!((error.code(), error.call(), error.path()), (Some("ENOENT"), "openat", Some(&*absent)));
        assert_eq!(code(fs_ops.open(&file.join("x"), libc::O_RDONLY, 0)), "ENOTDIR");
        assert_eq!(code(fs_ops.open(&file, libc::O_WRONLY | libc::O_CREAT | libc::O_EXCL, 0)), "EEXIST");
        assert_eq!(code(fs_ops.open(&scratch.path("."), libc::O_WRONLY, 0)), "EISDIR");
        assert_eq!(code(fs_ops.open(Path::new("a\0b"), libc::O_RDONLY, 0)), "EINVAL");
        assert_eq!(code(fs_ops.open(Path::new(""), libc::O_RDONLY, 0)), "ENOENT");
    }
}

#[test]
fn a_descriptor_that_is_not_open_for_it_is_ebadf_and_a_pipe_has_no_offsets() {
    for fs_ops in every_implementation() {
        let scratch = Scratch::new();
        let path = scratch.file("file", b"content");
        let reader = fs_ops.open(&path, libc::O_RDONLY, 0).unwrap();
        let writer = fs_ops.open(&path, libc::O_WRONLY, 0).unwrap();
        assert_eq!(code(fs_ops.write(reader.as_fd(), b"x", None)), "EBADF");
        assert_eq!(code(fs_ops.read(writer.as_fd(), &mut [0], Some(0))), "EBADF");
        assert_eq!(code(fs_ops.ftruncate(reader.as_fd(), 0)), "EINVAL");
        assert_eq!(code(fs_ops.read(reader.as_fd(), &mut [0], Some(u64::MAX))), "EOVERFLOW");
        let (pipe, _writer) = std::io::pipe().unwrap();
        assert_eq!(code(fs_ops.read(pipe.as_fd(), &mut [0], Some(0))), "ESPIPE");
        assert_eq!(code(fs_ops.fsync(pipe.as_fd())), "EINVAL");
    }
}

#[test]
fn ftruncate_cuts_and_lengthens_with_zeros() {
    for fs_ops in every_implementation() {
        let scratch = Scratch::new();
        let path = scratch.file("file", &noise(10_000));
        let fd = fs_ops.open(&path, libc::O_RDWR, 0).unwrap();
        fs_ops.ftruncate(fd.as_fd(), 10).unwrap();
        fs_ops.ftruncate(fd.as_fd(), 20).unwrap();
        let mut expected = noise(10_000)[..10].to_vec();
        expected.resize(20, 0);
        assert_eq!(fs::read(&path).unwrap(), expected);
        assert_eq!(fs_ops.fstat(fd.as_fd()).unwrap().size, 20);
    }
}
