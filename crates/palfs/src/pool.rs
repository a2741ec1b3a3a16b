//! The bounded thread pool on which asynchronous work runs.
