//! The one table of filesystem types and their quirks. Only `copy/data/method_order.rs`, with the measured order of copy methods,
//! distinguishes filesystems elsewhere.
//!
//! A row states a fact only if it is true of every filesystem of that type, at any age, with any options and kernel. A type that is
//! not in the table has the careful row, [`UNKNOWN`]: its results are checked, which costs some system calls. All FUSE filesystems
//! share one number, so they share one careful row, too.

/// The families that the order of copy methods distinguishes (`copy/data/method_order.rs`); each was measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(not(target_os = "linux"), expect(dead_code, reason = "only Linux's engine tells these apart"))]
pub(crate) enum FsFamily {
    /// ext2, ext3 and ext4, which have one number.
    Ext,
    Xfs,
    Btrfs,
    Tmpfs,
    Other,
}

/// The longest file name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(
    not(target_os = "linux"),
    expect(dead_code, reason = "only Linux's answers are known to be wrong")
)]
pub(crate) enum NameLimit {
    /// As statfs(2) states it, in bytes.
    AsStated,
    /// A number of characters; the bytes that statfs(2) states are wrong.
    Characters(u64),
}

/// Facts about every filesystem of one type.
#[derive(Debug)]
#[expect(clippy::struct_excessive_bools, reason = "a table of facts, each of them yes or no")]
#[cfg_attr(
    not(target_os = "linux"),
    expect(dead_code, reason = "some quirks matter to Linux's engine alone")
)]
pub(crate) struct FsType {
    /// As `mount` shows it. Empty for a type that is not in the table.
    pub(crate) name: &'static str,
    pub(crate) family: FsFamily,
    /// This kernel alone stores the files: no server, no process and no other machine changes them or their metadata.
    /// A short read is then the end of the file, and new files of one directory have the same owner and mount.
    pub(crate) is_local: bool,
    /// A new file belongs to the process that creates it; neither a server nor a mount option decides that.
    pub(crate) creator_owns_files: bool,
    /// fchmod, fchown, fsetxattr and ioctl(FS_IOC_SETFLAGS) that return 0 have made the change, and so has futimens within the range
    /// and the step below. On other types the result is compared with one fstat(2).
    pub(crate) keeps_metadata: bool,
    /// The seconds since 1970 that every filesystem of this type can store; a time outside is looked at after it was set.
    times: (i64, i64),
    /// The step in nanoseconds in which every filesystem of this type stores modification times; `None`: not known.
    /// (ext4 with inodes of 128 bytes keeps whole seconds; it shows no birth time, which tells it from the others.)
    pub(crate) time_step: Option<u32>,
    /// lseek(SEEK_HOLE) finds every hole. On other types a file with fewer blocks than bytes may have holes although SEEK_HOLE
    /// finds none.
    pub(crate) tells_holes: bool,
    /// unlink(2) takes an open file's name away for good. Elsewhere close(2) may upload the file and bring the name back
    /// (rclone, s3fs).
    pub(crate) unlink_is_final: bool,
    /// listxattr(2) may leave out attributes that getxattr(2) reads by name (ntfs-3g).
    pub(crate) hides_attributes: bool,
    /// chown(2) and utimensat(2) of a link may change its target, even with AT_SYMLINK_NOFOLLOW (sshfs).
    pub(crate) may_follow_links: bool,
    /// setxattr(2) honours XATTR_CREATE and XATTR_REPLACE.
    pub(crate) honours_xattr_flags: bool,
    /// A rename over a file that another process has open may fail and remove that file all the same (SMB with Linux 6.1: the client
    /// unlinks the target when the server has refused the rename, and renames again).
    pub(crate) unlinks_before_rename: bool,
    /// fchmod(2) may fail with EPERM or EACCES because there are no such permission bits, which is not the file's fault.
    /// libuv ignores it on CIFS, too.
    pub(crate) lacks_mode_bits: bool,
    /// copy_file_range(2) fails with errnos that say something else on other filesystems (EIO of a readable file).
    pub(crate) has_odd_copy_errnos: bool,
    /// A server may answer EIO to calls that it does not have: link(2), symlink(2) and those of extended attributes (rclone 1.60).
    pub(crate) lacks_calls_with_eio: bool,
    /// Names of eight characters, or with a dot and three more, are one name in any case of their letters. Even if the mount options
    /// distinguish longer names (iocharset=utf8), their short forms are one (Linux 6.1: EEXIST for a name that stat(2) does not find).
    pub(crate) folds_short_names: bool,
    /// A name that is only looked up makes a daemon mount something of that name.
    pub(crate) mounts_on_lookup: bool,
    pub(crate) name_limit: NameLimit,
    /// How many threads make a removal faster; `None`: one for each core.
    pub(crate) removal_threads: Option<std::num::NonZero<usize>>,
    pub(crate) abilities: Abilities,
}

