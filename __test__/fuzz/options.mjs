// Options at random: most of them of some operation and with a value that it takes, some with anything.
import { abortable, abortOf, HOSTILE } from './values.mjs'

const FLAGS = [true, false]

/** Values that some operation takes. */
const VALUES = {
  recursive: [true, true, true, false],
  force: FLAGS,
  overwrite: FLAGS,
  errorOnExist: FLAGS,
  dereference: FLAGS,
  preserveTimestamps: FLAGS,
  verbatimSymlinks: FLAGS,
  durable: FLAGS,
  verifySource: FLAGS,
  update: FLAGS,
  oneFileSystem: FLAGS,
  follow: FLAGS,
  create: FLAGS,
  stats: FLAGS,
  bigint: FLAGS,
  atomic: FLAGS,
  direct: FLAGS,
  replace: ['auto', 'atomic', 'in-place', true],
  reflink: ['auto', 'always', 'never'],
  sparse: ['auto', 'always', 'never'],
  preserve: ['all', ['mode', 'timestamps'], ['xattr', 'acl', 'links', 'flags', 'ownership'], []],
  metadataErrors: ['error', 'ignore', 'ignore-unsupported'],
  specialFiles: ['error', 'copy', 'skip'],
  onError: ['stop', 'collect'],
  encoding: ['utf8', 'buffer', 'hex', null],
  mode: [0, 1, 2, 4, 7],
  concurrency: [1, 2, 64],
  batch: [1, 2, 4096],
  maxRetries: [0, 3],
  retryDelay: [0, 1],
  srcOffset: [0, 1, 2n ** 40n, null],
  destOffset: [0, 1, null],
  alignment: [1, 512, 4096],
  onProgress: [() => {}],
  filter: [() => true, () => false, async () => true, (path) => !path.endsWith('b')],
}
const NAMES = Object.keys(VALUES)
const MOST = 6

/** An entry as those of `HOSTILE`: up to six options, one call in four with a signal that is aborted when it has returned. */
export function randomOptions(random) {
  const pick = (list) => list[Math.floor(random() * list.length)]
  const names = Array.from({ length: Math.floor(random() * MOST) }, () => pick(NAMES))
  const makers = names.map((name) => {
    if (random() < 0.1) return [name, pick(HOSTILE)]
    const value = pick(VALUES[name])
    return [name, { name: String(value), make: () => value, odd: false }]
  })
  const isAborted = random() < 0.25
  const name = `{ ${makers.map(([option, entry]) => `${option}: ${entry.name}`).join(', ')} }`
  return {
    name: isAborted ? `${name}, aborted` : name,
    odd: makers.some(([, { odd }]) => odd),
    make: (world) => {
      const options = Object.fromEntries(makers.map(([option, { make }]) => [option, make(world)]))
      return isAborted ? { ...options, signal: abortable() } : options
    },
    after: ({ signal }) => abortOf(signal),
  }
}
