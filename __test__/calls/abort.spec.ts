// Giving up: before, during, after, and in the sync form. The signal stays the caller's.
import { getEventListeners } from 'node:events'
import fs from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { afterEach, describe, expect, test } from 'vitest'
import { copyFile, copyFileSync, cp, cpSync, move, rm, type CopyFileOptions } from '../../src/index.js'
import { hollowFile, names, node, scratch, scratchInMemory } from '../support/child.js'

const directory = scratchInMemory()
const at = (name: string): string => join(directory, name)
const large = hollowFile(at('large'), 4 * 2 ** 30)
fs.writeFileSync(at('small'), 'content')

/** Writes every byte: seconds of work. */
const slow: CopyFileOptions = { sparse: 'never', reflink: 'never' }

const settled = (promise: Promise<unknown>): Promise<unknown> => promise.catch((error: unknown) => error)

afterEach(() => {
  for (const name of names(directory)) {
    if (name !== 'large' && name !== 'small') fs.unlinkSync(at(name))
  }
})

/** Resolves when the copy is known to be moving bytes. */
function running(start: (onProgress: NonNullable<CopyFileOptions['onProgress']>) => void): Promise<void> {
  return new Promise((resolve) => {
    start(({ bytes }) => {
      if (bytes > 0) resolve()
    })
  })
}

describe('a signal that has aborted already', () => {
  test('no system call is made: the missing source is not even noticed', async () => {
    const reason = new Error('mine')
    const signal = AbortSignal.abort(reason)
    const error = await settled(copyFile(at('absent'), at('copy'), { signal }))
    expect(error).toMatchObject({
      name: 'AbortError',
      code: 'ABORT_ERR',
      message: 'The operation was aborted',
    })
    expect(Object(error)).toHaveProperty('cause', reason)
    expect(error).not.toHaveProperty('pending')
    expect(() => copyFileSync(at('absent'), at('copy'), { signal })).toThrow('The operation was aborted')
  })

  test('the error is the one of node:fs', async () => {
    const signal = AbortSignal.abort()
    const oracle = await settled(fs.promises.readFile(at('small'), { signal }))
    const error = await settled(copyFile(at('small'), at('copy'), { signal }))
    const describeError = (value: unknown): unknown => {
      const { name, message, code, cause } = value as Error & { code: string }
      return { name, message, code, cause }
    }
    expect(describeError(error)).toEqual(describeError(oracle))
  })
})

describe('a signal that aborts while bytes are moving', () => {
  test('rejects with an AbortError once nothing of the copy is left', async () => {
    const controller = new AbortController()
    const { signal } = controller
    let promise: Promise<unknown> | undefined
    await running((onProgress) => {
      promise = settled(copyFile(large, at('copy'), { ...slow, signal, onProgress }))
    })
    const reason = { why: 'changed my mind' }
    const before = performance.now()
    controller.abort(reason)
    const error = await promise
    console.log(`abort of a running copy settled after ${(performance.now() - before).toFixed(1)} ms`)
    expect(error).toMatchObject({ name: 'AbortError', code: 'ABORT_ERR', cause: reason })
    expect(error).not.toHaveProperty('pending')
    expect(names(directory)).toEqual(['large', 'small'])
    expect(getEventListeners(signal, 'abort')).toEqual([])
  })

  test('an existing destination is there still', async () => {
    fs.writeFileSync(at('copy'), 'old')
    const controller = new AbortController()
    let promise: Promise<unknown> | undefined
    await running((onProgress) => {
      promise = settled(copyFile(large, at('copy'), { ...slow, signal: controller.signal, onProgress }))
    })
    controller.abort()
    expect(await promise).toMatchObject({ name: 'AbortError' })
    expect(fs.readFileSync(at('copy'), 'utf8')).toBe('old')
    expect(names(directory)).toEqual(['copy', 'large', 'small'])
  })

  test('in the same tick as the call', async () => {
    const controller = new AbortController()
    const promise = copyFile(large, at('copy'), { ...slow, signal: controller.signal })
    controller.abort()
    expect(await settled(promise)).toMatchObject({ name: 'AbortError' })
    expect(names(directory)).toEqual(['large', 'small'])
  })

  test('although another listener keeps the event from those after it', async () => {
    const controller = new AbortController()
    controller.signal.addEventListener('abort', (event) => {
      event.stopImmediatePropagation()
    })
    const promise = settled(copyFile(large, at('copy'), { ...slow, signal: controller.signal }))
    controller.abort()
    expect(await promise).toMatchObject({ name: 'AbortError' })
  })

  test('is not called pending because this thread was busy when the copy had stopped', async () => {
    const controller = new AbortController()
    const promise = settled(copyFile(large, at('copy'), { ...slow, signal: controller.signal }))
    await delay(20)
    // After which come timers, and only then what has ended.
    await new Promise(setImmediate)
    controller.abort()
    const busyUntil = performance.now() + 500
    while (performance.now() < busyUntil);
    const error = await promise
    expect(error).toMatchObject({ name: 'AbortError' })
    expect(error).not.toHaveProperty('pending')
  })

  test('by a timeout', async () => {
    const error = await settled(copyFile(large, at('copy'), { ...slow, signal: AbortSignal.timeout(20) }))
    expect(error).toMatchObject({ name: 'AbortError', cause: { name: 'TimeoutError' } })
  })

  test('in the sync form, from onProgress', () => {
    const controller = new AbortController()
    const copy = (): unknown =>
      copyFileSync(large, at('copy'), {
        ...slow,
        signal: controller.signal,
        onProgress: () => controller.abort(),
      })
    expect(copy).toThrow(expect.objectContaining({ name: 'AbortError', code: 'ABORT_ERR' }))
    expect(names(directory)).toEqual(['large', 'small'])
  })
})

