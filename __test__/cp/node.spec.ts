// cp beside fs.promises.cp of Node 26, case by case: same outcome, same error, same tree. Node runs in child processes,
// for it can hang and abort, and only in scratch directories, for as root it deletes device nodes.
import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { expect } from 'vitest'
import {
  build,
  DESTINATIONS,
  listing,
  makeSpecials,
  SOURCES,
  type DestinationKind,
  type SourceKind,
  type Specials,
} from '../support/cp-cases.js'
import { rightOf, type Case, type CpOptions, type Seen } from '../support/cp-deviations.js'
import { runUnder, type Failure, type Operation } from '../support/faults.js'
import { LONG, onFilesystems } from '../support/filesystems.js'
import { withNode26 } from '../support/node26.js'

const SOURCE_KINDS = Object.keys(SOURCES) as SourceKind[]
const DESTINATION_KINDS = Object.keys(DESTINATIONS) as DestinationKind[]

const OVERWRITE: readonly CpOptions[] = [
  {},
  { force: false },
  { force: false, errorOnExist: true },
  { errorOnExist: true },
]
const LINKS: readonly CpOptions[] = [{}, { dereference: true }, { verbatimSymlinks: true }]
const KEPT: readonly CpOptions[] = [{}, { preserveTimestamps: true }]
const MODES: readonly CpOptions[] = [{}, { mode: 1 }, { mode: 2 }, { mode: 4 }]
const FILTERS: readonly CpOptions[] = [
  {},
  { filter: { $filter: 'everything' } },
  { filter: { $filter: 'nothing' } },
  { filter: { $filter: 'later' } },
  { filter: { $filter: 'no sub' } },
  { filter: { $filter: 'not the root' } },
  { filter: { $filter: 'failing' } },
]

function product(...choices: readonly (readonly CpOptions[])[]): CpOptions[] {
  return choices.reduce<CpOptions[]>(
    (done, choice) => done.flatMap((one) => choice.map((other) => ({ ...one, ...other }))),
    [{}],
  )
}

/** What differs in one option or two from the plain recursive copy, and in the long run in three and more. */
const OPTIONS: readonly CpOptions[] = LONG
  ? [
      ...product([{ recursive: true }, {}], OVERWRITE, LINKS, KEPT),
      ...product([{ recursive: true }], OVERWRITE, LINKS, FILTERS),
      ...product([{ recursive: true }, {}], OVERWRITE, MODES),
      ...product([{ recursive: true }], KEPT, MODES, FILTERS),
    ]
  : [
      ...product([{ recursive: true }], OVERWRITE, LINKS),
      ...product([{}], OVERWRITE),
      ...product([{}], LINKS),
      ...product([{ recursive: true }], KEPT, LINKS),
      ...product([{ recursive: true }], MODES),
      ...product([{ recursive: true }], FILTERS),
    ]

/** The cases of one source. */
function casesOf(source: SourceKind, options: readonly CpOptions[]): Case[] {
  return DESTINATION_KINDS.flatMap((destination) =>
    options.map((each) => ({ source, destination, options: each })),
  )
}

/** As many as fit into the arguments of a process. */
const AT_ONCE = 150

interface Form {
  readonly name: string
  readonly call: 'cp' | 'cpSync'
  readonly node?: string
}

/** Does the cases in their order, each in a directory of its own, and says how each ended. */
async function attempt(
  dir: string,
  form: Form,
  cases: readonly Case[],
  specials: Specials,
): Promise<(Seen | undefined)[]> {
  const seen: (Seen | undefined)[] = []
  for (let start = 0; start < cases.length; start += AT_ONCE) {
    seen.push(
      ...(await attemptSome(join(dir, form.name), form, cases.slice(start, start + AT_ONCE), specials)),
    )
  }
  return seen
}

