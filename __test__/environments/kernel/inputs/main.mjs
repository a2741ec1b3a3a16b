// @ts-check
// In the guest: the smallest inputs on which palfs once was wrong, each on the filesystems where it was:
//
//   node main.mjs --filesystem NAME --on DIR --local DIR [--server DIR] [--only INPUT]... [--json FILE]
//
// DIR of --server is what a server has of the directory --on.
import { mkdirSync, readFileSync, realpathSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { Report } from '../../suite/report.mjs'
import { INPUTS } from './inputs.mjs'

const { values } = parseArgs({
  options: {
    filesystem: { type: 'string', default: '' },
    on: { type: 'string', default: '' },
    local: { type: 'string', default: '' },
    server: { type: 'string' },
    only: { type: 'string', multiple: true, default: [] },
    json: { type: 'string' },
  },
})
/** @type {import('./inputs.mjs').Place['palfs']} */
const palfs = await import(new URL('../../../../dist/index.js', import.meta.url).href)
process.umask(0o022)
const report = new Report()
for (const { name, where, run } of INPUTS) {
  if (!where.test(values.filesystem) || (values.only.length > 0 && !values.only.includes(name))) continue
  const place = (/** @type {string} */ directory) => {
    const made = join(realpathSync(directory), name)
    mkdirSync(made)
    return made
  }
  const on = place(values.on)
  const server = values.server === undefined ? on : join(realpathSync(values.server), name)
  await report.run(name, async () => run({ on, local: place(values.local), server, palfs }, report))
}
console.log(report.table())
if (values.json !== undefined) {
  // After the results of the suite, where there are some.
  const { failures, notes, rows } = report
  const before = readBefore(values.json)
  const all = {
    failures: [...before.failures, ...failures],
    notes: [...before.notes, ...notes],
    rows: [...before.rows, ...rows],
  }
  writeFileSync(values.json, JSON.stringify(all, null, 1))
}
process.exitCode = report.failures.length > 0 ? 1 : 0

/** @param {string} json */
function readBefore(json) {
  try {
    return JSON.parse(readFileSync(json, 'utf8'))
  } catch {
    return { failures: [], notes: [], rows: [] }
  }
}
