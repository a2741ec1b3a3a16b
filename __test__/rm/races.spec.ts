// A directory is exchanged for a link while its tree is removed: at every call. Nothing outside the tree is removed.
// node:fs loses this race (CVE-2022-21658, in `fs.promises.rm` to this day), which proves that the sweep can see it.
import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import { onFilesystems, type Need } from '../support/filesystems.js'
import { run } from '../support/mounts.js'
import { sweep, WATCHED, writeWatched, type Race } from '../support/races.js'
import { removingTree, writeTree } from '../support/tree-faults.js'

const NEEDS: readonly Need[] = ['root', 'strace', 'python3']
const CHOSEN = /^(openat|openat2|getdents64|newfstatat|statx|unlinkat|fstat)$/

const DIRECTORY: Race = {
  prepare: ({ tree }) => {
    mkdirSync(tree)
    writeWatched(join(tree, WATCHED))
  },
  operation: ({ tree }) => removingTree(tree),
  watched: ({ tree }) => join(tree, WATCHED),
  leads: 'victim',
}

const ROOT: Race = {
  ...DIRECTORY,
  operation: ({ tree }) => removingTree(join(tree, WATCHED)),
}

onFilesystems(['ext4', 'xfs'], 'a race with a removal', NEEDS, (test) => {
  test('for a directory of the tree: nothing outside is removed', { timeout: 600_000 }, async ({ dir }) => {
    const runs = await sweep(dir, DIRECTORY, CHOSEN)
    expect(runs.length).toBeGreaterThan(2)
    // The tree is gone (the link may have come after that), or an error says why not.
    for (const { place, outcome } of runs)
      if (outcome.error === undefined && existsSync(place.tree))
        expect(run('find', place.tree, '-mindepth', '1', '-not', '-type', 'l')).toBe('')
  })

  test('for the root: nothing outside is removed', { timeout: 600_000 }, async ({ dir }) => {
    expect((await sweep(dir, ROOT, CHOSEN)).length).toBeGreaterThan(2)
  })

  test('for a file: the link goes, its target stays', { timeout: 600_000 }, async ({ dir }) => {
    const file: Race = { ...DIRECTORY, prepare: ({ tree }) => writeTree(tree, { [WATCHED]: 100, other: 10 }) }
    expect((await sweep(dir, file, CHOSEN)).length).toBeGreaterThan(0)
  })
})
