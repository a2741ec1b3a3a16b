/** Memory that is aligned for direct I/O. */
import { constants } from 'node:buffer'

import { integerOption, isDetached, optionsArgument } from './internal/args.js'
import { binding } from './binding/binding.js'
import { allocationFailed, invalidType, invalidValue, outOfRange } from './internal/node-compat.js'

/** Options of a `PlatformBuffer`. */
export interface PlatformBufferOptions {
  /**
   * Bytes, a power of two up to 1 GiB. `detectCapabilities(path).directIo` has the requirement of a filesystem; the default, a
   * page, satisfies every one.
   * @default 4096
   */
  readonly alignment?: number | undefined
}

const PAGE = 4096
const MAX_ALIGNMENT = 2 ** 30

/**
 * Zeroed memory that begins at a multiple of its alignment, as O_DIRECT requires. Offsets and lengths must be multiples, too.
 */
export class PlatformBuffer {
  /** The memory, for `fs.read` and other functions that take a Buffer. */
  readonly buffer: Buffer
  /** The alignment in bytes. */
  readonly alignment: number
  /** The size in bytes. */
  readonly length: number

  constructor(size: number, options?: PlatformBufferOptions) {
    const { native } = binding()
    this.alignment = alignmentOption(options)
    this.length = sizeArgument(size, this.alignment)
    const memory = allocate(size + this.alignment)
    const start = native.bytesBeforeAligned(new Uint8Array(memory), this.alignment)
    this.buffer = Buffer.from(memory, start, size)
  }

  /** Whether the memory begins at a multiple of the alignment. False once the memory is transferred. */
  get isAligned(): boolean {
    const { buffer, byteOffset } = this.buffer
    if (isDetached(buffer)) return false
    // The address of the whole allocation: an empty view has no address.
    const before = binding().native.bytesBeforeAligned(new Uint8Array(buffer), this.alignment)
    return before === byteOffset % this.alignment
  }
}

function sizeArgument(size: unknown, alignment: number): number {
  if (typeof size !== 'number') throw invalidType('size', 'of type number', size)
  if (!Number.isInteger(size)) throw outOfRange('size', 'an integer', size)
  const most = constants.MAX_LENGTH - alignment
  if (size < 0 || size > most) throw outOfRange('size', `>= 0 && <= ${most}`, size)
  return size
}

function alignmentOption(options: unknown): number {
  const given = optionsArgument(options)
  const alignment = integerOption(given, 'alignment', 1) ?? PAGE
  if (alignment > MAX_ALIGNMENT)
    throw outOfRange('options.alignment', `>= 1 && <= ${MAX_ALIGNMENT}`, alignment)
  if (Math.log2(alignment) % 1 !== 0) {
    throw invalidValue('options.alignment', 'must be a power of two', alignment)
  }
  return alignment
}

/** An ArrayBuffer: V8 keeps short typed arrays in its heap, and moves them. */
function allocate(size: number): ArrayBuffer {
  try {
    return new ArrayBuffer(size)
  } catch (error) {
    throw allocationFailed(error)
  }
}