/// What [`detect_at`](crate::platform) can tell from the type alone, where it may not try; `None` where filesystems of the
/// type differ.
///
/// What depends on how a filesystem was made (reflink of xfs), on the mount (ACLs), or on the kernel (exchange on vfat and
/// ramfs) is not in here.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Abilities {
    pub(crate) reflink: Option<bool>,
    pub(crate) sparse_files: Option<bool>,
    pub(crate) hard_links: Option<bool>,
    pub(crate) symlinks: Option<bool>,
    pub(crate) tmpfile: Option<bool>,
    pub(crate) rename_exchange: Option<bool>,
    /// "No such attribute" means that there could be one. Without privilege every filesystem answers so for `trusted.`
    /// attributes, and FUSE for ACLs, whether they are kept or not.
    pub(crate) absence_means_support: bool,
    /// flock(2), splice(2), sendfile(2) and copy_file_range(2) do not depend on the filesystem.
    pub(crate) kernel_paths: Option<bool>,
}

impl FsType {
    /// Whether a call that set this time and returned 0 has set it, to the filesystem's own step.
    pub(crate) fn keeps_time(&self, seconds: i64) -> bool {
        self.keeps_metadata && (self.times.0..=self.times.1).contains(&seconds)
    }
}

const YES: Option<bool> = Some(true);
const NO: Option<bool> = Some(false);

const NO_ABILITY_KNOWN: Abilities = Abilities {
    reflink: None,
    sparse_files: None,
    hard_links: None,
    symlinks: None,
    tmpfile: None,
    rename_exchange: None,
    absence_means_support: false,
    kernel_paths: None,
};

/// A local filesystem with all that Unix expects of one.
const UNIX: Abilities = Abilities {
    reflink: None,
    sparse_files: YES,
    hard_links: YES,
    symlinks: YES,
    tmpfile: YES,
    rename_exchange: YES,
    absence_means_support: true,
    kernel_paths: YES,
};

/// Made once and never written.
const IMAGE: Abilities =
    Abilities { reflink: NO, sparse_files: None, tmpfile: NO, rename_exchange: NO, ..UNIX };

const FAT: Abilities = Abilities {
    reflink: NO,
    sparse_files: NO,
    hard_links: NO,
    symlinks: NO,
    tmpfile: NO,
    rename_exchange: None,
    absence_means_support: false,
    kernel_paths: YES,
};

/// Files that the kernel makes up.
const PSEUDO: Abilities = Abilities {
    reflink: NO,
    sparse_files: None,
    hard_links: NO,
    symlinks: None,
    tmpfile: NO,
    rename_exchange: NO,
    absence_means_support: false,
    kernel_paths: None,
};

/// The seconds that fit 32 bits with and without a sign: 1970 to January 2038. Everything that keeps times keeps these.
const COMMON_TIMES: (i64, i64) = (0, i32::MAX as i64);

/// The seconds that fit 32 bits with a sign: December 1901 to January 2038.
const SIGNED_TIMES: (i64, i64) = (i32::MIN as i64, i32::MAX as i64);

