// @ts-check
// System calls by name and by number, from the C library's headers.
import { execFileSync } from 'node:child_process'

/** Calls younger than the headers of Debian 12 (Linux 6.1). Since Linux 5.1 a number is the same on all processors. */
const YOUNGER = { fchmodat2: 452, setxattrat: 463, getxattrat: 464, listxattrat: 465, removexattrat: 466 }

function readHeaders() {
  const args = ['-E', '-dM', '-include', 'sys/syscall.h', '-x', 'c', '/dev/null']
  const macros = execFileSync('cc', args, { encoding: 'utf8' })
  const found = new Map(Object.entries(YOUNGER))
  for (const [, name = '', number] of macros.matchAll(/^#define __NR_(\w+) (\d+)$/gmu))
    found.set(name, Number(number))
  return found
}

/** @type {Map<string, number> | undefined} */
let known
function numbers() {
  known ??= readHeaders()
  return known
}

/**
 * The number of a call on this processor.
 * @param {string} name
 */
export function numberOf(name) {
  const number = numbers().get(name)
  if (number === undefined) throw new Error(`${name} is no system call of this processor`)
  return number
}

/**
 * Whether this processor has the call: arm64 lacks those that others replaced.
 * @param {string} name
 */
export function isCall(name) {
  return numbers().has(name)
}

/**
 * The name of a call as strace prints it, which shows those that it does not know as `syscall_0x1c4`.
 * @param {string} shown
 */
export function nameOf(shown) {
  const [, digits] = /^syscall_0x([\da-f]+)$/u.exec(shown) ?? []
  if (digits === undefined) return shown
  const number = Number.parseInt(digits, 16)
  return [...numbers()].find(([, each]) => each === number)?.[0] ?? shown
}
