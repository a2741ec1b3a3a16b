/** Reads the header of an ELF file (elf(5)): its processor and loader, and whether the file is complete. */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs'

export interface ElfHead {
  /** `e_machine`: the number of the processor in elf(5). */
  readonly machine: number
  /** The loader of a program (PT_INTERP); `undefined` for a library. */
  readonly interpreter: string | undefined
  /** The end of the last segment that is mapped into memory (PT_LOAD), in bytes. */
  readonly mappedEnd: number
  readonly size: number
  /** The section table, which linkers write last, is zero: the download was interrupted after the file got its final size. */
  readonly endsBlank: boolean
}

/** The processors with a binary, by `e_machine`. */
export const MACHINES: Readonly<Record<number, string>> = { 62: 'x64', 183: 'arm64' }

const MAGIC = Buffer.from([0x7f, 0x45, 0x4c, 0x46, 2, 1])
const [PT_LOAD, PT_INTERP] = [1, 3]

/** Returns `undefined` if the file cannot be read or is no 64-bit little-endian ELF file. */
export function readElf(path: string): ElfHead | undefined {
  let fd: number | undefined
  try {
    fd = openSync(path, 'r')
    return parse(fd)
  } catch {
    return undefined
  } finally {
    if (fd !== undefined) closeSync(fd)
  }
}

function parse(fd: number): ElfHead | undefined {
  const header = readAt(fd, 0, 64)
  if (header.length < 64 || !header.subarray(0, MAGIC.length).equals(MAGIC)) return undefined
  const width = header.readUInt16LE(54)
  if (width < 56) return undefined
  const table = readAt(fd, Number(header.readBigUInt64LE(32)), width * header.readUInt16LE(56))
  let interpreter: string | undefined
  let mappedEnd = 0
  for (let at = 0; at + width <= table.length; at += width) {
    const type = table.readUInt32LE(at)
    const offset = Number(table.readBigUInt64LE(at + 8))
    const length = Number(table.readBigUInt64LE(at + 32))
    if (type === PT_LOAD) mappedEnd = Math.max(mappedEnd, offset + length)
    if (type === PT_INTERP) interpreter = readAt(fd, offset, Math.min(length, 4096)).toString().split('\0')[0]
  }
  const machine = header.readUInt16LE(18)
  return { machine, interpreter, mappedEnd, size: fstatSync(fd).size, endsBlank: endsBlank(fd, header) }
}

/** By the section of names, which every section table has. */
function endsBlank(fd: number, header: Buffer): boolean {
  const offset = Number(header.readBigUInt64LE(40)) + header.readUInt16LE(58) * header.readUInt16LE(62)
  const type = readAt(fd, offset, 8).subarray(4)
  return header.readUInt16LE(60) > 0 && type.length === 4 && type.readUInt32LE() === 0
}

function readAt(fd: number, offset: number, length: number): Buffer {
  const bytes = Buffer.alloc(length)
  return bytes.subarray(0, readSync(fd, bytes, 0, length, offset))
}
