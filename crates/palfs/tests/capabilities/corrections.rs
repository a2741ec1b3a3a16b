//! Defects of the original sketch that must not come back.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::PathBuf;
use std::process::Command;

use palfs::platform::{PlatformCapabilities, get_platform_capabilities};

use crate::attempts::{detect, listing};

struct Scratch(PathBuf);

impl Scratch {
    fn new(test: &str) -> Self {
        let path = std::env::temp_dir().join(format!("palfs-capabilities-{test}-{}", std::process::id()));
        fs::create_dir(&path).unwrap();
        Self(path)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.0).unwrap();
    }
}

/// The system calls of a process that runs one of these tests, or why they cannot be seen.
fn traced(test: &str, calls: &str) -> Result<String, String> {
    let log = std::env::temp_dir().join(format!("palfs-capabilities-trace-{}-{test}", std::process::id()));
    let status = Command::new("strace")
        .args(["-f", "-e", calls, "-o"])
        .arg(&log)
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", &format!("corrections::{test}"), "--nocapture"])
        .env("PALFS_CAPABILITIES_TRACED", "1")
        .output()
        .map_err(|error| format!("strace: {error}"))?;
    let seen = fs::read_to_string(&log).map_err(|error| format!("strace: {error}"))?;
    fs::remove_file(&log).unwrap();
    assert!(status.status.success(), "{}", String::from_utf8_lossy(&status.stderr));
    Ok(seen)
}

#[test]
fn child_that_asks_the_kernel() {
    if std::env::var_os("PALFS_CAPABILITIES_TRACED").is_some() {
        eprintln!("{:?}", PlatformCapabilities::detect());
    }
}

#[test]
fn child_that_asks_a_directory() {
    if std::env::var_os("PALFS_CAPABILITIES_TRACED").is_some() {
        let scratch = Scratch::new("traced");
        eprintln!("{:?}", PlatformCapabilities::detect_at(&scratch.0).unwrap());
    }
}

#[test]
fn correction_03_probes_are_made_in_the_asked_directory_under_names_nobody_can_guess() {
    let calls = match traced("child_that_asks_a_directory", "trace=openat,open,creat,linkat,symlinkat") {
        Ok(calls) => calls,
        Err(reason) => return eprintln!("names of probes skipped: {reason}"),
    };
    let made: Vec<&str> =
        calls.lines().filter(|line| line.contains("O_CREAT") && line.contains(".palfs-")).collect();
    assert!(!made.is_empty(), "{calls}");
    for line in &made {
        assert!(line.contains("O_EXCL") && line.contains("O_NOFOLLOW"), "{line}");
        assert!(!line.contains("\"/"), "by a path instead of in the open directory: {line}");
        let name = line.split(".palfs-").nth(1).unwrap().split('"').next().unwrap();
        assert!(name.trim_end_matches('A').len() == 32, "{line}");
    }
    let again = traced("child_that_asks_a_directory", "trace=openat").unwrap();
    for line in made {
        let name = line.split(".palfs-").nth(1).unwrap().split('"').next().unwrap();
        assert!(!again.contains(name), "the same name twice: {name}");
    }
}

#[test]
fn correction_03_nothing_is_left_behind_and_links_are_followed_to_the_directory_asked_for() {
    let scratch = Scratch::new("left");
    let real = scratch.0.join("real");
    fs::create_dir(&real).unwrap();
    fs::write(real.join("file"), "x").unwrap();
    symlink("real", scratch.0.join("link")).unwrap();
    symlink("real/file", scratch.0.join("file-link")).unwrap();
    symlink("nowhere", scratch.0.join("dangling")).unwrap();
    let before = (listing(&scratch.0), listing(&real));
    let found = detect(&real);
    for path in ["link", "real/file", "file-link", "real/../link/."] {
        assert_eq!(PlatformCapabilities::detect_at(&scratch.0.join(path)).unwrap(), found, "{path}");
    }
    PlatformCapabilities::detect_at(&scratch.0.join("dangling")).unwrap_err();
    assert_eq!((listing(&scratch.0), listing(&real)), before);
}

#[test]
fn correction_03_many_at_once_in_one_directory_do_not_meet() {
    let scratch = Scratch::new("many");
    let found = detect(&scratch.0);
    let threads: Vec<_> = (0..8)
        .map(|_| {
            let dir = scratch.0.clone();
            std::thread::spawn(move || {
                (0..10).map(|_| PlatformCapabilities::detect_at(&dir).unwrap()).collect::<Vec<_>>()
            })
        })
        .collect();
    for thread in threads {
        for other in thread.join().unwrap() {
            assert_eq!(other, found);
        }
    }
    assert!(listing(&scratch.0).is_empty());
}

#[test]
fn correction_04_the_kernel_is_asked_by_calls_that_cannot_do_anything() {
    let calls = match traced("child_that_asks_the_kernel", "trace=all") {
        Ok(calls) => calls,
        Err(reason) => return eprintln!("the kernel's answers skipped: {reason}"),
    };
    assert!(calls.contains("copy_file_range(-1, NULL, -1, NULL, 1, 0) = -1 EBADF"), "{calls}");
    assert!(!calls.contains("/proc/version") && !calls.contains("uname("), "{calls}");
    assert!(!calls.contains("O_CREAT") && !calls.contains("O_TMPFILE"), "something is written");
    let found = get_platform_capabilities();
    assert_eq!(found.copy_file_range_available, Some(true));
    assert!(std::ptr::eq(found, get_platform_capabilities()), "asked once");
    assert_eq!((found.max_path_length, found.filesystem_case_sensitive), (Some(4096), Some(true)));
    assert_eq!((found.reflink, found.read_only), (None, None), "a mount's answers are not the process's");
}

#[test]
fn correction_05_no_version_is_read_before_a_directory_is_asked() {
    let calls = match traced("child_that_asks_a_directory", "trace=openat,open,uname") {
        Ok(calls) => calls,
        Err(reason) => return eprintln!("no version skipped: {reason}"),
    };
    for line in calls.lines() {
        assert!(
            !line.contains("uname(") && !line.contains("osrelease") && !line.contains("/proc/version"),
            "{line}"
        );
    }
}

#[test]
fn correction_08_an_empty_value_counts_as_a_value_when_attributes_are_tried() {
    // The attribute that is tried has no bytes; a filesystem that takes it has attributes.
    let scratch = Scratch::new("empty-value");
    let file = scratch.0.join("file");
    fs::write(&file, "x").unwrap();
    let target = palfs::xattr::Target::path(&file);
    let works = palfs::xattr::set(target, b"user.a", b"", palfs::xattr::SetMode::Any).is_ok();
    let found = detect(&scratch.0);
    assert_eq!(found.xattr_namespaces.map(|spaces| spaces.contains(&"user")), Some(works));
}

#[test]
fn a_descriptor_is_never_left_open() {
    let scratch = Scratch::new("descriptors");
    let open = || fs::read_dir("/proc/self/fd").unwrap().count();
    // The other tests of this process open descriptors at the same time, so what is compared is a leak of many.
    let before = open();
    for _ in 0..300 {
        PlatformCapabilities::detect_at(&scratch.0).unwrap();
    }
    assert!(open() < before + 250, "{before} became {}", open());
}