describe('a signal that aborts when all is done, and the promise is still pending', () => {
  const ABORTED = { name: 'AbortError', code: 'ABORT_ERR' }
  type Follow = Pick<CopyFileOptions, 'signal' | 'onProgress'>
  const OPERATIONS: Readonly<Record<string, (follow: Follow) => Promise<unknown>>> = {
    copyFile: (follow) => copyFile(at('small'), at('copy'), follow),
    cp: (follow) => cp(at('small'), at('copy'), follow),
    move: (follow) => {
      fs.writeFileSync(at('moved'), 'content')
      return move(at('moved'), at('copy'), follow)
    },
    rm: (follow) => {
      fs.writeFileSync(at('removed'), 'content')
      return rm(at('removed'), follow)
    },
  }
  for (const [name, operation] of Object.entries(OPERATIONS)) {
    test(`${name} rejects: this thread was busy until the workers had ended`, async () => {
      const controller = new AbortController()
      const promise = settled(operation({ signal: controller.signal }))
      const busyUntil = performance.now() + 300
      while (performance.now() < busyUntil);
      controller.abort(new Error('late'))
      expect(await promise).toMatchObject({ ...ABORTED, cause: { message: 'late' } })
      expect(await promise).not.toHaveProperty('pending')
      expect(getEventListeners(controller.signal, 'abort')).toEqual([])
    })

    test(`${name} rejects: in the microtask after the last worker ended`, async () => {
      const controller = new AbortController()
      const { signal } = controller
      const promise = operation({ signal, onProgress: () => queueMicrotask(() => controller.abort()) })
      expect(await settled(promise)).toMatchObject(ABORTED)
    })

    test(`${name} rejects: in the last call of onProgress`, async () => {
      const controller = new AbortController()
      const promise = operation({ signal: controller.signal, onProgress: () => controller.abort() })
      expect(await settled(promise)).toMatchObject(ABORTED)
    })
  }

  test('in the sync forms, too, and what is complete stays', () => {
    for (const copy of [copyFileSync, cpSync]) {
      const controller = new AbortController()
      const follow = { signal: controller.signal, onProgress: () => controller.abort() }
      expect(() => copy(at('small'), at('copy'), follow)).toThrow(expect.objectContaining(ABORTED))
      expect(fs.readFileSync(at('copy'), 'utf8')).toBe('content')
    }
  })

  test('an error of the operation is what it rejects with all the same', async () => {
    const controller = new AbortController()
    const promise = settled(copyFile(at('absent'), at('copy'), { signal: controller.signal }))
    const busyUntil = performance.now() + 300
    while (performance.now() < busyUntil);
    controller.abort()
    expect(await promise).toMatchObject({ code: 'ENOENT' })
  })
})

