//! How the options of a copy cross from TypeScript: one number, whose bits are named here and nowhere else.

use std::num::NonZero;

use napi_derive::napi;
use palfs::copy::{
    CopyOptions, MetadataErrors, MethodSet, OnError, Preserve, Reflink, Replace, Sparse, SpecialFiles,
};
use palfs::tree::{Dereference, Existing, TreeOptions};

/// The bits of the options number. No bit set means every default.
#[napi]
#[repr(u32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OptionBit {
    ReflinkAlways = 0x1,
    ReflinkNever = 0x2,
    SparseAlways = 0x4,
    SparseNever = 0x8,
    ReplaceAtomic = 0x10,
    ReplaceInPlace = 0x20,
    MetadataError = 0x40,
    MetadataIgnore = 0x80,
    SpecialCopy = 0x100,
    SpecialSkip = 0x200,
    SpecialContent = 0x400,
    Exclusive = 0x800,
    Force = 0x1000,
    Update = 0x2000,
    Durable = 0x4000,
    VerifySource = 0x8000,
    Collect = 0x1_0000,
    /// A list was given: what it does not name is not kept. Without this bit items add to the default.
    Preserve = 0x2_0000,
    PreserveMode = 0x4_0000,
    PreserveOwnership = 0x8_0000,
    PreserveTimestamps = 0x10_0000,
    PreserveXattr = 0x20_0000,
    PreserveAcl = 0x40_0000,
    PreserveLinks = 0x80_0000,
    PreserveFlags = 0x100_0000,
    ReplaceName = 0x200_0000,
    OrdinaryMode = 0x400_0000,
    /// Losses of metadata, except attributes, are among the result's errors and do not fail the copy.
    MetadataReport = 0x800_0000,
    /// The same of attributes.
    XattrReport = 0x1000_0000,
}

/// The option bits of a tree, beside those of its files. No bit set means every default.
#[napi]
#[repr(u32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TreeBit {
    Recursive = 0x1,
    ExistingKeep = 0x2,
    ExistingError = 0x4,
    Dereference = 0x8,
    DereferenceNamed = 0x10,
    VerbatimSymlinks = 0x20,
    OneFileSystem = 0x40,
    /// Of a removal: what does not exist is success.
    Force = 0x80,
    /// A move replaces an existing destination.
    Overwrite = 0x100,
    LinksReplace = 0x200,
    /// A filter decides which entries are copied.
    Asks = 0x400,
    /// The calling thread waits, and learns from `wait` what happens.
    Pumped = 0x800,
    /// The progress is read.
    Watched = 0x1000,
    SparesUnwritable = 0x2000,
}

/// Reads the options number. Where both bits of a pair are set, the first named counts.
pub fn unpack(bits: u32, methods: MethodSet) -> CopyOptions {
    let has = |bit: OptionBit| bits & bit as u32 != 0;
    CopyOptions::default()
        .with_reflink(match () {
            () if has(OptionBit::ReflinkAlways) => Reflink::Always,
            () if has(OptionBit::ReflinkNever) => Reflink::Never,
            () => Reflink::Auto,
        })
        .with_sparse(match () {
            () if has(OptionBit::SparseAlways) => Sparse::Always,
            () if has(OptionBit::SparseNever) => Sparse::Never,
            () => Sparse::Auto,
        })
        .with_replace(match () {
            () if has(OptionBit::ReplaceAtomic) => Replace::Atomic,
            () if has(OptionBit::ReplaceInPlace) => Replace::InPlace,
            () => Replace::Auto,
        })
        .with_metadata_errors(match () {
            () if has(OptionBit::MetadataError) => MetadataErrors::Error,
            () if has(OptionBit::MetadataReport) => {
                let kept_quiet =
                    if has(OptionBit::XattrReport) { Preserve::NOTHING } else { Preserve::XATTR };
                MetadataErrors::Report(Preserve::ALL.without(kept_quiet))
            }
            () if has(OptionBit::MetadataIgnore) => MetadataErrors::Ignore,
            () => MetadataErrors::IgnoreUnsupported,
        })
        .with_special_files(match () {
            () if has(OptionBit::SpecialCopy) => SpecialFiles::Copy,
            () if has(OptionBit::SpecialSkip) => SpecialFiles::Skip,
            () if has(OptionBit::SpecialContent) => SpecialFiles::Content,
            () => SpecialFiles::Error,
        })
        .with_exclusive(has(OptionBit::Exclusive))
        .with_force(has(OptionBit::Force))
        .with_replace_name(has(OptionBit::ReplaceName))
        .with_ordinary_mode(has(OptionBit::OrdinaryMode))
        .with_update(has(OptionBit::Update))
        .with_durable(has(OptionBit::Durable))
        .with_verify_source(has(OptionBit::VerifySource))
        .with_on_error(if has(OptionBit::Collect) { OnError::Collect } else { OnError::Stop })
        .with_preserve(preserve(has))
        .with_methods(methods)
}