async function attemptSome(
  dir: string,
  { call, node }: Form,
  cases: readonly Case[],
  specials: Specials,
): Promise<(Seen | undefined)[]> {
  mkdirSync(dir)
  const roots = cases.map((_, index) => join(dir, `${index}`))
  const places = cases.map(({ source, destination }, index) =>
    build(roots[index] ?? '', specials, source, destination),
  )
  const operations = cases.map(({ options }, index): Operation => {
    const { from = '', to = '' } = places[index] ?? {}
    return { from: node === undefined ? 'palfs' : 'node:fs/promises', call, args: [from, to, options] }
  })
  const { outcomes } = await runUnder(
    { umask: '0027', ...(node === undefined ? {} : { node }) },
    ...operations.filter((_, index) => places[index] !== undefined),
  )
  const ended = [...outcomes]
  const seen = places.map((place, index) => {
    const root = roots[index] ?? ''
    if (place === undefined) return undefined
    const outcome = ended.shift()
    return { error: comparable(outcome?.error, root), tree: listing(root) }
  })
  rmSync(dir, { recursive: true })
  return seen
}

/** The error without what differs in any case: the directory, and what is ours alone. */
function comparable(error: Failure | undefined, root: string): Seen['error'] {
  if (error === undefined) return undefined
  const { code = error.name, path, dest } = error
  // Which of the two Node calls is no business of a caller's.
  const syscall = error.syscall === 'lstat' ? 'stat' : error.syscall
  return Object.fromEntries(
    Object.entries({ code, syscall, path, dest }).map(([key, value]) => [
      key,
      value?.replaceAll(root, 'ROOT'),
    ]),
  )
}

/** Which of several errors comes first, and what is there by then, depends on the order in which names are listed. */
function orderless({ source, destination, options }: Case, seen: Seen): Seen {
  const { error, tree } = seen
  if (error === undefined) return seen
  // Node looks at both paths at once and tells of the one that answers first.
  const bothAreBad =
    ['a name below a file', 'a link to itself'].includes(destination) || error['code'] === 'ELOOP'
  if (error['syscall'] === 'stat' && bothAreBad) {
    return { error: { code: 'one of two' }, tree }
  }
  if (!source.startsWith('a tree')) return seen
  const ways =
    destination.startsWith('a directory where') || destination.startsWith('a directory with a link')
  // A filter that throws, a clone that is impossible, a name in the way: several reasons, the first one counts.
  const many = (options.filter?.$filter === 'failing' && ways) || options.mode === 4
  return {
    error: many ? { code: 'one of several' } : error,
    tree: error['path'] === 'ROOT/to' ? tree : undefined,
  }
}

const label = ({ destination, options }: Case): string => `to ${destination} ${JSON.stringify(options)}`

withNode26('cp as fs.promises.cp', (node26) => {
  onFilesystems(LONG ? ['tmpfs', 'btrfs'] : ['tmpfs'], 'as fs.promises.cp', ['linux', 'python3'], (test) => {
    for (const source of SOURCE_KINDS) {
      test(`from ${source}`, { timeout: LONG ? 3_600_000 : 120_000 }, async ({ dir }) => {
        const specials = makeSpecials(dir)
        const cases = casesOf(source, OPTIONS)
        const node = await attempt(dir, { name: 'n', call: 'cp', node: node26 }, cases, specials)
        const ours = await attempt(dir, { name: 'p', call: 'cp' }, cases, specials)
        const different = cases.flatMap((each, index) => {
          const [theirs, mine] = [node[index], ours[index]]
          if (theirs === undefined || mine === undefined) return []
          const where = (is: (other: Case) => boolean): Seen => node[cases.findIndex(is)] ?? theirs
          const absent = where(
            (other) => other.destination === 'an absent name' && other.options === each.options,
          )
          const untouched = where(
            (other) => other.destination === each.destination && other.options.filter?.$filter === 'nothing',
          )
          const right = orderless(each, rightOf(each, theirs, { absent, untouched }))
          const seen = orderless(each, mine)
          return isDeepStrictEqual(seen, right) ? [] : [{ case: label(each), right, seen }]
        })
        expect(different).toEqual([])
      })
    }
  })
})
