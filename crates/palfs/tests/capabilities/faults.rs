//! Kernels and sandboxes that lack a call, and disks that fail in the middle: injected with strace.

use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use palfs::platform::PlatformCapabilities;

use crate::attempts::listing;
use crate::mounts::{Mount, or_say_why};

/// Run by [`child`] in another process; by itself it has nothing to look at.
#[test]
fn child_under_faults() {
    let Some(dir) = std::env::var_os("PALFS_CAPABILITIES_OF") else { return };
    let process = PlatformCapabilities::detect();
    println!("\nprocess copy_file_range {:?}", process.copy_file_range_available);
    match PlatformCapabilities::detect_at(Path::new(&dir)) {
        Ok(found) => {
            println!("mount copy_file_range {:?}", found.copy_file_range_available);
            println!("mount sendfile {:?} splice {:?}", found.sendfile_available, found.splice_available);
            println!("mount reflink {:?} tmpfile {:?}", found.reflink, found.tmpfile);
            println!(
                "mount case {:?} attributes {:?}",
                found.filesystem_case_sensitive, found.xattr_available
            );
        }
        Err(error) => println!("error {error}"),
    }
}

/// What that test prints of `dir` when strace injects `faults`; whatever is injected, `dir` stays empty.
fn child(dir: &Path, faults: &[String]) -> Result<String, String> {
    let mut strace = Command::new("strace");
    strace.args(["-f", "-qq", "-o", "/dev/null"]);
    for fault in faults {
        strace.args(["-e", &format!("inject={fault}")]);
    }
    let output = strace
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", "faults::child_under_faults", "--nocapture", "--test-threads=1"])
        .env("PALFS_CAPABILITIES_OF", dir)
        .stdin(Stdio::null())
        .output()
        .map_err(|error| format!("strace: {error}"))?;
    assert_eq!(output.status.signal(), None, "{faults:?}");
    assert!(listing(dir).is_empty(), "{faults:?} leaves {:?}", listing(dir));
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

struct Tmpfs {
    dir: PathBuf,
    _mount: Mount,
}

/// An empty directory on a tmpfs, and strace; `None` (said aloud) where there is neither.
fn tmpfs(test: &str) -> Option<Tmpfs> {
    let mount = or_say_why(test, Mount::memory("tmpfs"))?;
    let dir = mount.path().join("empty");
    fs::create_dir(&dir).unwrap();
    match child(&dir, &[]) {
        Ok(_) => Some(Tmpfs { dir, _mount: mount }),
        Err(reason) => {
            eprintln!("{test} skipped: {reason}");
            None
        }
    }
}

#[track_caller]
fn says(printed: &str, line: &str) {
    assert!(printed.lines().any(|printed| printed == line), "{line:?} is not in\n{printed}");
}

#[test]
fn correction_04_a_call_that_the_kernel_lacks_or_a_sandbox_denies_is_not_available() {
    let Some(tmpfs) = tmpfs("missing calls") else { return };
    for errno in ["ENOSYS", "EPERM"] {
        let denied = child(&tmpfs.dir, &[format!("copy_file_range:error={errno}")]).unwrap();
        says(&denied, "process copy_file_range Some(false)");
        says(&denied, "mount copy_file_range Some(false)");
        says(&denied, "mount sendfile Some(true) splice Some(true)");
    }
    let plain = child(&tmpfs.dir, &[]).unwrap();
    says(&plain, "process copy_file_range Some(true)");
    says(&plain, "mount copy_file_range Some(true)");
}

#[test]
fn a_stray_enosys_of_one_filesystem_does_not_speak_for_the_kernel() {
    let Some(tmpfs) = tmpfs("stray ENOSYS") else { return };
    // The first call of each process is the question with closed descriptors.
    let stray = child(&tmpfs.dir, &["copy_file_range:error=ENOSYS:when=2".to_owned()]).unwrap();
    says(&stray, "process copy_file_range Some(true)");
    says(&stray, "mount copy_file_range Some(false)");
}

#[test]
fn an_old_kernel_without_statx_and_unnamed_files_is_probed_with_names() {
    let Some(tmpfs) = tmpfs("old kernel") else { return };
    let old = child(&tmpfs.dir, &["statx:error=ENOSYS".to_owned(), "renameat2:error=ENOSYS".to_owned()]);
    says(&old.unwrap(), "mount case Some(true) attributes Some(true)");
}

#[test]
fn correction_03_nothing_is_left_behind_when_a_call_fails_in_the_middle() {
    let Some(tmpfs) = tmpfs("failing calls") else { return };
    for call in [
        "fsync",
        "pwrite64",
        "pread64",
        "ioctl",
        "linkat",
        "symlinkat",
        "renameat2",
        "copy_file_range",
        "splice",
        "sendfile",
        "fsetxattr",
        "fgetxattr",
        "flock",
        "utimensat",
        "ftruncate",
        "fcntl",
        "fstatfs",
        "getdents64",
        "getrandom",
    ] {
        child(&tmpfs.dir, &[format!("{call}:error=EIO:when=1+")]).unwrap();
    }
    // One after the other, of the calls that come in many places.
    for call in ["openat", "statx"] {
        for count in 1..=30 {
            child(&tmpfs.dir, &[format!("{call}:error=EIO:when={count}")]).unwrap();
        }
    }
}
