// A directory that does not fit into memory is read by a process that has little.
import { linkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import { node, scratch } from '../support/child.js'
import { LONG, onFilesystems } from '../support/filesystems.js'

const COUNT = LONG ? 1_000_000 : 100_000
/** Long enough that the names alone are more than the heap. */
const NAME = 200
const FLAGS = ['--max-old-space-size=16', '--max-semi-space-size=1']
const MIB = 1024 ** 2
const MOST_MIB = 48
const PATIENCE_MS = 120_000

/** Names of one file: as many as wanted, for no room. */
function fill(dir: string): void {
  const first = join(dir, 'x'.repeat(NAME))
  writeFileSync(first, '')
  for (let index = 1; index < COUNT; index += 1) {
    linkSync(first, join(dir, String(index).padStart(NAME, 'x')))
  }
}

onFilesystems(['tmpfs'], `${COUNT} names`, ['linux'], (test) => {
  test('in batches take the memory of one batch', { timeout: 300_000 }, ({ dir }) => {
    fill(dir)
    const { status, stdout, stderr } = node(
      `const stream = (path) => palfs.createPlatformFilesystem().readdirStream(path, { stats: true, batch: 4096 })
       for await (const batch of stream(args[1]));
       const before = process.memoryUsage.rss()
       let [count, most] = [0, before]
       for await (const batch of stream(args[0])) {
         count += batch.length
         most = Math.max(most, process.memoryUsage.rss())
       }
       console.log(JSON.stringify({ count, growth: most - before }))`,
      { args: [dir, scratch()], flags: FLAGS, timeout: PATIENCE_MS },
    )
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    const { count, growth } = JSON.parse(stdout) as { count: number; growth: number }
    console.log(`${count} names: ${Math.round(growth / MIB)} MiB more resident memory`)
    expect(count).toBe(COUNT)
    expect(growth).toBeLessThan(MOST_MIB * MIB)
    // The same process has no room for all of them.
    const atOnce = node(`await palfs.createPlatformFilesystem().readdir(args[0], { stats: true })`, {
      args: [dir],
      flags: FLAGS,
      timeout: PATIENCE_MS,
    })
    expect(atOnce.status).not.toBe(0)
    expect(atOnce.stderr).toContain('heap out of memory')
  })
})
