use std::fs;
use std::os::fd::AsFd;
use std::path::Path;
use std::process::Command;

use palfs::copy::CopyOffsets;

use crate::every_implementation;
use crate::scratch::Scratch;

const CHILD: &str = "PALFS_TEST_COUNTS_DESCRIPTORS";

fn descriptors() -> usize {
    fs::read_dir("/dev/fd").unwrap().count()
}

#[test]
fn correction_02_no_operation_keeps_a_descriptor_when_it_fails_or_succeeds() {
    if std::env::var_os(CHILD).is_some() {
        return count();
    }
    // Tests beside this one open files too, so the count is taken in a process of its own.
    let name = "leaks::correction_02_no_operation_keeps_a_descriptor_when_it_fails_or_succeeds";
    let mut child = Command::new(std::env::current_exe().unwrap());
    let output = child.args(["--exact", name, "--test-threads=1"]).env(CHILD, "1").output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
}

fn count() {
    let scratch = Scratch::new();
    let (file, dir, absent) = (scratch.file("file", b"content"), scratch.path(""), scratch.path("absent"));
    let round = || {
        for fs_ops in every_implementation() {
            for path in [&file, &dir, &absent] {
                let opened = fs_ops.open(path, libc::O_RDONLY, 0);
                if let Ok(fd) = opened {
                    let _may_fail = fs_ops.copy_file_range(fd.as_fd(), fd.as_fd(), 1, CopyOffsets::default());
                    fs_ops.close(fd).unwrap();
                }
                let _may_fail = fs_ops.readdir(path).map(drop);
                let _may_fail = fs_ops.readdir_stats(path).map(drop);
                let _may_fail = fs_ops.read_directory(path).map(|mut directory| directory.next().is_some());
                let _may_fail = fs_ops.copy_file_fast(path, &scratch.path("copy")).map(drop);
                let _may_fail = fs_ops.copy_file_fast(&file, path).map(drop);
                let _may_fail = fs_ops.copy_file_fast(path, Path::new("/proc/palfs-cannot-be")).map(drop);
            }
            let (reader, writer) = std::io::pipe().unwrap();
            drop(writer);
            let null = fs::File::create("/dev/null").unwrap();
            assert_eq!(
                fs_ops.copy_file_range(reader.as_fd(), null.as_fd(), 9, CopyOffsets::default()).unwrap(),
                0
            );
        }
    };
    round();
    let before = descriptors();
    for _ in 0..5 {
        round();
    }
    assert_eq!(descriptors(), before);
}
