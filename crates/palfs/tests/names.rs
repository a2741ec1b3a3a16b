//! Every name that the layer promises, used once: a missing or changed one does not compile.

use std::os::fd::{BorrowedFd, OwnedFd};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use palfs::copy::{CopyOffsets, CopyOptions, CopyResult, Method, MethodSet, Preserve, Unpreserved};
use palfs::io::{FileContent, ReadOptions, WriteOptions};
use palfs::ops::{
    DirEntry, FileStat, FileSystemOps, FileType, ReadDirectory, SetTime, StdFileSystemOps, Timestamp,
};
use palfs::platform::{
    CurrentPlatform, DefaultPlatformFactory, DirectIo, PlatformCapabilities, PlatformFactory, PlatformInfo,
};
use palfs::xattr::{self, SetMode, Target};
use palfs::{BufferError, Control, Errno, FsError, PlatformBuffer, PlatformIO};

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

#[test]
fn a_factory_tells_its_name_its_features_and_makes_operations() {
    type Factory = dyn PlatformFactory;
    let _: fn(&Factory) -> Arc<Dyn> = |factory| factory.create_filesystem_ops();
    let _: fn(&Factory) -> &'static str = |factory| factory.platform_name();
    let _: fn(&Factory) -> Vec<&'static str> = |factory| factory.supported_features();
    let PlatformInfo { name, features, capabilities, .. } = palfs::platform::get_platform_info();
    assert!(!name.is_empty() && features.contains(&"basic_ops"));
    assert_eq!(&capabilities, palfs::platform::get_platform_capabilities());
}

