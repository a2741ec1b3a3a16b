// Turns the operands of `palfs cp` into pairs of source and destination.

import { statSync } from 'node:fs'
import { CommandError } from './command-error.js'
import { UsageError } from './getopt.js'
import { reason } from './messages.js'
import { quote } from './quote.js'
import { toPath, type ByteString, type PathArgument } from './raw-arguments.js'
import type { TargetCommand } from './tree-command.js'

/** One file to copy. */
export interface CopyJob {
  readonly src: PathArgument
  readonly dest: PathArgument
}

/** The jobs of a command, in the order given. */
export function copyJobs(command: TargetCommand): CopyJob[] {
  const { operands, targetDirectory } = command
  if (targetDirectory !== undefined) {
    requireOperands(operands, 1)
    requireDirectory(targetDirectory, 'target directory')
    return operands.map((src) => intoDirectory(src, targetDirectory))
  }
  requireOperands(operands, 2)
  const sources = operands.slice(0, -1)
  const [src = '', dest = '', extra] = [sources[0], operands.at(-1), operands[2]]
  if (command.noTargetDirectory && extra !== undefined) {
    throw new UsageError(`extra operand ${quote(toPath(extra))}`)
  }
  if (sources.length > 1) {
    requireDirectory(dest, 'target')
    return sources.map((source) => intoDirectory(source, dest))
  }
  if (!command.noTargetDirectory && isDirectory(dest)) return [intoDirectory(src, dest)]
  return [{ src: toPath(src), dest: toPath(dest) }]
}

function requireOperands(operands: readonly ByteString[], least: number): void {
  const [first] = operands
  if (first === undefined) throw new UsageError('missing file operand')
  if (operands.length < least) {
    throw new UsageError(`missing destination file operand after ${quote(toPath(first))}`)
  }
}

function requireDirectory(path: ByteString, what: string): void {
  let problem = 'Not a directory (ENOTDIR)'
  try {
    if (statSync(toPath(path)).isDirectory()) return
  } catch (error) {
    problem = reason(error)
  }
  throw new CommandError(`${what} ${quote(toPath(path))}: ${problem}`)
}

function isDirectory(path: ByteString): boolean {
  try {
    return statSync(toPath(path)).isDirectory()
  } catch {
    return false // absent, or the copy itself will say what is wrong with it
  }
}

function intoDirectory(src: ByteString, directory: ByteString): CopyJob {
  const name = src.replace(/\/+$/, '').split('/').at(-1) ?? ''
  // `cp -r a/.. d` fills d; `d/..` is outside of it.
  if (name === '..') return { src: toPath(src), dest: toPath(directory) }
  const separator = directory.endsWith('/') ? '' : '/'
  return { src: toPath(src), dest: toPath(`${directory}${separator}${name}`) }
}
