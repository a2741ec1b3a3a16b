import { describe, expect, test } from 'vitest'
import { UsageError, getopt, oneOf, type OptionSpec } from '../../src/cli/getopt.js'

const SPECS: readonly OptionSpec[] = [
  { short: 'v', long: 'verbose' },
  { short: 't', long: 'target', value: 'required' },
  { long: 'reflink', value: 'optional' },
  { long: 'ref' },
]

function parse(...args: string[]): { options: string[]; operands: readonly string[] } {
  const { options, operands } = getopt(args, SPECS)
  const given = options.map(({ spec, value }) => `${spec.long}${value === undefined ? '' : `=${value}`}`)
  return { options: given, operands }
}

describe('getopt', () => {
  test('options and operands mix in any order', () => {
    expect(parse('a', '-v', 'b', '--ref', 'c')).toEqual({
      options: ['verbose', 'ref'],
      operands: ['a', 'b', 'c'],
    })
  })

  test('everything after -- is an operand, a single dash too', () => {
    expect(parse('-', '--', '-v', '--')).toEqual({ options: [], operands: ['-', '-v', '--'] })
  })

  test('short options cluster, and the last may take the rest as its value', () => {
    expect(parse('-vvtdir', '-vt', 'dir')).toEqual({
      options: ['verbose', 'verbose', 'target=dir', 'verbose', 'target=dir'],
      operands: [],
    })
  })

  test('a required value is attached or comes next, an empty one counts', () => {
    expect(parse('--target=', '--target', '-v')).toEqual({ options: ['target=', 'target=-v'], operands: [] })
  })

  test('an optional value must be attached', () => {
    expect(parse('--reflink', 'auto', '--reflink=never').operands).toEqual(['auto'])
    expect(parse('--reflink', 'auto', '--reflink=never').options).toEqual(['reflink', 'reflink=never'])
  })

  test('a name that begins another wins when given whole; a unique beginning is enough', () => {
    expect(parse('--ref', '--refl', '--verb')).toEqual({
      options: ['ref', 'reflink', 'verbose'],
      operands: [],
    })
  })

  test.for([
    [['--re'], "option '--re' is ambiguous; possibilities: '--reflink' '--ref'"],
    [['--nope=1'], "unrecognized option '--nope'"],
    [['-x'], "invalid option -- 'x'"],
    [['--verbose=1'], "option '--verbose' doesn't allow an argument"],
    [['--target'], "option '--target' requires an argument"],
    [['-t'], "option requires an argument -- 't'"],
  ] as const)('%j is refused', ([args, message]) => {
    expect(() => parse(...args)).toThrow(new UsageError(message))
  })

  test('words may be abbreviated as long as they are clear', () => {
    expect(oneOf('--when', 'n', ['auto', 'always', 'never'])).toBe('never')
    expect(() => oneOf('--when', 'a', ['auto', 'always', 'never'])).toThrow(
      new UsageError("ambiguous argument 'a' for '--when'; valid are auto, always, never"),
    )
  })
})
