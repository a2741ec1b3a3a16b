// One installation from the tarballs, in every line of Node, in Bun (also for musl) and in Deno.
import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { ROOT, scratch } from '../support/child.js'
import { projectFor } from '../support/packed.js'
import { RUNTIMES, type Runtime } from '../support/runtimes.js'

const PROGRAMS = {
  'import.mjs': `
    import * as palfs from 'palfs'
    import { outcome } from './subject.mjs'
    console.log(JSON.stringify(await outcome(palfs, process.argv[2])))`,
  'require.cjs': `
    const palfs = require('palfs')
    import('./subject.mjs').then(async ({ outcome }) => console.log(JSON.stringify(await outcome(palfs, process.argv[2]))))`,
}

const there = RUNTIMES.filter(({ missing }) => missing === undefined)
let project = ''

beforeAll(() => {
  if (there.length === 0) return
  project = projectFor([...new Set(there.map(({ target }) => target))])
  for (const [name, text] of Object.entries(PROGRAMS)) fs.writeFileSync(join(project, name), text)
  fs.copyFileSync(join(ROOT, '__test__/support/runtime-child.mjs'), join(project, 'subject.mjs'))
})

function run({ command: [program, ...args], env }: Runtime, script: string): unknown {
  const { status, signal, stdout, stderr } = spawnSync(program, [...args, script, scratch()], {
    cwd: project,
    encoding: 'utf8',
    env: { ...process.env, ...env },
    timeout: 60_000,
  })
  if (status !== 0 || stdout === '') throw new Error(`ended with ${status ?? signal}: ${stderr}`)
  return JSON.parse(stdout)
}

describe.each(RUNTIMES)('$name', (runtime) => {
  test.for(Object.keys(PROGRAMS))(
    '%s: copies a file, a tree with filter and progress, an attribute, and fails with codes',
    (script, { skip }) => {
      if (runtime.missing !== undefined) console.log(`Skipped ${runtime.name}: ${runtime.missing}`)
      skip(runtime.missing !== undefined, runtime.missing)
      const failed = [true, true, -2, 'copyfile']
      expect(run(runtime, script)).toEqual({
        supported: true,
        libc: runtime.target.endsWith('musl') ? 'musl' : 'glibc',
        bytes: 6,
        copied: [2, 2, 1, 18],
        content: 'tree/below/c',
        names: ['a', 'below'],
        progress: [2, 18],
        attributes: [2, ['user.by', 'user.bytes']],
        read: ['e/a', 3, 6, null],
        attribute: 'palfs',
        rejected: failed,
        thrown: failed,
        aborted: ['AbortError', 'ABORT_ERR'],
        invalid: ['TypeError', 'ERR_INVALID_ARG_TYPE'],
      })
    },
  )
})
