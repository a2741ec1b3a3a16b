// Errors of the kernel: what node:fs says of the same failure, and what it does not say.
import fs from 'node:fs'
import { constants } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { copyFile, copyFileSync, FsError, isFsError } from '../../src/index.js'
import { names, node, ROOT, scratch } from '../support/child.js'

const directory = scratch()
const at = (name: string): string => join(directory, name)
fs.writeFileSync(at('file'), 'content')
fs.writeFileSync(at('other'), 'other')
fs.mkdirSync(at('directory'))
fs.symlinkSync('loop', at('loop'))

/** The fields that node:fs has, in its order, and the message. */
function fields(error: unknown): unknown {
  if (!(error instanceof Error)) return error
  const keys = Object.keys(error)
  const { name, message } = error
  return {
    name,
    message,
    keys: keys.slice(0, 5),
    values: keys.slice(0, 5).map((key) => Reflect.get(error, key)),
  }
}

function thrownBy(call: () => unknown): unknown {
  try {
    call()
  } catch (error) {
    return error
  }
  return 'nothing thrown'
}

const failures: [string, src: string, dest: string, mode?: number][] = [
  ['ENOENT', at('absent'), at('x')],
  ['ENOENT', at('file'), at('absent/x')],
  ['ENOENT', '', at('x')],
  ['ENOTDIR', at('file/x'), at('x')],
  ['ENOTDIR', at('file'), at('other/x')],
  ['EEXIST', at('file'), at('other'), fs.constants.COPYFILE_EXCL],
  ['EEXIST', at('file'), at('file'), fs.constants.COPYFILE_EXCL],
  ['EISDIR', at('file'), at('directory')],
  ['ELOOP', at('loop'), at('x')],
  ['ELOOP', at('file'), at('loop')],
  ['ENAMETOOLONG', at('n'.repeat(256)), at('x')],
  ['ENAMETOOLONG', at('file'), at('n'.repeat(256))],
  ['ENAMETOOLONG', `/${'./'.repeat(3000)}`, at('x')],
]

describe('the same failure, in the same words and fields as node:fs', () => {
  test.each(failures)('%s: %s -> %s', async (code, src, dest, mode) => {
    const oracle = thrownBy(() => fs.copyFileSync(src, dest, mode))
    expect(oracle).toMatchObject({ code })
    expect(fields(thrownBy(() => copyFileSync(src, dest, mode)))).toEqual(fields(oracle))
    const rejection: unknown = await fs.promises.copyFile(src, dest, mode).catch((error: unknown) => error)
    const ours: unknown = await copyFile(src, dest, mode).catch((error: unknown) => error)
    expect(fields(ours)).toEqual(fields(rejection))
  })

  test('a name that is not UTF-8 is shown with U+FFFD', () => {
    const name = Buffer.concat([Buffer.from(at('no-')), Buffer.of(0xff)])
    const oracle = thrownBy(() => fs.copyFileSync(name, at('x')))
    expect(fields(thrownBy(() => copyFileSync(name, at('x'))))).toEqual(fields(oracle))
  })

  test('EACCES, as a user who may not read', ({ skip }) => {
    if (process.getuid?.() !== 0) skip('needs root, to become somebody else')
    fs.writeFileSync(at('secret'), 'secret', { mode: 0o600 })
    const { stdout, stderr } = node(
      `const seen = []
       for (const copy of [fs.copyFileSync, copyFileSync]) {
         try { copy(args[0], args[1]) } catch ({ message, errno, code, syscall, path, dest }) {
           seen.push({ message, errno, code, syscall, path, dest })
         }
       }
       console.log(JSON.stringify(seen))`,
      { args: [at('secret'), '/tmp/palfs-test-never'], uid: 65_534, cwd: '/' },
    )
    expect(stderr).toBe('')
    const [oracle, ours] = JSON.parse(stdout) as unknown[]
    expect(oracle).toMatchObject({ code: 'EACCES' })
    expect(ours).toEqual(oracle)
  })
})

