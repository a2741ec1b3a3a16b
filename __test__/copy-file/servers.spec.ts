// An old file is replaced where the server's answer to the rename is not what it did: SMB, whose server refuses to replace an
// open file, while Linux 6.1 has removed that by then; a network mount that answers too late.
import {
  closeSync,
  constants,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { expect } from 'vitest'
import { copyFile, copyFileSync, cpSync, moveSync, platformIO } from '../../src/index.js'
import { expectContent, expectNothingTemporary, statOf, temporariesIn } from '../support/compare.js'
import { REPLACE, SKIPPED } from '../support/copying.js'
import { copyingSync, runUnder } from '../support/faults.js'
import { makeSpecial, randomBytes, setXattr, writeRandom } from '../support/files.js'
import { serve, withFaultyServers, type ServerFault } from '../support/faulty-server.js'

const READS = 'pread64'
const WRITES = 'pwrite64'

interface Paths {
  /** Of the new content, on another filesystem. */
  readonly from: string
  /** The directory of `from`, and nothing else in it. */
  readonly fromDirectory: string
  readonly to: string
  readonly toDirectory: string
}

interface Prepared {
  readonly content: Buffer
  readonly served: string
}

/** Each way to replace a file, by name. */
const WAYS: Readonly<Record<string, (paths: Paths) => unknown>> = {
  copyFile: ({ from, to }) => copyFile(from, to),
  copyFileSync: ({ from, to }) => copyFileSync(from, to),
  "copyFileSync with replace: 'atomic'": ({ from, to }) => copyFileSync(from, to, { replace: 'atomic' }),
  "copyFileSync with replace: 'in-place'": ({ from, to }) => copyFileSync(from, to, { replace: 'in-place' }),
  "copyFileSync with preserve: 'all'": ({ from, to }) => copyFileSync(from, to, { preserve: 'all' }),
  'copyFileSync, durable': ({ from, to }) => copyFileSync(from, to, { durable: true }),
  'copyFileSync through a link': ({ from, toDirectory }) => {
    symlinkSync('to', join(toDirectory, 'link'))
    return copyFileSync(from, join(toDirectory, 'link'))
  },
  'cpSync of the file': ({ from, to }) => cpSync(from, to),
  'cpSync of its directory': ({ fromDirectory, toDirectory }) =>
    cpSync(fromDirectory, toDirectory, { recursive: true }),
  'cpSync of its directory with update': ({ fromDirectory, toDirectory }) =>
    cpSync(fromDirectory, toDirectory, { recursive: true, update: true, preserve: 'all' }),
  writeFileOptimizedSync: ({ from, to }) => platformIO.writeFileOptimizedSync(to, readFileSync(from)),
}

withFaultyServers('an old file on a server that refuses to rename over an open one', (test) => {
  async function prepare(dir: string, ...more: ServerFault[]): Promise<Paths & Prepared> {
    const { mount, served } = await serve(dir, 'sharing', ...more)
    const [fromDirectory, toDirectory] = [join(dir, 'from'), join(mount, 'files')]
    for (const directory of [fromDirectory, toDirectory]) mkdirSync(directory)
    const [from, to] = [join(fromDirectory, 'to'), join(toDirectory, 'to')]
    const content = writeRandom(from, 5000)
    writeFileSync(to, 'old')
    utimesSync(to, 1e9, 1e9)
    return { from, fromDirectory, to, toDirectory, content, served }
  }

  for (const [title, replace] of Object.entries(WAYS)) {
    test(`is replaced by ${title}`, async ({ dir }) => {
      const { content, served, ...paths } = await prepare(dir)
      await replace(paths)
      expectContent(paths.to, content)
      expectContent(join(served, 'files/to'), content)
      expectNothingTemporary(paths.toDirectory)
    })
  }

  test('is replaced by a FIFO, and a link by a link', async ({ dir }) => {
    const { from, to, toDirectory } = await prepare(dir)
    cpSync(makeSpecial(dir, 'fifo', 'FIFO'), to, { specialFiles: 'copy' })
    expect(lstatSync(to).isFIFO()).toBe(true)
    const [link, old] = [join(dir, 'link'), join(toDirectory, 'link')]
    symlinkSync(from, link)
    symlinkSync('elsewhere', old)
    cpSync(link, old, { verbatimSymlinks: true })
    expect(readlinkSync(old)).toBe(from)
    expectNothingTemporary(toDirectory)
  })

  for (const title of ['copyFileSync', "copyFileSync with replace: 'atomic'", 'writeFileOptimizedSync']) {
    for (const [name, more] of [
      ['its name shows it without a link', []],
      ['its name is absent', ['absent']],
    ] as const) {
      test(`is 'removed' where another process has it open; ${title} leaves the new content beside it (${name})`, async ({
        dir,
      }) => {
        const { content, served, ...paths } = await prepare(dir, ...more)
        const held = openSync(paths.to, 'r')
        try {
          await expect(async () => WAYS[title]?.(paths)).rejects.toMatchObject({
            code: 'EACCES',
            call: 'renameat',
            destination: 'removed',
          })
        } finally {
          closeSync(held)
        }
        const left = readdirSync(paths.toDirectory)
        expect(left).toEqual(temporariesIn(paths.toDirectory))
        expect(left.length).toBe(1)
        expectContent(join(served, 'files', ...left), content)
      })
    }
  }
})

withFaultyServers('a file whose names have an inode number each', (test) => {
  for (const replace of REPLACE) {
    for (const faults of [['case'], ['case', 'sharing']] as const) {
      test(`is left alone when it is copied to its name in another case (replace: ${replace}; ${faults.join(', ')})`, async ({
        dir,
      }) => {
        const { mount, served } = await serve(dir, ...faults)
        const content = writeRandom(join(mount, 'ca'), 700_000)
        const inodes = new Set(['ca', 'CA'].map((name) => statOf(join(mount, name)).ino))
        expect(inodes.size).toBe(2)
        expect(copyFileSync(join(mount, 'ca'), join(mount, 'CA'), { replace })).toEqual(SKIPPED)
        expectContent(join(served, 'ca'), content)
        expect(readdirSync(served)).toEqual(['ca'])
      })
    }

    test(`is left alone when it is copied to another link of it (replace: ${replace})`, async ({ dir }) => {
      const { mount, served } = await serve(dir, 'case')
      const content = writeRandom(join(mount, 'one'), 700_000)
      linkSync(join(mount, 'one'), join(mount, 'two'))
      expect(copyFileSync(join(mount, 'one'), join(mount, 'two'), { replace })).toEqual(SKIPPED)
      expectContent(join(served, 'one'), content)
    })

    test(`is replaced by a file of the same name and content in another directory (replace: ${replace})`, async ({
      dir,
    }) => {
      const { mount } = await serve(dir, 'case')
      const [from, to] = ['one', 'two'].map((name) => join(mount, name, 'file')) as [string, string]
      for (const name of ['one', 'two']) mkdirSync(join(mount, name))
      const content = writeRandom(from, 5000)
      writeFileSync(to, content)
      utimesSync(to, 1e9, 1e9)
      expect(copyFileSync(from, to, { replace })).toMatchObject({ files: 1, skipped: 0 })
      expectContent(to, content)
    })

    test(`is replaced by a file of the same size and times (replace: ${replace})`, async ({ dir }) => {
      const { mount } = await serve(dir, 'case')
      const [from, to] = [join(mount, 'ca'), join(mount, 'd/CA')]
      mkdirSync(join(mount, 'd'))
      const content = writeRandom(from, 700_000)
      writeFileSync(to, Buffer.from(content).fill(1, 699_999))
      expect(copyFileSync(from, to, { replace })).toMatchObject({ files: 1, bytes: 700_000 })
      expectContent(to, content)
    })
  }
})

withFaultyServers('a server on which an unlinked file comes back when it is closed', (test) => {
  /** Longer than the server takes. */
  const LATER_MS = 300

  for (const [moment, fault] of [
    ['before anything was written', { calls: READS, error: 'EIO' }],
    ['after a part was written', { calls: 'pread64', error: 'EIO', when: '2+' }],
    ['at its first write', { calls: WRITES, error: 'ENOSPC', when: '1' }],
    ['at its second write', { calls: WRITES, error: 'ENOSPC', when: '2' }],
  ] as const) {
    for (const [title, options] of [
      ['a new file', {}],
      ["a new file with replace: 'atomic'", { replace: 'atomic' }],
    ] as const) {
      test(`keeps nothing of a copy that failed ${moment}: ${title}`, async ({ dir }) => {
        const { mount, served } = await serve(dir, 'upload')
        const [from, to] = [join(dir, 'from'), join(mount, 'to')]
        writeRandom(from, 700_000)
        const env = { PALFS_METHODS: 'read_write' }
        const paths = fault.calls === WRITES ? [] : [from]
        const run = await runUnder({ inject: [fault], paths, env }, copyingSync(from, to, options))
        expect(run.outcomes[0]?.error).toMatchObject({ code: fault.error })
        await delay(LATER_MS)
        expect(readdirSync(served)).toEqual([])
      })
    }
  }

  test('keeps nothing of content that could not be written', async ({ dir }) => {
    const { mount, served } = await serve(dir, 'upload')
    const inject = [{ calls: WRITES, error: 'ENOSPC', when: '1' }]
    const writing = { call: 'platformIO.writeFileOptimizedSync', args: [join(mount, 'to'), 'content'] }
    const run = await runUnder({ inject }, writing)
    expect(run.outcomes[0]?.error).toMatchObject({ code: 'ENOSPC' })
    await delay(LATER_MS)
    expect(readdirSync(served)).toEqual([])
  })

  test('keeps nothing of the file that shows the umask', async ({ dir }) => {
    const { mount, served } = await serve(dir, 'upload')
    const from = join(dir, 'from')
    writeRandom(from, 5000, 1, 0o444)
    copyFileSync(from, join(mount, 'to'), { preserve: [] })
    await delay(LATER_MS)
    expect(readdirSync(served)).toEqual(['to'])
  })
})

withFaultyServers('a free name on a server without RENAME_NOREPLACE and hard links', (test) => {
  const EXCLUSIVE = { mode: constants.COPYFILE_EXCL, replace: 'atomic' } as const
  /** Longer than the server takes. */
  const LATER_MS = 300

  for (const faults of [['no-links'], ['no-links', 'upload'], ['no-links', 'sharing']] as const) {
    test(`is given to an atomic copy with EXCL (${faults.join(', ')})`, async ({ dir }) => {
      const { mount, served } = await serve(dir, ...faults)
      const [from, to] = [join(dir, 'from'), join(mount, 'to')]
      const content = writeRandom(from, 5000)
      expect(copyFileSync(from, to, EXCLUSIVE)).toMatchObject({ files: 1 })
      await delay(LATER_MS)
      expectContent(join(served, 'to'), content)
      await expect(copyFile(from, to, EXCLUSIVE)).rejects.toMatchObject({ code: 'EEXIST' })
      expectContent(join(served, 'to'), content)
      expect(readdirSync(served)).toEqual(['to'])
    })

    test(`is given to a FIFO (${faults.join(', ')})`, async ({ dir }) => {
      const { mount } = await serve(dir, ...faults)
      const to = join(mount, 'fifo')
      const options = { specialFiles: 'copy', mode: constants.COPYFILE_EXCL } as const
      copyFileSync(makeSpecial(dir, 'fifo', 'FIFO'), to, options)
      expect(lstatSync(to).isFIFO()).toBe(true)
      expect(readdirSync(mount)).toEqual(['fifo'])
    })

    test(`is given to a file that is moved, which keeps its content (${faults.join(', ')})`, async ({
      dir,
    }) => {
      const { mount, served } = await serve(dir, ...faults)
      const content = writeRandom(join(mount, 'from'), 5000)
      moveSync(join(mount, 'from'), join(mount, 'to'))
      await delay(LATER_MS)
      expectContent(join(served, 'to'), content)
      expect(readdirSync(served)).toEqual(['to'])
    })
  }

  test('is free again after a rename that failed', async ({ dir }) => {
    const { mount, served } = await serve(dir, 'no-links')
    const [from, to] = [join(dir, 'from'), join(mount, 'to')]
    writeRandom(from, 5000)
    const inject = [{ calls: 'rename,renameat', error: 'EIO' }]
    const run = await runUnder({ inject }, copyingSync(from, to, EXCLUSIVE))
    expect(run.outcomes[0]?.error).toMatchObject({ code: 'EIO', call: 'renameat' })
    expect(readdirSync(served)).toEqual([])
  })
})

withFaultyServers('a rename that was done and answered by an error', (test) => {
  for (const replace of ['auto', 'atomic'] as const) {
    test(`is a success (replace: ${replace})`, async ({ dir }) => {
      const { mount } = await serve(dir, 'lost-answers')
      const [from, to] = [join(dir, 'from'), join(mount, 'to')]
      const content = randomBytes(5000)
      writeFileSync(from, content)
      writeFileSync(to, 'old')
      expect(copyFileSync(from, to, { replace })).toMatchObject({ files: 1, bytes: 5000 })
      expectContent(to, content)
      expect(readdirSync(mount)).toEqual(['to'])
    })
  }
})

withFaultyServers('a server that answers EIO for extended attributes', (test) => {
  test('takes and gives files with `preserve: all`, and the attributes are counted', async ({ dir }) => {
    const { mount } = await serve(dir, 'no-attributes')
    const from = join(dir, 'from')
    writeFileSync(from, 'content')
    setXattr(from, 'user.colour', 'blue')
    const into = copyFileSync(from, join(mount, 'file'), { preserve: 'all' })
    expect(into).toMatchObject({ files: 1, unpreserved: { xattr: 1 } })
    const out = copyFileSync(join(mount, 'file'), join(dir, 'back'), { preserve: 'all' })
    expect(out).toMatchObject({ files: 1, unpreserved: { xattr: 1, acl: 1 } })
    expect(readFileSync(join(dir, 'back'), 'utf8')).toBe('content')
    const strict = { preserve: 'all', metadataErrors: 'error' } as const
    expect(() => copyFileSync(join(mount, 'file'), join(dir, 'strict'), strict)).toThrow(/^EIO: /u)
  })
})

withFaultyServers('a file that another process has open', (test) => {
  test('is reported as removed if a move over it is refused after the server has unlinked it', async ({
    dir,
  }) => {
    const { mount } = await serve(dir, 'sharing')
    const [from, to] = [join(mount, 'from'), join(mount, 'to')]
    writeFileSync(from, 'new')
    writeFileSync(to, 'old')
    const held = openSync(to, 'r')
    try {
      const inUse = { code: 'EACCES', call: 'renameat', destination: 'removed' }
      expect(() => moveSync(from, to, { overwrite: true })).toThrow(expect.objectContaining(inUse))
      expect(readFileSync(from, 'utf8')).toBe('new')
    } finally {
      closeSync(held)
    }
  })
})

withFaultyServers('a move that was done and answered by an error', (test) => {
  test('is a success', async ({ dir }) => {
    const { mount } = await serve(dir, 'lost-answers')
    const [from, to] = [join(mount, 'from'), join(mount, 'to')]
    writeFileSync(from, 'new')
    writeFileSync(to, 'old')
    expect(moveSync(from, to, { overwrite: true })).toMatchObject({ files: 1, method: 'rename' })
    expect(readFileSync(to, 'utf8')).toBe('new')
    expect(readdirSync(mount)).toEqual(['to'])
  })
})
