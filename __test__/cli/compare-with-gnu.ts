// The same arguments in two equal directories: the GNU program in one, palfs in the other.
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { gnu, palfs, type RunOptions } from './program.js'
import { snapshot, type Build } from './small-tree.js'

export interface Case {
  readonly args: readonly string[]
  readonly build: readonly Build[]
  /** Names whose times must be equal, too. */
  readonly times?: readonly string[]
}

/** What a program did. */
export interface Done {
  readonly status: number | null
  /** Lines, in any order. */
  readonly stdout: readonly string[]
  readonly complained: boolean
  readonly files: Readonly<Record<string, string>>
}

/** What both programs of that name did with a case: GNU's, then ours. */
export function outcomes(
  name: string,
  { args, build, times = [] }: Case,
  dir: string,
  user?: number,
): readonly [theirs: Done, ours: Done] {
  const inPlace = (side: string, run: (options: RunOptions) => ReturnType<typeof palfs>): Done => {
    const cwd = join(dir, side)
    mkdirSync(cwd)
    for (const step of build) step(cwd)
    const { status, stdout, stderr } = run({ cwd, ...(user !== undefined && { user }) })
    return {
      status,
      stdout: stdout.split('\n').toSorted(),
      complained: stderr.split('\n').length > 1,
      files: snapshot(cwd, times),
    }
  }
  return [
    inPlace('gnu', (options) => gnu(name, args, options)),
    inPlace('ours', (options) => palfs([name, ...args], options)),
  ]
}
