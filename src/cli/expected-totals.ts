// The total that a command will copy, for the progress bar only. Sizes may change before the copy, and read errors are reported
// by the copy.

import { statSync, type Stats } from 'node:fs'
import { lstat, opendir } from 'node:fs/promises'
import { ProgressBar, type Totals } from './progress-bar.js'
import { toByteString, toPath, type PathArgument } from './raw-arguments.js'

/** The progress bar of a command, or undefined. `progress` undefined: a bar if stderr is a terminal. */
export function progressBar(
  { progress }: { readonly progress: boolean | undefined },
  sources: readonly PathArgument[],
): ProgressBar | undefined {
  if (!(progress ?? process.stderr.isTTY)) return undefined
  return new ProgressBar(process.stderr, totalsAtOnce(sources), progress === true, (isOver) =>
    countTotals(sources, isOver),
  )
}

/** The totals if no source is a directory. */
function totalsAtOnce(sources: readonly PathArgument[]): Totals | undefined {
  let bytes = 0
  for (const source of sources) {
    const stats = statOf(source)
    if (stats?.isDirectory() === true) return undefined
    bytes += stats?.size ?? 0
  }
  return { files: sources.length, bytes }
}

function statOf(file: PathArgument): Stats | undefined {
  try {
    return statSync(file)
  } catch {
    return undefined
  }
}

/** Counts the entries below the sources while they are copied. Returns undefined once `isOver` returns true. */
async function countTotals(
  sources: readonly PathArgument[],
  isOver: () => boolean,
): Promise<Totals | undefined> {
  const found = { files: 0, bytes: 0 }
  const left = sources.map((source) => toByteString(source))
  for (let path = left.pop(); path !== undefined; path = left.pop()) {
    if (isOver()) return undefined
    try {
      const stats = await lstat(toPath(path))
      if (!stats.isDirectory()) {
        if (stats.isFile()) {
          found.files += 1
          found.bytes += stats.size
        }
        continue
      }
      // latin1 keeps the bytes of a name.
      for await (const { name } of await opendir(toPath(path), { encoding: 'latin1' }))
        left.push(`${path}/${name}`)
    } catch {
      continue // the copy will say what is wrong with it
    }
  }
  return found
}
