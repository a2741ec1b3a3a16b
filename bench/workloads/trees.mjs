// Trees, copied to a name that is free, by programs that start, copy once and end.

import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { FILESYSTEMS, settle } from '../filesystems.mjs'
import { race } from '../measure.mjs'
import { FLOOR, floors, ours, rivals, targets } from '../trees/contenders.mjs'
import { contents, flatDirectory, largeFiles, manyFiles, nodeModules } from '../trees/sources.mjs'
import { treeTable } from '../trees/table.mjs'

const PATIENCE = 8

const SOURCES = [
  {
    name: 'many-files',
    title: '20,000 files of 4 KiB in 200 directories',
    make: (root) => manyFiles(root, 20_000, 200),
  },
  {
    name: 'flat-tree',
    title: '100,000 empty files in one directory',
    make: (root) => flatDirectory(root, 100_000),
  },
  { name: 'node-modules', title: 'the node_modules of this repository', make: nodeModules },
  {
    name: 'large-files',
    title: '8 files of 256 MiB',
    make: (root) => largeFiles(root, 8, 256 * 1024 ** 2),
  },
]

/** One workload for each tree. */
export const trees = SOURCES.map(({ name, title, make }) => ({
  name,
  group: 'trees',
  title,
  filesystems: FILESYSTEMS,
  rounds: 5,
  table: treeTable,
  bars: ({ results }) => results,
  targets: (type) => targets(name, type),

  async run(point, rounds, type) {
    const src = make(join(point, 'source'))
    const dest = join(point, 'copy')
    settle(point)
    const whole = contents(src)
    const all = [...floors(type, src, dest), ...ours(src, dest), ...rivals(src, dest)]
    const present = all.filter(({ missing }) => missing === undefined)
    const results = await race(
      present.map((contender) => checkedOnce(contender, dest, whole)),
      rounds,
      () => {
        execFileSync('rm', ['-rf', dest])
        settle(point)
      },
      PATIENCE,
    )
    return {
      whole,
      results: fastestFloorFirst(results),
      skipped: all.filter(({ missing }) => missing !== undefined),
    }
  },
}))

/** The same contender, whose first copy is looked through: a rival that leaves files out is no rival. */
function checkedOnce(contender, dest, whole) {
  let checked = false
  return {
    ...contender,
    async run() {
      const sample = await contender.run()
      if (!checked) assert.deepEqual(contents(dest), whole, contender.name)
      checked = true
      return sample
    },
  }
}

function fastestFloorFirst(results) {
  const plain = results.filter(({ name }) => name === FLOOR).toSorted((a, b) => a.median - b.median)
  const [fastest, ...others] = plain
  return [{ ...fastest, others }, ...results.filter(({ name }) => name !== FLOOR)]
}
