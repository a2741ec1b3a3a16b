// palfs xattr

import { isUtf8 } from 'node:buffer'
import { xattr } from '../xattr.js'
import { CommandError } from './command-error.js'
import { getopt, UsageError, type OptionSpec } from './getopt.js'
import { reason } from './messages.js'
import { quote } from './quote.js'
import { toPath, toText, type ByteString, type PathArgument } from './raw-arguments.js'
import { XATTR_HELP } from './usage.js'

const OPTIONS = [
  { long: 'no-dereference', short: 'h' },
  { long: 'json' },
  { long: 'create' },
  { long: 'replace' },
  { long: 'help' },
] as const satisfies readonly OptionSpec[]

type OptionName = (typeof OPTIONS)[number]['long']

interface Invocation {
  readonly given: ReadonlySet<OptionName>
  readonly follow: boolean
  readonly operands: readonly ByteString[]
}

interface Action {
  /** In addition to the options of every action. */
  readonly options: readonly OptionName[]
  readonly run: (invocation: Invocation) => Promise<number>
}

const ACTIONS: Readonly<Record<string, Action>> = {
  list: { options: ['json'], run: list },
  get: { options: ['json'], run: get },
  set: { options: ['create', 'replace'], run: set },
  rm: { options: [], run: remove },
}

/** Runs `palfs xattr` with the arguments after it; returns the exit status. */
export async function xattrCommand(args: readonly ByteString[]): Promise<number> {
  const { options, operands } = getopt(args, OPTIONS)
  const given = new Set(options.map(({ spec }) => spec.long))
  if (given.has('help')) {
    process.stdout.write(XATTR_HELP)
    return 0
  }
  const [name, ...rest] = operands
  if (name === undefined) throw new UsageError('missing action: list, get, set or rm')
  const action = Object.hasOwn(ACTIONS, name) ? ACTIONS[name] : undefined
  if (action === undefined) throw new UsageError(`no action '${toText(name)}'`)
  const foreign = [...given].find((long) => long !== 'no-dereference' && !action.options.includes(long))
  if (foreign !== undefined) throw new UsageError(`--${foreign} does not go with ${name}`)
  return action.run({ given, follow: !given.has('no-dereference'), operands: rest })
}

async function list({ given, follow, operands }: Invocation): Promise<number> {
  const [file, ...extra] = take(operands, ['FILE'])
  refuse(extra)
  const names = await attempt(`list the attributes of ${quote(file)}`, () =>
    xattr.list(file, { follow, encoding: 'buffer' }),
  )
  names.sort((one, other) => Buffer.compare(one, other))
  if (given.has('json')) process.stdout.write(`${JSON.stringify(names.map(jsonBytes))}\n`)
  else process.stdout.write(Buffer.concat(names.flatMap((name) => [name, NEWLINE])))
  return 0
}

const NEWLINE = Buffer.from('\n')

async function get({ given, follow, operands }: Invocation): Promise<number> {
  const [name, file, ...extra] = take(operands, ['NAME', 'FILE'])
  refuse(extra)
  const value = await attempt(`get ${quote(name)} of ${quote(file)}`, () => xattr.get(file, name, { follow }))
  if (given.has('json')) {
    const shown = { name: jsonBytes(Buffer.from(name)), value: jsonBytes(value) }
    process.stdout.write(`${JSON.stringify(shown)}\n`)
  } else {
    process.stdout.write(value)
  }
  return 0
}

async function set({ given, follow, operands }: Invocation): Promise<number> {
  const [name, value, ...files] = take(operands, ['NAME', 'VALUE', 'FILE'])
  const [create, replace] = [given.has('create'), given.has('replace')]
  if (create && replace) throw new UsageError('--create does not go with --replace')
  return each(files, (file) =>
    attempt(`set ${quote(name)} of ${quote(file)}`, () =>
      xattr.set(file, name, value, { follow, create, replace }),
    ),
  )
}

async function remove({ follow, operands }: Invocation): Promise<number> {
  const [name, ...files] = take(operands, ['NAME', 'FILE'])
  return each(files, (file) =>
    attempt(`remove ${quote(name)} of ${quote(file)}`, () => xattr.remove(file, name, { follow })),
  )
}

/** Calls `work` for each path, also after a failure. Returns 1 if any failed. */
async function each(
  files: readonly PathArgument[],
  act: (file: PathArgument) => Promise<void>,
): Promise<number> {
  let status = 0
  for (const file of files) {
    try {
      await act(file)
    } catch (error) {
      if (!(error instanceof CommandError)) throw error
      process.stderr.write(`palfs xattr: ${error.message}\n`)
      status = 1
    }
  }
  return status
}

async function attempt<T>(what: string, act: () => Promise<T>): Promise<T> {
  try {
    return await act()
  } catch (error) {
    throw new CommandError(`cannot ${what}: ${reason(error)}`)
  }
}

/** The operands; throws if one of `names` is missing. */
function take<const Names extends readonly string[]>(
  operands: readonly ByteString[],
  names: Names,
): readonly [...{ [Index in keyof Names]: PathArgument }, ...PathArgument[]] {
  const missing = names[operands.length]
  if (missing !== undefined) throw new UsageError(`missing ${missing}`)
  return operands.map((operand) => toPath(operand)) as unknown as ReturnType<typeof take<Names>>
}

function refuse([extra]: readonly PathArgument[]): void {
  if (extra !== undefined) throw new UsageError(`extra operand ${quote(extra)}`)
}

/** Bytes for JSON: a string if they are UTF-8, else base64. */
function jsonBytes(bytes: Buffer): string | { readonly base64: string } {
  return isUtf8(bytes) ? bytes.toString() : { base64: bytes.toString('base64') }
}
