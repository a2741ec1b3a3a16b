/** What is known of an inode, in JavaScript's own values. */
import type { ExactNumbers, Native } from '../binding/binding.js'

/** What kind of file an inode is. */
export type FileType =
  | 'regularFile'
  | 'directory'
  | 'symbolicLink'
  | 'characterDevice'
  | 'blockDevice'
  | 'fifo'
  | 'socket'
  | 'unknown'

/** In the order of the Rust crate. */
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
 * What stat(2) and statx(2) tell. Times are milliseconds since 1970 with the nanoseconds as fraction, as far as a number
 * holds them, and may be negative. With `bigint: true` everything is a bigint, exact, and times are nanoseconds.
 */
export interface FileStat<N extends number | bigint = number> {
  /** What kind of file it is, as `mode` tells. */
  readonly fileType: FileType
  /** Bytes of content. */
  readonly size: N
  /** Type, set-id, sticky and permission bits. */
  readonly mode: N
  /** Owner. */
  readonly uid: N
  /** Group. */
  readonly gid: N
  /** Last read, as far as the mount keeps account of that. */
  readonly atime: N
  /** Last change of the content. */
  readonly mtime: N
  /** Last change of the inode. */
  readonly ctime: N
  /** When the inode was made; null where the filesystem does not keep that. */
  readonly birthtime: N | null
  /** The inode's number, unique within its device. */
  readonly inode: N
  /** The device that holds the inode. */
  readonly device: N
  /** Names that the inode has. */
  readonly nlinks: N
  /** Bytes that reads and writes had best be multiples of. */
  readonly blksize: N
  /** Storage in use, in units of 512 bytes whatever `blksize` says. */
  readonly blocks: N
  /** The device that the inode is, if it is one. */
  readonly rdev: N
}

/** The name of a type by its number in the Rust crate. */
export function fileTypeOf(number: number): FileType {
  return FILE_TYPES[number] ?? 'unknown'
}

/**
 * A number of shared memory as V8 keeps small integers. As it comes from there it is a double, which takes memory of its
 * own in every object that it is put in: a directory with `stats` takes four times as long.
 */
export function compact(number: number | undefined = 0): number {
  const integer = number >>> 0
  return integer === number ? integer : number
}

/** The inode whose numbers begin at `base`. */
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

/** The same of numbers in their exact form. */
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
