//! What crosses back: results as numbers in a shared Float64Array, failures as plain objects.

use napi_derive::napi;
use palfs::copy::{CopyResult, Method};
use palfs::tree::Removed;
use palfs::{Destination, ErrorKind, FsError};

/// Where each number of a record is. `Methods` is the first of as many counts as there are methods.
#[napi]
#[repr(u32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    Slot = 0,
    Status = 1,
    Bytes = 2,
    Files = 3,
    Directories = 4,
    Symlinks = 5,
    Others = 6,
    Skipped = 7,
    Method = 8,
    /// Sum of the six that follow; they are only written where it is not zero.
    Unpreserved = 9,
    Ownership = 10,
    Mode = 11,
    Timestamps = 12,
    Xattr = 13,
    Acl = 14,
    Flags = 15,
    ErrorCount = 16,
    Methods = 17,
    /// 1 where the content of a file came past the page cache, else 0.
    Direct = 30,
    /// What an operation gave that is no copy: a count, or how many bytes wait for `takeBytes`.
    Size = 31,
    /// Numbers per record.
    Width = 32,
}

/// How an operation ended.
#[napi]
#[repr(u32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// The record holds the result.
    Done = 0,
    /// `takeFailures` gives the reason.
    Failed = 1,
    /// The record holds the result and `takeFailures` gives the errors that were collected.
    Collected = 2,
    /// The call goes on, and `takeQuestion` returns a request of its filter.
    Asked = 3,
}

/// An error as a value; the facade makes the `Error` of it, where the stack has the caller's frames.
#[napi(object, object_from_js = false)]
#[derive(Clone, Debug)]
pub struct Failure {
    /// The kernel's number (positive).
    pub errno: i32,
    /// The code: that of the engine's error kind, or the name of the errno. Absent: the errno has no name.
    pub code: Option<&'static str>,
    /// `system`: an errno alone. `linkTarget`: the errno of a stat(2) that followed a link although the operation follows
    /// none. `sameFile`: source and destination are one file (its code is also that of a copy into itself). `other`: the rest.
    #[napi(ts_type = "'system' | 'linkTarget' | 'sameFile' | 'other'")]
    pub kind: &'static str,
    /// The message, without paths. For people only: code branches on `code` and `kind`.
    pub description: String,
    /// The system call that failed.
    pub call: &'static str,
    /// The path that was read.
    pub path: Option<String>,
    /// The path that was written.
    pub dest: Option<String>,
    /// Bytes of content moved before.
    pub bytes: f64,
    /// The state of the destination: `untouched`, `torn`, `replaced` or `removed`.
    pub destination: &'static str,
    /// The piece of metadata that could not be set, if it is about that.
    pub unpreserved: Option<&'static str>,
}

impl From<&FsError> for Failure {
    fn from(error: &FsError) -> Self {
        let text = |path: &std::path::Path| path.to_string_lossy().into_owned();
        Self {
            errno: error.errno().raw(),
            code: error.code(),
            kind: match error.kind() {
                ErrorKind::System => "system",
                ErrorKind::LinkTarget => "linkTarget",
                ErrorKind::SameFile => "sameFile",
                _ => "other",
            },
            description: error.description().to_owned(),
            call: error.call(),
            path: error.path().map(text),
            dest: error.dest().map(text),
            bytes: number(error.bytes()),
            destination: match error.destination() {
                Destination::Untouched => "untouched",
                Destination::Torn => "torn",
                Destination::Replaced => "replaced",
                Destination::Removed => "removed",
                // The engine has no others; a new one is named here and in the facade.
                _ => "torn",
            },
            unpreserved: error.unpreserved(),
        }
    }
}

impl Failure {
    /// A panic that was caught at the boundary.
    pub fn panic(message: &str) -> Self {
        Self {
            errno: 0,
            code: Some("ERR_INTERNAL_PANIC"),
            kind: "other",
            description: format!("Internal error in palfs, please report it: {message}"),
            call: "",
            path: None,
            dest: None,
            bytes: 0.0,
            destination: "untouched",
            unpreserved: None,
        }
    }
}

/// A count as a JavaScript number that is always a safe integer.
pub fn number(count: u64) -> f64 {
    const MAX_SAFE_INTEGER: u64 = (1 << 53) - 1;
    #[expect(clippy::cast_precision_loss, reason = "at most 2^53 - 1, which f64 holds exactly")]
    let number = count.min(MAX_SAFE_INTEGER) as f64;
    number
}

/// Sets one number of a record.
pub fn set(record: &mut [f64], field: Field, value: u64) {
    if let Some(place) = record.get_mut(field as usize) {
        *place = number(value);
    }
}

/// Writes a result into a record.
pub fn write_result(record: &mut [f64], result: &CopyResult) {
    set(record, Field::Bytes, result.bytes);
    set(record, Field::Files, result.files);
    set(record, Field::Directories, result.directories);
    set(record, Field::Symlinks, result.symlinks);
    set(record, Field::Others, result.others);
    set(record, Field::Skipped, result.skipped);
    set(record, Field::Method, u64::from(result.method as u8));
    set(record, Field::ErrorCount, result.error_count);
    let lost = result.unpreserved;
    let sum = lost.ownership + lost.mode + lost.timestamps + lost.xattr + lost.acl + lost.flags;
    set(record, Field::Unpreserved, sum);
    if sum > 0 {
        set(record, Field::Ownership, lost.ownership);
        set(record, Field::Mode, lost.mode);
        set(record, Field::Timestamps, lost.timestamps);
        set(record, Field::Xattr, lost.xattr);
        set(record, Field::Acl, lost.acl);
        set(record, Field::Flags, lost.flags);
    }
    let counts = record.iter_mut().skip(Field::Methods as usize);
    for (place, count) in counts.zip(result.methods) {
        *place = number(count);
    }
}

/// Writes what a removal did into a record.
pub fn write_removed(record: &mut [f64], removed: Removed) {
    set(record, Field::Files, removed.files);
    set(record, Field::Directories, removed.directories);
}

// The counts of all methods fit behind `Methods`.
const _: () = assert!(Field::Methods as usize + Method::ALL.len() <= Field::Direct as usize);
