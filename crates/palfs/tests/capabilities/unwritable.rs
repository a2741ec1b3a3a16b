//! Directories in which nothing can be made: other evidence must do, or the answer is open.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Stdio};

use palfs::Errno;
use palfs::platform::PlatformCapabilities;

use crate::attempts::{detect, listing};
use crate::filesystems::agrees;
use crate::mounts::{Mount, ext4, or_say_why, run};

/// Run by [`as_nobody`] in another process; by itself it has nothing to look at.
#[test]
fn child_without_privileges() {
    let Some(dir) = std::env::var_os("PALFS_CAPABILITIES_OF") else { return };
    let found = PlatformCapabilities::detect_at(Path::new(&dir)).unwrap();
    println!("\nfound {:?} {:?}", found.reflink, found.read_only);
    println!("kind {:?} {:?}", found.filesystem_type, found.filesystem_case_sensitive);
    println!("attributes {:?} {:?} {:?}", found.xattr_available, found.xattr_namespaces, found.acl);
    println!("names {:?} {:?} {:?}", found.hard_links, found.symlinks, found.max_filename_length);
    println!("tmpfile {:?} exchange {:?}", found.tmpfile, found.rename_exchange);
}

/// What a process of user 65534 prints of `dir`.
fn as_nobody(dir: &Path) -> Result<String, String> {
    // The test program itself may lie where nobody else can go.
    let program = dir.join("program");
    fs::copy(std::env::current_exe().unwrap(), &program).unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    let output = Command::new("setpriv")
        .args(["--reuid=65534", "--regid=65534", "--clear-groups", "--inh-caps=-all", "--"])
        .arg(&program)
        .args(["--exact", "unwritable::child_without_privileges", "--nocapture"])
        .env("PALFS_CAPABILITIES_OF", dir.join("closed"))
        .stdin(Stdio::null())
        .output()
        .map_err(|error| format!("setpriv: {error}"))?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{text}{}", String::from_utf8_lossy(&output.stderr));
    Ok(text)
}

#[test]
fn without_write_permission_the_answers_come_from_evidence() {
    let Some(mount) = or_say_why("unwritable", ext4()) else { return };
    fs::set_permissions(mount.path(), fs::Permissions::from_mode(0o755)).unwrap();
    // The path to the mount has to be open to others.
    fs::set_permissions(mount.path().parent().unwrap(), fs::Permissions::from_mode(0o755)).unwrap();
    let closed = mount.path().join("closed");
    fs::create_dir(&closed).unwrap();
    fs::write(closed.join("Name"), "x").unwrap();
    let before = listing(&closed);
    let Some(printed) = or_say_why("unwritable", as_nobody(&mount.path())) else { return };
    assert_eq!(listing(&closed), before);
    for line in [
        "found Some(false) Some(false)",
        "kind Some(\"ext4\") Some(true)",
        "attributes Some(true) Some([\"security\", \"system\", \"trusted\", \"user\"]) Some(true)",
        "names Some(true) Some(true) Some(255)",
        "tmpfile Some(true) exchange Some(true)",
    ] {
        assert!(printed.lines().any(|printed| printed == line), "{line:?} is not in\n{printed}");
    }
}

#[test]
fn an_append_only_directory_is_not_probed_because_nothing_could_be_removed() {
    let Some(mount) = or_say_why("append-only", ext4()) else { return };
    let dir = mount.path().join("log");
    fs::create_dir(&dir).unwrap();
    let with_attempts = detect(&dir);
    let path = dir.to_str().unwrap();
    run("chattr", &["+a", path]).unwrap();
    let found = PlatformCapabilities::detect_at(&dir).unwrap();
    let left = listing(&dir);
    run("chattr", &["-a", path]).unwrap();
    assert!(left.is_empty(), "{left:?}");
    agrees(&found, &with_attempts);
}

#[test]
fn proc_and_sys_answer_and_nothing_is_made_there() {
    for (dir, kind) in [("/proc/self", "proc"), ("/sys", "sysfs")] {
        let Ok(found) = PlatformCapabilities::detect_at(Path::new(dir)) else {
            eprintln!("{dir} skipped: not mounted");
            continue;
        };
        assert_eq!(found.filesystem_type.as_deref(), Some(kind));
        assert_eq!((found.reflink, found.tmpfile), (Some(false), Some(false)));
    }
}

#[test]
fn a_file_that_is_a_mount_of_its_own_is_not_answered_for_by_its_directory() {
    let Some(mount) = or_say_why("bind mount", Mount::memory("ramfs")) else { return };
    let source = mount.path().join("source");
    fs::write(&source, "x").unwrap();
    let target = std::env::temp_dir().join(format!("palfs-capabilities-bind-{}", std::process::id()));
    fs::write(&target, "").unwrap();
    let (from, to) = (source.to_str().unwrap(), target.to_str().unwrap());
    if let Err(reason) = run("mount", &["--bind", from, to]) {
        eprintln!("bind mount skipped: {reason}");
        return fs::remove_file(&target).unwrap();
    }
    let found = PlatformCapabilities::detect_at(&target);
    run("umount", &[to]).unwrap();
    fs::remove_file(&target).unwrap();
    let found = found.unwrap();
    assert_eq!(found.filesystem_type.as_deref(), Some("ramfs"));
    assert_eq!(found.xattr_available, Some(false));
}

#[test]
fn a_full_filesystem_leaves_open_what_needs_room() {
    let Some(mount) = or_say_why("full", ext4()) else { return };
    let dir = mount.path();
    let full = run("dd", &["if=/dev/zero", &format!("of={}/filler", dir.display()), "bs=1M"]);
    full.unwrap_err();
    let found = detect(&dir);
    assert_eq!((found.copy_file_range_available, found.reflink), (Some(true), Some(false)), "by its type");
    assert_eq!(found.tmpfile, Some(true));
}

#[test]
fn a_path_that_does_not_exist_is_an_error_with_its_path() {
    let missing = std::env::temp_dir().join("palfs-capabilities-none/such");
    let error = PlatformCapabilities::detect_at(&missing).unwrap_err();
    assert_eq!((error.errno(), error.path()), (Errno::ENOENT, Some(missing.as_path())));
}
