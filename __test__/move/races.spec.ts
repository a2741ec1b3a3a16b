// A component of the source or of the destination is exchanged for a link while a tree is moved to another filesystem: at
// every call. Nothing outside is read, written or removed.
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import { onFilesystems, type Need } from '../support/filesystems.js'
import { run } from '../support/mounts.js'
import { sweep, WATCHED, writeWatched, type Place, type Race } from '../support/races.js'
import { movingTree, writeTree } from '../support/tree-faults.js'

const NEEDS: readonly Need[] = ['root', 'strace', 'python3']
const CHOSEN = /^(openat|openat2|mkdirat|newfstatat|statx|getdents64|unlinkat|renameat|renameat2)$/

/** Another filesystem for what is moved. */
function mountDestination({ dest }: Place): void {
  mkdirSync(dest)
  run('mount', '-t', 'tmpfs', 'tmpfs', dest)
}

const SOURCE_DIRECTORY: Race = {
  prepare: (place) => {
    mkdirSync(place.tree)
    writeWatched(join(place.tree, WATCHED))
    mountDestination(place)
  },
  operation: ({ tree, dest }) => movingTree(tree, join(dest, 'moved')),
  watched: ({ tree }) => join(tree, WATCHED),
  leads: 'secret',
}

const RACES: Readonly<Record<string, Race>> = {
  'a directory of the source: nothing outside is read': SOURCE_DIRECTORY,
  'a directory of the source: nothing outside is removed': { ...SOURCE_DIRECTORY, leads: 'victim' },
  'a file of the source: nothing outside is read or removed': {
    ...SOURCE_DIRECTORY,
    prepare: (place) => {
      writeTree(place.tree, { [WATCHED]: 30_000, other: 10 })
      mountDestination(place)
    },
  },
  'the source itself: nothing outside is read': {
    ...SOURCE_DIRECTORY,
    operation: ({ tree, dest }) => movingTree(join(tree, WATCHED), join(dest, 'moved')),
  },
  'the destination itself: a link that comes in between is not followed': {
    ...SOURCE_DIRECTORY,
    operation: ({ tree, dest }) => movingTree(tree, join(dest, WATCHED), { overwrite: true }),
    watched: ({ dest }) => join(dest, WATCHED),
    leads: 'victim',
  },
}

onFilesystems(['ext4'], 'a race with a move to another filesystem', NEEDS, (test) => {
  for (const [title, race] of Object.entries(RACES)) {
    test(`for ${title}`, { timeout: 600_000 }, async ({ dir }) => {
      const runs = await sweep(dir, race, CHOSEN)
      expect(runs.length).toBeGreaterThan(1)
      // Nothing that was moved is lost: each file is in the one place or the other, or aside where the race put it.
      for (const { place, outcome } of runs) {
        const found = run('find', place.dir, '-xdev', '-type', 'f', '-path', '*tree*')
        const moved = run('find', place.dest, '-type', 'f')
        expect(found + moved, JSON.stringify(outcome)).not.toBe('')
      }
    })
  }
})
