//! Trees while descriptors are short: every opening of a name fails once, by strace, and the copy goes on.

use std::fs;
use std::num::NonZero;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use palfs::copy::{CopyOptions, Preserve};

use crate::copy::{copy, recursive};
use crate::scratch::Scratch;

/// Few: an eighth of it are the directories that one copy keeps open.
const DESCRIPTORS: u32 = 64;

/// More openings than a process makes before it runs.
const BEFORE: u32 = 100;

/// More levels than directories are kept open.
const LEVELS: usize = 14;

/// Run by [`Subject::under`] in another process; by itself it has nothing to copy.
#[test]
fn child_that_copies_a_tree() {
    let Some(dir) = std::env::var_os("PALFS_TREE_IN") else { return };
    let dir = Path::new(&dir);
    // strace counts by thread: what is hit in this one must not hit the beginning of the process.
    for _ in 0..BEFORE {
        fs::File::open("/").unwrap();
    }
    let file = CopyOptions::default().with_preserve(Preserve::ALL);
    let options = recursive().with_file(file).with_verbatim_symlinks(true).with_concurrency(NonZero::new(1));
    match copy(&dir.join("tree"), &dir.join("copy"), &options) {
        Ok(result) => println!("\ncopied {} {}", result.files, result.directories),
        Err(error) => println!("\nfailed {}", error.code().unwrap_or("?")),
    }
}

/// A tree that another process copies.
struct Subject {
    scratch: Scratch,
    /// It is merged into a directory that anybody may write to.
    is_merged: bool,
}

impl Subject {
    fn path(&self, name: &str) -> PathBuf {
        self.scratch.path(name)
    }

    /// What became of the copy under strace with `faults`, and the trace.
    fn under(&self, faults: &[&str]) -> Result<(String, String), String> {
        let (copy, log) = (self.path("copy"), self.path("log"));
        if copy.exists() {
            fs::remove_dir_all(&copy).unwrap();
        }
        if self.is_merged {
            fs::create_dir(&copy).unwrap();
            fs::set_permissions(&copy, fs::Permissions::from_mode(0o777)).unwrap();
        }
        let program = std::env::current_exe().unwrap();
        let mut strace = Command::new("strace");
        strace.args(["-f", "-qq", "-e", "trace=openat,statx", "-o"]).arg(&log);
        for fault in faults {
            strace.args(["-e", &format!("inject={fault}")]);
        }
        let limited = format!("ulimit -n {DESCRIPTORS}; exec \"$@\"");
        let output = strace
            .args(["sh", "-c", &limited, "sh"])
            .arg(program)
            .args(["--exact", "faults::child_that_copies_a_tree", "--nocapture", "--test-threads=1"])
            .env("PALFS_TREE_IN", self.path(""))
            .output()
            .map_err(|error| format!("strace: {error}"))?;
        let printed = String::from_utf8_lossy(&output.stdout).into_owned();
        let outcome = printed.lines().find(|line| line.starts_with("copied") || line.starts_with("failed"));
        let outcome = outcome.ok_or_else(|| format!("no outcome of {faults:?}: {printed}"))?.to_owned();
        Ok((outcome, fs::read_to_string(log).unwrap()))
    }

    /// Which openings, counted as strace counts them, are the copy's.
    fn openings(&self) -> std::ops::RangeInclusive<usize> {
        let (_, trace) = self.under(&[]).unwrap();
        let begins = |line: &&str| line.contains("/tree\"");
        let thread = trace.lines().find(begins).and_then(|line| line.split(' ').next()).unwrap();
        let own = |line: &&str| line.split(' ').next() == Some(thread) && line.contains("openat(");
        let openings: Vec<_> = trace.lines().filter(own).collect();
        let first = openings.iter().position(begins).unwrap();
        first + 1..=openings.len()
    }
}

fn subject(test: &str, is_merged: bool) -> Option<Subject> {
    let subject = Subject { scratch: Scratch::new(), is_merged };
    let mut at = subject.path("tree");
    for level in 0..LEVELS {
        fs::create_dir(&at).unwrap();
        fs::write(at.join("file"), level.to_string()).unwrap();
        // Each name but the first is in another directory than the one before it.
        if level == 0 {
            fs::write(at.join("linked"), "linked").unwrap();
        } else {
            fs::hard_link(subject.path("tree/linked"), at.join("linked")).unwrap();
        }
        at.push("d");
    }
    match subject.under(&[]) {
        Ok(_) => Some(subject),
        Err(reason) => {
            eprintln!("{test} skipped: {reason}");
            None
        }
    }
}

#[test]
fn a_descriptor_that_is_short_once_is_had_by_closing_a_directory() {
    let Some(subject) = subject("short descriptors", false) else { return };
    let all = format!("copied {} {LEVELS}", 2 * LEVELS);
    let openings = subject.openings();
    // At both ends nothing is open that could be closed.
    let (from, to) = (openings.start() + 20, openings.end() - 12);
    for when in (from..=to).step_by(3) {
        let (outcome, trace) = subject.under(&[&format!("openat:error=EMFILE:when={when}")]).unwrap();
        assert!(trace.contains("INJECTED"), "{when}");
        let hits: Vec<_> = trace.lines().filter(|line| line.contains("INJECTED")).collect();
        assert_eq!(outcome, all, "opening {when} of {openings:?}: {hits:?}");
    }
}

#[test]
fn a_directory_that_could_not_be_judged_for_want_of_a_descriptor_is_made_again() {
    let Some(subject) = subject("short descriptors of new directories", true) else { return };
    fs::remove_dir_all(subject.path("tree")).unwrap();
    fs::create_dir_all(subject.path("tree/private")).unwrap();
    fs::set_permissions(subject.path("tree/private"), fs::Permissions::from_mode(0o750)).unwrap();
    let openings = subject.openings();
    for when in openings {
        // Without statx(2) nobody knows when a directory was made: it is looked into.
        let faults = [&format!("openat:error=EMFILE:when={when}"), "statx:error=ENOSYS"];
        let (outcome, _) = subject.under(&faults).unwrap();
        assert!(outcome.starts_with("copied") || outcome == "failed EMFILE", "{when}: {outcome}");
        if outcome.starts_with("copied") {
            let mode = fs::metadata(subject.path("copy/private")).unwrap().permissions().mode();
            assert_eq!(mode & 0o7777, 0o750, "{when}");
        }
    }
}
