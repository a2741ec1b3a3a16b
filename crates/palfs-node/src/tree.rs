//! Operations on trees, as TypeScript calls them. All run on the pool; the synchronous forms wait for the end.

use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use napi::bindgen_prelude::Uint8ArraySlice;
use napi::{Env, Result};
use napi_derive::napi;
use palfs::copy::CopyResult;
use palfs::tree::{self, Filter, MoveOptions, RemoveOptions, Removed, StepwiseCopy, TreeOptions};
use palfs::{Control, FsError};

use crate::call::{Call, Steps};
use crate::environment::Environment;
use crate::filter_requests::Asked;
use crate::job::Listener;
use crate::options::{TreeBit, unpack, unpack_tree};
use crate::path::PathArgument;

/// Hard-link groups that several copies or moves share.
#[napi]
#[derive(Default)]
pub struct LinkGroups(tree::LinkGroups);

#[napi]
impl LinkGroups {
    /// None yet.
    #[napi(constructor)]
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }
}

/// Starts the copy of a tree and returns its slot. `concurrency` 0: as many workers as there are cores.
#[napi(catch_unwind)]
pub fn copy_tree(
    env: Env,
    #[napi(ts_arg_type = "string | Uint8Array")] src: PathArgument,
    #[napi(ts_arg_type = "string | Uint8Array")] dest: PathArgument,
    bits: u32,
    tree: u32,
    concurrency: u32,
    groups: Option<&LinkGroups>,
) -> Result<u32> {
    let environment = Environment::of(env)?;
    let options = unpack_tree(unpack(bits, environment.methods), tree, workers(concurrency))
        .with_groups(groups.map(|groups| groups.0.clone()));
    let (src, dest) = (src.into_path(), dest.into_path());
    environment.jobs()?.start_watched(followers(tree), move |filter| {
        let filter = has(tree, TreeBit::Asks).then(|| Arc::new(filter) as Arc<dyn Filter>);
        Copy { src, dest, options, filter }
    })
}

/// Starts a move and returns its slot.
#[napi(catch_unwind)]
pub fn move_tree(
    env: Env,
    #[napi(ts_arg_type = "string | Uint8Array")] src: PathArgument,
    #[napi(ts_arg_type = "string | Uint8Array")] dest: PathArgument,
    bits: u32,
    tree: u32,
    concurrency: u32,
    groups: Option<&LinkGroups>,
) -> Result<u32> {
    let environment = Environment::of(env)?;
    let file = unpack(bits, environment.methods);
    let options = MoveOptions::default()
        .with_metadata_errors(file.metadata_errors)
        .with_reflink(file.reflink)
        .with_sparse(file.sparse)
        .with_durable(file.durable)
        .with_methods(file.methods)
        .with_overwrite(has(tree, TreeBit::Overwrite))
        .with_groups(groups.map(|groups| groups.0.clone()))
        .with_concurrency(workers(concurrency));
    let (src, dest) = (src.into_path(), dest.into_path());
    environment.jobs()?.start_watched(followers(tree), |_| Move { src, dest, options })
}

/// Starts the removal of a tree and returns its slot.
#[napi(catch_unwind)]
pub fn remove_tree(
    env: Env,
    #[napi(ts_arg_type = "string | Uint8Array")] path: PathArgument,
    tree: u32,
    max_retries: u32,
    retry_delay: u32,
    concurrency: u32,
) -> Result<u32> {
    let environment = Environment::of(env)?;
    let options = RemoveOptions::default()
        .with_recursive(has(tree, TreeBit::Recursive))
        .with_force(has(tree, TreeBit::Force))
        .with_max_retries(max_retries)
        .with_retry_delay(Some(retry_delay))
        .with_concurrency(workers(concurrency));
    let path = path.into_path();
    environment.jobs()?.start_watched(followers(tree), |_| Remove { path, options })
}

/// The next request of the filter of the call in `slot`; null if there is none now.
///
/// A call that only waits for replies does not keep the event loop alive: the work that will decide does. Without such work there will be no
/// reply.
#[napi(catch_unwind)]
pub fn take_question(env: Env, slot: u32) -> Result<Option<Asked>> {
    let environment = Environment::of(env)?;
    let Some(job) = environment.jobs()?.get(slot) else { return Ok(None) };
    let question = job.filter_requests.take();
    if question.is_none() && job.filter_requests.are_all_that_is_awaited() {
        environment.jobs()?.let_go(slot);
    }
    Ok(question)
}

/// Answers a question of the operation in `slot`: for each of its entries, in their order, a byte that is 0 where it is
/// not copied. There are `count` of them.
#[napi(catch_unwind)]
pub fn answer(env: Env, slot: u32, id: u32, verdicts: Uint8ArraySlice<'_>, count: u32) -> Result<()> {
    let environment = Environment::of(env)?;
    if let Some(job) = environment.jobs()?.get(slot) {
        environment.jobs()?.hold(slot);
        let count = usize::try_from(count).unwrap_or(usize::MAX);
        job.filter_requests.answer(id, verdicts.get(..count).unwrap_or_default());
        job.advance();
    }
    Ok(())
}

fn workers(concurrency: u32) -> Option<NonZero<usize>> {
    usize::try_from(concurrency).ok().and_then(NonZero::new)
}

fn has(tree: u32, bit: TreeBit) -> bool {
    tree & bit as u32 != 0
}

/// The receiver of the outcome, and whether the progress is read.
fn followers(tree: u32) -> (Listener, bool) {
    let listener = if has(tree, TreeBit::Pumped) { Listener::Caller } else { Listener::Callback };
    (listener, has(tree, TreeBit::Watched))
}

struct Copy {
    src: PathBuf,
    dest: PathBuf,
    options: TreeOptions,
    filter: Option<Arc<dyn Filter>>,
}

impl Call for Copy {
    type Output = CopyResult;
    const NAME: &'static str = "cp";

    fn run(self, control: &Arc<Control>) -> std::result::Result<CopyResult, FsError> {
        tree::copy_tree(&self.src, &self.dest, &self.options, self.filter, control)
    }

    fn paths(&self) -> (Option<&Path>, Option<&Path>) {
        (Some(&self.src), Some(&self.dest))
    }

    fn into_steps(self, control: &Arc<Control>) -> std::result::Result<Steps<CopyResult>, Self> {
        let Self { src, dest, options, filter: Some(filter) } = self else { return Err(self) };
        let mut copy = StepwiseCopy::new(&src, &dest, &options, filter, control);
        Ok(Box::new(move || copy.advance()))
    }
}

struct Move {
    src: PathBuf,
    dest: PathBuf,
    options: MoveOptions,
}

impl Call for Move {
    type Output = CopyResult;
    const NAME: &'static str = "rename";

    fn run(self, control: &Arc<Control>) -> std::result::Result<CopyResult, FsError> {
        tree::move_tree(&self.src, &self.dest, &self.options, control)
    }

    fn paths(&self) -> (Option<&Path>, Option<&Path>) {
        (Some(&self.src), Some(&self.dest))
    }
}

struct Remove {
    path: PathBuf,
    options: RemoveOptions,
}

impl Call for Remove {
    type Output = Removed;
    const NAME: &'static str = "rm";

    fn run(self, control: &Arc<Control>) -> std::result::Result<Removed, FsError> {
        tree::remove_tree(&self.path, &self.options, control)
    }

    fn paths(&self) -> (Option<&Path>, Option<&Path>) {
        (Some(&self.path), None)
    }
}
