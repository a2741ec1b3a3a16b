// @ts-check
// The small C programs that put a process into a sandbox, compiled when the bench starts.
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'

/**
 * Compiles `programs/NAME.c`.
 * @param {'deny-calls' | 'landlock'} name
 * @param {string} directory for the program
 */
export function compile(name, directory) {
  const program = join(directory, name)
  const source = join(import.meta.dirname, 'programs', `${name}.c`)
  execFileSync('cc', ['-std=gnu11', '-O1', '-Wall', '-Wextra', '-Werror', '-o', program, source], {
    stdio: ['ignore', 'inherit', 'inherit'],
  })
  return program
}
