// @ts-check
// Where case makes no difference, a name and itself in other letters are one file: a copy changes nothing, and a move that
// succeeds has changed the letters.
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { contentOf } from './content.mjs'
import { outcome } from './outcome.mjs'

/** @typedef {import('./inputs.mjs').Place} Place */

/**
 * @param {Place['palfs']} palfs
 * @returns {Record<string, (from: string, to: string) => Promise<unknown>>}
 */
function waysOf({ copyFile, move }) {
  return {
    copyFile: (from, to) => copyFile(from, to),
    "copyFile, replace: 'atomic'": (from, to) => copyFile(from, to, { replace: 'atomic' }),
    move: (from, to) => move(from, to),
    'move, overwrite': (from, to) => move(from, to, { overwrite: true }),
  }
}

/**
 * @param {Place} place
 * @param {import('./inputs.mjs').Report} report
 */
export async function sameNameOtherCase({ on, palfs }, report) {
  for (const [what, act] of Object.entries(waysOf(palfs))) {
    const directory = join(on, what.replaceAll(/\W+/g, '-'))
    mkdirSync(directory)
    writeFileSync(join(directory, 'ca'), 'content')
    const { line } = await outcome(() => act(join(directory, 'ca'), join(directory, 'CA')))
    const names = readdirSync(directory)
    report.expect('there is one file', `${what} (${line})`, 1, names.length)
    report.expect('the content is there', `${what} (${line})`, 'content', contentOf(join(directory, 'ca')))
    if (what.startsWith('move') && line === 'done')
      report.expect('a move that succeeds has changed the name', what, ['CA'], names)
  }
}
