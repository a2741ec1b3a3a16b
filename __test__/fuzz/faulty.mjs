// A module with every fault that the fuzzer looks for.
import fs from 'node:fs'
import { Worker } from 'node:worker_threads'

export { copyFile, isFsError } from '../../dist/index.js'

const mistake = () => {
  throw new Error('mistake')
}

export async function fine() {}
export function fineSync() {}

export function throwsAtOnce() {
  throw new TypeError('at once')
}
export function throwsAtOnceSync() {}

export async function throwsAnything() {
  mistake()
}

let opened = 0
export function leavesOpen() {
  if (opened < 3) fs.openSync('source')
  opened += 1
}

export function leavesTemporary() {
  fs.writeFileSync('.palfs-left', '')
}

export async function neverSettles() {
  await new Promise(() => {})
}

export async function leavesRejection() {
  void Promise.reject(new Error('mistake'))
  await new Promise((resolve) => setImmediate(resolve))
}

let stalled = false
export async function stallsLater() {
  await new Promise((resolve) => setImmediate(resolve))
  const end = Date.now() + (stalled ? 0 : 300)
  stalled = true
  while (Date.now() < end);
}
export function stallsLaterSync() {}

export function givesNoPromise() {}
export function givesNoPromiseSync() {}

export function reachesOut() {
  fs.writeFileSync('../bystander/file', 'touched')
}

export const things = { method: mistake }

export function createThing() {
  return { method: () => mistake() }
}

export class Thing {
  method() {
    mistake()
  }
}

export function looksAtOption(_, options) {
  if (typeof options === 'object' && options !== null && typeof options.deep === 'number') mistake()
}

export function crashes(value) {
  if (typeof value === 'bigint') process.abort()
}

let workers = 0
export function startsThreads() {
  workers += 1
  if (workers < 4) new Worker('setInterval(() => {}, 1000)', { eval: true }).unref()
}
