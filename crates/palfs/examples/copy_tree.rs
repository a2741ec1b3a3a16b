//! Copies a tree, and says what it did: `copy_tree SRC DEST [all]`.

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
    let file = CopyOptions::default()
        .with_preserve(if all { Preserve::ALL } else { Preserve::DEFAULT })
        .with_special_files(if all { SpecialFiles::Copy } else { SpecialFiles::Error });
    let options = TreeOptions::default().with_file(file).with_recursive(true).with_verbatim_symlinks(all);
    match copy_tree(src, dest, &options, None, &Arc::new(Control::new())) {
        Ok(result) => println!("{result:?}"),
        Err(error) => {
            eprintln!("{error}");
            std::process::exit(1);
        }
    }
}
