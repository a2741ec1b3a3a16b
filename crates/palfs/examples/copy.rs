//! Copies one file and prints what was done: `cargo run --example copy -- SRC DEST [all] [atomic|in-place] [never|always]`.

use palfs::Control;
use palfs::copy::{CopyOptions, Preserve, Reflink, Replace, SpecialFiles, copy_file};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args_os().skip(1);
    let (Some(src), Some(dest)) = (arguments.next(), arguments.next()) else {
        return Err("usage: copy SRC DEST [all] [atomic|in-place] [never|always]".into());
    };
    let mut options = CopyOptions::default();
    for word in arguments {
        match word.to_str() {
            Some("all") => {
                options.preserve = Preserve::ALL;
                options.special_files = SpecialFiles::Copy;
            }
            Some("atomic") => options.replace = Replace::Atomic,
            Some("in-place") => options.replace = Replace::InPlace,
            Some("never") => options.reflink = Reflink::Never,
            Some("always") => options.reflink = Reflink::Always,
            _ => return Err(format!("unknown word {}", word.display()).into()),
        }
    }
    let result = copy_file(src, dest, &options, &Control::new())?;
    println!("{} bytes by {}, unpreserved {:?}", result.bytes, result.method.name(), result.unpreserved);
    Ok(())
}
