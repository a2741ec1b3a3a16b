// npm run bench -- [--only NAME]... [--fs NAME]... [--rounds N]

import { mkdirSync, writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { FILESYSTEMS, whyNoMounts, withFilesystem } from './filesystems.mjs'
import { machine, table } from './report.mjs'
import { NODE_26, buildFloor } from './rivals.mjs'
import { clone } from './workloads/clone.mjs'
import { dense } from './workloads/dense.mjs'
import { parallel } from './workloads/parallel.mjs'
import { replace, small } from './workloads/small.mjs'
import { sparse } from './workloads/sparse.mjs'

const WORKLOADS = [clone, sparse, dense, small, replace, parallel]

const { values } = parseArgs({
  options: {
    only: { type: 'string', multiple: true },
    fs: { type: 'string', multiple: true },
    rounds: { type: 'string' },
  },
})
const wanted = { only: split(values.only), fs: split(values.fs) }
reject(
  '--only',
  wanted.only,
  WORKLOADS.map(({ name }) => name),
)
reject('--fs', wanted.fs, FILESYSTEMS)

const pieces = [`# npm run bench, ${new Date().toISOString().slice(0, 16)}`, machine()]
const say = (text) => {
  pieces.push(text)
  console.log(`${text}\n`)
}
pieces.forEach((piece) => console.log(`${piece}\n`))

const reason = whyNoMounts()
if (reason) {
  say(`Skipped everything: ${reason}.`)
} else {
  if (!NODE_26) say('Skipped the rival Node 26: it is not installed (npm ci --prefix bench/node26).')
  buildFloor()
  for (const workload of WORKLOADS.filter(({ name }) => wanted.only?.includes(name) ?? true))
    await measure(workload)
}
const file = new URL(
  `results/${new Date().toISOString().replaceAll(':', '-').slice(0, 19)}.md`,
  import.meta.url,
)
mkdirSync(new URL('.', file), { recursive: true })
writeFileSync(file, `${pieces.join('\n\n')}\n`)
console.log(`Written to bench/results/${file.pathname.split('/').at(-1)}`)

async function measure(workload) {
  const rounds = Number(values.rounds ?? workload.rounds)
  for (const type of workload.filesystems.filter((name) => wanted.fs?.includes(name) ?? true)) {
    try {
      const results = await withFilesystem(type, (point) => workload.run(point, rounds, type))
      say(table(workload, type, rounds, results))
    } catch (error) {
      // A machine without xfsprogs still measures the rest; a failed check inside a workload must be seen.
      if (error?.code !== 'ENOENT' || error.syscall?.startsWith('spawnSync') !== true) throw error
      say(`Skipped ${workload.name} on ${type}: ${error.path} is not installed.`)
    }
  }
}

function split(lists) {
  return lists?.flatMap((list) => list.split(','))
}

function reject(option, given, known) {
  const unknown = given?.find((name) => !known.includes(name))
  if (unknown === undefined) return
  console.error(`${option}: '${unknown}' is none of ${known.join(', ')}`)
  process.exit(1)
}
