// Where no binary loads, the package still imports, and says what was tried and what to do.
import fs from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { LIBC, PLATFORM, supported } from '../../src/index.js'
import { TARGETS } from '../../src/binding/targets.js'
import { node, ROOT, scratch } from '../support/child.js'
import { ADDON, addBinary, available, compile, HERE, installed, see } from '../support/broken-installs.js'
import { mayMount, mountAt, unmountBelow } from '../support/mounts.js'

const here = `${process.platform}-${process.arch}`
const version = (JSON.parse(fs.readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string })
  .version
const addon = fs.readFileSync(ADDON)

/** Nothing works, every call says so, and the message begins with where this is. */
const UNSUPPORTED = { supported: false, libc: null, codes: [false, 'ERR_PALFS_UNSUPPORTED'] }
const place = [process.platform, process.arch].join(' ') + (LIBC === null ? '' : `, ${LIBC}`)
const head = `palfs ${version} has no binary that loads here (${place}, Node ${process.versions.node}).`

/** The message's lines after the head, shortened by what differs from run to run. */
function details(message: string, modules: string): string[] {
  const [first, ...rest] = message.replaceAll(modules, '<modules>').split('\n')
  expect(first).toBe(head)
  return rest
}

const NOT_IN_PLACE = `- ../palfs.${HERE}.node: not there`
const AGAIN = 'remove node_modules and install again on the system where it runs'
const inPackage = `<modules>/palfs-${HERE}/palfs.${HERE}.node`

/** What is seen with that file in the package for this system. */
function brokenBy(file: string | Uint8Array): string[] {
  const modules = installed()
  addBinary(modules, HERE, file)
  const seen = see(modules)
  expect(seen).toMatchObject(UNSUPPORTED)
  return details(seen.message, modules)
}

describe('the installation lacks something', () => {
  test('optional dependencies omitted', () => {
    const modules = installed()
    const seen = see(modules)
    expect(seen).toMatchObject(UNSUPPORTED)
    expect(details(seen.message, modules)).toEqual([
      'Tried:',
      NOT_IN_PLACE,
      `- palfs-${HERE}: not there`,
      'What to do:',
      `- palfs-${HERE} is not installed. Optional dependencies were omitted (--omit=optional, --no-optional), or the lockfile` +
        ' was written on another system by an npm that left it out (npm/cli#4828): remove node_modules and the lockfile, then' +
        ' install with optional dependencies.',
    ])
  })

  test('node_modules from another system', () => {
    const other = process.platform === 'darwin' ? 'freebsd-x64' : 'darwin-arm64'
    const modules = installed()
    addBinary(modules, other, addon)
    const lines = details(see(modules).message, modules)
    expect(lines.at(-1)).toContain(`- The installation is for another system (${other}): ${AGAIN}`)
    expect(lines.at(-1)).toContain(`--os=${process.platform} --cpu=${process.arch}`)
  })

  test('the package of the other C library', ({ skip }) => {
    skip(LIBC === null, `there is one C library only on ${process.platform}`)
    const modules = installed()
    const other = `${here}-${LIBC === 'musl' ? 'gnu' : 'musl'}`
    addBinary(modules, other, addon)
    expect(details(see(modules).message, modules).at(-1)).toBe(
      `- The binary for ${other} is installed, but this process runs on ${LIBC}: ${AGAIN}, or install with --libc=${LIBC}.`,
    )
  })

  test('a path given by NAPI_RS_NATIVE_LIBRARY_PATH that leads nowhere; nothing else is tried', () => {
    const modules = installed()
    addBinary(modules, HERE, addon)
    const seen = see(modules, { env: { NAPI_RS_NATIVE_LIBRARY_PATH: '/nowhere.node' } })
    expect(details(seen.message, modules)).toEqual([
      'Tried:',
      '- /nowhere.node: not there',
      'What to do:',
      `- NAPI_RS_NATIVE_LIBRARY_PATH is set, and nothing else is tried: unset it, or let it name a binary of palfs ${version} for this system.`,
    ])
  })
})

