// @ts-check
// Holes stay holes, in both directions and inside, and never take content with them.
import {
  closeSync,
  ftruncateSync,
  lstatSync,
  openSync,
  readFileSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import { codeOf } from './attributes.mjs'
import { contentOf } from './tree-entries.mjs'

/** @typedef {import('./context.mjs').Context} Context */
/** @typedef {import('./report.mjs').Report} Report */

const MIB = 1 << 20
const SIZE = 8 * MIB

/** @type {Readonly<Record<string, readonly (readonly [offset: number, length: number])[]>>} */
const SHAPES = {
  middle: [
    [0, 10_000],
    [SIZE - 10_000, 10_000],
  ],
  front: [[SIZE - 5000, 5000]],
  tail: [[0, 100_000]],
  whole: [],
  many: Array.from({ length: 30 }, (_, index) => /** @type {const} */ ([index * 262_144, 4096])),
  // No block boundary anywhere.
  odd: [
    [1_234_567, 3],
    [5_000_001, 70_001],
  ],
}

/**
 * @param {Context} context
 * @param {Report} report
 */
export async function checkHoles(context, report) {
  const local = context.directory(context.local, 'holes')
  const on = context.directory(context.on, 'holes')
  for (const [way, from, to] of /** @type {const} */ ([
    ['in', local, on],
    ['out', on, local],
    ['within', on, on],
  ])) {
    for (const [shape, data] of Object.entries(SHAPES))
      await copyShape(context, report, { way, from, to, shape, data })
    await copyZeros(context, report, { way, from, to })
  }
}

/**
 * @param {Context} context
 * @param {Report} report
 * @param {{ way: string, from: string, to: string, shape: string, data: readonly (readonly [offset: number, length: number])[] }} what
 */
async function copyShape(context, report, { way, from, to, shape, data }) {
  const source = join(from, `${way}-${shape}`)
  try {
    writeSparse(source, data)
  } catch (error) {
    report.note(`${way}: no file with holes can be written: ${codeOf(error)}`)
    return
  }
  const content = readFileSync(source)
  for (const sparse of /** @type {const} */ (['auto', 'always', 'never'])) {
    const where = `${way}, ${shape}, sparse: ${sparse}`
    const dest = join(to, `${way}-${shape}-${sparse}`)
    try {
      await context.palfs.copyFile(source, dest, { sparse })
    } catch (error) {
      report.fail('a file with holes is copied', where, 'no error', String(error))
      continue
    }
    report.expect('the content is the source’s', where, true, readFileSync(dest).equals(content))
    expectBlocks(context, report, { where, source, dest, sparse })
  }
}

/**
 * @param {Context} context
 * @param {Report} report
 * @param {{ where: string, source: string, dest: string, sparse: 'auto' | 'always' | 'never' }} what
 */
function expectBlocks(context, report, { where, source, dest, sparse }) {
  const root = dest.startsWith(`${context.on}/`) ? context.on : context.local
  // Where blocks are not counted, or all are allocated, there is nothing to see.
  if (!context.filesystem(root).holes) return
  const [before, after] = [allocated(source), allocated(dest)]
  if (sparse === 'never') {
    report.expect(
      'every byte is allocated',
      where,
      'at least the size',
      after >= SIZE ? 'at least the size' : `${after} bytes`,
    )
  } else if (before < SIZE || sparse === 'always') {
    const limit = Math.min(before, 2 * MIB) + MIB
    report.expect(
      'the holes stay',
      where,
      `at most ${limit} bytes`,
      after <= limit ? `at most ${limit} bytes` : `${after} bytes`,
    )
  }
}

/**
 * Zeros that are written down are no holes, unless they are asked to be.
 * @param {Context} context
 * @param {Report} report
 * @param {{ way: string, from: string, to: string }} what
 */
async function copyZeros(context, report, { way, from, to }) {
  const source = join(from, `${way}-zeros`)
  writeFileSync(source, Buffer.concat([contentOf('a', 100), Buffer.alloc(MIB), contentOf('b', 100)]))
  const content = readFileSync(source)
  for (const sparse of /** @type {const} */ (['auto', 'always', 'never'])) {
    const dest = join(to, `${way}-zeros-${sparse}`)
    await context.palfs.copyFile(source, dest, { sparse })
    report.expect(
      'the content is the source’s',
      `${way}, zeros, sparse: ${sparse}`,
      true,
      readFileSync(dest).equals(content),
    )
  }
}

/**
 * @param {string} file
 * @param {readonly (readonly [offset: number, length: number])[]} data
 */
function writeSparse(file, data) {
  const fd = openSync(file, 'w')
  try {
    ftruncateSync(fd, SIZE)
    for (const [offset, length] of data) writeSync(fd, contentOf(file, length), 0, length, offset)
  } finally {
    closeSync(fd)
  }
}

/** @param {string} file */
function allocated(file) {
  return lstatSync(file).blocks * 512
}
