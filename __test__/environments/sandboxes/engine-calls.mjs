// @ts-check
// Which system calls the engine makes, from a trace: all those of its own threads, which have its name.
import { readFileSync } from 'node:fs'
import { nameOf } from './call-numbers.mjs'

/** What the C library does in a thread of its own accord when one starts. */
const OF_THE_C_LIBRARY = new Set(['rseq', 'set_robust_list'])

/**
 * The words that start a command of which strace writes a trace to the end of `log`.
 * @param {string} log
 */
export function tracing(log) {
  return ['strace', '-f', '-qq', '-s', '8', '-A', '-o', log]
}

/**
 * @param {string} log
 * @returns {ReadonlySet<string>}
 */
export function engineCalls(log) {
  /** @type {Set<string>} */
  const threads = new Set()
  /** @type {Set<string>} */
  const calls = new Set()
  for (const line of readFileSync(log, 'latin1').split('\n')) {
    const [, thread, shown = '', rest = ''] = /^(\d+) +(?:<\.\.\. )?(\w+)(.*)$/u.exec(line) ?? []
    if (thread === undefined) continue
    if (shown === 'prctl' && rest.includes('PR_SET_NAME, "palfs')) threads.add(thread)
    if (!threads.has(thread)) continue
    // A thread that one of the engine's starts has its name from the beginning.
    const child = shown.startsWith('clone') ? / = (\d+)$/u.exec(rest)?.[1] : undefined
    if (child !== undefined) threads.add(child)
    calls.add(nameOf(shown))
  }
  return new Set([...calls].filter((call) => !OF_THE_C_LIBRARY.has(call)))
}
