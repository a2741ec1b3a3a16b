// @ts-check
// Runs the checks on a filesystem, in any environment that has Node and the built package:
//
//   node main.mjs --on DIR --local DIR [--tree DIR]... [--package DIST_INDEX] [--only CHECK]...
//     [--never-try too-long-name] [--brief] [--json FILE]
//   node main.mjs --build DIR [--package DIST_INDEX]
//
// DIR of --on is an empty directory on the filesystem under test, that of --local one on a good filesystem. A read-only
// filesystem holds the tree that --build made beforehand, and so may others (--tree), where what runs the checks cannot make
// all that is in it. What destroys the filesystem under test is not tried (--never-try). --brief
// leaves out variants, for an environment that differs from others in one thing. Exits with 1 when a check fails.
import { existsSync, realpathSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'
import { attributeMeans } from './attributes.mjs'
import { CHECKS } from './checks.mjs'
import { Context } from './context.mjs'
import { Report } from './report.mjs'
import { buildTree } from './tree-builder.mjs'

const { values } = parseArgs({
  options: {
    on: { type: 'string' },
    local: { type: 'string' },
    build: { type: 'string' },
    tree: { type: 'string', multiple: true, default: [] },
    package: { type: 'string', default: resolve(import.meta.dirname, '../../../dist/index.js') },
    only: { type: 'string', multiple: true, default: [] },
    'never-try': { type: 'string', multiple: true, default: [] },
    brief: { type: 'boolean', default: false },
    json: { type: 'string' },
  },
})

/** @returns {Promise<import('./attributes.mjs').Palfs>} */
async function loadPackage() {
  return import(pathToFileURL(resolve(values.package)).href)
}

/** @param {string} directory */
async function build(directory) {
  const refused = await buildTree(resolve(directory), await loadPackage())
  for (const [why, count] of refused) console.log(`note build: without ${why} (${count} times)`)
}

/**
 * @param {string} on
 * @param {string} local
 */
async function check(on, local) {
  const unknown = values.only.filter((name) => !CHECKS.some((each) => each.name === name))
  if (unknown.length > 0)
    throw new Error(`no check ${unknown.join(', ')} among ${CHECKS.map(({ name }) => name).join(', ')}`)
  process.umask(0o022)
  const report = new Report()
  const palfs = await loadPackage()
  const directories = { on: realpathSync(on), local: realpathSync(local) }
  const trees = values.tree.map((tree) => realpathSync(tree))
  const context = new Context({
    ...directories,
    trees,
    palfs,
    packagePath: resolve(values.package),
    neverTry: values['never-try'],
    brief: values.brief,
    report,
  })
  console.log(`attributes are read by ${attributeMeans()}`)
  for (const { name, needsWriting, run } of CHECKS) {
    if (values.only.length > 0 && !values.only.includes(name)) continue
    if (needsWriting && context.filesystem(context.on).readOnly) continue
    await report.run(name, () => run(context, report))
  }
  console.log(report.table())
  const { failures, notes, rows } = report
  if (values.json !== undefined)
    writeFileSync(values.json, JSON.stringify({ failures, notes, rows }, null, 1))
  process.exitCode = failures.length === 0 && rows.some(({ passed }) => passed > 0) ? 0 : 1
}

if (values.build !== undefined) await build(values.build)
else if (values.on !== undefined && values.local !== undefined && existsSync(values.on))
  await check(values.on, values.local)
else throw new Error('--on DIR --local DIR, or --build DIR')
