/** One move: checked arguments as an operation. */
import { pathArgument } from './internal/args.js'
import type { Binding, Native } from './binding/binding.js'
import { CopyOperation } from './copy-operation.js'
import type { ErrorContext } from './errors/fs-error.js'
import { moveRequest, type MoveRequest } from './move-options.js'
import { followBits } from './internal/call.js'

/** A move about to be made. */
export class TreeMove extends CopyOperation<MoveRequest> {
  start(native: Native, pumped: boolean): number {
    const { bits, tree, concurrency, groups } = this.watchers
    return native.moveTree(
      this.src,
      this.dest,
      bits,
      tree | followBits(native, this.watchers, pumped),
      concurrency,
      groups,
    )
  }

  override context(): ErrorContext {
    return { ...super.context(), isTree: true }
  }
}

/** Checks the arguments of `move`. */
export function moveOfTree(
  { native }: Binding,
  src: unknown,
  dest: unknown,
  options: unknown,
  command = false,
): TreeMove {
  const from = pathArgument(src, 'src')
  const to = pathArgument(dest, 'dest')
  return new TreeMove(from, to, moveRequest(options, native, command), 'rename')
}
