// A tree removed, by programs that start, remove once and end.

import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { FILESYSTEMS, settle } from '../filesystems.mjs'
import { race } from '../measure.mjs'
import { inNode, tool } from '../trees/programs.mjs'
import { contents, manyFiles } from '../trees/sources.mjs'
import { treeTable } from '../trees/table.mjs'

const OURS = 'palfs rm'

/** Removal of the tree that `many-files` copies. */
export const remove = {
  name: 'remove',
  group: 'trees',
  title: 'removal of 20,000 files of 4 KiB in 200 directories',
  filesystems: FILESYSTEMS,
  rounds: 5,
  table: treeTable,
  bars: ({ results }) => results,
  targets: () => [
    { row: 'rm -rf', subject: OURS, object: 'rm -rf', atLeast: 1 },
    { row: 'Node 26 fs.promises.rm', subject: OURS, object: 'Node 26 fs.promises.rm', atLeast: 2 },
    { row: 'rmz', subject: OURS, object: 'rmz', atLeast: undefined },
  ],

  async run(point, rounds) {
    const src = manyFiles(join(point, 'source'), 20_000, 200)
    const copy = join(point, 'copy')
    const whole = contents(src)
    const all = contenders(copy)
    const present = all.filter(({ missing }) => missing === undefined)
    const results = await race(
      present.map((contender) => ({
        ...contender,
        run() {
          execFileSync('cp', ['-r', src, copy])
          settle(point)
          const sample = contender.run()
          assert.ok(!existsSync(copy), contender.name)
          return sample
        },
      })),
      rounds,
      () => settle(point),
    )
    return { whole, results, skipped: all.filter(({ missing }) => missing !== undefined) }
  },
}

function contenders(copy) {
  return [
    inNode('node', OURS, [copy]),
    tool('rm -rf', 'rm', ['-rf', copy]),
    inNode('Node 26', 'fs.promises.rm', [copy], { label: 'Node 26 fs.promises.rm' }),
    tool('rmz', 'rmz', [copy]),
  ]
}
