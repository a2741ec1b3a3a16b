//! Memory at an address that direct I/O accepts.

use std::collections::TryReserveError;
use std::fmt;

/// The alignment that every filesystem's direct I/O takes: a page, and so a multiple of each block size up to 4 KiB.
/// What one filesystem really needs (512 often) is in its capabilities, `direct_io`.
pub const DEFAULT_ALIGNMENT: usize = 4096;

/// Zeroed memory whose first byte lies at a multiple of its alignment.
///
/// O_DIRECT of open(2) needs this of the memory, and the same of file offsets and lengths. The window lies inside a
/// larger allocation that the buffer owns, so what is handed out is always initialised and never moves.
///
/// ```
/// use palfs::PlatformBuffer;
///
/// let mut buffer = PlatformBuffer::with_alignment(8192, 512)?;
/// assert!(buffer.is_aligned() && buffer.len() == 8192);
/// buffer.as_mut_slice()[0] = 1;
/// assert_eq!(buffer.as_slice()[..2], [1, 0]);
/// # Ok::<(), palfs::BufferError>(())
/// ```
pub struct PlatformBuffer {
    storage: Vec<u8>,
    start: usize,
    length: usize,
    alignment: usize,
}

/// Why there is no such buffer.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum BufferError {
    /// The alignment is not a power of two.
    Alignment(usize),
    /// There is no memory for it.
    Memory(TryReserveError),
}

impl fmt::Display for BufferError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Alignment(alignment) => write!(f, "alignment {alignment} is not a power of two"),
            Self::Memory(error) => write!(f, "no memory for the buffer: {error}"),
        }
    }
}

impl std::error::Error for BufferError {}

impl PlatformBuffer {
    /// `size` zeroed bytes, aligned to [`DEFAULT_ALIGNMENT`].
    pub fn new(size: usize) -> Result<Self, BufferError> {
        Self::with_alignment(size, DEFAULT_ALIGNMENT)
    }

    /// `size` zeroed bytes, aligned to `alignment`, which must be a power of two.
    pub fn with_alignment(size: usize, alignment: usize) -> Result<Self, BufferError> {
        if !alignment.is_power_of_two() {
            return Err(BufferError::Alignment(alignment));
        }
        let mut storage = Vec::new();
        // An impossible sum is left to try_reserve, which refuses it as it refuses every size beyond isize::MAX.
        let room = size.saturating_add(alignment);
        storage.try_reserve_exact(room).map_err(BufferError::Memory)?;
        storage.resize(room, 0);
        // At most alignment - 1, so the window ends inside the allocation.
        let start = storage.as_ptr().align_offset(alignment);
        Ok(Self { storage, start, length: size, alignment })
    }

    /// The bytes, from the aligned address on.
    #[must_use]
    pub fn as_slice(&self) -> &[u8] {
        self.storage.get(self.window()).unwrap_or_default()
    }

    /// The bytes, to write to.
    #[must_use]
    pub fn as_mut_slice(&mut self) -> &mut [u8] {
        let window = self.window();
        self.storage.get_mut(window).unwrap_or_default()
    }

    /// Whether the first byte lies at a multiple of the alignment: always.
    #[must_use]
    pub fn is_aligned(&self) -> bool {
        self.as_slice().as_ptr().align_offset(self.alignment) == 0
    }

    /// The alignment in bytes.
    #[must_use]
    pub fn alignment(&self) -> usize {
        self.alignment
    }

    /// The size in bytes.
    #[must_use]
    pub fn len(&self) -> usize {
        self.length
    }

    /// Whether the size is 0.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.length == 0
    }

    fn window(&self) -> std::ops::Range<usize> {
        self.start..self.start.saturating_add(self.length)
    }
}

impl fmt::Debug for PlatformBuffer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PlatformBuffer({} bytes, aligned to {})", self.length, self.alignment)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn correction_15_the_window_is_aligned_whole_and_zeroed() {
        for alignment in [1, 2, 512, 4096, 65_536] {
            for size in [0, 1, 511, 4096, 100_000] {
                let buffer = PlatformBuffer::with_alignment(size, alignment).unwrap();
                assert!(buffer.is_aligned());
                assert_eq!((buffer.len(), buffer.as_slice().len()), (size, size));
                assert_eq!(buffer.is_empty(), size == 0);
                assert!(buffer.as_slice().iter().all(|byte| *byte == 0));
            }
        }
    }

    #[test]
    fn a_buffer_that_cannot_be_is_an_error_not_an_abort() {
        assert_eq!(PlatformBuffer::with_alignment(1, 3).unwrap_err(), BufferError::Alignment(3));
        assert_eq!(PlatformBuffer::with_alignment(1, 0).unwrap_err(), BufferError::Alignment(0));
        assert!(matches!(PlatformBuffer::new(usize::MAX), Err(BufferError::Memory(_))));
    }

    #[test]
    fn moving_the_buffer_does_not_move_its_memory() {
        let buffer = PlatformBuffer::new(100).unwrap();
        let before = buffer.as_slice().as_ptr();
        let moved = Box::new(buffer);
        assert_eq!(moved.as_slice().as_ptr(), before);
    }
}
