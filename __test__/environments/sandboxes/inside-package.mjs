// The package in a process of its own that is in a sandbox, while the suite, which loads this in its place, is outside: what a
// sandbox denies is denied to the package and not to what looks at its work. SUITE_INSIDE has the words that start a command
// in the sandbox, REAL_PACKAGE the package. Functions and signals cannot be handed over.
import { spawn, spawnSync } from 'node:child_process'
import { fileURLToPath, pathToFileURL } from 'node:url'

const { SUITE_INSIDE = '[]', REAL_PACKAGE } = process.env
const real = await import(pathToFileURL(REAL_PACKAGE).href)

async function answer(call, args) {
  const [owner, name] = call.includes('.') ? call.split('.') : [undefined, call]
  const owners = { xattr: real.xattr, filesystem: real.createPlatformFilesystem() }
  try {
    const result = await (owner === undefined ? real : owners[owner])[name](...args)
    return { result: result?.errors === undefined ? result : { ...result, errors: result.errors.map(plain) } }
  } catch (error) {
    return { error: plain(error) }
  }
}

/** An error with its own properties, which do not survive as those of an Error. */
function plain(error) {
  return { ...error, name: error.name, message: error.message }
}

function asError(fields) {
  return Object.assign(new Error(fields.message), fields)
}

function outcome({ result, error }) {
  if (error !== undefined) throw asError(error)
  return result?.errors === undefined ? result : { ...result, errors: result.errors.map(asError) }
}

/** The process in the sandbox, started for the first call. */
class Inside {
  #child
  #waiting = new Map()
  #number = 0
  #output = ''

  #start() {
    const [program, ...args] = [
      ...JSON.parse(SUITE_INSIDE),
      process.execPath,
      fileURLToPath(import.meta.url),
      'serve',
    ]
    this.#child = spawn(program, args, {
      // A pipe as standard input: runsc gives what it gets there to nobody, and with 'ignore' that is /dev/null.
      stdio: ['pipe', 'pipe', 'pipe', 'ipc'],
      serialization: 'advanced',
    })
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream.setEncoding('utf8').on('data', (text) => (this.#output += text))
    }
    this.#child.on('message', ({ number, answered }) => {
      this.#waiting.get(number)(answered)
      this.#waiting.delete(number)
      if (this.#waiting.size === 0) this.#hold(false)
    })
    this.#child.once('close', (status, signal) => {
      this.#child = undefined
      const message = `the process in the sandbox ends with ${signal ?? status}: ${this.#output.slice(0, 300)}`
      for (const resolve of this.#waiting.values()) resolve({ error: { name: 'Error', message } })
      this.#waiting.clear()
    })
  }

  /** An idle process does not keep the suite from ending. */
  #hold(isBusy) {
    const { stdout, stderr, channel } = this.#child
    for (const each of [this.#child, stdout, stderr, channel]) {
      if (isBusy) each.ref()
      else each.unref()
    }
  }

  async call(call, args) {
    if (this.#child === undefined) this.#start()
    this.#hold(true)
    this.#number += 1
    const number = this.#number
    return new Promise((resolve) => {
      this.#waiting.set(number, resolve)
      this.#child.send({ number, call, args }, (error) => {
        if (error !== null)
          resolve({ error: { name: 'Error', message: `no process in the sandbox: ${error.message}` } })
      })
    })
  }
}

const inside = new Inside()

function remote(call) {
  return async (...args) => outcome(await inside.call(call, args))
}

const CALLS = ['copyFile', 'cp', 'move', 'rm', 'detectCapabilities']
export const [copyFile, cp, move, rm, detectCapabilities] = CALLS.map((name) => remote(name))

/** In a process for this one call: the suite waits for it. */
export function detectCapabilitiesSync(...args) {
  const words = [
    process.execPath,
    fileURLToPath(import.meta.url),
    'once',
    JSON.stringify(['detectCapabilitiesSync', args]),
  ]
  const [program, ...rest] = [...JSON.parse(SUITE_INSIDE), ...words]
  const { status, stdout, stderr } = spawnSync(program, rest, { encoding: 'utf8' })
  if (status !== 0) throw new Error(`the process in the sandbox: ${stderr.slice(0, 300)}`)
  return outcome(JSON.parse(stdout))
}

const XATTR_CALLS = ['get', 'list', 'set', 'remove']
// The forms that end in Sync are the suite's own eyes.
export const xattr = {
  ...real.xattr,
  ...Object.fromEntries(XATTR_CALLS.map((name) => [name, remote(`xattr.${name}`)])),
}

export function createPlatformFilesystem() {
  return { readdir: remote('filesystem.readdir') }
}

async function serve({ number, call, args }) {
  process.send({ number, answered: await answer(call, args) })
}

if (process.argv[2] === 'serve') {
  process.on('message', (message) => void serve(message))
} else if (process.argv[2] === 'once') {
  console.log(JSON.stringify(await answer(...JSON.parse(process.argv[3]))))
}
