//! What a filesystem can do, found out with the programs that users have, and compared with the answers.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::time::SystemTime;

use palfs::platform::{DirectIo, PlatformCapabilities};

use crate::mounts::run;

/// Everything in a directory that a probe could leave or change: names, inodes, sizes, links, and the times of contents
/// (not those of directories, which change when something is made in them and removed).
pub fn listing(dir: &Path) -> BTreeMap<OsString, (u64, u64, u64, Option<SystemTime>)> {
    fs::read_dir(dir)
        .unwrap()
        .map(|entry| {
            let entry = entry.unwrap();
            let meta = entry.path().symlink_metadata().unwrap();
            let time = (!meta.is_dir()).then(|| meta.modified().unwrap());
            (entry.file_name(), (meta.ino(), meta.len(), meta.nlink(), time))
        })
        .collect()
}

/// The answers for `dir`, which must be as it was afterwards.
pub fn detect(dir: &Path) -> PlatformCapabilities {
    let before = listing(dir);
    let found = PlatformCapabilities::detect_at(dir).unwrap();
    // ntfs-3g (2022.10.3) lists an unlinked file as `.ghost-ntfs-3g-NUMBER` until the kernel's release of its last descriptor has
    // reached the server, which may be after close(2) returned.
    for _ in 0..100 {
        if listing(dir) == before {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    assert_eq!(listing(dir), before, "something was left behind in {}", dir.display());
    found
}

fn works(command: &str, arguments: &[&str]) -> bool {
    run(command, arguments).is_ok()
}

/// One call each for which there is no program, on two files of which the first has content.
const CALLS: &[(&str, &str)] = &[
    ("tmpfile", "os.open(os.path.dirname(one), os.O_TMPFILE | os.O_RDWR)"),
    ("rename_exchange", "assert ctypes.CDLL(None).renameat2(-100, one.encode(), -100, two.encode(), 2) == 0"),
    ("copy_file_range", "assert os.copy_file_range(os.open(one, 0), os.open(two, 2), 4096) > 0"),
    ("sendfile", "assert os.sendfile(os.open(two, 2), os.open(one, 0), 0, 4096) > 0"),
    (
        "splice",
        "pipe = os.pipe(); assert os.splice(os.open(one, 0), pipe[1], 4096) > 0; \
      assert os.splice(pipe[0], os.open(two, 2), 4096) > 0",
    ),
];

/// Compares the calls of [`CALLS`] with `found`.
fn compare_calls(here: &Path, found: &PlatformCapabilities) {
    for (name, call) in CALLS {
        let [one, two] = ["one", "two"].map(|name| here.join(name).to_str().unwrap().to_owned());
        fs::write(&one, vec![7; 20_000]).unwrap();
        fs::write(&two, "").unwrap();
        let script = format!("import ctypes, os, sys; one, two = sys.argv[1:]; {call}");
        let answer = match *name {
            "tmpfile" => found.tmpfile,
            "rename_exchange" => found.rename_exchange,
            "copy_file_range" => found.copy_file_range_available,
            "sendfile" => found.sendfile_available,
            _ => found.splice_available,
        };
        assert_eq!(answer, Some(works("python3", &["-c", &script, &one, &two])), "{name}");
    }
}

/// Compares what cp, ln, setfattr, setfacl and the like can do in `dir` with `found`. Everything is removed again.
pub fn compare(dir: &Path, found: &PlatformCapabilities) {
    let here = dir.join("attempts");
    fs::create_dir(&here).unwrap();
    let path = |name: &str| here.join(name).to_str().unwrap().to_owned();
    let file = path("File");
    fs::write(&file, vec![7; 20_000]).unwrap();

    assert_eq!(found.reflink, Some(works("cp", &["--reflink=always", &file, &path("clone")])), "reflink");
    assert_eq!(found.hard_links, Some(works("ln", &[&file, &path("hard")])), "hard_links");
    assert_eq!(found.symlinks, Some(works("ln", &["-s", "File", &path("soft")])), "symlinks");
    assert_eq!(found.filesystem_case_sensitive, Some(!Path::new(&path("fILE")).exists()), "case");
    let attribute = works("setfattr", &["-n", "user.a", "-v", "1", &file]);
    assert_eq!(found.xattr_available, Some(attribute), "xattr_available");
    let spaces = found.xattr_namespaces.as_ref().unwrap();
    for space in ["user", "trusted", "security"] {
        let kept = works("setfattr", &["-n", &format!("{space}.a"), "-v", "1", &file]);
        assert_eq!(spaces.contains(&space), kept, "namespace {space}");
    }
    assert_eq!(found.acl, Some(works("setfacl", &["-m", "u:12345:r", &file])), "acl");
    assert_eq!(found.flock_available, Some(works("flock", &["-n", &file, "true"])), "flock_available");
    let direct = format!("of={}", path("direct"));
    let written = works("dd", &["if=/dev/zero", &direct, "bs=4096", "count=1", "oflag=direct"]);
    assert_eq!(found.direct_io.map(|direct| direct != DirectIo::Unsupported), Some(written), "direct_io");
    let hole = path("hole");
    fs::File::create(&hole).unwrap().set_len(4 << 20).unwrap();
    let blocks = fs::metadata(&hole).unwrap().blocks();
    assert_eq!(found.sparse_files, Some(blocks * 512 < 4 << 20), "sparse_files");
    compare_calls(&here, found);
    longest_name(&here, found.max_filename_length.unwrap());
    granularity(&file, found.timestamp_granularity.unwrap());
    fs::remove_dir_all(&here).unwrap();
}

fn longest_name(here: &Path, length: u64) {
    let length = usize::try_from(length).unwrap();
    fs::write(here.join("n".repeat(length)), "").unwrap();
    fs::write(here.join("n".repeat(length + 1)), "").unwrap_err();
}

/// A time that is a multiple of the granularity comes back, one that is not does not.
fn granularity(file: &str, step: u64) {
    let kept = |nanoseconds: u64| {
        let time =
            SystemTime::UNIX_EPOCH + std::time::Duration::from_nanos(1_000_000_000_000_000_000 + nanoseconds);
        fs::File::options().write(true).open(file).unwrap().set_modified(time).unwrap();
        fs::metadata(file).unwrap().modified().unwrap() == time
    };
    assert!(kept(step), "timestamp_granularity is larger than {step}");
    assert!(step == 1 || !kept(step / 2), "timestamp_granularity is smaller than {step}");
}
