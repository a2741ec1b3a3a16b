//! The ways of moving a file's bytes, and sets of them.

/// How a file's content reached the destination.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Method {
    /// Linux: the FICLONE ioctl. FreeBSD 15: copy_file_range(2) that must share, under `Reflink::Always`. Storage is
    /// shared.
    Clone,
    /// Linux, FreeBSD: copy_file_range(2).
    CopyFileRange,
    /// Linux: splice(2) through a private pipe.
    Splice,
    /// Linux: sendfile(2).
    Sendfile,
    /// Everywhere: read(2) and write(2).
    ReadWrite,
    /// macOS: fclonefileat(2); storage is shared.
    CloneFile,
    /// macOS: fcopyfile(3).
    FCopyFile,
    /// The file was moved, not copied.
    Rename,
    /// Nothing was moved: same file, skipped, or no regular file.
    None,
}

impl Method {
    /// Every method, in the order of their numbers.
    pub const ALL: [Self; 9] = [
        Self::Clone,
        Self::CopyFileRange,
        Self::Splice,
        Self::Sendfile,
        Self::ReadWrite,
        Self::CloneFile,
        Self::FCopyFile,
        Self::Rename,
        Self::None,
    ];

    /// The name that results carry and that `PALFS_METHODS` understands.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Clone => "clone",
            Self::CopyFileRange => "copy_file_range",
            Self::Splice => "splice",
            Self::Sendfile => "sendfile",
            Self::ReadWrite => "read_write",
            Self::CloneFile => "clonefile",
            Self::FCopyFile => "fcopyfile",
            Self::Rename => "rename",
            Self::None => "none",
        }
    }

    /// The method with that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|method| method.name() == name)
    }

    /// The system call that errors of this method name.
    pub(crate) const fn call(self) -> &'static str {
        match self {
            Self::Clone if cfg!(target_os = "freebsd") => "copy_file_range",
            Self::Clone if cfg!(target_os = "macos") => "fclonefileat",
            Self::Clone => "ioctl(FICLONE)",
            Self::CloneFile => "fclonefileat",
            Self::Rename => "renameat",
            Self::ReadWrite | Self::None => "pread",
            other => other.name(),
        }
    }

    const fn bit(self) -> u16 {
        1 << self as u8
    }
}

/// A set of methods that a copy may use; the order of trying is the engine's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MethodSet(u16);

impl MethodSet {
    /// Every method.
    pub const ALL: Self = Self(0x1ff);
    /// No method.
    pub const EMPTY: Self = Self(0);

    /// The set as one number, one bit a method.
    pub(crate) const fn bits(self) -> u16 {
        self.0
    }

    /// The set that [`bits`](Self::bits) gave.
    pub(crate) const fn from_bits(bits: u16) -> Self {
        Self(bits)
    }

    /// The set and `method`.
    #[must_use]
    pub const fn with(self, method: Method) -> Self {
        Self(self.0 | method.bit())
    }

    /// The set without `method`.
    #[must_use]
    pub const fn without(self, method: Method) -> Self {
        Self(self.0 & !method.bit())
    }

    /// Whether `method` is in the set.
    #[must_use]
    pub const fn has(self, method: Method) -> bool {
        self.0 & method.bit() != 0
    }

    /// Reads a comma-separated list of names, as in `PALFS_METHODS=read_write,sendfile`. Unknown names are passed
    /// over; a list that names no method is no restriction.
    #[must_use]
    pub fn parse(list: &str) -> Self {
        let set =
            list.split(',').filter_map(|name| Method::from_name(name.trim())).fold(Self::EMPTY, Self::with);
        if set == Self::EMPTY { Self::ALL } else { set }
    }
}

impl Default for MethodSet {
    fn default() -> Self {
        Self::ALL
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_read_back_as_the_method_they_name() {
        for method in Method::ALL {
            assert_eq!(Method::from_name(method.name()), Some(method));
        }
    }

    #[test]
    fn a_list_without_any_known_method_restricts_nothing() {
        assert_eq!(MethodSet::parse(""), MethodSet::ALL);
        assert_eq!(MethodSet::parse("teleport"), MethodSet::ALL);
        let set = MethodSet::parse("read_write, sendfile");
        assert!(set.has(Method::ReadWrite) && set.has(Method::Sendfile) && !set.has(Method::Clone));
    }
}
