/** The arguments of operations on extended attributes: checked before any system call, read once. */
import { isUint8Array } from 'node:util/types'

import { booleanOption, encodingOption, optionsArgument, refuseDetached } from './args.js'
import type { Native } from '../binding/binding.js'
import type { FileTarget } from './file-argument.js'
import { incompatiblePair, invalidType, invalidValue } from './node-compat.js'

/** Whose attributes: what a path names, or an open file (opened in any way, for reading too). */
export type XattrTarget = FileTarget

/** The name of an attribute. */
export function nameArgument(value: unknown): string | Uint8Array {
  if (typeof value === 'string') {
    if (value.includes('\0')) throw invalidValue('name', 'must be a string without null bytes', value)
    if (!value.isWellFormed()) throw invalidValue('name', 'must be a string without lone surrogates', value)
    return value
  }
  if (!isUint8Array(value)) {
    throw invalidType('name', 'of type string or an instance of Buffer or Uint8Array', value)
  }
  refuseDetached(value, 'name')
  if (value.includes(0)) throw invalidValue('name', 'must be bytes without null bytes', value)
  return value
}

/** The value of an attribute; a string stands for the bytes that `encoding` makes of it. */
export function valueArgument(value: unknown, encoding: BufferEncoding | undefined): string | Uint8Array {
  if (typeof value === 'string') {
    if (encoding !== undefined && encoding !== 'utf8') return Buffer.from(value, encoding)
    if (!value.isWellFormed()) throw invalidValue('value', 'must be a string without lone surrogates', value)
    return value
  }
  if (!isUint8Array(value)) {
    throw invalidType('value', 'of type string or an instance of Buffer or Uint8Array', value)
  }
  refuseDetached(value, 'value')
  return value
}

/** The options of one call as they are used. */
export interface Request {
  readonly bits: number
  /** Absent: not given. `'buffer'`: bytes, by name. */
  readonly encoding: BufferEncoding | 'buffer' | undefined
}

const NO_OPTIONS: Request = { bits: 0, encoding: undefined }

export function requestOf(options: unknown, { XattrBit }: Native): Request {
  if (options === undefined) return NO_OPTIONS
  const given = optionsArgument(options)
  const follow = booleanOption(given, 'follow', true)
  const create = booleanOption(given, 'create')
  const replace = booleanOption(given, 'replace')
  if (create && replace) throw incompatiblePair('create', 'replace')
  const encoding = encodingOption(given)
  const bits =
    (follow ? 0 : XattrBit.NoFollow) | (create ? XattrBit.Create : 0) | (replace ? XattrBit.Replace : 0)
  return { bits, encoding }
}
