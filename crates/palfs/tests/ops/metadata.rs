use std::fs::{self, FileTimes};
use std::os::fd::AsFd;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use palfs::ops::{FileStat, FileType, SetTime, Timestamp};

use crate::scratch::Scratch;
use crate::{code, every_implementation};

fn assert_same(stat: &FileStat, oracle: &fs::Metadata) {
    let time =
        |seconds, nanoseconds: i64| Timestamp { seconds, nanoseconds: nanoseconds.try_into().unwrap() };
    assert_eq!((stat.size, stat.mode), (oracle.len(), oracle.mode()));
    assert_eq!((stat.uid, stat.gid, stat.nlinks), (oracle.uid(), oracle.gid(), oracle.nlink()));
    assert_eq!((stat.inode, stat.device, stat.rdev), (oracle.ino(), oracle.dev(), oracle.rdev()));
    assert_eq!((stat.blksize, stat.blocks), (oracle.blksize(), oracle.blocks()));
    assert_eq!(stat.mtime, time(oracle.mtime(), oracle.mtime_nsec()));
    assert_eq!(stat.atime, time(oracle.atime(), oracle.atime_nsec()));
    assert_eq!(stat.ctime, time(oracle.ctime(), oracle.ctime_nsec()));
}

fn system_time(time: Timestamp) -> SystemTime {
    let whole = Duration::from_secs(time.seconds.unsigned_abs());
    let base = if time.seconds < 0 { UNIX_EPOCH - whole } else { UNIX_EPOCH + whole };
    base + Duration::from_nanos(time.nanoseconds.into())
}

#[test]
fn stat_follows_a_link_and_lstat_does_not() {
    for fs_ops in every_implementation() {
        let scratch = Scratch::new();
        let (file, link) = (scratch.file("file", b"content"), scratch.path("link"));
        symlink("file", &link).unwrap();
        assert_same(&fs_ops.stat(&link).unwrap(), &fs::metadata(&file).unwrap());
        assert_same(&fs_ops.lstat(&link).unwrap(), &fs::symlink_metadata(&link).unwrap());
        assert_eq!(fs_ops.lstat(&link).unwrap().file_type(), FileType::SymbolicLink);
        let open = fs::File::open(&file).unwrap();
        assert_same(&fs_ops.fstat(open.as_fd()).unwrap(), &fs::metadata(&file).unwrap());
    }
}

#[test]
fn every_type_of_file_has_its_name() {
    for fs_ops in every_implementation() {
        let scratch = Scratch::new();
        let fifo = scratch.path("fifo");
        assert!(std::process::Command::new("mkfifo").arg(&fifo).status().unwrap().success());
        let socket = scratch.path("socket");
        let _listener = std::os::unix::net::UnixListener::bind(&socket).unwrap();
        let file = scratch.file("file", b"");
        for (path, expected) in [
            (file.as_path(), FileType::RegularFile),
            (&scratch.path("."), FileType::Directory),
            (Path::new("/dev/null"), FileType::CharacterDevice),
            (&fifo, FileType::Fifo),
            (&socket, FileType::Socket),
        ] {
            assert_eq!(fs_ops.stat(path).unwrap().file_type(), expected, "{}", path.display());
        }
        assert_ne!(fs_ops.stat(Path::new("/dev/null")).unwrap().rdev, 0);
    }
}

#[test]
fn a_missing_file_is_enoent_to_every_operation_on_metadata() {
    for fs_ops in every_implementation() {
        let scratch = Scratch::new();
        let absent = scratch.path("absent");
        for error in [
            fs_ops.stat(&absent).unwrap_err(),
            fs_ops.lstat(&absent).unwrap_err(),
            fs_ops.utimes(&absent, SetTime::Now, SetTime::Now).unwrap_err(),
            fs_ops.chmod(&absent, 0o600).unwrap_err(),
            fs_ops.chown(&absent, None, None).unwrap_err(),
        ] {
            assert_eq!((error.code(), error.path()), (Some("ENOENT"), Some(&*absent)), "{}", error.call());
        }
    }
}

#[test]
fn correction_09_utimes_keeps_nanoseconds_before_1970_and_after_2038() {
    for fs_ops in every_implementation() {
        let scratch = Scratch::new();
        let file = scratch.file("file", b"");
        for seconds in [-1, -86_400, 0, 1, 2_147_483_648, 4_294_967_296] {
            let atime = Timestamp { seconds, nanoseconds: 123_456_789 };
            let mtime = Timestamp { seconds, nanoseconds: 999_999_999 };
            fs_ops.utimes(&file, SetTime::At(atime), SetTime::At(mtime)).unwrap();
            let oracle = fs::metadata(&file).unwrap();
            assert_eq!(oracle.accessed().unwrap(), system_time(atime));
            assert_eq!(oracle.modified().unwrap(), system_time(mtime));
            let stat = fs_ops.stat(&file).unwrap();
            assert_eq!((stat.atime, stat.mtime), (atime, mtime));
        }
    }
}

