// The options of `palfs cp`: which there are and what each one changes.

import { UsageError, getopt, oneOf, type OptionSpec } from './getopt.js'
import type { ByteString } from './raw-arguments.js'

/** Metadata that can be kept, in the engine's words. */
export type Kept = 'mode' | 'ownership' | 'timestamps' | 'xattr' | 'acl' | 'links' | 'flags'

/** What the arguments of `palfs cp` ask for. */
export interface CpCommand {
  help: boolean
  version: boolean
  force: boolean
  noClobber: boolean
  update: boolean
  verbose: boolean
  targetDirectory: ByteString | undefined
  noTargetDirectory: boolean
  preserve: Set<Kept>
  /** `--no-preserve=mode`: a new file gets the mode of any new file, not the source's. */
  ordinaryMode: boolean
  /** `--preserve=xattr`: an attribute that cannot be kept is an error. */
  requireXattr: boolean
  reflink: 'auto' | 'always' | 'never'
  sparse: 'auto' | 'always' | 'never'
  removeDestination: boolean
  atomic: boolean
  durable: boolean
  json: boolean
  /** Absent: on a terminal, after a second. */
  progress: boolean | undefined
  operands: readonly ByteString[]
}

interface CpOption extends OptionSpec {
  readonly apply: (command: CpCommand, value: ByteString | undefined) => void
}

const WHEN = ['auto', 'always', 'never'] as const

// GNU's words. An ACL belongs to the permissions, so `mode` keeps it; SELinux contexts are not supported.
const PRESERVE: Readonly<Record<string, readonly Kept[]>> = {
  mode: ['mode', 'acl'],
  ownership: ['ownership'],
  timestamps: ['timestamps'],
  links: ['links'],
  xattr: ['xattr'],
  all: ['mode', 'ownership', 'timestamps', 'links', 'xattr', 'acl'],
}
const PRESERVE_DEFAULT = 'mode,ownership,timestamps'

const OPTIONS: readonly CpOption[] = [
  { short: 'f', long: 'force', apply: (c) => (c.force = true) },
  { short: 'n', long: 'no-clobber', apply: (c) => (c.noClobber = true) },
  { short: 'u', long: 'update', apply: (c) => (c.update = true) },
  { short: 'v', long: 'verbose', apply: (c) => (c.verbose = true) },
  { short: 't', long: 'target-directory', value: 'required', apply: setTargetDirectory },
  { short: 'T', long: 'no-target-directory', apply: (c) => (c.noTargetDirectory = true) },
  // Without -r a symbolic link given as SOURCE is always followed; both say what happens anyway.
  { short: 'H', apply: () => undefined },
  { short: 'L', long: 'dereference', apply: () => undefined },
  { short: 'p', apply: (c) => keep(c, PRESERVE_DEFAULT) },
  { long: 'preserve', value: 'optional', apply: (c, list) => keep(c, list ?? PRESERVE_DEFAULT) },
  { long: 'no-preserve', value: 'required', apply: (c, list) => drop(c, list ?? '') },
  {
    long: 'reflink',
    value: 'optional',
    apply: (c, when) => (c.reflink = oneOf('--reflink', when ?? 'always', WHEN)),
  },
  { long: 'sparse', value: 'required', apply: (c, when) => (c.sparse = oneOf('--sparse', when ?? '', WHEN)) },
  { long: 'remove-destination', apply: (c) => (c.removeDestination = true) },
  { long: 'atomic', apply: (c) => (c.atomic = true) },
  { long: 'durable', apply: (c) => (c.durable = true) },
  { long: 'json', apply: (c) => (c.json = true) },
  { long: 'progress', apply: (c) => (c.progress = true) },
  { long: 'no-progress', apply: (c) => (c.progress = false) },
  { long: 'help', apply: (c) => (c.help = true) },
  { long: 'version', apply: (c) => (c.version = true) },
]

function setTargetDirectory(command: CpCommand, directory: ByteString | undefined): void {
  if (command.targetDirectory !== undefined) throw new UsageError('multiple target directories specified')
  command.targetDirectory = directory
}

function words(option: string, list: ByteString): string[] {
  return list.split(',').map((word) => oneOf(option, word, Object.keys(PRESERVE)))
}

function keep(command: CpCommand, list: ByteString): void {
  for (const word of words('--preserve', list)) {
    for (const item of PRESERVE[word] ?? []) command.preserve.add(item)
    if (word === 'mode' || word === 'all') command.ordinaryMode = false
    if (word === 'xattr') command.requireXattr = true
  }
}

function drop(command: CpCommand, list: ByteString): void {
  for (const word of words('--no-preserve', list)) {
    for (const item of PRESERVE[word] ?? []) command.preserve.delete(item)
    if (word === 'mode' || word === 'all') command.ordinaryMode = true
    if (word === 'xattr' || word === 'all') command.requireXattr = false
  }
}

/** Reads the arguments after `palfs cp`. */
export function parseCp(args: readonly ByteString[]): CpCommand {
  const { options, operands } = getopt(args, OPTIONS)
  const command: CpCommand = {
    help: false,
    version: false,
    force: false,
    noClobber: false,
    update: false,
    verbose: false,
    targetDirectory: undefined,
    noTargetDirectory: false,
    preserve: new Set(),
    ordinaryMode: false,
    requireXattr: false,
    reflink: 'auto',
    sparse: 'auto',
    removeDestination: false,
    atomic: false,
    durable: false,
    json: false,
    progress: undefined,
    operands,
  }
  for (const { spec, value } of options) spec.apply(command, value)
  if (command.reflink === 'always' && command.sparse !== 'auto') {
    throw new UsageError('--reflink can be used only with --sparse=auto')
  }
  if (command.targetDirectory !== undefined && command.noTargetDirectory) {
    throw new UsageError('cannot combine --target-directory (-t) and --no-target-directory (-T)')
  }
  return command
}
