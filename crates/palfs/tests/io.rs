//! Whole files read and written, on the temporary directory's filesystem and, where there is one, on a tmpfs.
#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use palfs::io::{ReadOptions, WriteOptions};
use palfs::{Control, Destination, ErrorKind, PLATFORM_IO};

struct Scratch(PathBuf);

impl Scratch {
    fn all() -> Vec<Self> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let roots = [std::env::temp_dir(), PathBuf::from("/dev/shm")];
        let usable = roots.iter().filter(|root| root.is_dir());
        let scratches = usable.map(|root| {
            let number = COUNT.fetch_add(1, Ordering::Relaxed);
            Self(root.join(format!("palfs-io-{}-{number}", std::process::id())))
        });
        scratches.inspect(|scratch| fs::create_dir(&scratch.0).unwrap()).collect()
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    fn names(&self) -> usize {
        fs::read_dir(&self.0).unwrap().count()
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.0).unwrap();
    }
}

fn bytes(length: usize) -> Vec<u8> {
    (0..length).map(|index| u8::try_from(index % 251).unwrap()).collect()
}

#[test]
fn what_is_written_is_read_back_by_the_cache_and_past_it() {
    for scratch in Scratch::all() {
        let path = scratch.path("file");
        for size in [0, 1, 511, 4096, 4097, (1 << 20) - 1, 1 << 20, (3 << 20) + 77] {
            for direct in [false, true] {
                let data = bytes(size);
                let options = WriteOptions { direct, ..WriteOptions::default() };
                PLATFORM_IO.write_file(&path, &data, options, &Control::new()).unwrap();
                let options = ReadOptions { direct, ..ReadOptions::default() };
                let content = PLATFORM_IO.read_file(&path, options, &Control::new()).unwrap();
                assert!(content.bytes == data, "{size} bytes, direct {direct}");
                assert!(direct || !content.direct);
            }
        }
        assert_eq!(scratch.names(), 1);
    }
}

#[test]
fn correction_16_a_file_that_lies_about_its_size_is_read_to_its_end() {
    for path in ["/proc/version", "/proc/self/status", "/sys/kernel/mm/transparent_hugepage/enabled"] {
        if !Path::new(path).exists() {
            eprintln!("skipped: no {path} here");
            continue;
        }
        let content = PLATFORM_IO.read_file_optimized(path.as_ref()).unwrap();
        assert!(!content.is_empty() && content.last() == Some(&b'\n'), "{path}");
    }
}

#[test]
fn correction_17_an_old_file_is_replaced_whole_and_keeps_its_rights() {
    for scratch in Scratch::all() {
        let (path, link, hard) = (scratch.path("file"), scratch.path("link"), scratch.path("hard"));
        fs::write(&path, "old").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        fs::hard_link(&path, &hard).unwrap();
        symlink("file", &link).unwrap();
        PLATFORM_IO.write_file_optimized(&link, b"new").unwrap();
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::read(&path).unwrap(), b"new");
        assert_eq!(fs::metadata(&path).unwrap().mode() & 0o7777, 0o640);
        // Not written over: the other name still has the old content.
        assert_eq!(fs::read(&hard).unwrap(), b"old");
        assert_eq!(scratch.names(), 3);
    }
}

#[test]
fn without_atomic_the_file_itself_is_written_and_cut_to_size() {
    for scratch in Scratch::all() {
        let path = scratch.path("file");
        fs::write(&path, "old and longer").unwrap();
        let before = fs::metadata(&path).unwrap().ino();
        let options = WriteOptions { atomic: false, ..WriteOptions::default() };
        PLATFORM_IO.write_file(&path, b"new", options, &Control::new()).unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"new");
        assert_eq!(fs::metadata(&path).unwrap().ino(), before);
    }
}

#[test]
fn directories_and_sockets_are_refused_and_nothing_is_left() {
    for scratch in Scratch::all() {
        let socket = scratch.path("socket");
        let _listener = std::os::unix::net::UnixListener::bind(&socket).unwrap();
        let error = PLATFORM_IO.write_file_optimized(&scratch.0, b"x").unwrap_err();
        assert_eq!((error.code(), error.destination()), (Some("EISDIR"), Destination::Untouched));
        assert_eq!(PLATFORM_IO.write_file_optimized(&socket, b"x").unwrap_err().code(), Some("EINVAL"));
        assert_eq!(PLATFORM_IO.read_file_optimized(&scratch.0).unwrap_err().code(), Some("EISDIR"));
        let error = PLATFORM_IO.read_file_optimized(&socket).unwrap_err();
        assert_eq!((error.code(), error.kind()), (Some("EINVAL"), ErrorKind::System));
        assert_eq!(
            PLATFORM_IO.read_file_optimized(&scratch.path("none")).unwrap_err().code(),
            Some("ENOENT")
        );
        assert_eq!(scratch.names(), 1);
    }
}

#[test]
fn a_chunk_is_a_whole_number_of_the_filesystems_blocks() {
    for scratch in Scratch::all() {
        let block = usize::try_from(fs::metadata(&scratch.0).unwrap().blksize()).unwrap();
        let chunk = PLATFORM_IO.optimal_chunk_size(&scratch.0).unwrap();
        assert!(chunk.is_multiple_of(block) && (256 << 10..=16 << 20).contains(&chunk), "{chunk} of {block}");
    }
}

#[test]
fn copying_gives_the_number_of_bytes() {
    for scratch in Scratch::all() {
        fs::write(scratch.path("a"), bytes(70_000)).unwrap();
        let copied = PLATFORM_IO.copy_file_optimized(&scratch.path("a"), &scratch.path("b")).unwrap();
        assert_eq!(copied, 70_000);
        assert_eq!(fs::read(scratch.path("b")).unwrap(), bytes(70_000));
    }
}

#[test]
fn a_file_larger_than_the_limit_is_refused_before_memory_is_taken() {
    for scratch in Scratch::all() {
        let path = scratch.path("huge");
        fs::File::create(&path).unwrap().set_len(1 << 40).unwrap();
        let options = ReadOptions { limit: 1 << 20, ..ReadOptions::default() };
        let error = PLATFORM_IO.read_file(&path, options, &Control::new()).unwrap_err();
        assert_eq!((error.code(), error.bytes()), (Some("ERR_FS_FILE_TOO_LARGE"), 0));
    }
}

#[test]
fn a_file_that_hides_its_size_is_refused_once_the_limit_is_passed() {
    let path = Path::new("/proc/self/status");
    if !path.exists() {
        eprintln!("skipped: no {} here", path.display());
        return;
    }
    let options = ReadOptions { limit: 10, ..ReadOptions::default() };
    let error = PLATFORM_IO.read_file(path, options, &Control::new()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TooLarge);
}

#[test]
fn a_cancelled_call_reads_nothing_and_leaves_the_old_file_alone() {
    for scratch in Scratch::all() {
        let path = scratch.path("file");
        fs::write(&path, "old").unwrap();
        let control = Control::new();
        control.cancel();
        for direct in [false, true] {
            let reading = ReadOptions { direct, ..ReadOptions::default() };
            let error = PLATFORM_IO.read_file(&path, reading, &control).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Cancelled);
            let writing = WriteOptions { direct, ..WriteOptions::default() };
            let error = PLATFORM_IO.write_file(&path, b"new", writing, &control).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Cancelled);
        }
        assert_eq!((fs::read(&path).unwrap().as_slice(), scratch.names()), (b"old".as_slice(), 1));
    }
}
