// Copies that the kernel holds for as long as it likes: a frozen filesystem. What else the process does goes on.
// The subject is a child process; the filesystem is thawed whatever happens.
import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, expect } from 'vitest'
import { expectContent } from '../support/compare.js'
import { MIB, writeRandom } from '../support/files.js'
import { scratch, whenRoot } from '../support/filesystems.js'
import { mountImage, run, unmountBelow } from '../support/mounts.js'

interface Subject {
  readonly child: ChildProcessWithoutNullStreams
  /** The next line that the subject tells. */
  readonly next: () => Promise<Record<string, unknown>>
  /** Its exit code, once every thread has ended. */
  readonly ended: Promise<unknown>
}

interface Copying {
  readonly call: 'copyFile' | 'cp'
  /** What is copied, below the directory of the source, and where its file arrives, below the copy. */
  readonly from: string
  readonly arrives: string
}

const COPYING: readonly Copying[] = [
  { call: 'copyFile', from: 'file', arrives: '' },
  { call: 'cp', from: '', arrives: 'file' },
]

whenRoot('a frozen filesystem', (test) => {
  const [healthy, tree] = [join(scratch, 'thawed'), join(scratch, 'thawed-tree')]
  const source = join(tree, 'file')
  let frozen = ''
  let isFrozen = false
  let content: Buffer = Buffer.alloc(0)

  beforeAll(() => {
    frozen = mountImage(scratch, 'frozen', 128, ['mkfs.ext4', '-q', '-F'])
    mkdirSync(healthy)
    mkdirSync(tree)
    content = writeRandom(source, MIB)
  })
  afterEach(() => {
    thaw()
    for (const name of readdirSync(frozen)) if (name !== 'lost+found') run('rm', '-r', join(frozen, name))
  })
  afterAll(() => {
    thaw()
    unmountBelow(frozen)
  })

  function freeze(): void {
    run('sync', '-f', frozen)
    run('fsfreeze', '-f', frozen)
    isFrozen = true
  }

  function thaw(): void {
    if (isFrozen) run('fsfreeze', '-u', frozen)
    isFrozen = false
  }

  function start(scenario: 'healthy' | 'abort' | 'exit', { call, from }: Copying): Subject {
    const script = join(import.meta.dirname, '../support/frozen-filesystem-child.mjs')
    const args = [scenario, call, join(tree, from), source, frozen, healthy]
    const child = spawn(process.execPath, [script, ...args])
    const lines = createInterface(child.stdout)[Symbol.asyncIterator]()
    child.stderr.pipe(process.stderr)
    const next = async (): Promise<Record<string, unknown>> => {
      const { value } = await lines.next()
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- frozen-filesystem-child.mjs wrote it
      return JSON.parse(value ?? '{}') as Record<string, unknown>
    }
    return { child, next, ended: once(child, 'exit').then(([code]: unknown[]) => code) }
  }

  for (const copying of COPYING) {
    test(`holds four copies by ${copying.call}, and neither fs.readFile, dns.lookup nor another copy`, async () => {
      freeze()
      const subject = start('healthy', copying)
      const done = await subject.next()
      // That this line came at all is the proof: nothing thaws before it.
      expect(isFrozen).toBe(true)
      expect(done).toMatchObject({
        read: expect.any(Number),
        dns: expect.any(Number),
        copy: expect.any(Number),
      })
      console.log(`Beside four frozen copies, in ms: ${JSON.stringify(done)}`)
      expectContent(join(healthy, 'copy'), content)
      thaw()
      expect(await subject.next()).toEqual({ copied: [MIB, MIB, MIB, MIB] })
      expect(await subject.ended).toBe(0)
      for (const n of [1, 2, 3, 4]) expectContent(join(frozen, `copy-${n}`, copying.arrives), content)
    })

    test(`an abort of ${copying.call} rejects at once, says that work is pending, and it is cleaned up after the thaw`, async () => {
      freeze()
      const subject = start('abort', copying)
      const { errors } = await subject.next()
      expect(isFrozen).toBe(true)
      expect(errors).toHaveLength(4)
      expect(errors).toContainEqual({ name: 'AbortError', code: 'ABORT_ERR', pending: true, cause: 'enough' })
      for (const error of Array.isArray(errors) ? errors : []) {
        expect(error).toMatchObject({ name: 'AbortError', code: 'ABORT_ERR', cause: 'enough' })
      }
      thaw()
      expect(await subject.ended).toBe(0)
      // Directories that were made stay, as after any copy of a tree that is given up.
      expect(run('find', frozen, '-type', 'f')).toBe('')
      if (copying.call === 'copyFile') expect(readdirSync(frozen)).toEqual(['lost+found'])
    })

    test(`process.exit does not wait for ${copying.call}`, async () => {
      freeze()
      const subject = start('exit', copying)
      expect(await subject.next()).toEqual({ exiting: true })
      // The main thread has ended; the kernel reports the process only when it lets the held threads go.
      await untilZombie(subject.child.pid)
      expect(isFrozen).toBe(true)
      thaw()
      expect(await subject.ended).toBe(7)
    })
  }
})

/** Waits until the process's main thread has ended; the test's own time limit is the deadline. */
async function untilZombie(pid: number | undefined): Promise<void> {
  while (!/^State:\tZ/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))) await delay(5)
}
