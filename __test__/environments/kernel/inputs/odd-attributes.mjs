// @ts-check
// A file is copied whatever its attributes are called; what the filesystem refuses is counted, as `cp -a` leaves it out: samba
// answers EINVAL to names with a slash or a colon, and takes an empty value for a removal.
import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { outcome } from './outcome.mjs'

const ATTRIBUTES = {
  'user.plain': 'value',
  'user.with/slash': 'value',
  'user.with:colon': 'value',
  'user.\u00E9': 'value',
  'user.UPPER': 'value',
  'user.empty': '',
  'user.long': 'x'.repeat(900),
}

/**
 * @param {import('./inputs.mjs').Place} place
 * @param {import('./inputs.mjs').Report} report
 */
export async function oddAttributes({ on, local, palfs }, report) {
  for (const [name, value] of Object.entries(ATTRIBUTES)) {
    const file = name.replaceAll(/\W/g, '-')
    const [from, to] = [join(local, file), join(on, file)]
    writeFileSync(from, 'content')
    execFileSync('setfattr', ['-n', name, '-v', value, from])
    const copied = await outcome(() => palfs.copyFile(from, to, { preserve: ['xattr'] }))
    report.expect('a file with any attribute is copied', name, 'done', copied.line)
    if (copied.line !== 'done') continue
    const isKept = await outcome(() => palfs.xattr.get(to, name, { encoding: 'utf8' }))
    const expected = isKept.result === value ? undefined : { xattr: 1 }
    report.expect('an attribute that is lost is counted', name, expected, copied.result?.unpreserved)
    const moved = await outcome(() => palfs.move(from, `${to}-moved`))
    if (expected === undefined) continue
    report.expect(
      'a move that would lose it is refused',
      `${name} (${moved.line})`,
      false,
      moved.line === 'done',
    )
  }
}
