// Copies of trees in a process, or a worker, that ends before they do.
import fs from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { DIST, node, scratchInMemory } from './child.js'
import { below, manyFiles } from './fixtures/many-files.js'

const place = scratchInMemory()
const src = manyFiles(join(place, 'from'), 20, 100)

function expectNoHalfFiles(dest: string): void {
  const copied = fs.existsSync(dest) ? below(dest) : []
  expect(copied.filter((name) => name.includes('.palfs-'))).toEqual([])
}

describe('process.exit', () => {
  test.each(['cp', 'cpSync'])('in the filter of %s ends the process at once', (name) => {
    const dest = join(place, `exit-${name}`)
    const { status, stderr } = node(
      `let asked = 0
       const filter = () => { if (++asked === 700) process.exit(7); return true }
       await palfs[args[0]](args[1], args[2], { recursive: true, replace: 'atomic', filter })`,
      { args: [name, src, dest] },
    )
    expect({ status, stderr }).toEqual({ status: 7, stderr: '' })
    expectNoHalfFiles(dest)
  })

  test.each(['cp', 'rm', 'move'])('while %s runs ends the process', (name) => {
    const dest = join(place, `while-${name}`)
    const { status, stderr } = node(
      `const work = { cp: () => palfs.cp(args[1], args[2], { recursive: true }),
         move: () => palfs.move(args[2] + '-source', args[2]), rm: () => palfs.rm(args[2] + '-source', { recursive: true }) }
       palfs.cpSync(args[1], args[2] + '-source', { recursive: true })
       work[args[0]]().catch(() => undefined)
       setTimeout(() => process.exit(3), 5)`,
      { args: [name, src, dest] },
    )
    expect({ status, stderr }).toEqual({ status: 3, stderr: '' })
    expectNoHalfFiles(dest)
  })
})

test('workers that are terminated, with filters that answer, answer later, or never, take nobody with them', () => {
  const { status, stdout, stderr } = node(
    `import { Worker } from 'node:worker_threads'
     const code = \`
       import { workerData } from 'node:worker_threads'
       import { cp, cpSync } from ${JSON.stringify(DIST)}
       const [index, from, to] = workerData
       const filters = [() => true, async () => true, () => new Promise(() => {}), undefined]
       for (;;) {
         await cp(from, to + index, { recursive: true, filter: filters[index % 4] })
         cpSync(from, to + index, { recursive: true, filter: () => true })
       }\`
     const url = new URL('data:text/javascript,' + encodeURIComponent(code))
     for (let index = 0; index < 12; index += 1) {
       const worker = new Worker(url, { workerData: [index, args[0], args[1]] })
       await new Promise((resolve) => setTimeout(resolve, 20 + index * 20))
       await worker.terminate()
     }
     console.log((await palfs.cp(args[0], args[1], { recursive: true })).files)`,
    { args: [src, join(place, 'worker')] },
  )
  expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: '2000\n', stderr: '' })
})
