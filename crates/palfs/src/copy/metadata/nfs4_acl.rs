//! Access control lists of NFS version 4 as Linux's client shows them: `system.nfs4_acl`, the XDR of RFC 7530, section 6.2.

/// One entry: whom it is about, and what it allows or denies.
struct Entry<'a> {
    kind: u32,
    flags: u32,
    mask: u32,
    who: &'a [u8],
}

const ALLOW: u32 = 0;
const DENY: u32 = 1;

/// The one flag that is not about inheritance or audit: `who` is a group.
const IDENTIFIER_GROUP: u32 = 0x40;

const READ_DATA: u32 = 0x1;
const WRITE_DATA: u32 = 0x2;
const APPEND_DATA: u32 = 0x4;
const EXECUTE: u32 = 0x20;
const DELETE_CHILD: u32 = 0x40;

/// Rights that a mode grants to the owner only: DELETE, WRITE_ATTRIBUTES, WRITE_NAMED_ATTRS, WRITE_ACL, WRITE_OWNER.
const OWNERS_ONLY: u32 = 0x0001_0000 | 0x100 | 0x10 | 0x0004_0000 | 0x0008_0000;

/// The user whose rights are computed. An owner may be in the file's group or not.
#[derive(Clone, Copy)]
struct Asker {
    is_owner: bool,
    is_in_group: bool,
}

/// Whether the list of a file or directory with this mode grants the same as the mode: only the owner, the group and everyone have
/// entries, and these equal the mode's bits. Servers create such a list for each file without a list of its own.
pub(in crate::copy) fn says_only_the_mode(list: &[u8], mode: u32, is_directory: bool) -> bool {
    let Some(entries) = parse(list) else { return false };
    let are_plain = entries.iter().all(|entry| {
        matches!(entry.kind, ALLOW | DENY)
            && entry.flags & !IDENTIFIER_GROUP == 0
            && matches!(entry.who, b"OWNER@" | b"GROUP@" | b"EVERYONE@")
    });
    let askers = [(true, true, 6), (true, false, 6), (false, true, 3), (false, false, 0)];
    are_plain
        && askers.iter().all(|(is_owner, is_in_group, shift)| {
            let asker = Asker { is_owner: *is_owner, is_in_group: *is_in_group };
            bits(allowed(&entries, asker), is_directory, asker) == Some(mode >> shift & 0o7)
        })
}

/// What the list allows: of each right the first entry decides that names it.
fn allowed(entries: &[Entry<'_>], asker: Asker) -> u32 {
    let (mut allowed, mut decided) = (0, 0);
    for entry in entries {
        let is_meant = match entry.who {
            b"OWNER@" => asker.is_owner,
            b"GROUP@" => asker.is_in_group,
            _ => true,
        };
        if is_meant {
            if entry.kind == ALLOW {
                allowed |= entry.mask & !decided;
            }
            decided |= entry.mask;
        }
    }
    allowed
}

/// The permission bits for these rights. `None`: no bits say the same.
fn bits(rights: u32, is_directory: bool, asker: Asker) -> Option<u32> {
    let write = WRITE_DATA | APPEND_DATA;
    let has = |right| rights & right != 0;
    let is_whole = rights & write == write || !has(write);
    let beyond_write = is_directory && has(DELETE_CHILD) && !has(write);
    if !is_whole || beyond_write || (!asker.is_owner && has(OWNERS_ONLY)) {
        return None;
    }
    let bit = |right, bit| if has(right) { bit } else { 0 };
    Some(bit(READ_DATA, 4) | bit(write, 2) | bit(EXECUTE, 1))
}

/// `None`: not such a list.
fn parse(list: &[u8]) -> Option<Vec<Entry<'_>>> {
    let mut reader = Reader(list);
    let count = reader.number()?;
    let mut entries = Vec::new();
    for _ in 0..count {
        let (kind, flags, mask) = (reader.number()?, reader.number()?, reader.number()?);
        entries.push(Entry { kind, flags, mask, who: reader.string()? });
    }
    reader.0.is_empty().then_some(entries)
}

/// External Data Representation (RFC 4506): numbers of four bytes, the high one first; strings are padded to four.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn number(&mut self) -> Option<u32> {
        let (number, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(u32::from_be_bytes(*number))
    }

    fn string(&mut self) -> Option<&'a [u8]> {
        let len = usize::try_from(self.number()?).ok()?;
        let (padded, rest) = self.0.split_at_checked(len.checked_next_multiple_of(4)?)?;
        self.0 = rest;
        padded.get(..len)
    }
}

