// The table of everything that the package promises, by name, kind and shape: a name that goes missing, or changes, fails.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, expectTypeOf, test } from 'vitest'
import * as palfs from '../../src/index.js'
import type {
  CopyFileOptions,
  CopyMethod,
  CopyResult,
  CpOptions,
  DirEntry,
  FileStat,
  FsErrorCode,
  MoveOptions,
  PlatformCapabilities,
  PlatformInfo,
  Progress,
  RmOptions,
} from '../../src/index.js'

/** Functions that are a promise, and exist with `Sync` at the end of their names. */
const IN_BOTH_FORMS = ['copyFile', 'cp', 'move', 'rm', 'detectCapabilities'] as const
const FUNCTIONS = [
  ...IN_BOTH_FORMS,
  'copyFileSync',
  'cpSync',
  'moveSync',
  'rmSync',
  'detectCapabilitiesSync',
  'createPlatformFilesystem',
  'getPlatformCapabilities',
  'getPlatformInfo',
  'isFsError',
] as const
const CLASSES = ['FsError', 'PlatformBuffer', 'PlatformFileSystem', 'PlatformIO'] as const
const OBJECTS = ['PLATFORM_IO', 'features', 'platformIO', 'xattr'] as const
const VALUES = ['LIBC', 'PLATFORM', 'supported'] as const

/** A line of names. */
const words = (line: string): string[] => line.split(' ')

const OPERATIONS = [
  'open close read write fsync ftruncate',
  'stat lstat fstat utimes chmod chown',
  'mkdir rmdir readdir',
  'link unlink symlink readlink rename',
  'getxattr setxattr removexattr listxattr',
  'copyFileFast copyFileRange',
].flatMap(words)
const XATTR = ['get', 'set', 'list', 'remove', 'copy']
const IO = ['copyFileOptimized', 'readFileOptimized', 'writeFileOptimized', 'optimalChunkSize']

const FEATURES = ['Xattr', 'Splice', 'Sendfile', 'CopyFileRange', 'Clonefile', 'Flock', 'Inotify', 'Kqueue']
const FILE_STAT = [
  'size mode uid gid atime mtime ctime birthtime inode device nlinks blksize blocks',
  'rdev fileType',
].flatMap(words)
const DIR_ENTRY = ['name', 'fileType', 'inode']
const CAPABILITIES = [
  'spliceAvailable sendfileAvailable copyFileRangeAvailable clonefileAvailable xattrAvailable flockAvailable',
  'maxPathLength maxFilenameLength filesystemCaseSensitive',
  'filesystemType reflink sparseFiles hardLinks symlinks xattrNamespaces acl tmpfile renameExchange',
  'directIo readOnly timestampGranularity',
].flatMap(words)
const INFO = ['name', 'features', 'capabilities']
const COPY_RESULT = words('bytes files directories symlinks others skipped method methods')
const COLLECTED = ['errors', 'errorCount']

let directory = ''
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'palfs-names-'))
})
afterAll(() => rmSync(directory, { recursive: true }))

/** Own keys, in any order. */
const keys = (object: object): string[] => Object.keys(object).toSorted()
const sorted = (...names: readonly string[]): string[] => names.toSorted()
const withSync = (names: readonly string[]): string[] => names.flatMap((name) => [name, `${name}Sync`])
const methodsOf = (holder: object): string[] =>
  Object.getOwnPropertyNames(holder)
    .filter((name) => name !== 'constructor' && typeof Reflect.get(holder, name) === 'function')
    .toSorted()

test('the package exports these names and no others', () => {
  expect(keys(palfs)).toEqual(sorted(...FUNCTIONS, ...CLASSES, ...OBJECTS, ...VALUES))
})

/** What an export is, by its name. */
const exported = (name: string): unknown => Reflect.get(palfs, name)
const constructorOf = (name: string): unknown => Object(exported(name)).constructor.name

test('each export is what its name says', () => {
  for (const name of [...FUNCTIONS, ...CLASSES]) expect(typeof exported(name), name).toBe('function')
  for (const name of CLASSES) expect(String(exported(name)), name).toMatch(/^class/)
  for (const name of OBJECTS) expect(typeof exported(name), name).toBe('object')
  for (const name of IN_BOTH_FORMS) {
    expect(constructorOf(name), name).toBe('AsyncFunction')
    expect(constructorOf(`${name}Sync`), name).toBe('Function')
  }
  expect(typeof palfs.supported).toBe('boolean')
  expect(typeof palfs.PLATFORM).toBe('string')
  expect(['glibc', 'musl', null]).toContain(palfs.LIBC)
  expect(palfs.PLATFORM_IO).toBe(palfs.platformIO)
})

