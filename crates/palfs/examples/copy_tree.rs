//! Copies a tree, and says what it did: `copy_tree SRC DEST [all]`.

use std::path::Path;
use std::sync::Arc;

use palfs::Control;
use palfs::copy::{CopyOptions, Preserve, SpecialFiles};
use palfs::tree::{TreeOptions, copy_tree};

fn main() {
    let args: Vec<_> = std::env::args_os().skip(1).collect();
    let [src, dest, more @ ..] = args.as_slice() else {
        eprintln!("usage: copy_tree SRC DEST [all]");
        std::process::exit(2);
    };
    let all = !more.is_empty();
    let file = CopyOptions {
        preserve: if all { Preserve::ALL } else { Preserve::DEFAULT },
        special_files: if all { SpecialFiles::Copy } else { SpecialFiles::Error },
        ..CopyOptions::default()
    };
    let options = TreeOptions { file, recursive: true, verbatim_symlinks: all, ..TreeOptions::default() };
    match copy_tree(Path::new(src), Path::new(dest), &options, None, &Arc::new(Control::new())) {
        Ok(result) => println!("{result:?}"),
        Err(error) => {
            eprintln!("{error}");
            std::process::exit(1);
        }
    }
}
