//! `copy_file_range` with a pipe or a socket on either side.

use std::fs::{self, File};
use std::io::{Read, Seek, SeekFrom, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::thread;

use palfs::copy::CopyOffsets;

use crate::scratch::{Scratch, noise};
use crate::{Ops, every_implementation};

const LENGTH: usize = 3_000_000;

fn copy(fs_ops: &Ops, src: BorrowedFd<'_>, dest: BorrowedFd<'_>, len: usize) -> u64 {
    fs_ops.copy_file_range(src, dest, len as u64, CopyOffsets::default()).unwrap()
}

#[test]
fn a_file_goes_into_a_pipe_and_its_position_goes_along() {
    let content = noise(LENGTH);
    for fs_ops in every_implementation() {
        let scratch = Scratch::new();
        let mut src = File::open(scratch.file("src", &content)).unwrap();
        src.seek(SeekFrom::Start(5)).unwrap();
        let (mut reader, writer) = std::io::pipe().unwrap();
        let got = thread::spawn(move || {
            let mut got = Vec::new();
            reader.read_to_end(&mut got).unwrap();
            got
        });
        assert_eq!(copy(&fs_ops, src.as_fd(), writer.as_fd(), LENGTH - 10), (LENGTH - 10) as u64);
        assert_eq!(src.stream_position().unwrap(), (LENGTH - 5) as u64);
        let from = CopyOffsets { src: Some(0), dest: None };
        assert_eq!(fs_ops.copy_file_range(src.as_fd(), writer.as_fd(), 5, from).unwrap(), 5);
        assert_eq!(src.stream_position().unwrap(), (LENGTH - 5) as u64);
        drop(writer);
        assert!(got.join().unwrap() == [&content[5..LENGTH - 5], &content[..5]].concat());
    }
}

#[test]
fn a_pipe_goes_into_a_file_up_to_the_length_and_the_rest_stays_in_it() {
    let content = noise(LENGTH);
    for fs_ops in every_implementation() {
        let scratch = Scratch::new();
        let mut dest = File::create(scratch.path("dest")).unwrap();
        dest.seek(SeekFrom::Start(3)).unwrap();
        let (mut reader, mut writer) = std::io::pipe().unwrap();
        let sent = content.clone();
        let sender = thread::spawn(move || writer.write_all(&sent).unwrap());
        assert_eq!(copy(&fs_ops, reader.as_fd(), dest.as_fd(), LENGTH - 7), (LENGTH - 7) as u64);
        assert_eq!(dest.stream_position().unwrap(), (LENGTH - 4) as u64);
        let mut rest = Vec::new();
        reader.read_to_end(&mut rest).unwrap();
        sender.join().unwrap();
        assert!(rest == content[LENGTH - 7..]);
        assert!(fs::read(scratch.path("dest")).unwrap()[3..] == content[..LENGTH - 7]);
    }
}

#[test]
fn the_end_of_a_pipe_is_the_end_of_the_range() {
    for fs_ops in every_implementation() {
        let scratch = Scratch::new();
        let dest = File::create(scratch.path("dest")).unwrap();
        let (reader, mut writer) = std::io::pipe().unwrap();
        writer.write_all(b"last words").unwrap();
        drop(writer);
        assert_eq!(copy(&fs_ops, reader.as_fd(), dest.as_fd(), 1 << 30), 10);
        assert_eq!(fs::read(scratch.path("dest")).unwrap(), b"last words");
    }
}

#[test]
fn sockets_and_pipes_are_joined_in_any_combination() {
    let content = noise(LENGTH);
    for fs_ops in every_implementation() {
        // file -> socket -> pipe -> socket -> file, all at once.
        let scratch = Scratch::new();
        let src = File::open(scratch.file("src", &content)).unwrap();
        let dest = File::create(scratch.path("dest")).unwrap();
        let (first_in, first_out) = UnixStream::pair().unwrap();
        let (pipe_out, pipe_in) = std::io::pipe().unwrap();
        let (last_in, last_out) = UnixStream::pair().unwrap();
        thread::scope(|scope| {
            scope.spawn(|| {
                assert_eq!(copy(&fs_ops, src.as_fd(), first_in.as_fd(), LENGTH), LENGTH as u64);
            });
            scope.spawn(|| {
                assert_eq!(copy(&fs_ops, first_out.as_fd(), pipe_in.as_fd(), LENGTH), LENGTH as u64);
            });
            scope.spawn(|| {
                assert_eq!(copy(&fs_ops, pipe_out.as_fd(), last_in.as_fd(), LENGTH), LENGTH as u64);
            });
            assert_eq!(copy(&fs_ops, last_out.as_fd(), dest.as_fd(), LENGTH), LENGTH as u64);
        });
        assert!(fs::read(scratch.path("dest")).unwrap() == content);
    }
}

#[test]
fn ends_that_do_not_block_are_waited_for() {
    let content = noise(1_000_000);
    for fs_ops in every_implementation() {
        let (from, mut feeder) = UnixStream::pair().unwrap();
        let (to, mut drain) = UnixStream::pair().unwrap();
        from.set_nonblocking(true).unwrap();
        to.set_nonblocking(true).unwrap();
        let sent = content.clone();
        let feeding = thread::spawn(move || {
            for chunk in sent.chunks(300_000) {
                thread::sleep(std::time::Duration::from_millis(5));
                feeder.write_all(chunk).unwrap();
            }
        });
        let draining = thread::spawn(move || {
            let mut got = Vec::new();
            thread::sleep(std::time::Duration::from_millis(20));
            drain.read_to_end(&mut got).unwrap();
            got
        });
        assert_eq!(copy(&fs_ops, from.as_fd(), to.as_fd(), usize::MAX), 1_000_000);
        drop(to);
        feeding.join().unwrap();
        assert!(draining.join().unwrap() == content);
    }
}

#[test]
#[cfg(target_os = "linux")]
fn correction_14_nothing_is_lost_between_a_socket_and_a_file_that_cannot_be_spliced_to() {
    // This one file takes writes but no splice(2): what the private pipe holds by then has to be written.
    let comm = "/proc/thread-self/comm";
    let own_name = fs::read(comm).unwrap();
    for (fs_ops, name) in every_implementation().into_iter().zip(["drained-well", "read-and-wrote"]) {
        let dest = File::options().write(true).open(comm).unwrap();
        let (from, mut feeder) = UnixStream::pair().unwrap();
        feeder.write_all(name.as_bytes()).unwrap();
        drop(feeder);
        assert_eq!(copy(&fs_ops, from.as_fd(), dest.as_fd(), usize::MAX), name.len() as u64);
        assert_eq!(fs::read_to_string(comm).unwrap().trim_end(), name);
        // From a file it goes where it stands, too.
        let file = File::open(Scratch::new().file("src", b"from-a-file")).unwrap();
        let dest = File::options().write(true).open(comm).unwrap();
        assert_eq!(copy(&fs_ops, file.as_fd(), dest.as_fd(), usize::MAX), 11);
        assert_eq!(fs::read_to_string(comm).unwrap().trim_end(), "from-a-file");
    }
    fs::write(comm, own_name).unwrap();
}

#[test]
#[cfg(target_os = "linux")]
fn correction_14_bytes_that_did_not_arrive_are_accounted_for() {
    for fs_ops in every_implementation() {
        let scratch = Scratch::new();
        let mut src = File::open(scratch.file("src", &noise(LENGTH))).unwrap();
        let (mut reader, writer) = std::io::pipe().unwrap();
        // The reader takes a part and goes.
        let taker = thread::spawn(move || {
            let mut part = vec![0; 100_000];
            reader.read_exact(&mut part).unwrap();
        });
        let error = fs_ops
            .copy_file_range(src.as_fd(), writer.as_fd(), LENGTH as u64, CopyOffsets::default())
            .unwrap_err();
        taker.join().unwrap();
        assert_eq!(error.code(), Some("EPIPE"));
        assert!((100_000..LENGTH as u64).contains(&error.bytes()), "{}", error.bytes());
        assert_eq!(src.stream_position().unwrap(), error.bytes());
    }
}
