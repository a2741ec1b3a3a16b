// What npm would publish, and what a project gets that installs it.
import { execFileSync, spawnSync } from 'node:child_process'
import fs from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { TARGETS } from '../../src/binding/targets.js'
import { ROOT, scratch } from '../support/child.js'
import { ADDON, HERE } from '../support/broken-installs.js'
import { manifest, pack, readManifest, tarball as file } from '../support/packed.js'

const packed = scratch()

/** Unpacks a tarball; gives the directory. */
function unpack(tarball: string): string {
  const directory = scratch()
  execFileSync('tar', ['xzf', tarball, '-C', directory])
  return join(directory, 'package')
}

function filesBelow(directory: string): string[] {
  return fs
    .readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(directory.length + 1))
    .toSorted()
}

// This platform's addon and no other: a manager that finds one of the packages missing asks the registry for it.
beforeAll(() => {
  const binaries = scratch()
  fs.copyFileSync(ADDON, join(binaries, `palfs.${HERE}.node`))
  pack([packed, '--partial', '--binaries', binaries])
})

describe('the tarball of the package', () => {
  let content = ''
  beforeAll(() => {
    content = unpack(join(packed, file('palfs')))
  })

  test('holds what was compiled, its types, and nothing else', () => {
    const sources = filesBelow(join(ROOT, 'src')).map((name) => name.replace(/\.ts$/u, ''))
    const compiled = sources.flatMap((name) => [`dist/${name}.d.ts`, `dist/${name}.js`])
    expect(filesBelow(content)).toEqual(
      [...compiled, 'LICENSE', 'README.md', 'index.d.cts', 'package.json'].toSorted(),
    )
  })

  test('runs nothing when it is installed', () => {
    const run = Object.keys(readManifest(join(content, 'package.json')).scripts)
    const atInstall = /^(pre|post)?(install|prepare|prepublish)$/u
    expect(run.filter((name) => atInstall.test(name))).toEqual([])
  })

  test.each([
    ['publint', ['--strict']],
    ['attw', ['--profile', 'esm-only', '--no-color', '--no-emoji']],
  ])('%s has nothing to say', (tool, flags) => {
    const bin = join(ROOT, 'node_modules/.bin', tool)
    const { status, stdout, stderr } = spawnSync(bin, [...flags, join(packed, file('palfs'))], {
      encoding: 'utf8',
    })
    expect({ status, output: status === 0 ? '' : stdout + stderr }).toEqual({ status: 0, output: '' })
  })
})

/** What GitHub sets in the workflow that releases. */
const RUNNER = { GITHUB_SERVER_URL: 'https://example.org', GITHUB_REPOSITORY: 'somebody/palfs' }

/** A directory with something in the place of each binary. */
function everyBinary(): string {
  const binaries = scratch()
  for (const target of TARGETS) fs.writeFileSync(join(binaries, `palfs.${target}.node`), 'a binary')
  return binaries
}

describe('every target', () => {
  test('has a package, and its exact version is an optional dependency; the committed package.json has none', () => {
    const output = scratch()
    pack([output, '--binaries', everyBinary()], RUNNER)
    const names = TARGETS.map((target) => `palfs-${target}`)
    expect(fs.readdirSync(output).toSorted()).toEqual(['palfs', ...names].map(file).toSorted())

    const root = readManifest(join(unpack(join(output, file('palfs'))), 'package.json'))
    expect(root.optionalDependencies).toEqual(
      Object.fromEntries(names.map((name) => [name, manifest.version])),
    )
    expect(manifest.optionalDependencies).toBeUndefined()
    // The registry refuses provenance of a package that names no repository, or another.
    const repository = { type: 'git', url: 'git+https://example.org/somebody/palfs.git' }
    expect(root.repository).toEqual(repository)

    for (const target of TARGETS) {
      const directory = unpack(join(output, file(`palfs-${target}`)))
      const [os = '', cpu = '', abi] = target.split('-')
      const libc = { gnu: ['glibc'], musl: ['musl'] }[abi ?? '']
      expect(readManifest(join(directory, 'package.json'))).toMatchObject({
        name: `palfs-${target}`,
        version: manifest.version,
        main: `palfs.${target}.node`,
        engines: manifest.engines,
        repository,
        os: [os],
        cpu: [cpu],
        ...(libc && { libc }),
      })
      expect(filesBelow(directory)).toEqual([
        'LICENSE',
        'README.md',
        'THIRD-PARTY-LICENSES',
        'package.json',
        `palfs.${target}.node`,
      ])
    }
  })

  test('carries the licences of the crates that are linked into it', ({ skip }) => {
    if (spawnSync('cargo', ['--version']).status !== 0) skip('there is no cargo to say which they are')
    const { status, stderr } = spawnSync(process.execPath, [join(ROOT, 'scripts/licences.mjs'), '--check'], {
      encoding: 'utf8',
    })
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  })

  test('must be there, or nothing is packed', () => {
    const binaries = scratch()
    fs.copyFileSync(ADDON, join(binaries, `palfs.${HERE}.node`))
    expect(() => pack([scratch(), '--binaries', binaries], RUNNER)).toThrow(
      /no binary for .*x86_64-apple-darwin/u,
    )
  })

  test('is packed only where it is known in which repository: npm refuses provenance without it', () => {
    expect(() => pack([scratch(), '--binaries', everyBinary()])).toThrow(
      /package\.json has none, nor do GITHUB_SERVER_URL and GITHUB_REPOSITORY/u,
    )
  })
})

