//! POSIX access control lists as Linux's extended attributes carry them (linux/posix_acl_xattr.h).

/// Version 2, before the entries.
const HEADER: [u8; 4] = [2, 0, 0, 0];

/// Tag, permissions and id of one entry, little-endian.
const ENTRY: usize = 8;

/// The entries that stand for the permission bits: owner, group and others.
const TAGS_OF_MODE: [u16; 3] = [0x01, 0x04, 0x20];

/// Whether the list equals the permission bits. ntfs-3g (2022.10.3, option `acl`) shows such a list for each file.
pub(in crate::copy) fn says_only_the_mode(list: &[u8]) -> bool {
    let Some(entries) = list.strip_prefix(&HEADER) else { return false };
    let (entries, rest) = entries.as_chunks::<ENTRY>();
    let is_of_mode =
        |[low, high, ..]: &[u8; ENTRY]| TAGS_OF_MODE.contains(&u16::from_le_bytes([*low, *high]));
    rest.is_empty() && entries.iter().all(is_of_mode)
}

#[cfg(test)]
mod tests {
    use super::says_only_the_mode;

    fn list(entries: &[(u16, u16, u32)]) -> Vec<u8> {
        let mut list = vec![2, 0, 0, 0];
        for (tag, bits, id) in entries {
            list.extend(tag.to_le_bytes());
            list.extend(bits.to_le_bytes());
            list.extend(id.to_le_bytes());
        }
        list
    }

    #[test]
    fn a_list_with_a_named_user_or_a_mask_says_more_than_the_mode() {
        let none = u32::MAX;
        let minimal = [(0x01, 7, none), (0x04, 5, none), (0x20, 5, none)];
        assert!(says_only_the_mode(&list(&minimal)));
        assert!(!says_only_the_mode(&list(&[minimal[0], (0x02, 4, 1000), minimal[1], minimal[2]])));
        assert!(!says_only_the_mode(&list(&[minimal[0], minimal[1], (0x10, 5, none), minimal[2]])));
    }

    #[test]
    fn what_is_no_such_list_says_something_unknown() {
        for bytes in [&b""[..], b"\x01\0\0\0", b"\x02\0\0\0\x01\0\x07\0\xff"] {
            assert!(!says_only_the_mode(bytes), "{bytes:?}");
        }
    }
}
