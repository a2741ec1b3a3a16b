//! Outcomes as JavaScript reads them: numbers in a record, and larger values, which are kept until they are taken.

use std::cell::RefCell;

use palfs::io::FileContent;

use crate::abi::{Failure, Field, Status, set, write_removed, write_result};
use crate::outcome::{Outcome, Value};

/// What waits to be taken, each with its operation's slot.
#[derive(Default)]
pub struct Results {
    failures: RefCell<Vec<(u32, Vec<Failure>)>>,
    values: RefCell<Vec<(u32, Value)>>,
}

impl Results {
    /// Writes how an operation ended; failures and values wait under `slot` until they are taken.
    pub fn write(&self, slot: u32, outcome: Outcome, record: &mut [f64]) -> Status {
        let (status, failures) = match outcome {
            Outcome::Copied(result) => {
                write_result(record, &result);
                if result.errors.is_empty() {
                    return Status::Done;
                }
                (Status::Collected, result.errors.iter().map(Failure::from).collect())
            }
            Outcome::Removed(removed) => {
                write_removed(record, removed);
                return Status::Done;
            }
            Outcome::Gave(value) => {
                let value = written(value, record);
                set(record, Field::Size, self.keep(slot, value));
                return Status::Done;
            }
            Outcome::Failed(error) => (Status::Failed, vec![Failure::from(&error)]),
            Outcome::Panicked(failure) => (Status::Failed, vec![failure]),
        };
        self.failures.borrow_mut().push((slot, failures));
        status
    }

    /// The size of a value; a value that is more than a number is kept until it is taken.
    pub fn keep(&self, slot: u32, value: Value) -> u64 {
        let size = match &value {
            Value::Count(count) => return *count,
            Value::Nothing | Value::Stat(..) => return 0,
            Value::Bytes(bytes) | Value::Content(FileContent { bytes, .. }) => bytes.len() as u64,
            Value::Capabilities(_) | Value::Batch(_) => 1,
        };
        self.values.borrow_mut().push((slot, value));
        size
    }

    /// What the operation of `slot` gave.
    pub fn take_value(&self, slot: u32) -> Option<Value> {
        let mut waiting = self.values.borrow_mut();
        let place = waiting.iter().position(|(other, _)| *other == slot);
        place.map(|place| waiting.swap_remove(place).1)
    }

    /// The failures of the operation that had `slot`.
    pub fn take_failures(&self, slot: u32) -> Vec<Failure> {
        let mut waiting = self.failures.borrow_mut();
        let place = waiting.iter().position(|(other, _)| *other == slot);
        place.map(|place| waiting.swap_remove(place).1).unwrap_or_default()
    }
}

/// Writes the numbers of a value to `record`, and returns the rest.
pub fn written(value: Value, record: &mut [f64]) -> Value {
    match value {
        Value::Content(content) => {
            set(record, Field::Direct, content.direct.into());
            Value::Bytes(content.bytes)
        }
        Value::Stat(stat, form) => {
            // Where the counts of a copy would begin.
            form.write(&stat, record.get_mut(Field::Bytes as usize..).unwrap_or_default());
            Value::Nothing
        }
        other => other,
    }
}
