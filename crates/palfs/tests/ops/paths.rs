use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use palfs::ops::SetTime;
use palfs::xattr::{SetMode, Target};

use crate::scratch::Scratch;
use crate::{code, every_implementation};

#[test]
fn correction_01_every_operation_takes_names_that_are_no_utf8() {
    let name = OsStr::from_bytes(b"caf\xe9 \xf0\x28\x8c");
    for fs_ops in every_implementation() {
        let scratch = Scratch::new();
        let dir = scratch.path("").join(name);
        if let Err(error) = fs::create_dir(&dir) {
            eprintln!("skipped: this filesystem wants UTF-8: {error}");
            return;
        }
        let (file, link, other) = (dir.join(name), dir.join("link"), dir.join(OsStr::from_bytes(b"\xff")));
        let fd = fs_ops.open(&file, libc::O_CREAT | libc::O_RDWR, 0o600).unwrap();
        fs_ops.close(fd).unwrap();
        assert!(fs::exists(&file).unwrap());
        fs_ops.stat(&file).unwrap();
        fs_ops.chmod(&file, 0o644).unwrap();
        fs_ops.chown(&file, None, None).unwrap();
        fs_ops.utimes(&file, SetTime::Now, SetTime::Now).unwrap();
        fs_ops.symlink(Path::new(name), &link).unwrap();
        assert_eq!(fs_ops.readlink(&link).unwrap().as_os_str(), name);
        fs_ops.copy_file_fast(&link, &other).unwrap();
        fs_ops.rename(&other, &link).unwrap();
        fs_ops.link(&file, &other).unwrap();
        assert_eq!(fs_ops.readdir(&dir).unwrap().len(), 3);
        for path in [&file, &link, &other] {
            fs_ops.unlink(path).unwrap();
        }
        fs_ops.mkdir(&file, 0o700).unwrap();
        fs_ops.rmdir(&file).unwrap();
        let error = fs_ops.stat(&file).unwrap_err();
        assert_eq!(error.path().unwrap().as_os_str().as_bytes(), file.as_os_str().as_bytes());
    }
}

#[test]
fn a_path_with_a_nul_is_refused_by_every_operation_before_the_kernel_sees_half_of_it() {
    let nul = Path::new("a\0b");
    let fine = Path::new("/nonexistent-palfs/x");
    for fs_ops in every_implementation() {
        for result in [
            fs_ops.open(nul, 0, 0).map(drop),
            fs_ops.stat(nul).map(drop),
            fs_ops.lstat(nul).map(drop),
            fs_ops.utimes(nul, SetTime::Now, SetTime::Now),
            fs_ops.chmod(nul, 0),
            fs_ops.chown(nul, None, None),
            fs_ops.mkdir(nul, 0),
            fs_ops.rmdir(nul),
            fs_ops.readdir(nul).map(drop),
            fs_ops.readdir_stats(nul).map(drop),
            fs_ops.read_directory(nul).map(drop),
            fs_ops.link(nul, fine),
            fs_ops.link(fine, nul),
            fs_ops.unlink(nul),
            fs_ops.symlink(nul, fine),
            fs_ops.symlink(fine, nul),
            fs_ops.readlink(nul).map(drop),
            fs_ops.rename(nul, fine),
            fs_ops.rename(fine, nul),
            fs_ops.getxattr(Target::path(nul), b"user.a").map(drop),
            fs_ops.setxattr(Target::path(nul), b"user.a", b"", SetMode::Any),
            fs_ops.removexattr(Target::path(nul), b"user.a"),
            fs_ops.listxattr(Target::path(nul)).map(drop),
            fs_ops.copy_file_fast(nul, fine).map(drop),
        ] {
            assert_eq!(code(result), "EINVAL");
        }
    }
}