describe('installed into an empty project', () => {
  const root = `file:${join(packed, file('palfs'))}`
  const name = `palfs-${HERE}`
  const platform = { [name]: `file:${join(packed, file(name))}` }

  interface Way {
    manifest: object
    files?: Record<string, string>
    command: readonly [string, ...string[]]
    env?: Record<string, string>
  }

  const yarn = (nodeLinker: string): Way => ({
    manifest: { dependencies: { palfs: root }, resolutions: platform },
    files: {
      '.yarnrc.yml': `nodeLinker: ${nodeLinker}\nenableTelemetry: false\nenableGlobalCache: false\n`,
      'yarn.lock': '',
    },
    command: [join(ROOT, 'node_modules/.bin/yarn'), 'install', '--no-immutable'],
    env: { YARN_ENABLE_NETWORK: 'false' },
  })

  const ways: Record<string, Way> = {
    npm: {
      manifest: { dependencies: { palfs: root, ...platform } },
      command: ['npm', 'install', '--offline', '--no-audit', '--no-fund'],
    },
    pnpm: {
      manifest: { dependencies: { palfs: root }, pnpm: { overrides: platform } },
      command: [join(ROOT, 'node_modules/.bin/pnpm'), 'install', '--offline', '--ignore-workspace'],
    },
    'yarn with node_modules': yarn('node-modules'),
    'yarn with PnP': yarn('pnp'),
  }

  const ESM = `
    import { copyFile, supported } from 'palfs'
    const { bytes } = await copyFile('package.json', 'copy-by-import')
    console.log(supported, bytes)`
  const COMMONJS = `
    const { copyFileSync, supported } = require('palfs')
    console.log(supported, copyFileSync('package.json', 'copy-by-require').bytes)`

  function project(manager: string, ...flags: string[]): string {
    const directory = scratch()
    const way = ways[manager]
    if (way === undefined) throw new Error(`no way to install with ${manager}`)
    const [program, ...args] = way.command
    const programs = { 'import.mjs': ESM, 'require.cjs': COMMONJS }
    const files = { 'package.json': JSON.stringify(way.manifest), ...way.files, ...programs }
    for (const [path, text] of Object.entries(files)) fs.writeFileSync(join(directory, path), text)
    const env = { ...process.env, ...way.env }
    const { status, stdout, stderr } = spawnSync(program, [...args, ...flags], {
      cwd: directory,
      encoding: 'utf8',
      env,
      timeout: 120_000,
    })
    // What a manager complains of, not only that it does.
    expect({ status, output: status === 0 ? '' : stdout + stderr }).toEqual({ status: 0, output: '' })
    return directory
  }

  function runIn(directory: string, ...args: string[]): string {
    return execFileSync(process.execPath, args, { cwd: directory, encoding: 'utf8', timeout: 60_000 })
  }

  test.each(Object.keys(ways))('by %s: import and require copy a file', (manager) => {
    const directory = project(manager)
    const { size } = fs.statSync(join(directory, 'package.json'))
    const pnp = fs.existsSync(join(directory, '.pnp.cjs'))
    const esm = pnp ? ['--require', './.pnp.cjs', '--experimental-loader', './.pnp.loader.mjs'] : []
    expect(runIn(directory, ...esm, 'import.mjs')).toBe(`true ${size}\n`)
    expect(runIn(directory, ...esm, 'require.cjs')).toBe(`true ${size}\n`)
    const original = fs.readFileSync(join(directory, 'package.json'))
    expect(fs.readFileSync(join(directory, 'copy-by-import'))).toEqual(original)
    expect(fs.readFileSync(join(directory, 'copy-by-require'))).toEqual(original)
  })

  test('by npm: the command runs', () => {
    const directory = project('npm')
    const bin = join(directory, 'node_modules/.bin/palfs')
    expect(execFileSync(bin, ['info'], { encoding: 'utf8' })).toContain(`palfs.${HERE}.node`)
  })

  test('by npm with --omit=optional: it imports, and says what is missing', () => {
    const directory = scratch()
    fs.writeFileSync(join(directory, 'package.json'), JSON.stringify({ dependencies: { palfs: root } }))
    const flags = ['--offline', '--no-audit', '--no-fund', '--omit=optional']
    execFileSync('npm', ['install', ...flags], { cwd: directory, stdio: 'pipe', timeout: 120_000 })
    fs.writeFileSync(join(directory, 'import.mjs'), ESM)
    const { status, stderr } = spawnSync(process.execPath, ['import.mjs'], {
      cwd: directory,
      encoding: 'utf8',
    })
    expect(status).toBe(1)
    expect(stderr).toContain("code: 'ERR_PALFS_UNSUPPORTED'")
    expect(stderr).toContain(`palfs-${HERE} is not installed. Optional dependencies were omitted`)
  })

  // What npm makes of another system's files: a lockfile that knows no binary, and an installation for elsewhere.
  test.each([
    [
      'a lockfile that lacks this system (npm/cli#4828)',
      ['ci', '--omit=dev'],
      `palfs-${HERE} is not installed.`,
    ],
    [
      '--os and --cpu of another system',
      ['install', '--os=darwin', '--cpu=arm64'],
      'The installation is for another system (darwin-arm64)',
    ],
  ])('by npm with %s', (_, args, told) => {
    const elsewhere = scratch()
    fs.writeFileSync(join(elsewhere, 'palfs.darwin-arm64.node'), 'a binary')
    const other = scratch()
    pack([other, '--partial', '--binaries', elsewhere])
    const directory = scratch()
    const palfs = `file:${join(other, file('palfs'))}`
    const optionalDependencies = { 'palfs-darwin-arm64': `file:${join(other, file('palfs-darwin-arm64'))}` }
    const flags = ['--offline', '--no-audit', '--no-fund']
    const npm = (...more: string[]): void => {
      execFileSync('npm', [...more, ...flags], { cwd: directory, stdio: 'pipe', timeout: 120_000 })
    }
    fs.writeFileSync(
      join(directory, 'package.json'),
      JSON.stringify({ dependencies: { palfs }, optionalDependencies }),
    )
    fs.writeFileSync(join(directory, 'import.mjs'), ESM)
    npm('install', '--package-lock-only')
    npm(...args)
    const { stderr } = spawnSync(process.execPath, ['import.mjs'], { cwd: directory, encoding: 'utf8' })
    expect(stderr).toContain(told)
  })

  test.each([
    ['node16', 'esm.mts', 'node16'],
    ['nodenext', 'cjs.cts', 'nodenext'],
    ['bundler', 'esm.mts', 'esnext'],
  ])('types with moduleResolution %s, in %s', (moduleResolution, entry, module) => {
    const directory = project('npm')
    fs.mkdirSync(join(directory, 'node_modules/@types'))
    for (const types of ['@types/node', 'undici-types']) {
      fs.symlinkSync(join(ROOT, 'node_modules', types), join(directory, 'node_modules', types))
    }
    const source = `
      import { copyFile, cp, createPlatformFilesystem, isFsError } from 'palfs'
      import type { CopyResult, CpOptions, ReaddirOptions } from 'palfs'
      const options: CpOptions = { recursive: true, preserve: 'all' }
      export const results: Promise<CopyResult>[] = [copyFile('a', 'b'), cp('a', 'b', options)]
      export const full = (error: unknown): boolean => isFsError(error, 'ENOSPC')
      // What a library exports must have types that can be named from there.
      export const { getxattr, readdir, readdirStream, stat } = createPlatformFilesystem()
      export const entries = <O extends ReaddirOptions>(options: O) => readdir('.', options)
      // @ts-expect-error: no such value
      void copyFile('a', 'b', { reflink: 'perhaps' })`
    fs.writeFileSync(join(directory, entry), source)
    const flags = ['--declaration', '--outDir', 'out', '--strict', '--exactOptionalPropertyTypes']
    const target = ['--target', 'es2023', '--types', 'node', '--module', module]
    const tsc = join(ROOT, 'node_modules/typescript/bin/tsc')
    const { stdout } = spawnSync(
      process.execPath,
      [tsc, ...flags, ...target, '--moduleResolution', moduleResolution, '--ignoreConfig', entry],
      { cwd: directory, encoding: 'utf8' },
    )
    expect(stdout).toBe('')
  })
})