describe('the file is not what it should be', () => {
  test.each([
    ['a download of HTML', '<html>', 'no Linux library'],
    ['nothing', '', 'no Linux library'],
  ])('%s', (_, content, remedy) => {
    const lines = brokenBy(Buffer.from(content))
    expect(lines[2]).toContain(`- ${inPackage}: `)
    expect(lines.at(-1)).toContain(process.platform === 'linux' ? remedy : AGAIN)
  })

  // Without a look at its size first, dlopen maps it and the process dies of SIGBUS.
  test.each([0.1, 0.5, 0.9, 0.97])('cut off after %d of it', (part) => {
    const lines = brokenBy(addon.subarray(0, Math.floor(addon.length * part)))
    expect(lines[2]).toContain(`- ${inPackage}: ${process.platform === 'linux' ? '<modules>' : ''}`)
    if (process.platform === 'linux') {
      expect(lines[2]).toMatch(/ is cut off: \d+ bytes of at least \d+$/u)
      expect(lines.at(-1)).toBe(`- The file is incomplete: ${AGAIN}.`)
    }
  })

  test('for another processor', ({ skip }) => {
    skip(LIBC !== 'glibc', 'only the loader of glibc looks at the processor that a file names')
    const other = process.arch === 'x64' ? { machine: 183, arch: 'arm64' } : { machine: 62, arch: 'x64' }
    const file = Buffer.from(addon)
    file.writeUInt16LE(other.machine, 18)
    expect(brokenBy(file).at(-1)).toBe(
      `- The file is for ${other.arch}, this process is ${process.arch}: ${AGAIN}.`,
    )
  })

  test('a musl file under the name for glibc', ({ skip }) => {
    skip(LIBC !== 'glibc', 'this process does not run on glibc')
    skip(!available('musl-gcc'), 'musl-gcc is not installed')
    const file = compile('musl-gcc', 'int x;', join(scratch(), 'musl.so'), '-shared')
    const lines = brokenBy(file)
    expect(lines[2]).toContain('libc.so')
    expect(lines.at(-1)).toBe(
      `- The file was linked for musl, this process runs on glibc: a package with the wrong file in it, or a copy from another image; ${AGAIN}.`,
    )
  })

  test('a file for glibc under the name for musl', ({ skip }) => {
    skip(LIBC !== 'musl', 'this process does not run on musl')
    skip(!available('gcc'), 'gcc is not installed')
    const file = join(scratch(), 'gnu.so')
    const lines = brokenBy(compile('gcc', 'int x;', file, '-shared', '-Wl,--no-as-needed', '-lgcc_s'))
    expect(lines[2]).toContain('libgcc_s.so.1')
    expect(lines.at(-1)).toBe(
      `- The file was linked for glibc, this process runs on musl: a package with the wrong file in it, or a copy from another image; ${AGAIN}.`,
    )
  })

  test('linked on a system with a newer glibc', ({ skip }) => {
    skip(LIBC !== 'glibc', 'this process does not run on glibc')
    skip(!available('gcc'), 'gcc is not installed')
    const directory = scratch()
    fs.writeFileSync(join(directory, 'versions'), 'GLIBC_9.99 { later; };')
    const script = [`-Wl,--version-script=${join(directory, 'versions')}`, '-Wl,-soname,libc.so.6']
    const later = compile(
      'gcc',
      'void later(void) {}',
      join(directory, 'libc.so.6'),
      '-shared',
      '-nostdlib',
      ...script,
    )
    const source = 'void later(void); void here(void) { later(); }'
    const file = compile('gcc', source, join(directory, 'new.so'), '-shared', '-nostdlib', later)
    const lines = brokenBy(file)
    expect(lines[2]).toContain("version `GLIBC_9.99' not found")
    expect(lines.at(-1)).toContain('This glibc is older than the one that the binary was built for')
  })

  test('a library that is no addon', ({ skip }) => {
    skip(!available('cc'), 'cc is not installed')
    const file = compile('cc', 'int x;', join(scratch(), 'plain.so'), '-shared', '-nostdlib')
    expect(brokenBy(file).at(-1)).toBe(`- The binary is there and cannot be loaded: ${AGAIN}.`)
  })

  test('on a filesystem that is mounted noexec', ({ skip }) => {
    skip(!mayMount(), 'needs the right to mount')
    const modules = installed()
    const target = mountAt(modules, `palfs-${HERE}`, '-t', 'tmpfs', '-o', 'noexec,size=8m', 'tmpfs')
    try {
      fs.copyFileSync(ADDON, join(target, 'palfs.node'))
      fs.writeFileSync(join(target, 'package.json'), JSON.stringify({ main: 'palfs.node' }))
      expect(details(see(modules).message, modules).at(-1)).toContain('mounted noexec')
    } finally {
      unmountBelow(modules)
    }
  })

  test('of another version than the package', () => {
    const modules = installed()
    addBinary(modules, HERE, addon)
    const manifest = join(modules, 'palfs/package.json')
    const text = fs.readFileSync(manifest, 'utf8')
    fs.writeFileSync(manifest, text.replace(`"version": "${version}"`, '"version": "9.9.9"'))
    const { supported: loads, message } = see(modules)
    expect(loads).toBe(false)
    expect(message).toContain(`palfs.${HERE}.node is of version ${version}, the package of version 9.9.9`)
    expect(message).toContain('Package and binary must be of one version')
  })
})

