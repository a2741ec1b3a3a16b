/** Extended attributes: named bytes that are stored with a file, beside its content. */
import { isUint8Array } from 'node:util/types'

import { binding, type Native } from './binding/binding.js'
import { booleanOption, encodingOption, optionsArgument, refuseDetached } from './internal/args.js'
import {
  bytesOrText,
  exceptionOf,
  failureOf,
  nothing,
  number,
  bytes,
  twins,
  type Form,
  type Returns,
  type ValueCall,
} from './internal/call.js'
import { fileArgument, type FileTarget } from './internal/file-argument.js'
import { incompatiblePair, invalidType, invalidValue } from './internal/node-compat.js'

/** The file whose attributes are used: by path, or an open file (opened in any mode, also read-only). */
export type XattrTarget = FileTarget

/** Options of every operation on attributes. `undefined` means the default; unknown keys are ignored. */
export interface XattrOptions {
  /**
   * Follow a symbolic link as last component. `false`: the attributes of the link itself (on Linux a link has none in the
   * namespace `user.`).
   * @default true
   */
  readonly follow?: boolean | undefined
}

/** Options of `xattr.get`. */
export interface XattrGetOptions extends XattrOptions {
  /**
   * The encoding of a value as string. Absent or `'buffer'`: the value is a Buffer.
   * @default 'buffer'
   */
  readonly encoding?: BufferEncoding | 'buffer' | null | undefined
}

/** Options of `xattr.list`. */
export interface XattrListOptions extends XattrOptions {
  /**
   * The encoding of names as strings. A name that is not UTF-8 is shown with U+FFFD, and that string does not work as a name:
   * use `'buffer'`.
   * @default 'utf8'
   */
  readonly encoding?: BufferEncoding | 'buffer' | null | undefined
}

/** Options of `xattr.set`. */
export interface XattrSetOptions extends XattrOptions {
  /**
   * Fail with EEXIST if the attribute exists. With `replace`: ERR_INCOMPATIBLE_OPTION_PAIR.
   * @default false
   */
  readonly create?: boolean | undefined
  /**
   * Fail with ENODATA if the attribute is absent.
   * @default false
   */
  readonly replace?: boolean | undefined
  /**
   * The encoding of a value that is a string.
   * @default 'utf8'
   */
  readonly encoding?: BufferEncoding | 'buffer' | null | undefined
}

type Name = string | Uint8Array
type AsBytes = 'buffer' | null | undefined
type AsText = BufferEncoding | null | undefined

// Aliases, not interfaces: declarations of a caller that exports these functions write them out, without the names.

type Get<F extends Form> = {
  (
    target: XattrTarget,
    name: Name,
    options?: XattrGetOptions & { readonly encoding?: AsBytes },
  ): Returns<F, Buffer>
  (
    target: XattrTarget,
    name: Name,
    options: XattrGetOptions & { readonly encoding: BufferEncoding },
  ): Returns<F, string>
  (target: XattrTarget, name: Name, options?: XattrGetOptions): Returns<F, string | Buffer>
}

type List<F extends Form> = {
  (target: XattrTarget, options?: XattrListOptions & { readonly encoding?: AsText }): Returns<F, string[]>
  (target: XattrTarget, options: XattrListOptions & { readonly encoding: 'buffer' }): Returns<F, Buffer[]>
  (target: XattrTarget, options?: XattrListOptions): Returns<F, string[] | Buffer[]>
}

type Set<F extends Form> = (
  target: XattrTarget,
  name: Name,
  value: string | Uint8Array,
  options?: XattrSetOptions,
) => Returns<F, void>

type Remove<F extends Form> = (target: XattrTarget, name: Name, options?: XattrOptions) => Returns<F, void>

type Copy<F extends Form> = (
  src: XattrTarget,
  dest: XattrTarget,
  options?: XattrOptions,
) => Returns<F, number>

const get = twins('get', ({ native }, isSync, target: XattrTarget, name: Name, options?: XattrGetOptions) => {
  const file = fileArgument(target, 'target')
  const attribute = nameArgument(name)
  const { bits, encoding } = checked(options, native)
  const started = isSync
    ? native.xattrGetSync(file.argument, attribute, bits)
    : native.xattrGet(file.later, attribute, bits)
  return { started, context: file, read: bytesOrText(encoding) }
})

/** Not by {@link twins}, which would add 70 ns to the 1.9 us of a call on tmpfs: its inner calls are not inlined. */
function getSync(target: XattrTarget, name: Name, options?: XattrGetOptions): string | Buffer {
  const bound = binding()
  const file = fileArgument(target, 'target')
  const attribute = nameArgument(name)
  const { bits, encoding } = checked(options, bound.native)
  const size = bound.native.xattrGetSync(file.argument, attribute, bits)
  if (size === null) throw exceptionOf(failureOf(bound, null), file, getSync)
  return encoding === undefined || encoding === 'buffer'
    ? bytes(bound, size, 0, null)
    : bytesOrText(encoding)(bound, size, 0, null)
}

