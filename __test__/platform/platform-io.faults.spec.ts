// Reading and writing whole files while the disk is full, the kernel fails or the process is killed.
import fs from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { platformIO } from '../../src/index.js'
import { names, node, scratchInMemory } from '../support/child.js'
import { failure } from '../support/attributes.js'
import { expectContent, expectNothingTemporary, statOf, temporariesIn } from '../support/compare.js'
import { runUnder, type Fault, type Operation } from '../support/faults.js'
import { KIB, MIB, randomBytes, writeRandom } from '../support/files.js'
import { onEveryFilesystem, onFilesystems, type Need } from '../support/filesystems.js'

const STRACE: readonly Need[] = ['linux', 'strace']
const NEW = 'new content'

function writing(path: string, options: object = {}): Operation {
  return { call: 'platformIO.writeFileOptimizedSync', args: [path, NEW, options] }
}

onEveryFilesystem('a file written atomically', STRACE, (on) => {
  const failing: readonly (readonly [what: string, calls: string, code: string, call: string])[] = [
    ['write', 'pwrite64', 'ENOSPC', 'pwrite'],
    ['write', 'pwrite64', 'EDQUOT', 'pwrite'],
    ['write', 'pwrite64', 'EIO', 'pwrite'],
    ['fsync', 'fsync', 'EIO', 'fsync'],
    ['rename', 'rename,renameat,renameat2', 'EACCES', 'renameat'],
  ]
  for (const [what, calls, code, call] of failing) {
    on(`stays the old one when the ${what} is ${code}; no temporary is left`, async ({ dir }) => {
      const [old, fresh] = [join(dir, 'old'), join(dir, 'fresh')]
      fs.writeFileSync(old, 'old')
      const inject = [{ calls, error: code }]
      const { outcomes, hits } = await runUnder({ inject }, writing(old), writing(fresh, { direct: true }))
      expect(hits).toBeGreaterThanOrEqual(2)
      expect(outcomes[0]?.error).toMatchObject({ code, path: old, call: expect.stringContaining(call) })
      expect(outcomes[1]?.error).toMatchObject({ code, path: fresh })
      expect(outcomes.map(({ error }) => error?.destination)).toEqual([undefined, undefined])
      expect(fs.readFileSync(old, 'utf8')).toBe('old')
      expect(names(dir)).toEqual(['old'])
    })
  }

  on('is torn when it was written in place, and the error says so', async ({ dir }) => {
    const old = join(dir, 'old')
    fs.writeFileSync(old, 'old')
    const inject = [{ calls: 'pwrite64', error: 'EIO' }]
    const { outcomes } = await runUnder({ inject }, writing(old, { atomic: false }))
    expect(outcomes[0]?.error).toMatchObject({ code: 'EIO', destination: 'torn', path: old })
  })

  for (const [moment, calls] of [
    ['at the write', 'pwrite64'],
    ['at the fsync', 'fsync'],
    ['at the rename', 'rename,renameat,renameat2'],
  ] as const) {
    on(`is the old one after kill -9 ${moment}, and one temporary at most is left`, async ({ dir }) => {
      const [old, fresh] = [join(dir, 'old'), join(dir, 'fresh')]
      fs.writeFileSync(old, 'old')
      const inject = [{ calls, signal: 'KILL', when: '1' }] as const
      expect((await runUnder({ inject }, writing(old))).killed).toBe(true)
      expect(fs.readFileSync(old, 'utf8')).toBe('old')
      const left = temporariesIn(dir)
      expect(left.length).toBeLessThanOrEqual(1)
      expect(names(dir)).toEqual([...left, 'old'].toSorted())
      // Where a new name needs no such call, the file is complete.
      const { killed } = await runUnder({ inject }, writing(fresh))
      expect(fs.existsSync(fresh)).toBe(!killed)
      await platformIO.writeFileOptimized(old, NEW)
      expect(fs.readFileSync(old, 'utf8')).toBe(NEW)
    })
  }

  on('is on the disk before success: the file first, its directory after the rename', async ({ dir }) => {
    const path = join(dir, 'file')
    fs.writeFileSync(path, 'old')
    const fault: Fault = { trace: 'fsync,rename,renameat,renameat2' }
    const order = async (options: object): Promise<string[]> => {
      const { trace } = await runUnder(fault, writing(path, options))
      return trace.flatMap((line) => /(fsync|rename)/.exec(line)?.[1] ?? [])
    }
    expect(await order({})).toEqual(['fsync', 'rename', 'fsync'])
    expect(await order({ durable: false })).toEqual(['rename'])
    expect(await order({ atomic: false })).toEqual(['fsync'])
  })

  on('that may not be replaced is EACCES for another user, and nothing is left', async ({ dir, skip }) => {
    if (process.getuid?.() !== 0) skip('becoming another user needs root')
    fs.chmodSync(dir, 0o755)
    const [readable, hidden] = [join(dir, 'readable'), join(dir, 'hidden')]
    fs.writeFileSync(readable, 'old')
    fs.writeFileSync(hidden, 'old')
    fs.chmodSync(hidden, 0o600)
    const { outcomes } = await runUnder(
      { uid: 65_534 },
      writing(readable),
      writing(readable, { atomic: false }),
      writing(join(dir, 'fresh')),
      { call: 'platformIO.readFileOptimizedSync', args: [hidden] },
    )
    for (const { error } of outcomes) expect(error).toMatchObject({ code: 'EACCES' })
    expect(fs.readFileSync(readable, 'utf8')).toBe('old')
    expect(names(dir)).toEqual(['hidden', 'readable'])
  })

  on('beyond the file size limit is EFBIG, no signal, and the old one stays', async ({ dir, skip }) => {
    if (process.getuid?.() !== 0) skip('limits are set by the fault runner, which needs root')
    const [from, old] = [join(dir, 'from'), join(dir, 'old')]
    writeRandom(from, 3 * MIB)
    fs.writeFileSync(old, 'old')
    const { outcomes } = await runUnder(
      { fileSizeKib: 1000 },
      { call: 'platformIO.copyFileOptimized', args: [from, old] },
    )
    expect(outcomes[0]?.error).toMatchObject({ code: 'EFBIG', syscall: 'copyfile', path: from })
    expect(fs.readFileSync(old, 'utf8')).toBe('old')
    expectNothingTemporary(dir)
  })
})

