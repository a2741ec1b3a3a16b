//! Directory records as getdents64(2) lays them out (`struct linux_dirent64`), one behind the other in a buffer. Where
//! there is no such call, names are laid out the same way, so that a batch of names is one thing everywhere.

use std::ffi::CStr;

/// Bytes before the name: inode, offset, length of the record, type.
pub(super) const HEADER: usize = 8 + 8 + 2 + 1;

/// The fixed part of one record, without a borrow of the buffer.
pub(super) struct Record {
    #[cfg_attr(
        all(not(test), not(target_os = "linux")),
        expect(dead_code, reason = "streams give it themselves")
    )]
    pub(super) inode: u64,
    /// Where the directory goes on behind this record.
    #[cfg_attr(not(target_os = "linux"), expect(dead_code, reason = "streams know it themselves"))]
    pub(super) offset: i64,
    pub(super) length: usize,
    pub(super) format: u32,
    pub(super) is_dots: bool,
}

impl Record {
    /// `None` for what no kernel writes: a record that is cut short, or of no length.
    pub(super) fn parse(bytes: &[u8]) -> Option<Self> {
        let (inode, rest) = bytes.split_first_chunk()?;
        let (offset, rest) = rest.split_first_chunk()?;
        let (length, rest) = rest.split_first_chunk()?;
        let (kind, name) = rest.split_first()?;
        let length = usize::from(u16::from_ne_bytes(*length));
        if length <= HEADER || length > bytes.len() {
            return None;
        }
        Some(Self {
            inode: u64::from_ne_bytes(*inode),
            offset: i64::from_ne_bytes(*offset),
            length,
            format: super::format(*kind),
            is_dots: name.starts_with(b".\0") || name.starts_with(b"..\0"),
        })
    }
}

/// One name of a batch.
#[derive(Clone, Copy)]
pub(crate) struct Entry<'a> {
    pub(crate) name: &'a CStr,
    /// The type bits of a mode; 0 where the filesystem does not keep them in directories.
    pub(crate) format: u32,
}

/// The names in `bytes`, `.` and `..` not among them, each with the range that its record takes.
pub(crate) fn entries(bytes: &[u8]) -> impl Iterator<Item = (Entry<'_>, std::ops::Range<usize>)> {
    let mut at = 0_usize;
    std::iter::from_fn(move || {
        loop {
            let rest = bytes.get(at..)?;
            let record = Record::parse(rest)?;
            let range = at..at.saturating_add(record.length);
            at = range.end;
            if record.is_dots {
                continue;
            }
            let name = CStr::from_bytes_until_nul(rest.get(HEADER..record.length)?).ok()?;
            return Some((Entry { name, format: record.format }, range));
        }
    })
}

/// Appends one record.
pub(crate) fn encode(bytes: &mut Vec<u8>, inode: u64, kind: u8, name: &CStr) {
    let name = name.to_bytes_with_nul();
    let Ok(length) = u16::try_from(HEADER.saturating_add(name.len())) else { return };
    bytes.extend_from_slice(&inode.to_ne_bytes());
    bytes.extend_from_slice(&0_i64.to_ne_bytes());
    bytes.extend_from_slice(&length.to_ne_bytes());
    bytes.push(kind);
    bytes.extend_from_slice(name);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A record as linux/dirent.h lays it out.
    fn record(inode: u64, length: u16, kind: u8, name: &[u8]) -> Vec<u8> {
        let offset = 0_u64.to_ne_bytes();
        [&inode.to_ne_bytes()[..], &offset, &length.to_ne_bytes(), &[kind], name].concat()
    }

    #[test]
    fn a_record_gives_inode_type_and_length() {
        let parsed = Record::parse(&record(7, 24, libc::DT_DIR, b"abc\0\0")).unwrap();
        assert_eq!((parsed.inode, parsed.length, parsed.format), (7, 24, 0o040_000));
        assert!(!parsed.is_dots);
        assert!(Record::parse(&record(7, 24, libc::DT_DIR, b"..\0\0\0")).unwrap().is_dots);
        assert!(!Record::parse(&record(7, 24, libc::DT_REG, b"...\0\0")).unwrap().is_dots);
    }

    #[test]
    fn what_no_kernel_writes_is_refused_and_never_read_for_ever() {
        assert!(Record::parse(b"").is_none());
        assert!(Record::parse(&record(7, 0, 0, b"a\0")).is_none());
        assert!(Record::parse(&record(7, 19, 0, b"")).is_none());
        assert!(Record::parse(&record(7, 64, 0, b"a\0")).is_none());
        assert!(Record::parse(&[1; 18]).is_none());
    }

    #[test]
    fn names_come_back_in_order_without_the_dots() {
        let mut bytes = Vec::new();
        for name in [c".", c"one", c"..", c"\xff two"] {
            encode(&mut bytes, 1, libc::DT_REG, name);
        }
        let names: Vec<_> = entries(&bytes).map(|(entry, _)| entry.name).collect();
        assert_eq!(names, [c"one", c"\xff two"]);
    }
}
