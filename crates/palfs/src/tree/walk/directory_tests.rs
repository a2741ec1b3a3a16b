//! A directory that is closed and opened again.

use std::collections::HashSet;
use std::ffi::CString;
use std::thread;
use std::time::Duration;

use super::*;
use crate::tree::walk::name_batch::Batch;
use crate::tree::walk::paths::as_text;

/// A directory with more names than one batch holds, below a root that stays open.
struct Large {
    path: PathBuf,
    root: Arc<Directory>,
}

impl Large {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("palfs-test-{name}-{}", std::process::id()));
        std::fs::create_dir_all(path.join("large")).unwrap();
        for number in 0..1500 {
            std::fs::write(path.join(format!("large/{number:020}")), "").unwrap();
        }
        let root = Self::open(None, c"", &path, &FdBudget::new());
        Self { path, root }
    }

    fn open(parent: Option<&Arc<Directory>>, name: &CStr, path: &Path, open: &FdBudget) -> Arc<Directory> {
        let src = sys::openat(sys::CWD, &as_text(path), OpenFlags::DIRECTORY, 0).unwrap();
        let stat = sys::fstat(src.as_fd()).unwrap();
        let held = DirFds { src, dest: None };
        Directory::new(parent.cloned(), (name, Follow::No), held, stat, None, open)
    }
}

impl Drop for Large {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.path).unwrap();
    }
}

fn read(directory: &Arc<Directory>, descriptors: &FdBudget) -> HashSet<CString> {
    let held = directory.hold(descriptors).unwrap();
    let (batch, more) = Batch::read(&directory.listing, held.src.as_fd()).unwrap();
    assert!(more);
    batch.entries().map(|entry| entry.name.to_owned()).collect()
}

#[test]
fn a_directory_that_two_threads_open_again_at_once_goes_on_where_it_was() {
    let large = Large::new("opened-again");
    let descriptors = FdBudget::new();
    let directory = Large::open(Some(&large.root), c"large", &large.path.join("large"), &descriptors);
    let first = read(&directory, &descriptors);
    assert!(directory.close_if_idle());
    thread::scope(|scope| {
        // Nobody gets the new descriptor before the listing knows of it, however long that takes.
        let listing = directory.listing.lock().unwrap();
        scope.spawn(|| directory.hold(&descriptors).is_ok());
        for _ in 0..50 {
            assert!(!directory.held.try_lock().is_ok_and(|held| held.is_some()));
            thread::sleep(Duration::from_millis(5));
        }
        drop(listing);
        assert!(first.is_disjoint(&read(&directory, &descriptors)));
    });
    directory.leave(&descriptors);
}
