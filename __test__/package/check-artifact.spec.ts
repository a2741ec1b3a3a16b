// The gate for binaries stops what would not load elsewhere. Each fault is made by a compiler here.
import { execFileSync, spawnSync } from 'node:child_process'
import fs from 'node:fs'
import { basename, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { ROOT, scratch } from '../support/child.js'
import { ADDON, available, compile } from '../support/broken-installs.js'
import { describeUnless } from '../support/describe-unless.js'
import { ENTRY_POINT, GOOD, machO, WRITE, type MachO } from '../support/mach-o.js'

function check(...args: string[]): { status: number | null; stdout: string; problems: string[] } {
  const script = join(ROOT, 'scripts/check-artifact.mjs')
  const { status, stdout, stderr } = spawnSync(process.execPath, [script, ...args], { encoding: 'utf8' })
  return { status, stdout, problems: stderr.trimEnd().split('\n') }
}

/** The entry point that Node asks for, so that each file fails for its own reason alone. */
const ENTRY = 'void *napi_register_module_v1(void *env, void *exports) { return exports; }'

const tools = process.platform === 'linux' && available('gcc') && available('readelf')

describeUnless(tools ? undefined : 'it needs gcc and readelf on Linux', 'the gate for binaries', () => {
  test('lets the one that was built here through, as a local one', () => {
    const { status, stdout, problems } = check('--local', ADDON)
    expect({ status, problems }).toEqual({ status: 0, problems: [''] })
    expect(stdout).toMatch(/ KiB; needs .*libc\.so/u)
    expect(stdout).toMatch(/; version \d+\.\d+\.\d+$/mu)
  })

  test.each([
    ['is not stripped', 'x64-gnu', ['-g'], 'is not stripped'],
    ['is too large', 'x64-gnu', ['-s', '-DSIZE=2000000'], 'KiB of 900 allowed'],
    ['is for glibc under the name of musl', 'x64-musl', ['-s'], 'needs libc.so.6'],
    ['is for another processor', 'arm64-gnu', ['-s'], 'is for Advanced Micro Devices X86-64'],
  ])('stops what %s', (_, target, flags, problem) => {
    const path = join(scratch(), `palfs.linux-${target}.node`)
    const source = `#ifndef SIZE\n#define SIZE 1\n#endif\nchar content[SIZE] = {1};\n${ENTRY}`
    // Nothing of glibc newer than 2.17: each is to fail for its own reason alone.
    compile('gcc', source, path, '-shared', '-nostartfiles', '-Wl,--no-as-needed', '-lc', ...flags)
    expect(check(path)).toMatchObject({ status: 1, problems: [expect.stringContaining(problem)] })
  })

  // A library of that name, for a C compiler alone does not bring it.
  test('stops what needs libstdc++', () => {
    const [soname, path] = ['libstdc++.so.6', join(scratch(), 'palfs.linux-x64-gnu.node')]
    const flags = ['-shared', '-nostdlib', '-Wl,--no-as-needed']
    const library = compile('gcc', '', join(scratch(), soname), ...flags, `-Wl,-soname,${soname}`)
    compile('gcc', ENTRY, path, ...flags, library, '-s')
    expect(check(path)).toMatchObject({
      status: 1,
      problems: ['palfs.linux-x64-gnu.node: needs libstdc++.so.6'],
    })
  })

  test('what is built here may be larger than what is published, whose std is compiled for size', () => {
    const path = join(scratch(), basename(ADDON))
    fs.copyFileSync(ADDON, path)
    fs.appendFileSync(path, Buffer.alloc(2_000_000))
    expect(check('--local', path)).toMatchObject({ status: 0, problems: [''] })
  })

  test('stops what asks for a glibc that 2.17 is not, unless it is for here', () => {
    const directory = scratch()
    const versions = join(directory, 'versions')
    fs.writeFileSync(versions, 'GLIBC_2.18 { later; };')
    const script = [`-Wl,--version-script=${versions}`, '-Wl,-soname,libc.so.6', '-nostdlib']
    const later = compile('gcc', 'void later(void) {}', join(directory, 'libc.so.6'), '-shared', ...script)
    const path = join(directory, 'palfs.linux-x64-gnu.node')
    const source = `void later(void); void here(void) { later(); } ${ENTRY}`
    compile('gcc', source, path, '-shared', '-nostdlib', '-s', '-Wl,-z,now', later)
    expect(check('--local', path).status).toBe(0)
    expect(check(path)).toMatchObject({
      status: 1,
      problems: ['palfs.linux-x64-gnu.node: asks for GLIBC_2.18'],
    })
  })

  test('stops what calls a function that the glibc it was linked against did not have yet', () => {
    const path = join(scratch(), 'palfs.linux-x64-gnu.node')
    const source = `void later(void); __attribute__((weak)) void perhaps(void);
      void here(void) { later(); perhaps(); } ${ENTRY}`
    compile('gcc', source, path, '-shared', '-nostartfiles', '-s')
    expect(check(path)).toMatchObject({
      status: 1,
      problems: ['palfs.linux-x64-gnu.node: asks for later, which no library has'],
    })
  })

  test('stops what Node finds no entry point in', () => {
    const path = join(scratch(), 'palfs.linux-x64-gnu.node')
    compile('gcc', 'char content = 1;', path, '-shared', '-nostartfiles', '-s')
    expect(check(path)).toMatchObject({
      status: 1,
      problems: ['palfs.linux-x64-gnu.node: has no napi_register_module_v1'],
    })
  })

  test.each([
    ['asks for a libc newer than that of FreeBSD 13', 'FBSD_1.7', 'asks for FBSD_1.7'],
    ['calls a function that no library has', undefined, 'asks for later, which no library has'],
  ])('stops what is for FreeBSD and %s', (_, version, problem) => {
    const directory = scratch()
    const versions = join(directory, 'versions')
    fs.writeFileSync(versions, `${version} { later; };`)
    const script = version === undefined ? [] : [`-Wl,--version-script=${versions}`]
    const flags = ['-shared', '-Wl,-soname,libc.so.7', '-nostdlib', ...script]
    const libc = compile('gcc', 'void later(void) {}', join(directory, 'libc.so.7'), ...flags)
    const path = join(directory, 'palfs.freebsd-x64.node')
    const source = `void later(void); void here(void) { later(); } ${ENTRY}`
    compile('gcc', source, path, '-shared', '-nostdlib', '-s', libc)
    expect(check(path)).toMatchObject({ status: 1, problems: [`palfs.freebsd-x64.node: ${problem}`] })
  })

  test('stops a file for glibc under the name of musl', () => {
    const path = join(scratch(), 'palfs.linux-x64-musl.node')
    compile('gcc', '#include <stdlib.h>\nvoid here(void) { abort(); }', path, '-shared', '-s')
    const { status, problems } = check('--local', path)
    expect(status).toBe(1)
    expect(problems.join('\n')).toContain('needs libc.so.6')
    expect(problems.join('\n')).toContain('asks for GLIBC_')
  })

  test('stops a binary of another version', () => {
    const directory = scratch()
    fs.cpSync(join(ROOT, 'scripts'), join(directory, 'scripts'), { recursive: true })
    fs.writeFileSync(join(directory, 'package.json'), JSON.stringify({ version: '9.9.9' }))
    const script = join(directory, 'scripts/check-artifact.mjs')
    expect(() => execFileSync(process.execPath, [script, '--local', ADDON], { stdio: 'pipe' })).toThrow(
      /is of version \d+\.\d+\.\d+, not 9\.9\.9/u,
    )
  })

  describe('for macOS', () => {
    function checkMac(changes: Partial<MachO>, spoil: (bytes: Buffer) => void = () => undefined): string[] {
      const path = join(scratch(), 'palfs.darwin-arm64.node')
      const bytes = machO({ ...GOOD, ...changes })
      spoil(bytes)
      fs.writeFileSync(path, bytes)
      const { status, problems } = check(path)
      expect(status).toBe(problems[0] === '' ? 0 : 1)
      return problems.map((problem) => problem.replace('palfs.darwin-arm64.node: ', ''))
    }

    test('lets through what needs nothing but the system, and is signed', () => {
      expect(checkMac({})).toEqual([''])
    })

    test.each<[string, Partial<MachO>, string]>([
      ['is for another processor', { cpu: 'x64' }, 'is for x64'],
      ['is for newer systems only', { system: 13 }, 'is for macOS 13.0'],
      ['needs a library', { needed: ['/opt/lib/libz.1.dylib'] }, 'needs /opt/lib/libz.1.dylib'],
      ['is not stripped', { symbols: [ENTRY_POINT, WRITE, ['_copy', 'local']] }, 'is not stripped'],
      ['Node finds no entry point in', { symbols: [WRITE] }, 'has no napi_register_module_v1'],
      [
        'calls a function that no library has',
        { symbols: [ENTRY_POINT, ['_later', 'undefined', 0xfe]] },
        'asks for _later, which no library has',
      ],
      ['is not signed', { signed: false }, 'is not signed, or was changed since'],
    ])('stops what %s', (_, changes, problem) => {
      expect(checkMac(changes)).toEqual([problem])
    })

    test('stops what was changed after it was signed', () => {
      // A word of the header that nobody reads.
      expect(checkMac({}, (bytes) => bytes.writeUInt32LE(1, 28))).toEqual([
        'is not signed, or was changed since',
      ])
    })
  })

  test('wants a file', () => {
    expect(check().status).toBe(1)
  })
})
