/** The operations that have a number in Rust: of each, what it takes and what it gives. */
import { booleanOption, encodingOption, option, optionsArgument, pathArgument } from './args.js'
import type { Binding, Native } from '../binding/binding.js'
import { descriptorArgument, numberArgument, type Descriptor } from './file-argument.js'
import { readExactStat, readStat } from './file-stat.js'
import {
  bufferArgument,
  type Bytes,
  flagsArgument,
  idArgument,
  modeArgument,
  offsetArgument,
  timeArgument,
  wholeArgument,
} from './file-system-arguments.js'
import type { Operations } from '../file-system-operations.js'
import { invalidValue } from './node-compat.js'
import { bytesHere, textHere } from './value-operation.js'

/** What a call gives, and how it is found. */
interface Reader {
  /** On the thread that made the call. */
  readonly here: (bound: Binding, size: number) => unknown
  /** At the end of a call that was made on the pool. An Error that it gives is thrown. */
  readonly later: (bound: Binding, size: number, base: number, slot: number) => unknown
}

/** The arguments of one call, checked. */
export interface Call {
  /** As they cross: five at most. */
  readonly args: readonly unknown[]
  readonly path?: string | Uint8Array | undefined
  readonly dest?: string | Uint8Array | undefined
  readonly reader: Reader
}

/** One operation. */
export interface Row {
  /** Its number in Rust. */
  readonly operation: keyof Native['FileOperation']
  /** node:fs's word for it, which is the system call's name in errors; absent where node:fs has none. */
  readonly syscall?: string
  /** Whether errors tell how many bytes were moved. */
  readonly moves?: boolean
  /** Looks at what was passed, in its order. */
  readonly check: (isSync: boolean, ...given: readonly unknown[]) => Call
}

const NOTHING: Reader = { here: () => undefined, later: () => undefined }
const COUNT: Reader = { here: (_bound, size) => size, later: (_bound, size) => size }
const NEAREST = statReader(false)
const EXACT = statReader(true)

function statReader(exact: boolean): Reader {
  const read = (bound: Binding, base: number): unknown => {
    const { Field, StatField } = bound.native
    return exact
      ? readExactStat(bound.exactRecords, base + Field.Bytes, StatField)
      : readStat(bound.records, base + Field.Bytes, StatField)
  }
  return { here: (bound) => read(bound, 0), later: (bound, _size, base) => read(bound, base) }
}

function isExact(options: unknown): boolean {
  return options !== undefined && booleanOption(optionsArgument(options), 'bigint')
}

/** Bytes that are a path. */
function pathReader(options: unknown): Reader {
  const encoding = encodingOption(optionsArgument(options)) ?? 'utf8'
  if (encoding === 'buffer') {
    return { here: bytesHere, later: ({ native }, _size, _base, slot) => native.takeBytes(slot) }
  }
  return {
    here: (bound, size) => textHere(bound, size, encoding),
    later: ({ native }, _size, _base, slot) => native.takeBytes(slot).toString(encoding),
  }
}

/** Bytes that are read into `target`, of which `view` is what the caller has. */
function intoBuffer(target: Uint8Array, view: Uint8Array): Reader {
  const show = (size: number): number => {
    if (target !== view) view.set(target.subarray(0, size))
    return size
  }
  return {
    here: (_bound, size) => show(size),
    later: ({ native }, size, _base, slot) =>
      native.takeBytesInto(slot, target)
        ? show(size)
        : invalidValue('buffer', 'must not be taken away or made smaller while it is read into', view),
  }
}

const place = (value: unknown, name = 'path'): string | Uint8Array => pathArgument(value, name)
const file = (value: unknown, name = 'fd'): Descriptor => descriptorArgument(value, name)

const onPath = (path: string | Uint8Array, ...rest: readonly unknown[]): Call => ({
  args: [path, ...rest],
  path,
  reader: NOTHING,
})

const onTwo = (path: string | Uint8Array, dest: string | Uint8Array): Call => ({
  args: [path, dest],
  path,
  dest,
  reader: NOTHING,
})

const crossing = (isSync: boolean, { argument, later }: Descriptor): number | object =>
  isSync ? argument : later

const onFile = (isSync: boolean, open: Descriptor, ...rest: readonly unknown[]): Call => ({
  args: [crossing(isSync, open), ...rest],
  reader: NOTHING,
})

function statOf(path: string | Uint8Array, options: unknown): Call {
  const exact = isExact(options)
  return { args: [path, exact], path, reader: exact ? EXACT : NEAREST }
}

function fstatOf(isSync: boolean, open: Descriptor, options: unknown): Call {
  const exact = isExact(options)
  return { args: [crossing(isSync, open), exact], reader: exact ? EXACT : NEAREST }
}

