use std::fs;
use std::io::{Seek, SeekFrom, Write};
use std::os::unix::fs::MetadataExt;

use palfs::copy::{CopyOptions, Method, MethodSet, Reflink, Sparse};

use crate::scratch::{Scratch, copy, noise};

#[test]
fn every_size_around_a_page_and_a_chunk_arrives_whole() {
    let scratch = Scratch::new();
    for size in [0, 1, 511, 512, 4095, 4096, 4097, 65_536, 65_537, 1 << 20, (16 << 20) + 3] {
        let content = noise(size);
        let src = scratch.file("src", &content);
        let dest = scratch.path(&format!("dest-{size}"));
        let result = copy(&src, &dest, &CopyOptions::default()).unwrap();
        assert_eq!((result.bytes, result.files), (size as u64, 1));
        assert_eq!(result.count(result.method), 1);
        assert!(fs::read(&dest).unwrap() == content, "size {size}");
    }
}

#[test]
fn each_method_that_works_here_gives_the_same_bytes_and_its_own_name() {
    let scratch = Scratch::new();
    let content = noise((17 << 20) + 5);
    let src = scratch.file("src", &content);
    for method in
        [Method::CopyFileRange, Method::Splice, Method::Sendfile, Method::ReadWrite, Method::FCopyFile]
    {
        let dest = scratch.path(method.name());
        let methods = MethodSet::EMPTY.with(method);
        match copy(&src, &dest, &CopyOptions::default().with_methods(methods)) {
            Ok(result) => {
                assert_eq!(result.method, method);
                assert!(fs::read(&dest).unwrap() == content, "{}", method.name());
            }
            // Not on this platform or filesystem: then nothing may be left either.
            Err(error) => assert!(!dest.exists(), "{error}"),
        }
    }
    let methods = MethodSet::EMPTY.with(Method::ReadWrite);
    let options = CopyOptions::default().with_methods(methods);
    assert_eq!(copy(&src, &scratch.path("again"), &options).unwrap().method, Method::ReadWrite);
}

#[test]
fn an_early_end_of_a_kernel_copy_is_confirmed_by_a_read() {
    // procfs says size 0, sysfs says 4096; both have other content.
    for (pseudo, name) in
        [("/proc/version", "version"), ("/sys/kernel/mm/transparent_hugepage/enabled", "thp")]
    {
        let Ok(content) = fs::read(pseudo) else {
            eprintln!("skipped: no {pseudo} here");
            continue;
        };
        let scratch = Scratch::new();
        let dest = scratch.path(name);
        let result = copy(pseudo.as_ref(), &dest, &CopyOptions::default()).unwrap();
        assert_eq!(fs::read(&dest).unwrap(), content);
        assert_eq!(result.bytes, content.len() as u64);
    }
}

/// 64 MiB with data at the start, in the middle and, if `tail`, at the very end.
fn sparse_file(scratch: &Scratch, tail: bool) -> std::path::PathBuf {
    let path = scratch.path("sparse");
    let mut file = fs::File::create(&path).unwrap();
    file.write_all(&noise(4096)).unwrap();
    file.seek(SeekFrom::Start(32 << 20)).unwrap();
    file.write_all(&noise(8192)).unwrap();
    if tail {
        file.seek(SeekFrom::Start((64 << 20) - 100)).unwrap();
        file.write_all(&noise(100)).unwrap();
    }
    file.set_len(64 << 20).unwrap();
    path
}

#[test]
fn holes_stay_holes_also_at_the_end_of_the_file() {
    for tail in [true, false] {
        let scratch = Scratch::new();
        let src = sparse_file(&scratch, tail);
        let dest = scratch.path("dest");
        let options = CopyOptions::default().with_reflink(Reflink::Never);
        let result = copy(&src, &dest, &options).unwrap();
        assert_eq!(result.bytes, 64 << 20);
        assert!(fs::read(&dest).unwrap() == fs::read(&src).unwrap(), "tail {tail}");
        let (before, after) = (fs::metadata(&src).unwrap().blocks(), fs::metadata(&dest).unwrap().blocks());
        assert!(after <= before + 16, "{before} blocks became {after}");
    }
}

#[test]
fn sparse_never_writes_every_byte_and_sparse_always_finds_zeros() {
    let scratch = Scratch::new();
    let src = sparse_file(&scratch, true);
    let full = scratch.path("full");
    copy(&src, &full, &CopyOptions::default().with_sparse(Sparse::Never)).unwrap();
    assert!(fs::metadata(&full).unwrap().blocks() * 512 >= 64 << 20);
    let thin = scratch.path("thin");
    copy(&full, &thin, &CopyOptions::default().with_sparse(Sparse::Always)).unwrap();
    assert!(fs::read(&thin).unwrap() == fs::read(&src).unwrap());
    assert!(fs::metadata(&thin).unwrap().blocks() < 256);
}