test('every operation is a promise and has a Sync form', () => {
  expect(palfs.createPlatformFilesystem()).toBeInstanceOf(palfs.PlatformFileSystem)
  expect(palfs.platformIO).toBeInstanceOf(palfs.PlatformIO)
  expect(methodsOf(palfs.PlatformFileSystem.prototype)).toEqual(
    sorted(...withSync(OPERATIONS), 'readdirStream'),
  )
  expect(methodsOf(palfs.xattr)).toEqual(sorted(...withSync(XATTR)))
  expect(methodsOf(palfs.PlatformIO.prototype)).toEqual(sorted(...withSync(IO)))
})

test('features, memory and errors have these keys', () => {
  expect(keys(palfs.features)).toEqual(sorted(...FEATURES.map((name) => `has${name}`)))
  expect(Object.isFrozen(palfs.features)).toBe(true)
  const memory = new palfs.PlatformBuffer(16)
  expect(memory).toMatchObject({ alignment: 4096, length: 16, isAligned: true })
  expect(memory.buffer).toBeInstanceOf(Buffer)
  const absent = join(directory, 'absent')
  const thrown = caught(() => palfs.copyFileSync(absent, join(directory, 'x')))
  expect(thrown).toBeInstanceOf(palfs.FsError)
  const fields = ['errno', 'code', 'syscall', 'path', 'dest', 'call', 'bytesCopied']
  expect(Object.keys(Object(thrown))).toEqual(fields)
  expect(palfs.isFsError(thrown, 'ENOENT')).toBe(true)
})

function caught(act: () => unknown): unknown {
  try {
    return act()
  } catch (error) {
    return error
  }
}

test('what is known of a file, of a directory and of the platform has these keys', async () => {
  const layer = palfs.createPlatformFilesystem()
  const path = join(directory, 'file')
  writeFileSync(path, 'content')
  for (const stat of [
    layer.statSync(path),
    await layer.lstat(path),
    layer.statSync(path, { bigint: true }),
  ]) {
    expect(keys(stat)).toEqual(sorted(...FILE_STAT))
  }
  const [entry] = layer.readdirSync(directory)
  const [withStats] = await layer.readdir(directory, { stats: true })
  expect(keys(entry ?? {})).toEqual(sorted(...DIR_ENTRY))
  expect(keys(withStats ?? {})).toEqual(sorted(...DIR_ENTRY, 'stats'))
  for (const found of [
    palfs.getPlatformCapabilities(),
    palfs.detectCapabilitiesSync(directory),
    await palfs.detectCapabilities(directory),
  ]) {
    expect(keys(found)).toEqual(sorted(...CAPABILITIES))
  }
  expect(keys(palfs.getPlatformInfo())).toEqual(sorted(...INFO))
})

test('what a copy, a move and a removal did has these keys', async () => {
  const [src, dest, moved] = ['src', 'dest', 'moved'].map((name) => join(directory, name)) as [
    string,
    string,
    string,
  ]
  writeFileSync(src, 'content')
  expect(keys(await palfs.copyFile(src, dest))).toEqual(sorted(...COPY_RESULT))
  // A directory is where the tree has a file.
  mkdirSync(join(directory, 'tree', 'name'), { recursive: true })
  mkdirSync(join(directory, 'from'))
  writeFileSync(join(directory, 'from', 'name'), '')
  const collected = palfs.cpSync(join(directory, 'from'), join(directory, 'tree'), {
    recursive: true,
    onError: 'collect',
  })
  expect(keys(collected)).toEqual(sorted(...COPY_RESULT, ...COLLECTED))
  expect(keys(palfs.moveSync(dest, moved))).toEqual(sorted(...COPY_RESULT))
  const seen: Progress[] = []
  await palfs.copyFile(src, dest, { onProgress: (progress) => seen.push(progress) })
  expect(keys(seen.at(-1) ?? {})).toEqual(
    sorted('bytes', 'files', 'directories', 'totalBytes', 'totalFiles', 'path'),
  )
  expect(keys(await palfs.rm(moved))).toEqual(['directories', 'files'])
})

