/** Copying one file. */
import type { PathLike } from './internal/args.js'
import { binding } from './binding/binding.js'
import type { CopyFileOptions } from './copy-options.js'
import type { CopyResult } from './copy-result.js'
import { copyOfFile, runSync } from './file-copy.js'
import { resultOf, start } from './internal/call.js'

/**
 * Copies a file. Takes every call of `fs.promises.copyFile`, and options.
 *
 * Resolves untouched where source and destination are one file under any names. A failed copy leaves an existing destination as
 * it was; where it could not (`replace`), the error says so in `destination`.
 *
 * @throws FsError, with the system call that failed; a TypeError or RangeError for wrong arguments, before any system call;
 * an AbortError after an abort. ERR_FS_CP_FIFO_PIPE and its kin for special files, ENOTSUP or EXDEV for `reflink: 'always'`.
 */
export async function copyFile(
  src: PathLike,
  dest: PathLike,
  mode?: number | CopyFileOptions | null,
): Promise<CopyResult> {
  const bound = binding()
  const copy = copyOfFile(bound, src, dest, mode)
  return resultOf(await start(bound, copy), copy, copyFile)
}

/** Copies a file on the calling thread. As {@link copyFile}; `onProgress` and `signal` work here, too. */
export function copyFileSync(
  src: PathLike,
  dest: PathLike,
  mode?: number | CopyFileOptions | null,
): CopyResult {
  const bound = binding()
  const copy = copyOfFile(bound, src, dest, mode)
  return resultOf(runSync(bound, copy), copy, copyFileSync)
}
