/** Extended attributes: bytes with a name, kept beside a file's content. */
import { binding } from './binding/binding.js'
import type { ErrorContext } from './errors/fs-error.js'
import { fileArgument, type File } from './internal/file-argument.js'
import { bytesHere, ended, Failed, failed, reasonOf, textHere } from './internal/value-operation.js'
import {
  nameArgument,
  requestOf,
  valueArgument,
  type Request,
  type XattrTarget,
} from './internal/xattr-arguments.js'

export type { XattrTarget } from './internal/xattr-arguments.js'

/** Options of every operation on attributes. `undefined` means the default; unknown keys are ignored. */
export interface XattrOptions {
  /**
   * Whether a symbolic link as last component is followed. Where it is not, the link's own attributes are meant (Linux
   * gives links none in the namespace `user.`).
   * @default true
   */
  readonly follow?: boolean | undefined
}

/** Options of `xattr.get`. */
export interface XattrGetOptions extends XattrOptions {
  /**
   * How the value becomes a string; without it, and with `'buffer'`, it is a Buffer.
   * @default 'buffer'
   */
  readonly encoding?: BufferEncoding | 'buffer' | null | undefined
}

/** Options of `xattr.list`. */
export interface XattrListOptions extends XattrOptions {
  /**
   * How names become strings. A name that is not UTF-8 is shown with U+FFFD and cannot be asked for by that: `'buffer'`
   * gives every name as it is.
   * @default 'utf8'
   */
  readonly encoding?: BufferEncoding | 'buffer' | null | undefined
}

/** Options of `xattr.set`. */
export interface XattrSetOptions extends XattrOptions {
  /**
   * Fail with EEXIST if the attribute is there. Not together with `replace`.
   * @default false
   */
  readonly create?: boolean | undefined
  /**
   * Fail with ENODATA if the attribute is absent.
   * @default false
   */
  readonly replace?: boolean | undefined
  /**
   * What bytes a string stands for.
   * @default 'utf8'
   */
  readonly encoding?: BufferEncoding | 'buffer' | null | undefined
}

type Names = string[] | Buffer[]
type AsBytes = 'buffer' | null | undefined

/**
 * The value of an attribute: a Buffer, or a string if `encoding` names one. Names carry their namespace
 * (`user.comment`). ENODATA when there is none, on every platform.
 */
async function get(
  target: XattrTarget,
  name: string | Uint8Array,
  options?: XattrGetOptions & { readonly encoding?: AsBytes },
): Promise<Buffer>
async function get(
  target: XattrTarget,
  name: string | Uint8Array,
  options: XattrGetOptions & { readonly encoding: BufferEncoding },
): Promise<string>
async function get(
  target: XattrTarget,
  name: string | Uint8Array,
  options?: XattrGetOptions,
): Promise<string | Buffer>
async function get(
  target: XattrTarget,
  name: string | Uint8Array,
  options?: XattrGetOptions,
): Promise<string | Buffer> {
  const bound = binding()
  const file = fileArgument(target, 'target')
  const attribute = nameArgument(name)
  const { bits, encoding } = requestOf(options, bound.native)
  const slot = bound.native.xattrGet(file.later, attribute, bits)
  const value = await ended(bound, slot, () => bound.native.takeBytes(slot))
  if (value instanceof Failed) throw reasonOf(value, file, get)
  return encoding === undefined || encoding === 'buffer' ? value : value.toString(encoding)
}

/** As {@link get}, on the calling thread. */
function getSync(
  target: XattrTarget,
  name: string | Uint8Array,
  options?: XattrGetOptions & { readonly encoding?: AsBytes },
): Buffer
function getSync(
  target: XattrTarget,
  name: string | Uint8Array,
  options: XattrGetOptions & { readonly encoding: BufferEncoding },
): string
function getSync(target: XattrTarget, name: string | Uint8Array, options?: XattrGetOptions): string | Buffer
function getSync(target: XattrTarget, name: string | Uint8Array, options?: XattrGetOptions): string | Buffer {
  const bound = binding()
  const file = fileArgument(target, 'target')
  const attribute = nameArgument(name)
  const { bits, encoding } = requestOf(options, bound.native)
  const size = bound.native.xattrGetSync(file.argument, attribute, bits)
  if (size === null) throw reasonOf(failed(bound, null), file, getSync)
  return encoding === undefined || encoding === 'buffer'
    ? bytesHere(bound, size)
    : textHere(bound, size, encoding)
}

/**
 * The names of all attributes that the caller may see, verbatim, in the filesystem's order. Strings, or Buffers with
 * `encoding: 'buffer'`.
 */
async function list(
  target: XattrTarget,
  options?: XattrListOptions & { readonly encoding?: BufferEncoding | null | undefined },
): Promise<string[]>
async function list(
  target: XattrTarget,
  options: XattrListOptions & { readonly encoding: 'buffer' },
): Promise<Buffer[]>
async function list(target: XattrTarget, options?: XattrListOptions): Promise<Names>
async function list(target: XattrTarget, options?: XattrListOptions): Promise<Names> {
  const bound = binding()
  const file = fileArgument(target, 'target')
  const request = requestOf(options, bound.native)
  const slot = bound.native.xattrList(file.later, request.bits)
  const names = await ended(bound, slot, () => bound.native.takeBytes(slot))
  if (names instanceof Failed) throw reasonOf(names, file, list)
  return split(names, request)
}