describe('what node:fs does not say', () => {
  test('the call that failed, and how far the copy had come', () => {
    const error = thrownBy(() => copyFileSync(at('absent'), at('x')))
    expect(Object.keys(Object(error))).toEqual([
      'errno',
      'code',
      'syscall',
      'path',
      'dest',
      'call',
      'bytesCopied',
    ])
    expect(error).toMatchObject({
      bytesCopied: 0,
      call: expect.stringMatching(/^(statx?|fstatat|open(at)?)$/),
    })
  })

  test('a directory as source is EISDIR at once', () => {
    const error = thrownBy(() => copyFileSync(at('directory'), at('x')))
    expect(error).toMatchObject({ code: 'EISDIR', syscall: 'copyfile', path: at('directory'), dest: at('x') })
  })

  test('a FIFO as source is refused, and never opened', async ({ skip }) => {
    const made = node(
      `import { execFileSync } from 'node:child_process'; execFileSync('mkfifo', [args[0]])`,
      { args: [at('fifo')] },
    )
    if (made.status !== 0) skip('mkfifo(1) is not there')
    const error: unknown = await copyFile(at('fifo'), at('x')).catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(FsError)
    expect(error).toMatchObject({
      code: 'ERR_FS_CP_FIFO_PIPE',
      syscall: 'cp',
      path: at('fifo'),
      dest: at('x'),
    })
    fs.unlinkSync(at('fifo'))
  })
})

describe('telling errors apart', () => {
  test('isFsError narrows by code', () => {
    const error = thrownBy(() => copyFileSync(at('absent'), at('x')))
    expect(error).toBeInstanceOf(FsError)
    expect(error).toBeInstanceOf(Error)
    expect(isFsError(error)).toBe(true)
    expect(isFsError(error, 'ENOENT')).toBe(true)
    expect(isFsError(error, 'EACCES')).toBe(false)
  })

  test('isFsError knows errors of another copy of the package, and nothing else', () => {
    const foreign = Object.create(
      { [Symbol.for('palfs.FsError')]: true },
      { code: { value: 'EIO' } },
    ) as unknown
    expect(isFsError(foreign, 'EIO')).toBe(true)
    for (const other of [null, undefined, 'ENOENT', 2, {}, new Error('x'), { code: 'ENOENT' }]) {
      expect(isFsError(other)).toBe(false)
    }
  })
})

test('every error number that Node names here is a code of ours', () => {
  const codes = fs.readFileSync(join(ROOT, 'src/errors/codes.ts'), 'utf8')
  // An alias of EAGAIN: the kernel's number has one name.
  const named = Object.keys(constants.errno).filter((name) => name !== 'EWOULDBLOCK')
  expect(named.filter((name) => !codes.includes(`'${name}'`))).toEqual([])
})

describe('the stack', () => {
  test('of a sync call begins at the caller', () => {
    const error = thrownBy(function theCaller() {
      copyFileSync(at('absent'), at('x'))
    })
    const [first, second] = String(Object(error).stack).split('\n')
    expect(first).toContain('ENOENT: no such file or directory, copyfile')
    expect(second).toContain('theCaller')
  })

  test('of a rejection has the function that awaits', () => {
    // In a plain Node: vitest rewrites stacks.
    const { stdout } = node(
      `async function theCaller() { await copyFile(args[0], args[1]) }
       await theCaller().catch((error) => console.log(error.stack))`,
      { args: [at('absent'), at('x')] },
    )
    expect(stdout.split('\n')[1]).toMatch(/^ {4}at async theCaller/)
  })

  test('of a stream has the function that reads it', () => {
    const { stdout } = node(
      `async function theCaller() { for await (const _ of palfs.createPlatformFilesystem().readdirStream(args[0])); }
       await theCaller().catch((error) => console.log(error.stack))`,
      { args: [at('absent')] },
    )
    expect(stdout.split('\n')[1]).toMatch(/^ {4}at async theCaller/)
  })
})

test('an operation that failed has left nothing behind', () => {
  expect(names(directory)).toEqual([
    'directory',
    'file',
    'loop',
    'other',
    ...(fs.existsSync(at('secret')) ? ['secret'] : []),
  ])
})
