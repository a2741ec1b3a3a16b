// @ts-check
// Files and directories with set-id and sticky bits are copied with default options, as by `cp -r`, also where the filesystem
// cannot keep the bits: vfat answers chmod with EPERM.
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { outcome } from './outcome.mjs'

/**
 * @param {import('./inputs.mjs').Place} place
 * @param {import('./inputs.mjs').Report} report
 */
export async function setIdModes({ on, local, palfs }, report) {
  for (const mode of [0o4755, 0o2755, 0o1644, 0o6711, 0o600, 0o444]) {
    const name = mode.toString(8)
    writeFileSync(join(local, name), name)
    chmodSync(join(local, name), mode)
    const copied = await outcome(() => palfs.copyFile(join(local, name), join(on, name)))
    report.expect('a file of any mode is copied', name, 'done', copied.line)
    if (copied.line === 'done')
      report.expect('with its content', name, name, readFileSync(join(on, name), 'utf8'))
  }
  mkdirSync(join(local, 'tree/sticky'), { recursive: true })
  chmodSync(join(local, 'tree/sticky'), 0o1777)
  chmodSync(join(local, 'tree'), 0o2775)
  const copied = await outcome(() => palfs.cp(join(local, 'tree'), join(on, 'tree'), { recursive: true }))
  report.expect('a tree of any modes is copied', 'tree', 'done', copied.line)
}
