// @ts-check
// Extended attributes and POSIX ACLs, by setfattr(1) and getfattr(1); where they are not installed, by the package's own
// calls. An ACL is read and set as the attribute that the kernel shows it as.
import { has, run } from './programs.mjs'

/** @typedef {Map<string, Map<string, string>>} AttributesByPath path to name to value in hexadecimal */
/** @typedef {typeof import('../../../src/index.js')} Palfs */

// Labels of the system's policy, hashes bound to one inode, the ACL once more in the words of xfs, and the NFSv4 list that
// every file of such a mount has.
const NOT_COMPARED = new Set([
  'security.selinux',
  'security.ima',
  'security.evm',
  'trusted.SGI_ACL_FILE',
  'trusted.SGI_ACL_DEFAULT',
  'system.nfs4_acl',
])

/** The value of an attribute that is listed and cannot be read: it is equal to no other. */
export const UNREADABLE = 'not readable'

/** @param {string} name */
export function isAcl(name) {
  return name.startsWith('system.posix_acl_')
}

/** Which means this run has. */
export function attributeMeans() {
  return has('setfattr') && has('getfattr')
    ? 'getfattr and setfattr'
    : "the package's own calls (no getfattr here)"
}

/**
 * Sets attributes of many files; a link itself is meant, never what it leads to.
 * @param {string} root
 * @param {readonly { path: string, attributes: Readonly<Record<string, Buffer>> }[]} wanted paths below `root`, bytes as latin1
 * @param {Palfs} palfs
 * @returns {string[]} one reason for each attribute that was refused
 */
export function setAttributes(root, wanted, palfs) {
  if (has('setfattr')) return setByProgram(root, wanted)
  /** @type {string[]} */
  const refused = []
  for (const { path, attributes } of wanted) {
    for (const [name, value] of Object.entries(attributes)) {
      try {
        palfs.xattr.setSync(Buffer.from(`${root}/${path}`, 'latin1'), utf8(name), value, { follow: false })
      } catch (error) {
        refused.push(`${namespaceOf(name)}: ${codeOf(error)}`)
      }
    }
  }
  return refused
}

/**
 * @param {string} root
 * @param {readonly { path: string, attributes: Readonly<Record<string, Buffer>> }[]} wanted
 */
function setByProgram(root, wanted) {
  // One file to a run of the restore, which stops at nothing but tells only the file of what was refused.
  const dump = wanted.map(({ path, attributes }) => {
    const lines = Object.entries(attributes).map(([name, value]) =>
      value.length === 0 ? `${name}=""` : `${name}=0x${value.toString('hex')}`,
    )
    return `# file: ${path}\n${lines.join('\n')}\n`
  })
  const { stderr } = run('setfattr', ['-h', '--restore=-'], {
    cwd: root,
    input: Buffer.from(dump.join('\n'), 'latin1'),
  })
  const lines = stderr.split('\n').filter((line) => line !== '')
  return lines.map((line) => line.slice(line.lastIndexOf(': ') + 2))
}

/**
 * The attributes of everything at and below `root`, ACLs among them.
 * @param {string} root
 * @param {readonly string[]} paths those below it, for systems without getfattr(1)
 * @param {Palfs} palfs
 * @returns {AttributesByPath}
 */
export function readAttributes(root, paths, palfs) {
  return has('getfattr') ? readByProgram(root) : readByPackage(root, paths, palfs)
}

