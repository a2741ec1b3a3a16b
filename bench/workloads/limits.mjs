// What a copy of very many files takes from the process beside time: memory, and turns of the event loop.

import { execFileSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { settle } from '../filesystems.mjs'
import { inNode, runOne } from '../trees/programs.mjs'
import { deepTree, flatDirectory, manyFiles } from '../trees/sources.mjs'
import { limitsTable } from '../trees/table.mjs'

const MIB = 1024 ** 2
const MILLION = 1_000_000
const PEAK_MIB = 64
const LINK_BYTES = 48
const LATE_MS = 20

/** Greatest resident size above that of a process that has loaded palfs and copies nothing. */
export const memory = {
  name: 'memory',
  group: 'trees',
  title: 'peak memory above an idle process, 1,000,000 empty files',
  unit: 'MiB',
  filesystems: ['tmpfs'],
  rounds: 1,
  table: limitsTable,

  async run(point) {
    const idle = runOne('palfs, idle', []).maxRss
    const copy = join(point, 'copy')
    const peak = (label, limit, src, name, program = 'node') =>
      row(point, copy, { label, limit, ...inNode(program, name, [src, copy]) }, (sample) => {
        return (sample.maxRss - idle) / MIB
      })
    const flat = flatDirectory(join(point, 'flat'), MILLION)
    const deep = deepTree(join(point, 'deep'), 1000, MILLION / 1000)
    const rows = [
      peak('one directory: palfs cp', PEAK_MIB, flat, 'palfs cp'),
      peak('one directory: palfs cp, filter', PEAK_MIB, flat, 'palfs cp, filter'),
      peak('one directory: Node 26 fs.promises.cp', undefined, flat, 'fs.promises.cp', 'Node 26'),
      peak('1,000 levels: palfs cp', PEAK_MIB, deep, 'palfs cp'),
      peak("1,000 levels: palfs cp, preserve: 'all'", PEAK_MIB, deep, "palfs cp, preserve: 'all'"),
    ]
    remove(deep)
    // Each file has its other name outside of the tree: no group is ever complete, none can be forgotten.
    mkdirSync(join(point, 'outside'))
    execFileSync('cp', ['-al', flat, join(point, 'outside')])
    const withLinks = PEAK_MIB + (MILLION * LINK_BYTES) / MIB
    rows.push(
      peak("hard links: palfs cp, preserve: ['links']", withLinks, flat, "palfs cp, preserve: ['links']"),
    )
    return rows
  },
}

/** How late the event loop was while a copy ran in the same process. */
export const eventLoop = {
  name: 'event-loop',
  group: 'trees',
  title: 'event-loop delay while 50,000 files of 4 KiB are copied, 99th percentile',
  unit: 'ms',
  filesystems: ['tmpfs', 'ext4'],
  rounds: 1,
  table: limitsTable,

  async run(point) {
    const src = manyFiles(join(point, 'source'), 50_000, 500)
    const copy = join(point, 'copy')
    settle(point)
    const late = (name, limit, program = 'node', library = false) =>
      row(
        point,
        copy,
        {
          label: program === 'node' ? name : `${program} ${name}`,
          limit,
          ...inNode(program, name, [src, copy], { library, delay: true }),
        },
        (sample) => sample.delay.p99,
        (sample) => `longest ${sample.delay.max.toFixed(1)} ms`,
      )
    return [
      late('palfs cp', LATE_MS),
      late('palfs cp, onProgress', LATE_MS),
      late('palfs cp, filter', LATE_MS),
      late('fs.promises.cp', undefined, 'Node 26'),
      late('fs-extra copy', undefined, 'Node 26', true),
    ]
  },
}

function row(point, copy, contender, figure, note = () => '') {
  const { label, limit, missing } = contender
  if (missing !== undefined) return { label, missing }
  const sample = contender.run()
  remove(copy)
  settle(point)
  return { label, limit, figure: figure(sample), seconds: sample.microseconds / 1e6, note: note(sample) }
}

function remove(tree) {
  execFileSync('rm', ['-rf', tree])
}
