// The types that callers see; checked by the compiler when the tests are.
import type fs from 'node:fs'
import { expectTypeOf, test } from 'vitest'
import {
  copyFile,
  copyFileSync,
  cp,
  cpSync,
  move,
  rm,
  type FsError,
  isFsError,
  supported,
  xattr,
  type CopyFileOptions,
  type CopyMethod,
  type CopyResult,
  type CpOptions,
  type CpSyncOptions,
  type FsErrorCode,
  type MoveOptions,
  type PathLike,
  type Progress,
  type RmOptions,
  type XattrTarget,
} from '../../src/index.js'

test('the functions', () => {
  expectTypeOf(copyFile).returns.resolves.toEqualTypeOf<CopyResult>()
  expectTypeOf(copyFileSync).returns.toEqualTypeOf<CopyResult>()
  expectTypeOf(copyFile).parameters.toEqualTypeOf(expectTypeOf(copyFileSync).parameters as never)
  expectTypeOf(copyFile).parameter(0).toEqualTypeOf<PathLike>()
  expectTypeOf(copyFile).parameter(2).toEqualTypeOf<number | CopyFileOptions | null | undefined>()
  expectTypeOf<Buffer>().toExtend<PathLike>()
  expectTypeOf<number>().not.toExtend<PathLike>()
})

test('the options', () => {
  expectTypeOf<{ readonly preserve: readonly ['mode', 'xattr'] }>().toExtend<CopyFileOptions>()
  expectTypeOf<{ preserve: 'all'; reflink: undefined }>().toExtend<CopyFileOptions>()
  expectTypeOf<{ preserve: ['colour'] }>().not.toExtend<CopyFileOptions>()
  expectTypeOf<CopyFileOptions['onProgress']>().toEqualTypeOf<((progress: Progress) => void) | undefined>()
})

test('trees', () => {
  expectTypeOf(cp).returns.resolves.toEqualTypeOf<CopyResult>()
  expectTypeOf(cpSync).returns.toEqualTypeOf<CopyResult>()
  expectTypeOf(move).returns.resolves.toEqualTypeOf<CopyResult>()
  expectTypeOf(rm).returns.resolves.toEqualTypeOf<{ files: number; directories: number }>()
  // What is given to node:fs can be given to us.
  expectTypeOf<fs.CopyOptions>().toExtend<CpOptions>()
  expectTypeOf<fs.CopySyncOptions>().toExtend<CpSyncOptions>()
  expectTypeOf<fs.RmOptions>().toExtend<RmOptions>()
  expectTypeOf<Parameters<typeof fs.promises.cp>>().toExtend<Parameters<typeof cp>>()
  expectTypeOf<Parameters<typeof fs.promises.rm>>().toExtend<Parameters<typeof rm>>()
  expectTypeOf<{ filter: () => Promise<boolean> }>().toExtend<CpOptions>()
  expectTypeOf<{ filter: () => Promise<boolean> }>().not.toExtend<CpSyncOptions>()
  expectTypeOf<{ overwrite: true; preserve: 'all' }>().toExtend<MoveOptions>()
  expectTypeOf<{ overwrite: 1 }>().not.toExtend<MoveOptions>()
  expectTypeOf<'ERR_FS_CP_EEXIST' | 'ERR_FS_EISDIR'>().toExtend<FsErrorCode>()
})

test('the result', () => {
  expectTypeOf<CopyResult['method']>().toEqualTypeOf<CopyMethod>()
  expectTypeOf<CopyResult['methods']['clone']>().toEqualTypeOf<number | undefined>()
  expectTypeOf<CopyResult['unpreserved']>().toExtend<{ xattr?: number } | undefined>()
  expectTypeOf(supported).toEqualTypeOf<boolean>()
})

test('what names a file, or is one', () => {
  expectTypeOf<URL>().toExtend<PathLike>()
  expectTypeOf<Uint8Array>().toExtend<PathLike>()
  expectTypeOf<fs.PathLike>().toExtend<PathLike>()
  expectTypeOf<fs.promises.FileHandle>().not.toExtend<PathLike>()
  expectTypeOf<fs.promises.FileHandle | number | PathLike>().toExtend<XattrTarget>()
  expectTypeOf<null>().not.toExtend<XattrTarget>()
})

test('what an attribute is given as follows the encoding', () => {
  const calls = {
    bytes: () => xattr.getSync('a', 'user.x'),
    text: () => xattr.getSync('a', 'user.x', { encoding: 'utf8' }),
    buffer: () => xattr.getSync('a', 'user.x', { encoding: 'buffer' }),
    names: () => xattr.listSync('a'),
    buffers: () => xattr.listSync('a', { encoding: 'buffer' }),
  }
  expectTypeOf(calls.bytes).returns.toEqualTypeOf<Buffer>()
  expectTypeOf(calls.text).returns.toEqualTypeOf<string>()
  expectTypeOf(calls.buffer).returns.toEqualTypeOf<Buffer>()
  expectTypeOf(calls.names).returns.toEqualTypeOf<string[]>()
  expectTypeOf(calls.buffers).returns.toEqualTypeOf<Buffer[]>()
})

test('progress and options are read-only, results are the caller’s', () => {
  expectTypeOf<Progress>().toEqualTypeOf<Readonly<Progress>>()
  expectTypeOf<CpOptions>().toEqualTypeOf<Readonly<CpOptions>>()
  expectTypeOf<CpOptions['onError']>().toEqualTypeOf<'stop' | 'collect' | undefined>()
  expectTypeOf<CpOptions['replace']>().toEqualTypeOf<'auto' | 'atomic' | 'in-place' | undefined>()
  expectTypeOf<CopyResult['errors']>().toEqualTypeOf<FsError[] | undefined>()
  expectTypeOf<'groups' extends keyof CpOptions ? true : false>().toEqualTypeOf<false>()
})

test('isFsError narrows the code', () => {
  const error: unknown = undefined
  if (isFsError(error, 'ENOSPC')) expectTypeOf(error.code).toEqualTypeOf<'ENOSPC'>()
  if (isFsError(error)) {
    expectTypeOf(error).toExtend<FsError>()
    expectTypeOf(error.code).toEqualTypeOf<FsErrorCode>()
  }
  expectTypeOf<'ERR_PALFS_SOURCE_CHANGED'>().toExtend<FsErrorCode>()
})
