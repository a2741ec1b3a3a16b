// The filter of cp: whom it is asked about, in which order, with which words, and what its answers do.
import fs from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { copyFileSync, cp, cpSync, type CpOptions } from '../../src/index.js'
import { node, scratchInMemory } from '../support/child.js'
import { below, manyFiles } from '../support/many-files.js'

const place = scratchInMemory()
const src = join(place, 'from')
const dest = join(place, 'to')

type Filter = NonNullable<CpOptions['filter']>
type Copy = (options: CpOptions) => Promise<unknown>

const FORMS: readonly (readonly [string, Copy])[] = [
  ['cp', (options) => cp(src, dest, { recursive: true, ...options })],
  [
    'cpSync',
    async (options) => {
      const filter = options.filter as ((from: string, to: string) => boolean) | undefined
      return Promise.resolve(cpSync(src, dest, { recursive: true, ...options, filter }))
    },
  ],
]

beforeEach(() => {
  fs.mkdirSync(src)
  fs.mkdirSync(join(src, 'sub/deep'), { recursive: true })
  for (const name of ['a', 'b', 'sub/c', 'sub/deep/d']) fs.writeFileSync(join(src, name), name)
})

afterEach(() => {
  for (const path of [src, dest]) fs.rmSync(path, { recursive: true, force: true })
})

describe.each(FORMS)('the filter of %s', (name, copy) => {
  test('is asked once about each entry, the root first, a directory before its content', async () => {
    const asked: [string, string][] = []
    await copy({ filter: (from, to) => Boolean(asked.push([from, to])) })
    const sources = asked.map(([from]) => from)
    expect(asked[0]).toEqual([src, dest])
    expect(sources.toSorted()).toEqual([src, ...below(src).map((path) => join(src, path))].toSorted())
    for (const [from, to] of asked) {
      expect(to).toBe(from.replace(src, dest))
      if (from !== src) expect(sources.indexOf(dirname(from))).toBeLessThan(sources.indexOf(from))
    }
    expect(below(dest)).toEqual(below(src))
  })

  test('leaves out what it says no to; a directory with all that is in it, unasked', async () => {
    const asked: string[] = []
    const filter = (from: string): boolean => {
      asked.push(basename(from))
      return !['b', 'sub'].includes(basename(from))
    }
    expect(await copy({ filter })).toMatchObject({ files: 1, directories: 1, skipped: 2 })
    expect(below(dest)).toEqual(['a'])
    expect(asked.toSorted()).toEqual(['a', 'b', 'from', 'sub'])
  })

  test('that says no to the root copies nothing and makes no directory', async () => {
    expect(await copy({ filter: () => false })).toMatchObject({ files: 0, directories: 0, skipped: 1 })
    expect(fs.existsSync(dest)).toBe(false)
  })

  test.each([1, 'yes', {}, [], -1, 0, '', null, undefined, Number.NaN])(
    'takes %j as a yes or a no',
    async (value) => {
      const answer = ((from: string) => (from.endsWith('/a') ? value : true)) as unknown as Filter
      await copy({ filter: answer })
      expect(below(dest).includes('a')).toBe(Boolean(value))
    },
  )

  test('is called with two strings and nothing else', async () => {
    const argumentLists: unknown[][] = []
    await copy({ filter: (...args: unknown[]) => Boolean(argumentLists.push(args)) })
    expect(
      argumentLists.every((args) => args.length === 2 && args.every((arg) => typeof arg === 'string')),
    ).toBe(true)
  })

  test('ends the copy by a throw, which is what is thrown then', async () => {
    const reason = { not: 'even an Error' }
    const filter = (from: string): boolean => {
      if (from.endsWith('/c')) throw reason
      return true
    }
    const error: unknown = await copy({ filter }).catch((thrown: unknown) => thrown)
    expect(error).toBe(reason)
    expect(fs.existsSync(join(dest, 'sub/c'))).toBe(false)
  })

  test('may itself copy', async () => {
    const filter = (from: string, to: string): boolean => {
      if (from.endsWith('/a')) copyFileSync(from, join(place, 'extra'))
      return to.length > 0
    }
    expect(await copy({ filter })).toMatchObject({ files: 4, directories: 3 })
    expect(fs.readFileSync(join(place, 'extra'), 'utf8')).toBe('a')
    fs.unlinkSync(join(place, 'extra'))
  })

  test('sees names that are not UTF-8 with U+FFFD, and they are copied by their bytes', async () => {
    const bytes = Buffer.from([0x78, 0xff, 0xfe, 0x79])
    const odd = Buffer.concat([Buffer.from(`${src}/`), bytes])
    fs.writeFileSync(odd, 'odd')
    const asked: string[] = []
    await copy({ filter: (from) => Boolean(asked.push(basename(from))) })
    expect(asked).toContain('x\u{fffd}\u{fffd}y')
    expect(fs.readFileSync(Buffer.concat([Buffer.from(`${dest}/`), bytes]), 'utf8')).toBe('odd')
  })

  test('is asked about every one of many entries, and only those that it takes are copied', async () => {
    fs.rmSync(src, { recursive: true })
    manyFiles(src, 20, 200)
    let asked = 0
    const filter = (from: string): boolean => {
      asked += 1
      return !from.endsWith('7')
    }
    await copy({ filter })
    expect(below(dest)).toEqual(below(src).filter((path) => !/7(\/|$)/.test(path)))
    // Directories 7 and 17 are not entered.
    expect(asked).toBe(1 + 20 + 18 * 200)
  })

  test('does not see what a directory holds that is not there without `recursive`', async () => {
    const asked: string[] = []
    const filter = (from: string): boolean => Boolean(asked.push(from))
    await expect(copy({ recursive: false, filter })).rejects.toMatchObject({ code: 'ERR_FS_EISDIR' })
    expect(asked).toEqual([src])
  })

  test(`is no longer asked when ${name} is aborted from within`, async () => {
    const controller = new AbortController()
    let after = 0
    const filter = (from: string): boolean => {
      if (controller.signal.aborted && from.includes('/deep')) after += 1
      if (from.endsWith('/sub')) controller.abort(new Error('enough'))
      return true
    }
    await expect(copy({ filter, signal: controller.signal })).rejects.toMatchObject({
      name: 'AbortError',
      cause: { message: 'enough' },
    })
    expect(after).toBe(0)
  })
})