/// A type that is not in the table, or whose behaviour depends on a server.
pub(crate) static UNKNOWN: FsType = careful("");

const fn careful(name: &'static str) -> FsType {
    FsType {
        name,
        family: FsFamily::Other,
        is_local: false,
        creator_owns_files: false,
        keeps_metadata: false,
        times: COMMON_TIMES,
        time_step: None,
        tells_holes: false,
        unlink_is_final: false,
        hides_attributes: false,
        may_follow_links: false,
        honours_xattr_flags: true,
        unlinks_before_rename: false,
        lacks_mode_bits: false,
        has_odd_copy_errnos: false,
        lacks_calls_with_eio: false,
        folds_short_names: false,
        mounts_on_lookup: false,
        name_limit: NameLimit::AsStated,
        removal_threads: None,
        abilities: NO_ABILITY_KNOWN,
    }
}

const fn careful_with(name: &'static str, abilities: Abilities) -> FsType {
    FsType { abilities, ..careful(name) }
}

/// A local filesystem for Unix, whose calls keep what they accept.
const fn unix(name: &'static str, abilities: Abilities) -> FsType {
    FsType {
        creator_owns_files: true,
        keeps_metadata: true,
        times: SIGNED_TIMES,
        tells_holes: true,
        unlink_is_final: true,
        ..careful_with(name, abilities)
    }
}

#[cfg(target_os = "linux")]
pub(super) use linux::by_number;
#[cfg(not(target_os = "linux"))]
pub(super) use named::by_name;

#[cfg(target_os = "linux")]
mod linux {
    use super::{
        Abilities, COMMON_TIMES, FAT, FsFamily, FsType, IMAGE, NO, NO_ABILITY_KNOWN, NameLimit, PSEUDO, UNIX,
        UNKNOWN, YES, careful, careful_with, unix,
    };

    /// SMB: modes, owners and flags are the server's; attributes are set without regard to the flags of setxattr(2).
    const fn smb(name: &'static str) -> FsType {
        FsType {
            // 100 ns since 1601.
            time_step: Some(100),
            unlink_is_final: true,
            honours_xattr_flags: false,
            unlinks_before_rename: true,
            lacks_mode_bits: true,
            has_odd_copy_errnos: true,
            ..careful(name)
        }
    }

    /// FAT counts from 1980 and has neither owners nor modes, but for one read-only bit.
    const fn fat(name: &'static str, time_step: u32) -> FsType {
        FsType {
            time_step: Some(time_step),
            times: (315_532_800, COMMON_TIMES.1),
            unlink_is_final: true,
            lacks_mode_bits: true,
            // statfs(2) states 1530 bytes: 255 characters of up to 6.
            name_limit: NameLimit::Characters(255),
            ..careful_with(name, FAT)
        }
    }

    const fn pseudo(name: &'static str) -> FsType {
        careful_with(name, PSEUDO)
    }

