// @ts-check
// A file with a hole keeps it, also from a filesystem whose SEEK_HOLE knows none but the end of the file, and within.
import { closeSync, fsyncSync, ftruncateSync, lstatSync, openSync, readFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { outcome } from './outcome.mjs'

const SIZE = 8 << 20

/**
 * @param {import('./inputs.mjs').Place} place
 * @param {import('./inputs.mjs').Report} report
 */
export async function unknownHoles({ on, local, palfs }, report) {
  const from = join(on, 'sparse')
  const fd = openSync(from, 'w')
  writeSync(fd, 'begin')
  ftruncateSync(fd, SIZE)
  writeSync(fd, 'end', SIZE - 3)
  fsyncSync(fd)
  closeSync(fd)
  const blocks = (/** @type {string} */ path) => lstatSync(path).blocks
  if (blocks(from) * 512 >= SIZE / 2) {
    report.note(`no holes here: ${blocks(from)} blocks`)
    return
  }
  for (const [what, to] of /** @type {const} */ ([
    ['out', join(local, 'sparse')],
    ['within', join(on, 'copy')],
  ])) {
    const copied = await outcome(() => palfs.copyFile(from, to))
    report.expect('a file with a hole is copied', what, 'done', copied.line)
    report.expect('the content is right', what, true, readFileSync(to).equals(readFileSync(from)))
    const few = blocks(to) * 512 < SIZE / 2
    report.expect('the hole stays', what, 'few blocks', few ? 'few blocks' : `${blocks(to)} blocks`)
  }
}
