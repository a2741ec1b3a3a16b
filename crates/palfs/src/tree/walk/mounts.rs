//! The kernel's list of mounts, read at most once per operation, and only if it matters.
//!
//! A directory may be reached through a bind mount, whose `..` leads to another place, and a directory that is removed may have other
//! filesystems in it. Only this list shows that without a walk. Systems without the list, and a process without /proc, find out during
//! the operation.

#[cfg(target_os = "linux")]
pub(in crate::tree) use linux::{below, is_inside};
use std::os::fd::BorrowedFd;
use std::path::PathBuf;

/// Where something is mounted below the open directory, relative to it. `None`: nowhere, as far as is known.
#[cfg(not(target_os = "linux"))]
pub(in crate::tree) fn below(_directory: BorrowedFd<'_>) -> Option<PathBuf> {
    None
}

/// Whether `inner` is `outer` or below it on their filesystem, through any mounts.
#[cfg(not(target_os = "linux"))]
pub(in crate::tree) fn is_inside(_inner: BorrowedFd<'_>, _outer: BorrowedFd<'_>) -> bool {
    false
}

#[cfg(target_os = "linux")]
mod linux {
    //! /proc/self/mountinfo, described in proc_pid_mountinfo(5), and /proc/self/fdinfo.

    use std::ffi::OsString;
    use std::fs;
    use std::os::fd::{AsFd, AsRawFd};
    use std::os::unix::ffi::OsStringExt;
    use std::path::Path;

    use super::{BorrowedFd, PathBuf};
    use crate::sys::{self, OpenFlags};
    use crate::tree::walk::paths::as_text;

    /// One line of the list.
    #[derive(Debug, PartialEq, Eq)]
    struct Mount {
        id: u64,
        /// Which filesystem it is of, even where its directories show numbers of their own (btrfs).
        device: String,
        /// What of the filesystem is mounted.
        root: PathBuf,
        point: PathBuf,
    }

    /// Where something is mounted below the open directory, relative to it. `None`: nowhere, as far as is known.
    pub(in crate::tree) fn below(directory: BorrowedFd<'_>) -> Option<PathBuf> {
        let path = path_of(directory)?;
        let is_below = |mount: &&Mount| mount.point.starts_with(&path) && mount.point != path;
        let found = mounts().into_iter().find(|mount| is_below(&mount) && is_reached(mount))?;
        found.point.strip_prefix(&path).ok().map(Path::to_path_buf)
    }

    /// Whether `inner` is `outer` or below it on their filesystem, through any mounts.
    pub(in crate::tree) fn is_inside(inner: BorrowedFd<'_>, outer: BorrowedFd<'_>) -> bool {
        let mounts = mounts();
        let (Some(inner), Some(outer)) = (place_of(inner, &mounts), place_of(outer, &mounts)) else {
            return false;
        };
        inner.0 == outer.0 && inner.1.starts_with(&outer.1)
    }

    /// The filesystem of an open directory, and its path there.
    fn place_of(directory: BorrowedFd<'_>, mounts: &[Mount]) -> Option<(String, PathBuf)> {
        let id = mount_of(directory)?;
        let mount = mounts.iter().find(|mount| mount.id == id)?;
        let path = path_of(directory)?;
        let below = path.strip_prefix(&mount.point).ok()?;
        Some((mount.device.clone(), mount.root.join(below)))
    }

    /// Whether the list's mount is what its path leads to: another may have been mounted over it, or above it.
    fn is_reached(mount: &Mount) -> bool {
        match sys::openat(sys::CWD, &as_text(&mount.point), OpenFlags::PATH, 0) {
            Ok(fd) => mount_of(fd.as_fd()).is_none_or(|id| id == mount.id),
            // Out of this process's reach, and so not to be taken for nothing.
            Err(_) => true,
        }
    }

    fn path_of(directory: BorrowedFd<'_>) -> Option<PathBuf> {
        fs::read_link(format!("/proc/self/fd/{}", directory.as_raw_fd())).ok()
    }

    /// The number of an open directory's mount in this list; statx(2) has another one.
    fn mount_of(directory: BorrowedFd<'_>) -> Option<u64> {
        let info = fs::read_to_string(format!("/proc/self/fdinfo/{}", directory.as_raw_fd())).ok()?;
        info.lines().find_map(|line| line.strip_prefix("mnt_id:"))?.trim().parse().ok()
    }

    fn mounts() -> Vec<Mount> {
        let list = fs::read("/proc/self/mountinfo").unwrap_or_default();
        list.split(|byte| *byte == b'\n').filter_map(parse).collect()
    }

    fn parse(line: &[u8]) -> Option<Mount> {
        let mut fields = line.split(|byte| *byte == b' ');
        let id = std::str::from_utf8(fields.next()?).ok()?.parse().ok()?;
        let device = String::from_utf8(fields.nth(1)?.to_vec()).ok()?;
        Some(Mount { id, device, root: unescape(fields.next()?), point: unescape(fields.next()?) })
    }

    /// Blanks, line ends and backslashes stand there as three octal digits.
    fn unescape(field: &[u8]) -> PathBuf {
        let mut bytes = Vec::with_capacity(field.len());
        let mut rest = field;
        while let [first, tail @ ..] = rest {
            let escaped = match rest {
                [b'\\', digits @ ..] => digits.first_chunk::<3>().and_then(|digits| octal(*digits)),
                _ => None,
            };
            bytes.push(escaped.unwrap_or(*first));
            rest = if escaped.is_some() { tail.get(3..).unwrap_or_default() } else { tail };
        }
        PathBuf::from(OsString::from_vec(bytes))
    }

    fn octal(digits: [u8; 3]) -> Option<u8> {
        u8::from_str_radix(std::str::from_utf8(&digits).ok()?, 8).ok()
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn a_line_is_read_with_the_escapes_in_its_paths() {
            let line = br"36 35 98:0 /mnt1 /mnt/with\040a\134blank rw,noatime master:1 - ext3 /dev/root rw";
            let mount = parse(line).unwrap();
            let point = PathBuf::from(r"/mnt/with a\blank");
            assert_eq!(mount, Mount { id: 36, device: "98:0".into(), root: "/mnt1".into(), point });
            assert_eq!(parse(b""), None);
        }

        #[test]
        fn a_directory_is_inside_itself_and_those_above_it() {
            let open =
                |path: &str| sys::openat(sys::CWD, &as_text(Path::new(path)), OpenFlags::PATH, 0).unwrap();
            let (inner, outer, other) = (open("/proc/self/fd"), open("/proc/self"), open("/sys"));
            assert!(is_inside(inner.as_fd(), inner.as_fd()) && is_inside(inner.as_fd(), outer.as_fd()));
            assert!(!is_inside(outer.as_fd(), inner.as_fd()) && !is_inside(inner.as_fd(), other.as_fd()));
        }
    }
}
