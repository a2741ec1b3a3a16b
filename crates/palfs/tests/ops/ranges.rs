//! `copy_file_range` between files, and `copy_file_fast`.

use std::fs::{self, File};
use std::io::{Read, Seek, SeekFrom};
use std::os::fd::AsFd;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::sync::Arc;

use palfs::copy::{CopyOffsets, Method, MethodSet, copy_range};
use palfs::{Control, ops};

use crate::scratch::{Scratch, noise};
use crate::{Ops, every_implementation};

const AT_POSITIONS: CopyOffsets = CopyOffsets { src: None, dest: None };

fn at(src: u64, dest: u64) -> CopyOffsets {
    CopyOffsets { src: Some(src), dest: Some(dest) }
}

fn read_write(path: &Path) -> File {
    File::options().read(true).write(true).create(true).truncate(false).open(path).unwrap()
}

/// Each kernel path alone and all together, the generic reads and writes among them.
fn every_way() -> Vec<(&'static str, Ops)> {
    let mut ways: Vec<(&'static str, Ops)> = vec![("std", Arc::new(ops::StdFileSystemOps))];
    #[cfg(target_os = "linux")]
    for method in [Method::CopyFileRange, Method::Splice, Method::Sendfile] {
        let methods = MethodSet::EMPTY.with(method).with(Method::ReadWrite);
        ways.push((method.name(), Arc::new(ops::LinuxFileSystemOps::with_methods(methods))));
    }
    let [platform, _] = every_implementation();
    ways.push(("platform", platform));
    ways
}

#[test]
fn correction_12_a_range_honours_its_length_and_both_offsets() {
    let content = noise(200_000);
    for (way, fs_ops) in every_way() {
        let scratch = Scratch::new();
        let src = File::open(scratch.file("src", &content)).unwrap();
        for (from, to, len) in [(0, 0, 1), (1, 0, 70_000), (5_000, 100_001, 65_537), (4096, 8192, 131_072)] {
            let old = vec![b'.'; 250_000];
            let dest = read_write(&scratch.file("dest", &old));
            let moved = fs_ops.copy_file_range(src.as_fd(), dest.as_fd(), len, at(from, to)).unwrap();
            let [from, to, len] = [from, to, len].map(|number| usize::try_from(number).unwrap());
            assert_eq!(moved, len as u64, "{way}");
            let mut expected = old;
            expected[to..to + len].copy_from_slice(&content[from..from + len]);
            assert!(fs::read(scratch.path("dest")).unwrap() == expected, "{way}: {from} {to} {len}");
        }
    }
}

#[test]
fn correction_23_explicit_offsets_leave_both_positions_alone() {
    for (way, fs_ops) in every_way() {
        let scratch = Scratch::new();
        let mut src = File::open(scratch.file("src", &noise(100_000))).unwrap();
        let mut dest = read_write(&scratch.path("dest"));
        src.seek(SeekFrom::Start(11)).unwrap();
        dest.seek(SeekFrom::Start(22)).unwrap();
        fs_ops.copy_file_range(src.as_fd(), dest.as_fd(), 90_000, at(0, 0)).unwrap();
        assert_eq!((src.stream_position().unwrap(), dest.stream_position().unwrap()), (11, 22), "{way}");
        // One of each: only the one that was used as position moves.
        let half = CopyOffsets { src: None, dest: Some(0) };
        fs_ops.copy_file_range(src.as_fd(), dest.as_fd(), 70_000, half).unwrap();
        assert_eq!((src.stream_position().unwrap(), dest.stream_position().unwrap()), (70_011, 22), "{way}");
        let half = CopyOffsets { src: Some(5), dest: None };
        fs_ops.copy_file_range(src.as_fd(), dest.as_fd(), 70_000, half).unwrap();
        assert_eq!(
            (src.stream_position().unwrap(), dest.stream_position().unwrap()),
            (70_011, 70_022),
            "{way}"
        );
    }
}

#[test]
fn without_offsets_a_range_goes_on_from_where_the_last_one_stopped() {
    let content = noise(150_000);
    for (way, fs_ops) in every_way() {
        let scratch = Scratch::new();
        let src = File::open(scratch.file("src", &content)).unwrap();
        let dest = read_write(&scratch.path("dest"));
        let mut total = 0;
        loop {
            match fs_ops.copy_file_range(src.as_fd(), dest.as_fd(), 40_000, AT_POSITIONS).unwrap() {
                0 => break,
                moved => total += moved,
            }
        }
        assert_eq!(total, 150_000, "{way}");
        assert!(fs::read(scratch.path("dest")).unwrap() == content, "{way}");
    }
}

#[test]
fn correction_11_the_generic_platform_copies_a_range_by_reads_and_writes() {
    let content = noise(3_000_000);
    let scratch = Scratch::new();
    let src = File::open(scratch.file("src", &content)).unwrap();
    let dest = read_write(&scratch.path("dest"));
    let [_, generic] = every_implementation();
    assert_eq!(generic.copy_methods(), MethodSet::EMPTY.with(Method::ReadWrite));
    let moved = generic.copy_file_range(src.as_fd(), dest.as_fd(), 2_999_999, at(1, 0)).unwrap();
    assert_eq!(moved, 2_999_999);
    assert!(fs::read(scratch.path("dest")).unwrap() == content[1..]);
}

#[test]
fn a_range_beyond_the_end_stops_there_whatever_length_was_asked() {
    let content = noise(100_000);
    for (way, fs_ops) in every_way() {
        let scratch = Scratch::new();
        let src = File::open(scratch.file("src", &content)).unwrap();
        let dest = read_write(&scratch.path("dest"));
        let copy = |len, offsets| fs_ops.copy_file_range(src.as_fd(), dest.as_fd(), len, offsets).unwrap();
        assert_eq!(copy(u64::MAX, at(0, 0)), 100_000, "{way}");
        assert_eq!(copy(u64::MAX, at(99_999, 0)), 1, "{way}");
        assert_eq!(copy(u64::MAX, at(100_000, 0)), 0, "{way}");
        assert_eq!(copy(10, at(1 << 40, 0)), 0, "{way}");
        assert_eq!(copy(0, at(0, 0)), 0, "{way}");
    }
}

#[test]
fn a_range_longer_than_any_single_call_arrives_whole() {
    let content = noise((40 << 20) + 12_345);
    let scratch = Scratch::new();
    let src = File::open(scratch.file("src", &content)).unwrap();
    for (way, fs_ops) in every_way() {
        let dest = read_write(&scratch.file("dest", b""));
        let moved =
            fs_ops.copy_file_range(src.as_fd(), dest.as_fd(), content.len() as u64, at(0, 7)).unwrap();
        assert_eq!(moved, content.len() as u64, "{way}");
        assert!(fs::read(scratch.path("dest")).unwrap()[7..] == content, "{way}");
    }
}

#[test]
fn holes_in_a_range_overwrite_what_was_there() {
    for (way, fs_ops) in every_way() {
        let scratch = Scratch::new();
        let src = scratch.file("src", b"begin");
        File::options().write(true).open(&src).unwrap().set_len(1 << 20).unwrap();
        let src = File::open(src).unwrap();
        let dest = read_write(&scratch.file("dest", &vec![b'x'; 1 << 20]));
        assert_eq!(fs_ops.copy_file_range(src.as_fd(), dest.as_fd(), 1 << 20, at(0, 0)).unwrap(), 1 << 20);
        let mut expected = vec![0; 1 << 20];
        expected[..5].copy_from_slice(b"begin");
        assert!(fs::read(scratch.path("dest")).unwrap() == expected, "{way}");
    }
}

#[test]
fn two_ranges_of_one_file_may_touch_but_not_overlap() {
    let content = noise(8_192);
    for (way, fs_ops) in every_way() {
        let scratch = Scratch::new();
        let file = read_write(&scratch.file("file", &content));
        let copy = |len, offsets| fs_ops.copy_file_range(file.as_fd(), file.as_fd(), len, offsets);
        assert_eq!(copy(4_096, at(0, 4_096)).unwrap(), 4_096, "{way}");
        assert_eq!(copy(4_097, at(0, 4_096)).unwrap_err().code(), Some("EINVAL"), "{way}");
        assert_eq!(copy(1, at(5, 5)).unwrap_err().code(), Some("EINVAL"), "{way}");
        // What lies past the end is not copied, so it does not overlap either.
        assert_eq!(copy(u64::MAX, at(0, 8_192)).unwrap(), 8_192, "{way}");
        let expected = [&content[..4_096], &content[..4_096], &content[..4_096], &content[..4_096]].concat();
        assert!(fs::read(scratch.path("file")).unwrap() == expected, "{way}");
    }
}

#[test]
#[cfg(target_os = "linux")]
fn correction_13_a_first_zero_is_not_the_end_of_a_procfs_file() {
    // One that stays as it is when somebody mounts something.
    let expected = fs::read("/proc/filesystems").unwrap();
    for (way, fs_ops) in every_way() {
        let scratch = Scratch::new();
        let src = File::open("/proc/filesystems").unwrap();
        let dest = read_write(&scratch.path("dest"));
        let moved = fs_ops.copy_file_range(src.as_fd(), dest.as_fd(), 1 << 20, AT_POSITIONS).unwrap();
        assert_eq!(moved, expected.len() as u64, "{way}");
        assert!(fs::read(scratch.path("dest")).unwrap() == expected, "{way}");
    }
}

#[test]
#[cfg(target_os = "linux")]
fn correction_13_a_file_that_grows_meanwhile_is_copied_no_further_than_asked() {
    for (way, fs_ops) in every_way() {
        let scratch = Scratch::new();
        let path = scratch.file("src", &noise(1_000));
        let src = File::open(&path).unwrap();
        let dest = read_write(&scratch.path("dest"));
        std::io::Write::write_all(&mut File::options().append(true).open(&path).unwrap(), &noise(5_000))
            .unwrap();
        assert_eq!(fs_ops.copy_file_range(src.as_fd(), dest.as_fd(), 3_000, at(0, 0)).unwrap(), 3_000);
        assert!(fs::read(scratch.path("dest")).unwrap() == fs::read(&path).unwrap()[..3_000], "{way}");
    }
}

#[test]
fn a_destination_that_is_open_for_appending_is_appended_to() {
    let content = noise(300_000);
    for (way, fs_ops) in every_way() {
        let scratch = Scratch::new();
        let mut src = File::open(scratch.file("src", &content)).unwrap();
        let log = scratch.file("log", b"first line\n");
        let mut dest = File::options().read(true).append(true).open(&log).unwrap();
        src.seek(SeekFrom::Start(10)).unwrap();
        // Where its position is does not count.
        dest.seek(SeekFrom::Start(2)).unwrap();
        let copy = |len, offsets| fs_ops.copy_file_range(src.as_fd(), dest.as_fd(), len, offsets).unwrap();
        assert_eq!(copy(200_000, AT_POSITIONS), 200_000, "{way}");
        assert_eq!(copy(50, CopyOffsets { src: Some(0), dest: None }), 50, "{way}");
        assert_eq!(copy(u64::MAX, AT_POSITIONS), 99_990, "{way}");
        let expected = [b"first line\n", &content[10..200_010], &content[..50], &content[200_010..]].concat();
        assert!(fs::read(&log).unwrap() == expected, "{way}");
        assert_eq!((src.stream_position().unwrap(), dest.stream_position().unwrap()), (300_000, 300_051));
    }
}

#[test]
fn a_file_that_is_appended_to_itself_is_doubled() {
    for (way, fs_ops) in every_way() {
        let scratch = Scratch::new();
        let content = noise(200_000);
        let path = scratch.file("log", &content);
        let src = File::open(&path).unwrap();
        let dest = File::options().append(true).open(&path).unwrap();
        let moved = fs_ops.copy_file_range(src.as_fd(), dest.as_fd(), u64::MAX, AT_POSITIONS).unwrap();
        assert_eq!(moved, 200_000, "{way}");
        assert!(fs::read(&path).unwrap() == content.repeat(2), "{way}");
    }
}

#[test]
fn a_cancelled_range_says_how_far_it_came_and_positions_agree() {
    let scratch = Scratch::new();
    let mut src = File::open(scratch.file("src", &noise(1_000))).unwrap();
    let dest = read_write(&scratch.path("dest"));
    let control = Control::new();
    control.cancel();
    let error =
        copy_range(src.as_fd(), dest.as_fd(), 1_000, AT_POSITIONS, MethodSet::ALL, &control).unwrap_err();
    assert_eq!((error.code(), error.bytes()), (Some("ABORT_ERR"), 0));
    let mut rest = Vec::new();
    src.read_to_end(&mut rest).unwrap();
    assert_eq!(rest.len(), 1_000);
}

#[test]
fn correction_20_copy_file_fast_gives_the_copy_the_sources_mode() {
    for (way, fs_ops) in every_way() {
        let scratch = Scratch::new();
        for mode in [0o600, 0o755, 0o444] {
            let src = scratch.file("src", b"content");
            fs::set_permissions(&src, fs::Permissions::from_mode(mode)).unwrap();
            let result = fs_ops.copy_file_fast(&src, &scratch.path("dest")).unwrap();
            assert_eq!((result.bytes, result.files), (7, 1));
            let copied = fs::metadata(scratch.path("dest")).unwrap().permissions().mode();
            assert_eq!(copied & 0o7777, mode, "{way}");
            fs::remove_file(scratch.path("dest")).unwrap();
            fs::remove_file(src).unwrap();
        }
    }
}

#[test]
fn correction_22_copy_file_fast_follows_a_link_at_the_source() {
    for (way, fs_ops) in every_way() {
        let scratch = Scratch::new();
        scratch.file("src", b"content");
        let (link, dest) = (scratch.path("link"), scratch.path("dest"));
        symlink("src", &link).unwrap();
        fs_ops.copy_file_fast(&link, &dest).unwrap();
        assert!(fs::symlink_metadata(&dest).unwrap().is_file(), "{way}");
        assert_eq!(fs::read(&dest).unwrap(), b"content");
    }
}

#[test]
fn copy_file_fast_names_both_paths_when_it_fails() {
    for (way, fs_ops) in every_way() {
        let scratch = Scratch::new();
        let (src, dest) = (scratch.path("absent"), scratch.path("dest"));
        let error = fs_ops.copy_file_fast(&src, &dest).unwrap_err();
        assert_eq!(
            (error.code(), error.path(), error.dest()),
            (Some("ENOENT"), Some(&*src), Some(&*dest)),
            "{way}"
        );
        assert!(!dest.exists());
    }
}

#[test]
#[cfg(target_os = "linux")]
fn copy_file_fast_writes_to_a_procfs_file_that_takes_no_offsets() {
    let comm = Path::new("/proc/thread-self/comm");
    let own_name = fs::read(comm).unwrap();
    for fs_ops in every_implementation() {
        let scratch = Scratch::new();
        fs_ops.copy_file_fast(&scratch.file("src", b"a-new-name"), comm).unwrap();
        assert_eq!(fs::read_to_string(comm).unwrap().trim_end(), "a-new-name");
        fs::write(comm, &own_name).unwrap();
    }
}

#[test]
#[cfg(target_os = "linux")]
fn nothing_to_copy_is_no_error_for_any_single_method() {
    for method in [Method::CopyFileRange, Method::Splice, Method::ReadWrite] {
        let fs_ops = ops::LinuxFileSystemOps::with_methods(MethodSet::EMPTY.with(method));
        let fs_ops: Ops = Arc::new(fs_ops);
        let scratch = Scratch::new();
        let (src, empty) = (scratch.file("src", b"content"), scratch.file("empty", b""));
        let (src, dest) = (File::open(src).unwrap(), File::create(scratch.path("dest")).unwrap());
        for (len, offsets) in [(0, at(0, 0)), (9, at(7, 0)), (9, at(100, 0))] {
            let moved = fs_ops.copy_file_range(src.as_fd(), dest.as_fd(), len, offsets).unwrap();
            assert_eq!(moved, 0, "{}", method.name());
        }
        assert_eq!(fs_ops.copy_file_fast(&empty, &scratch.path("copy")).unwrap().bytes, 0);
    }
}