function readInto(isSync: boolean, open: Descriptor, { view, isShared }: Bytes, offset: unknown): Call {
  const at = offsetArgument(offset, 'offset')
  const target = isShared ? new Uint8Array(view.byteLength) : view
  const reader = intoBuffer(target, view)
  // A buffer can be taken away while the pool works: it has its own, and the caller's is written to at the end.
  return { args: [crossing(isSync, open), isSync ? target : target.byteLength, at], reader }
}

function writeFrom(isSync: boolean, open: Descriptor, { view, isShared }: Bytes, offset: unknown): Call {
  const at = offsetArgument(offset, 'offset')
  return { args: [crossing(isSync, open), isShared ? Buffer.from(view) : view, at], reader: COUNT }
}

function rangeBetween(
  isSync: boolean,
  src: Descriptor,
  dest: Descriptor,
  length: number | bigint,
  options: unknown,
): Call {
  const given = optionsArgument(options)
  const from = offsetArgument(option(given, 'srcOffset'), 'options.srcOffset')
  const to = offsetArgument(option(given, 'destOffset'), 'options.destOffset')
  return { args: [crossing(isSync, src), crossing(isSync, dest), length, from, to], reader: COUNT }
}

/** Every operation of Rust. Methods that are made of others are not here. */
export const TABLE: Readonly<Record<keyof Operations<'sync'>, Row>> = {
  open: {
    operation: 'Open',
    syscall: 'open',
    check: (_, path, flags, mode) => ({
      ...onPath(place(path), flagsArgument(flags), modeArgument(mode, 0o666)),
      reader: COUNT,
    }),
  },
  close: {
    operation: 'Close',
    syscall: 'close',
    check: (_, fd) => ({ args: [numberArgument(fd, 'fd')], reader: NOTHING }),
  },
  read: {
    operation: 'Read',
    syscall: 'read',
    check: (isSync, fd, buffer, offset) => readInto(isSync, file(fd), bufferArgument(buffer), offset),
  },
  write: {
    operation: 'Write',
    syscall: 'write',
    check: (isSync, fd, buffer, offset) => writeFrom(isSync, file(fd), bufferArgument(buffer), offset),
  },
  fsync: { operation: 'Fsync', syscall: 'fsync', check: (isSync, fd) => onFile(isSync, file(fd)) },
  ftruncate: {
    operation: 'Ftruncate',
    syscall: 'ftruncate',
    check: (isSync, fd, size = 0) => onFile(isSync, file(fd), wholeArgument(size, 'size')),
  },
  fstat: {
    operation: 'Fstat',
    syscall: 'fstat',
    check: (isSync, fd, options) => fstatOf(isSync, file(fd), options),
  },
  stat: { operation: 'Stat', syscall: 'stat', check: (_, path, options) => statOf(place(path), options) },
  lstat: { operation: 'Lstat', syscall: 'lstat', check: (_, path, options) => statOf(place(path), options) },
  utimes: {
    operation: 'Utimes',
    syscall: 'utime',
    check: (_, path, atime, mtime) =>
      onPath(place(path), ...timeArgument(atime, 'atime'), ...timeArgument(mtime, 'mtime')),
  },
  chmod: {
    operation: 'Chmod',
    syscall: 'chmod',
    check: (_, path, mode) => onPath(place(path), modeArgument(mode)),
  },
  chown: {
    operation: 'Chown',
    syscall: 'chown',
    check: (_, path, uid, gid) => onPath(place(path), idArgument(uid, 'uid'), idArgument(gid, 'gid')),
  },
  mkdir: {
    operation: 'Mkdir',
    syscall: 'mkdir',
    check: (_, path, mode) => onPath(place(path), modeArgument(mode, 0o777)),
  },
  rmdir: { operation: 'Rmdir', syscall: 'rmdir', check: (_, path) => onPath(place(path)) },
  link: {
    operation: 'Link',
    syscall: 'link',
    check: (_, existing, path) => onTwo(place(existing, 'existingPath'), place(path, 'newPath')),
  },
  unlink: { operation: 'Unlink', syscall: 'unlink', check: (_, path) => onPath(place(path)) },
  symlink: {
    operation: 'Symlink',
    syscall: 'symlink',
    check: (_, target, path) => onTwo(place(target, 'target'), place(path)),
  },
  readlink: {
    operation: 'Readlink',
    syscall: 'readlink',
    check: (_, path, options) => ({ ...onPath(place(path)), reader: pathReader(options) }),
  },
  rename: {
    operation: 'Rename',
    syscall: 'rename',
    check: (_, from, to) => onTwo(place(from, 'oldPath'), place(to, 'newPath')),
  },
  copyFileRange: {
    operation: 'CopyFileRange',
    moves: true,
    check: (isSync, src, dest, length, options) =>
      rangeBetween(
        isSync,
        file(src, 'srcFd'),
        file(dest, 'destFd'),
        wholeArgument(length, 'length'),
        options,
      ),
  },
}
