/** Errors as node:fs makes them, with what node:fs does not say. */
import { getSystemErrorMap } from 'node:util'

import type { Failure } from '../../index.cjs'
import type { FsErrorCode } from './codes.js'
import type { PreserveItem } from '../internal/preserve.js'
import { nodeCall, sayAsNode, type Said } from './node-messages.js'

export type { FsErrorCode } from './codes.js'

const BRAND = Symbol.for('palfs.FsError')

/** A failed filesystem operation. Its own keys begin as node:fs's do: `errno`, `code`, `syscall`, `path`, `dest`. */
export class FsError extends Error {
  /** The kernel's error number, negative as in Node. */
  declare readonly errno: number
  /** The name of the number, or of what happened where it is more than a number. */
  declare readonly code: FsErrorCode
  /** The operation, in node:fs's word: `copyfile`. Where node:fs has none, the system call that failed. */
  declare readonly syscall: string
  /** The path that was read, or that it is about; absent where that is an open file. */
  declare readonly path?: string
  /** The path that was written. */
  declare readonly dest?: string
  /** The system call that really failed: `copy_file_range`, say. */
  declare readonly call: string
  /** Bytes of content moved before the failure. */
  declare readonly bytesCopied?: number
  /**
   * What is at the destination, where it is not what was there before: `torn` (it was being rewritten in place),
   * `replaced` (the new content is complete, a later step failed) or `removed` (the filesystem removed the old file and
   * refused the rename; the new content is complete, beside it, under a name that begins with `.palfs-`).
   */
  declare readonly destination?: 'torn' | 'replaced' | 'removed'
  /** The piece of metadata that could not be set, where the error is about that. */
  declare readonly unpreserved?: PreserveItem

  constructor(message: string, fields: Readonly<Partial<FsError>>) {
    super(message)
    Object.assign(this, fields)
  }

  static {
    // On the prototype: known in every realm and copy of this package, and not shown with the error's own keys.
    Object.defineProperty(this.prototype, BRAND, { value: true })
  }
}

/** Whether `error` is an {@link FsError}, and of that code if one is given. */
export function isFsError<C extends FsErrorCode = FsErrorCode>(
  error: unknown,
  code?: C,
): error is FsError & {
  /** The code that was asked for. */
  readonly code: C
} {
  if (typeof error !== 'object' || error === null || !(BRAND in error)) return false
  return code === undefined || ('code' in error && error.code === code)
}

/** What an error is about, where Rust does not say. */
export interface ErrorContext {
  /** The operation, in node:fs's word; absent where node:fs has none. */
  readonly syscall?: string
  /** Absent: an open file. */
  readonly path?: string | Uint8Array | undefined
  readonly dest?: string | Uint8Array | undefined
  /** Whether content is moved, so that it matters how much was. */
  readonly moves?: boolean
  /** Whether an error can be about an entry below the paths above: Rust names it. */
  readonly isTree?: boolean
  /** Whether links are followed: node:fs then calls `stat` and not `lstat`. */
  readonly follows?: boolean
}

/** Makes the Error of a failure that came as a value; `top` is the function above whose frames the stack begins. */
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
  const said =
    context.isTree === true
      ? sayOfTree(failure, context)
      : say(
          failure,
          (moves ? failure.path : undefined) ?? pathText(context.path),
          (moves ? failure.dest : undefined) ?? pathText(context.dest),
          context.syscall,
        )
  return new FsError(said.message, {
    errno: 0 - failure.errno,
    code: said.code as FsErrorCode,
    syscall: said.syscall,
    ...(said.path === undefined ? {} : { path: said.path }),
    ...(said.dest === undefined ? {} : { dest: said.dest }),
    call: failure.call,
    ...(moves ? { bytesCopied: failure.bytes } : {}),
    ...(isChanged(failure.destination) ? { destination: failure.destination } : {}),
    ...(failure.unpreserved === undefined ? {} : { unpreserved: failure.unpreserved as PreserveItem }),
  })
}

function isChanged(destination: string): destination is 'torn' | 'replaced' | 'removed' {
  return destination !== 'untouched'
}

/** A tree's error is about an entry in it, which Rust names, on one side or on both. */
function sayOfTree(failure: Failure, { syscall, path, dest, follows }: ErrorContext): Said {
  const isNamed = failure.path !== undefined || failure.dest !== undefined
  const ends = isNamed ? failure : { path: pathText(path), dest: pathText(dest) }
  const asNode = sayAsNode(failure, ends.path, ends.dest, syscall ?? '')
  if (asNode !== undefined) return asNode
  const { word, about } = nodeCall(failure.call, follows === true || failure.follows) ?? {
    word: syscall === 'cp' ? 'copyfile' : syscall,
    about: 'both',
  }
  return say(
    failure,
    about === 'dest' ? (ends.dest ?? ends.path) : ends.path,
    about === 'both' ? ends.dest : undefined,
    word,
  )
}

/** Says it as node:fs says what libuv reports. */
function say(
  failure: Failure,
  path: string | undefined,
  dest: string | undefined,
  operation: string | undefined,
): Said {
  const [code, description] = name(failure)
  // fs.cp is the one function of Node that knows these.
  const syscall = code.startsWith('ERR_FS_CP_') ? 'cp' : (operation ?? failure.call)
  const about = (path === undefined ? '' : ` '${path}'`) + (dest === undefined ? '' : ` -> '${dest}'`)
  return { code, syscall, message: `${code}: ${description}, ${syscall}${about}`, path, dest }
}

/** Code and words: libuv's where it knows the number, as in node:fs; else the platform's own. */
function name(failure: Failure): readonly [string, string] {
  const known = failure.system ? getSystemErrorMap().get(-failure.errno) : undefined
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
