// rm beside fs.promises.rm of Node 26: same outcome, same error, and the same is left.
import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import { build, listing, makeSpecials, SOURCES, type SourceKind, type Specials } from '../support/cp-cases.js'
import { runUnder, type Failure, type Operation } from '../support/faults.js'
import { onFilesystems } from '../support/filesystems.js'
import { withNode26 } from '../support/node26.js'

const SOURCE_KINDS = Object.keys(SOURCES) as SourceKind[]
const NAMES = ['from', 'from/', 'from/.', 'from/inner/x', 'from/a/below', 'other/file', ''] as const
const OPTIONS = [
  {},
  { recursive: true },
  { force: true },
  { recursive: true, force: true },
  { recursive: true, maxRetries: 2, retryDelay: 1 },
] as const

interface Case {
  readonly source: SourceKind
  readonly name: string
  readonly options: (typeof OPTIONS)[number]
}

const CASES: readonly Case[] = SOURCE_KINDS.flatMap((source) =>
  NAMES.flatMap((name) => OPTIONS.map((options) => ({ source, name, options }))),
)

function comparable({ source, name }: Case, error: Failure | undefined, root: string): unknown {
  // Of a link to a directory with a slash behind it Node says that all is removed, and removes nothing. A link is none.
  if (name === 'from/' && source.includes('link') && !source.startsWith('a tree')) return 'ENOTDIR here'
  if (error === undefined) return 'success'
  const { code, syscall, path, message } = error
  // Behind a slash or a dot several calls find out the same, and which of them speaks is no business of a caller's.
  if (['from/', 'from/.'].includes(name)) return [code, path?.replaceAll(root, 'ROOT')]
  return [code, syscall, path, message].map((part) => part?.replaceAll(root, 'ROOT'))
}

/** What came of each case, with the functions of `module`. */
async function attempt(
  dir: string,
  call: 'rm' | 'rmSync',
  cases: readonly Case[],
  specials: Specials,
  node?: string,
): Promise<Record<string, unknown>> {
  mkdirSync(dir)
  const operations = cases.map(({ source, name, options }, index): Operation => {
    const root = join(dir, `${index}`)
    build(root, specials, source, 'an absent name')
    const args = [name === '' ? '' : `${root}/${name}`, options]
    return { from: node === undefined ? 'palfs' : 'node:fs/promises', call, args }
  })
  const { outcomes } = await runUnder(node === undefined ? {} : { node }, ...operations)
  const seen = cases.map((each, index) => {
    const root = join(dir, `${index}`)
    const label = `${each.source}: ${each.name} ${JSON.stringify(each.options)}`
    return [label, { error: comparable(each, outcomes[index]?.error, root), left: listing(root) }] as const
  })
  rmSync(dir, { recursive: true })
  return Object.fromEntries(seen)
}

withNode26('rm as fs.promises.rm', (node26) => {
  onFilesystems(['tmpfs'], 'as fs.promises.rm', ['linux', 'python3'], (test) => {
    for (const source of SOURCE_KINDS) {
      test(`of ${source}`, { timeout: 120_000 }, async ({ dir }) => {
        const specials = makeSpecials(dir)
        const cases = CASES.filter((each) => each.source === source)
        const theirs = await attempt(join(dir, 'n'), 'rm', cases, specials, node26)
        expect(await attempt(join(dir, 'p'), 'rm', cases, specials)).toEqual(theirs)
        expect(await attempt(join(dir, 's'), 'rmSync', cases, specials)).toEqual(theirs)
      })
    }
  })
})
