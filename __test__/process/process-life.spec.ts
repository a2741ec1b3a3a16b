// Exit, workers, panics, other people's thread pools: each in a process of its own, which must end, and end well.
import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { DIST, hollowFile, names, node, scratch, scratchInMemory } from '../support/child.js'

const directory = scratchInMemory()
const at = (name: string): string => join(directory, name)
const large = hollowFile(at('large'), 4 * 2 ** 30)
fs.writeFileSync(at('small'), 'content')

/** What is neither source nor asked for. */
const leftovers = (): string[] => names(directory).filter((name) => !['large', 'small'].includes(name))

function clear(): void {
  for (const name of leftovers()) fs.rmSync(at(name), { recursive: true })
}

const SLOW = `{ sparse: 'never', reflink: 'never' }`

describe('the process', () => {
  test.each(['absent', 'existing'])(
    'ends at process.exit in the middle of a large copy, destination %s',
    (state) => {
      if (state === 'existing') fs.writeFileSync(at('copy'), 'old')
      const { status, signal, stdout, stderr } = node(
        `const slow = { ...${SLOW}, onProgress() {
         const start = performance.now()
         process.on('exit', () => fs.writeSync(1, String(performance.now() - start)))
         fs.writeSync(1, Date.now() + ' ')
         process.exit(7)
       } }
       await copyFile(args[0], args[1], slow)`,
        { args: [large, at('copy')] },
      )
      const [called, inside] = stdout.split(' ').map(Number)
      console.log(
        `process.exit: ${(Date.now() - (called ?? 0)).toFixed(0)} ms to its end, ${inside?.toFixed(1)} ms in listeners`,
      )
      expect({ status, signal, stderr }).toEqual({ status: 7, signal: null, stderr: '' })
      if (state === 'existing') expect(fs.readFileSync(at('copy'), 'utf8')).toBe('old')
      expect(leftovers().filter((name) => name.includes('.palfs-')).length).toBeLessThanOrEqual(1)
      clear()
    },
  )

  test('stays until its copies are done, and then ends by itself', () => {
    const { status, stdout } = node(
      `for (let i = 0; i < 10; i += 1) copyFile(args[0], args[1] + i).then(({ bytes }) => console.log(bytes))`,
      { args: [at('small'), at('copy')] },
    )
    expect({ status, stdout }).toEqual({ status: 0, stdout: '7\n'.repeat(10) })
    expect(leftovers()).toHaveLength(10)
    clear()
  })

  test('ends by itself when nothing was copied', () => {
    expect(node(`console.log(palfs.supported)`)).toMatchObject({ status: 0, stdout: 'true\n' })
  })

  test('that is told of an uncaught error ends with it, copy or not', () => {
    const { status, stderr } = node(
      `copyFile(args[0], args[1], ${SLOW})
       setTimeout(() => { throw new Error('mine') }, 20)`,
      { args: [large, at('copy')] },
    )
    expect(status).toBe(1)
    expect(stderr).toContain('Error: mine')
    clear()
  })
})

