/**
 * Argument errors with Node's codes and messages, so that code written for Node works. Node does not export the constructors of
 * these errors.
 */
import { inspect } from 'node:util'

type ArgumentErrorCode =
  | 'ERR_INVALID_ARG_TYPE'
  | 'ERR_INVALID_ARG_VALUE'
  | 'ERR_INVALID_RETURN_VALUE'
  | 'ERR_OUT_OF_RANGE'
  | 'ERR_INCOMPATIBLE_OPTION_PAIR'
  | 'ERR_MEMORY_ALLOCATION_FAILED'

function withCode<E extends Error>(error: E, code: ArgumentErrorCode): E & { code: ArgumentErrorCode } {
  // Node shows the code in the first line of the stack, but not in `name`.
  const { name } = error
  error.name = `${name} [${code}]`
  void error.stack
  Reflect.deleteProperty(error, 'name')
  return Object.assign(error, { code })
}

/** Describes a value as Node does: "type number (1)", "an instance of Date". */
function typeOf(value: unknown): string {
  if (value === null || value === undefined) return String(value)
  if (typeof value === 'function') return `function ${value.name}`
  if (typeof value === 'object') {
    const constructor: unknown = value.constructor
    if (typeof constructor === 'function' && constructor.name !== '')
      return `an instance of ${constructor.name}`
    return inspect(value, { depth: -1 })
  }
  let text = inspect(value, { colors: false })
  if (text.length > 28) text = `${text.slice(0, 25)}...`
  return `type ${typeof value} (${text})`
}

/** In Node's messages a dotted name is a property, and any other an argument. */
const kind = (name: string): string => (name.includes('.') ? 'property' : 'argument')

/** `expected` as in "of type boolean" or "an instance of AbortSignal". */
export function invalidType(name: string, expected: string, value: unknown): TypeError {
  const text = `The "${name}" ${kind(name)} must be ${expected}. Received ${typeOf(value)}`
  return withCode(new TypeError(text), 'ERR_INVALID_ARG_TYPE')
}

export function invalidValue(name: string, reason: string, value: unknown): TypeError {
  let text = inspect(value)
  if (text.length > 128) text = `${text.slice(0, 128)}...`
  const message = `The ${kind(name)} '${name}' ${reason}. Received ${text}`
  return withCode(new TypeError(message), 'ERR_INVALID_ARG_VALUE')
}

/** Large integers have an underscore between thousands. */
function received(value: unknown): string {
  const isLarge = (Number.isInteger(value) || typeof value === 'bigint') && Math.abs(Number(value)) > 2 ** 32
  return isLarge ? inspect(value).replaceAll(/(?<=\d)(?=(?:\d{3})+n?$)/gu, '_') : inspect(value)
}

export function outOfRange(name: string, range: string, value: unknown): RangeError {
  const message = `The value of "${name}" is out of range. It must be ${range}. Received ${received(value)}`
  return withCode(new RangeError(message), 'ERR_OUT_OF_RANGE')
}

export function incompatiblePair(one: string, other: string): TypeError {
  const message = `Option "${one}" cannot be used in combination with option "${other}"`
  return withCode(new TypeError(message), 'ERR_INCOMPATIBLE_OPTION_PAIR')
}

/** A function of the caller returned a wrong value. */
export function invalidReturn(expected: string, name: string, value: unknown): TypeError {
  const message = `Expected ${expected} to be returned from the "${name}" function but got ${typeOf(value)}.`
  return withCode(new TypeError(message), 'ERR_INVALID_RETURN_VALUE')
}

/** The error of node:fs for the mode of `copyFile`, which it checks in C++. */
export function invalidMode(value: unknown): TypeError | RangeError {
  if (typeof value !== 'number') {
    return withCode(new TypeError('mode must be int32 or null/undefined'), 'ERR_INVALID_ARG_TYPE')
  }
  const range = Number.isInteger(value) ? ': >= 0 && <= 7' : ''
  return withCode(new RangeError(`mode is out of range${range}`), 'ERR_OUT_OF_RANGE')
}

/** V8 could not allocate memory; `cause` is its error. */
export function allocationFailed(cause: unknown): RangeError {
  return withCode(new RangeError('Failed to allocate memory', { cause }), 'ERR_MEMORY_ALLOCATION_FAILED')
}
