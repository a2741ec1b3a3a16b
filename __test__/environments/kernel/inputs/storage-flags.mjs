// @ts-check
// What a filesystem does with the storage of a file (NODATACOW, compression) is no metadata that a move has to keep.
import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { outcome } from './outcome.mjs'

/**
 * @param {import('./inputs.mjs').Place} place
 * @param {import('./inputs.mjs').Report} report
 */
export async function storageFlags({ on, local, palfs }, report) {
  for (const [what, command] of /** @type {const} */ ([
    ['chattr +C', ['chattr', '+C']],
    ['chattr +m', ['chattr', '+m']],
    ['a compression property', ['setfattr', '-n', 'btrfs.compression', '-v', 'zstd']],
  ])) {
    const name = what.replaceAll(/\W/g, '-')
    const from = join(on, name)
    writeFileSync(from, '')
    try {
      const [program, ...args] = command
      execFileSync(program, [...args, from], { stdio: 'pipe' })
    } catch (error) {
      report.note(`${what}: ${String(error).split('\n')[1]}`)
      continue
    }
    writeFileSync(from, what)
    const copied = await outcome(() => palfs.copyFile(from, join(local, name), { preserve: 'all' }))
    report.expect('a copy loses nothing that counts', what, undefined, copied.result?.unpreserved)
    const moved = await outcome(() => palfs.move(from, join(local, `${name}-moved`)))
    report.expect('a file is moved off', what, 'done', moved.line)
  }
}