    /// The numbers of linux/magic.h and statfs(2). Sorted by name, but for the first few, which are met most.
    static TABLE: &[(u32, FsType)] = &[
        (
            0xef53,
            FsType {
                family: FsFamily::Ext,
                is_local: true,
                ..unix("ext4", Abilities { reflink: NO, ..UNIX })
            },
        ),
        (
            0x5846_5342,
            FsType { family: FsFamily::Xfs, is_local: true, time_step: Some(1), ..unix("xfs", UNIX) },
        ),
        (
            0x9123_683e,
            FsType {
                family: FsFamily::Btrfs,
                is_local: true,
                times: (i64::MIN, i64::MAX),
                time_step: Some(1),
                // btrfs unlinks under the locks of one tree: two threads took 1.1 to 1.5 times as long as one, and twice
                // its processor time (Linux 6.18, 20,000 files). ext4 takes half as long with two, xfs nine tenths.
                removal_threads: Some(std::num::NonZero::<usize>::MIN),
                ..unix("btrfs", Abilities { reflink: YES, ..UNIX })
            },
        ),
        (
            0x0102_1994,
            FsType {
                family: FsFamily::Tmpfs,
                is_local: true,
                times: (i64::MIN, i64::MAX),
                time_step: Some(1),
                ..unix("tmpfs", Abilities { reflink: NO, ..UNIX })
            },
        ),
        // The lower filesystem decides what is kept: in a container mostly ext4 or xfs, but any other is possible.
        (
            0x794c_7630,
            FsType {
                creator_owns_files: true,
                tells_holes: true,
                unlink_is_final: true,
                ..careful_with(
                    "overlay",
                    Abilities {
                        hard_links: YES,
                        symlinks: YES,
                        absence_means_support: true,
                        ..NO_ABILITY_KNOWN
                    },
                )
            },
        ),
        (0x0102_1997, careful("9p")),
        (0xadf5, careful("adfs")),
        (0xadff, careful("affs")),
        (0x5346_414f, careful("afs")),
        (0x0187, FsType { mounts_on_lookup: true, ..careful("autofs") }),
        (0xca45_1a4e, unix("bcachefs", Abilities { reflink: YES, ..UNIX })),
        (0x4249_4e4d, careful("binfmt_misc")),
        (0xcafe_4a11, careful("bpf")),
        (0x00c3_6400, careful("ceph")),
        (0x0027_e0eb, careful("cgroup")),
        (0x6367_7270, pseudo("cgroup2")),
        (0xff53_4d42, smb("cifs")),
        (0x6265_6570, careful("configfs")),
        (0x28cd_3d45, careful("cramfs")),
        (0x6462_6720, pseudo("debugfs")),
        (0x1cd1, careful("devpts")),
        // Times are cut to seconds, and 143 bytes of a name are left once it is encoded.
        (0xf15f, FsType { time_step: Some(1_000_000_000), ..careful("ecryptfs") }),
        (0xde5e_81e4, careful("efivarfs")),
        (0xe0f5_e1e2, careful_with("erofs", IMAGE)),
        (0x2011_bab0, fat("exfat", 10_000_000)),
        (0xf2f5_2010, FsType { time_step: Some(1), ..unix("f2fs", Abilities { reflink: NO, ..UNIX }) }),
        (
            0x6573_5546,
            FsType {
                hides_attributes: true,
                may_follow_links: true,
                lacks_calls_with_eio: true,
                ..careful("fuse")
            },
        ),
        (0x4244, careful("hfs")),
        (0x482b, careful("hfsplus")),
        (0x9584_58f6, careful("hugetlbfs")),
        (
            0x9660,
            careful_with(
                "isofs",
                Abilities { hard_links: None, symlinks: None, absence_means_support: false, ..IMAGE },
            ),
        ),
        (0x72b6, careful("jffs2")),
        // FS_NODUMP_FL is set without an error and not kept; times are 32 bits without a sign; SEEK_HOLE finds no holes.
        (0x3153_464a, careful("jfs")),
        (0x1980_0202, careful("mqueue")),
        (0x4d44, FsType { folds_short_names: true, ..fat("vfat", 2_000_000_000) }),
        // SEEK_HOLE finds holes on version 4.2 and not on version 3; both have this number.
        (
            0x6969,
            FsType {
                unlink_is_final: true,
                ..careful_with("nfs", Abilities { tmpfile: NO, rename_exchange: NO, ..NO_ABILITY_KNOWN })
            },
        ),
        (0x3434, careful("nilfs2")),
        (0x6e73_6673, careful("nsfs")),
        (0x5346_544e, careful("ntfs")),
        (0x7366_746e, FsType { time_step: Some(100), ..careful("ntfs3") }),
        (0x7461_636f, careful("ocfs2")),
        (0x5049_5045, careful("pipefs")),
        (0x9fa0, pseudo("proc")),
        (0x6165_676c, careful("pstore")),
        (
            0x8584_58f6,
            FsType {
                creator_owns_files: true,
                unlink_is_final: true,
                ..careful_with(
                    "ramfs",
                    Abilities { reflink: NO, rename_exchange: None, absence_means_support: false, ..UNIX },
                )
            },
        ),
        (0x5265_4973, careful("reiserfs")),
        (0x7275_6e63, careful("resctrl")),
        (0x517b, smb("smb")),
        (0xfe53_4d42, smb("smb2")),
        (0x7363_6673, pseudo("securityfs")),
        (0xf97c_ff8c, careful("selinuxfs")),
        (0x534f_434b, careful("sockfs")),
        (0x7371_7368, careful_with("squashfs", IMAGE)),
        (0x6265_6572, pseudo("sysfs")),
        (0x7472_6163, pseudo("tracefs")),
        (0x2405_1905, careful("ubifs")),
        (0x1501_3346, FsType { time_step: Some(1_000), ..careful("udf") }),
        (0x0001_1954, careful("ufs")),
        (0x786f_4256, careful("vboxsf")),
        (0x2fc1_2fc1, careful("zfs")),
        (0x5a4f_4653, careful("zonefs")),
    ];

