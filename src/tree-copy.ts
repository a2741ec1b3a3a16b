/** One copy of a tree: checked arguments as an operation. */
import { pathArgument } from './internal/args.js'
import type { Binding, Native } from './binding/binding.js'
import { CopyOperation } from './copy-operation.js'
import { cpRequest, type CpRequest } from './cp-options.js'
import type { ErrorContext } from './errors/fs-error.js'
import { Questions } from './internal/filter.js'
import { followBits, text } from './internal/call.js'

/** A copy of a tree about to be made. */
export class TreeCopy extends CopyOperation<CpRequest> {
  readonly questions: Questions | undefined

  constructor(src: string | Uint8Array, dest: string | Uint8Array, request: CpRequest) {
    super(src, dest, request, 'cp')
    const { filter } = request
    this.questions = filter && new Questions(filter, text(src), text(dest))
  }

  start(native: Native, pumped: boolean): number {
    const { bits, concurrency, groups } = this.watchers
    const asks = this.questions === undefined ? 0 : native.TreeBit.Asks
    const tree = this.watchers.tree | asks | followBits(native, this.watchers, pumped)
    return native.copyTree(this.src, this.dest, bits, tree, concurrency, groups)
  }

  override context(): ErrorContext {
    return { ...super.context(), isTree: true, follows: this.watchers.dereference }
  }
}

/** Checks the arguments of `cp`: options first, as node:fs does. */
export function copyOfTree(
  { native }: Binding,
  src: unknown,
  dest: unknown,
  options: unknown,
  command = false,
): TreeCopy {
  const request = cpRequest(options, native, command)
  const from = pathArgument(src, 'src')
  return new TreeCopy(from, pathArgument(dest, 'dest'), request)
}
