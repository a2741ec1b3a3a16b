/** Reads the result of stat(2) from shared memory. */
import type { ExactNumbers, Native } from '../binding/binding.js'

/** The type of a file. */
export type FileType =
  | 'regularFile'
  | 'directory'
  | 'symbolicLink'
  | 'characterDevice'
  | 'blockDevice'
  | 'fifo'
  | 'socket'
  | 'unknown'

/** In the order of the Rust enum. */
const FILE_TYPES: readonly FileType[] = [
  'regularFile',
  'directory',
  'symbolicLink',
  'characterDevice',
  'blockDevice',
  'fifo',
  'socket',
  'unknown',
]

/**
 * The result of stat(2) or statx(2). Times are milliseconds since 1970, may be negative, and have the nanoseconds as fraction,
 * rounded to the nearest number. With `bigint: true` all numbers are exact bigints, and times are nanoseconds.
 */
export interface FileStat<N extends number | bigint = number> {
  /** The type of the file, from `mode`. */
  readonly fileType: FileType
  /** Size in bytes. */
  readonly size: N
  /** The bits for type, set-id, sticky and permissions. */
  readonly mode: N
  /** The owner. */
  readonly uid: N
  /** The group. */
  readonly gid: N
  /** Time of the last read, as far as the mount records it. */
  readonly atime: N
  /** Time of the last change of the content. */
  readonly mtime: N
  /** Time of the last change of the inode. */
  readonly ctime: N
  /** Time of creation; null if the filesystem does not store it. */
  readonly birthtime: N | null
  /** The inode number, unique within its device. */
  readonly inode: N
  /** The device that holds the inode. */
  readonly device: N
  /** The number of hard links. */
  readonly nlinks: N
  /** The preferred size of reads and writes, in bytes. */
  readonly blksize: N
  /** Allocated storage in units of 512 bytes, regardless of `blksize`. */
  readonly blocks: N
  /** The device number of a device file. */
  readonly rdev: N
}

/** The name of a type by its number in Rust. */
export function fileTypeOf(number: number): FileType {
  return FILE_TYPES[number] ?? 'unknown'
}

/**
 * Converts a number to a small integer if possible. A number read from a Float64Array is a double, for which V8 allocates memory
 * in every object that holds it: a directory with `stats` would take four times as long.
 */
export function compact(number: number | undefined = 0): number {
  const integer = number >>> 0
  return integer === number ? integer : number
}

/** Reads the numbers that begin at `base`. */
export function readStat(numbers: Float64Array, base: number, field: Native['StatField']): FileStat {
  const birthtime = numbers[base + field.Birthtime] ?? 0
  return {
    fileType: fileTypeOf(compact(numbers[base + field.FileType])),
    size: compact(numbers[base + field.Size]),
    mode: compact(numbers[base + field.Mode]),
    uid: compact(numbers[base + field.Uid]),
    gid: compact(numbers[base + field.Gid]),
    atime: numbers[base + field.Atime] ?? 0,
    mtime: numbers[base + field.Mtime] ?? 0,
    ctime: numbers[base + field.Ctime] ?? 0,
    birthtime: Number.isNaN(birthtime) ? null : birthtime,
    inode: compact(numbers[base + field.Inode]),
    device: compact(numbers[base + field.Device]),
    nlinks: compact(numbers[base + field.Nlinks]),
    blksize: compact(numbers[base + field.Blksize]),
    blocks: compact(numbers[base + field.Blocks]),
    rdev: compact(numbers[base + field.Rdev]),
  }
}

/** As {@link readStat}, with exact bigints. */
export function readExactStat(
  exact: ExactNumbers,
  base: number,
  field: Native['StatField'],
): FileStat<bigint> {
  const whole = (place: number): bigint => exact.unsigned[base + place] ?? 0n
  const time = (seconds: number, nanoseconds: number): bigint =>
    (exact.signed[base + seconds] ?? 0n) * 1_000_000_000n + (exact.signed[base + nanoseconds] ?? 0n)
  const isBorn = (exact.signed[base + field.BirthtimeNanoseconds] ?? 0n) >= 0n
  return {
    fileType: fileTypeOf(Number(whole(field.FileType))),
    size: whole(field.Size),
    mode: whole(field.Mode),
    uid: whole(field.Uid),
    gid: whole(field.Gid),
    atime: time(field.Atime, field.AtimeNanoseconds),
    mtime: time(field.Mtime, field.MtimeNanoseconds),
    ctime: time(field.Ctime, field.CtimeNanoseconds),
    birthtime: isBorn ? time(field.Birthtime, field.BirthtimeNanoseconds) : null,
    inode: whole(field.Inode),
    device: whole(field.Device),
    nlinks: whole(field.Nlinks),
    blksize: whole(field.Blksize),
    blocks: whole(field.Blocks),
    rdev: whole(field.Rdev),
  }
}
