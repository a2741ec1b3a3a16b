// What is said of a filesystem is what really happens on it.
import { chmodSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { describe, expect, expectTypeOf, test as plainTest } from 'vitest'
import {
  detectCapabilities,
  detectCapabilitiesSync,
  features,
  getPlatformCapabilities,
  getPlatformInfo,
  type PlatformCapabilities,
} from '../../src/index.js'
import { node, scratch } from '../support/child.js'
import { bytePath } from '../support/files.js'
import { CASE_INSENSITIVE, onFilesystems } from '../support/filesystems.js'
import { run, unmountBelow } from '../support/mounts.js'

const ATTEMPTS = fileURLToPath(new URL('../environments/suite/attempts.py', import.meta.url))
const ALL = ['ext4', 'xfs', 'btrfs', 'tmpfs', 'overlay', 'ramfs', CASE_INSENSITIVE]

type Attempts = Omit<PlatformCapabilities, 'directIo'> & { keepsNanosecond: boolean; directIo: boolean }

onFilesystems(ALL, 'what is said', ['root', 'python3', 'acl'], (test, filesystem) => {
  test('is what attempts show, field by field', async ({ dir }) => {
    const found = await detectCapabilities(dir)
    expect(readdirSync(dir)).toEqual([])
    const alignment = found.directIo === null || found.directIo === false ? undefined : found.directIo
    const units = alignment === undefined ? [] : [String(alignment.memory), String(alignment.offset)]
    const { keepsNanosecond, directIo, ...expected } = JSON.parse(
      run('python3', ATTEMPTS, dir, '300', ...units),
    ) as Attempts
    const {
      filesystemType,
      reflink,
      maxPathLength,
      directIo: _,
      readOnly,
      timestampGranularity,
      ...rest
    } = found
    expect(rest).toEqual(expected)
    expect({ filesystemType, reflink, maxPathLength, readOnly }).toEqual({
      filesystemType: filesystem.name === CASE_INSENSITIVE ? 'fuse' : filesystem.name,
      reflink: filesystem.reflink,
      maxPathLength: 4096,
      readOnly: false,
    })
    expect(alignment !== undefined).toBe(directIo)
    if (timestampGranularity !== null) expect(timestampGranularity === 1).toBe(keepsNanosecond)
  })

  test('is the same of a file, by path, bytes or URL, sync and async', async ({ dir }) => {
    const found = detectCapabilitiesSync(dir)
    const file = join(dir, 'file')
    writeFileSync(file, '')
    expect(await detectCapabilities(file)).toEqual(found)
    expect(detectCapabilitiesSync(Buffer.from(file))).toEqual(found)
    expect(await detectCapabilities(pathToFileURL(file))).toEqual(found)
    // NTFS has no names but Unicode's.
    const odd = bytePath(dir, filesystem.name === CASE_INSENSITIVE ? Buffer.from('ö') : Buffer.of(0xff))
    mkdirSync(odd)
    expect(await detectCapabilities(odd)).toEqual(found)
    expect(readdirSync(odd)).toEqual([])
  })

  test('of a read-only mount is that nothing can be changed, and no answer is wrong', async ({ dir }) => {
    const found = await detectCapabilities(dir)
    const point = join(dir, 'read-only')
    mkdirSync(point)
    run('mount', '--bind', dir, point)
    try {
      run('mount', '-o', 'remount,bind,ro', point)
      const { readOnly, ...there } = await detectCapabilities(point)
      expect(readOnly).toBe(true)
      expectNothingElse(there, found)
    } finally {
      unmountBelow(point)
    }
  })

  test('to somebody who may not write is no wrong answer', ({ dir }) => {
    const found = detectCapabilitiesSync(dir)
    chmodSync(dir, 0o755)
    const { stdout, stderr } = node(`console.log(JSON.stringify(palfs.detectCapabilitiesSync(args[0])))`, {
      args: [dir],
      uid: 65_534,
      cwd: '/',
    })
    expect(stderr).toBe('')
    expectNothingElse(JSON.parse(stdout) as PlatformCapabilities, found)
    expect(readdirSync(dir)).toEqual([])
  })
})

/** What is not known is null; what is known is the same. */
function expectNothingElse(less: Partial<PlatformCapabilities>, found: PlatformCapabilities): void {
  const { xattrNamespaces: some, directIo: aligned, ...rest } = less
  for (const [key, value] of Object.entries(rest)) {
    if (value !== null) expect([key, value]).toEqual([key, Reflect.get(found, key)])
  }
  // Namespaces that need a privilege are seen by those who have it; without a probe an alignment may be larger.
  for (const space of some ?? []) expect(found.xattrNamespaces).toContain(space)
  if (aligned !== null && aligned !== undefined) expect(Boolean(aligned)).toBe(Boolean(found.directIo))
}

describe('of the platform', () => {
  plainTest('name, features and answers for the calls agree', () => {
    const info = getPlatformInfo()
    expect(info.capabilities).toEqual(getPlatformCapabilities())
    expect(info.features[0]).toBe('basic_ops')
    expect(info.features.includes('splice')).toBe(getPlatformCapabilities().spliceAvailable)
    const names: Partial<Record<string, string>> = { linux: 'Linux', darwin: 'macOS', freebsd: 'FreeBSD' }
    expect(info.name).toBe(names[process.platform])
    expect(getPlatformCapabilities().reflink).toBeNull()
  })

  plainTest('the features of the build cannot be changed', () => {
    expect(Object.isFrozen(features)).toBe(true)
    expect(features).toEqual({
      hasXattr: true,
      hasSplice: process.platform === 'linux',
      hasSendfile: true,
      hasCopyFileRange: process.platform !== 'darwin',
      hasClonefile: process.platform === 'darwin',
      hasFlock: true,
      hasInotify: process.platform === 'linux',
      hasKqueue: process.platform !== 'linux',
    })
  })

  plainTest('types say what may be unknown', () => {
    expectTypeOf(detectCapabilities).returns.resolves.toEqualTypeOf<PlatformCapabilities>()
    expectTypeOf(detectCapabilitiesSync).returns.toEqualTypeOf<PlatformCapabilities>()
    expectTypeOf<PlatformCapabilities['reflink']>().toEqualTypeOf<boolean | null>()
    expectTypeOf(features.hasXattr).toEqualTypeOf<boolean>()
  })
})

describe('a path that cannot be asked about', () => {
  plainTest('is an error in the words of the system call', async () => {
    const path = join(scratch(), 'absent')
    const expected = { code: 'ENOENT', errno: -2, path, syscall: expect.stringMatching(/^(open|stat)/) }
    expect(() => detectCapabilitiesSync(path)).toThrow(expect.objectContaining(expected))
    await expect(detectCapabilities(path)).rejects.toMatchObject(expected)
  })

  plainTest.for([[''], ['a\0b'], [7], [undefined], [{}], ['\uD800']])('%j is refused', async ([path]) => {
    const error: unknown = await detectCapabilities(path as never).catch((reason: unknown) => reason)
    expect(error).toMatchObject({ code: expect.stringMatching(/^(ENOENT|ERR_INVALID_ARG_)/) })
    expect(() => detectCapabilitiesSync(path as never)).toThrow(expect.objectContaining(Object(error)))
  })

  plainTest('a mistake in the addon is an error', () => {
    const { stdout } = node(
      `const codes = []
       try { palfs.detectCapabilitiesSync('.') } catch ({ code }) { codes.push(code) }
       await palfs.detectCapabilities('.').catch(({ code }) => codes.push(code))
       console.log(codes.join())`,
      { env: { PALFS_TEST_PANIC: '1' } },
    )
    expect(stdout).toBe('ERR_INTERNAL_PANIC,ERR_INTERNAL_PANIC\n')
  })
})
