// Processes that lack something: descriptors, threads, the proc filesystem, users.
import { chmodSync, chownSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import { expectContent, expectNothingTemporary, modeOf } from '../support/compare.js'
import { copying, copyingSync, runUnder, type Operation, type Run } from '../support/faults.js'
import { MIB, writeRandom } from '../support/files.js'
import { onFilesystems } from '../support/filesystems.js'
import { expectFallback } from '../support/fault-table.js'

const OPEN_FILES = 64

function opening(path: string, count: number): Operation[] {
  return Array.from({ length: count }, () => ({ from: 'node:fs', call: 'openSync', args: [path] }))
}

function opened(run: Run): number {
  return run.outcomes.filter(({ result }) => typeof result === 'number').length
}

onFilesystems(['ext4', 'xfs', 'tmpfs'], 'few free descriptors', ['root'], (test) => {
  test('the copy succeeds or is EMFILE, and then nothing has changed', async ({ dir }) => {
    const [from, warm, old, fresh] = [
      join(dir, 'from'),
      join(dir, 'warm'),
      join(dir, 'old'),
      join(dir, 'fresh'),
    ]
    const content = writeRandom(from, MIB)
    const first = copyingSync(from, warm)
    const room = opened(await runUnder({ openFiles: OPEN_FILES }, first, ...opening(from, OPEN_FILES)))
    expect(room).toBeGreaterThan(8)
    const seen: string[] = []
    for (const free of [0, 1, 2, 3, 4, 5, 6]) {
      writeFileSync(old, 'old')
      rmSync(fresh, { force: true })
      const operations = [
        first,
        ...opening(from, room - free),
        copyingSync(from, old),
        copyingSync(from, fresh),
      ]
      const { outcomes } = await runUnder({ openFiles: OPEN_FILES }, ...operations)
      const [replaced, made] = outcomes.slice(-2)
      seen.push(replaced?.error?.code ?? 'copied')
      if (replaced?.error === undefined) expectContent(old, content)
      else expect(readFileSync(old, 'utf8')).toBe('old')
      if (made?.error === undefined) expectContent(fresh, content)
      else expect([made.error.code, existsSync(fresh)]).toEqual(['EMFILE', false])
      expectNothingTemporary(dir)
    }
    expect(seen[0]).toBe('EMFILE')
    expect(seen.at(-1)).toBe('copied')
    expect(seen.filter((code) => code !== 'EMFILE' && code !== 'copied')).toEqual([])
  })
})

function countThreads({ trace }: Run): number {
  const main = trace[0]?.split(' ')[0] ?? ''
  return trace.filter((line) => line.startsWith(`${main} `)).length
}

onFilesystems(['ext4'], 'no more threads', ['root', 'strace'], (test) => {
  test('the promise settles: with a copy or with EAGAIN', async ({ dir }) => {
    const [from, to] = [join(dir, 'from'), join(dir, 'to')]
    const content = writeRandom(from, MIB)
    const first = copyingSync(from, join(dir, 'first'))
    // Node's own threads are counted first: without those it does not start.
    const own = countThreads(await runUnder({ trace: 'clone,clone3' }, first))
    const inject = [{ calls: 'clone,clone3', error: 'EAGAIN', when: `${own + 1}+` }]
    const run = await runUnder({ inject }, first, copying(from, to), copying(from, to))
    expect(run.hits, run.trace.join('\n')).toBeGreaterThan(0)
    for (const { error } of run.outcomes.slice(1)) {
      if (error === undefined) expectContent(to, content)
      else expect(error.code).toBe('EAGAIN')
    }
  })
})

onFilesystems(['ext4', 'xfs', 'tmpfs'], 'a bare container', ['root'], (test) => {
  test('without /proc files are copied and replaced', async ({ dir }) => {
    await expectFallback(dir, MIB + 1, { withoutProc: true })
    await expectFallback(
      dir,
      MIB + 1,
      { withoutProc: true },
      { options: { replace: 'atomic', durable: true } },
    )
    await expectFallback(dir, MIB + 1, { withoutProc: true }, { options: { preserve: 'all' } })
  })

  test('in a user namespace an unknown owner is not kept, and counted if asked for', async ({ dir }) => {
    const [from, to] = [join(dir, 'from'), join(dir, 'to')]
    const content = writeRandom(from, MIB)
    chownSync(from, 1234, 1234)
    chmodSync(from, 0o6755)
    const run = await runUnder(
      { userNamespace: true },
      copyingSync(from, to),
      copyingSync(from, to, { preserve: 'all' }),
    )
    expect(run.outcomes[0]).toMatchObject({ result: { files: 1 } })
    expect(run.outcomes[1]).toMatchObject({ result: { files: 1, unpreserved: { ownership: 1 } } })
    expectContent(to, content)
    expect(modeOf(to)).toBe('0755')
  })
})
