// @ts-check
// A tree with everything is copied without metadata, and once more with each file flushed: what `cp -R` copies is there.
import { join } from 'node:path'
import { differences } from './differences.mjs'
import { has, runBeside } from './programs.mjs'

/** @typedef {import('./context.mjs').Context} Context */
/** @typedef {import('./report.mjs').Report} Report */
/** @typedef {import('./snapshot.mjs').Snapshot} Snapshot */
/** @typedef {import('../../../src/index.js').CpOptions} CpOptions */

/** What a copy without metadata has to be. */
const COMPARED = new Set(['missing', 'extra', 'kind', 'size', 'content'])

/** @type {Readonly<Record<string, CpOptions>>} */
const FORMS = { plain: {}, 'durable and verified': { durable: true, verifySource: true } }

/**
 * @param {Context} context
 * @param {Report} report
 */
export async function checkPlain(context, report) {
  const forms = Object.entries(FORMS).slice(0, context.brief ? 1 : undefined)
  for (const [way, from, to] of /** @type {const} */ ([
    ['in', context.local, context.on],
    ['within', context.on, context.on],
  ])) {
    const source = await context.tree(from)
    const expected = context.snapshot(source)
    const directory = context.directory(to, `plain-${way}`)
    const missingThere = missingOfGnu(context, expected, source, directory)
    for (const [form, options] of forms) {
      const dest = join(directory, form)
      const result = await context.palfs.cp(source, dest, {
        recursive: true,
        verbatimSymlinks: true,
        specialFiles: 'copy',
        onError: 'collect',
        ...options,
      })
      const wrong = compare(context, expected, dest).filter(
        ({ path, field }) => field !== 'missing' || !missingThere.has(path),
      )
      const where = `${way}, ${form}`
      for (const { path, field, expected: wanted, seen } of wrong) {
        const error = result.errors?.find((each) => each.path === `${source}/${path}`)
        const why = error === undefined ? seen : `${error.code} ${error.call ?? ''}`
        report.fail(`${field} is the source's`, `${where}: ${path}`, wanted, why)
      }
      report.expect('kinds, names and content are the source’s', where, 0, wrong.length)
    }
  }
}

/**
 * @param {Context} context
 * @param {Snapshot} expected
 * @param {string} root
 */
function compare(context, expected, root) {
  // Neither times nor holes nor links are asked for.
  const target = { root, granularity: 1n, holes: false, inodes: false }
  return differences(expected, context.snapshot(root), target, context.palfs).filter(({ field }) =>
    COMPARED.has(field),
  )
}

/**
 * What cannot be copied here.
 * @param {Context} context
 * @param {Snapshot} expected
 * @param {string} source
 * @param {string} directory
 * @returns {ReadonlySet<string>}
 */
function missingOfGnu(context, expected, source, directory) {
  if (!has('cp')) return new Set()
  runBeside('cp', ['-R', '-P', '-T', '--', source, join(directory, 'gnu')])
  const missing = compare(context, expected, join(directory, 'gnu')).filter(
    ({ field }) => field === 'missing',
  )
  return new Set(missing.map(({ path }) => path))
}
