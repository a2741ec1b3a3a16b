// Twenty workers at a time load the installed package, copy, and are terminated at any moment. `npm run test:long`: 10 minutes.
import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { expect, test } from 'vitest'
import { ROOT, scratchInMemory } from '../support/child.js'
import { HERE } from '../support/broken-installs.js'
import { LONG } from '../support/filesystems.js'
import { projectFor } from '../support/packed.js'

const SECONDS = LONG ? 600 : 4

interface Soaked {
  started: number
  endedByThemselves: number
  operations: number
  uncaught: number
  errors: Record<string, number>
  leftovers: string[]
  bytes: number
  before: { descriptors: number }
  after: { descriptors: number }
}

test(
  'workers that are terminated while they load or copy leave no crash, no descriptor and no temporary behind',
  ({ skip }) => {
    skip(!fs.existsSync('/proc/self/fd'), 'open descriptors are counted by /proc')
    const seed = process.env['PALFS_FUZZ_SEED'] ?? String(Date.now() % 100_000)
    const entry = pathToFileURL(join(projectFor([HERE]), 'node_modules/palfs/dist/index.js')).href
    const { status, signal, stdout, stderr } = spawnSync(
      process.execPath,
      [join(ROOT, '__test__/support/worker-soak.mjs'), entry, scratchInMemory(), String(SECONDS), seed],
      { encoding: 'utf8', timeout: SECONDS * 1000 + 90_000, killSignal: 'SIGKILL' },
    )
    console.log(`PALFS_FUZZ_SEED=${seed}: ${stdout.trim()}`)
    expect({ status, signal, stderr }).toEqual({ status: 0, signal: null, stderr: '' })
    const soaked = JSON.parse(stdout) as Soaked
    expect(soaked).toMatchObject({ errors: {}, uncaught: 0, leftovers: [], bytes: 7 })
    expect(soaked.after.descriptors).toBeLessThanOrEqual(soaked.before.descriptors)
    expect(soaked.started).toBeGreaterThanOrEqual(20)
    expect(soaked.operations).toBeGreaterThan(0)
  },
  SECONDS * 1000 + 240_000,
)