describe('other work of the process', () => {
  test('busy threads of libuv do not hold a copy up', () => {
    const { stdout } = node(
      `import { pbkdf2 } from 'node:crypto'
       const order = []
       const busy = new Promise((resolve) => pbkdf2('a', 'b', 1_000_000, 64, 'sha512', () => { order.push('libuv'); resolve() }))
       const copies = Promise.all([1, 2, 3].map((n) => copyFile(args[0], args[1] + n))).then(() => order.push('copies'))
       await Promise.all([busy, copies])
       console.log(order.join())`,
      { args: [at('small'), at('copy')], env: { UV_THREADPOOL_SIZE: '1' } },
    )
    expect(stdout).toBe('copies,libuv\n')
    clear()
  })

  test('four long copies hold neither fs nor dns nor a fifth copy up', () => {
    const { stdout, stderr } = node(
      `import dns from 'node:dns/promises'
       const order = []
       const controller = new AbortController()
       const slow = { ...${SLOW}, signal: controller.signal }
       const long = [1, 2, 3, 4].map((n) => copyFile(args[0], args[2] + n, slow).catch(() => order.push('long')))
       await Promise.all([
         fs.promises.readFile(args[1]).then(() => order.push('readFile')),
         dns.lookup('localhost').then(() => order.push('lookup')),
         copyFile(args[1], args[2]).then(() => order.push('copy')),
       ])
       controller.abort()
       await Promise.all(long)
       console.log(order.slice(0, 3).sort().join(), order.length)`,
      { args: [large, at('small'), at('copy')] },
    )
    expect({ stdout, stderr }).toEqual({ stdout: 'copy,lookup,readFile 7\n', stderr: '' })
    clear()
  })

  test('a thousand copies at once all arrive', () => {
    const { status, stdout } = node(
      `const results = await Promise.allSettled(Array.from({ length: 1000 }, (_, i) =>
         copyFile(i % 10 === 0 ? args[0] + '-absent' : args[0], args[1] + i)))
       console.log(results.filter(({ status }) => status === 'fulfilled').length)
       console.log(new Set(results.filter(({ reason }) => reason).map(({ reason }) => reason.dest)).size)`,
      { args: [at('small'), at('copy')] },
    )
    expect({ status, stdout }).toEqual({ status: 0, stdout: '900\n100\n' })
    clear()
  })

  test('loaded twice, as source and as build, the package still hears of every end', () => {
    const { status, stdout } = node(
      `const twin = await import(${JSON.stringify(DIST.replace('index.js', 'copy-file.js'))} + '?twin')
       const results = await Promise.all([copyFile(args[0], args[1] + 1), twin.copyFile(args[0], args[1] + 2)])
       console.log(results.map(({ bytes }) => bytes).join())`,
      { args: [at('small'), at('copy')] },
    )
    expect({ status, stdout }).toEqual({ status: 0, stdout: '7,7\n' })
    clear()
  })
})

