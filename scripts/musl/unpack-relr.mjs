// Rewrites shared libraries so that Debian 12's musl can load them: `node scripts/musl/unpack-relr.mjs FILE...`.
//
// Libraries from Alpine 3.19 on hold their relative relocations in a packed table (DT_RELR), which musl reads from 1.2.4 on.
// Debian has 1.2.3: it leaves pointers as they are, and the process dies. This writes the same relocations into an ordinary
// table (DT_RELA) at the file's end. For x86_64 and arm64.
import { readFileSync, writeFileSync } from 'node:fs'

const [PT_LOAD, PT_DYNAMIC, PT_NOTE] = [1, 2, 4]
const [DT_NULL, DT_RELA, DT_RELASZ, DT_RELRSZ, DT_RELR, DT_RELRENT] = [0, 7, 8, 35, 36, 37]
const DT_IGNORED = 0x6000_0fff
/** R_X86_64_RELATIVE and R_AARCH64_RELATIVE, by e_machine. */
const RELATIVE = { 62: 8, 183: 1027 }
const PAGE = 4096

const pages = (size) => Math.ceil(size / PAGE) * PAGE
const u64 = (bytes, at) => Number(bytes.readBigUInt64LE(at))

function segmentsOf(elf) {
  const [table, width, count] = [u64(elf, 32), elf.readUInt16LE(54), elf.readUInt16LE(56)]
  return Array.from({ length: count }, (_, index) => {
    const at = table + index * width
    const [offset, address, size, memory] = [8, 16, 32, 40].map((field) => u64(elf, at + field))
    return { at, type: elf.readUInt32LE(at), offset, address, size, memory }
  })
}

function dynamicOf(elf, { offset, size }) {
  const entries = new Map()
  for (let at = offset; at < offset + size; at += 16) {
    const tag = u64(elf, at)
    if (tag === DT_NULL) break
    entries.set(tag, { at, value: u64(elf, at + 8) })
  }
  return entries
}

/** The addresses in a packed table: an even word is one; an odd one has a bit for each of the 63 words after it. */
function* packedAddresses(words) {
  let next = 0
  for (const word of words) {
    if ((word & 1n) === 0n) {
      yield Number(word)
      next = Number(word) + 8
    } else {
      for (let bit = 1; bit < 64; bit += 1) {
        if (((word >> BigInt(bit)) & 1n) === 1n) yield next + (bit - 1) * 8
      }
      next += 63 * 8
    }
  }
}

function unpack(elf) {
  const segments = segmentsOf(elf)
  const loads = segments.filter(({ type }) => type === PT_LOAD)
  const dynamic = dynamicOf(
    elf,
    segments.find(({ type }) => type === PT_DYNAMIC),
  )
  const packed = dynamic.get(DT_RELR)
  if (packed === undefined) return elf
  const offsetOf = (address) => {
    const segment = loads.find((load) => address >= load.address && address < load.address + load.size)
    return address - segment.address + segment.offset
  }
  const [rela, relaSize, relrSize] = [DT_RELA, DT_RELASZ, DT_RELRSZ].map((tag) => dynamic.get(tag))
  const words = Array.from({ length: relrSize.value / 8 }, (_, index) =>
    elf.readBigUInt64LE(offsetOf(packed.value) + index * 8),
  )
  const added = [...packedAddresses(words)].map((address) => {
    const entry = Buffer.alloc(24)
    entry.writeBigUInt64LE(BigInt(address), 0)
    entry.writeBigUInt64LE(BigInt(RELATIVE[elf.readUInt16LE(18)]), 8)
    entry.writeBigUInt64LE(elf.readBigUInt64LE(offsetOf(address)), 16)
    return entry
  })
  const old = elf.subarray(offsetOf(rela.value), offsetOf(rela.value) + relaSize.value)
  const table = Buffer.concat([old, ...added])

  // The new table is a segment of its own, in place of a note that nobody reads.
  const offset = pages(elf.length)
  const address = pages(Math.max(...loads.map((load) => load.address + load.memory)))
  const { at } = segments.find(({ type }) => type === PT_NOTE)
  const result = Buffer.concat([elf, Buffer.alloc(offset - elf.length), table])
  result.writeUInt32LE(PT_LOAD, at)
  result.writeUInt32LE(4, at + 4)
  for (const [field, value] of [offset, address, address, table.length, table.length, PAGE].entries()) {
    result.writeBigUInt64LE(BigInt(value), at + 8 + field * 8)
  }
  result.writeBigUInt64LE(BigInt(address), rela.at + 8)
  result.writeBigUInt64LE(BigInt(table.length), relaSize.at + 8)
  for (const tag of [DT_RELR, DT_RELRSZ, DT_RELRENT]) {
    result.writeBigUInt64LE(BigInt(DT_IGNORED), dynamic.get(tag).at)
  }
  return result
}

for (const file of process.argv.slice(2)) writeFileSync(file, unpack(readFileSync(file)))
