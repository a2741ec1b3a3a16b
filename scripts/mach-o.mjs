// What the gate asks of a file for macOS: its processor, the oldest system, what it needs, what it asks for and exports, and
// whether its signature is right. Read from the file itself: macOS has otool for it, and the addons are built on Linux, too.
// Names as in Apple's mach-o/loader.h, mach-o/nlist.h and, for signatures, kern/cs_blobs.h. Only 64 bits.
import { createHash } from 'node:crypto'

const MH_MAGIC_64 = 0xfeed_facf
const CPUS = { 0x0100_0007: 'x64', 0x0100_000c: 'arm64' }
const HEADER_SIZE = 32

const LC_SYMTAB = 0x02
const LC_CODE_SIGNATURE = 0x1d
const LC_BUILD_VERSION = 0x32
/** LC_LOAD_DYLIB, and the same weak and for passing on. */
const LC_LOADS = new Set([0x0c, 0x8000_0018, 0x8000_001f])

const N_STAB = 0xe0
const N_TYPE = 0x0e
const N_EXT = 0x01
const N_WEAK_REF = 0x40
/** The library of a name that is looked up in whatever is loaded when it is needed. */
const DYNAMIC_LOOKUP_ORDINAL = 0xfe

const CSMAGIC_EMBEDDED_SIGNATURE = 0xfade_0cc0
const CSMAGIC_CODEDIRECTORY = 0xfade_0c02
const CS_HASHTYPE_SHA256 = 2

function textAt(bytes, at) {
  return bytes.toString('utf8', at, bytes.indexOf(0, at))
}

function* commandsOf(bytes) {
  let at = HEADER_SIZE
  for (let left = bytes.readUInt32LE(16); left > 0; left -= 1) {
    yield { at, kind: bytes.readUInt32LE(at) }
    at += bytes.readUInt32LE(at + 4)
  }
}

/** The names in the symbol table, without those that only a debugger reads; of these, how many there are. */
function symbolsOf(bytes, at) {
  const [table, count, strings] = [8, 12, 16].map((field) => bytes.readUInt32LE(at + field))
  const entries = Array.from({ length: count }, (_, index) => {
    const entry = table + index * 16
    const [type, description] = [bytes[entry + 4], bytes.readUInt16LE(entry + 6)]
    return {
      name: textAt(bytes, strings + bytes.readUInt32LE(entry)),
      debugging: (type & N_STAB) !== 0,
      external: (type & N_EXT) !== 0,
      defined: (type & N_TYPE) !== 0,
      weak: (description & N_WEAK_REF) !== 0,
      ordinal: description >> 8,
    }
  })
  const symbols = entries.filter(({ debugging }) => !debugging)
  return {
    exported: symbols.filter(({ external, defined }) => external && defined).map(({ name }) => name),
    undefined: symbols.filter(({ defined }) => !defined),
    local: entries.filter(({ debugging, external }) => debugging || !external).map(({ name }) => name),
  }
}

/** Whether each page has the hash that the code directory says, which is what the kernel looks at before it runs them. */
function signatureFits(bytes, at) {
  const signature = bytes.readUInt32LE(at + 8)
  if (bytes.readUInt32BE(signature) !== CSMAGIC_EMBEDDED_SIGNATURE) return false
  const directory = signature + bytes.readUInt32BE(signature + 16)
  const [hashes, , , pages, limit] = [16, 20, 24, 28, 32].map((field) =>
    bytes.readUInt32BE(directory + field),
  )
  const [width, type, , shift] = bytes.subarray(directory + 36, directory + 40)
  if (bytes.readUInt32BE(directory) !== CSMAGIC_CODEDIRECTORY || type !== CS_HASHTYPE_SHA256) return false
  const size = 1 << shift
  const fits = (page) => {
    const expected = bytes.subarray(
      directory + hashes + page * width,
      directory + hashes + (page + 1) * width,
    )
    const content = bytes.subarray(page * size, Math.min((page + 1) * size, limit))
    return createHash('sha256').update(content).digest().equals(expected)
  }
  return limit === signature && Array.from({ length: pages }, (_, page) => page).every(fits)
}

function versionAt(bytes, at) {
  return `${bytes.readUInt16LE(at + 2)}.${bytes[at + 1]}`
}

/** Reads a Mach-O file. `signature` is undefined where there is none, else whether it fits. */
export function readMachO(bytes) {
  if (bytes.readUInt32LE(0) !== MH_MAGIC_64) throw new Error('no Mach-O file of 64 bits')
  const commands = [...commandsOf(bytes)]
  const find = (wanted) => commands.find(({ kind }) => kind === wanted)?.at
  const [symbols, version, signature] = [LC_SYMTAB, LC_BUILD_VERSION, LC_CODE_SIGNATURE].map(find)
  return {
    cpu: CPUS[bytes.readUInt32LE(4)] ?? 'another processor',
    system: version === undefined ? undefined : versionAt(bytes, version + 12),
    needed: commands
      .filter(({ kind }) => LC_LOADS.has(kind))
      .map(({ at }) => textAt(bytes, at + bytes.readUInt32LE(at + 8))),
    symbols: symbols === undefined ? { exported: [], undefined: [], local: [] } : symbolsOf(bytes, symbols),
    signature: signature === undefined ? undefined : signatureFits(bytes, signature),
  }
}

/** Whether no library was there for the name when it was linked, and the file cannot be loaded without it. */
export function isFromNowhere({ ordinal, weak }) {
  return ordinal === DYNAMIC_LOOKUP_ORDINAL && !weak
}
