/** `move` with what only the command line asks for. */
import type { PathLike } from './internal/args.js'
import { binding } from './binding/binding.js'
import type { CopyResult } from './copy-result.js'
import type { CommandMoveOptions } from './move-options.js'
import { resultOf, start } from './internal/call.js'
import { moveOfTree } from './tree-move.js'

export type { CommandMoveOptions } from './move-options.js'

/** As `move`, with the options of mv(1). */
export async function moveAsCommand(
  src: PathLike,
  dest: PathLike,
  options: CommandMoveOptions,
): Promise<CopyResult> {
  const bound = binding()
  const operation = moveOfTree(bound, src, dest, options, true)
  return resultOf(await start(bound, operation), operation, moveAsCommand)
}