describe('strings as path.join makes them', () => {
  test.each([
    ['with dots and double slashes', `${place}/./from/..//from`, `${place}//to/`],
    ['with a slash at the end', `${src}/`, `${dest}/`],
  ])('%s: the root as given, children normalized', async (_, from, to) => {
    const asked: [string, string][] = []
    await cp(from, to, { recursive: true, filter: (...pair) => Boolean(asked.push(pair)) })
    expect(asked[0]).toEqual([from, to])
    expect(asked).toContainEqual([join(from, 'a'), join(to, 'a')])
    expect(asked).toContainEqual([join(from, 'sub', 'deep', 'd'), join(to, 'sub', 'deep', 'd')])
  })

  test('relative paths stay relative', () => {
    const { stdout, stderr } = node(
      `fs.mkdirSync('x/y', { recursive: true })
       const asked = []
       palfs.cpSync('x', './z', { recursive: true, filter: (...pair) => asked.push(pair) })
       palfs.cpSync('.', '../w', { recursive: true, filter: (from, to) => asked.push([from, to]) && from === '.' })
       console.log(JSON.stringify(asked.slice(0, 3)))`,
      { cwd: src },
    )
    expect(stderr).toBe('')
    const first = [
      ['x', './z'],
      ['x/y', 'z/y'],
      ['.', '../w'],
    ]
    expect(JSON.parse(stdout)).toEqual(first)
    fs.rmSync(join(place, 'w'), { recursive: true })
  })

  test('a Buffer and a URL are shown as the path that they are', async () => {
    const asked: string[] = []
    const filter = (from: string, to: string): boolean => Boolean(asked.push(from, to))
    await cp(Buffer.from(src), new URL(`file://${dest}`), { recursive: true, filter })
    expect(asked.slice(0, 2)).toEqual([src, dest])
  })
})