#[cfg(test)]
mod tests {
    use super::says_only_the_mode;

    /// As knfsd of Linux 6.1 makes it.
    const READ: u32 = 0x0012_0081;
    const WRITE: u32 = 0x6;
    const OWNER: u32 = 0x0004_0100;
    const ANYONE: u32 = 0x0012_0080;

    fn list(entries: &[(u32, u32, u32, &str)]) -> Vec<u8> {
        let number = |number: u32| number.to_be_bytes();
        let mut list = number(u32::try_from(entries.len()).unwrap()).to_vec();
        for (kind, flags, mask, who) in entries {
            for field in [*kind, *flags, *mask, u32::try_from(who.len()).unwrap()] {
                list.extend(number(field));
            }
            list.extend(who.as_bytes());
            list.resize(list.len().next_multiple_of(4), 0);
        }
        list
    }

    #[test]
    fn the_list_that_a_server_makes_of_a_mode_says_no_more() {
        let of_0640 = list(&[
            (0, 0, READ | WRITE | OWNER, "OWNER@"),
            (0, 0x40, READ, "GROUP@"),
            (0, 0, ANYONE, "EVERYONE@"),
        ]);
        assert_eq!(of_0640.len(), 80);
        assert!(says_only_the_mode(&of_0640, 0o640, false));
        assert!(says_only_the_mode(&of_0640, 0o640, true));
        for other in [0o644, 0o600, 0o740, 0o660] {
            assert!(!says_only_the_mode(&of_0640, other, false), "{other:o}");
        }
        // Set-id and sticky bits are no part of a list.
        assert!(says_only_the_mode(&of_0640, 0o4640, false));
    }

    #[test]
    fn rights_that_others_have_and_the_owner_has_not_are_denied_first() {
        // Mode 0067.
        let denying = list(&[
            (1, 0, 0x27, "OWNER@"),
            (0, 0, ANYONE | OWNER, "OWNER@"),
            (1, 0x40, 0x20, "GROUP@"),
            (0, 0x40, READ | WRITE, "GROUP@"),
            (0, 0, READ | WRITE | 0x20, "EVERYONE@"),
        ]);
        assert!(says_only_the_mode(&denying, 0o067, false));
        assert!(!says_only_the_mode(&denying, 0o667, false));
    }

    #[test]
    fn everyone_includes_the_owner_and_the_group() {
        let everyone = list(&[(0, 0, READ, "EVERYONE@")]);
        assert!(says_only_the_mode(&everyone, 0o444, false));
        assert!(!says_only_the_mode(&everyone, 0o044, false));
        assert!(says_only_the_mode(&list(&[]), 0, false));
    }

    #[test]
    fn an_owner_who_has_rights_only_by_the_group_is_not_what_a_mode_says() {
        let by_group = list(&[(0, 0x40, READ, "GROUP@")]);
        assert!(!says_only_the_mode(&by_group, 0o440, false));
        assert!(!says_only_the_mode(&by_group, 0o040, false));
    }

    #[test]
    fn what_no_mode_can_say_is_more() {
        let with =
            |entry| list(&[(0, 0, READ | WRITE | OWNER, "OWNER@"), entry, (0, 0, ANYONE, "EVERYONE@")]);
        for (entry, why) in [
            ((0, 0, READ, "alice@example.org"), "a named user"),
            ((0, 0x40, READ, "staff@example.org"), "a named group"),
            ((0, 0x43, READ, "GROUP@"), "inheritance"),
            ((2, 0, READ, "GROUP@"), "audit"),
            ((0, 0x40, READ | 0x0004_0000, "GROUP@"), "the group may change the list"),
            ((0, 0x40, READ | 0x4, "GROUP@"), "the group may append only"),
        ] {
            assert!(!says_only_the_mode(&with(entry), 0o640, false), "{why}");
        }
        let deleting = with((0, 0x40, READ | 0x40, "GROUP@"));
        assert!(!says_only_the_mode(&deleting, 0o640, true), "the group may remove entries but not make any");
    }

    #[test]
    fn what_is_no_list_says_something_unknown() {
        let whole = list(&[(0, 0, READ, "EVERYONE@")]);
        for len in 0..whole.len() {
            assert!(!says_only_the_mode(&whole[..len], 0o444, false), "{len}");
        }
        assert!(!says_only_the_mode(&[&whole[..], &[0]].concat(), 0o444, false));
        assert!(!says_only_the_mode(&[0xff; 64], 0o444, false));
    }
}
