// The examples of the pages under docs/ print what they say.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import { LIBC, PLATFORM } from '../../src/index.js'
import { node, ROOT } from '../support/child.js'
import { onEveryFilesystem } from '../support/filesystems.js'

interface Example {
  readonly source: string
  readonly promised: readonly string[]
}

/** The first example of a page, and the comments behind its `console.log`. */
function exampleOf(page: string): Example {
  const text = readFileSync(join(ROOT, 'docs', page), 'utf8')
  const [, example = ''] = /```ts\n(.*?)```/s.exec(text) ?? []
  return {
    // `fs` is there already: the prelude has imported it.
    source: example
      .replace("import fs from 'node:fs'", '')
      .replace(/import \{(.*)\} from 'palfs'/, 'const {$1} = palfs'),
    promised: [...example.matchAll(/console\.log\(.*\) \/\/ (.*)/g)].map(([, comment = '']) => comment),
  }
}

function expectPromised({ source, promised }: Example, names: string, args: readonly string[]): void {
  // What the test's own prelude has imported is not declared twice.
  const { stdout, stderr } = node(`{ const [${names}] = args; ${source} }`, { args })
  expect({ stdout: stdout.trimEnd().split('\n'), stderr }).toEqual({ stdout: promised, stderr: '' })
  expect(promised.length).toBeGreaterThan(4)
}

onEveryFilesystem('the example', ['attr'], (test) => {
  test('of docs/xattr.md prints what it says', ({ dir }) => {
    const files = ['file', 'other'].map((name) => join(dir, name))
    for (const file of files) writeFileSync(file, '')
    expectPromised(exampleOf('xattr.md'), 'file, other', files)
  })

  test('of docs/platform-file-system.md prints what it says', ({ dir }) => {
    expectPromised(exampleOf('platform-file-system.md'), 'directory', [join(dir, 'new')])
  })

  test('of docs/platform-io.md prints what it says', ({ dir, skip }) => {
    if (PLATFORM !== 'linux') skip('it uses O_DIRECT and procfs')
    const files = ['file', 'other'].map((name) => join(dir, name))
    expectPromised(exampleOf('platform-io.md'), 'file, other', files)
  })

  test('of docs/trees.md prints what it says', ({ dir }) => {
    const [photos, backup] = [join(dir, 'photos'), join(dir, 'backup')]
    mkdirSync(join(photos, 'may'), { recursive: true })
    mkdirSync(backup)
    for (const name of ['a.raw', 'b.tmp', 'may/c.raw']) writeFileSync(join(photos, name), name)
    expectPromised(exampleOf('trees.md'), 'photos, backup', [photos, backup])
  })

  test('of docs/capabilities.md prints what it says', ({ dir, skip }) => {
    if (PLATFORM !== 'linux') skip('it shows what is printed on Linux')
    const { source, promised } = exampleOf('capabilities.md')
    // The page shows a system with glibc.
    const here = promised.map((line) => line.replace(/\bglibc\b/, LIBC ?? ''))
    expectPromised({ source, promised: here }, 'directory', [dir])
  })
})
