use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::time::{Duration, SystemTime};

use palfs::copy::{CopyOptions, Preserve, Replace};

use crate::scratch::{Scratch, copy};

fn mode(path: &std::path::Path) -> u32 {
    fs::metadata(path).unwrap().mode() & 0o7777
}

#[test]
fn the_permission_bits_are_the_sources_whatever_the_umask() {
    let scratch = Scratch::new();
    let src = scratch.file("src", b"x");
    for bits in [0o644, 0o600, 0o777, 0o666, 0o444, 0o000, 0o755, 0o1644] {
        fs::set_permissions(&src, fs::Permissions::from_mode(bits)).unwrap();
        if fs::File::open(&src).is_err() {
            eprintln!("mode {bits:o} skipped: not readable by this user");
            continue;
        }
        for replace in [Replace::Auto, Replace::Atomic, Replace::InPlace] {
            let dest = scratch.path(&format!("dest-{bits:o}-{replace:?}"));
            copy(&src, &dest, &CopyOptions::default().with_replace(replace)).unwrap();
            assert_eq!(mode(&dest), bits, "{replace:?}");
        }
    }
}

#[test]
fn without_mode_a_new_file_is_made_as_open_makes_it_and_an_old_one_keeps_its_bits() {
    let scratch = Scratch::new();
    let (src, old) = (scratch.file("src", b"x"), scratch.file("old", b"y"));
    fs::set_permissions(&src, fs::Permissions::from_mode(0o4777)).unwrap();
    fs::set_permissions(&old, fs::Permissions::from_mode(0o640)).unwrap();
    let probe = scratch.path("probe");
    let made =
        std::process::Command::new("sh").arg("-c").arg(format!("umask; : > {}", probe.display())).output();
    let umask = String::from_utf8(made.unwrap().stdout).unwrap();
    let umask = u32::from_str_radix(umask.trim(), 8).unwrap();
    let options = CopyOptions::default().with_preserve(Preserve::NOTHING).with_replace(Replace::InPlace);
    copy(&src, &old, &options).unwrap();
    assert_eq!(mode(&old), 0o640);
    // Owner alone: created narrow, widened to what open(2) would have made of it.
    for preserve in [Preserve::NOTHING, Preserve::OWNERSHIP, Preserve::ACL] {
        let dest = scratch.path(&format!("new-{preserve:?}"));
        copy(&src, &dest, &options.clone().with_preserve(preserve)).unwrap();
        assert_eq!(mode(&dest), 0o777 & !umask, "{preserve:?}");
    }
    let ordinary = options.with_ordinary_mode(true);
    copy(&src, &scratch.path("ordinary"), &ordinary).unwrap();
    assert_eq!(mode(&scratch.path("ordinary")), 0o666 & !umask);
    assert!(scratch.temporaries().is_empty());
}

#[test]
fn times_are_kept_to_the_nanosecond_before_1970_and_after_2038() {
    let scratch = Scratch::new();
    let src = scratch.file("src", b"x");
    let epoch = SystemTime::UNIX_EPOCH;
    let hundred_years = Duration::from_secs(100 * 365 * 86_400);
    for time in
        [epoch - Duration::new(86_400, 1), epoch + Duration::new(1, 123_456_789), epoch + hundred_years]
    {
        let file = fs::File::options().append(true).open(&src).unwrap();
        file.set_times(fs::FileTimes::new().set_accessed(time).set_modified(time)).unwrap();
        let kept = fs::metadata(&src).unwrap();
        let dest = scratch.path("dest");
        copy(&src, &dest, &CopyOptions::default().with_preserve(Preserve::TIMESTAMPS)).unwrap();
        let seen = fs::metadata(&dest).unwrap();
        assert_eq!((seen.mtime(), seen.mtime_nsec()), (kept.mtime(), kept.mtime_nsec()));
        assert_eq!((seen.atime(), seen.atime_nsec()), (kept.atime(), kept.atime_nsec()));
    }
    let plain = scratch.path("plain");
    copy(&src, &plain, &CopyOptions::default()).unwrap();
    assert_ne!(fs::metadata(&plain).unwrap().mtime(), fs::metadata(&src).unwrap().mtime());
}

#[test]
fn a_file_that_nobody_may_write_can_be_copied_with_all_its_metadata() {
    let scratch = Scratch::new();
    let src = scratch.file("src", b"x");
    fs::set_permissions(&src, fs::Permissions::from_mode(0o444)).unwrap();
    let dest = scratch.path("dest");
    let result = copy(&src, &dest, &CopyOptions::default().with_preserve(Preserve::ALL)).unwrap();
    assert_eq!(mode(&dest), 0o444);
    assert_eq!(result.unpreserved, palfs::copy::Unpreserved::default());
}
