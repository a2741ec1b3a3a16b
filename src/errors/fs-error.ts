/** `FsError`: the errors of node:fs, with more fields. */
import { getSystemErrorMap } from 'node:util'

import type { Failure } from '../../index.cjs'
import type { FsErrorCode } from './codes.js'
import type { PreserveItem } from '../internal/preserve.js'
import { nodeCall, nodeMessage, type MessageParts } from './node-messages.js'

export type { FsErrorCode } from './codes.js'

const BRAND = Symbol.for('palfs.FsError')

/** The error of a failed filesystem operation. Its own keys begin like those of node:fs: `errno`, `code`, `syscall`, `path`, `dest`. */
export class FsError extends Error {
  /** The kernel's error number, negated as in Node. */
  declare readonly errno: number
  /** The name of the error number, or a code such as ERR_FS_CP_EINVAL. */
  declare readonly code: FsErrorCode
  /** The operation in node:fs, such as `copyfile`. If node:fs has no such operation: the system call that failed. */
  declare readonly syscall: string
  /** The path of the source, or the only path. Absent for an open file. */
  declare readonly path?: string
  /** The path of the destination. */
  declare readonly dest?: string
  /** The system call that failed, such as `copy_file_range`. */
  declare readonly call: string
  /** Bytes of content copied before the failure. */
  declare readonly bytesCopied?: number
  /**
   * The state of the destination. Absent: it is as before. `torn`: it was being rewritten in place, and has neither the old nor
   * the new content. `replaced`: the new content is complete; a later step failed. `removed`: the filesystem removed the old
   * file but refused the rename; the new content is complete, in the same directory, under a name that begins with `.palfs-`.
   */
  declare readonly destination?: 'torn' | 'replaced' | 'removed'
  /** The kind of metadata that could not be set. Absent for other errors. */
  declare readonly unpreserved?: PreserveItem

  constructor(message: string, fields: Readonly<Partial<FsError>>) {
    super(message)
    Object.assign(this, fields)
  }

  static {
    // On the prototype: recognised across realms and copies of this package, and not listed among the error's own keys.
    Object.defineProperty(this.prototype, BRAND, { value: true })
  }
}

/** Returns whether `error` is an {@link FsError}, with the code `code` if that is given. */
export function isFsError<C extends FsErrorCode = FsErrorCode>(
  error: unknown,
  code?: C,
): error is FsError & {
  /** The code that was passed. */
  readonly code: C
} {
  if (typeof error !== 'object' || error === null || !(BRAND in error)) return false
  return code === undefined || ('code' in error && error.code === code)
}

/** What the addon's failure does not contain. */
export interface ErrorContext {
  /** The operation in node:fs. Absent: node:fs has none. */
  readonly syscall?: string | undefined
  /** Absent: an open file. */
  readonly path?: string | Uint8Array | undefined
  readonly dest?: string | Uint8Array | undefined
  /** The operation copies content: the error has `bytesCopied`. */
  readonly moves?: boolean | undefined
  /** The operation is on a tree: the failure names the entry. */
  readonly isTree?: boolean
  /** Links are followed: node:fs then calls `stat`, not `lstat`. */
  readonly follows?: boolean
}

/** Makes the error of a failure. `top`: the public function; the stack begins with its caller's frame. */
export function toError(failure: Failure, context: ErrorContext, top: (...args: never[]) => unknown): Error {
  const error = failure.code === 'ERR_INTERNAL_PANIC' ? panic(failure) : toFsError(failure, context)
  Error.captureStackTrace(error, top)
  return error
}

function panic(failure: Failure): Error {
  return Object.assign(new Error(failure.description), { code: 'ERR_INTERNAL_PANIC' as const })
}

export function toFsError(failure: Failure, context: ErrorContext): FsError {
  const moves = context.moves === true
  const parts =
    context.isTree === true
      ? treeMessage(failure, context)
      : plainMessage(
          failure,
          (moves ? failure.path : undefined) ?? pathText(context.path),
          (moves ? failure.dest : undefined) ?? pathText(context.dest),
          context.syscall,
        )
  return new FsError(parts.message, {
    errno: 0 - failure.errno,
    code: parts.code as FsErrorCode,
    syscall: parts.syscall,
    ...(parts.path === undefined ? {} : { path: parts.path }),
    ...(parts.dest === undefined ? {} : { dest: parts.dest }),
    call: failure.call,
    ...(moves ? { bytesCopied: failure.bytes } : {}),
    ...(isChanged(failure.destination) ? { destination: failure.destination } : {}),
    ...(failure.unpreserved === undefined ? {} : { unpreserved: failure.unpreserved as PreserveItem }),
  })
}

function isChanged(destination: string): destination is 'torn' | 'replaced' | 'removed' {
  return destination !== 'untouched'
}

/** The message of an error in a tree. The failure names the entry, in the source, the destination, or both. */
function treeMessage(failure: Failure, { syscall, path, dest, follows }: ErrorContext): MessageParts {
  const isNamed = failure.path !== undefined || failure.dest !== undefined
  const ends = isNamed ? failure : { path: pathText(path), dest: pathText(dest) }
  const asNode = nodeMessage(failure, ends.path, ends.dest, syscall ?? '')
  if (asNode !== undefined) return asNode
  const { word, about } = nodeCall(failure.call, follows === true || failure.kind === 'linkTarget') ?? {
    word: syscall === 'cp' ? 'copyfile' : syscall,
    about: 'both',
  }
  return plainMessage(
    failure,
    about === 'dest' ? (ends.dest ?? ends.path) : ends.path,
    about === 'both' ? ends.dest : undefined,
    word,
  )
}

/** The message in the form that node:fs uses for errors of libuv. */
function plainMessage(
  failure: Failure,
  path: string | undefined,
  dest: string | undefined,
  operation: string | undefined,
): MessageParts {
  const [code, description] = describe(failure)
  // Only fs.cp of Node has these codes.
  const syscall = code.startsWith('ERR_FS_CP_') ? 'cp' : (operation ?? failure.call)
  const about = (path === undefined ? '' : ` '${path}'`) + (dest === undefined ? '' : ` -> '${dest}'`)
  return { code, syscall, message: `${code}: ${description}, ${syscall}${about}`, path, dest }
}

/** Code and description: libuv's if it knows the number, as in node:fs, else those of the addon. */
function describe(failure: Failure): readonly [string, string] {
  const known =
    failure.kind === 'system' || failure.kind === 'linkTarget'
      ? getSystemErrorMap().get(-failure.errno)
      : undefined
  if (known !== undefined) return known
  const unknown = `Unknown system error ${-failure.errno}`
  return [failure.code ?? unknown, failure.code === undefined ? unknown : failure.description]
}

/** A path as text, for messages. Invalid UTF-8 is shown as U+FFFD. */
export function pathText(path: string | Uint8Array): string
export function pathText(path: string | Uint8Array | undefined): string | undefined
export function pathText(path: string | Uint8Array | undefined): string | undefined {
  return path === undefined || typeof path === 'string' ? path : Buffer.from(path).toString()
}
