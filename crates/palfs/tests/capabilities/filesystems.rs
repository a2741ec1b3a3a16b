//! Each filesystem's answers, beside attempts and beside what is known of it.

use std::fs;
use std::path::Path;

use palfs::platform::{DirectIo, PlatformCapabilities};

use crate::attempts::{compare, detect};
use crate::mounts::{Mount, btrfs, ext4, fat_by_fuse, ntfs_by_fuse, or_say_why, squashfs, xfs};

/// Answers that are the same for every filesystem of this kernel.
fn common(found: &PlatformCapabilities) {
    assert_eq!(found.read_only, Some(false));
    assert_eq!(found.max_path_length, Some(4096));
    assert_eq!(found.clonefile_available, Some(false), "a call of macOS");
    for call in [found.splice_available, found.sendfile_available, found.copy_file_range_available] {
        assert_eq!(call, Some(true), "{found:?}");
    }
}

/// Compares, then remounts read-only: nothing may then be contradicted, only unknown.
fn check(mount: &Mount, name: &str) -> PlatformCapabilities {
    let dir = mount.path();
    fs::write(dir.join("Existing"), vec![1; 5000]).unwrap();
    let found = detect(&dir);
    assert_eq!(found.filesystem_type.as_deref(), Some(name));
    common(&found);
    compare(&dir, &found);
    assert_eq!(detect(&dir.join("Existing").parent().unwrap().join(".")), found, "asked twice");
    file_answers_as_its_directory(&dir.join("Existing"), &found);
    found
}

fn file_answers_as_its_directory(file: &Path, found: &PlatformCapabilities) {
    let of_file = PlatformCapabilities::detect_at(file).unwrap();
    assert_eq!(&of_file, found, "a file's answers are its directory's");
}

/// The same mount without the possibility to try anything: what is known does not contradict what was seen.
fn read_only_agrees(mount: &Mount, found: &PlatformCapabilities) -> PlatformCapabilities {
    mount.remount_read_only();
    let still = detect(&mount.path());
    assert_eq!(still.read_only, Some(true));
    agrees(&still, found);
    still
}

/// Every answer of `weaker` is that of `found`, or open.
pub fn agrees(weaker: &PlatformCapabilities, found: &PlatformCapabilities) {
    macro_rules! field {
        ($($name:ident)+) => {$(
            assert!(
                weaker.$name.is_none() || weaker.$name == found.$name,
                "{}: {:?} without, {:?} with attempts", stringify!($name), weaker.$name, found.$name,
            );
        )+};
    }
    field! {
        splice_available sendfile_available copy_file_range_available clonefile_available xattr_available
        flock_available max_path_length max_filename_length filesystem_case_sensitive filesystem_type reflink
        sparse_files hard_links symlinks acl tmpfile rename_exchange direct_io timestamp_granularity
    }
    for space in weaker.xattr_namespaces.iter().flatten() {
        assert!(
            found.xattr_namespaces.as_ref().unwrap().contains(space),
            "{space} is kept only when read-only"
        );
    }
}

#[test]
fn ext4_answers_as_attempts_show_and_keeps_to_it_when_read_only() {
    let Some(mount) = or_say_why("ext4", ext4()) else { return };
    let found = check(&mount, "ext4");
    assert_eq!((found.tmpfile, found.rename_exchange), (Some(true), Some(true)));
    assert_eq!(found.xattr_namespaces.as_deref(), Some(&["security", "system", "trusted", "user"][..]));
    let still = read_only_agrees(&mount, &found);
    assert_eq!(still.xattr_namespaces, found.xattr_namespaces);
    assert_eq!((still.reflink, still.hard_links, still.tmpfile), (Some(false), Some(true), Some(true)));
    assert_eq!(still.filesystem_case_sensitive, Some(true), "by the names that are there");
    assert_eq!(still.direct_io, found.direct_io, "by a file that is there");
}

#[test]
fn xfs_made_with_reflink_says_so_and_made_without_says_that() {
    for reflink in [true, false] {
        let Some(mount) = or_say_why("xfs", xfs(reflink)) else { return };
        let found = check(&mount, "xfs");
        assert_eq!(found.reflink, Some(reflink));
        assert!(matches!(found.direct_io, Some(DirectIo::Aligned { memory: 1.., offset: 512.. })));
        assert_eq!(read_only_agrees(&mount, &found).reflink, Some(reflink), "asked without a write");
    }
}

