// The types of PlatformFileSystem; checked by the compiler when the tests are.
import type { FileHandle } from 'node:fs/promises'
import { expectTypeOf, test } from 'vitest'
import {
  createPlatformFilesystem,
  type CopyResult,
  type DirEntry,
  type DirEntryWithStats,
  type FileStat,
  type FileType,
  type PathLike,
  type PlatformFileSystem,
  type ReaddirOptions,
} from '../../src/index.js'

declare const palfs: PlatformFileSystem
declare const flag: boolean

// None of these runs: what is looked at is what the compiler makes of them.
const never: (calls: () => unknown) => void = () => {}

test('every method is there twice', () => {
  type Name = keyof PlatformFileSystem
  type Sync = Extract<Name, `${string}Sync`>
  type Twice = Sync extends `${infer Method}Sync` ? Method : never
  expectTypeOf<Exclude<Name, Sync>>().toEqualTypeOf<Twice | 'readdirStream'>()
  expectTypeOf(createPlatformFilesystem).returns.toEqualTypeOf<PlatformFileSystem>()
})

test('descriptors', () => {
  expectTypeOf<PlatformFileSystem['open']>().returns.resolves.toEqualTypeOf<number>()
  expectTypeOf<PlatformFileSystem['openSync']>().returns.toEqualTypeOf<number>()
  expectTypeOf<PlatformFileSystem['read']>().parameter(0).toEqualTypeOf<number | FileHandle>()
  expectTypeOf<PlatformFileSystem['read']>().parameter(2).toEqualTypeOf<number | bigint | null | undefined>()
  expectTypeOf<PlatformFileSystem['writeSync']>().returns.toEqualTypeOf<number>()
  expectTypeOf<PlatformFileSystem['close']>().parameters.toEqualTypeOf<[fd: number]>()
  expectTypeOf<PlatformFileSystem['copyFileRange']>().returns.resolves.toEqualTypeOf<number>()
})

test('stat gives numbers, or bigints', () => {
  never(async () => {
    expectTypeOf(palfs.statSync('a')).toEqualTypeOf<FileStat>()
    expectTypeOf(palfs.statSync('a', {})).toEqualTypeOf<FileStat>()
    expectTypeOf(palfs.statSync('a', { bigint: false })).toEqualTypeOf<FileStat>()
    expectTypeOf(palfs.lstatSync('a', { bigint: true })).toEqualTypeOf<FileStat<bigint>>()
    expectTypeOf(palfs.fstatSync(0, { bigint: flag })).toEqualTypeOf<FileStat | FileStat<bigint>>()
    expectTypeOf(await palfs.stat('a')).toEqualTypeOf<FileStat>()
    expectTypeOf(await palfs.lstat('a', { bigint: true })).toEqualTypeOf<FileStat<bigint>>()
    expectTypeOf(await palfs.fstat(0, { bigint: flag })).toEqualTypeOf<FileStat | FileStat<bigint>>()
  })
  expectTypeOf<FileStat['mtime']>().toEqualTypeOf<number>()
  expectTypeOf<FileStat<bigint>['birthtime']>().toEqualTypeOf<bigint | null>()
  expectTypeOf<FileStat['fileType']>().toEqualTypeOf<FileType>()
})

test('paths come as strings, or as Buffers', () => {
  never(async () => {
    expectTypeOf(palfs.readlinkSync('a')).toEqualTypeOf<string>()
    expectTypeOf(palfs.readlinkSync('a', { encoding: 'buffer' })).toEqualTypeOf<Buffer>()
    expectTypeOf(await palfs.readlink('a', { encoding: 'latin1' })).toEqualTypeOf<string>()
    expectTypeOf(await palfs.getxattr('a', 'user.x')).toEqualTypeOf<Buffer>()
    expectTypeOf(palfs.listxattrSync('a', { encoding: 'buffer' })).toEqualTypeOf<Buffer[]>()
  })
})

test('readdir gives what its options say', () => {
  never(async () => {
    expectTypeOf(palfs.readdirSync('a')).toEqualTypeOf<DirEntry[]>()
    expectTypeOf(await palfs.readdir('a', {})).toEqualTypeOf<DirEntry[]>()
    expectTypeOf(palfs.readdirSync('a', { stats: true })).toEqualTypeOf<DirEntryWithStats[]>()
    expectTypeOf(palfs.readdirSync('a', { stats: flag })).toEqualTypeOf<DirEntry[]>()
    expectTypeOf(await palfs.readdir('a', { encoding: 'buffer' })).toEqualTypeOf<DirEntry<Buffer>[]>()
    expectTypeOf(await palfs.readdir('a', { encoding: 'hex', bigint: true })).toEqualTypeOf<
      DirEntry<string, bigint>[]
    >()
    expectTypeOf(palfs.readdirSync('a', { encoding: 'buffer', stats: true, bigint: true })).toEqualTypeOf<
      DirEntryWithStats<Buffer, bigint>[]
    >()
    const unknown: ReaddirOptions = {}
    expectTypeOf(palfs.readdirSync('a', unknown)).toEqualTypeOf<
      DirEntry<string | Buffer, number | bigint>[]
    >()
    for await (const batch of palfs.readdirStream('a', { stats: true, batch: 10 })) {
      expectTypeOf(batch).toEqualTypeOf<DirEntryWithStats[]>()
    }
  })
  expectTypeOf<DirEntry['stats']>().toEqualTypeOf<FileStat | undefined>()
})

test('what is wrong is wrong for the compiler', () => {
  never(() => {
    // @ts-expect-error -- a path is no number
    palfs.statSync(1)
    // @ts-expect-error -- strings are for node:fs
    void palfs.readdir('a', 'utf8')
    // @ts-expect-error -- seconds as text
    palfs.utimesSync('a', '1', 1)
    // @ts-expect-error -- a text is not bytes
    palfs.writeSync(1, 'text')
  })
  expectTypeOf<PlatformFileSystem['utimesSync']>()
    .parameter(1)
    .toEqualTypeOf<number | bigint | Date | 'now' | null>()
  expectTypeOf<PlatformFileSystem['copyFileFast']>().returns.resolves.toEqualTypeOf<CopyResult>()
  expectTypeOf<PlatformFileSystem['rename']>().parameters.toEqualTypeOf<[from: PathLike, to: PathLike]>()
})
