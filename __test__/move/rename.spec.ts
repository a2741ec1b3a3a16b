// Which moves there are: those of rename(2), whose answers are asked for in an equal world. What differs is in a table here.
import { execFileSync } from 'node:child_process'
import {
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join, normalize } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { expect } from 'vitest'
import { move, moveSync } from '../../src/index.js'
import { PYTHON } from '../support/faults.js'
import { betweenFilesystems, LONG, onFilesystems, type Need } from '../support/filesystems.js'

const NEEDS: readonly Need[] = ['linux', 'python3']
const PAIRS = [
  ['ext4', 'xfs'],
  ['xfs', 'btrfs'],
  ['btrfs', 'tmpfs'],
  ['tmpfs', 'overlay'],
  ['overlay', 'ext4'],
] as const

/** One move, in one directory or between two. */
interface Case {
  readonly from: string
  readonly to: string
  readonly overwrite: boolean
}

/** What a move gave, and what is there afterwards. */
interface Answer {
  readonly code: string
  readonly listing: readonly string[]
}

/** What may have a name. The content tells which of two worlds it is from. */
function build(world: string, content: string): void {
  mkdirSync(world)
  for (const name of ['file', 'other']) writeFileSync(join(world, name), `${content} ${name}`)
  for (const name of ['dir', 'empty', 'full/sub']) mkdirSync(join(world, name), { recursive: true })
  writeFileSync(join(world, 'dir/inner'), `${content} inner`)
  writeFileSync(join(world, 'full/sub/x'), `${content} x`)
  const links = { 'link-file': 'file', 'link-dir': 'dir', dangling: 'nowhere', loop: 'loop' }
  for (const [name, text] of Object.entries(links)) symlinkSync(text, join(world, name))
}

const KINDS = ['file', 'dir', 'link-file', 'link-dir', 'dangling', 'loop', 'missing'] as const
const SOURCES: readonly string[] = [
  ...KINDS.flatMap((name) => [name, `${name}/`]),
  'file/.',
  'dir//',
  'dir/.',
  'dir/./',
  'dir/..',
  'link-dir/.',
  'missing/.',
  'dir/inner',
  'full/../file',
]
const DESTINATIONS: readonly string[] = [
  ...['new', 'other', 'empty', 'full', 'link-file', 'link-dir', 'dangling', 'loop'].flatMap((name) => [
    name,
    `${name}/`,
  ]),
  'new/.',
  'new/..',
  'new//',
  'other/.',
  'empty/.',
  'empty/..',
  'link-dir/.',
  'full/../new',
  'full/../new/',
]

function casesOf(destinations: readonly string[]): Case[] {
  return SOURCES.flatMap((from) =>
    destinations.flatMap((to) => [true, false].map((overwrite) => ({ from, to, overwrite }))),
  )
}

const CASES = casesOf(DESTINATIONS)
const IN_ONE = casesOf([...DESTINATIONS, ...SOURCES, 'dir/new', 'dir/new/'])