describe('Node may not load it', () => {
  test.each([
    ['--no-addons', { flags: ['--no-addons'] }],
    ['NODE_OPTIONS', { env: { NODE_OPTIONS: '--no-addons' } }],
  ])('because of %s', (_, options) => {
    const modules = installed()
    addBinary(modules, HERE, addon)
    const seen = see(modules, options)
    expect(seen).toMatchObject(UNSUPPORTED)
    const lines = details(seen.message, modules)
    expect(lines).toContain(`- ${inPackage}: Cannot load native addon because loading addons is disabled.`)
    expect(lines.at(-1)).toBe(
      '- Addons are switched off: start Node without --no-addons (look into NODE_OPTIONS, too).',
    )
  })

  test('because of the permission model', ({ skip }) => {
    const known = process.allowedNodeEnvironmentFlags
    const flag = ['--permission', '--experimental-permission'].find((name) => known.has(name))
    skip(flag === undefined, 'this Node has no permission model')
    const modules = installed()
    addBinary(modules, HERE, addon)
    const flags = [flag ?? '', '--allow-fs-read=*']
    const seen = see(modules, { flags })
    expect(seen).toMatchObject(UNSUPPORTED)
    expect(details(seen.message, modules).at(-1)).toContain('start it with --allow-addons')
    expect(see(modules, { flags: [...flags, '--allow-addons'] }).supported).toBe(true)
  })
})

describe('on a system without a binary', () => {
  test.each([
    ['win32', 'x64'],
    ['linux', 'ia32'],
    ['linux', 's390x'],
    ['openbsd', 'x64'],
    ['android', 'arm64'],
    ['freebsd', 'arm64'],
  ])('%s %s', (platform, arch) => {
    const modules = installed()
    addBinary(modules, HERE, addon)
    const before = `Object.defineProperties(process, { platform: { value: '${platform}' }, arch: { value: '${arch}' } })`
    const seen = see(modules, { before })
    expect(seen).toMatchObject(UNSUPPORTED)
    expect(seen.message).toContain(`has no binary that loads here (${platform} ${arch}`)
    expect(seen.message.split('\n').at(-1)).toBe(
      `- There is no binary for ${platform}-${arch}, only for ${TARGETS.join(', ')}.`,
    )
  })
})

describe('what is tried, in this order', () => {
  test('a binary that was built in place, then the package', () => {
    const modules = installed()
    const loadedFrom = `const { binaryPath } = await import(new URL('binding/binding.js', args[0])); console.error(binaryPath()); process.exitCode = 1`
    const inPlace = join(modules, `palfs/palfs.${HERE}.node`)
    const packaged = addBinary(modules, HERE, addon)
    expect(() => see(modules, { before: loadedFrom })).toThrow(`\n${packaged}\n`)
    fs.copyFileSync(ADDON, inPlace)
    expect(() => see(modules, { before: loadedFrom })).toThrow(`\n${inPlace}\n`)
    // One that does not load is no end.
    fs.truncateSync(inPlace, 1000)
    expect(() => see(modules, { before: loadedFrom })).toThrow(`\n${packaged}\n`)
  })

  test('the list of targets is that of package.json', () => {
    const { napi } = JSON.parse(fs.readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
      napi: { targets: string[] }
    }
    const words: Record<string, string> = { x86_64: 'x64', aarch64: 'arm64' }
    const named = napi.targets.map((triple) => {
      const [cpu = '', , system, abi] = triple.split('-')
      return [system, words[cpu], abi].filter((word) => word !== undefined).join('-')
    })
    expect(named).toEqual(TARGETS)
  })
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
