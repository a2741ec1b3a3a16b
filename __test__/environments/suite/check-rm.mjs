// @ts-check
// Trees are removed with all that is in them, and with nothing that links lead to.
import { existsSync, linkSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { codeOf } from './attributes.mjs'
import { buildTree } from './tree-builder.mjs'

/** @typedef {import('./context.mjs').Context} Context */
/** @typedef {import('./report.mjs').Report} Report */

const MANY = 300

/**
 * @param {Context} context
 * @param {Report} report
 */
export async function checkRm(context, report) {
  const directory = context.directory(context.on, 'rm')
  const outside = join(directory, 'outside')
  mkdirSync(outside)
  writeFileSync(join(outside, 'file'), 'stays')
  await removeFile(context, report, directory)
  await removeMany(context, report, directory)
  await removeEverything(context, report, directory)
  await removeLink(context, report, directory, outside)
  report.expect('what links lead to stays', 'outside', ['file'], readdirSync(outside))
  report.expect('nothing else is left', 'rm', ['outside'], readdirSync(directory))
}

/**
 * @param {Context} context
 * @param {Report} report
 * @param {string} directory
 */
async function removeFile({ palfs }, report, directory) {
  const file = join(directory, 'file')
  writeFileSync(file, 'content')
  report.expect('a file is removed', 'file', { files: 1, directories: 0 }, await palfs.rm(file))
  report.expect('an absent one is an error', 'file', 'ENOENT', await failure(palfs.rm(file)))
  report.expect(
    'an absent one is none with force',
    'file',
    { files: 0, directories: 0 },
    await palfs.rm(file, { force: true }),
  )
}

/**
 * @param {Context} context
 * @param {Report} report
 * @param {string} directory
 */
async function removeMany({ palfs }, report, directory) {
  const root = join(directory, 'many')
  mkdirSync(root)
  for (let index = 0; index < MANY; index += 1) writeFileSync(join(root, `f${index}`), 'x')
  report.expect(
    'a directory is an error without recursive',
    'many',
    'ERR_FS_EISDIR',
    await failure(palfs.rm(root)),
  )
  report.expect('and stays whole', 'many', MANY, readdirSync(root).length)
  const removed = await palfs.rm(root, { recursive: true })
  report.expect('a directory of many files is removed', 'many', { files: MANY, directories: 1 }, removed)
  report.expect('it is gone', 'many', false, existsSync(root))
}

/**
 * The tree of the other checks, built anew.
 * @param {Context} context
 * @param {Report} report
 * @param {string} directory
 */
async function removeEverything(context, report, directory) {
  const root = join(directory, 'everything')
  await buildTree(root, context.palfs)
  const entries = [...context.snapshot(root).values()]
  const directories = entries.filter(({ kind }) => kind === 'directory').length
  const removed = await context.palfs.rm(root, { recursive: true })
  report.expect(
    'a tree of every kind is removed',
    'everything',
    { files: entries.length - directories, directories },
    removed,
  )
  report.expect('it is gone', 'everything', false, existsSync(root))
}

/**
 * @param {Context} context
 * @param {Report} report
 * @param {string} directory
 * @param {string} outside
 */
async function removeLink({ palfs }, report, directory, outside) {
  const root = join(directory, 'links')
  mkdirSync(root)
  try {
    symlinkSync(outside, join(root, 'absolute'))
    symlinkSync('../outside', join(root, 'relative'))
  } catch (error) {
    report.note(`no links here: ${codeOf(error)}`)
  }
  try {
    linkSync(join(outside, 'file'), join(root, 'hard'))
  } catch (error) {
    report.note(`no hard links here: ${codeOf(error)}`)
  }
  const files = readdirSync(root).length
  const removed = await palfs.rm(root, { recursive: true })
  report.expect('links are removed', 'links', { files, directories: 1 }, removed)
}

/** @param {Promise<unknown>} call */
async function failure(call) {
  try {
    await call
    return 'no error'
  } catch (error) {
    return codeOf(error)
  }
}
