/** Moving files and directories, to other filesystems too. */
import type { PathLike } from './internal/args.js'
import { binding } from './binding/binding.js'
import type { CopyResult } from './copy-result.js'
import type { MoveOptions } from './move-options.js'
import { pump, resultOf, start } from './internal/call.js'
import { moveOfTree } from './tree-move.js'

/**
 * Moves a file, a link or a directory to the name `dest`; missing directories on the way are made. Within one filesystem
 * this is a rename. To another one, everything is copied with all its metadata, and the source removed when that is safe
 * on disk. A move that fails leaves the source complete and nothing at the destination.
 *
 * @throws FsError, with the system call that failed; a TypeError or RangeError for wrong arguments, before any system call;
 * an AbortError after an abort. EEXIST where `dest` exists and `overwrite` is not given, EISDIR or ENOTDIR where only one of
 * the two is a directory, EINVAL for a move into itself or of a link onto what it leads to.
 */
export async function move(src: PathLike, dest: PathLike, options?: MoveOptions): Promise<CopyResult> {
  const bound = binding()
  const operation = moveOfTree(bound, src, dest, options)
  return resultOf(await start(bound, operation), operation, move)
}

/** Moves before it returns. As {@link move}; `onProgress` and `signal` work here, too. */
export function moveSync(src: PathLike, dest: PathLike, options?: MoveOptions): CopyResult {
  const bound = binding()
  const operation = moveOfTree(bound, src, dest, options)
  return resultOf(pump(bound, operation), operation, moveSync)
}
