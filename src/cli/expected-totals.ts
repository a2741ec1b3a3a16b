// What a command will copy in all, for the bar only: sizes may change until their turn comes, and what cannot be read is
// complained about then.

import { statSync, type Stats } from 'node:fs'
import { lstat, opendir } from 'node:fs/promises'
import { ProgressBar, type Totals } from './progress-bar.js'
import { toByteString, toPath, type PathArgument } from './raw-arguments.js'

/** The bar of a command on `sources`, if it is to have one; undefined `progress`: on a terminal. */
export function progressBar(
  { progress }: { readonly progress: boolean | undefined },
  sources: readonly PathArgument[],
): ProgressBar | undefined {
  if (!(progress ?? process.stderr.isTTY)) return undefined
  return new ProgressBar(process.stderr, totalsAtOnce(sources), progress === true, (isOver) =>
    countTotals(sources, isOver),
  )
}

/** What can be said at once: nothing where a directory is among the sources. */
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

/** Counts what is below the sources, while they are being copied. Gives up, and nothing, when `isOver` says so. */
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
      // In latin1 a name is its bytes.
      for await (const { name } of await opendir(toPath(path), { encoding: 'latin1' }))
        left.push(`${path}/${name}`)
    } catch {
      continue // the copy will say what is wrong with it
    }
  }
  return found
}
