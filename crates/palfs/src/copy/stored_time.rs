//! Times as filesystems store them: cut to the step in which the filesystem counts.

use crate::sys::Timestamp;

/// The steps in nanoseconds: NTFS and SMB, UDF, milliseconds, exFAT, HFS+ and ext4 with inodes of 128 bytes, FAT.
const STEPS: [i128; 6] = [100, 1_000, 1_000_000, 10_000_000, SECOND, 2 * SECOND];

const SECOND: i128 = 1_000_000_000;

/// Whether `stored` is what some filesystem stores of `asked`: the same time, or the last step before it.
pub(crate) fn is_stored_form(asked: Timestamp, stored: Timestamp) -> bool {
    let total = |time: Timestamp| i128::from(time.seconds) * SECOND + i128::from(time.nanoseconds);
    let (stored, less) = (total(stored), total(asked) - total(stored));
    less == 0 || STEPS.iter().any(|step| (0..*step).contains(&less) && stored.rem_euclid(*step) == 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_that_a_filesystem_cuts_off_are_the_same_and_others_are_not() {
        let time = |seconds, nanoseconds| Timestamp { seconds, nanoseconds };
        let asked = time(1_700_000_001, 123_456_789);
        for kept in [(0, 123_456_700), (0, 123_456_000), (0, 123_000_000), (0, 120_000_000), (0, 0), (-1, 0)]
        {
            let stored = time(1_700_000_001 + kept.0, kept.1);
            assert!(is_stored_form(asked, stored), "{stored:?}");
        }
        for other in
            [(0, 123_456_790), (0, 123_456_788), (0, 123_450_001), (-1, 999_999_999), (1, 0), (-2, 0)]
        {
            let stored = time(1_700_000_001 + other.0, other.1);
            assert!(!is_stored_form(asked, stored), "{stored:?}");
        }
        // ext4 with inodes of 128 bytes rounds down before 1970, too; ntfs-3g (2022.10.3) drops the fraction, which is later.
        assert!(is_stored_form(time(-100, 500_000_000), time(-100, 0)));
        assert!(!is_stored_form(time(-100, 500_000_000), time(-99, 0)));
    }
}
