/** `copyFile` with what only the command line asks for. */
import type { PathLike } from './internal/args.js'
import { binding } from './binding/binding.js'
import type { CommandCopyOptions } from './copy-options.js'
import type { CopyResult } from './copy-result.js'
import { copyOfFile } from './file-copy.js'
import { resultOf, start } from './internal/call.js'

export type { CommandCopyOptions } from './copy-options.js'

/** As `copyFile`, with the options of cp(1). */
export async function copyFileAsCommand(
  src: PathLike,
  dest: PathLike,
  options: CommandCopyOptions,
): Promise<CopyResult> {
  const bound = binding()
  const copy = copyOfFile(bound, src, dest, options, true)
  return resultOf(await start(bound, copy), copy, copyFileAsCommand)
}
