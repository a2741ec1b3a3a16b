//! Many trees at once, and callers that take their time.

use std::collections::VecDeque;
use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::time::Duration;

use palfs::Control;
use palfs::pool::{Limits, Pool};
use palfs::tree::{Filter, FilterRequest, RemoveOptions, copy_tree, remove_tree};

use crate::copy::recursive;
use crate::scratch::Scratch;

/// Longer than anything here takes; only a hang is.
const HANG: Duration = Duration::from_secs(30);

/// Keeps what it is asked.
#[derive(Default)]
struct Keeping {
    open: Mutex<VecDeque<FilterRequest>>,
    most: AtomicUsize,
}

impl Filter for Keeping {
    fn ask(&self, question: FilterRequest) {
        let mut open = self.open.lock().unwrap();
        open.push_back(question);
        self.most.fetch_max(open.len(), Ordering::Relaxed);
    }
}

impl Keeping {
    fn answer_one(&self) {
        let next = self.open.lock().unwrap().pop_front();
        let Some(question) = next else { return std::thread::sleep(Duration::from_millis(1)) };
        question.answer(vec![true; 10_000]);
    }
}

#[test]
fn a_filter_that_needs_the_pool_gets_a_thread_however_many_trees_wait_for_their_filters() {
    let scratch = Scratch::new();
    let src = scratch.file("src", b"content");
    let filter = Arc::new(Keeping::default());
    let (done, ends) = mpsc::channel();
    let trees = Limits::default().most + 8;
    for number in 0..trees {
        let (src, dest) = (src.clone(), scratch.path(&format!("dest{number}")));
        let (filter, done) = (Arc::clone(&filter), done.clone());
        let copy = move || {
            let control = Arc::new(Control::new());
            done.send(copy_tree(&src, &dest, &recursive(), Some(filter), &control).is_ok()).unwrap();
        };
        Pool::global().submit(copy).unwrap();
    }
    // As a filter that copies or asks for attributes, and gives its answer when that is done.
    let (ran, runs) = mpsc::channel();
    Pool::global().submit(move || ran.send(()).unwrap()).unwrap();
    let ran = runs.recv_timeout(HANG).is_ok();
    let all_asked = Arc::new(AtomicBool::new(false));
    let answering = {
        let (filter, all_asked) = (Arc::clone(&filter), Arc::clone(&all_asked));
        std::thread::spawn(move || {
            while !all_asked.load(Ordering::Relaxed) {
                filter.answer_one();
            }
        })
    };
    let ended = (0..trees).all(|_| ends.recv_timeout(HANG) == Ok(true));
    all_asked.store(true, Ordering::Relaxed);
    answering.join().unwrap();
    assert!(ran, "the pool was full of copies that waited");
    assert!(ended);
}

#[test]
fn a_slow_filter_is_asked_a_few_questions_at_a_time_however_many_directories_there_are() {
    let scratch = Scratch::new();
    let (src, dest) = (scratch.path("src"), scratch.path("dest"));
    for number in 0..400 {
        fs::create_dir_all(src.join(format!("{number}"))).unwrap();
        fs::write(src.join(format!("{number}/file")), "x").unwrap();
    }
    let filter = Arc::new(Keeping::default());
    let ended = Arc::new(AtomicBool::new(false));
    let answering = {
        let (filter, ended) = (Arc::clone(&filter), Arc::clone(&ended));
        std::thread::spawn(move || {
            while !ended.load(Ordering::Relaxed) {
                std::thread::sleep(Duration::from_micros(500));
                filter.answer_one();
            }
        })
    };
    let control = Arc::new(Control::new());
    let result = copy_tree(&src, &dest, &recursive(), Some(filter.clone()), &control).unwrap();
    ended.store(true, Ordering::Relaxed);
    answering.join().unwrap();
    assert_eq!((result.files, result.directories), (400, 401));
    let most = filter.most.load(Ordering::Relaxed);
    assert!(most <= 8 + Limits::default().cores, "{most} questions were open at a time");
}

fn descriptors_below(path: &Path) -> usize {
    let entries = fs::read_dir("/proc/self/fd").unwrap();
    let targets = entries.filter_map(|entry| fs::read_link(entry.unwrap().path()).ok());
    targets.filter(|target| target.starts_with(path)).count()
}

#[test]
fn a_filesystem_can_be_unmounted_as_soon_as_a_tree_on_it_is_removed() {
    if !cfg!(target_os = "linux") {
        eprintln!("skipped: only Linux shows the descriptors of a process as links");
        return;
    }
    let scratch = Scratch::new();
    let root = scratch.path("root");
    for _ in 0..200 {
        for number in 0..4 {
            fs::create_dir_all(root.join(format!("{number}/a"))).unwrap();
        }
        let options = RemoveOptions::default().with_recursive(true);
        remove_tree(&root, &options, &Arc::new(Control::new())).unwrap();
        assert_eq!(descriptors_below(&scratch.path("")), 0);
    }
}
