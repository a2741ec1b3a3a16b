//! The walk that copies and removals of trees share: threads, open directories, names.

pub(super) mod case_collisions;
pub(super) mod dir_names;
pub(super) mod directory;
pub(super) mod mounts;
pub(super) mod name_batch;
pub(super) mod operation;
pub(super) mod parents;
pub(super) mod paths;
pub(super) mod scheduler;
