// Why the binary does not load: what package managers, permissions, bundlers, runtimes and bare systems do to it.
import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { LIBC } from '../../src/index.js'
import { ROOT } from '../support/child.js'
import { bareRoot, runIn } from '../support/bare-root.js'
import { ADDON, addBinary, HERE, installed, see } from '../support/broken-installs.js'
import { describeUnless } from '../support/describe-unless.js'
import { NODES, RUNTIMES } from '../support/runtimes.js'

const AGAIN = 'remove node_modules and install again on the system where it runs'
const READABLE =
  '- The binary is there, but this user may not read it: install as the user that runs, or `chmod -R a+rX node_modules`.'
const root = process.getuid?.() === 0
const ANYBODY = 65_534

/** The package with a good binary. */
function whole(): string {
  const modules = installed()
  addBinary(modules, HERE, ADDON)
  return modules
}

const remedy = (message: string): string | undefined => message.split('\n').at(-1)

describe.each(NODES)('$name', ({ command: [program], missing, name }) => {
  const version = missing === undefined ? spawnSync(program, ['--version'], { encoding: 'utf8' }).stdout : ''

  test('--no-addons', ({ skip }) => {
    skip(missing !== undefined, missing)
    const { supported, message } = see(whole(), { program, flags: ['--no-addons'] })
    expect(supported).toBe(false)
    expect(message).toContain(`, Node ${version.slice(1).trim()}).`)
    expect(message).toContain(`.node: Cannot load native addon because loading addons is disabled.`)
    expect(remedy(message)).toBe(
      '- Addons are switched off: start Node without --no-addons (look into NODE_OPTIONS, too).',
    )
  })

  test('the permission model without --allow-addons, and with it', ({ skip }) => {
    skip(missing !== undefined, missing)
    const modules = whole()
    const flag = name === 'Node 20' ? '--experimental-permission' : '--permission'
    // The package and the tests' own build, and nothing of /proc.
    const flags = [flag, ...[modules, ROOT].map((path) => `--allow-fs-read=${path}/*`)]
    const { supported, message } = see(modules, { program, flags })
    expect(supported).toBe(false)
    expect(remedy(message)).toBe(
      '- The permission model keeps Node from loading addons: start it with --allow-addons. Native calls are then not subject to --allow-fs-read and --allow-fs-write.',
    )
    expect(see(modules, { program, flags: [...flags, '--allow-addons'] })).toMatchObject({
      supported: true,
      libc: 'glibc',
    })
  })
})

describe('Deno', () => {
  const deno = RUNTIMES.find(({ name }) => name === 'Deno')
  const program = `
    import { copyFileSync, supported } from 'palfs'
    try { copyFileSync('a', 'b') } catch ({ code, message }) { console.log(supported, code, message) }`

  test.each([
    [['--allow-read', '--allow-env'], '--allow-ffi'],
    [['--allow-ffi'], undefined],
  ])('allowed %j alone', (allowed, wanted) => {
    if (deno?.missing !== undefined) {
      console.log(`Skipped Deno: ${deno.missing}`)
      return
    }
    const modules = whole()
    fs.writeFileSync(join(modules, '../program.mjs'), program)
    const { stdout } = spawnSync(
      deno?.command[0] ?? '',
      ['run', '--no-prompt', ...allowed, '--node-modules-dir=manual', 'program.mjs'],
      { cwd: join(modules, '..'), encoding: 'utf8', timeout: 60_000, env: { ...process.env, NO_COLOR: '1' } },
    )
    if (wanted === undefined) {
      expect(stdout).toMatch(/^true ENOENT /u)
      return
    }
    expect(stdout).toMatch(/^false ERR_PALFS_UNSUPPORTED palfs .*, Deno \d/u)
    expect(remedy(stdout.trimEnd())).toBe(
      `- Deno may not load native code: start it with ${wanted}. Native calls are then not subject to its other permissions.`,
    )
  })
})

