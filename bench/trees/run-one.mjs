// Run in a process of its own, by whichever program is measured: copies or removes one tree, once.
//
//   node run-one.mjs [--delay] NAME PATH...
//
// Prints, as JSON, the microseconds, the processor time of all threads, and the greatest resident size of the process.
// Loading the library is not timed, starting its threads is. --delay adds how late the event loop was, in milliseconds.

import { cp, rm } from 'node:fs/promises'
import { cpSync } from 'node:fs'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { parseArgs } from 'node:util'

const RECURSIVE = { recursive: true }
const REMOVE = { recursive: true, force: true }
const everything = () => true
const nothing = () => {}

/** What is imported, and what is done with it. */
const RUNS = {
  'palfs cp': [palfs, ({ cp: copy }, src, dest) => copy(src, dest, RECURSIVE)],
  'palfs cpSync': [palfs, ({ cpSync: copy }, src, dest) => copy(src, dest, RECURSIVE)],
  'palfs cp, filter': [
    palfs,
    ({ cp: copy }, src, dest) => copy(src, dest, { ...RECURSIVE, filter: everything }),
  ],
  'palfs cp, onProgress': [
    palfs,
    ({ cp: copy }, src, dest) => copy(src, dest, { ...RECURSIVE, onProgress: nothing }),
  ],
  "palfs cp, preserve: 'all'": [
    palfs,
    ({ cp: copy }, src, dest) => copy(src, dest, { ...RECURSIVE, preserve: 'all' }),
  ],
  "palfs cp, preserve: ['links']": [
    palfs,
    ({ cp: copy }, src, dest) => copy(src, dest, { ...RECURSIVE, preserve: ['links'] }),
  ],
  'palfs rm': [palfs, ({ rm: remove }, path) => remove(path, REMOVE)],
  'palfs, idle': [palfs, nothing],
  'fs.promises.cp': [nothing, (_, src, dest) => cp(src, dest, RECURSIVE)],
  'fs.cpSync': [nothing, (_, src, dest) => cpSync(src, dest, RECURSIVE)],
  'fs.promises.rm': [nothing, (_, path) => rm(path, REMOVE)],
  'fs-extra copy': [
    () => import('../rivals/node_modules/fs-extra/lib/index.js'),
    ({ default: extra }, src, dest) => extra.copy(src, dest),
  ],
  'fs-safe copyTree': [
    () => import('../rivals/node_modules/@openclaw/fs-safe/dist/copy.js'),
    ({ copyTree }, src, dest) => copyTree(src, dest),
  ],
}

function palfs() {
  return import('palfs')
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { delay: { type: 'boolean', default: false } },
})
const [name, ...paths] = positionals
const [load, run] = RUNS[name]
const library = await load()
const delay = values.delay ? monitorEventLoopDelay({ resolution: 1 }) : undefined
const cpu = process.cpuUsage()
delay?.enable()
const start = performance.now()
await run(library, ...paths)
const microseconds = (performance.now() - start) * 1000
delay?.disable()
const { user, system } = process.cpuUsage(cpu)
console.log(
  JSON.stringify({
    microseconds,
    cpu: user + system,
    maxRss: process.resourceUsage().maxRSS * 1024,
    delay: delay && { p99: delay.percentile(99) / 1e6, max: delay.max / 1e6 },
  }),
)
