// @ts-check
// Every NFSv4 file has an access control list. One that says no more than the mode is no loss on a filesystem without such
// lists, and a move succeeds; one that says more is lost, which is counted, and a move is refused.
import { execFileSync } from 'node:child_process'
import { chmodSync, existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { outcome } from './outcome.mjs'

/**
 * @param {import('./inputs.mjs').Place} place
 * @param {import('./inputs.mjs').Report} report
 */
export async function nfs4Lists({ on, local, server, palfs }, report) {
  for (const mode of [0o644, 0o600, 0o755, 0o000, 0o4755, 0o077]) {
    const what = `mode ${mode.toString(8)}`
    const from = join(on, `f${mode.toString(8)}`)
    writeFileSync(from, what)
    chmodSync(from, mode)
    const copied = await outcome(() => palfs.copyFile(from, join(local, `c${mode}`), { preserve: 'all' }))
    report.expect('a copy loses no list', what, undefined, copied.result?.unpreserved)
    const moved = await outcome(() => palfs.move(from, join(local, `m${mode}`)))
    report.expect('a file is moved off', what, 'done', moved.line)
    report.expect('the source is gone', what, false, existsSync(from))
  }
  const from = join(on, 'list')
  writeFileSync(from, 'list')
  execFileSync('setfacl', ['-m', 'u:1234:rw', join(server, 'list')])
  const copied = await outcome(() => palfs.copyFile(from, join(local, 'list'), { preserve: 'all' }))
  report.expect('the loss of a list is counted', 'a named user', { acl: 1 }, copied.result?.unpreserved)
  const moved = await outcome(() => palfs.move(from, join(local, 'list-moved')))
  report.expect('a move that would lose a list is refused', 'a named user', false, moved.line === 'done')
  report.expect('the source stays', 'a named user', true, existsSync(from))
}
