/** Copying files, links, and directories with what is in them. */
import type { PathLike } from './internal/args.js'
import { binding } from './binding/binding.js'
import type { CopyResult } from './copy-result.js'
import type { CpOptions, CpSyncOptions } from './cp-options.js'
import { pump, resultOf, start } from './internal/call.js'
import { copyOfTree } from './tree-copy.js'

/**
 * Copies a file, a link, or with `recursive` a directory and what is in it. Takes every call of `fs.promises.cp`, and
 * options. An existing directory is merged with; what is below it and not in the source stays.
 *
 * @throws FsError, with the system call that failed; a TypeError or RangeError for wrong arguments, before any system call;
 * an AbortError after an abort; what `filter` or `onProgress` throws. The codes of `fs.cp`: ERR_FS_EISDIR without `recursive`,
 * ERR_FS_CP_EEXIST, ERR_FS_CP_EINVAL for a copy into itself, and their kin.
 */
export async function cp(src: PathLike, dest: PathLike, options?: CpOptions): Promise<CopyResult> {
  const bound = binding()
  const copy = copyOfTree(bound, src, dest, options)
  return resultOf(await start(bound, copy), copy, cp)
}

/** Copies before it returns. As {@link cp}; `filter`, `onProgress` and `signal` work here, too. */
export function cpSync(src: PathLike, dest: PathLike, options?: CpSyncOptions): CopyResult {
  const bound = binding()
  const copy = copyOfTree(bound, src, dest, options)
  return resultOf(pump(bound, copy), copy, cpSync)
}
