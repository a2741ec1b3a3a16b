// @ts-check
// xattr.set with `create` refuses a name that is there, and with `replace` one that is not, though cifs ignores both flags; an
// empty value is kept or refused.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { outcome } from './outcome.mjs'

/**
 * @param {import('./inputs.mjs').Place} place
 * @param {import('./inputs.mjs').Report} report
 */
export async function valueFlags({ on, palfs }, report) {
  const { xattr } = palfs
  const file = join(on, 'file')
  writeFileSync(file, 'content')
  const absent = await outcome(() => xattr.set(file, 'user.absent', 'value', { replace: true }))
  if (absent.line.startsWith('ENOTSUP')) {
    report.note('no attributes here')
    return
  }
  report.expect('replace of a name that is not there', 'user.absent', true, absent.line.startsWith('ENODATA'))
  const first = await outcome(() => xattr.set(file, 'user.name', 'one', { create: true }))
  report.expect('create of a new name', 'user.name', 'done', first.line)
  const second = await outcome(() => xattr.set(file, 'user.name', 'two', { create: true }))
  report.expect('create of a name that is there', 'user.name', true, second.line.startsWith('EEXIST'))
  const value = await outcome(() => xattr.get(file, 'user.name', { encoding: 'utf8' }))
  report.expect('the value stays', 'user.name', 'one', value.result)
}
