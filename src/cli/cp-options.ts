// The options of `palfs cp`.

import type { PreserveItem } from '../index.js'
import { UsageError, oneOf } from './getopt.js'
import { itemsOf, PRESERVE_WORDS } from './metadata.js'
import type { ByteString } from './raw-arguments.js'
import {
  checkTarget,
  missing,
  parse,
  TARGET_DEFAULTS,
  TARGET_MISSING,
  TARGET_OPTIONS,
  type CommandOption,
  type TargetCommand,
} from './tree-command.js'

/** The parsed arguments of `palfs cp`. */
export interface CpCommand extends TargetCommand {
  force: boolean
  recursive: boolean
  /** The links that are followed. undefined: all without -r, none with it. */
  dereference: 'always' | 'named' | 'never' | undefined
  oneFileSystem: boolean
  preserve: Set<PreserveItem>
  /** `--no-preserve=mode`: a new file gets 0666 & ~umask, not the source's mode. */
  ordinaryMode: boolean
  /** `-p`, `-a`, `--preserve`: metadata that cannot be kept is an error. */
  requirePreserve: boolean
  /** `--preserve=xattr`: an attribute that cannot be kept is an error, too. */
  requireXattr: boolean
  reflink: 'auto' | 'always' | 'never'
  sparse: 'auto' | 'always' | 'never'
  removeDestination: boolean
  atomic: boolean
  durable: boolean
}

const WHEN = ['auto', 'always', 'never'] as const

const PRESERVE_DEFAULT = 'mode,ownership,timestamps'

const OPTIONS: readonly CommandOption<CpCommand>[] = [
  ...TARGET_OPTIONS,
  { short: 'f', long: 'force', apply: (c) => (c.force = true) },
  { short: 'n', long: 'no-clobber', apply: (c) => (c.noClobber = true) },
  { short: 'H', apply: (c) => (c.dereference = 'named') },
  { short: 'L', long: 'dereference', apply: (c) => (c.dereference = 'always') },
  { short: 'P', long: 'no-dereference', apply: (c) => (c.dereference = 'never') },
  { short: 'd', apply: (c) => keepLinks(c) },
  { short: 'a', long: 'archive', apply: archive },
  { short: 'r', long: 'recursive', apply: (c) => (c.recursive = true) },
  { short: 'R', apply: (c) => (c.recursive = true) },
  { short: 'x', long: 'one-file-system', apply: (c) => (c.oneFileSystem = true) },
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
  ...missing([
    ...TARGET_MISSING,
    { short: 'l', long: 'link' },
    { short: 's', long: 'symbolic-link' },
    { long: 'attributes-only' },
    { long: 'copy-contents' },
    { long: 'parents' },
  ]),
]

function keepLinks(command: CpCommand): void {
  command.dereference = 'never'
  command.preserve.add('links')
}

function archive(command: CpCommand): void {
  command.recursive = true
  keepLinks(command)
  keep(command, 'all')
}

function words(option: string, list: ByteString): string[] {
  return list.split(',').map((word) => oneOf(option, word, PRESERVE_WORDS))
}

function keep(command: CpCommand, list: ByteString): void {
  command.requirePreserve = true
  for (const word of words('--preserve', list)) {
    for (const item of itemsOf(word)) command.preserve.add(item)
    if (word === 'mode' || word === 'all') command.ordinaryMode = false
    if (word === 'xattr') command.requireXattr = true
  }
}

function drop(command: CpCommand, list: ByteString): void {
  for (const word of words('--no-preserve', list)) {
    for (const item of itemsOf(word)) command.preserve.delete(item)
    if (word === 'mode' || word === 'all') command.ordinaryMode = true
    if (word === 'xattr' || word === 'all') command.requireXattr = false
  }
}

/** Reads the arguments after `palfs cp`. */
export function parseCp(args: readonly ByteString[]): CpCommand {
  const command = parse(args, OPTIONS, newCommand)
  if (command.reflink === 'always' && command.sparse !== 'auto') {
    throw new UsageError('--reflink can be used only with --sparse=auto')
  }
  checkTarget(command)
  return command
}

function newCommand(operands: readonly ByteString[]): CpCommand {
  return {
    ...TARGET_DEFAULTS,
    force: false,
    recursive: false,
    dereference: undefined,
    oneFileSystem: false,
    preserve: new Set(),
    ordinaryMode: false,
    requirePreserve: false,
    requireXattr: false,
    reflink: 'auto',
    sparse: 'auto',
    removeDestination: false,
    atomic: false,
    durable: false,
    operands,
  }
}
