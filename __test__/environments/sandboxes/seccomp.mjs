// @ts-check
// Rules of a seccomp filter, as programs/deny-calls.c takes them.
import { constants } from 'node:os'
import { numberOf } from './call-numbers.mjs'

const LAST = 0xff_ff

/**
 * The call fails with the error.
 * @param {string} error
 * @param {string} call
 */
export function deny(error, call) {
  const number = numberOf(call)
  return rule(error, number, number)
}

/**
 * The call fails if one of these bits is set in its argument of that index.
 * @param {string} error
 * @param {string} call
 * @param {number} index
 * @param {number} bits
 */
export function denyBits(error, call, index, bits) {
  return `${deny(error, call)}:${index}&${bits}`
}

/**
 * The call fails, and all that have a greater number: those that came to Linux later, and some.
 * @param {string} error
 * @param {string} call
 */
export function denyFrom(error, call) {
  return rule(error, numberOf(call), LAST)
}

/**
 * @param {string} error
 * @param {number} from
 * @param {number} to
 */
function rule(error, from, to) {
  const number = Object.entries(constants.errno).find(([name]) => name === error)?.[1]
  if (number === undefined) throw new Error(`${error} is no error number`)
  return `${number}:${from}-${to}`
}

/** What a container of Docker has left of root's capabilities. */
const CAPABILITIES = [
  'audit_write',
  'chown',
  'dac_override',
  'fowner',
  'fsetid',
  'kill',
  'mknod',
  'net_bind_service',
  'net_raw',
  'setfcap',
  'setgid',
  'setpcap',
  'setuid',
  'sys_chroot',
]

/**
 * A container of Docker whose list of calls ends before `call`: what is not on the list fails with EPERM. clone3 is ENOSYS,
 * as since Docker 20.10.10: with EPERM the glibc of Debian 12 starts no thread, and Node ends before it has begun.
 * @param {string} call
 * @param {readonly string[]} words
 * @param {import('./stage.mjs').Stage} stage
 */
export function dockerBefore(call, words, { denyCalls }) {
  const bounds = ['-all', ...CAPABILITIES.map((capability) => `+${capability}`)].join(',')
  const rules = [deny('ENOSYS', 'clone3'), denyFrom('EPERM', call)]
  return ['setpriv', `--bounding-set=${bounds}`, '--', denyCalls, ...rules, '--', ...words]
}
