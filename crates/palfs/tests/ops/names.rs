//! Every name that the layer promises, used once: a missing or changed one does not compile.

use std::os::fd::{BorrowedFd, OwnedFd};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use palfs::copy::{CopyOffsets, CopyResult};
use palfs::ops::{
    DirEntry, FileStat, FileSystemOps, FileType, ReadDirectory, SetTime, StdFileSystemOps, Timestamp,
};
use palfs::platform::{
    CurrentPlatform, DefaultPlatformFactory, PlatformCapabilities, PlatformFactory, PlatformInfo,
};
use palfs::xattr::{SetMode, Target};
use palfs::{Errno, FsError};

type Dyn = dyn FileSystemOps<Error = FsError>;
type Outcome<T> = Result<T, FsError>;
type WithStats = Vec<(DirEntry, FileStat)>;
type SetXattr = fn(&Dyn, Target<'_>, &[u8], &[u8], SetMode) -> Outcome<()>;

#[test]
fn errno_is_read_and_reset_and_the_c_library_named() {
    let _: fn() -> i32 = palfs::errno::get_last_errno;
    let _: fn() = palfs::errno::clear_errno;
    let libc_names = [palfs::errno::IS_GLIBC, palfs::errno::IS_MUSL];
    assert_eq!(libc_names.contains(&true), cfg!(target_os = "linux"));
    let _: fn() -> Errno = Errno::last;
}

#[test]
fn features_are_constants() {
    use palfs::features::{
        HAS_CLONEFILE, HAS_COPY_FILE_RANGE, HAS_FLOCK, HAS_INOTIFY, HAS_KQUEUE, HAS_SENDFILE, HAS_SPLICE,
        HAS_XATTR, PLATFORM,
    };
    const ALL: [bool; 8] = [
        HAS_XATTR,
        HAS_SPLICE,
        HAS_SENDFILE,
        HAS_COPY_FILE_RANGE,
        HAS_CLONEFILE,
        HAS_FLOCK,
        HAS_INOTIFY,
        HAS_KQUEUE,
    ];
    assert!(ALL.contains(&true));
    assert_eq!(PLATFORM, palfs::PLATFORM);
}

#[test]
fn the_trait_has_every_operation_with_its_shape() {
    let _: fn(&Dyn, &Path, i32, u32) -> Outcome<OwnedFd> = |fs, p, f, m| fs.open(p, f, m);
    let _: fn(&Dyn, OwnedFd) -> Outcome<()> = |fs, fd| fs.close(fd);
    let _: fn(&Dyn, BorrowedFd<'_>, &mut [u8], Option<u64>) -> Outcome<usize> =
        |fs, fd, b, o| fs.read(fd, b, o);
    let _: fn(&Dyn, BorrowedFd<'_>, &[u8], Option<u64>) -> Outcome<usize> = |fs, fd, b, o| fs.write(fd, b, o);
    let _: fn(&Dyn, BorrowedFd<'_>) -> Outcome<()> = |fs, fd| fs.fsync(fd);
    let _: fn(&Dyn, BorrowedFd<'_>, u64) -> Outcome<()> = |fs, fd, size| fs.ftruncate(fd, size);
    let _: fn(&Dyn, &Path) -> Outcome<FileStat> = |fs, p| fs.stat(p);
    let _: fn(&Dyn, &Path) -> Outcome<FileStat> = |fs, p| fs.lstat(p);
    let _: fn(&Dyn, BorrowedFd<'_>) -> Outcome<FileStat> = |fs, fd| fs.fstat(fd);
    let _: fn(&Dyn, &Path, SetTime, SetTime) -> Outcome<()> = |fs, p, a, m| fs.utimes(p, a, m);
    let _: fn(&Dyn, &Path, u32) -> Outcome<()> = |fs, p, mode| fs.chmod(p, mode);
    let _: fn(&Dyn, &Path, Option<u32>, Option<u32>) -> Outcome<()> = |fs, p, u, g| fs.chown(p, u, g);
    let _: fn(&Dyn, &Path, u32) -> Outcome<()> = |fs, p, mode| fs.mkdir(p, mode);
    let _: fn(&Dyn, &Path) -> Outcome<()> = |fs, p| fs.rmdir(p);
    let _: fn(&Dyn, &Path) -> Outcome<Vec<DirEntry>> = |fs, p| fs.readdir(p);
    let _: fn(&Dyn, &Path) -> Outcome<WithStats> = |fs, p| fs.readdir_stats(p);
    let _: fn(&Dyn, &Path) -> Outcome<ReadDirectory> = |fs, p| fs.read_directory(p);
    let _: fn(&Dyn, &Path, &Path) -> Outcome<()> = |fs, a, b| fs.link(a, b);
    let _: fn(&Dyn, &Path) -> Outcome<()> = |fs, p| fs.unlink(p);
    let _: fn(&Dyn, &Path, &Path) -> Outcome<()> = |fs, a, b| fs.symlink(a, b);
    let _: fn(&Dyn, &Path) -> Outcome<PathBuf> = |fs, p| fs.readlink(p);
    let _: fn(&Dyn, &Path, &Path) -> Outcome<()> = |fs, a, b| fs.rename(a, b);
    let _: fn(&Dyn, Target<'_>, &[u8]) -> Outcome<Vec<u8>> = |fs, t, n| fs.getxattr(t, n);
    let _: SetXattr = |fs, t, n, v, m| fs.setxattr(t, n, v, m);
    let _: fn(&Dyn, Target<'_>, &[u8]) -> Outcome<()> = |fs, t, n| fs.removexattr(t, n);
    let _: fn(&Dyn, Target<'_>) -> Outcome<Vec<Vec<u8>>> = |fs, t| fs.listxattr(t);
    let _: fn(&Dyn, &Path, &Path) -> Outcome<CopyResult> = |fs, a, b| fs.copy_file_fast(a, b);
    let _: fn(&Dyn, BorrowedFd<'_>, BorrowedFd<'_>, u64, CopyOffsets) -> Outcome<u64> =
        |fs, a, b, len, at| fs.copy_file_range(a, b, len, at);
}

#[test]
fn the_types_have_every_field() {
    let time = Timestamp { seconds: 0, nanoseconds: 0 };
    let stat = FileStat {
        size: 0,
        mode: 0o100_644,
        uid: 0,
        gid: 0,
        atime: time,
        mtime: time,
        ctime: time,
        btime: None,
        inode: 0,
        device: 0,
        nlinks: 1,
        blksize: 4096,
        blocks: 0,
        rdev: 0,
    };
    let entry = DirEntry { name: "name".into(), file_type: stat.file_type(), inode: stat.inode };
    let every_type = [
        FileType::RegularFile,
        FileType::Directory,
        FileType::SymbolicLink,
        FileType::CharacterDevice,
        FileType::BlockDevice,
        FileType::Fifo,
        FileType::Socket,
        FileType::Unknown,
    ];
    assert_eq!(entry.file_type, every_type[0]);
}

#[test]
fn every_platform_has_its_operations_and_its_factory() {
    fn is_ops<T: FileSystemOps<Error = FsError> + Default + 'static>() -> Arc<Dyn> {
        Arc::new(T::default())
    }
    fn is_factory<T: PlatformFactory + Default>() -> Vec<&'static str> {
        T::default().supported_features()
    }
    let _generic = is_ops::<StdFileSystemOps>();
    assert!(is_factory::<DefaultPlatformFactory>().contains(&"basic_ops"));
    assert!(is_factory::<CurrentPlatform>().contains(&"basic_ops"));
    #[cfg(target_os = "linux")]
    let _linux =
        (is_ops::<palfs::ops::LinuxFileSystemOps>(), is_factory::<palfs::platform::LinuxPlatformFactory>());
    #[cfg(target_os = "macos")]
    let _macos =
        (is_ops::<palfs::ops::MacOSFileSystemOps>(), is_factory::<palfs::platform::MacOSPlatformFactory>());
    #[cfg(target_os = "freebsd")]
    let _freebsd = (
        is_ops::<palfs::ops::FreeBsdFileSystemOps>(),
        is_factory::<palfs::platform::FreeBsdPlatformFactory>(),
    );
    let _: fn() -> Arc<Dyn> = palfs::platform::create_platform_filesystem;
    let _: fn() -> PlatformInfo = palfs::platform::get_platform_info;
    let _: fn() -> &'static PlatformCapabilities = palfs::platform::get_platform_capabilities;
}
