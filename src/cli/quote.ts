// Names in messages, quoted as GNU programs do, so that a line can be pasted back into a shell: 'plain', "it's",
// 'new'$'\n''line', ''$'\377'.

import { isUtf8 } from 'node:buffer'
import type { PathArgument } from './raw-arguments.js'

const ESCAPES: Readonly<Record<string, string>> = {
  '\x07': '\\a',
  '\b': '\\b',
  '\t': '\\t',
  '\n': '\\n',
  '\v': '\\v',
  '\f': '\\f',
  '\r': '\\r',
}
// Inside double quotes these keep a meaning, so a name that holds one of them stays in single quotes.
const SPECIAL_IN_DOUBLE_QUOTES = /["$`\\!]/
const UNPRINTABLE = /[\p{Cc}\p{Zl}\p{Zp}\uFFFD]/u

/** The name in quotes. */
export function quote(path: PathArgument): string {
  if (typeof path === 'string' && !UNPRINTABLE.test(path)) return quotePrintable(path)
  return assemble(splitUtf8(Buffer.from(path)))
}

function quotePrintable(text: string): string {
  if (!text.includes("'")) return `'${text}'`
  return SPECIAL_IN_DOUBLE_QUOTES.test(text) ? `'${text.replaceAll("'", "'\\''")}'` : `"${text}"`
}

/** Runs of printable characters in '...', of others in $'...'. */
function assemble(characters: Iterable<readonly [text: string, bytes: Uint8Array]>): string {
  let quoted = "'"
  let escaping = false
  for (const [text, bytes] of characters) {
    const escape = UNPRINTABLE.test(text)
    if (escape !== escaping) quoted += escape ? "'$'" : "''"
    escaping = escape
    if (escape) quoted += ESCAPES[text] ?? [...bytes].map(octal).join('')
    else quoted += text === "'" ? "'\\''" : text
  }
  return `${quoted}'`
}

function octal(byte: number): string {
  return `\\${byte.toString(8).padStart(3, '0')}`
}

/** Pairs of a character and its bytes; a byte that begins no UTF-8 character stands alone, shown as U+FFFD. */
function* splitUtf8(bytes: Buffer): Generator<readonly [string, Uint8Array]> {
  for (let i = 0; i < bytes.length;) {
    const length = [1, 2, 3, 4].find(
      (count) => i + count <= bytes.length && isUtf8(bytes.subarray(i, i + count)),
    )
    const piece = bytes.subarray(i, i + (length ?? 1))
    yield [length === undefined ? '\uFFFD' : piece.toString('utf8'), piece]
    i += piece.length
  }
}
