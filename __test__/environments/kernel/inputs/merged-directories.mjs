// @ts-check
// A tree is copied a second time over its copy, and the directories have the source's times again. An NFS client keeps a file that
// is open and loses its name as `.nfs...` in its directory, and removes it after the close, by a call that nothing waits for.
import { lstatSync, mkdirSync, readdirSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'

const DIRECTORIES = 30

/**
 * @param {import('./inputs.mjs').Place} place
 * @param {import('./inputs.mjs').Report} report
 */
export async function mergedDirectories({ on, local, server, palfs }, report) {
  const [source, dest] = [join(local, 'tree'), join(on, 'tree')]
  const names = Array.from({ length: DIRECTORIES }, (_, number) => `d${number}`)
  for (const name of names) {
    mkdirSync(join(source, name), { recursive: true })
    for (let number = 0; number < 5; number += 1) writeFileSync(join(source, name, `f${number}`), 'content')
    utimesSync(join(source, name), 1e9, 1e9)
  }
  for (const time of ['first', 'second', 'third']) {
    await palfs.cp(source, dest, { recursive: true, preserve: 'all' })
    const hidden = names
      .flatMap((name) => readdirSync(join(server, 'tree', name)))
      .filter((name) => !name.startsWith('f'))
    report.expect('nothing is hidden there when the copy ends', `${time} copy`, [], hidden)
    await delay(1000)
    const other = names.filter((name) => lstatSync(join(server, 'tree', name)).mtimeMs !== 1e12)
    report.expect('directories have the times of the source', `${time} copy`, [], other)
  }
}