describe('the binary', () => {
  test.each([
    ['the file', `palfs-${HERE}/palfs.${HERE}.node`, 0o600],
    ['its package', `palfs-${HERE}`, 0o700],
  ])('may be read by its owner alone: %s', (_, path, mode) => {
    if (!root) {
      console.log('Skipped a file that may not be read: needs root, to be somebody else')
      return
    }
    const modules = whole()
    for (let place = modules; place.includes('palfs-scratch'); place = join(place, '..'))
      fs.chmodSync(place, 0o755)
    fs.chmodSync(join(modules, path), mode)
    const { supported, message } = see(modules, { uid: ANYBODY })
    expect(supported).toBe(false)
    expect(remedy(message)).toBe(READABLE)
  })

  test.each([
    ['has its size, and zeros behind the first page', 4096],
    ['has its size, and zeros behind half of it', 0.5],
    ['is zeros', 0],
  ])('%s: an interrupted download', (_, from) => {
    const file = fs.readFileSync(ADDON)
    file.fill(0, from < 1 ? Math.floor(file.length * from) : from)
    const modules = installed()
    const path = addBinary(modules, HERE, file)
    const { supported, message } = see(modules)
    expect(supported).toBe(false)
    expect(message).toContain(`- ${path}: `)
    expect(remedy(message)).toContain(AGAIN)
  })
})

describe('the package was bundled', () => {
  test.each([
    ['into a directory of its own', { type: 'module' }],
    ['into another package', { type: 'module', name: 'app', version: '2.0.0' }],
  ])('%s', (_, manifest) => {
    const modules = whole()
    fs.writeFileSync(join(modules, 'palfs/package.json'), JSON.stringify(manifest))
    const { supported, codes, message } = see(modules)
    expect({ supported, codes }).toEqual({ supported: false, codes: [false, 'ERR_PALFS_UNSUPPORTED'] })
    expect(message).toBe(
      `palfs is not in its package: ${join(modules, 'palfs/dist/binding/load-addon.js')} was bundled or copied, and cannot find the` +
        ` binary from there. Leave palfs out of the bundle (external: ['palfs']) and install it where the program runs.`,
    )
  })

  test('into CommonJS by esbuild, where modules have no URL', () => {
    const modules = whole()
    const file = join(modules, 'palfs/dist/binding/load-addon.js')
    fs.writeFileSync(file, fs.readFileSync(file, 'utf8').replaceAll('import.meta', '({})'))
    const { supported, codes, message } = see(modules)
    expect({ supported, codes }).toEqual({ supported: false, codes: [false, 'ERR_PALFS_UNSUPPORTED'] })
    expect(message).toMatch(/^palfs is not in its package: it was bundled or copied/u)
  })
})

const linux = process.platform === 'linux' && root

describeUnless(linux ? undefined : 'it needs root on Linux', 'a root without ldd, /etc and /proc', () => {
  const program = `
    import { copyFileSync, LIBC, supported } from 'palfs'
    import fs from 'node:fs'
    fs.writeFileSync('/a', 'content')
    console.log(fs.readdirSync('/').sort().join(), supported, LIBC, copyFileSync('/a', '/b').bytes)`

  test.each([
    ['as in a distroless image', undefined],
    [
      'with its loader elsewhere, as on NixOS',
      LIBC === 'musl' ? '/n/ld-musl-x86_64.so.1' : '/n/ld-linux-x86-64.so.2',
    ],
  ])('%s', (_, loader) => {
    const { status, stdout, stderr } = runIn(bareRoot(whole(), loader), program)
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    expect(stdout).toMatch(new RegExp(`^a,app,.*node.* true ${LIBC} 7\n$`, 'u'))
  })

  test('and with the package for the other library', () => {
    const modules = installed()
    addBinary(modules, HERE.replace(/gnu$|musl$/u, LIBC === 'musl' ? 'gnu' : 'musl'), ADDON)
    const { stderr } = runIn(bareRoot(modules), program)
    expect(stderr).toContain(`but this process runs on ${LIBC}: ${AGAIN}, or install with --libc=${LIBC}.`)
  })
})
