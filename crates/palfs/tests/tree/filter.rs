//! The caller's say in what is copied.

use std::fs;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use palfs::tree::{Filter, FilterRequest, copy_tree};
use palfs::{Control, ErrorKind};

use crate::copy::recursive;
use crate::scratch::Scratch;

/// Remembers what it was asked, and lets pass what does not begin with `no`.
#[derive(Default)]
struct Asked(Mutex<Vec<PathBuf>>);

impl Filter for Asked {
    fn ask(&self, question: FilterRequest) {
        let mut asked = self.0.lock().unwrap();
        if question.is_root() {
            asked.push(question.src().to_path_buf());
            return question.answer([true]);
        }
        let names: Vec<_> = question.names().map(|name| String::from_utf8_lossy(name).into_owned()).collect();
        asked.extend(names.iter().map(|name| question.src().join(name)));
        let verdicts: Vec<_> = names.iter().map(|name| !name.starts_with("no")).collect();
        // From another thread, as JavaScript does it.
        std::thread::spawn(move || question.answer(verdicts));
    }
}

#[test]
fn every_name_is_asked_for_once_and_nothing_below_a_no_is() {
    let scratch = Scratch::new();
    let (src, dest) = (scratch.path("src"), scratch.path("dest"));
    for directory in ["yes", "no"] {
        fs::create_dir_all(src.join(directory)).unwrap();
        for number in 0..2000 {
            let name = if number % 2 == 0 { "yes" } else { "no" };
            fs::write(src.join(directory).join(format!("{name}{number}")), "x").unwrap();
        }
    }
    let filter = Arc::new(Asked::default());
    let control = Arc::new(Control::new());
    let result = copy_tree(&src, &dest, &recursive(), Some(filter.clone()), &control).unwrap();
    assert_eq!((result.files, result.directories, result.skipped), (1000, 2, 1001));
    let mut asked = filter.0.lock().unwrap().clone();
    assert_eq!(asked[0], src, "the root comes first");
    let count = asked.len();
    asked.sort();
    asked.dedup();
    assert_eq!((count, asked.len()), (2003, 2003));
    assert!(!dest.join("no").exists());
}

struct Silent;

impl Filter for Silent {
    fn ask(&self, question: FilterRequest) {
        drop(question);
    }
}

#[test]
fn a_filter_that_gives_no_answer_ends_the_copy() {
    let scratch = Scratch::new();
    fs::create_dir(scratch.path("src")).unwrap();
    let control = Arc::new(Control::new());
    let copied =
        copy_tree(scratch.path("src"), scratch.path("dest"), &recursive(), Some(Arc::new(Silent)), &control);
    assert_eq!(copied.unwrap_err().kind(), ErrorKind::Cancelled);
}
