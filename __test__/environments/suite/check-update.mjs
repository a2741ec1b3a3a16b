// @ts-check
// `update` copies what is newer, and nothing a second or third time, however coarse the times of either side are.
import { linkSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimes } from './times.mjs'

/** @typedef {import('./context.mjs').Context} Context */
/** @typedef {import('./report.mjs').Report} Report */

const SECOND = 1_000_000_000n
const START = 1_600_000_000n * SECOND
/** Odd and even seconds, with fractions that each step between a nanosecond and two seconds cuts elsewhere. */
const FRACTIONS = [
  0n,
  1n,
  99n,
  100n,
  999n,
  123_456_789n,
  999_999_999n,
  SECOND,
  SECOND + 500_000_000n,
  SECOND + 999_999_999n,
]
const LATER = 1_700_000_000n * SECOND

/**
 * @param {Context} context
 * @param {Report} report
 */
export async function checkUpdate(context, report) {
  const local = context.directory(context.local, 'update')
  const on = context.directory(context.on, 'update')
  for (const [way, from, to] of /** @type {const} */ ([
    ['in', local, on],
    ['out', on, local],
    ['within', on, on],
  ])) {
    for (const preserve of /** @type {const} */ (['all', undefined])) {
      await updateThrice(context, report, way, { from, to, preserve })
    }
  }
}

/**
 * @param {Context} context
 * @param {Report} report
 * @param {string} way
 * @param {{ from: string, to: string, preserve: 'all' | undefined }} what
 */
async function updateThrice({ palfs }, report, way, { from, to, preserve }) {
  const where = `${way}, ${preserve === undefined ? 'no times kept' : `preserve: ${preserve}`}`
  const name = `${way}-${preserve ?? 'nothing'}`
  const [source, dest] = [join(from, `${name}.from`), join(to, `${name}.to`)]
  const files = makeSource(source, dest)
  const options = /** @type {const} */ ({
    recursive: true,
    update: true,
    onError: 'collect',
    preserve,
    verbatimSymlinks: true,
  })
  const copy = async () => {
    const { files: copied, bytes, errors = [] } = await palfs.cp(source, dest, options)
    return { copied, bytes, errors: errors.map(String) }
  }
  const first = await copy()
  report.expect(
    'the first copies each file',
    where,
    { copied: files.length, errors: [] },
    { copied: first.copied, errors: first.errors },
  )
  report.expect('the second copies nothing', where, { copied: 0, bytes: 0, errors: [] }, await copy())
  report.expect('the third copies nothing', where, { copied: 0, bytes: 0, errors: [] }, await copy())
  await updateChanged(report, where, { source, dest, copy })
}

/**
 * @param {Report} report
 * @param {string} where
 * @param {{ source: string, dest: string, copy: () => Promise<{ copied: number, bytes: number, errors: string[] }> }} what
 */
async function updateChanged(report, where, { source, dest, copy }) {
  writeFileSync(join(source, 'f3'), 'changed')
  // Later than any copy.
  setTimes(source, ['f3'], BigInt(Date.now() + 60_000) * 1_000_000n)
  writeFileSync(join(dest, 'f4'), 'changed at the destination')
  report.expect(
    'what is newer is copied, and nothing else',
    where,
    { copied: 1, bytes: 7, errors: [] },
    await copy(),
  )
  report.expect(
    'what is newer is copied, and nothing else',
    `${where}: f3`,
    'changed',
    readFileSync(join(dest, 'f3'), 'utf8'),
  )
  report.expect(
    'what is newer at the destination stays',
    `${where}: f4`,
    'changed at the destination',
    readFileSync(join(dest, 'f4'), 'utf8'),
  )
}

/**
 * @param {string} source
 * @param {string} dest whose filesystem has to have links, too, if there are to be some
 */
function makeSource(source, dest) {
  mkdirSync(join(source, 'sub'), { recursive: true })
  const files = FRACTIONS.map((_, index) => (index % 2 === 0 ? `sub/f${index}` : `f${index}`))
  files.push('f4')
  for (const [index, file] of files.entries()) {
    writeFileSync(join(source, file), `content ${index}`)
    setTimes(source, [file], START + (FRACTIONS[index] ?? 0n))
  }
  const first = join(source, 'f1')
  if (works(() => symlinkSync('nowhere', `${dest}.probe`))) {
    for (const [name, target] of [
      ['link', 'f1'],
      ['dangling', 'nowhere'],
    ]) {
      works(() => symlinkSync(target ?? '', join(source, name ?? '')))
    }
    rmSync(`${dest}.probe`)
  }
  writeFileSync(`${dest}.probe`, '')
  if (works(() => linkSync(`${dest}.probe`, `${dest}.linked`))) {
    if (works(() => linkSync(first, join(source, 'hard-link')))) files.push('hard-link')
    rmSync(`${dest}.linked`)
  }
  rmSync(`${dest}.probe`)
  setTimes(source, ['f5'], LATER)
  return files
}

/** @param {() => void} action */
function works(action) {
  try {
    action()
    return true
  } catch {
    return false
  }
}
