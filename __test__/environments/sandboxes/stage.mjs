// @ts-check
// Where the bench runs: a directory that every user may enter, with the package, a Node and two filesystems in it.
import { execFileSync } from 'node:child_process'
import {
  accessSync,
  chmodSync,
  chownSync,
  constants,
  copyFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { compile } from './programs.mjs'

/**
 * @typedef {object} Stage
 * @property {string} root
 * @property {string} on the directory of the filesystem under test
 * @property {string} local that of the other
 * @property {string} node
 * @property {string} suite
 * @property {string} package the module of palfs
 * @property {string} limitedPackage
 * @property {string} insidePackage
 * @property {string} denyCalls a program
 * @property {string} landlock a program
 * @property {Readonly<Partial<Record<'root' | 'user', readonly string[]>>>} trees the suite's tree on both filesystems
 * @property {() => void} close
 */

const PROJECT = join(import.meta.dirname, '../../..')
const IMAGE_BYTES = 1024 ** 3

/** The user that unprivileged sandboxes run as: no process on a usual machine is theirs. */
export const USER = 61_234

/** Whether the bench may become another user. */
export const isRoot = process.getuid?.() === 0

/** @returns {Stage} */
export function openStage() {
  const root = mkdtempSync('/tmp/palfs-sandboxes-')
  chmodSync(root, 0o755)
  /** @type {(() => void)[]} */
  const undo = [() => rmSync(root, { recursive: true, force: true })]
  const close = () => {
    for (const step of undo.splice(0).toReversed()) step()
  }
  try {
    const stage = {
      root,
      close,
      node: nodeFor(root),
      ...packageFor(root),
      ...filesystems(root, undo),
      denyCalls: compile('deny-calls', root),
      landlock: compile('landlock', root),
      trees: {},
    }
    return { ...stage, trees: buildTrees(stage) }
  } catch (error) {
    close()
    throw error
  }
}

/**
 * The checkout may lie where an unprivileged user cannot go.
 * @param {string} root
 */
function packageFor(root) {
  const home = join(root, 'palfs')
  mkdirSync(home)
  cpSync(join(PROJECT, 'dist'), join(home, 'dist'), { recursive: true })
  const addons = readdirSync(PROJECT).filter((name) => name.endsWith('.node'))
  if (addons.length === 0) throw new Error('there is no addon: `npm run build` first')
  for (const name of ['package.json', ...addons]) copyFileSync(join(PROJECT, name), join(home, name))
  cpSync(join(import.meta.dirname, '../suite'), join(root, 'suite'), { recursive: true })
  for (const name of ['limited-package.mjs', 'inside-package.mjs'])
    copyFileSync(join(import.meta.dirname, name), join(root, name))
  return {
    limitedPackage: join(root, 'limited-package.mjs'),
    insidePackage: join(root, 'inside-package.mjs'),
    package: join(home, 'dist/index.js'),
    suite: join(root, 'suite/main.mjs'),
  }
}

/** @param {string} root */
function nodeFor(root) {
  if (everybodyMayEnter(dirname(realpathSync(process.execPath)))) return process.execPath
  const node = join(root, 'node')
  copyFileSync(process.execPath, node)
  return node
}

/**
 * @param {string} directory
 * @returns {boolean}
 */
function everybodyMayEnter(directory) {
  if ((statSync(directory).mode & 0o001) === 0) return false
  return directory === '/' || everybodyMayEnter(dirname(directory))
}

/**
 * ext4, which has all that palfs keeps, and tmpfs. The image is in memory: no run waits for a disk.
 * @param {string} root
 * @param {(() => void)[]} undo
 */
function filesystems(root, undo) {
  const [on, local] = [join(root, 'on'), join(root, 'local')]
  for (const point of [on, local]) mkdirSync(point)
  const mount = (/** @type {string} */ point, /** @type {readonly string[]} */ ...words) => {
    execFileSync('mount', [...words, point], { stdio: ['ignore', 'ignore', 'pipe'] })
    undo.push(() => execFileSync('umount', ['--lazy', point]))
  }
  try {
    mount(local, '-t', 'tmpfs', '-o', 'size=2g', 'palfs-sandboxes')
    const image = join(local, 'image')
    writeFileSync(image, '')
    truncateSync(image, IMAGE_BYTES)
    execFileSync('mkfs.ext4', ['-q', '-F', '-m', '0', image])
    mount(on, '-o', 'loop', image)
    return { on, local }
  } catch (error) {
    // Without the right to mount: what is there.
    console.log(`The filesystems are those of /tmp and /dev/shm: ${String(error).trim().split('\n').at(-1)}`)
    const memory = join('/dev/shm', basename(root))
    mkdirSync(memory, { mode: 0o755 })
    undo.push(() => rmSync(memory, { recursive: true, force: true }))
    return { on, local: memory }
  }
}

/**
 * In a sandbox not all of the suite's tree can be built.
 * @param {Stage} stage
 * @returns {Stage['trees']}
 */
function buildTrees(stage) {
  const build = (/** @type {'root' | 'user'} */ as, /** @type {number} */ user) =>
    Object.values(directoriesFor(stage, `trees-of-${as}`, user)).map((directory) => {
      const tree = join(directory, 'tree')
      const words = [stage.node, stage.suite, '--package', stage.package, '--build', tree]
      const [program = '', ...args] = isRoot ? [...become(user), ...words] : words
      execFileSync(program, args, { cwd: '/', stdio: ['ignore', 'ignore', 'inherit'] })
      return tree
    })
  const user = build('user', isRoot ? USER : (process.getuid?.() ?? USER))
  return isRoot ? { root: build('root', 0), user } : { user }
}

/**
 * The words that make a command another user's.
 * @param {number} user
 */
export function become(user) {
  return ['setpriv', `--reuid=${user}`, `--regid=${user}`, '--clear-groups', '--']
}

/**
 * Fresh directories of one run.
 * @param {Stage} stage
 * @param {string} name
 * @param {number} user whose they are
 */
export function directoriesFor(stage, name, user) {
  const directories = { on: join(stage.on, name), local: join(stage.local, name) }
  for (const directory of Object.values(directories)) {
    mkdirSync(directory)
    if (isRoot) chownSync(directory, user, user)
  }
  return directories
}

/**
 * Whether a program is installed.
 * @param {string} program
 */
export function isInstalled(program) {
  return (process.env['PATH'] ?? '').split(':').some((directory) => {
    try {
      accessSync(join(directory, program), constants.X_OK)
      return true
    } catch {
      return false
    }
  })
}
