//! What copy_file_range(2) refuses is refused by every implementation, before a byte is moved.

use std::fs::{self, File};
use std::os::fd::AsFd;

use palfs::copy::CopyOffsets;

use crate::scratch::Scratch;
use crate::{code, every_implementation};

fn at(src: Option<u64>, dest: Option<u64>) -> CopyOffsets {
    CopyOffsets { src, dest }
}

#[test]
fn a_descriptor_that_is_not_open_for_it_is_ebadf() {
    for fs_ops in every_implementation() {
        let scratch = Scratch::new();
        let path = scratch.file("file", b"content");
        let other = scratch.file("other", b"old");
        let (reader, writer) =
            (File::open(&path).unwrap(), File::options().write(true).open(&other).unwrap());
        let copy = |src: &File, dest: &File| {
            code(fs_ops.copy_file_range(src.as_fd(), dest.as_fd(), 1, CopyOffsets::default()))
        };
        assert_eq!(copy(&writer, &writer), "EBADF");
        assert_eq!(copy(&reader, &reader), "EBADF");
        assert_eq!(copy(&reader, &writer), "success");
    }
}

#[test]
fn an_offset_in_a_destination_that_only_appends_is_ebadf_and_it_stays_as_it_was() {
    for fs_ops in every_implementation() {
        let scratch = Scratch::new();
        let src = File::open(scratch.file("src", b"content")).unwrap();
        let dest = scratch.file("dest", b"old");
        let append = File::options().append(true).open(&dest).unwrap();
        for offsets in [at(None, Some(0)), at(Some(0), Some(3))] {
            assert_eq!(code(fs_ops.copy_file_range(src.as_fd(), append.as_fd(), 7, offsets)), "EBADF");
        }
        assert_eq!(fs::read(&dest).unwrap(), b"old");
    }
}

#[test]
fn a_directory_is_eisdir_on_either_side() {
    for fs_ops in every_implementation() {
        let scratch = Scratch::new();
        let dir = File::open(scratch.path(".")).unwrap();
        let file = File::options().read(true).write(true).open(scratch.file("file", b"x")).unwrap();
        let offsets = CopyOffsets::default();
        assert_eq!(code(fs_ops.copy_file_range(dir.as_fd(), file.as_fd(), 1, offsets)), "EISDIR");
        assert_eq!(code(fs_ops.copy_file_range(file.as_fd(), dir.as_fd(), 1, offsets)), "EISDIR");
    }
}

#[test]
fn an_offset_in_a_pipe_is_espipe_and_its_bytes_stay_in_it() {
    for fs_ops in every_implementation() {
        let scratch = Scratch::new();
        let (reader, mut writer) = std::io::pipe().unwrap();
        std::io::Write::write_all(&mut writer, b"held").unwrap();
        let file = File::options().read(true).write(true).open(scratch.file("file", b"x")).unwrap();
        assert_eq!(
            code(fs_ops.copy_file_range(reader.as_fd(), file.as_fd(), 4, at(Some(0), None))),
            "ESPIPE"
        );
        assert_eq!(
            code(fs_ops.copy_file_range(file.as_fd(), writer.as_fd(), 1, at(None, Some(0)))),
            "ESPIPE"
        );
        drop(writer);
        assert_eq!(std::io::read_to_string(reader).unwrap(), "held");
    }
}

#[test]
fn a_pipe_is_not_turned_into_itself() {
    for fs_ops in every_implementation() {
        let (reader, mut writer) = std::io::pipe().unwrap();
        std::io::Write::write_all(&mut writer, b"held").unwrap();
        let moved = fs_ops.copy_file_range(reader.as_fd(), writer.as_fd(), 100, CopyOffsets::default());
        assert_eq!(code(moved), "EINVAL");
    }
}

#[test]
fn offsets_that_no_file_has_are_eoverflow() {
    for fs_ops in every_implementation() {
        let scratch = Scratch::new();
        let src = File::open(scratch.file("src", b"content")).unwrap();
        let dest = File::create(scratch.path("dest")).unwrap();
        let copy = |offsets| code(fs_ops.copy_file_range(src.as_fd(), dest.as_fd(), 7, offsets));
        assert_eq!(copy(at(Some(u64::MAX), Some(0))), "EOVERFLOW");
        assert_eq!(copy(at(Some(0), Some(u64::MAX))), "EOVERFLOW");
    }
}

#[test]
#[cfg(target_os = "linux")]
fn a_full_device_is_enospc_and_the_position_tells_what_arrived() {
    use std::io::Seek;
    for fs_ops in every_implementation() {
        let scratch = Scratch::new();
        let mut src = File::open(scratch.file("src", &[7; 10_000])).unwrap();
        let full = File::options().write(true).open("/dev/full").unwrap();
        let error =
            fs_ops.copy_file_range(src.as_fd(), full.as_fd(), 10_000, CopyOffsets::default()).unwrap_err();
        assert_eq!((error.code(), error.bytes()), (Some("ENOSPC"), 0));
        assert_eq!(src.stream_position().unwrap(), 0);
    }
}
