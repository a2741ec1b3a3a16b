/** Memory at an address that direct I/O accepts. */
import { constants } from 'node:buffer'

import { integerOption, isDetached, optionsArgument } from './internal/args.js'
import { binding } from './binding/binding.js'
import { allocationFailed, invalidType, invalidValue, outOfRange } from './internal/node-compat.js'

/** Options of a `PlatformBuffer`. */
export interface PlatformBufferOptions {
  /**
   * A power of two of bytes, at most 1 GiB. What a filesystem needs is in `detectCapabilities(path).directIo`; the default,
   * a page, satisfies every one.
   * @default 4096
   */
  readonly alignment?: number | undefined
}

const PAGE = 4096
const MAX_ALIGNMENT = 2 ** 30

/**
 * Zeroed memory whose first byte lies at a multiple of its alignment: what O_DIRECT asks of the memory, beside offsets and
 * lengths that are multiples, too.
 */
export class PlatformBuffer {
  /** The memory, for `fs.read` and everything else that takes a Buffer. */
  readonly buffer: Buffer
  /** In bytes. */
  readonly alignment: number
  /** In bytes. */
  readonly length: number

  constructor(size: number, options?: PlatformBufferOptions) {
    const { native } = binding()
    this.alignment = alignmentOption(options)
    this.length = sizeArgument(size, this.alignment)
    const memory = allocate(size + this.alignment)
    const start = native.bytesBeforeAligned(new Uint8Array(memory), this.alignment)
    this.buffer = Buffer.from(memory, start, size)
  }

  /** Whether the first byte lies at a multiple of the alignment: until the memory is transferred to somebody else. */
  get isAligned(): boolean {
    const { buffer, byteOffset } = this.buffer
    if (isDetached(buffer)) return false
    // Of all that was allocated: no bytes have no address.
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

/** Not a typed array's own memory: V8 keeps short ones in its heap, and moves them. */
function allocate(size: number): ArrayBuffer {
  try {
    return new ArrayBuffer(size)
  } catch (error) {
    throw allocationFailed(error)
  }
}
