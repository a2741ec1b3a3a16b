/** Errors of `cp` and `rm` in the words of node:fs, which says more of some, and names its own functions. */
import { getSystemErrorName } from 'node:util'

import type { Failure } from '../../index.cjs'

/** What an error says. */
export interface Said {
  readonly code: string
  readonly syscall: string
  readonly message: string
  readonly path: string | undefined
  readonly dest: string | undefined
}

/** What node:fs says of a code: what is always said, and what is said of the paths at hand. */
type Words = readonly [prefix: string, detail: (path: string, dest: string) => string]

const WORDS: Readonly<Record<string, Words>> = {
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

/** Says it as node:fs does where node:fs has a code of its own for it. */
export function sayAsNode(
  failure: Failure,
  path: string | undefined,
  dest: string | undefined,
  operation: string,
): Said | undefined {
  const { code = '' } = failure
  const words = Object.hasOwn(WORDS, code) ? WORDS[code] : undefined
  if (words === undefined) return undefined
  const syscall = operation === 'rm' ? 'rm' : 'cp'
  // These are about what would have been written, but for the one that is about what was read.
  const about = code === 'ERR_FS_EISDIR' ? path : dest
  const errno = getSystemErrorName(-failure.errno)
  const said = detail(failure, words[1](path ?? '', dest ?? ''), syscall)
  const message = `${words[0]}: ${syscall} returned ${errno} (${said}) ${about}`
  return { code, syscall, message, path: about, dest: undefined }
}

function detail({ code, description }: Failure, said: string, syscall: string): string {
  if (syscall === 'rm') return 'is a directory'
  // One code for two things: a copy into itself, and one onto itself.
  const isOnto = code === 'ERR_FS_CP_EINVAL' && !description.startsWith('Cannot copy')
  return isOnto ? 'src and dest cannot be the same' : said
}

/** A function of node:fs, and which path of a copy its errors name. */
interface NodeCall {
  readonly word: string
  readonly about: 'path' | 'dest' | 'both'
}

/** What node:fs calls where we make a system call that is about one path alone. */
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
