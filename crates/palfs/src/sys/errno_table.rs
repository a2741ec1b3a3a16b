//! The platform's error numbers: constants, names and texts.

use crate::errno::Errno;

/// Declares the associated constants and the name table from one list.
macro_rules! errnos {
    ($($(#[$cfg:meta])* $name:ident $text:literal,)+) => {
        impl Errno {
            $($(#[$cfg])* #[doc = $text] pub const $name: Self = Self::from_raw(libc::$name);)+
        }
        /// Every error number of this platform; the first of two names for one number wins.
        fn errno_entry(raw: i32) -> Option<(&'static str, &'static str)> {
            $($(#[$cfg])* if raw == libc::$name { return Some((stringify!($name), $text)); })+
            None
        }
    };
}

errnos! {
    EPERM "Operation not permitted",
    ENOENT "No such file or directory",
    ESRCH "No such process",
    EINTR "Interrupted system call",
    EIO "Input/output error",
    ENXIO "No such device or address",
    E2BIG "Argument list too long",
    ENOEXEC "Exec format error",
    EBADF "Bad file descriptor",
    ECHILD "No child processes",
    EAGAIN "Resource temporarily unavailable",
    ENOMEM "Cannot allocate memory",
    EACCES "Permission denied",
    EFAULT "Bad address",
    ENOTBLK "Block device required",
    EBUSY "Device or resource busy",
    EEXIST "File exists",
    EXDEV "Invalid cross-device link",
    ENODEV "No such device",
    ENOTDIR "Not a directory",
    EISDIR "Is a directory",
    EINVAL "Invalid argument",
    ENFILE "Too many open files in system",
    EMFILE "Too many open files",
    ENOTTY "Inappropriate ioctl for device",
    ETXTBSY "Text file busy",
    EFBIG "File too large",
    ENOSPC "No space left on device",
    ESPIPE "Illegal seek",
    EROFS "Read-only file system",
    EMLINK "Too many links",
    EPIPE "Broken pipe",
    EDOM "Numerical argument out of domain",
    ERANGE "Numerical result out of range",
    EDEADLK "Resource deadlock avoided",
    ENAMETOOLONG "File name too long",
    ENOLCK "No locks available",
    ENOSYS "Function not implemented",
    ENOTEMPTY "Directory not empty",
    ELOOP "Too many levels of symbolic links",
    EOPNOTSUPP "Operation not supported",
    // One number on Linux, two on the BSDs.
    ENOTSUP "Operation not supported",
    ENOMSG "No message of desired type",
    EIDRM "Identifier removed",
    EOVERFLOW "Value too large for defined data type",
    EILSEQ "Invalid or incomplete multibyte or wide character",
    EUSERS "Too many users",
    ENOTSOCK "Socket operation on non-socket",
    EDESTADDRREQ "Destination address required",
    EMSGSIZE "Message too long",
    EPROTOTYPE "Protocol wrong type for socket",
    ENOPROTOOPT "Protocol not available",
    EPROTONOSUPPORT "Protocol not supported",
    ESOCKTNOSUPPORT "Socket type not supported",
    EPFNOSUPPORT "Protocol family not supported",
    EAFNOSUPPORT "Address family not supported by protocol",
    EADDRINUSE "Address already in use",
    EADDRNOTAVAIL "Cannot assign requested address",
    ENETDOWN "Network is down",
    ENETUNREACH "Network is unreachable",
    ENETRESET "Network dropped connection on reset",
    ECONNABORTED "Software caused connection abort",
    ECONNRESET "Connection reset by peer",
    ENOBUFS "No buffer space available",
    EISCONN "Transport endpoint is already connected",
    ENOTCONN "Transport endpoint is not connected",
    ESHUTDOWN "Cannot send after transport endpoint shutdown",
    ETOOMANYREFS "Too many references: cannot splice",
    ETIMEDOUT "Connection timed out",
    ECONNREFUSED "Connection refused",
    EHOSTDOWN "Host is down",
    EHOSTUNREACH "No route to host",
    EALREADY "Operation already in progress",
    EINPROGRESS "Operation now in progress",
    ESTALE "Stale file handle",
    EREMOTE "Object is remote",
    EDQUOT "Disk quota exceeded",
    ECANCELED "Operation canceled",
    EOWNERDEAD "Owner died",
    ENOTRECOVERABLE "State not recoverable",
    EPROTO "Protocol error",
    #[cfg(not(target_os = "openbsd"))]
    EMULTIHOP "Multihop attempted",
    #[cfg(not(target_os = "openbsd"))]
    ENOLINK "Link has been severed",
    EBADMSG "Bad message",
    #[cfg(not(any(target_os = "freebsd", target_os = "openbsd")))]
    ENODATA "No data available",
    #[cfg(not(any(target_os = "freebsd", target_os = "openbsd")))]
    ENOSTR "Device not a stream",
    #[cfg(not(any(target_os = "freebsd", target_os = "openbsd")))]
    ETIME "Timer expired",
    #[cfg(not(any(target_os = "freebsd", target_os = "openbsd")))]
    ENOSR "Out of streams resources",
    #[cfg(not(target_os = "linux"))]
    ENOATTR "Attribute not found",
    #[cfg(not(target_os = "linux"))]
    EFTYPE "Inappropriate file type or format",
    #[cfg(not(target_os = "linux"))]
    EAUTH "Authentication error",
    #[cfg(not(target_os = "linux"))]
    ENEEDAUTH "Need authenticator",
    #[cfg(not(target_os = "linux"))]
    EPROCLIM "Too many processes",
    #[cfg(not(target_os = "linux"))]
    EBADRPC "RPC structure is bad",
    #[cfg(not(target_os = "linux"))]
    ERPCMISMATCH "RPC version wrong",
    #[cfg(not(target_os = "linux"))]
    EPROGUNAVAIL "RPC program not available",
    #[cfg(not(target_os = "linux"))]
    EPROGMISMATCH "Program version wrong",
    #[cfg(not(target_os = "linux"))]
    EPROCUNAVAIL "Bad procedure for program",
    #[cfg(target_os = "macos")]
    EPWROFF "Device power is off",
    #[cfg(target_os = "macos")]
    EDEVERR "Device error",
    #[cfg(target_os = "macos")]
    EBADEXEC "Bad executable (or shared library)",
    #[cfg(target_os = "macos")]
    EBADARCH "Bad CPU type in executable",
    #[cfg(target_os = "macos")]
    ESHLIBVERS "Shared library version mismatch",
    #[cfg(target_os = "macos")]
    EBADMACHO "Malformed Mach-o file",
    #[cfg(target_os = "macos")]
    ENOPOLICY "Policy not found",
    #[cfg(target_os = "macos")]
    EQFULL "Interface output queue is full",
    #[cfg(target_os = "freebsd")]
    EDOOFUS "Programming error",
    #[cfg(target_os = "freebsd")]
    EINTEGRITY "Integrity check failed",
    #[cfg(any(target_os = "freebsd", target_os = "macos"))]
    ENOTCAPABLE "Capabilities insufficient",
    #[cfg(target_os = "freebsd")]
    ECAPMODE "Not permitted in capability mode",
    #[cfg(target_os = "linux")]
    ECHRNG "Channel number out of range",
    #[cfg(target_os = "linux")]
    EL2NSYNC "Level 2 not synchronized",
    #[cfg(target_os = "linux")]
    EL3HLT "Level 3 halted",
    #[cfg(target_os = "linux")]
    EL3RST "Level 3 reset",
    #[cfg(target_os = "linux")]
    ELNRNG "Link number out of range",
    #[cfg(target_os = "linux")]
    EUNATCH "Protocol driver not attached",
    #[cfg(target_os = "linux")]
    ENOCSI "No CSI structure available",
    #[cfg(target_os = "linux")]
    EL2HLT "Level 2 halted",
    #[cfg(target_os = "linux")]
    EBADE "Invalid exchange",
    #[cfg(target_os = "linux")]
    EBADR "Invalid request descriptor",
    #[cfg(target_os = "linux")]
    EXFULL "Exchange full",
    #[cfg(target_os = "linux")]
    ENOANO "No anode",
    #[cfg(target_os = "linux")]
    EBADRQC "Invalid request code",
    #[cfg(target_os = "linux")]
    EBADSLT "Invalid slot",
    #[cfg(target_os = "linux")]
    EBFONT "Bad font file format",
    #[cfg(target_os = "linux")]
    ENONET "Machine is not on the network",
    #[cfg(target_os = "linux")]
    ENOPKG "Package not installed",
    #[cfg(target_os = "linux")]
    EADV "Advertise error",
    #[cfg(target_os = "linux")]
    ESRMNT "Srmount error",
    #[cfg(target_os = "linux")]
    ECOMM "Communication error on send",
    #[cfg(target_os = "linux")]
    EDOTDOT "RFS specific error",
    #[cfg(target_os = "linux")]
    ENOTUNIQ "Name not unique on network",
    #[cfg(target_os = "linux")]
    EBADFD "File descriptor in bad state",
    #[cfg(target_os = "linux")]
    EREMCHG "Remote address changed",
    #[cfg(target_os = "linux")]
    ELIBACC "Can not access a needed shared library",
    #[cfg(target_os = "linux")]
    ELIBBAD "Accessing a corrupted shared library",
    #[cfg(target_os = "linux")]
    ELIBSCN ".lib section in a.out corrupted",
    #[cfg(target_os = "linux")]
    ELIBMAX "Attempting to link in too many shared libraries",
    #[cfg(target_os = "linux")]
    ELIBEXEC "Cannot exec a shared library directly",
    #[cfg(target_os = "linux")]
    ERESTART "Interrupted system call should be restarted",
    #[cfg(target_os = "linux")]
    ESTRPIPE "Streams pipe error",
    #[cfg(target_os = "linux")]
    EUCLEAN "Structure needs cleaning",
    #[cfg(target_os = "linux")]
    ENOTNAM "Not a XENIX named type file",
    #[cfg(target_os = "linux")]
    ENAVAIL "No XENIX semaphores available",
    #[cfg(target_os = "linux")]
    EISNAM "Is a named type file",
    #[cfg(target_os = "linux")]
    EREMOTEIO "Remote I/O error",
    #[cfg(target_os = "linux")]
    ENOMEDIUM "No medium found",
    #[cfg(target_os = "linux")]
    EMEDIUMTYPE "Wrong medium type",
    #[cfg(target_os = "linux")]
    ENOKEY "Required key not available",
    #[cfg(target_os = "linux")]
    EKEYEXPIRED "Key has expired",
    #[cfg(target_os = "linux")]
    EKEYREVOKED "Key has been revoked",
    #[cfg(target_os = "linux")]
    EKEYREJECTED "Key was rejected by service",
    #[cfg(target_os = "linux")]
    ERFKILL "Operation not possible due to RF-kill",
    #[cfg(target_os = "linux")]
    EHWPOISON "Memory page has hardware error",
}

impl Errno {
    /// The symbolic name, `ENOENT` say, or `None` for a number this platform's headers do not name.
    #[must_use]
    pub fn name(self) -> Option<&'static str> {
        errno_entry(self.raw()).map(|(name, _)| name)
    }

    /// The message of strerror(3) in the C locale, without touching the locale or static buffers.
    #[must_use]
    pub fn description(self) -> &'static str {
        errno_entry(self.raw()).map_or("unknown error", |(_, text)| text)
    }
}