type OfCopies =
  | ('reflink' | 'sparse' | 'preserve' | 'preserveTimestamps' | 'metadataErrors' | 'replace' | 'durable')
  | ('verifySource' | 'specialFiles' | 'update' | 'oneFileSystem' | 'onError' | 'concurrency' | 'signal')
  | 'onProgress'
type OfNodesCp =
  | ('dereference' | 'errorOnExist' | 'filter' | 'force' | 'mode' | 'recursive' | 'verbatimSymlinks')
  | 'preserveTimestamps'

test('every option has its name and its values', () => {
  expectTypeOf<keyof CopyFileOptions>().toEqualTypeOf<OfCopies | 'mode'>()
  expectTypeOf<keyof CpOptions>().toEqualTypeOf<OfCopies | OfNodesCp>()
  expectTypeOf<'overwrite' | 'signal' | 'onProgress' | 'metadataErrors'>().toExtend<keyof MoveOptions>()
  expectTypeOf<keyof RmOptions>().toEqualTypeOf<
    ('force' | 'maxRetries' | 'recursive' | 'retryDelay') | ('signal' | 'concurrency' | 'onProgress')
  >()
  expectTypeOf<CopyFileOptions['reflink']>().toEqualTypeOf<'auto' | 'always' | 'never' | undefined>()
  expectTypeOf<CopyFileOptions['sparse']>().toEqualTypeOf<'auto' | 'always' | 'never' | undefined>()
  expectTypeOf<CopyFileOptions['replace']>().toEqualTypeOf<'auto' | 'atomic' | 'in-place' | undefined>()
  expectTypeOf<CopyFileOptions['specialFiles']>().toEqualTypeOf<'error' | 'copy' | 'skip' | undefined>()
  expectTypeOf<CopyFileOptions['onError']>().toEqualTypeOf<'stop' | 'collect' | undefined>()
  expectTypeOf<CopyFileOptions['metadataErrors']>().toEqualTypeOf<
    'ignore-unsupported' | 'error' | 'ignore' | undefined
  >()
  expectTypeOf<CopyFileOptions['preserve']>().toEqualTypeOf<
    'all' | readonly ('mode' | 'ownership' | 'timestamps' | 'xattr' | 'acl' | 'links' | 'flags')[] | undefined
  >()
  for (const flag of ['durable', 'verifySource', 'update', 'oneFileSystem'] as const) {
    expectTypeOf<CopyFileOptions[typeof flag]>().toEqualTypeOf<boolean | undefined>()
  }
})

test('every exported type has its members', () => {
  expectTypeOf<CopyMethod>().toEqualTypeOf<
    | ('clone' | 'copy_file_range' | 'splice' | 'sendfile' | 'read_write')
    | ('clonefile' | 'fcopyfile' | 'rename' | 'none')
  >()
  expectTypeOf<keyof Required<CopyResult>['unpreserved']>().toEqualTypeOf<
    'ownership' | 'mode' | 'timestamps' | 'xattr' | 'acl' | 'flags'
  >()
  expectTypeOf<'errors' | 'errorCount' | 'unpreserved'>().toExtend<keyof CopyResult>()
  expectTypeOf<FileStat['fileType']>().toEqualTypeOf<
    | ('regularFile' | 'directory' | 'symbolicLink' | 'characterDevice')
    | ('blockDevice' | 'fifo' | 'socket' | 'unknown')
  >()
  expectTypeOf<FileStat<bigint>['mtime']>().toBeBigInt()
  expectTypeOf<DirEntry['fileType']>().toEqualTypeOf<FileStat['fileType']>()
  expectTypeOf<PlatformInfo['capabilities']>().toEqualTypeOf<PlatformCapabilities>()
  expectTypeOf<
    | ('ERR_PALFS_SOURCE_CHANGED' | 'ERR_PALFS_XATTR_TOO_LARGE' | 'ERR_FS_FILE_TOO_LARGE')
    | ('ERR_FS_CP_FIFO_PIPE' | 'EDQUOT' | 'ENODATA' | 'EUCLEAN' | 'ESTALE')
  >().toExtend<FsErrorCode>()
})
