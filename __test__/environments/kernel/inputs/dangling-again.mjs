// @ts-check
// A tree with a link that leads nowhere is copied a second time over its copy where links are kept, as by `cp -a`.
import { mkdirSync, readlinkSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { outcome } from './outcome.mjs'

/**
 * @param {import('./inputs.mjs').Place} place
 * @param {import('./inputs.mjs').Report} report
 */
export async function danglingAgain({ on, local, palfs }, report) {
  for (const update of [false, true]) {
    const name = `tree-${update}`
    const [source, dest] = [join(local, name), join(on, name)]
    mkdirSync(source)
    symlinkSync('nowhere', join(source, 'link'))
    for (const time of ['first', 'second', 'third']) {
      const copied = await outcome(() => palfs.cp(source, dest, { recursive: true, preserve: 'all', update }))
      report.expect(
        'a tree with a dangling link is copied',
        `${time} time, update: ${update}`,
        'done',
        copied.line,
      )
    }
    report.expect('the link is there', `update: ${update}`, 'nowhere', readlinkSync(join(dest, 'link')))
  }
}
