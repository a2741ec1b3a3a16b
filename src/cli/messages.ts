// Error messages of the command line: one line on stderr, with the code in parentheses at its end.

import { getSystemErrorMap } from 'node:util'
import { FsError } from '../errors/fs-error.js'
import { lossText, METADATA } from './metadata.js'
import { quote } from './quote.js'
import type { PathArgument } from './raw-arguments.js'

// The texts of strerror(3) for common errors. libuv's texts are terse and partly different.
const DESCRIPTIONS: Readonly<Record<string, string>> = {
  EACCES: 'Permission denied',
  EBUSY: 'Device or resource busy',
  EDQUOT: 'Disk quota exceeded',
  EEXIST: 'File exists',
  EFBIG: 'File too large',
  EINVAL: 'Invalid argument',
  EIO: 'Input/output error',
  EISDIR: 'Is a directory',
  ELOOP: 'Too many levels of symbolic links',
  EMFILE: 'Too many open files',
  ENAMETOOLONG: 'File name too long',
  ENOENT: 'No such file or directory',
  ENOMEM: 'Cannot allocate memory',
  ENOSPC: 'No space left on device',
  ENOTDIR: 'Not a directory',
  EOPNOTSUPP: 'Operation not supported',
  ENOTSUP: 'Operation not supported',
  EPERM: 'Operation not permitted',
  EROFS: 'Read-only file system',
  ETXTBSY: 'Text file busy',
  EXDEV: 'Invalid cross-device link',
}

/** Why `error` happened: `No space left on device (ENOSPC)`. */
export function reason(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const code = 'code' in error && typeof error.code === 'string' ? error.code : undefined
  if (code === undefined) return error.message
  return `${DESCRIPTIONS[code] ?? libuvText(error, code) ?? sentence(error.message, code)} (${code})`
}

/** libuv's text for the error number, unless `code` is more specific. */
function libuvText(error: Error, code: string): string | undefined {
  if (!('errno' in error) || typeof error.errno !== 'number') return undefined
  const [name, text] = getSystemErrorMap().get(error.errno) ?? []
  return text === undefined || name !== code ? undefined : text.charAt(0).toUpperCase() + text.slice(1)
}

/** The message without the code before it and the paths after it. */
function sentence(message: string, code: string): string {
  const text = message.startsWith(`${code}: `) ? message.slice(code.length + 2) : message
  return text.split(/, \w+ '/, 1)[0] ?? text
}

/** The message for an error at or below `src` or `dest`. */
export function copyProblem(src: PathArgument, dest: PathArgument, error: unknown): string {
  const { from, to } = entryOf(src, dest, error)
  switch (error instanceof Error && 'code' in error ? error.code : undefined) {
    case 'ERR_FS_CP_DIR_TO_NON_DIR':
      return `cannot overwrite non-directory ${quote(to)} with directory ${quote(from)}`
    case 'ERR_FS_CP_NON_DIR_TO_DIR':
      return `cannot overwrite directory ${quote(to)} with non-directory ${quote(from)}`
    case 'ERR_FS_CP_EINVAL':
      return error instanceof Error && error.message.includes('subdirectory of self')
        ? `cannot copy a directory, ${quote(from)}, into itself, ${quote(to)}`
        : `${quote(from)} and ${quote(to)} are the same file`
    default:
      return `cannot copy ${quote(from)} to ${quote(to)}: ${reason(error)}`
  }
}

/** The lines about metadata that could not be set, each with its error. */
export function lossProblems(
  src: PathArgument,
  dest: PathArgument,
  errors: readonly FsError[],
): { readonly message: string; readonly error: FsError }[] {
  const attributes = new Map<string | undefined, number>()
  for (const error of errors) {
    if (error.unpreserved === 'xattr') attributes.set(error.dest, (attributes.get(error.dest) ?? 0) + 1)
  }
  // One line for all attributes of an entry, and one for its bits and its access control list.
  const lines = new Map<string, FsError>()
  for (const error of errors) {
    const { unpreserved } = error
    if (unpreserved === undefined) continue
    const { from, to } = entryOf(src, dest, error)
    const count = attributes.get(error.dest) ?? 0
    const { failure } = METADATA[unpreserved]
    const message =
      failure === undefined
        ? `cannot keep ${lossText(unpreserved, count)} of ${quote(from)} on ${quote(to)}`
        : `${failure} ${quote(to)}: ${reason(error)}`
    lines.set(message, error)
  }
  return [...lines].map(([message, error]) => ({ message, error }))
}

/** Errors with codes of node:fs, and those of mkdir, have only the destination; the source has the same relative path. */
function entryOf(
  src: PathArgument,
  dest: PathArgument,
  error: unknown,
): { readonly from: PathArgument; readonly to: PathArgument } {
  if (!(error instanceof FsError) || typeof src !== 'string' || typeof dest !== 'string') {
    return { from: src, to: dest }
  }
  const { code, syscall, path = src, dest: written } = error
  const isAboutDest = code.startsWith('ERR_FS_CP_') || syscall === 'mkdir'
  if (!isAboutDest) return { from: path, to: written ?? swap(path, src, dest) }
  return { from: swap(path, dest, src), to: path }
}

function swap(path: string, from: string, to: string): string {
  return path.startsWith(from) ? to + path.slice(from.length) : to
}
