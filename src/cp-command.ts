/** `cp` with what only the command line asks for. */
import type { LinkGroups } from '../index.cjs'
import type { PathLike } from './internal/args.js'
import { binding } from './binding/binding.js'
import type { CommandCpOptions } from './cp-options.js'
import type { CopyResult } from './copy-result.js'
import { resultOf, start } from './internal/call.js'
import { copyOfTree } from './tree-copy.js'

export type { CommandCpOptions } from './cp-options.js'

/** As `cp`, with the options of cp(1). */
export async function cpAsCommand(
  src: PathLike,
  dest: PathLike,
  options: CommandCpOptions,
): Promise<CopyResult> {
  const bound = binding()
  const copy = copyOfTree(bound, src, dest, options, true)
  return resultOf(await start(bound, copy), copy, cpAsCommand)
}

/** What several copies share, one after the other, so that names of one file stay that. */
export function linkGroups(): LinkGroups {
  return new (binding().native.LinkGroups)()
}
