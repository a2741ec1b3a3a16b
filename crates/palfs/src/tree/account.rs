//! What an operation has done so far.

use crate::copy::{CopyResult, Method};

/// Sums, and the method of the largest file.
#[derive(Default)]
pub(super) struct Account {
    pub(super) result: CopyResult,
    largest: u64,
}

impl Account {
    /// Adds one name's part.
    pub(super) fn add(&mut self, one: &CopyResult) {
        self.result.add(one);
        self.compare(one.bytes, one.method);
    }

    /// Adds what another thread has summed up.
    pub(super) fn merge(&mut self, other: &Self) {
        self.result.add(&other.result);
        self.compare(other.largest, other.result.method);
    }

    fn compare(&mut self, bytes: u64, method: Method) {
        let is_first = self.result.method == Method::None;
        if method != Method::None && (is_first || bytes > self.largest) {
            self.largest = bytes;
            self.result.method = method;
        }
    }
}