describe('an asynchronous filter', () => {
  test('is awaited', async () => {
    const filter = async (from: string): Promise<boolean> => {
      await delay(1)
      return !from.endsWith('/b')
    }
    expect(await cp(src, dest, { recursive: true, filter })).toMatchObject({ files: 3, skipped: 1 })
    expect(below(dest)).toEqual(['a', 'sub', 'sub/c', 'sub/deep', 'sub/deep/d'])
  })

  test('is awaited for a batch together: not one after the other', async () => {
    fs.rmSync(src, { recursive: true })
    manyFiles(src, 1, 300)
    let [open, most] = [0, 0]
    const filter = async (): Promise<boolean> => {
      open += 1
      most = Math.max(most, open)
      await delay(5)
      open -= 1
      return true
    }
    await cp(src, dest, { recursive: true, filter })
    expect(most).toBeGreaterThan(20)
    expect(below(dest)).toEqual(below(src))
  })

  test('may mix promises, thenables and plain answers', async () => {
    // oxlint-disable-next-line unicorn/no-thenable -- some promises are not Node's
    const thenable = { then: (resolve: (value: boolean) => void) => resolve(false) }
    const filter = ((from: string) => {
      if (from.endsWith('/a')) return thenable
      return from.endsWith('/b') ? Promise.resolve(0) : true
    }) as unknown as Filter
    await cp(src, dest, { recursive: true, filter })
    expect(below(dest)).toEqual(['sub', 'sub/c', 'sub/deep', 'sub/deep/d'])
  })

  test('ends the copy by a rejection, which is the rejection then', async () => {
    const reason = new RangeError('mine')
    const filter = async (from: string): Promise<boolean> => {
      await delay(1)
      if (from.endsWith('/c')) throw reason
      return true
    }
    await expect(cp(src, dest, { recursive: true, filter })).rejects.toBe(reason)
  })

  test('that never answers does not outlive an abort', async () => {
    const controller = new AbortController()
    const filter = (): Promise<boolean> => new Promise(() => undefined)
    const copy = cp(src, dest, { recursive: true, filter, signal: controller.signal })
    await delay(20)
    controller.abort()
    await expect(copy).rejects.toMatchObject({ name: 'AbortError' })
    expect(fs.existsSync(dest)).toBe(false)
  })

  test('keeps the process alive while a timer of its own runs, and no rejection is left unhandled', () => {
    const { stdout, stderr, status } = node(
      `const filter = (from) => new Promise((resolve, reject) => setTimeout(from.endsWith('a') ? reject : resolve, 30, from))
       await palfs.cp(args[0], args[1], { recursive: true, filter: (from) => {
         if (from.endsWith('b')) throw new Error('thrown beside a promise')
         return filter(from)
       } }).catch((error) => console.log(error.message ?? error))
       setTimeout(() => console.log('alive'), 100)`,
      { args: [src, dest] },
    )
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    expect(stdout.split('\n')[1]).toBe('alive')
  })
})

test('a promise from the filter of cpSync is ERR_INVALID_RETURN_VALUE, whatever it resolves to', () => {
  for (const filter of [
    async () => true,
    (from: string) => (from === src ? true : Promise.reject(new Error('x'))),
  ]) {
    const call = (): unknown => cpSync(src, dest, { recursive: true, filter: filter as never })
    expect(call).toThrow(TypeError)
    expect(call).toThrow(
      'Expected boolean to be returned from the "filter" function but got an instance of Promise.',
    )
  }
})
