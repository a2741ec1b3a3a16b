// npm run bench -- [WORKLOAD | GROUP | FILESYSTEM]... [--rounds N] [--realtime]

import { mkdirSync, writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { FILESYSTEMS, whyNoMounts, withFilesystem } from './filesystems.mjs'
import { plot } from './plot.mjs'
import { machine, table } from './report.mjs'
import { FS_XATTR, NODE_26, buildFloor } from './rivals.mjs'
import { buildTreeFloor, runInRealtime } from './trees/programs.mjs'
import { clone } from './workloads/clone.mjs'
import { dense } from './workloads/dense.mjs'
import { layerCalls } from './workloads/layer.mjs'
import { eventLoop, memory } from './workloads/limits.mjs'
import { parallel } from './workloads/parallel.mjs'
import { remove } from './workloads/remove.mjs'
import { replace, small } from './workloads/small.mjs'
import { sparse } from './workloads/sparse.mjs'
import { trees } from './workloads/trees.mjs'

const WORKLOADS = [
  clone,
  sparse,
  dense,
  small,
  replace,
  parallel,
  ...layerCalls,
  ...trees,
  remove,
  memory,
  eventLoop,
]

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { rounds: { type: 'string' }, realtime: { type: 'boolean', default: false } },
})
const { workloads, filesystems } = selection(positionals)

if (values.realtime) runInRealtime()

const pieces = [`# npm run bench, ${new Date().toISOString().slice(0, 16)}`, machine()]
const say = (text) => {
  pieces.push(text)
  console.log(`${text}\n`)
}
pieces.forEach((piece) => console.log(`${piece}\n`))

const drawn = []
const reason = whyNoMounts()
if (reason) {
  say(`Skipped everything: ${reason}.`)
} else {
  if (!NODE_26) say('Skipped the rival Node 26: it is not installed (npm ci --prefix bench/node26).')
  if (!FS_XATTR) say('Skipped the rival fs-xattr: it is not installed (npm ci --prefix bench/rivals).')
  buildFloor()
  buildTreeFloor()
  for (const workload of workloads) await measure(workload)
}
const started = new Date().toISOString().replaceAll(':', '-').slice(0, 19)
mkdirSync(new URL('results/', import.meta.url), { recursive: true })
write('md', `${pieces.join('\n\n')}\n`)
if (drawn.length > 0) write('svg', plot(drawn, machine()))

function write(extension, content) {
  const name = `results/${started}.${extension}`
  writeFileSync(new URL(name, import.meta.url), content)
  console.log(`Written to bench/${name}`)
}

async function measure(workload) {
  const rounds = Number(values.rounds ?? workload.rounds)
  for (const type of workload.filesystems.filter((name) => filesystems.includes(name))) {
    try {
      const results = await withFilesystem(type, (point) => workload.run(point, rounds, type))
      say((workload.table ?? table)(workload, type, rounds, results))
      if (workload.bars) drawn.push({ workload, type, results: workload.bars(results) })
    } catch (error) {
      // A machine without xfsprogs still measures the rest; a failed check inside a workload must be seen.
      if (error?.code !== 'ENOENT' || error.syscall?.startsWith('spawnSync') !== true) throw error
      say(`Skipped ${workload.name} on ${type}: ${error.path} is not installed.`)
    }
  }
}

/** What the arguments name; of what they do not name a kind of, everything. */
function selection(names) {
  const groups = WORKLOADS.flatMap(({ name, group }) => (group === undefined ? [name] : [name, group]))
  const unknown = names.find((name) => !groups.includes(name) && !FILESYSTEMS.includes(name))
  if (unknown !== undefined) {
    console.error(`'${unknown}' is none of ${[...new Set(groups), ...FILESYSTEMS].join(', ')}`)
    process.exit(1)
  }
  return {
    workloads: allUnlessSome(
      WORKLOADS,
      WORKLOADS.filter(({ name, group }) => names.includes(name) || names.includes(group)),
    ),
    filesystems: allUnlessSome(
      FILESYSTEMS,
      FILESYSTEMS.filter((name) => names.includes(name)),
    ),
  }
}

function allUnlessSome(all, some) {
  return some.length > 0 ? some : all
}