/** @param {string} root */
function readByProgram(root) {
  const words = ['-R', '-P', '-h', '-d', '-m', '-', '-e', 'hex', '.']
  const { stdout, stderr } = run('getfattr', words, { cwd: root })
  /** @type {AttributesByPath} */
  const found = new Map()
  const valuesOf = (/** @type {string} */ shown) => {
    const path = shown === '.' ? '.' : shown.replace(/^\.\//, '')
    const values = found.get(path) ?? new Map()
    found.set(path, values)
    return values
  }
  /** @type {Map<string, string>} */
  let current = new Map()
  for (const line of stdout.toString('latin1').split('\n')) {
    if (line.startsWith('# file: ')) {
      current = valuesOf(unescaped(line.slice('# file: '.length)))
    } else if (line !== '') {
      const at = line.indexOf('=')
      const name = unescaped(at === -1 ? line : line.slice(0, at))
      // An empty value has neither an equals sign nor digits.
      const value = at === -1 ? '' : line.slice(at + 1).replace(/^0x|^""$/, '')
      if (!NOT_COMPARED.has(name)) current.set(name, value)
    }
  }
  // gocryptfs lists a capability that it does not give: `PATH: NAME: REASON`.
  const complaints = stderr.matchAll(/^(.*): ((?:user|trusted|security|system)\.[^:]*): (.*)$/gm)
  for (const [, path = '', name = '', why = ''] of complaints) {
    // What is not there any more, by its own word, has not been lost by a copy.
    const isGone = why === 'No such attribute' || why === 'No data available'
    if (!isGone && !NOT_COMPARED.has(name)) valuesOf(path).set(name, UNREADABLE)
  }
  return found
}

/**
 * The lists that say more than the mode, by getfacl(1): it reads them by name, where ntfs-3g does not show that there are any.
 * @param {string} root
 * @returns {Map<string, string> | undefined} by path; undefined where the program is not installed
 */
export function readAcls(root) {
  if (!has('getfacl')) return undefined
  const { stdout } = run('getfacl', ['-R', '-P', '-n', '-s', '-p', '.'], { cwd: root })
  const blocks = stdout.toString('latin1').split('\n\n')
  return new Map(
    blocks.flatMap((block) => {
      const [title = '', ...lines] = block.trim().split('\n')
      if (!title.startsWith('# file: ')) return []
      const path = unescaped(title.slice('# file: '.length))
      const entries = lines.filter((line) => !line.startsWith('#'))
      // What the mask takes away is said behind some entries.
      return [[path.replace(/^\.\//, ''), entries.map((line) => line.split(/\s/)[0]).join(' ')]]
    }),
  )
}

/** @param {string} text as getfattr(1) writes it: octal escapes */
function unescaped(text) {
  return text.replaceAll(/\\([0-7]{3})/g, (_, digits) => String.fromCodePoint(Number.parseInt(digits, 8)))
}

/**
 * @param {string} root
 * @param {readonly string[]} paths
 * @param {Palfs} palfs
 */
function readByPackage(root, paths, palfs) {
  /** @type {AttributesByPath} */
  const found = new Map()
  for (const path of paths) {
    const target = Buffer.from(`${root}/${path}`, 'latin1')
    /** @type {Map<string, string>} */
    const values = new Map()
    for (const name of namesOf(target, palfs)) {
      if (!NOT_COMPARED.has(name)) values.set(name, valueOf(target, name, palfs) ?? UNREADABLE)
    }
    if (values.size > 0) found.set(path, values)
  }
  return found
}

/**
 * @param {Buffer} target
 * @param {Palfs} palfs
 */
function namesOf(target, palfs) {
  try {
    return palfs.xattr
      .listSync(target, { follow: false, encoding: 'buffer' })
      .map((name) => name.toString('latin1'))
  } catch {
    return []
  }
}

/**
 * @param {Buffer} target
 * @param {string} name
 * @param {Palfs} palfs
 */
function valueOf(target, name, palfs) {
  try {
    return palfs.xattr.getSync(target, utf8(name), { follow: false }).toString('hex')
  } catch {
    return undefined
  }
}

/**
 * One attribute by its name: ntfs-3g keeps some that it does not list.
 * @param {string} root
 * @param {string} path
 * @param {string} name
 * @param {Palfs} palfs
 * @returns {string | undefined} hexadecimal
 */
export function readAttribute(root, path, name, palfs) {
  return valueOf(Buffer.from(`${root}/${path}`, 'latin1'), name, palfs)
}

/** @param {string} name */
function namespaceOf(name) {
  return name.slice(0, name.indexOf('.'))
}

/** @param {string} name bytes as latin1 */
function utf8(name) {
  return Buffer.from(name, 'latin1').toString()
}

/** @param {unknown} error */
export function codeOf(error) {
  return error instanceof Error && 'code' in error ? String(error.code) : String(error)
}

const NO_ID = 0xff_ff_ff_ff
const ACL_VERSION = 2
const TAGS = { owner: 0x01, user: 0x02, group: 0x04, namedGroup: 0x08, mask: 0x10, other: 0x20 }

/**
 * A POSIX ACL in the kernel's form (linux/posix_acl_xattr.h).
 * @param {readonly (readonly [tag: keyof typeof TAGS, permissions: number, id?: number])[]} entries
 */
export function posixAcl(entries) {
  const list = Buffer.alloc(4 + 8 * entries.length)
  list.writeUInt32LE(ACL_VERSION, 0)
  for (const [index, [tag, permissions, id = NO_ID]] of entries.entries()) {
    list.writeUInt16LE(TAGS[tag], 4 + 8 * index)
    list.writeUInt16LE(permissions, 6 + 8 * index)
    list.writeUInt32LE(id, 8 + 8 * index)
  }
  return list
}

/** A file capability (linux/capability.h, version 2, effective): `bit` permitted. */
export function fileCapability(/** @type {number} */ bit) {
  const value = Buffer.alloc(20)
  value.writeUInt32LE(0x02_00_00_01, 0)
  value.writeUInt32LE(1 << bit, 4)
  return value
}
