//! Reads values and lists of unknown size, in three ways: by what a call does with a buffer that is too small.
//!
//! Nothing here is a system call, so every platform can test all three.

#[cfg(any(test, not(target_os = "openbsd")))]
use crate::errno::Errno;

/// The buffer of a call; `None` requests the size.
#[cfg(any(test, not(target_os = "openbsd")))]
pub(super) type Room<'a> = Option<&'a mut [u8]>;

/// The most that is written in one call: half of what macOS's kernel takes at once, and far above every other's values.
#[cfg(any(test, target_os = "macos"))]
const PIECE: usize = 16 << 20;

/// A buffer that is too small is ERANGE (Linux, macOS). The first buffer fits most attributes, so that one call is enough. If the value
/// is longer, or grew between the query of its size and the read, both are repeated.
#[cfg(any(test, target_os = "linux", target_os = "macos"))]
pub(super) fn growing(mut call: impl FnMut(Room<'_>) -> Result<usize, Errno>) -> Result<Vec<u8>, Errno> {
    let mut buf = vec![0_u8; 256];
    loop {
        match call(Some(&mut buf)) {
            Ok(used) => {
                buf.truncate(used);
                return Ok(buf);
            }
            Err(Errno::ERANGE) => {
                let needed = call(None)?;
                buf.resize(needed.max(buf.len().saturating_add(1)), 0);
            }
            Err(errno) => return Err(errno),
        }
    }
}

/// extattr(2) truncates silently instead of returning ERANGE. So the buffer has one spare byte, and a full buffer is read again.
#[cfg(any(test, target_os = "freebsd", target_os = "netbsd"))]
pub(super) fn with_slack(mut call: impl FnMut(Room<'_>) -> Result<usize, Errno>) -> Result<Vec<u8>, Errno> {
    loop {
        let mut buf = vec![0_u8; call(None)?.saturating_add(1)];
        let used = call(Some(&mut buf))?;
        if used < buf.len() {
            buf.truncate(used);
            return Ok(buf);
        }
    }
}

/// Part by part, from positions (resource forks of macOS): a call fills the buffer as far as it goes, and large values need several
/// calls. A value that is shortened during the read ends where the reads ended.
#[cfg(any(test, target_os = "macos"))]
pub(super) fn by_position(
    mut call: impl FnMut(Room<'_>, u32) -> Result<usize, Errno>,
) -> Result<Vec<u8>, Errno> {
    let mut value = vec![0_u8; call(None, 0)?];
    let mut filled = 0;
    while filled < value.len() {
        let at = u32::try_from(filled).map_err(|_| Errno::E2BIG)?;
        match call(value.get_mut(filled..), at)? {
            0 => break,
            got => filled = filled.saturating_add(got),
        }
    }
    value.truncate(filled);
    Ok(value)
}

/// Calls with each part of `value` and its position; with an empty one if `value` is empty.
#[cfg(any(test, target_os = "macos"))]
pub(super) fn in_pieces(
    value: &[u8],
    mut call: impl FnMut(&[u8], u32) -> Result<(), Errno>,
) -> Result<(), Errno> {
    if value.is_empty() {
        return call(value, 0);
    }
    for (index, piece) in value.chunks(PIECE).enumerate() {
        call(piece, u32::try_from(index.saturating_mul(PIECE)).map_err(|_| Errno::E2BIG)?)?;
    }
    Ok(())
}

/// From FreeBSD's list (names of one namespace, each after its length in one byte) to ours: `user.x` and a NUL.
#[cfg(any(test, target_os = "freebsd", target_os = "netbsd"))]
pub(super) fn unpack(mut packed: &[u8], prefix: &[u8], names: &mut Vec<u8>) {
    while let Some((len, rest)) = packed.split_first() {
        let Some((name, next)) = rest.split_at_checked(usize::from(*len)) else { return };
        names.extend_from_slice(prefix);
        names.extend_from_slice(name);
        names.push(0);
        packed = next;
    }
}

/// Splits `user.x` into the number of its namespace and the bare name. Any other name has no place there.
#[cfg(any(test, target_os = "freebsd", target_os = "netbsd"))]
pub(super) fn split(name: &std::ffi::CStr) -> Option<(libc::c_int, &std::ffi::CStr)> {
    const USER: libc::c_int = 1; // EXTATTR_NAMESPACE_USER of sys/extattr.h, of FreeBSD and NetBSD alike
    const SYSTEM: libc::c_int = 2;
    let bytes = name.to_bytes_with_nul();
    let (space, rest) = match bytes.strip_prefix(b"user.") {
        Some(rest) => (USER, rest),
        None => (SYSTEM, bytes.strip_prefix(b"system.")?),
    };
    std::ffi::CStr::from_bytes_with_nul(rest).ok().map(|bare| (space, bare))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Copies as much of `value` as there is room for.
    fn fill(room: &mut [u8], value: &[u8]) -> usize {
        let len = room.len().min(value.len());
        room[..len].copy_from_slice(&value[..len]);
        len
    }

    #[test]
    fn a_value_that_grows_between_size_and_reading_is_read_again() {
        let mut value = vec![7_u8; 300];
        let mut grown = 0;
        let read = growing(|room| match room {
            None => Ok(value.len()),
            Some(room) if room.len() < value.len() => Err(Errno::ERANGE),
            Some(_) if grown < 3 => {
                grown += 1;
                value.resize(value.len() + 100, 8);
                Err(Errno::ERANGE)
            }
            Some(room) => Ok(fill(room, &value)),
        });
        assert_eq!(read.unwrap().len(), 600);
    }

    #[test]
    fn a_value_that_a_call_cuts_without_a_word_is_read_whole() {
        let mut value = vec![7_u8; 10];
        let mut reads = 0;
        let read = with_slack(|room| match room {
            None => Ok(value.len()),
            Some(room) => {
                reads += 1;
                if reads == 1 {
                    value.resize(400, 8);
                }
                Ok(fill(room, &value))
            }
        });
        assert_eq!((read.unwrap().len(), reads), (400, 2));
        assert_eq!(with_slack(|_| Ok(0)).unwrap(), b"");
    }

    #[test]
    fn a_resource_fork_longer_than_the_first_guess_is_not_cut() {
        let fork: Vec<u8> = (0..100_000_u32).map(|at| at.to_le_bytes()[0]).collect();
        // The kernel returns at most this much at a time, and never ERANGE.
        let read = by_position(|room, at| match room {
            None => Ok(fork.len()),
            Some(room) => Ok(fill(&mut room[..30_000.min(100_000 - at as usize)], &fork[at as usize..])),
        });
        assert_eq!(read.unwrap(), fork);
    }

    #[test]
    fn a_resource_fork_that_shrinks_ends_where_it_ends() {
        let read = by_position(|room, at| match room {
            None => Ok(1000),
            Some(room) if at == 0 => Ok(fill(room, &[1; 10])),
            Some(_) => Ok(0),
        });
        assert_eq!(read.unwrap(), [1; 10]);
    }

    #[test]
    fn a_large_value_is_set_piece_by_piece_and_an_empty_one_is_set() {
        let mut set = Vec::new();
        let value = vec![0_u8; PIECE + 5];
        in_pieces(&value, |piece, at| {
            set.push((piece.len(), at));
            Ok(())
        })
        .unwrap();
        in_pieces(b"", |piece, at| {
            set.push((piece.len(), at));
            Ok(())
        })
        .unwrap();
        assert_eq!(set, [(PIECE, 0), (5, 16 << 20), (0, 0)]);
    }

    #[test]
    fn names_after_their_length_become_names_with_namespace_and_nul() {
        let mut names = Vec::new();
        unpack(b"\x03abc\x01d", b"user.", &mut names);
        unpack(b"\x02xy", b"system.", &mut names);
        assert_eq!(names, b"user.abc\0user.d\0system.xy\0");
        // A length that leads beyond the end ends the list.
        let mut names = Vec::new();
        unpack(b"\x01a\x09b", b"user.", &mut names);
        assert_eq!(names, b"user.a\0");
        let mut names = Vec::new();
        unpack(&[&[255_u8][..], &[b'n'; 255]].concat(), b"user.", &mut names);
        assert_eq!(names.len(), 261);
    }

    #[test]
    fn only_user_and_system_are_namespaces_of_extattr() {
        assert_eq!(split(c"user.a.b"), Some((1, c"a.b")));
        assert_eq!(split(c"system.a"), Some((2, c"a")));
        assert_eq!(split(c"user."), Some((1, c"")));
        for name in [c"trusted.a", c"user", c"users.a", c"", c"User.a"] {
            assert_eq!(split(name), None, "{name:?}");
        }
    }
}
