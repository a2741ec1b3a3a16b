//! Times as filesystems store them: cut to the step in which the filesystem counts, and to the range that it has.

use std::os::fd::AsFd;

use crate::copy::source::PathAt;
use crate::sys;
use crate::sys::{OpenFlags, Stat, Timestamp};

/// The steps in nanoseconds: NTFS and SMB, UDF, milliseconds, exFAT, HFS+ and ext4 with inodes of 128 bytes, FAT.
const STEPS: [i128; 6] = [100, 1_000, 1_000_000, 10_000_000, SECOND, 2 * SECOND];

const SECOND: i128 = 1_000_000_000;

/// The first seconds of ranges: SMB (1601), ext4 and xfs (1901), NFSv3 and jfs (1970), FAT (1980).
const FIRST: [i64; 4] = [-11_644_473_600, i32::MIN as i64, 0, 315_532_800];

/// The last ones: ext4 with inodes of 128 bytes and xfs without bigtime (2038), NFSv3, jfs and reiserfs (2106), FAT and exFAT
/// (2107), ext4 (2446), xfs (2486).
const LAST: [i64; 6] =
    [i32::MAX as i64, u32::MAX as i64, 4_354_819_198, 4_354_819_199, 15_032_385_535, 16_299_260_424];

/// Whether `stored` is what some filesystem stores of `asked`: the same time, the last step before it, or the nearest one.
pub(crate) fn is_stored_form(asked: Timestamp, stored: Timestamp) -> bool {
    let is_step =
        |step| is_cut(asked, stored, step) || (step <= SECOND && is_rounded_up(asked, stored, step));
    asked == stored || STEPS.into_iter().any(is_step)
}

/// Whether `stored` is the last time of a range that ends before `asked`, or the first of one that begins later.
fn is_clamped(asked: Timestamp, stored: Timestamp) -> bool {
    let is_later = asked.seconds > stored.seconds && LAST.contains(&stored.seconds);
    let is_earlier = asked.seconds < stored.seconds && FIRST.contains(&stored.seconds);
    stored.nanoseconds == 0 && (is_later || is_earlier)
}

/// `update`: whether `dest`, which is at `at`, is as new as `source`, to the granularity of its filesystem. Like GNU's utimecmp, which
/// truncates the source's time to the destination's step.
///
/// The step is that of the filesystem's type, or one that both its times show. On a filesystem that counts nanoseconds the time of
/// the last change, which no call can set, is a multiple of no step.
pub(crate) fn is_as_new(source: &Stat, dest: &Stat, at: PathAt<'_>) -> bool {
    if dest.mtime >= source.mtime {
        return true;
    }
    if !is_stored_form(source.mtime, dest.mtime) {
        return is_clamped(source.mtime, dest.mtime);
    }
    let shows = |step| is_cut(source.mtime, dest.mtime, step) && total(dest.ctime).rem_euclid(step) == 0;
    STEPS.into_iter().any(shows)
        || known_step(dest, at).is_some_and(|step| is_cut(source.mtime, dest.mtime, step))
}

/// The step of the filesystem that has a file.
fn known_step(file: &Stat, at: PathAt<'_>) -> Option<i128> {
    if !file.is_file() {
        return None;
    }
    let fd = sys::openat(at.dir, at.name, OpenFlags::PATH, 0).ok()?;
    sys::fstatfs(fd.as_fd()).ok()?.fs_type.time_step.map(i128::from)
}

/// Whether `stored` is the last multiple of `step` before `asked`.
fn is_cut(asked: Timestamp, stored: Timestamp, step: i128) -> bool {
    (0..step).contains(&(total(asked) - total(stored))) && total(stored).rem_euclid(step) == 0
}

/// Whether `stored` is a multiple of `step` after `asked`, and none is nearer. samba (4.17) rounds to the nearest second where the
/// root of the share has times in whole seconds. FAT's two seconds are cut off.
fn is_rounded_up(asked: Timestamp, stored: Timestamp, step: i128) -> bool {
    let later = total(stored) - total(asked);
    (0..=step / 2).contains(&later) && total(stored).rem_euclid(step) == 0
}

fn total(time: Timestamp) -> i128 {
    i128::from(time.seconds) * SECOND + i128::from(time.nanoseconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_that_a_filesystem_cuts_off_or_rounds_are_the_same_and_others_are_not() {
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
        // ext4 with inodes of 128 bytes rounds down before 1970, too.
        assert!(is_stored_form(time(-100, 500_000_000), time(-100, 0)));
        assert!(!is_stored_form(time(-100, 400_000_000), time(-99, 0)));
        // To the nearest second, of which 1_700_000_003 is no step of two.
        assert!(is_stored_form(time(1_700_000_002, 856_897_108), time(1_700_000_003, 0)));
        assert!(!is_stored_form(time(1_700_000_002, 456_897_108), time(1_700_000_003, 0)));
    }

    #[test]
    fn a_time_beyond_a_range_is_stored_as_its_last_or_first() {
        let time = |seconds| Timestamp { seconds, nanoseconds: 0 };
        for (asked, stored) in [(2_377_555_200, i64::from(i32::MAX)), (5_000_000_000, 4_354_819_198), (-5, 0)]
        {
            assert!(is_clamped(time(asked), time(stored)), "{asked} {stored}");
            assert!(!is_clamped(time(stored), time(asked)), "{stored} {asked}");
        }
        for (asked, stored) in [(2_000_000_000, i64::from(i32::MAX)), (5, 0), (2_000_000_001, 2_000_000_000)]
        {
            assert!(!is_clamped(time(asked), time(stored)), "{asked} {stored}");
        }
    }
}