const list = twins('list', ({ native }, isSync, target: XattrTarget, options?: XattrListOptions) => {
  const file = fileArgument(target, 'target')
  const { bits, encoding = 'utf8' } = checked(options, native)
  const started = isSync ? native.xattrListSync(file.argument, bits) : native.xattrList(file.later, bits)
  return {
    started,
    context: file,
    read: encoding === 'utf8' ? utf8Names : namesReader(encoding),
  }
})

const set = twins(
  'set',
  (
    { native },
    isSync,
    target: XattrTarget,
    name: Name,
    value: string | Uint8Array,
    options?: XattrSetOptions,
  ) => {
    const file = fileArgument(target, 'target')
    const attribute = nameArgument(name)
    const { bits, encoding } = checked(options, native)
    const content = valueArgument(value, encoding === 'buffer' ? undefined : encoding)
    const started = isSync
      ? native.xattrSetSync(file.argument, attribute, content, bits)
      : native.xattrSet(file.later, attribute, content, bits)
    return { started, context: file, read: nothing }
  },
)

const remove = twins(
  'remove',
  ({ native }, isSync, target: XattrTarget, name: Name, options?: XattrOptions) => {
    const file = fileArgument(target, 'target')
    const attribute = nameArgument(name)
    const { bits } = checked(options, native)
    const started = isSync
      ? native.xattrRemoveSync(file.argument, attribute, bits)
      : native.xattrRemove(file.later, attribute, bits)
    return { started, context: file, read: nothing }
  },
)

const copy = twins(
  'copy',
  ({ native }, isSync, src: XattrTarget, dest: XattrTarget, options?: XattrOptions) => {
    const from = fileArgument(src, 'src')
    const to = fileArgument(dest, 'dest')
    const { bits } = checked(options, native)
    const started = isSync
      ? native.xattrCopySync(from.argument, to.argument, bits)
      : native.xattrCopy(from.later, to.later, bits)
    return { started, context: { path: from.path, dest: to.path }, read: number }
  },
)

/** Extended attributes of a path, of a link itself, or of an open file. Names include their namespace (`user.comment`). */
export const xattr: Readonly<{
  /** Returns the value of an attribute: a Buffer, or a string with `encoding`. ENODATA if it is absent, on every platform. */
  get: Get<'promise'>
  /** As `get`, on the calling thread. */
  getSync: Get<'sync'>
  /** Returns the names of all attributes that the caller may see, unchanged, in the filesystem's order. */
  list: List<'promise'>
  /** As `list`, on the calling thread. */
  listSync: List<'sync'>
  /**
   * Sets an attribute. The bytes of `value` are copied when the call is made. `create`: EEXIST if it exists. `replace`: ENODATA
   * if it is absent. ERR_PALFS_XATTR_TOO_LARGE if this filesystem can never hold the value, however much room is free.
   */
  set: Set<'promise'>
  /** As `set`, on the calling thread. */
  setSync: Set<'sync'>
  /** Removes an attribute. ENODATA if it is absent, on every platform. */
  remove: Remove<'promise'>
  /** As `remove`, on the calling thread. */
  removeSync: Remove<'sync'>
  /**
   * Sets every attribute of `src` on `dest`, except those of the namespace `system.` (ACLs), and returns their number. Other
   * attributes of `dest` stay. Stops at the first error.
   */
  copy: Copy<'promise'>
  /** As `copy`, on the calling thread. */
  copySync: Copy<'sync'>
}> = Object.freeze({
  get: get.promise as Get<'promise'>,
  getSync: getSync as Get<'sync'>,
  list: list.promise as List<'promise'>,
  listSync: list.sync as List<'sync'>,
  set: set.promise,
  setSync: set.sync,
  remove: remove.promise,
  removeSync: remove.sync,
  copy: copy.promise,
  copySync: copy.sync,
})

type Reader = ValueCall<string[] | Buffer[]>['read']

/** The usual reader, made once: a closure for each call would cost 5 % of a list. */
const utf8Names = namesReader('utf8')

function namesReader(encoding: BufferEncoding | 'buffer'): Reader {
  return (bound, size, base, job) => split(bytes(bound, size, base, job), encoding)
}

/** Splits names, each of which ends with a NUL. */
function split(joined: Buffer, encoding: BufferEncoding | 'buffer'): string[] | Buffer[] {
  const names: Buffer[] = []
  for (let start = 0; start < joined.length;) {
    const end = joined.indexOf(0, start)
    names.push(joined.subarray(start, end))
    start = end + 1
  }
  return encoding === 'buffer' ? names : names.map((name) => name.toString(encoding))
}

/** The name of an attribute. */
function nameArgument(value: unknown): string | Uint8Array {
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

/** The value of an attribute. A string is encoded as `encoding`. */
function valueArgument(value: unknown, encoding: BufferEncoding | undefined): string | Uint8Array {
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

/** Checked options of a call. */
interface Checked {
  /** Bits of `XattrBit`. */
  readonly bits: number
  readonly encoding: BufferEncoding | 'buffer' | undefined
}

const NO_OPTIONS: Checked = { bits: 0, encoding: undefined }

function checked(options: unknown, { XattrBit }: Native): Checked {
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
