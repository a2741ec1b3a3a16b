//! Names of a directory as they cross: numbers in one array and names in another, each name with a NUL behind it.

use std::ffi::CStr;

use napi_derive::napi;
use palfs::FsError;
use palfs::ops::{Detail, EntryRef, ReadDirectory};

use crate::abi::number;
use crate::file_stat::Form;

/// Where each number of a batch is.
#[napi]
#[repr(u32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BatchField {
    /// How many names there are.
    Count = 0,
    /// How many bytes they take, their NULs included.
    NameBytes = 1,
    /// 1 after the last name of the directory.
    Ended = 2,
    /// The first number of the first name: its inode. Then its type or, with details, the whole stat, of which the type is the first
    /// number.
    First = 3,
}

/// The bits of the options number of a call.
#[napi]
#[repr(u32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DirectoryBit {
    /// The whole lstat(2).
    Stats = 0x1,
    /// Numbers in their exact form.
    Exact = 0x2,
}

const FIRST: usize = BatchField::First as usize;

/// Room that is kept for one name and its NUL: no path can hold a longer one.
const LONGEST_NAME: usize = 4096;

/// How much is read about each name, and about how many names.
#[derive(Clone, Copy)]
pub struct Request {
    has_stats: bool,
    form: Form,
    limit: usize,
    /// Whether other threads may help.
    alone: bool,
}

impl Request {
    /// By the bits of an options number.
    pub fn new(bits: u32, limit: Option<u32>) -> Self {
        let has = |bit: DirectoryBit| bits & bit as u32 != 0;
        Self {
            has_stats: has(DirectoryBit::Stats),
            form: Form::of(has(DirectoryBit::Exact)),
            limit: limit.map_or(usize::MAX, |limit| limit as usize),
            // A caller that limits a batch uses the other cores itself.
            alone: limit.is_some(),
        }
    }

    /// Numbers per name.
    fn width(self) -> usize {
        1 + if self.has_stats { self.form.width() } else { 1 }
    }

    /// How many numbers a batch takes at most, out of `room`.
    pub fn numbers(self, room: usize) -> usize {
        room.min(self.limit.saturating_mul(self.width()).saturating_add(FIRST))
    }
}

/// How much of the arrays a batch takes.
#[derive(Clone, Copy)]
pub struct Filled {
    pub numbers: usize,
    pub bytes: usize,
    /// Whether the directory has no further names.
    pub has_ended: bool,
}

/// The arrays that a batch is written to.
pub struct Room<'a> {
    pub numbers: &'a mut [f64],
    pub names: &'a mut [u8],
}

impl Room<'_> {
    /// Reads as many names as there is room for, up to the limit.
    pub fn read(&mut self, directory: &mut ReadDirectory, request: Request) -> Result<Filled, FsError> {
        let width = request.width();
        let most = request.limit.min(self.numbers.len().saturating_sub(FIRST) / width);
        // lstat(2) is called for many names at once, below.
        let detail = if request.has_stats { Detail::Name } else { Detail::Type };
        let (mut count, mut bytes, mut has_ended) = (0, 0, false);
        while !has_ended && count < most {
            // However long they are, so many names fit.
            let limit = (most - count).min((self.names.len() - bytes) / LONGEST_NAME);
            if limit == 0 {
                break;
            }
            let shown = directory.visit(limit, detail, |entry| {
                self.set_entry(FIRST + count * width, request, &entry);
                bytes += self.set_name(bytes, entry.name.as_encoded_bytes());
                count += 1;
            })?;
            has_ended = shown < limit;
        }
        if request.has_stats {
            (count, bytes) = self.set_stats(directory, request, bytes)?;
        }
        for (field, value) in [
            (BatchField::Count, count),
            (BatchField::NameBytes, bytes),
            (BatchField::Ended, usize::from(has_ended)),
        ] {
            if let Some(place) = self.numbers.get_mut(field as usize) {
                *place = number(value as u64);
            }
        }
        Ok(Filled { numbers: FIRST + count * width, bytes, has_ended })
    }

    fn set_entry(&mut self, begin: usize, request: Request, entry: &EntryRef<'_>) {
        let values = [entry.inode, u64::from(entry.file_type as u8)].map(|value| request.form.whole(value));
        if let Some(place) = self.numbers.get_mut(begin..begin + values.len()) {
            place.copy_from_slice(&values);
        }
    }

    /// Returns how many bytes were used.
    fn set_name(&mut self, begin: usize, name: &[u8]) -> usize {
        let place = self.names.get_mut(begin..=begin + name.len()).and_then(<[u8]>::split_last_mut);
        let Some((end, place)) = place else { return 0 };
        place.copy_from_slice(name);
        *end = 0;
        name.len() + 1
    }

    /// Writes the lstat(2) of the names in the first `bytes`. Names that are gone by now are left out. Returns how many names are left,
    /// and their bytes.
    fn set_stats(
        &mut self,
        directory: &ReadDirectory,
        request: Request,
        bytes: usize,
    ) -> Result<(usize, usize), FsError> {
        let names = self.names.get(..bytes).unwrap_or_default().split_inclusive(|byte| *byte == 0);
        let names: Vec<&CStr> = names.filter_map(|name| CStr::from_bytes_with_nul(name).ok()).collect();
        let stats = directory.look_up(&names, request.alone)?;
        let lengths: Vec<usize> = names.iter().map(|name| name.count_bytes() + 1).collect();
        let (width, mut from) = (request.width(), 0);
        let (mut count, mut bytes) = (0, 0);
        for (index, (stat, length)) in stats.iter().zip(lengths).enumerate() {
            if let Some(stat) = stat {
                if from != bytes {
                    self.names.copy_within(from..from + length, bytes);
                    let inode = FIRST + index * width;
                    self.numbers.copy_within(inode..=inode, FIRST + count * width);
                }
                let begin = FIRST + count * width + 1;
                request.form.write(stat, self.numbers.get_mut(begin..).unwrap_or_default());
                (count, bytes) = (count + 1, bytes + length);
            }
            from += length;
        }
        Ok((count, bytes))
    }
}

/// A batch in memory of its own.
#[derive(Clone, Debug, PartialEq)]
pub struct OwnBatch {
    numbers: Vec<f64>,
    names: Vec<u8>,
}

impl OwnBatch {
    /// Copies the filled part of `room`.
    pub fn of(room: &Room<'_>, filled: Filled) -> Self {
        Self {
            numbers: room.numbers.get(..filled.numbers).unwrap_or_default().to_vec(),
            names: room.names.get(..filled.bytes).unwrap_or_default().to_vec(),
        }
    }

    /// The batch after the last one.
    pub fn end() -> Self {
        Self { numbers: vec![0.0, 0.0, 1.0], names: Vec::new() }
    }

    /// Copies the batch to `room`, which is no smaller than that it was made for.
    pub fn show(&self, room: &mut Room<'_>) {
        for (place, value) in room.numbers.iter_mut().zip(&self.numbers) {
            *place = *value;
        }
        for (place, value) in room.names.iter_mut().zip(&self.names) {
            *place = *value;
        }
    }
}