#[test]
fn correction_09_utimes_can_say_now_and_leave_alone() {
    for fs_ops in every_implementation() {
        let scratch = Scratch::new();
        let file = scratch.file("file", b"");
        let old = UNIX_EPOCH + Duration::from_secs(1_000_000);
        let times = FileTimes::new().set_accessed(old).set_modified(old);
        fs::File::options().append(true).open(&file).unwrap().set_times(times).unwrap();
        fs_ops.utimes(&file, SetTime::Leave, SetTime::Leave).unwrap();
        assert_eq!(fs::metadata(&file).unwrap().modified().unwrap(), old);
        fs_ops.utimes(&file, SetTime::Leave, SetTime::Now).unwrap();
        let oracle = fs::metadata(&file).unwrap();
        assert_eq!(oracle.accessed().unwrap(), old);
        assert!(oracle.modified().unwrap() > old);
        fs_ops.utimes(&file, SetTime::Now, SetTime::Leave).unwrap();
        assert!(fs::metadata(&file).unwrap().accessed().unwrap() > old);
    }
}

#[test]
fn nanoseconds_of_a_second_or_more_are_refused_and_never_mean_now() {
    for fs_ops in every_implementation() {
        let scratch = Scratch::new();
        let file = scratch.file("file", b"");
        let before = fs::metadata(&file).unwrap().modified().unwrap();
        // The last two are UTIME_OMIT and UTIME_NOW where those are positive.
        for nanoseconds in [1_000_000_000, u32::MAX, (1 << 30) - 2, (1 << 30) - 1] {
            let wrong = SetTime::At(Timestamp { seconds: 0, nanoseconds });
            assert_eq!(code(fs_ops.utimes(&file, wrong, wrong)), "EINVAL");
        }
        assert_eq!(fs::metadata(&file).unwrap().modified().unwrap(), before);
    }
}

#[test]
fn correction_10_times_are_signed_with_nanoseconds_and_the_birth_time_is_told() {
    for fs_ops in every_implementation() {
        let scratch = Scratch::new();
        let file = scratch.file("file", b"");
        let before_1970 = Timestamp { seconds: -1, nanoseconds: 1 };
        fs_ops.utimes(&file, SetTime::Leave, SetTime::At(before_1970)).unwrap();
        assert_eq!(fs_ops.stat(&file).unwrap().mtime, before_1970);
        match fs::metadata(&file).unwrap().created() {
            Ok(created) => assert_eq!(fs_ops.stat(&file).unwrap().btime.map(system_time), Some(created)),
            Err(error) => eprintln!("birth time not compared: {error}"),
        }
    }
}

#[test]
fn chmod_sets_the_bits_of_the_target_whatever_the_umask() {
    for fs_ops in every_implementation() {
        let scratch = Scratch::new();
        let (file, link) = (scratch.file("file", b""), scratch.path("link"));
        symlink("file", &link).unwrap();
        for mode in [0o000, 0o777, 0o4755, 0o600] {
            fs_ops.chmod(&link, mode).unwrap();
            assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o7777, mode);
            assert_eq!(fs_ops.stat(&file).unwrap().permissions(), mode);
        }
    }
}

#[test]
fn chown_leaves_what_it_is_not_given_and_follows_links() {
    for fs_ops in every_implementation() {
        let scratch = Scratch::new();
        let (file, link) = (scratch.file("file", b""), scratch.path("link"));
        symlink("file", &link).unwrap();
        let before = fs::metadata(&file).unwrap();
        fs_ops.chown(&link, None, None).unwrap();
        fs_ops.chown(&link, Some(before.uid()), Some(before.gid())).unwrap();
        if before.uid() != 0 {
            eprintln!("other owners not tried: not root");
            continue;
        }
        fs_ops.chown(&link, Some(12_345), None).unwrap();
        let oracle = fs::metadata(&file).unwrap();
        assert_eq!((oracle.uid(), oracle.gid()), (12_345, before.gid()));
        fs_ops.chown(&link, None, Some(54_321)).unwrap();
        let oracle = fs::metadata(&file).unwrap();
        assert_eq!((oracle.uid(), oracle.gid()), (12_345, 54_321));
        assert_eq!(fs::symlink_metadata(&link).unwrap().uid(), 0);
    }
}
