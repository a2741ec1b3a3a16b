/** The messages of node:fs for errors of `cp` and `rm`: its own texts for some codes, and its own names for system calls. */
import { getSystemErrorName } from 'node:util'

import type { Failure } from '../../index.cjs'

/** The parts of an error that its message shows. */
export interface MessageParts {
  readonly code: string
  readonly syscall: string
  readonly message: string
  readonly path: string | undefined
  readonly dest: string | undefined
}

/** The text of a code in node:fs: a fixed part, and a part with the paths. */
type Text = readonly [prefix: string, detail: (path: string, dest: string) => string]

const TEXTS: Readonly<Record<string, Text>> = {
  ERR_FS_CP_DIR_TO_NON_DIR: [
    'Cannot overwrite non-directory with directory',
    (path, dest) => `cannot overwrite non-directory ${dest} with directory ${path}`,
  ],
  ERR_FS_CP_EEXIST: ['Target already exists', (_, dest) => `${dest} already exists`],
  ERR_FS_CP_EINVAL: [
    'Invalid src or dest',
    (path, dest) => `cannot copy ${path} to a subdirectory of self ${dest}`,
  ],
  ERR_FS_CP_FIFO_PIPE: ['Cannot copy a FIFO pipe', (_, dest) => `cannot copy a FIFO pipe: ${dest}`],
  ERR_FS_CP_NON_DIR_TO_DIR: [
    'Cannot overwrite directory with non-directory',
    (path, dest) => `cannot overwrite directory ${dest} with non-directory ${path}`,
  ],
  ERR_FS_CP_SOCKET: ['Cannot copy a socket file', (_, dest) => `cannot copy a socket file: ${dest}`],
  ERR_FS_CP_SYMLINK_TO_SUBDIRECTORY: [
    'Cannot overwrite symlink in subdirectory of self',
    (path, dest) => `cannot overwrite ${dest} with ${path}`,
  ],
  ERR_FS_CP_UNKNOWN: [
    'Cannot copy an unknown file type',
    (_, dest) => `cannot copy an unknown file type: ${dest}`,
  ],
  ERR_FS_EISDIR: ['Path is a directory', (path) => `${path} is a directory (not copied)`],
}

/** The message of node:fs for a code of its own; `undefined` for other codes. */
export function nodeMessage(
  failure: Failure,
  path: string | undefined,
  dest: string | undefined,
  operation: string,
): MessageParts | undefined {
  const { code = '' } = failure
  const text = Object.hasOwn(TEXTS, code) ? TEXTS[code] : undefined
  if (text === undefined) return undefined
  const syscall = operation === 'rm' ? 'rm' : 'cp'
  // All are about the destination, except ERR_FS_EISDIR, which is about the source.
  const about = code === 'ERR_FS_EISDIR' ? path : dest
  const errno = getSystemErrorName(-failure.errno)
  const pathsText = pathsPart(failure, text[1](path ?? '', dest ?? ''), syscall)
  const message = `${text[0]}: ${syscall} returned ${errno} (${pathsText}) ${about}`
  return { code, syscall, message, path: about, dest: undefined }
}

function pathsPart({ kind }: Failure, usual: string, syscall: string): string {
  if (syscall === 'rm') return 'is a directory'
  // ERR_FS_CP_EINVAL is the code of a copy into itself and of a copy onto itself.
  return kind === 'sameFile' ? 'src and dest cannot be the same' : usual
}

/** A function of node:fs, and the paths that its errors name. */
interface NodeCall {
  readonly word: string
  readonly about: 'path' | 'dest' | 'both'
}

/** The functions that node:fs calls, by the system call that palfs makes in their place. */
const CALLS: Readonly<Record<string, NodeCall>> = {
  statx: { word: 'lstat', about: 'path' },
  fstatat: { word: 'lstat', about: 'path' },
  mkdirat: { word: 'mkdir', about: 'dest' },
  symlinkat: { word: 'symlink', about: 'both' },
  readlinkat: { word: 'readlink', about: 'path' },
  getdents64: { word: 'scandir', about: 'path' },
  readdir: { word: 'scandir', about: 'path' },
}

export function nodeCall(call: string, follows: boolean): NodeCall | undefined {
  const known = Object.hasOwn(CALLS, call) ? CALLS[call] : undefined
  return known?.word === 'lstat' && follows ? { ...known, word: 'stat' } : known
}