/// Unpacks the options of a tree.
pub fn unpack_tree(file: CopyOptions, bits: u32, concurrency: Option<NonZero<usize>>) -> TreeOptions {
    let has = |bit: TreeBit| bits & bit as u32 != 0;
    TreeOptions::default()
        .with_file(file)
        .with_recursive(has(TreeBit::Recursive))
        .with_dereference(match () {
            () if has(TreeBit::Dereference) => Dereference::Always,
            () if has(TreeBit::DereferenceNamed) => Dereference::Named,
            () => Dereference::Never,
        })
        .with_existing(match () {
            () if has(TreeBit::ExistingError) => Existing::Error,
            () if has(TreeBit::ExistingKeep) => Existing::Keep,
            () => Existing::Replace,
        })
        .with_verbatim_symlinks(has(TreeBit::VerbatimSymlinks))
        .with_one_file_system(has(TreeBit::OneFileSystem))
        .with_links_replace(has(TreeBit::LinksReplace))
        .with_spares_unwritable(has(TreeBit::SparesUnwritable))
        .with_concurrency(concurrency)
        .with_groups(None)
}

fn preserve(has: impl Fn(OptionBit) -> bool) -> Preserve {
    let start = if has(OptionBit::Preserve) { Preserve::NOTHING } else { Preserve::DEFAULT };
    [
        (OptionBit::PreserveMode, Preserve::MODE),
        (OptionBit::PreserveOwnership, Preserve::OWNERSHIP),
        (OptionBit::PreserveTimestamps, Preserve::TIMESTAMPS),
        (OptionBit::PreserveXattr, Preserve::XATTR),
        (OptionBit::PreserveAcl, Preserve::ACL),
        (OptionBit::PreserveLinks, Preserve::LINKS),
        (OptionBit::PreserveFlags, Preserve::FLAGS),
    ]
    .into_iter()
    .filter(|(bit, _)| has(*bit))
    .fold(start, |set, (_, item)| set.with(item))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_bit_set_means_every_default() {
        let options = unpack(0, MethodSet::ALL);
        assert_eq!(format!("{options:?}"), format!("{:?}", CopyOptions::default()));
    }

    #[test]
    fn an_empty_list_of_metadata_keeps_nothing() {
        assert_eq!(unpack(OptionBit::Preserve as u32, MethodSet::ALL).preserve, Preserve::NOTHING);
    }

    #[test]
    fn times_can_be_added_to_the_default() {
        let kept = unpack(OptionBit::PreserveTimestamps as u32, MethodSet::ALL).preserve;
        assert_eq!(kept, Preserve::DEFAULT.with(Preserve::TIMESTAMPS));
    }

    #[test]
    fn a_list_keeps_what_it_names() {
        let bits =
            OptionBit::Preserve as u32 | OptionBit::PreserveXattr as u32 | OptionBit::PreserveMode as u32;
        let kept = unpack(bits, MethodSet::ALL).preserve;
        assert_eq!(kept, Preserve::MODE.with(Preserve::XATTR));
    }
}
