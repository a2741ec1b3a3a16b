/** Copies one file. */
import { binding, type Binding, type Native } from './binding/binding.js'
import {
  copyRequest,
  type CommandCopyOptions,
  type CopyFileOptions,
  type CopyRequest,
} from './copy-options.js'
import { CopyOperation, type CopyResult } from './copy-result.js'
import { pathArgument, type PathLike } from './internal/args.js'
import { readOutcome, resultOf, runBlocking, start } from './internal/call.js'

/**
 * Copies a file. Accepts every call of `fs.promises.copyFile`, and options.
 *
 * If source and destination are the same file, under any names, nothing changes and the result has `skipped: 1`. A failed
 * copy leaves an existing destination as it was. If that is impossible (`replace`), the error's `destination` says so.
 *
 * @throws FsError, with the system call that failed. ERR_FS_CP_FIFO_PIPE, ERR_FS_CP_SOCKET or ERR_FS_CP_UNKNOWN for a special
 * file; ENOTSUP or EXDEV for `reflink: 'always'`. A TypeError or RangeError for wrong arguments, before any system call. An
 * AbortError after an abort.
 */
export async function copyFile(
  src: PathLike,
  dest: PathLike,
  mode?: number | CopyFileOptions | null,
): Promise<CopyResult> {
  const bound = binding()
  const copy = fileCopy(bound, src, dest, mode)
  return resultOf(await start(bound, copy), copy, copyFile)
}

/** Copies a file on the calling thread, as {@link copyFile}. `onProgress` and `signal` work here, too. */
export function copyFileSync(
  src: PathLike,
  dest: PathLike,
  mode?: number | CopyFileOptions | null,
): CopyResult {
  const bound = binding()
  const copy = fileCopy(bound, src, dest, mode)
  const { bits, signal, onProgress } = copy.observers
  const outcome =
    signal === undefined && onProgress === undefined
      ? readOutcome(bound, 0, bound.native.copyFileSync(copy.src, copy.dest, bits), null, copy)
      : runBlocking(bound, copy)
  return resultOf(outcome, copy, copyFileSync)
}

/** {@link copyFile} with the options of cp(1), for the command line. */
export async function copyFileAsCommand(
  src: PathLike,
  dest: PathLike,
  options: CommandCopyOptions,
): Promise<CopyResult> {
  const bound = binding()
  const copy = fileCopy(bound, src, dest, options, true)
  return resultOf(await start(bound, copy), copy, copyFileAsCommand)
}

const NO_OPTIONS: CopyRequest = { bits: 0, signal: undefined, onProgress: undefined }

class FileCopy extends CopyOperation<CopyRequest> {
  start(native: Native, blocking: boolean): number {
    const { src, dest, observers } = this
    return blocking
      ? native.copyFilePumped(src, dest, observers.bits)
      : native.copyFile(src, dest, observers.bits)
  }
}

/** Checks the arguments. */
function fileCopy(bound: Binding, src: unknown, dest: unknown, mode: unknown, command = false): FileCopy {
  const from = pathArgument(src, 'src')
  const to = pathArgument(dest, 'dest')
  const request = mode === undefined ? NO_OPTIONS : copyRequest(mode, bound.native.OptionBit, command)
  return new FileCopy(from, to, request, 'copyfile')
}
