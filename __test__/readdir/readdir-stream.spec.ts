// Directories of any size, a batch at a time.
import fs from 'node:fs'
import { join } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import { createPlatformFilesystem } from '../../src/index.js'
import { node, scratch, scratchInMemory } from '../support/child.js'

const palfs = createPlatformFilesystem()
const COUNT = 20_000
const dir = scratchInMemory()

beforeAll(() => {
  for (let index = 0; index < COUNT; index += 1) fs.writeFileSync(join(dir, `name-${index}`), '')
})

async function sizes(options?: { batch?: number }): Promise<number[]> {
  const lengths = []
  for await (const batch of palfs.readdirStream(dir, options)) lengths.push(batch.length)
  return lengths
}

test('batches are full but for the last, of 1,024 names or as many as were asked for', async () => {
  expect(await sizes()).toEqual([...Array<number>(19).fill(1024), COUNT - 19 * 1024])
  expect(await sizes({ batch: 7000 })).toEqual([7000, 7000, 6000])
  expect(await sizes({ batch: 10_000 })).toEqual([10_000, 10_000])
  expect(await sizes({ batch: Number.MAX_SAFE_INTEGER })).toEqual([COUNT])
})

test('every name comes once, with what was asked for', async () => {
  const seen = new Map<string, bigint>()
  for await (const batch of palfs.readdirStream(dir, { stats: true, bigint: true, batch: 100 })) {
    for (const { name, stats } of batch) seen.set(name, stats.inode)
  }
  expect(seen.size).toBe(COUNT)
  for (const name of ['name-0', 'name-19999']) {
    expect(seen.get(name)).toBe(fs.lstatSync(join(dir, name), { bigint: true }).ino)
  }
  for await (const [first] of palfs.readdirStream(dir, { encoding: 'buffer', batch: 1 })) {
    expect(first?.name).toBeInstanceOf(Buffer)
    break
  }
})

test('an empty directory has no batch', async () => {
  expect(await palfs.readdirStream(scratch()).next()).toEqual({ value: undefined, done: true })
})

test('a failure is of the first step, and the last of the stream', async () => {
  const stream = palfs.readdirStream(join(dir, 'absent'))
  await expect(stream.next()).rejects.toMatchObject({
    code: 'ENOENT',
    syscall: 'opendir',
    path: join(dir, 'absent'),
  })
  expect(await stream.next()).toEqual({ value: undefined, done: true })
  for (const [path, options, code] of [
    [7, undefined, 'ERR_INVALID_ARG_TYPE'],
    [dir, { batch: 0 }, 'ERR_OUT_OF_RANGE'],
    [dir, { batch: 1.5 }, 'ERR_OUT_OF_RANGE'],
    [dir, null, 'ERR_INVALID_ARG_TYPE'],
  ] as const) {
    await expect(palfs.readdirStream(path as never, options as never).next()).rejects.toMatchObject({ code })
  }
})

test('steps that are asked for at once come in their order', async () => {
  const stream = palfs.readdirStream(dir, { batch: 9000 })
  const steps = await Promise.all([stream.next(), stream.next(), stream.next(), stream.next()])
  expect(steps.map(({ value, done }) => [value?.length, done])).toEqual([
    [9000, false],
    [9000, false],
    [2000, false],
    [undefined, true],
  ])
})

test('a path that is changed after the call is not looked at again', async () => {
  const path = Buffer.from(dir)
  const stream = palfs.readdirStream(path)
  path.fill(0x2e)
  expect((await stream.next()).value?.length).toBe(1024)
  await stream.return()
})

/** Counts open directories in a child, before and after. */
function openDirectories(body: string, flags: string[] = []): string {
  const { stdout, stderr } = node(
    `const fs_ = palfs.createPlatformFilesystem()
     const pause = () => new Promise((resolve) => setTimeout(resolve, 20))
     const count = () => fs.readdirSync('/dev/fd').length
     await fs_.readdir(args[0])
     const before = count()
     ${body}`,
    { args: [dir], flags },
  )
  expect(stderr).toBe('')
  return stdout
}

test('the directory is closed when the loop is left, by break, by an error, or by return()', () => {
  const body = `
    const opened = []
    for await (const batch of fs_.readdirStream(args[0])) { opened.push(count() - before); break }
    await (async () => { for await (const batch of fs_.readdirStream(args[0])) throw new Error('mine') })().catch(() => 0)
    const stream = fs_.readdirStream(args[0])
    await stream.next()
    const pending = stream.next()
    await stream.return()
    await pending
    for await (const batch of fs_.readdirStream(args[0]));
    console.log(opened.join(), count() - before)`
  expect(openDirectories(body)).toBe('1 0\n')
})

test('a stream that is dropped half-way is closed when it is collected', () => {
  const body = `
    await (async () => { for (let index = 0; index < 20; index += 1) await fs_.readdirStream(args[0]).next() })()
    const opened = count() - before
    for (let round = 0; round < 100 && count() > before; round += 1) { gc(); await pause() }
    console.log(opened > 0, count() - before)`
  expect(openDirectories(body, ['--expose-gc'])).toBe('true 0\n')
})

test('memory does not grow with the directory', () => {
  const body = `
    for await (const batch of fs_.readdirStream(args[0], { stats: true })) { gc() }
    gc()
    const { heapUsed } = process.memoryUsage()
    let most = 0
    for await (const batch of fs_.readdirStream(args[0], { stats: true })) {
      gc()
      most = Math.max(most, process.memoryUsage().heapUsed - heapUsed)
    }
    console.log(most < 2_000_000)`
  expect(openDirectories(body, ['--expose-gc'])).toBe('true\n')
})