/** As {@link list}, on the calling thread. */
function listSync(
  target: XattrTarget,
  options?: XattrListOptions & { readonly encoding?: BufferEncoding | null | undefined },
): string[]
function listSync(target: XattrTarget, options: XattrListOptions & { readonly encoding: 'buffer' }): Buffer[]
function listSync(target: XattrTarget, options?: XattrListOptions): Names
function listSync(target: XattrTarget, options?: XattrListOptions): Names {
  const bound = binding()
  const file = fileArgument(target, 'target')
  const request = requestOf(options, bound.native)
  const size = bound.native.xattrListSync(file.argument, request.bits)
  if (size === null) throw reasonOf(failed(bound, null), file, listSync)
  return split(bytesHere(bound, size), request)
}

/** Names, each with a NUL behind it. */
function split(joined: Buffer, { encoding = 'utf8' }: Request): Names {
  const names: Buffer[] = []
  for (let start = 0; start < joined.length;) {
    const end = joined.indexOf(0, start)
    names.push(joined.subarray(start, end))
    start = end + 1
  }
  return encoding === 'buffer' ? names : names.map((name) => name.toString(encoding))
}

/**
 * Sets an attribute to bytes, or to those of a string; they are copied when the call is made. A value that this
 * filesystem cannot hold, whatever room it has, is ERR_PALFS_XATTR_TOO_LARGE.
 */
async function set(
  target: XattrTarget,
  name: string | Uint8Array,
  value: string | Uint8Array,
  options?: XattrSetOptions,
): Promise<void> {
  const bound = binding()
  const file = fileArgument(target, 'target')
  const attribute = nameArgument(name)
  const request = requestOf(options, bound.native)
  const content = valueArgument(value, textEncoding(request))
  const slot = bound.native.xattrSet(file.later, attribute, content, request.bits)
  const end = await ended(bound, slot, () => undefined)
  if (end instanceof Failed) throw reasonOf(end, file, set)
}

/** As {@link set}, on the calling thread. */
function setSync(
  target: XattrTarget,
  name: string | Uint8Array,
  value: string | Uint8Array,
  options?: XattrSetOptions,
): void {
  const bound = binding()
  const file = fileArgument(target, 'target')
  const attribute = nameArgument(name)
  const request = requestOf(options, bound.native)
  const content = valueArgument(value, textEncoding(request))
  const size = bound.native.xattrSetSync(file.argument, attribute, content, request.bits)
  if (size === null) throw reasonOf(failed(bound, null), file, setSync)
}

function textEncoding({ encoding }: Request): BufferEncoding | undefined {
  return encoding === 'buffer' ? undefined : encoding
}

/** Removes an attribute. ENODATA when there is none. */
async function remove(target: XattrTarget, name: string | Uint8Array, options?: XattrOptions): Promise<void> {
  const bound = binding()
  const file = fileArgument(target, 'target')
  const attribute = nameArgument(name)
  const { bits } = requestOf(options, bound.native)
  const slot = bound.native.xattrRemove(file.later, attribute, bits)
  const end = await ended(bound, slot, () => undefined)
  if (end instanceof Failed) throw reasonOf(end, file, remove)
}

/** As {@link remove}, on the calling thread. */
function removeSync(target: XattrTarget, name: string | Uint8Array, options?: XattrOptions): void {
  const bound = binding()
  const file = fileArgument(target, 'target')
  const attribute = nameArgument(name)
  const { bits } = requestOf(options, bound.native)
  const size = bound.native.xattrRemoveSync(file.argument, attribute, bits)
  if (size === null) throw reasonOf(failed(bound, null), file, removeSync)
}

/**
 * Sets every attribute of `src` on `dest`, but for those of the namespace `system.` (ACLs); gives how many. Others that
 * `dest` has stay. Stops at the first error.
 */
async function copy(src: XattrTarget, dest: XattrTarget, options?: XattrOptions): Promise<number> {
  const bound = binding()
  const from = fileArgument(src, 'src')
  const to = fileArgument(dest, 'dest')
  const { bits } = requestOf(options, bound.native)
  const slot = bound.native.xattrCopy(from.later, to.later, bits)
  const count = await ended(bound, slot, (size) => size)
  if (count instanceof Failed) throw reasonOf(count, both(from, to), copy)
  return count
}

/** As {@link copy}, on the calling thread. */
function copySync(src: XattrTarget, dest: XattrTarget, options?: XattrOptions): number {
  const bound = binding()
  const from = fileArgument(src, 'src')
  const to = fileArgument(dest, 'dest')
  const { bits } = requestOf(options, bound.native)
  const count = bound.native.xattrCopySync(from.argument, to.argument, bits)
  if (count === null) throw reasonOf(failed(bound, null), both(from, to), copySync)
  return count
}

function both({ path }: File, { path: dest }: File): ErrorContext {
  return { path, dest }
}

/** Extended attributes, of a path, of a link itself, or of an open file. */
export const xattr: Readonly<{
  /** An attribute's value: a Buffer, or a string with `encoding`. ENODATA where there is none, on every platform. */
  get: typeof get
  /** As `get`, on the calling thread. */
  getSync: typeof getSync
  /** The names of all attributes that the caller may see, in the filesystem's order. */
  list: typeof list
  /** As `list`, on the calling thread. */
  listSync: typeof listSync
  /** Sets an attribute, whole. With `create` EEXIST where it is there, with `replace` ENODATA where it is not. */
  set: typeof set
  /** As `set`, on the calling thread. */
  setSync: typeof setSync
  /** Removes an attribute. ENODATA where there is none. */
  remove: typeof remove
  /** As `remove`, on the calling thread. */
  removeSync: typeof removeSync
  /** Sets every attribute of one file on another, ACLs aside; gives how many. Stops at the first error. */
  copy: typeof copy
  /** As `copy`, on the calling thread. */
  copySync: typeof copySync
}> = Object.freeze({ get, getSync, list, listSync, set, setSync, remove, removeSync, copy, copySync })
