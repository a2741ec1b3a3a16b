// The types that callers see; checked by the compiler when the tests are.
import { expectTypeOf, test } from 'vitest'
import {
  copyFile,
  copyFileSync,
  type FsError,
  isFsError,
  supported,
  type CopyFileOptions,
  type CopyMethod,
  type CopyResult,
  type FsErrorCode,
  type PathLike,
  type Progress,
} from '../src/index.js'

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

test('the result', () => {
  expectTypeOf<CopyResult['method']>().toEqualTypeOf<CopyMethod>()
  expectTypeOf<CopyResult['methods']['clone']>().toEqualTypeOf<number | undefined>()
  expectTypeOf<CopyResult['unpreserved']>().toExtend<{ xattr?: number } | undefined>()
  expectTypeOf(supported).toEqualTypeOf<boolean>()
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