describe('one signal', () => {
  test('over three copies, the first of which is done: the others are cancelled', async () => {
    const controller = new AbortController()
    const { signal } = controller
    expect(await copyFile(at('small'), at('first'), { signal })).toMatchObject({ bytes: 7 })
    const others: Promise<unknown>[] = []
    await running((onProgress) => {
      others.push(settled(copyFile(large, at('second'), { ...slow, signal, onProgress })))
      others.push(settled(copyFile(large, at('third'), { ...slow, signal })))
    })
    controller.abort()
    expect(await Promise.all(others)).toMatchObject([{ name: 'AbortError' }, { name: 'AbortError' }])
    expect(names(directory)).toEqual(['first', 'large', 'small'])
  })

  test('over more operations than Node takes for a leak: no warning', () => {
    const { stdout, stderr } = node(
      `const { signal } = new AbortController()
       const [directory] = args
       fs.writeFileSync(directory + '/a', 'content')
       await Promise.all(Array.from({ length: 30 }, (_, index) =>
         copyFile(directory + '/a', directory + '/' + index, { signal })))
       const { getEventListeners } = await import('node:events')
       console.log(getEventListeners(signal, 'abort').length)`,
      { args: [scratch()] },
    )
    expect({ stdout, stderr }).toEqual({ stdout: '0\n', stderr: '' })
  })

  test('keeps its own onabort, and no listener of ours after the end', async () => {
    const controller = new AbortController()
    const { signal } = controller
    let called = 0
    const onabort = (): void => {
      called += 1
    }
    signal.onabort = onabort
    await copyFile(at('small'), at('copy'), { signal })
    await settled(copyFile(at('absent'), at('copy'), { signal }))
    expect(signal.onabort).toBe(onabort)
    expect(getEventListeners(signal, 'abort').length).toBeLessThanOrEqual(1)
    controller.abort()
    expect(called).toBe(1)
  })

  test('that aborts after the end changes nothing', async () => {
    const controller = new AbortController()
    const result = await copyFile(at('small'), at('copy'), { signal: controller.signal })
    controller.abort()
    expect(result.bytes).toBe(7)
    expect(fs.readFileSync(at('copy'), 'utf8')).toBe('content')
  })
})

describe("a signal of the caller's own make", () => {
  const mine = new Error('mine')
  const toss = (): never => {
    throw mine
  }
  const made = (parts: object): AbortSignal =>
    Object.defineProperties(
      { aborted: false, addEventListener() {}, removeEventListener() {} },
      Object.getOwnPropertyDescriptors(parts),
    ) as unknown as AbortSignal

  test.for([
    ['listened to', { addEventListener: toss }],
    ['left', { removeEventListener: toss }],
  ] as const)('that throws when it is %s ends that call, and no other', async ([, parts]) => {
    const others = Array.from({ length: 20 }, (_, index) => copyFile(at('small'), at(`other-${index}`)))
    expect(await settled(copyFile(at('small'), at('copy'), { signal: made(parts) }))).toBe(mine)
    await Promise.all(others)
  })

  test('that throws when it is listened to stops the copy', async () => {
    const signal = made({ addEventListener: toss })
    expect(await settled(copyFile(large, at('copy'), { ...slow, signal }))).toBe(mine)
    await delay(100)
    expect(names(directory)).toEqual(['large', 'small'])
  })

  test('that throws when it is asked for its reason gives that as the cause', async () => {
    let abort: (() => void) | undefined
    const addEventListener = (_: string, listener: () => void): void => {
      abort = listener
    }
    const signal = made({
      addEventListener,
      get reason() {
        return toss()
      },
    })
    const copy = settled(copyFile(large, at('copy'), { ...slow, signal }))
    abort?.()
    expect(await copy).toMatchObject({ code: 'ABORT_ERR', cause: mine })
  })
})
