// The example of docs/xattr.md prints what it says.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import { node, ROOT } from './child.js'
import { onEveryFilesystem } from './fixtures/filesystems.js'

const page = readFileSync(join(ROOT, 'docs/xattr.md'), 'utf8')
const [, example = ''] = /```ts\n(.*?)```/s.exec(page) ?? []
const promised = [...example.matchAll(/console\.log\(.*\) \/\/ (.*)/g)].map(([, text]) => text)

onEveryFilesystem('the example of docs/xattr.md', ['attr'], (test) => {
  test('prints what it says', ({ dir }) => {
    const files = ['file', 'other'].map((name) => join(dir, name))
    for (const file of files) writeFileSync(file, '')
    const source = example.replace(/import .* from 'palfs'/, '')
    const { stdout, stderr } = node(`const { xattr } = palfs; const [file, other] = args; ${source}`, {
      args: files,
    })
    expect({ stdout: stdout.trimEnd().split('\n'), stderr }).toEqual({ stdout: promised, stderr: '' })
    expect(promised).toHaveLength(6)
  })
})
