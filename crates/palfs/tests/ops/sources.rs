//! Defects of the sketch that no run on one platform could show, looked for in the source itself.

use std::fs;
use std::path::Path;

/// Every source file of the crate: its name and its lines without comments.
fn lines() -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut directories = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("src")];
    while let Some(directory) = directories.pop() {
        for entry in fs::read_dir(directory).unwrap().map(Result::unwrap) {
            if entry.file_type().unwrap().is_dir() {
                directories.push(entry.path());
                continue;
            }
            let name = entry.path().display().to_string();
            let text = fs::read_to_string(entry.path()).unwrap();
            let code = text.lines().filter(|line| !line.trim_start().starts_with("//"));
            found.extend(code.map(|line| (name.clone(), line.to_owned())));
        }
    }
    assert!(found.len() > 1_000);
    found
}

fn assert_nowhere(words: &[&str]) {
    for (file, line) in lines() {
        for word in words {
            assert!(!line.contains(word), "{word} in {file}: {line}");
        }
    }
}

#[test]
fn correction_05_nothing_depends_on_a_version_of_the_system() {
    assert_nowhere(&["osrelease", "sysctl", "uname", "/proc/version"]);
}

#[test]
fn correction_06_the_constants_of_copyfile_come_from_libc() {
    for (file, line) in lines() {
        let own = line.replace("libc::COPYFILE_", "");
        assert!(!own.contains("COPYFILE_"), "{file}: {line}");
    }
}

#[test]
fn correction_19_statics_are_initialised_by_the_standard_library() {
    let manifest = include_str!("../../Cargo.toml");
    assert!(!manifest.contains("lazy_static") && !manifest.contains("once_cell"));
    assert_nowhere(&["lazy_static"]);
}
