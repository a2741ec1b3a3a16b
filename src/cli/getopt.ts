// GNU option parsing: clusters of short options, attached and separate values, abbreviated long names, options after
// operands, `--`. node:util's parseArgs has no option with an optional value (`--reflink[=WHEN]`) and no abbreviations.

import { toText, type ByteString } from './raw-arguments.js'

/** An option that a command understands. */
export interface OptionSpec {
  readonly long?: string
  readonly short?: string
  /** Default: none. An optional value must be attached by `=`. */
  readonly value?: 'required' | 'optional'
}

/** An option in the arguments. */
export interface GivenOption<Spec extends OptionSpec> {
  readonly spec: Spec
  readonly value: ByteString | undefined
}

/** The parsed arguments. */
export interface Parsed<Spec extends OptionSpec> {
  /** In order: of two opposite options the last one counts. */
  readonly options: readonly GivenOption<Spec>[]
  readonly operands: readonly ByteString[]
}

/** The arguments are wrong; the message names the option. */
export class UsageError extends Error {
  static {
    this.prototype.name = 'UsageError'
  }
}

/** Splits `args` into options and operands. */
export function getopt<Spec extends OptionSpec>(
  args: readonly ByteString[],
  specs: readonly Spec[],
): Parsed<Spec> {
  const options: GivenOption<Spec>[] = []
  const operands: ByteString[] = []
  const rest = [...args]
  for (let arg = rest.shift(); arg !== undefined; arg = rest.shift()) {
    if (arg === '--') {
      operands.push(...rest)
      break
    }
    if (arg.startsWith('--')) options.push(longOption(arg, rest, specs))
    else if (arg.startsWith('-') && arg !== '-') options.push(...shortOptions(arg, rest, specs))
    else operands.push(arg)
  }
  return { options, operands }
}

function longOption<Spec extends OptionSpec>(
  arg: ByteString,
  rest: ByteString[],
  specs: readonly Spec[],
): GivenOption<Spec> {
  const equals = arg.indexOf('=')
  const name = equals < 0 ? arg.slice(2) : arg.slice(2, equals)
  const spec = findLong(name, specs)
  const attached = equals < 0 ? undefined : arg.slice(equals + 1)
  if (attached !== undefined && spec.value === undefined) {
    throw new UsageError(`option '--${spec.long}' doesn't allow an argument`)
  }
  if (attached !== undefined || spec.value !== 'required') return { spec, value: attached }
  const value = rest.shift()
  if (value === undefined) throw new UsageError(`option '--${spec.long}' requires an argument`)
  return { spec, value }
}

function findLong<Spec extends OptionSpec>(name: string, specs: readonly Spec[]): Spec {
  const exact = specs.find((spec) => spec.long === name)
  if (exact) return exact
  const candidates = specs.filter((spec) => spec.long?.startsWith(name))
  const [only] = candidates
  if (!only) throw new UsageError(`unrecognized option '--${toText(name)}'`)
  if (candidates.length > 1) {
    const possibilities = candidates.map((spec) => `'--${spec.long}'`).join(' ')
    throw new UsageError(`option '--${name}' is ambiguous; possibilities: ${possibilities}`)
  }
  return only
}

function shortOptions<Spec extends OptionSpec>(
  arg: ByteString,
  rest: ByteString[],
  specs: readonly Spec[],
): GivenOption<Spec>[] {
  const given: GivenOption<Spec>[] = []
  for (let i = 1; i < arg.length; i++) {
    const letter = arg[i]
    const spec = specs.find((candidate) => candidate.short === letter)
    if (!spec) throw new UsageError(`invalid option -- '${letter}'`)
    if (spec.value !== 'required') {
      given.push({ spec, value: undefined })
      continue
    }
    const value = i + 1 < arg.length ? arg.slice(i + 1) : rest.shift()
    if (value === undefined) throw new UsageError(`option requires an argument -- '${letter}'`)
    given.push({ spec, value })
    break
  }
  return given
}

/** The word of `allowed` that `value` is or abbreviates. */
export function oneOf<Word extends string>(
  option: string,
  value: ByteString,
  allowed: readonly Word[],
): Word {
  const candidates = allowed.filter((word) => word.startsWith(value))
  const word =
    allowed.find((candidate) => candidate === value) ?? (candidates.length === 1 ? candidates[0] : undefined)
  if (word !== undefined) return word
  const problem = candidates.length > 1 ? 'ambiguous' : 'invalid'
  throw new UsageError(
    `${problem} argument '${toText(value)}' for '${option}'; valid are ${allowed.join(', ')}`,
  )
}