    /// The type with this number of statfs(2). The width and sign of `f_type` differ by libc; its low 32 bits do not.
    pub(in crate::sys) fn by_number(f_type: u32) -> &'static FsType {
        TABLE.iter().find(|(number, _)| *number == f_type).map_or(&UNKNOWN, |(_, fs_type)| fs_type)
    }

    #[cfg(test)]
    mod tests {
        use super::TABLE;

        #[test]
        fn every_number_of_the_table_has_one_name() {
            let mut numbers: Vec<u32> = TABLE.iter().map(|(number, _)| *number).collect();
            numbers.sort_unstable();
            numbers.dedup();
            assert_eq!(numbers.len(), TABLE.len());
        }

        #[test]
        fn a_local_filesystem_keeps_what_it_is_told_and_tells_its_holes() {
            for (_, fs_type) in TABLE.iter().filter(|(_, fs_type)| fs_type.is_local) {
                assert!(
                    fs_type.keeps_metadata && fs_type.tells_holes && fs_type.creator_owns_files,
                    "{fs_type:?}"
                );
            }
        }
    }
}

#[cfg(not(target_os = "linux"))]
mod named {
    //! The BSDs and macOS write the type's name into the answer of statfs(2).

    use super::{Abilities, FAT, FsType, IMAGE, NO, UNIX, UNKNOWN, careful_with, unix};

    static TABLE: &[FsType] = &[
        FsType {
            time_step: Some(1),
            ..unix(
                "apfs",
                Abilities { tmpfile: NO, absence_means_support: false, kernel_paths: None, ..UNIX },
            )
        },
        careful_with("cd9660", IMAGE),
        careful_with("devfs", super::PSEUDO),
        careful_with("exfat", FAT),
        careful_with(
            "hfs",
            Abilities {
                sparse_files: NO,
                tmpfile: NO,
                rename_exchange: None,
                absence_means_support: false,
                kernel_paths: None,
                reflink: NO,
                ..UNIX
            },
        ),
        careful_with("msdos", FAT),
        careful_with("msdosfs", FAT),
        careful_with("procfs", super::PSEUDO),
        careful_with(
            "ufs",
            Abilities { reflink: NO, tmpfile: NO, rename_exchange: NO, absence_means_support: false, ..UNIX },
        ),
        careful_with(
            "zfs",
            Abilities { tmpfile: NO, rename_exchange: NO, absence_means_support: false, ..UNIX },
        ),
    ];

    /// The type of this name.
    pub(in crate::sys) fn by_name(name: &str) -> &'static FsType {
        TABLE.iter().find(|fs_type| fs_type.name == name).unwrap_or(&UNKNOWN)
    }
}
