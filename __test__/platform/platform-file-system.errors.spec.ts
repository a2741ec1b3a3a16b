// What fails in PlatformFileSystem fails as in node:fs: the same code, words and keys, in both forms.
import fs from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { createPlatformFilesystem, isFsError } from '../../src/index.js'
import { node, scratch } from '../support/child.js'
import { failure } from '../support/attributes.js'
import { onEveryFilesystem } from '../support/filesystems.js'

const palfs = createPlatformFilesystem()

/** A method, its arguments, and node:fs's twin where that is called otherwise. */
type Attempt = readonly [method: string, args: (at: (name: string) => string) => unknown[], twin?: string]

const ATTEMPTS: readonly Attempt[] = [
  ['open', (at) => [at('absent'), 'r']],
  ['open', (at) => [at('file'), 'wx']],
  ['open', (at) => [at('directory'), 'r+']],
  ['close', () => [2 ** 31 - 1]],
  ['fsync', () => [2 ** 31 - 1]],
  ['ftruncate', () => [2 ** 31 - 1, 0]],
  ['fstat', () => [2 ** 31 - 1]],
  ['stat', (at) => [at('absent')]],
  ['stat', (at) => [at('dangling')]],
  ['stat', (at) => [at('file/below')]],
  ['stat', (at) => [at('loop')]],
  ['stat', (at) => [at('n'.repeat(256))]],
  ['stat', () => ['']],
  ['lstat', (at) => [at('absent')]],
  ['utimes', (at) => [at('absent'), 1, 1]],
  ['chmod', (at) => [at('absent'), 0o644]],
  ['chown', (at) => [at('absent'), 0, 0]],
  ['mkdir', (at) => [at('file')]],
  ['mkdir', (at) => [at('absent/below')]],
  ['rmdir', (at) => [at('absent')]],
  ['rmdir', (at) => [at('file')]],
  ['rmdir', (at) => [at('full')]],
  ['readdir', (at) => [at('absent')]],
  ['readdir', (at) => [at('file')]],
  ['link', (at) => [at('file'), at('dangling')]],
  ['link', (at) => [at('absent'), at('new')]],
  ['unlink', (at) => [at('absent')]],
  ['unlink', (at) => [at('directory')]],
  ['symlink', (at) => ['anything', at('file')]],
  ['readlink', (at) => [at('file')]],
  ['readlink', (at) => [at('absent')]],
  ['rename', (at) => [at('absent'), at('new')]],
  ['rename', (at) => [at('file'), at('directory')]],
  ['rename', (at) => [at('directory'), at('directory/below')]],
]

type Methods = Record<string, (...args: unknown[]) => unknown>

/** The own keys of an error but `call`, which node:fs does not have, and its words. */
function seen(error: unknown): unknown {
  const { call: _, ...keys } = Object(error) as Record<string, unknown>
  return { message: Object(error).message as unknown, ...keys }
}

onEveryFilesystem('a failure', [], (each) => {
  each.for(ATTEMPTS.map((attempt, index) => [`${attempt[0]} ${index}`, attempt] as const))(
    'of %s',
    async ([, [method, args]], { dir }) => {
      const at = (name: string): string => join(dir, name)
      fs.writeFileSync(at('file'), '')
      fs.mkdirSync(at('directory'))
      fs.mkdirSync(at('full/entry'), { recursive: true })
      fs.symlinkSync('nowhere', at('dangling'))
      fs.symlinkSync('loop', at('loop'))
      const ours = palfs as unknown as Methods
      const theirs = fs as unknown as Methods
      const call = (methods: Methods, name: string) => (): unknown => methods[name]?.(...args(at))
      const error = await failure(call(ours, `${method}Sync`), call(ours, method) as () => Promise<unknown>)
      expect(isFsError(error)).toBe(true)
      let expected: unknown
      try {
        call(theirs, `${method}Sync`)()
      } catch (thrown) {
        expected = thrown
      }
      expect(seen(error)).toEqual(seen(expected))
    },
  )
})

test('of read and write names the call of node:fs', async () => {
  const path = join(scratch(), 'file')
  fs.writeFileSync(path, '')
  const [reader, writer] = [fs.openSync(path, 'r'), fs.openSync(path, 'w')]
  const buffer = Buffer.alloc(1)
  const read = await failure(
    () => palfs.readSync(writer, buffer, 0),
    () => palfs.read(writer, buffer, 0),
  )
  expect(read).toMatchObject({ message: 'EBADF: bad file descriptor, read', syscall: 'read', call: 'pread' })
  const written = await failure(
    () => palfs.writeSync(reader, buffer),
    () => palfs.write(reader, buffer),
  )
  expect(written).toMatchObject({
    message: 'EBADF: bad file descriptor, write',
    syscall: 'write',
    call: 'write',
  })
  const copied = await failure(
    () => palfs.copyFileRangeSync(writer, reader, 1),
    () => palfs.copyFileRange(writer, reader, 1),
  )
  expect(copied).toMatchObject({ code: 'EBADF', syscall: 'copy_file_range', bytesCopied: 0 })
  fs.closeSync(reader)
  fs.closeSync(writer)
})

test("a failure's stack begins where the caller is", async () => {
  const here = (): unknown => palfs.statSync('/absent/anywhere')
  expect(here).toThrow('ENOENT')
  try {
    here()
  } catch (error) {
    expect(String((error as Error).stack).split('\n')[1]).toContain('at here ')
  }
  const rejected = await palfs.lstat('/absent/anywhere').catch((error: unknown) => error)
  expect((rejected as Error).stack).toContain('platform-file-system.errors.spec.ts')
})

test('a panic in Rust is an error of that one call', () => {
  const { status, stdout } = node(
    `const palfs_ = palfs.createPlatformFilesystem()
     const codes = []
     for (const call of [() => palfs_.stat('/'), async () => palfs_.statSync('/'), () => palfs_.readdir('/'), async () => palfs_.readdirSync('/'),
       async () => palfs_.readSync(0, Buffer.alloc(1)), () => palfs_.readdirStream('/').next()]) {
       await call().catch(({ code }) => codes.push(code))
     }
     console.log(codes.join())`,
    { env: { PALFS_TEST_PANIC: '1' } },
  )
  expect({ status, stdout }).toEqual({ status: 0, stdout: `${Array(6).fill('ERR_INTERNAL_PANIC').join()}\n` })
})
