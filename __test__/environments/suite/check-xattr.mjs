// @ts-check
// Attributes of a file, a directory and a link are set, read, listed and removed where setfattr(1) can set them.
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { codeOf } from './attributes.mjs'
import { has, run } from './programs.mjs'

/** @typedef {import('./context.mjs').Context} Context */
/** @typedef {import('./report.mjs').Report} Report */

const VALUE = Buffer.from('some bytes \0\u00FF', 'latin1')

/**
 * @param {Context} context
 * @param {Report} report
 */
export async function checkXattr(context, report) {
  const directory = context.directory(context.on, 'xattr')
  writeFileSync(join(directory, 'file'), 'content')
  mkdirSync(join(directory, 'directory'))
  symlinkSync('nowhere', join(directory, 'link'))
  for (const [name, attribute] of /** @type {const} */ ([
    ['file', 'user.of-file'],
    ['directory', 'user.of-directory'],
    ['link', 'trusted.of-link'],
  ])) {
    const path = join(directory, name)
    if (isKept(path, attribute)) await useAttribute(context, report, { path, name, attribute })
    else report.note(`${attribute.split('.')[0]}.* cannot be set on a ${name}`)
  }
}

/**
 * @param {string} path
 * @param {string} attribute
 */
function isKept(path, attribute) {
  if (!has('setfattr') || !has('getfattr')) return false
  if (run('setfattr', ['-h', '-n', attribute, '-v', 'probe', path]).status !== 0) return false
  const { stdout } = run('getfattr', ['-h', '--only-values', '-n', attribute, path])
  run('setfattr', ['-h', '-x', attribute, path])
  return stdout.toString() === 'probe'
}

/**
 * @param {Context} context
 * @param {Report} report
 * @param {{ path: string, name: string, attribute: string }} what
 */
async function useAttribute({ palfs: { xattr } }, report, { path, name, attribute }) {
  const link = { follow: false }
  const expect = async (
    /** @type {string} */ what,
    /** @type {unknown} */ wanted,
    /** @type {() => Promise<unknown>} */ call,
  ) => {
    report.expect(what, `${attribute} of a ${name}`, wanted, await outcome(call))
  }
  await expect('it is set', undefined, () => xattr.set(path, attribute, VALUE, link))
  const { stdout } = run('getfattr', ['-h', '--only-values', '-n', attribute, path])
  report.expect(
    'getfattr reads what was set',
    `${attribute} of a ${name}`,
    VALUE.toString('hex'),
    stdout.toString('hex'),
  )
  await expect('it is read', VALUE.toString('hex'), async () =>
    (await xattr.get(path, attribute, link)).toString('hex'),
  )
  await expect('it is listed', true, async () => (await xattr.list(path, link)).includes(attribute))
  await expect('create fails where it is there', 'EEXIST', () =>
    xattr.set(path, attribute, 'x', { ...link, create: true }),
  )
  await expect('replace works where it is there', undefined, () =>
    xattr.set(path, attribute, 'other', { ...link, replace: true }),
  )
  await expect('it is removed', undefined, () => xattr.remove(path, attribute, link))
  await expect('an absent one is ENODATA', 'ENODATA', () => xattr.get(path, attribute, link))
  await expect('replace fails where it is absent', 'ENODATA', () =>
    xattr.set(path, attribute, 'x', { ...link, replace: true }),
  )
}

/** @param {() => Promise<unknown>} call */
async function outcome(call) {
  try {
    return await call()
  } catch (error) {
    return codeOf(error)
  }
}
