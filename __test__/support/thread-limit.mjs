// What child-under-test.mjs calls where no thread can be made any more, in a process of an ordinary user: RLIMIT_NPROC does not bind root.
import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'

import { copyFile, copyFileSync, cp, cpSync, createPlatformFilesystem } from 'palfs'

/** From here on pthread_create(3) is EAGAIN. The threads that there are stay. */
export function forbidThreads() {
  execFileSync('prlimit', ['--nproc=1:1', '--pid', String(process.pid)])
}

/** How many threads palfs has. */
export function palfsThreads() {
  const names = readdirSync('/proc/self/task').map((task) =>
    readFileSync(`/proc/self/task/${task}/comm`, 'utf8'),
  )
  return names.filter((name) => name.trim() === 'palfs').length
}

/** The one thread that palfs will have is there. */
async function haveOneThread() {
  await createPlatformFilesystem().stat('/')
  forbidThreads()
}

/** The filter of a copy waits for copies that need a thread themselves. */
export async function filterCopies(src, dest, beside, { threads, sync }) {
  if (threads === 1) await haveOneThread()
  else forbidThreads()
  let copied = 0
  const filter = async () => {
    copied += 1
    await delay(1)
    if (sync) cpSync(beside, join(dest, `../sync-${copied}`), { recursive: true, filter: () => true })
    else
      await Promise.all([1, 2].map((n) => copyFile(join(beside, 'b-empty'), join(dest, `../${copied}-${n}`))))
    return true
  }
  const result = await cp(src, dest, { recursive: true, filter })
  return { ...result, copied, threads: palfsThreads() }
}

/** A copy waits in the queue of the only thread, which will wait for the filter of another. */
export async function queuedBehindFilter(src, dest, beside, { sync }) {
  await haveOneThread()
  let second
  const filter = async () => {
    second ??= sync
      ? copyFileSync(join(beside, 'a-file'), join(dest, '../second'), { onProgress: () => undefined })
      : copyFile(join(beside, 'a-file'), join(dest, '../second'))
    await second
    return true
  }
  const both = [1, 2].map((n) => cp(src, `${dest}-${n}`, { recursive: true, filter }))
  return { results: await Promise.all(both), threads: palfsThreads() }
}

/** The signal aborts while the filter is being asked. */
export async function filterAborts(src, dest, call) {
  forbidThreads()
  const controller = new AbortController()
  let asked = 0
  const filter = () => {
    asked += 1
    if (asked === 3) controller.abort()
    return true
  }
  const options = { recursive: true, filter, signal: controller.signal }
  try {
    return { result: await (call === 'cpSync' ? cpSync(src, dest, options) : cp(src, dest, options)) }
  } catch ({ name, code }) {
    return { name, code, asked, threads: palfsThreads() }
  }
}

/** Timers go on between the batches that a filter of promises decides. */
export async function timersGoOn(src, dest) {
  forbidThreads()
  let ticks = 0
  const timer = setInterval(() => (ticks += 1), 1)
  const progress = []
  const onProgress = ({ files }) => progress.push(files)
  const filter = () => delay(10).then(() => true)
  const result = await cp(src, dest, { recursive: true, filter, onProgress })
  clearInterval(timer)
  return { ...result, ticks, last: progress.at(-1), threads: palfsThreads() }
}