#[test]
fn capabilities_have_every_field_and_are_detected_for_the_process_and_for_a_path() {
    let _: fn() -> PlatformCapabilities = PlatformCapabilities::detect;
    let _: fn(&Path) -> Outcome<PlatformCapabilities> = PlatformCapabilities::detect_at;
    let PlatformCapabilities {
        splice_available,
        sendfile_available,
        copy_file_range_available,
        clonefile_available,
        xattr_available,
        flock_available,
        max_path_length,
        max_filename_length,
        filesystem_case_sensitive,
        filesystem_type,
        reflink,
        sparse_files,
        hard_links,
        symlinks,
        xattr_namespaces,
        acl,
        tmpfile,
        rename_exchange,
        direct_io,
        read_only,
        timestamp_granularity,
        ..
    } = PlatformCapabilities::default();
    let answers: [Option<bool>; 15] = [
        splice_available,
        sendfile_available,
        copy_file_range_available,
        clonefile_available,
        xattr_available,
        flock_available,
        filesystem_case_sensitive,
        reflink,
        sparse_files,
        hard_links,
        symlinks,
        acl,
        tmpfile,
        rename_exchange,
        read_only,
    ];
    let numbers: [Option<u64>; 3] = [max_path_length, max_filename_length, timestamp_granularity];
    let words: (Option<String>, Option<Vec<&'static str>>) = (filesystem_type, xattr_namespaces);
    assert_eq!((answers, numbers, words), ([None; 15], [None; 3], (None, None)));
    assert_eq!(direct_io, None::<DirectIo>);
}

#[test]
fn attributes_can_be_had_without_the_trait_too() {
    let _: fn(Target<'_>, &[u8]) -> Outcome<Vec<u8>> = xattr::get;
    let _: fn(Target<'_>, &[u8], &[u8], SetMode) -> Outcome<()> = xattr::set;
    let _: fn(Target<'_>) -> Outcome<Vec<Vec<u8>>> = xattr::list;
    let _: fn(Target<'_>, &[u8]) -> Outcome<()> = xattr::remove;
    let _: fn(Target<'_>, Target<'_>) -> Outcome<u64> = xattr::copy;
    let _: [SetMode; 3] = [SetMode::Any, SetMode::Create, SetMode::Replace];
    let _: fn(&Path) -> Target<'_> = |path| Target::path(path);
    let _: fn(&Path) -> Target<'_> = |path| Target::path_nofollow(path);
    let _: fn(BorrowedFd<'_>) -> Target<'_> = |fd| Target::fd(fd);
}

#[test]
fn every_copy_method_can_be_asked_for_by_name() {
    let names = Method::ALL.map(Method::name);
    let promised = [
        "clone",
        "copy_file_range",
        "splice",
        "sendfile",
        "read_write",
        "clonefile",
        "fcopyfile",
        "rename",
        "none",
    ];
    assert_eq!(names, promised);
    for name in promised {
        assert_eq!(Method::from_name(name).map(Method::name), Some(name));
    }
    let options = CopyOptions::default().with_methods(MethodSet::parse("read_write"));
    assert_ne!(options.methods, MethodSet::ALL);
}

#[test]
fn a_copys_result_has_every_field() {
    let Unpreserved { ownership, mode, timestamps, xattr, acl, flags } = Unpreserved::default();
    assert_eq!([ownership, mode, timestamps, xattr, acl, flags], [0; 6]);
    let result = CopyResult::default();
    let counts = [result.bytes, result.files, result.directories, result.symlinks, result.others];
    assert_eq!(counts, [0; 5]);
    assert_eq!((result.skipped, result.error_count, result.errors.len()), (0, 0, 0));
    assert_eq!((result.method, result.methods), (Method::None, [0; 9]));
    let preserved = [
        Preserve::MODE,
        Preserve::OWNERSHIP,
        Preserve::TIMESTAMPS,
        Preserve::XATTR,
        Preserve::ACL,
        Preserve::LINKS,
        Preserve::FLAGS,
    ];
    assert!(preserved.into_iter().all(|item| Preserve::ALL.has(item)));
}

#[test]
fn trees_are_copied_moved_and_removed() {
    fn is_a_name<T>(_: T) {}
    is_a_name((
        palfs::tree::copy_tree::<&Path, &str>,
        palfs::tree::move_tree::<PathBuf, &Path>,
        palfs::tree::remove_tree::<&Path>,
    ));
}

#[test]
fn aligned_memory_has_its_methods() {
    let _: fn(usize) -> Result<PlatformBuffer, BufferError> = PlatformBuffer::new;
    let _: fn(usize, usize) -> Result<PlatformBuffer, BufferError> = PlatformBuffer::with_alignment;
    let _: fn(&PlatformBuffer) -> &[u8] = PlatformBuffer::as_slice;
    let _: fn(&mut PlatformBuffer) -> &mut [u8] = PlatformBuffer::as_mut_slice;
    let _: fn(&PlatformBuffer) -> bool = PlatformBuffer::is_aligned;
    let _: [fn(&PlatformBuffer) -> usize; 2] = [PlatformBuffer::alignment, PlatformBuffer::len];
}

#[test]
fn whole_files_have_their_methods() {
    type Read = fn(&PlatformIO, &Path, ReadOptions, &Control) -> Outcome<FileContent>;
    type Write = fn(&PlatformIO, &Path, &[u8], WriteOptions, &Control) -> Outcome<bool>;
    let _: &PlatformIO = &palfs::PLATFORM_IO;
    let _: fn(&PlatformIO, &Path, &Path) -> Outcome<u64> = PlatformIO::copy_file_optimized;
    let _: fn(&PlatformIO, &Path) -> Outcome<Vec<u8>> = PlatformIO::read_file_optimized;
    let _: fn(&PlatformIO, &Path, &[u8]) -> Outcome<()> = PlatformIO::write_file_optimized;
    let _: fn(&PlatformIO, &Path) -> Outcome<usize> = PlatformIO::optimal_chunk_size;
    let _: (Read, Write) = (PlatformIO::read_file, PlatformIO::write_file);
    let WriteOptions { atomic, durable, direct } = WriteOptions::default();
    assert_eq!((atomic, durable, direct), (true, true, false));
}