describe('a system that gives no more threads', () => {
  const copies = `
    const results = await Promise.allSettled(Array.from({ length: 5 }, (_, i) => copyFile(args[0], args[1] + i)))
    console.log(results.map(({ value, reason }) => value?.bytes ?? reason.code).join())`

  /** Runs a copying child in which every clone3(2) from the nth on fails. */
  function starved(nth: number, source: string): { status: number | null; stdout: string; clones: number } {
    const log = join(directory, 'strace.log')
    const strace = [
      '-f',
      '-qq',
      '-e',
      'trace=clone3,clone',
      '-e',
      `inject=clone3,clone:error=EAGAIN:when=${nth}+`,
    ]
    const { status, stdout } = node(source, {
      args: [at('small'), at('copy')],
      through: ['strace', ...strace, '-o', log],
    })
    const clones = fs.readFileSync(log, 'utf8').match(/clone3?\(/g)?.length ?? 0
    return { status, stdout, clones }
  }

  test('copies on those there are, or on the calling thread where there is none', ({ skip }) => {
    if (spawnSync('strace', ['-V']).status !== 0) skip('strace(1) is not there')
    // The threads that Node itself makes before the first copy.
    const { clones } = starved(9999, 'process.exit(0)')
    for (const more of [1, 2])
      expect(starved(clones + more, copies)).toMatchObject({ status: 0, stdout: '7,7,7,7,7\n' })
    clear()
  })
})

test('a synchronous copy that was given up while the kernel held it frees what it took when it comes back', ({
  skip,
}) => {
  if (spawnSync('strace', ['-V']).status !== 0) skip('strace(1) is not there')
  const source = join(scratch(), 'source')
  fs.writeFileSync(source, Buffer.alloc(2 ** 20, 7))
  const delayed = ['-e', 'trace=copy_file_range', '-e', 'inject=copy_file_range:delay_enter=600000:when=1']
  const { stdout, stderr } = node(
    `const { binding } = await import(${JSON.stringify(DIST.replace('index.js', 'binding/binding.js'))})
     const controller = new AbortController()
     const options = { signal: controller.signal, onProgress() { controller.abort() } }
     try { copyFileSync(args[0], args[0] + '-1', options) } catch ({ code, pending }) { console.log(code, pending) }
     await new Promise((resolve) => setTimeout(resolve, 1500))
     const { native, waiting } = binding()
     console.log(waiting.filter((waits) => waits !== undefined).length, native.copyFile(args[0], args[0] + '-2', 0))`,
    {
      args: [source],
      env: { PALFS_METHODS: 'copy_file_range' },
      through: ['strace', '-f', '-qq', '-o', join(directory, 'strace.log'), ...delayed],
    },
  )
  expect({ stdout, stderr }).toEqual({ stdout: 'ABORT_ERR true\n0 0\n', stderr: '' })
  clear()
})

describe('workers', () => {
  const worker = (body: string): string =>
    `import { Worker } from 'node:worker_threads'
     const code = 'Promise.all([import(' + JSON.stringify(${JSON.stringify(DIST)}) + '), import("node:worker_threads")])' +
       '.then(([{ copyFile }, { parentPort, workerData: [src, dest] }]) => {' + ${JSON.stringify(body)} + '})'
     const start = (workerData) => new Worker(code, { eval: true, workerData })
     const ended = (worker) => new Promise((resolve) => worker.once('exit', resolve))`

  test('twenty, terminated in the middle of a copy, take nobody with them', () => {
    const body = `copyFile(src, dest, ${SLOW}); parentPort.postMessage('copying')`
    const { status, signal, stdout, stderr } = node(
      `${worker(body)}
       let slowest = 0
       await Promise.all(Array.from({ length: 20 }, async (_, n) => {
         const running = start([args[0], args[1] + n])
         await new Promise((resolve) => running.once('message', resolve))
         await new Promise((resolve) => setTimeout(resolve, (n * 7) % 30))
         const before = performance.now()
         await running.terminate()
         slowest = Math.max(slowest, performance.now() - before)
       }))
       const { bytes } = await copyFile(args[2], args[1])
       console.log('alive', bytes, slowest.toFixed(0))`,
      { args: [large, at('copy'), at('small')] },
    )
    expect({ status, signal, stderr }).toEqual({ status: 0, signal: null, stderr: '' })
    const [alive, bytes, slowest] = stdout.trim().split(' ')
    console.log(`worker.terminate: ${slowest} ms at most`)
    expect([alive, bytes]).toEqual(['alive', '7'])
    clear()
  })

  test('that load the package and end at once, in a process that never loads it itself', () => {
    const { status, signal } = node(
      `${worker(`copyFile(src, dest).then(() => process.exit(3))`)}
       const codes = await Promise.all(Array.from({ length: 8 }, (_, n) => ended(start([args[0], args[1] + n]))))
       process.exit(codes.every((code) => code === 3) ? 0 : 1)`,
      { args: [at('small'), at('copy')] },
    )
    expect({ status, signal }).toEqual({ status: 0, signal: null })
    clear()
  })

  test('copy as the main thread does', () => {
    const body = `copyFile(src, dest).then((result) => parentPort.postMessage(result.bytes))`
    const { status, stdout } = node(
      `${worker(body)}
       start([args[0], args[1]]).on('message', (bytes) => console.log(bytes))`,
      { args: [at('small'), at('copy')] },
    )
    expect({ status, stdout }).toEqual({ status: 0, stdout: '7\n' })
    clear()
  })
})

describe('a panic inside', () => {
  test('is an error with a code, sync and async, and the process lives', () => {
    const { status, stdout } = node(
      `const codes = []
       try { copyFileSync(args[0], args[1]) } catch ({ code }) { codes.push(code) }
       for (let i = 0; i < 40; i += 1) await copyFile(args[0], args[1]).catch(({ code }) => codes.push(code))
       try { copyFileSync(args[0], args[1], { onProgress() {} }) } catch ({ code }) { codes.push(code) }
       console.log(codes.length, [...new Set(codes)].join())`,
      { args: [at('small'), at('copy')], env: { PALFS_TEST_PANIC: '1' } },
    )
    expect({ status, stdout }).toEqual({ status: 0, stdout: '42 ERR_INTERNAL_PANIC\n' })
  })
})

test('PALFS_METHODS limits how a file is copied', () => {
  const source = join(scratch(), 'source')
  fs.writeFileSync(source, Buffer.alloc(100_000, 7))
  const { stdout } = node(`console.log(copyFileSync(args[0], args[0] + '-copy').method)`, {
    args: [source],
    env: { PALFS_METHODS: 'read_write' },
  })
  expect(stdout).toBe('read_write\n')
})
