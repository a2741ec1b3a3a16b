use std::fs;
use std::sync::Arc;

use palfs::FsError;
use palfs::features;
use palfs::ops::FileSystemOps;
use palfs::platform::{
    CurrentPlatform, DefaultPlatformFactory, PlatformFactory, create_platform_filesystem,
    get_platform_capabilities, get_platform_info,
};

use crate::scratch::Scratch;

#[test]
fn the_current_platform_is_named_and_made() {
    let factory = CurrentPlatform::default();
    let expected = match features::PLATFORM {
        "linux" => "Linux",
        "macos" => "macOS",
        "freebsd" => "FreeBSD",
        _ => "Generic Unix",
    };
    assert_eq!(factory.platform_name(), expected);
    assert_eq!(DefaultPlatformFactory.platform_name(), "Generic Unix");
    for fs_ops in [
        factory.create_filesystem_ops(),
        DefaultPlatformFactory.create_filesystem_ops(),
        create_platform_filesystem(),
    ] {
        let scratch = Scratch::new();
        let src = scratch.file("src", b"content");
        fs_ops.copy_file_fast(&src, &scratch.path("dest")).unwrap();
        assert_eq!(fs::read(scratch.path("dest")).unwrap(), b"content");
    }
}

#[test]
fn operations_are_shared_between_threads_behind_one_pointer() {
    let fs_ops: Arc<dyn FileSystemOps<Error = FsError>> = create_platform_filesystem();
    let scratch = Scratch::new();
    let file = scratch.file("file", b"content");
    let sizes = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..4).map(|_| scope.spawn(|| fs_ops.stat(&file).unwrap().size)).collect();
        workers.into_iter().map(|worker| worker.join().unwrap()).sum::<u64>()
    });
    assert_eq!(sizes, 28);
}

#[test]
fn supported_features_are_those_that_the_kernel_has_calls_for() {
    let info = get_platform_info();
    let capabilities = get_platform_capabilities();
    assert_eq!(info.name, CurrentPlatform::default().platform_name());
    assert_eq!(&info.capabilities, capabilities);
    assert_eq!(info.features.first(), Some(&"basic_ops"));
    for (name, available) in [
        ("xattr", capabilities.xattr_available),
        ("splice", capabilities.splice_available),
        ("sendfile", capabilities.sendfile_available),
        ("copy_file_range", capabilities.copy_file_range_available),
        ("clonefile", capabilities.clonefile_available),
    ] {
        assert_eq!(info.features.contains(&name), available == Some(true), "{name}");
    }
    assert_eq!(info.features.contains(&"reflink"), cfg!(any(target_os = "linux", target_os = "macos")));
    let generic = DefaultPlatformFactory.supported_features();
    assert!(generic.iter().all(|name| ["basic_ops", "xattr"].contains(name)));
}

#[test]
fn correction_21_copy_file_range_is_freebsds_too_and_flock_every_unixes() {
    let (linux, freebsd) = (cfg!(target_os = "linux"), cfg!(target_os = "freebsd"));
    let macos = cfg!(target_os = "macos");
    let has = [
        ("copy_file_range", features::HAS_COPY_FILE_RANGE, linux || freebsd),
        ("flock", features::HAS_FLOCK, true),
        ("splice", features::HAS_SPLICE, linux),
        ("sendfile", features::HAS_SENDFILE, linux || freebsd || macos),
        ("clonefile", features::HAS_CLONEFILE, macos),
        ("inotify", features::HAS_INOTIFY, linux),
        ("kqueue", features::HAS_KQUEUE, !linux),
        ("xattr", features::HAS_XATTR, true),
    ];
    for (name, says, expected) in has {
        assert_eq!(says, expected, "{name}");
    }
    assert_eq!(palfs::PLATFORM, std::env::consts::OS);
}
