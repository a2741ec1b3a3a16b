// @ts-check
// A directory is listed with what lstat(2) says of each name, as node:fs lists and tells it.
import { lstatSync, readdirSync } from 'node:fs'
import { join } from 'node:path'

/** @typedef {import('./context.mjs').Context} Context */
/** @typedef {import('./report.mjs').Report} Report */

/** What node:fs calls a field, and what it is called here. */
const FIELDS = /** @type {const} */ ([
  ['ino', 'inode'],
  ['dev', 'device'],
  ['mode', 'mode'],
  ['nlink', 'nlinks'],
  ['uid', 'uid'],
  ['gid', 'gid'],
  ['rdev', 'rdev'],
  ['size', 'size'],
  ['blocks', 'blocks'],
  ['mtimeNs', 'mtime'],
  ['ctimeNs', 'ctime'],
])

/**
 * @param {Context} context
 * @param {Report} report
 */
export async function checkReaddir(context, report) {
  const tree = await context.tree(context.on)
  const filesystem = context.palfs.createPlatformFilesystem()
  for (const name of readdirSync(tree)) {
    const directory = join(tree, name)
    if (!lstatSync(directory).isDirectory()) continue
    const entries = await filesystem.readdir(directory, { stats: true, bigint: true, encoding: 'buffer' })
    const listed = entries.map((entry) => line(entry.name, entry.stats, 1))
    const names = readdirSync(directory, { encoding: 'buffer' })
    const expected = names.map((each) => {
      const path = Buffer.concat([Buffer.from(`${directory}/`), each])
      return line(each, lstatSync(path, { bigint: true }), 0)
    })
    const seen = new Set(listed)
    for (const each of expected.filter((one) => !seen.has(one))) {
      const start = each.slice(0, each.indexOf(': ') + 2)
      const other = listed.find((one) => one.startsWith(start))
      report.fail('readdir with stats tells what lstat tells', directory, each, other)
    }
    report.expect('readdir with stats lists every name', name, expected.length, listed.length)
  }
}

/**
 * @param {Buffer} name
 * @param {object} stats
 * @param {0 | 1} column of {@link FIELDS}
 */
function line(name, stats, column) {
  const numbers = FIELDS.map((names) => {
    const number = Reflect.get(stats, names[column])
    // Node (20.20.2) shows inode numbers from 2^63 on, which mergerfs has, as negative ones.
    return `${names[0]} ${names[0] === 'ino' ? BigInt.asUintN(64, number) : number}`
  })
  return `${name.toString('latin1')}: ${numbers.join(', ')}`
}
