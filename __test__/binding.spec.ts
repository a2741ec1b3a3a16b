// Where there is no binary that loads: the package says so, and why.
import fs from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { expect, test } from 'vitest'
import { LIBC, PLATFORM, supported } from '../src/index.js'
import { node, ROOT, scratch } from './child.js'

/** The package as it is installed, but for the binary. */
function installedWithout(binary: 'nothing' | 'garbage'): string {
  const directory = scratch()
  for (const file of ['package.json', 'index.cjs']) fs.copyFileSync(join(ROOT, file), join(directory, file))
  fs.cpSync(join(ROOT, 'dist'), join(directory, 'dist'), { recursive: true })
  const addon = fs.readdirSync(ROOT).find((name) => name.endsWith('.node'))
  if (binary === 'garbage' && addon !== undefined)
    fs.writeFileSync(join(directory, addon), 'no ELF, no Mach-O')
  return directory
}

const PROBE = `
  const platformCalls = (fs) => [() => fs.stat('a'), async () => fs.statSync('a'), () => fs.readdir('a'), async () => fs.readdirSync('a'),
    () => fs.readdirStream('a').next(), () => fs.getxattr('a', 'b'), () => fs.copyFileFast('a', 'b'), async () => fs.copyFileFastSync('a', 'b')]
  const other = await import(args[0])
  const seen = [other.supported, other.LIBC]
  await other.copyFile('a', 'b').catch(({ code }) => seen.push(code))
  try { other.copyFileSync('a', 'b') } catch ({ code, message }) { seen.push(code, message) }
  const codes = new Set(Object.values(other.features))
  for (const call of [() => other.xattr.list('a'), () => other.detectCapabilities('a'), async () => other.getPlatformInfo(),
    async () => other.xattr.getSync('a', 'user.x'), async () => other.detectCapabilitiesSync('a'),
    ...platformCalls(other.createPlatformFilesystem())]) {
    await call().catch(({ code }) => codes.add(code))
  }
  console.log(JSON.stringify([...seen, [...codes]]))`

test.each(['nothing', 'garbage'] as const)('with %s in place of the binary', (binary) => {
  const entry = pathToFileURL(join(installedWithout(binary), 'dist/index.js')).href
  const { status, stdout } = node(PROBE, { args: [entry] })
  expect(status).toBe(0)
  const [isSupported, libc, rejected, threw, message, others] = JSON.parse(stdout) as [
    boolean,
    null,
    string,
    string,
    string,
    unknown[],
  ]
  expect({ isSupported, libc }).toEqual({ isSupported: false, libc: null })
  expect([rejected, threw]).toEqual(['ERR_PALFS_UNSUPPORTED', 'ERR_PALFS_UNSUPPORTED'])
  // The features, and then what every other call says.
  expect(others).toEqual([false, 'ERR_PALFS_UNSUPPORTED'])
  expect(message).toContain(`${process.platform}-${process.arch}`)
  expect(message).toContain(binary === 'garbage' ? 'built for another system' : 'install')
})

test('with a binary of another version', () => {
  const directory = installedWithout('nothing')
  const addon = fs.readdirSync(ROOT).find((name) => name.endsWith('.node')) ?? ''
  fs.copyFileSync(join(ROOT, addon), join(directory, addon))
  const manifest = JSON.parse(fs.readFileSync(join(directory, 'package.json'), 'utf8')) as Record<
    string,
    unknown
  >
  fs.writeFileSync(join(directory, 'package.json'), JSON.stringify({ ...manifest, version: '9.9.9' }))
  const { stdout } = node(PROBE, { args: [pathToFileURL(join(directory, 'dist/index.js')).href] })
  expect(stdout).toContain('ERR_PALFS_UNSUPPORTED')
  expect(stdout).toContain('of version 9.9.9')
})

test('under the permission model without --allow-addons', ({ skip }) => {
  const flag = ['--permission', '--experimental-permission'].find((name) =>
    process.allowedNodeEnvironmentFlags.has(name),
  )
  if (flag === undefined) skip('this Node has no permission model')
  const { stdout } = node(
    `const seen = [palfs.supported]
     try { copyFileSync('a', 'b') } catch ({ code, message }) { seen.push(code, message) }
     console.log(JSON.stringify(seen))`,
    { flags: [flag ?? '', '--allow-fs-read=*'] },
  )
  expect(stdout).toContain('ERR_PALFS_UNSUPPORTED')
  expect(stdout).toContain('--allow-addons')
})

test('require() works, too', () => {
  const { status, stdout } = node(
    `import { createRequire } from 'node:module'
     console.log(Object.keys(createRequire(import.meta.url)(args[0])).includes('copyFile'))`,
    { args: [join(ROOT, 'dist/index.js')] },
  )
  expect({ status, stdout }).toEqual({ status: 0, stdout: 'true\n' })
})

test('here', () => {
  expect(supported).toBe(true)
  expect(PLATFORM).toBe(process.platform === 'darwin' ? 'macos' : process.platform)
  const expected = process.platform === 'linux' ? [/^(glibc|musl)$/] : []
  for (const pattern of expected) expect(LIBC).toMatch(pattern)
})
