// What the pages for users say: examples run, calls in tables are calls, words of messages are in the messages, figures are
// those of docs/performance.md.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { node, ROOT } from '../support/child.js'
import { onEveryFilesystem, onFilesystems } from '../support/filesystems.js'

const page = (path: string): string => readFileSync(join(ROOT, path), 'utf8')

/** The examples of a page, each as a block of a program for {@link node}. */
function examplesOf(path: string): readonly string[] {
  return [...page(path).matchAll(/```ts\n(.*?)```/gsu)].map(([, example = '']) => {
    const source = example.replaceAll(/import \{(.*)\} from 'palfs'.*/gu, 'const {$1} = palfs')
    return `{ ${source.replaceAll("'/mnt/", "'mnt/")} }`
  })
}

/** The cells of each row of the tables in a text. */
function rowsOf(text: string): readonly (readonly string[])[] {
  const rows = text.split('\n').filter((line) => line.startsWith('| '))
  return rows.map((row) =>
    row
      .slice(1, -1)
      .split(' | ')
      .map((cell) => cell.trim()),
  )
}

/** What the examples take for granted. */
const GIVEN = `
  const [from, to] = ['photo.raw', 'copied']
  const bar = { update() {} }
  const makeRoom = () => undefined`

function place(dir: string): void {
  for (const name of ['mnt/backup', 'mnt/archive', 'photos']) mkdirSync(join(dir, name), { recursive: true })
  for (const name of ['photo.raw', 'new.conf', 'app.conf', 'photos/a.raw', 'photos/b.tmp']) {
    writeFileSync(join(dir, name), name)
  }
}

onEveryFilesystem('the examples', ['attr'], (test) => {
  for (const path of ['README.md', 'docs/errors.md', 'docs/migration.md']) {
    test(`of ${path} run, one after the other`, ({ dir }) => {
      place(dir)
      const examples = examplesOf(path)
      expect(examples.length).toBeGreaterThan(0)
      const { status, stderr } = node(`${GIVEN}\n${examples.join('\n')}`, { cwd: dir })
      expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    })
  }
})

onFilesystems(['btrfs'], 'the README', [], (test) => {
  test('shows the result that it prints, but for the bytes', ({ dir }) => {
    place(dir)
    const [example = ''] = examplesOf('README.md')
    const [, shown = ''] = /^```\n(\{.*?)```/msu.exec(page('README.md')) ?? []
    const { stdout } = node(example, { cwd: dir })
    const bytes = /bytes: \d+/u
    expect(stdout.replace(bytes, '')).toBe(shown.replace(bytes, ''))
    expect(shown).toMatch(bytes)
  })

  // `what it says` | `what to write`: the first code of the second column, with a file or a tree under the names it takes.
  const calls = page('docs/migration.md')
    .split('\n## ')
    .flatMap((section) => rowsOf(section).map(([, cell = '']) => /^`(.+?)`/u.exec(cell)?.[1] ?? ''))
    .filter((call) => /^[a-zA-Z.]+\(.*\)$/u.test(call) && !call.includes('...'))

  test.for(calls)('every call in docs/migration.md is one: %s', (call, { dir }) => {
    place(dir)
    const tree = /^(?:cp|move|rm)(?:Sync)?\(/u.test(call)
    const { status, stderr } = node(
      `{ const { cp, cpSync, copyFile, copyFileSync, createPlatformFilesystem, move, platformIO, rm, xattr } = palfs
       const [a, b, path, mode, name, value, data] = [args[0], 'new', args[1], 0, 'user.a', 'value', 'text']
       const options = { recursive: true }
       xattr.setSync('photo.raw', name, value)
       const call = async () => ${call.replaceAll('?', '').replace("'src'", 'a')}
       await call().catch((error) => { if (error.code !== 'EXDEV') throw error }) }`,
      {
        cwd: dir,
        args: tree ? ['photos', 'photos'] : ['photo.raw', call.includes('readdir') ? 'photos' : 'photo.raw'],
      },
    )
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  })

  test('finds the calls of docs/migration.md', () => {
    expect(calls.length).toBeGreaterThan(15)
  })
})

describe('docs/docker.md', () => {
  it('quotes the messages of the loader', () => {
    const said = ['src/binding/load-addon.ts', 'src/binding/load-error.ts'].map(page).join('\n')
    const quoted = rowsOf(page('docs/docker.md').split('| What it says |')[1] ?? '').flatMap(([words = '']) =>
      words.split(', ').filter((phrase) => !phrase.startsWith('---')),
    )
    expect(quoted.length).toBeGreaterThan(10)
    // Without what differs from case to case.
    const plain = (text: string): string => text.replaceAll(/\$\{[^}]*\}|glibc|musl|`/gu, '')
    expect(quoted.filter((phrase) => !plain(said).includes(plain(phrase)))).toEqual([])
  })
})

describe('the README', () => {
  it('shows figures that docs/performance.md has', () => {
    const figures = page('README.md').split('## Figures')[1]?.split('## ')[0] ?? ''
    const rows = figures.split('\n').filter((line) => line.startsWith('| '))
    expect(rows.length).toBeGreaterThan(3)
    const measured = page('docs/performance.md').split('\n')
    // What is left here is to be copied anew from docs/performance.md.
    expect(rows.filter((row) => !measured.includes(row))).toEqual([])
  })
})
