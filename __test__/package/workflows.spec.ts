// The public workflows: what actionlint does not look at.
import fs from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { ROOT } from '../support/child.js'

const directory = join(ROOT, '.github/workflows')
const workflows = fs
  .readdirSync(directory)
  .map((name) => [name, fs.readFileSync(join(directory, name), 'utf8')])
const targetsIn = (text = ''): string[] =>
  text.match(/\b(?:x86_64|aarch64)-[a-z]+-[a-z]+(?:-[a-z]+)?/gu) ?? []

test.each(workflows)('%s runs actions of others at a commit, with the version beside it', (_, text = '') => {
  const used = [...text.matchAll(/uses: (.+)/gu)].map(([, action = '']) => action)
  const pinned = /^(?:\.\/\.github\/workflows\/[a-z]+\.yml|[\w./-]+@[0-9a-f]{40} # v[\d.]+)$/u
  expect(used.filter((action) => !pinned.test(action))).toEqual([])
})

test.each(workflows)('%s gives no job a permission that the job does not ask for', (_, text) => {
  expect(text).toMatch(/^permissions: \{\}$/mu)
  expect(text?.match(/: write\b.*/gu) ?? []).toEqual(
    text?.includes('publish.sh') ? [': write # provenance, and trusted publishing'] : [],
  )
})

test('every target is built and tested', () => {
  const manifest = JSON.parse(fs.readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
    napi: { targets: string[] }
  }
  const texts = Object.fromEntries(workflows) as Record<string, string>
  const targets = manifest.napi.targets.toSorted()
  for (const name of ['build.yml', 'test.yml']) {
    expect([...new Set(targetsIn(texts[name]))].toSorted(), name).toEqual(targets)
  }
})
