// @ts-check
// The program that serves a FUSE filesystem. It runs in the foreground: then it can be ended, and what it says can be read.
import { spawn } from 'node:child_process'
import { setTimeout as delay } from 'node:timers/promises'
import { mountsBelow, unmountBelow } from './scratch.mjs'

const LONGEST_START = 10_000
const LONGEST_END = 5000

export class Server {
  #child
  #point
  #output = ''
  #ended

  /**
   * @param {readonly string[]} words
   * @param {string} point
   * @param {NodeJS.ProcessEnv} environment
   */
  constructor([program = '', ...args], point, environment) {
    this.#point = point
    this.#child = spawn(program, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...environment },
    })
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream.setEncoding('utf8').on('data', (/** @type {string} */ text) => (this.#output += text))
    }
    this.#ended = new Promise((resolve) => {
      this.#child.once('close', resolve)
      this.#child.once('error', (error) => {
        this.#output += String(error)
        resolve(undefined)
      })
    })
  }

  /** Until the mount is there. */
  async start() {
    for (let waited = 0; mountsBelow(this.#point).length === 0; waited += 50) {
      if (this.#child.exitCode !== null || waited > LONGEST_START)
        throw new Error(`it does not mount: ${this.#lastWords()}`)
      await delay(50)
    }
  }

  /** What it said last. */
  #lastWords() {
    return this.#output.trim().split('\n').slice(-3).join(' | ')
  }

  /** Whether it ended by itself, and how. */
  get death() {
    const { exitCode, signalCode } = this.#child
    return exitCode === null && signalCode === null
      ? undefined
      : `${signalCode ?? `status ${exitCode}`}: ${this.#lastWords()}`
  }

  /** Unmounts, which ends it; a server that hangs is killed, which sets free whoever waits for it. */
  async stop() {
    if (this.death === undefined) unmountBelow(this.#point)
    const late = await Promise.race([this.#ended, delay(LONGEST_END, 'late')])
    if (late === 'late') this.kill()
    await this.#ended
    unmountBelow(this.#point)
  }

  kill() {
    this.#child.kill('SIGKILL')
  }
}
