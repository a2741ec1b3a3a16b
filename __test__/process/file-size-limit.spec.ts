// A limit on file sizes (RLIMIT_FSIZE) in a process that dies of SIGXFSZ, as most do: Node ignores it, but a listener that
// comes and goes brings the default back.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import { names, node, scratchInMemory } from '../support/child.js'
import { writeRandom } from '../support/files.js'

const MIB = 1024 ** 2
const place = scratchInMemory()
const [from, old] = [join(place, 'from'), join(place, 'old')]
const XFSZ = '0x1000000n'

beforeAll(() => {
  writeRandom(from, 3 * MIB)
  writeFileSync(old, 'old')
})

const CALLS: readonly (readonly [title: string, source: string])[] = [
  ['copyFile', `await palfs.copyFile(from, old, { reflink: 'never' })`],
  ['copyFileSync', `palfs.copyFileSync(from, old, { reflink: 'never' })`],
  ['cp', `await palfs.cp(from, old, { reflink: 'never', replace: 'atomic' })`],
  ['cpSync', `palfs.cpSync(from, old, { reflink: 'never', replace: 'atomic' })`],
  [
    'cpSync with a filter',
    `palfs.cpSync(from, old, { reflink: 'never', replace: 'atomic', filter: () => true })`,
  ],
  ['a write by platformIO', `await palfs.platformIO.writeFileOptimized(old, Buffer.alloc(3 << 20))`],
  ['a sync write by platformIO', `palfs.platformIO.writeFileOptimizedSync(old, Buffer.alloc(3 << 20))`],
]

for (const [title, source] of CALLS) {
  test(`${title} beyond the limit is EFBIG where SIGXFSZ would end the process`, ({ skip }) => {
    if (process.platform !== 'linux') skip("elsewhere the signal is the process's, not the thread's")
    const { status, signal, stdout, stderr } = node(
      `const [from, old] = args
       const ignore = () => {}
       process.on('SIGXFSZ', ignore).off('SIGXFSZ', ignore)
       const holds = (what) => {
         const mask = fs.readFileSync('/proc/self/status', 'utf8').match(new RegExp('Sig' + what + ':\\\\s*(\\\\w+)'))[1]
         return (BigInt('0x' + mask) & ${XFSZ}) !== 0n
       }
       let code = 'none'
       try { ${source} } catch (error) { code = error.code }
       // The disposition and the mask of the calling thread are the process's own.
       console.log(code, holds('Ign'), holds('Blk'), fs.readFileSync(old, 'utf8'))`,
      { args: [from, old], through: ['sh', '-c', 'ulimit -c 0; ulimit -f 2000; exec "$@"', 'sh'] },
    )
    expect({ status, signal, stdout, stderr }).toEqual({
      status: 0,
      signal: null,
      stdout: 'EFBIG false false old\n',
      stderr: '',
    })
    expect(names(place)).toEqual(['from', 'old'])
  })
}
