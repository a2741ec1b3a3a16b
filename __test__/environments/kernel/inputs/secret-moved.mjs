// @ts-check
// A move that succeeds has kept mode and owner; where the filesystem cannot, it is refused, and the source stays. A copy counts
// what it lost.
import { chmodSync, chownSync, existsSync, lstatSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { outcome } from './outcome.mjs'

const FILES = /** @type {const} */ ([
  ['mode 600', 0o600, 0],
  ['mode 444', 0o444, 0],
  ['owner 1234', 0o640, 1234],
])

/**
 * @param {import('./inputs.mjs').Place} place
 * @param {import('./inputs.mjs').Report} report
 */
export async function secretMoved({ on, local, palfs }, report) {
  for (const [what, mode, owner] of FILES) {
    const name = what.replace(' ', '-')
    const from = join(local, name)
    writeFileSync(from, 'secret')
    chownSync(from, owner, owner)
    chmodSync(from, mode)
    const shown = (/** @type {string} */ path) => {
      const { mode: bits, uid } = lstatSync(path)
      return { mode: (bits & 0o7777).toString(8), uid }
    }
    const before = shown(from)
    const copied = await outcome(() =>
      palfs.copyFile(from, join(on, name), { preserve: ['mode', 'ownership'] }),
    )
    const after = shown(join(on, name))
    const lost = {
      ...(after.uid === before.uid ? {} : { ownership: 1 }),
      ...(after.mode === before.mode ? {} : { mode: 1 }),
    }
    const expected = Object.keys(lost).length > 0 ? lost : undefined
    report.expect('a copy counts what it lost', what, expected, copied.result?.unpreserved)
    const to = join(on, `${name}-moved`)
    const moved = await outcome(() => palfs.move(from, to))
    if (moved.line === 'done') report.expect('a move that succeeds keeps it', what, before, shown(to))
    else report.expect('a move that is refused leaves the source', what, before, shown(from))
    report.expect('the file is at one of the two places', what, true, existsSync(from) !== existsSync(to))
  }
}
