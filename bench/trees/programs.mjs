// Runs one copy or removal of a tree in a process of its own, and says how long it took.

import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { NODE_26 } from '../rivals.mjs'

const here = (name) => fileURLToPath(new URL(name, import.meta.url))
const TICK_MICROSECONDS = 10_000
const FLOOR = here('../results/tree-floor')
const RUN_ONE = here('./run-one.mjs')

/** Where each program is; undefined where it is not installed. */
const PROGRAMS = {
  node: process.execPath,
  'Node 26': NODE_26,
  Bun: installed('../rivals/node_modules/@oven/bun-linux-x64/bin/bun'),
  cpz: installed('../rivals/cargo/bin/cpz'),
  rmz: installed('../rivals/cargo/bin/rmz'),
  xcp: installed('../rivals/cargo/bin/xcp'),
  cp: 'cp',
  rm: 'rm',
}

/** The command that installs what is missing. */
const INSTALL = {
  'Node 26': 'npm ci --prefix bench/node26',
  Bun: 'npm ci --prefix bench/rivals',
  libraries: 'npm ci --prefix bench/rivals',
  cpz: 'bash bench/rivals/install-crates.sh',
  rmz: 'bash bench/rivals/install-crates.sh',
  xcp: 'bash bench/rivals/install-crates.sh',
}
const LIBRARIES = existsSync(here('../rivals/node_modules/fs-extra'))

/**
 * A contender that is one run of run-one.mjs under `program`, timed inside the process; where that, or a library of
 * bench/rivals, is not installed, it has `missing` instead: the command that installs it.
 */
export function inNode(program, name, paths, { label = name, library = false, delay = false } = {}) {
  const path = PROGRAMS[program]
  if (path === undefined) return { name: label, missing: INSTALL[program] }
  if (library && !LIBRARIES) return { name: label, missing: INSTALL.libraries }
  return { name: label, run: () => runOne(name, paths, path, delay) }
}

/** What run-one.mjs says. */
export function runOne(name, paths, program = process.execPath, delay = false) {
  const args = [...(delay ? ['--delay'] : []), name, ...paths]
  // At real-time priority the threads of a copy would never let the event loop have a turn.
  return JSON.parse(run(program, [RUN_ONE, ...args], realtime && !delay))
}

/** A contender that is a command, its start (one to three milliseconds) included. */
export function tool(name, program, args) {
  const path = PROGRAMS[program]
  return path === undefined ? { name, missing: INSTALL[program] } : { name, run: () => command(path, args) }
}

/** Compiles the C program with the plain loops. */
export function buildTreeFloor() {
  execFileSync('cc', ['-O2', '-Wall', '-o', FLOOR, here('../tree-floor.c'), '-lpthread'], {
    stdio: 'inherit',
  })
}

/** One run of the C program; timed inside the process. */
export function treeFloor(args, src, dest) {
  return timed(() => ({ microseconds: Number(run(FLOOR, [...args, src, dest])) / 1000 }))
}

function command(path, args) {
  return timed(() => {
    const start = performance.now()
    run(path, args)
    return { microseconds: (performance.now() - start) * 1000 }
  })
}

function timed(work) {
  const before = childrenTicks()
  const sample = work()
  return { ...sample, cpu: (childrenTicks() - before) * TICK_MICROSECONDS }
}

/** Processor time of the children that have ended, in ticks; after the name, which may hold spaces, 14th and 15th. */
function childrenTicks() {
  const fields = readFileSync('/proc/self/stat', 'latin1').split(') ').at(-1).split(' ')
  return Number(fields[13]) + Number(fields[14])
}

/** Whether contenders run at real-time priority, so that what else the machine does hardly counts. */
let realtime = false

/** From here on they do; chrt(1) of util-linux sees to it. */
export function runInRealtime() {
  realtime = true
}

function run(program, args, first = realtime) {
  const [path, ...rest] = first ? ['chrt', '-f', '1', program, ...args] : [program, ...args]
  return execFileSync(path, rest, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] })
}

function installed(name) {
  return existsSync(here(name)) ? here(name) : undefined
}