#[test]
fn btrfs_answers_as_attempts_show_and_keeps_to_it_when_read_only() {
    let Some(mount) = or_say_why("btrfs", btrfs()) else { return };
    let found = check(&mount, "btrfs");
    // It takes O_DIRECT and does not state an alignment.
    assert_eq!(found.direct_io, Some(DirectIo::Aligned { memory: 4096, offset: 4096 }));
    assert_eq!(read_only_agrees(&mount, &found).reflink, Some(true));
}

#[test]
fn tmpfs_answers_as_attempts_show_and_keeps_to_it_when_read_only() {
    let Some(mount) = or_say_why("tmpfs", Mount::memory("tmpfs")) else { return };
    let found = check(&mount, "tmpfs");
    assert_eq!((found.reflink, found.tmpfile), (Some(false), Some(true)));
    read_only_agrees(&mount, &found);
}

#[test]
fn ramfs_has_no_attributes_and_no_acls() {
    let Some(mount) = or_say_why("ramfs", Mount::memory("ramfs")) else { return };
    let found = check(&mount, "ramfs");
    assert_eq!((found.xattr_available, found.acl), (Some(false), Some(false)));
    assert_eq!(found.xattr_namespaces, Some(vec![]));
    assert_eq!(read_only_agrees(&mount, &found).xattr_available, Some(false));
}

#[test]
fn an_overlay_answers_for_its_upper_layer() {
    let Some(mount) = or_say_why("overlay", Mount::overlay()) else { return };
    let found = check(&mount, "overlay");
    assert_eq!((found.reflink, found.hard_links), (Some(false), Some(true)));
    read_only_agrees(&mount, &found);
}

#[test]
fn fat_by_fuse_is_case_insensitive_and_has_no_links() {
    let Some(mount) = or_say_why("fusefat", fat_by_fuse()) else { return };
    let dir = mount.path();
    fs::write(dir.join("Existing"), "x").unwrap();
    let found = detect(&dir);
    assert_eq!(found.filesystem_type.as_deref(), Some("fuse"));
    assert_eq!(found.filesystem_case_sensitive, Some(false));
    assert_eq!((found.hard_links, found.symlinks), (Some(false), Some(false)));
    assert_eq!((found.tmpfile, found.reflink), (Some(false), Some(false)));
    assert_eq!((found.rename_exchange, found.xattr_available), (Some(false), Some(false)));
    let still = read_only_agrees(&mount, &found);
    assert_eq!(still.filesystem_case_sensitive, Some(false), "by looking up 'eXISTING'");
    assert_eq!(still.tmpfile, None, "a FUSE server may have it or not");
}

#[test]
fn squashfs_which_nobody_can_write_answers_by_its_type_and_its_files() {
    let Some(mount) = or_say_why("squashfs", squashfs()) else { return };
    let found = detect(&mount.path());
    assert_eq!(found.filesystem_type.as_deref(), Some("squashfs"));
    assert_eq!((found.read_only, found.reflink, found.tmpfile), (Some(true), Some(false), Some(false)));
    assert_eq!((found.filesystem_case_sensitive, found.hard_links), (Some(true), Some(true)));
    assert_eq!((found.xattr_available, found.sparse_files), (Some(true), None));
    assert_eq!(found.max_filename_length, Some(256), "as squashfs itself says");
}

#[test]
fn ntfs_by_fuse_that_ignores_case_is_case_insensitive() {
    let Some(mount) = or_say_why("lowntfs-3g", ntfs_by_fuse()) else { return };
    let dir = mount.path();
    fs::write(dir.join("Existing"), "x").unwrap();
    let found = detect(&dir);
    assert_eq!(found.filesystem_type.as_deref(), Some("fuse"));
    assert_eq!(found.filesystem_case_sensitive, Some(false));
    assert_eq!((found.tmpfile, found.reflink), (Some(false), Some(false)));
    assert_eq!(found.xattr_available, Some(true));
}
