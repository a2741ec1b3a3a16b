//! **palfs** is a platform layer for filesystems: fast, faithful copies and typed system calls.
//!
//! ```
//! use palfs::{Control, copy::{CopyOptions, Preserve, copy_file}};
//!
//! # let dir = std::env::temp_dir().join(format!("palfs-doc-{}", std::process::id()));
//! # std::fs::create_dir_all(&dir)?;
//! # let (src, dest) = (dir.join("src"), dir.join("dest"));
//! # std::fs::write(&src, "content")?;
//! let options = CopyOptions::default().with_preserve(Preserve::ALL);
//! let result = copy_file(&src, &dest, &options, &Control::new())?;
//! assert_eq!((result.files, result.bytes), (1, 7));
//! # std::fs::remove_dir_all(&dir)?;
//! # Ok::<(), std::io::Error>(())
//! ```
//!
//! Unsafe code lives in one private module, `sys`, one operation per block. Errors are [`FsError`] values that carry
//! the error number, the system call, both paths and the bytes moved so far.

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct ReadmeExamples;

mod buffer;
mod control;
pub mod copy;
pub mod errno;
mod error;
pub mod io;
mod name_case;
pub mod ops;
pub mod platform;
pub mod pool;
mod sys;
pub mod tree;
pub mod xattr;

pub use buffer::{BufferError, DEFAULT_ALIGNMENT, PlatformBuffer};
pub use control::Control;
pub use errno::Errno;
pub use error::{Destination, ErrorKind, FsError};
pub use io::{PLATFORM_IO, PlatformIO};
pub use platform::features::{self, PLATFORM};
