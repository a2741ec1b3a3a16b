// The package with little left of a limit while it works: the suite loads this in its place. Only the calls of the package
// find the limit reached; the programs that the suite starts beside them do not.
//
//   FREE_THREADS=N      so many threads can be started before RLIMIT_NPROC is reached
//   FREE_DESCRIPTORS=N  so many files can be opened before RLIMIT_NOFILE is reached
//   SYNC=1              the forms that end in Sync are called, on the calling thread
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync, readdirSync, readFileSync } from 'node:fs'
import { stat } from 'node:fs/promises'
import { pathToFileURL } from 'node:url'

const { REAL_PACKAGE, FREE_THREADS, FREE_DESCRIPTORS, SYNC } = process.env
const real = await import(pathToFileURL(REAL_PACKAGE).href)
/** More than any program needs that the suite starts. */
const ROOM = 200

const freeThreads = FREE_THREADS === undefined ? undefined : Number(FREE_THREADS)
const freeDescriptors = FREE_DESCRIPTORS === undefined ? undefined : Number(FREE_DESCRIPTORS)

async function limitThreads() {
  // Node's pool starts its four threads when it is first used: from then on their number stays.
  await Promise.all(Array.from({ length: 16 }, () => stat('/')))
  const [, count] = /^Threads:\s+(\d+)$/mu.exec(readFileSync('/proc/self/status', 'utf8'))
  limit('nproc', Number(count) + freeThreads + 1)
}

function limitDescriptors() {
  limit('nofile', readdirSync('/proc/self/fd').length + ROOM)
}

function limit(resource, value) {
  execFileSync('prlimit', ['--pid', String(process.pid), `--${resource}=${value}:${value}`])
}

if (freeThreads !== undefined) await limitThreads()
if (freeDescriptors !== undefined) limitDescriptors()

/** Takes the last process that this user may start; what it gives ends it and waits until it is gone. */
async function takeProcess() {
  if (freeThreads === undefined) return async () => {}
  const child = spawn('sleep', ['300'], { stdio: 'ignore' })
  await once(child, 'spawn')
  return async () => {
    const gone = once(child, 'exit')
    child.kill('SIGKILL')
    await gone
  }
}

/** Opens files until so many are left. */
function takeDescriptors() {
  const taken = []
  if (freeDescriptors === undefined) return () => {}
  try {
    for (;;) taken.push(openSync('/dev/null'))
  } catch (error) {
    if (error.code !== 'EMFILE') throw error
  }
  for (const fd of taken.splice(0, freeDescriptors)) closeSync(fd)
  return () => taken.forEach((fd) => closeSync(fd))
}

function limited(name, owner = real) {
  const call = owner[SYNC === '1' ? `${name}Sync` : name]
  return async (...args) => {
    const giveProcessBack = await takeProcess()
    const giveDescriptorsBack = takeDescriptors()
    try {
      return await call(...args)
    } finally {
      giveDescriptorsBack()
      await giveProcessBack()
    }
  }
}

const CALLS = ['copyFile', 'cp', 'move', 'rm', 'detectCapabilities']
export const [copyFile, cp, move, rm, detectCapabilities] = CALLS.map((name) => limited(name))
export const { detectCapabilitiesSync } = real

const XATTR_CALLS = ['get', 'list', 'set', 'remove']
export const xattr = {
  ...real.xattr,
  ...Object.fromEntries(XATTR_CALLS.map((name) => [name, limited(name, real.xattr)])),
}

export function createPlatformFilesystem() {
  const filesystem = real.createPlatformFilesystem()
  return { readdir: limited('readdir', filesystem) }
}