onFilesystems(['tiny tmpfs'], 'a full filesystem', [], (on) => {
  on('is ENOSPC; the old file stays and its room is given back', async ({ dir }) => {
    const [old, fresh] = [join(dir, 'old'), join(dir, 'fresh')]
    const before = writeRandom(old, 300 * KIB)
    const data = randomBytes(2 * MIB)
    for (const path of [old, fresh]) {
      for (const direct of [false, true]) {
        const error = await failure(
          () => platformIO.writeFileOptimizedSync(path, data, { direct }),
          () => platformIO.writeFileOptimized(path, data, { direct }),
        )
        expect(error).toMatchObject({ code: 'ENOSPC', syscall: 'pwrite', call: 'pwrite', path })
      }
    }
    expectContent(old, before)
    expect(names(dir)).toEqual(['old'])
    await platformIO.writeFileOptimized(fresh, data.subarray(0, 500 * KIB))
  })
})

onFilesystems(['ext4', 'xfs', 'btrfs', 'tmpfs'], 'a read that fails', STRACE, (on) => {
  on('is that error, not a shorter content', async ({ dir }) => {
    const path = join(dir, 'file')
    writeRandom(path, 3 * MIB)
    for (const [direct, when] of [
      [false, '1'],
      [true, '1'],
      [true, '3'],
    ] as const) {
      const { outcomes } = await runUnder(
        { inject: [{ calls: 'pread64', error: 'EIO', when }], paths: [path] },
        { call: 'platformIO.readFileOptimizedSync', args: [path, { direct }] },
      )
      expect(outcomes[0]?.error).toMatchObject({ code: 'EIO', syscall: 'pread', path })
    }
  })

  on('half-way is continued where the kernel gave less than was asked', async ({ dir }) => {
    const path = join(dir, 'file')
    const content = writeRandom(path, 10_000)
    const inode = statOf(path).ino
    const { outcomes } = await runUnder(
      { inject: [{ calls: 'pread64', error: 'EINTR', when: '1' }], paths: [path] },
      { call: 'platformIO.readFileOptimizedSync', args: [path] },
    )
    expect(Buffer.from(Object(outcomes[0]?.result).data).equals(content)).toBe(true)
    expect(statOf(path).ino).toBe(inode)
  })
})

test('leaving while a file is written leaves no temporary', () => {
  const dir = scratchInMemory()
  const path = join(dir, 'file')
  const { status, stderr } = node(
    `palfs.platformIO.writeFileOptimized(args[0], Buffer.alloc(256 * 2 ** 20), { durable: false })
     const left = () => fs.readdirSync(args[1]).length
     while (left() === 0);
     process.exit(7)`,
    { args: [path, dir] },
  )
  expect({ status, stderr }).toEqual({ status: 7, stderr: '' })
  expect(names(dir).filter((name) => name !== 'file')).toEqual([])
})
