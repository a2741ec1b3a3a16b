/** One copy of a file: checked arguments as an operation. */
import { pathArgument } from './internal/args.js'
import type { Binding, Native } from './binding/binding.js'
import { CopyOperation } from './copy-operation.js'
import { copyRequest, type CopyRequest } from './copy-options.js'
import type { CopyResult } from './copy-result.js'
import { pump, readOutcome, type Stopped } from './internal/call.js'

const NO_OPTIONS: CopyRequest = { bits: 0, signal: undefined, onProgress: undefined }

/** A copy of a file about to be made. */
export class FileCopy extends CopyOperation<CopyRequest> {
  start(native: Native, pumped: boolean): number {
    const { src, dest, watchers } = this
    return pumped
      ? native.copyFilePumped(src, dest, watchers.bits)
      : native.copyFile(src, dest, watchers.bits)
  }
}

/** Checks the arguments of `copyFile`. */
export function copyOfFile(
  bound: Binding,
  src: unknown,
  dest: unknown,
  mode: unknown,
  command = false,
): FileCopy {
  const from = pathArgument(src, 'src')
  const to = pathArgument(dest, 'dest')
  const request = mode === undefined ? NO_OPTIONS : copyRequest(mode, bound.native.OptionBit, command)
  return new FileCopy(from, to, request, 'copyfile')
}

/** Copies before it returns. */
export function runSync(bound: Binding, copy: FileCopy): CopyResult | Stopped {
  const { bits, signal, onProgress } = copy.watchers
  if (signal !== undefined || onProgress !== undefined) return pump(bound, copy)
  const status = bound.native.copyFileSync(copy.src, copy.dest, bits)
  return readOutcome(bound, 0, status, null, copy)
}
