// Command-line arguments as bytes.
//
// Node decodes argv as UTF-8 and replaces invalid bytes with U+FFFD, which loses such names. Linux keeps the bytes in
// /proc/self/cmdline. Inside the command line an argument is a "byte string": one character per byte (latin1), so that
// options and values can be cut out of it with string functions and still become exact paths in the end.

import { isUtf8 } from 'node:buffer'
import { readFileSync } from 'node:fs'

/** An argument with one character per byte. */
export type ByteString = string

/** A path for the library: a string if the bytes are UTF-8, else the bytes. */
export type PathArgument = string | Buffer

/** The byte string of a path or any other string. */
export function toByteString(path: PathArgument): ByteString {
  return (typeof path === 'string' ? Buffer.from(path, 'utf8') : path).toString('latin1')
}

/** Converts a byte string to a path. */
export function toPath(bytes: ByteString): PathArgument {
  const buffer = Buffer.from(bytes, 'latin1')
  return isUtf8(buffer) ? buffer.toString('utf8') : buffer
}

/** A byte string as text for a message. */
export function toText(bytes: ByteString): string {
  return String(toPath(bytes))
}

/** The command's arguments: all of `argv` after the program's own name. */
export function rawArguments(
  argv: readonly string[],
  readCmdline: () => Buffer = readOwnCmdline,
): ByteString[] {
  const decoded = argv.slice(2)
  if (!decoded.some((argument) => argument.includes('\uFFFD')))
    return decoded.map((argument) => toByteString(argument))
  return recover(decoded, readCmdline) ?? decoded.map((argument) => toByteString(argument))
}

function readOwnCmdline(): Buffer {
  return readFileSync('/proc/self/cmdline')
}

/** The last entries of /proc/self/cmdline, if they decode to Node's argv (a process title overwrites them). */
function recover(decoded: readonly string[], readCmdline: () => Buffer): ByteString[] | undefined {
  let cmdline: string
  try {
    cmdline = readCmdline().toString('latin1')
  } catch {
    return undefined // no procfs: the names stay as Node shows them, and will not be found
  }
  const entries = cmdline.split('\0').slice(0, -1).slice(-decoded.length)
  const same = entries.every((entry, i) => Buffer.from(entry, 'latin1').toString('utf8') === decoded[i])
  return same && entries.length === decoded.length ? entries : undefined
}