/** Where a move in one directory is not a rename: the code that it has instead. */
function meantInOne({ from, to, overwrite }: Case): string | undefined {
  const [source, dest] = [from, to].map((path) => normalize(path).replace(/\/$/, ''))
  const [hasSlash, hasDots] = [/\/$/, /(^|\/)\.\.?\/*$/].map((end) => end.test(from) || end.test(to))
  if (hasDots || source === 'missing') return undefined
  if (source === 'dir' && dest === 'dir/inner') return 'EINVAL'
  // Onto itself: nothing happens. rename(2) with RENAME_NOREPLACE says that it exists.
  if (source === dest && !overwrite && (!hasSlash || source === 'dir')) return 'ok'
  // The link would lead to itself, and its content would have no name.
  const loops = (source === 'link-file' && dest === 'file') || (source === 'link-dir' && dest === 'dir')
  return loops && overwrite && !hasSlash ? 'EINVAL' : undefined
}

/** Names, kinds and contents below a directory. */
function listing(directory: string, above = ''): string[] {
  return readdirSync(directory).flatMap((name) => {
    const [path, shown] = [join(directory, name), join(above, name)]
    const stat = lstatSync(path)
    if (stat.isDirectory()) return [`${shown}/`, ...listing(path, shown)]
    return stat.isSymbolicLink()
      ? `${shown} -> ${readlinkSync(path)}`
      : `${shown}: ${readFileSync(path, 'utf8')}`
  })
}

/** Where the worlds of the cases are: one for both names, or one for each. */
interface Worlds {
  readonly from: (index: number) => string
  readonly to: (index: number) => string
}

function inOne(dir: string): Worlds {
  const world = (index: number): string => join(dir, `${index}`)
  return { from: world, to: world }
}

function inTwo(from: string, to: string): Worlds {
  return { from: (index) => join(from, `s${index}`), to: (index) => join(to, `d${index}`) }
}

function buildWorlds({ from, to }: Worlds, index: number): void {
  build(from(index), 'source')
  if (to(index) !== from(index)) build(to(index), 'destination')
}

function answerOf({ from, to }: Worlds, index: number, code: string): Answer {
  const listings = [listing(from(index)), to(index) === from(index) ? [] : listing(to(index))]
  return { code, listing: listings.flat().toSorted() }
}

interface Asked {
  readonly cwd: string
  readonly from: string
  readonly to: string
  readonly exclusive: boolean
}

function renameAll(asked: readonly Asked[]): string[] {
  const script = join(import.meta.dirname, '../support/rename_oracle.py')
  const input = JSON.stringify(asked)
  return JSON.parse(execFileSync(PYTHON, [script], { input, encoding: 'utf8' })) as string[]
}

/** What rename(2) does. A directory that is replaced as a whole is as one that was empty. */
function askKernel(worlds: Worlds, cases: readonly Case[]): Answer[] {
  const asked = cases.map(({ from, to, overwrite }, index) => {
    buildWorlds(worlds, index)
    return {
      cwd: '/',
      from: `${worlds.from(index)}/${from}`,
      to: `${worlds.to(index)}/${to}`,
      exclusive: !overwrite,
    }
  })
  const codes = renameAll(asked).map((code, index) => {
    const { from, to, exclusive } = asked[index] ?? { from: '', to: '', exclusive: true }
    // xfs says EEXIST.
    const isFull = !exclusive && (code === 'ENOTEMPTY' || code === 'EEXIST')
    if (!isFull || from.startsWith(`${to}/`)) return code
    rmSync(to, { recursive: true })
    mkdirSync(to)
    return renameAll(asked.slice(index, index + 1))[0] ?? ''
  })
  return codes.map((code, index) => answerOf(worlds, index, code))
}

type Form = (from: string, to: string, overwrite: boolean) => Promise<unknown>

const FORMS: Readonly<Record<string, Form>> = {
  move: (from, to, overwrite) => move(from, to, { overwrite }),
  moveSync: async (from, to, overwrite) => Promise.resolve(moveSync(from, to, { overwrite })),
}

async function codeOf(done: Promise<unknown>): Promise<string> {
  try {
    await done
    return 'ok'
  } catch (error) {
    return error instanceof Error && 'code' in error ? String(error.code) : String(error)
  }
}

async function askOurs(
  worlds: Worlds,
  form: Form,
  { from, to, overwrite }: Case,
  index: number,
): Promise<Answer> {
  buildWorlds(worlds, index)
  const done = form(`${worlds.from(index)}/${from}`, `${worlds.to(index)}/${to}`, overwrite)
  return answerOf(worlds, index, await codeOf(done))
}

/** The cases in which `ours` is not what `theirs` is, each with both answers. */
async function differences(
  form: Form,
  cases: readonly Case[],
  [theirs, ours]: readonly [Worlds, Worlds],
  meant: (given: Case) => string | undefined = () => undefined,
): Promise<string[]> {
  const found: string[] = []
  buildWorlds(theirs, cases.length)
  const untouched = answerOf(theirs, cases.length, '')
  const kernel = askKernel(theirs, cases)
  for (const [index, given] of cases.entries()) {
    const code = meant(given)
    const expected = code === undefined ? kernel[index] : { ...untouched, code }
    const actual = await askOurs(ours, form, given, index)
    if (isDeepStrictEqual(actual, expected)) continue
    const changed = actual.listing.filter(
      (line) => expected === undefined || !expected.listing.includes(line),
    )
    const lost = expected?.listing.filter((line) => !actual.listing.includes(line))
    const how = given.overwrite ? ' with overwrite' : ''
    found.push(
      `${given.from} to ${given.to}${how}: ${actual.code}, not ${expected?.code}; ${JSON.stringify({ changed, lost })}`,
    )
  }
  return found
}

/** All cases take half a minute; of most filesystems every ninth will do, another one in each form. */
function some(cases: readonly Case[], first: number): readonly Case[] {
  return LONG ? cases : cases.filter((_, index) => index % 9 === first)
}

for (const [index, [title, form]] of Object.entries(FORMS).entries()) {
  betweenFilesystems(PAIRS, `${title} to another filesystem`, NEEDS, (test, source) => {
    test('moves what rename(2) would, and leaves what it would', async ({ from, to }) => {
      for (const path of ['one', 'two']) mkdirSync(join(from, path))
      const worlds = [inTwo(join(from, 'one'), join(from, 'one')), inTwo(join(from, 'two'), to)] as const
      const isCheap = source.name === 'tmpfs' && title === 'moveSync'
      expect(await differences(form, isCheap ? CASES : some(CASES, index), worlds)).toEqual([])
    })

    test('to a name with a slash below directories that are missing: a directory alone, and for no other are they made', async ({
      from,
      to,
    }) => {
      build(join(from, 'world'), 'source')
      for (const what of ['file', 'link-file', 'link-dir', 'dangling']) {
        const moving = form(join(from, 'world', what), join(to, `new/deep/${what}/`), true)
        await expect(moving).rejects.toMatchObject({ code: 'ENOTDIR', path: join(from, 'world', what) })
      }
      expect(readdirSync(to)).toEqual([])
      await form(join(from, 'world/dir'), join(to, 'new/deep/dir/'), true)
      expect(listing(to)).toEqual(['new/', 'new/deep/', 'new/deep/dir/', 'new/deep/dir/inner: source inner'])
    })
  })

  onFilesystems(['ext4', 'overlay', 'tmpfs'], `${title} in one directory`, NEEDS, (test, { name: place }) => {
    test('moves what rename(2) would, and leaves what it would', async ({ dir }) => {
      for (const path of ['one', 'two']) mkdirSync(join(dir, path))
      const worlds = [inOne(join(dir, 'one')), inOne(join(dir, 'two'))] as const
      const cases = place === 'tmpfs' ? IN_ONE : some(IN_ONE, index)
      expect(await differences(form, cases, worlds, meantInOne)).toEqual([])
    })

    test('of and onto the current directory, the one above it, the root and nothing is what rename(2) says', async ({
      dir,
    }) => {
      const fixed = ['.', '..', './', '../', '/', '//', '']
      const others = ['file', 'dir', 'missing', 'file/inner', 'missing/inner']
      const cases = [
        ...fixed.flatMap((name) => others.map((other) => [other, name] as const)),
        ...fixed.flatMap((name) => [...fixed, ...others].map((other) => [name, other] as const)),
      ]
      build(join(dir, 'world'), 'source')
      const before = listing(dir)
      const home = process.cwd()
      process.chdir(join(dir, 'world'))
      try {
        for (const overwrite of [true, false]) {
          const asked = cases.map(([from, to]) => ({
            cwd: join(dir, 'world'),
            from,
            to,
            exclusive: !overwrite,
          }))
          // The root directory is on another filesystem, which the kernel sees first.
          const kernel = renameAll(asked).map((code, at) => {
            if (code !== 'EXDEV') return code
            return overwrite || fixed.includes(cases[at]?.[0] ?? '') ? 'EBUSY' : 'EEXIST'
          })
          for (const [at, [from, to]] of cases.entries()) {
            const code = await codeOf(form(from, to, overwrite))
            expect([from, to, overwrite, code]).toEqual([from, to, overwrite, kernel[at]])
          }
        }
      } finally {
        process.chdir(home)
      }
      expect(listing(dir)).toEqual(before)
    })
  })
}
