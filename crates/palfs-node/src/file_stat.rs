//! What an inode is, as numbers beside each other in a shared array.

use napi_derive::napi;
use palfs::ops::{FileStat, Timestamp};

/// Where each number of an inode is, counted from its first one.
#[napi]
#[repr(u32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StatField {
    /// The index of the type's name.
    FileType = 0,
    Size = 1,
    Mode = 2,
    Uid = 3,
    Gid = 4,
    Inode = 5,
    Device = 6,
    Nlinks = 7,
    Blksize = 8,
    Blocks = 9,
    Rdev = 10,
    /// Milliseconds; in the exact form, whole seconds.
    Atime = 11,
    Mtime = 12,
    Ctime = 13,
    /// NaN where the filesystem does not keep it.
    Birthtime = 14,
    /// Numbers per inode.
    Width = 15,
    /// In the exact form only, after the others: the nanoseconds of each time. -1 for a time of birth that the filesystem does not keep.
    AtimeNanoseconds = 16,
    MtimeNanoseconds = 17,
    CtimeNanoseconds = 18,
    BirthtimeNanoseconds = 19,
    /// Numbers per inode in the exact form.
    ExactWidth = 20,
}

/// How the numbers of an inode cross.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Each as a JavaScript number, the nearest one where it has more than 53 bits.
    Nearest,
    /// Each as the bits of a 64-bit integer, which JavaScript reads as a BigInt.
    Exact,
}

impl Form {
    /// The exact form if `exact` is set.
    pub const fn of(exact: bool) -> Self {
        if exact { Self::Exact } else { Self::Nearest }
    }

    /// How many numbers an inode takes.
    pub const fn width(self) -> usize {
        match self {
            Self::Nearest => StatField::Width as usize,
            Self::Exact => StatField::ExactWidth as usize,
        }
    }

    /// One number that is no time.
    pub fn whole(self, value: u64) -> f64 {
        #[expect(
            clippy::cast_precision_loss,
            reason = "numbers of inodes and devices are rounded as node:fs does"
        )]
        let nearest = value as f64;
        match self {
            Self::Nearest => nearest,
            Self::Exact => f64::from_bits(value),
        }
    }

    /// Writes a stat into `place`, which has room for [`width`](Self::width) numbers.
    pub fn write(self, stat: &FileStat, place: &mut [f64]) {
        let mut set = |field: StatField, value: f64| {
            if let Some(place) = place.get_mut(field as usize) {
                *place = value;
            }
        };
        set(StatField::FileType, self.whole(u64::from(stat.file_type() as u8)));
        set(StatField::Size, self.whole(stat.size));
        set(StatField::Mode, self.whole(stat.mode.into()));
        set(StatField::Uid, self.whole(stat.uid.into()));
        set(StatField::Gid, self.whole(stat.gid.into()));
        set(StatField::Inode, self.whole(stat.inode));
        set(StatField::Device, self.whole(stat.device));
        set(StatField::Nlinks, self.whole(stat.nlinks));
        set(StatField::Blksize, self.whole(stat.blksize));
        set(StatField::Blocks, self.whole(stat.blocks));
        set(StatField::Rdev, self.whole(stat.rdev));
        let times = [
            (StatField::Atime, StatField::AtimeNanoseconds, Some(stat.atime)),
            (StatField::Mtime, StatField::MtimeNanoseconds, Some(stat.mtime)),
            (StatField::Ctime, StatField::CtimeNanoseconds, Some(stat.ctime)),
            (StatField::Birthtime, StatField::BirthtimeNanoseconds, stat.btime),
        ];
        for (field, nanoseconds, time) in times {
            match self {
                Self::Nearest => set(field, time.map_or(f64::NAN, milliseconds)),
                Self::Exact => {
                    set(field, signed(time.map_or(0, |time| time.seconds)));
                    set(nanoseconds, signed(time.map_or(-1, |time| time.nanoseconds.into())));
                }
            }
        }
    }
}

/// As node:fs reckons it, so that both give the same number.
fn milliseconds(time: Timestamp) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "2^53 seconds are more than any filesystem has")]
    let seconds = time.seconds as f64;
    seconds * 1e3 + f64::from(time.nanoseconds) / 1e6
}

fn signed(value: i64) -> f64 {
    f64::from_bits(value.cast_unsigned())
}
