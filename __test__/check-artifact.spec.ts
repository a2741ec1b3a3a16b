// The gate for binaries stops what would not load elsewhere. Each fault is made by a compiler here.
import { execFileSync, spawnSync } from 'node:child_process'
import fs from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { ROOT, scratch } from './child.js'
import { ADDON, available, compile } from './fixtures/broken-installs.js'

function check(...args: string[]): { status: number | null; stdout: string; problems: string[] } {
  const script = join(ROOT, 'scripts/check-artifact.mjs')
  const { status, stdout, stderr } = spawnSync(process.execPath, [script, ...args], { encoding: 'utf8' })
  return { status, stdout, problems: stderr.trimEnd().split('\n') }
}

const here =
  process.platform === 'linux' && available('gcc') && available('readelf') ? describe : describe.skip

here('the gate for binaries', () => {
  test('lets the one that was built here through, as a local one', () => {
    const { status, stdout, problems } = check('--local', ADDON)
    expect({ status, problems }).toEqual({ status: 0, problems: [''] })
    expect(stdout).toMatch(/ KiB; needs .*libc\.so/u)
    expect(stdout).toMatch(/; version \d+\.\d+\.\d+$/mu)
  })

  test.each([
    ['needs libstdc++', 'x64-gnu', ['-Wl,--no-as-needed', '-lstdc++', '-s'], 'needs libstdc++.so.6'],
    ['is not stripped', 'x64-gnu', ['-g'], 'is not stripped'],
    ['is too large', 'x64-gnu', ['-s', '-DSIZE=2000000'], 'KiB of 900 allowed'],
    ['is for glibc under the name of musl', 'x64-musl', ['-s'], 'needs libc.so.6'],
    ['is for another processor', 'arm64-gnu', ['-s'], 'is for Advanced Micro Devices X86-64'],
  ])('stops what %s', (_, target, flags, problem) => {
    const path = join(scratch(), `palfs.linux-${target}.node`)
    const source = '#ifndef SIZE\n#define SIZE 1\n#endif\nchar content[SIZE] = {1};'
    // Nothing of glibc newer than 2.17: each is to fail for its own reason alone.
    compile('gcc', source, path, '-shared', '-nostartfiles', '-Wl,--no-as-needed', '-lc', ...flags)
    expect(check(path)).toMatchObject({ status: 1, problems: [expect.stringContaining(problem)] })
  })

  test('what is built here may be larger than what is published, whose std is compiled for size', () => {
    const path = join(scratch(), 'palfs.linux-x64-gnu.node')
    compile('gcc', 'char content[2000000] = {1};', path, '-shared', '-s')
    expect(check('--local', path)).toMatchObject({ status: 0, problems: [''] })
  })

  test('stops what asks for a glibc that 2.17 is not, unless it is for here', () => {
    const directory = scratch()
    const versions = join(directory, 'versions')
    fs.writeFileSync(versions, 'GLIBC_2.18 { later; };')
    const script = [`-Wl,--version-script=${versions}`, '-Wl,-soname,libc.so.6', '-nostdlib']
    const later = compile('gcc', 'void later(void) {}', join(directory, 'libc.so.6'), '-shared', ...script)
    const path = join(directory, 'palfs.linux-x64-gnu.node')
    const source = 'void later(void); void here(void) { later(); }'
    compile('gcc', source, path, '-shared', '-nostdlib', '-s', later)
    expect(check('--local', path).status).toBe(0)
    expect(check(path)).toMatchObject({
      status: 1,
      problems: ['palfs.linux-x64-gnu.node: asks for GLIBC_2.18'],
    })
  })

  test('stops what calls a function that the glibc it was linked against did not have yet', () => {
    const path = join(scratch(), 'palfs.linux-x64-gnu.node')
    const source =
      'void later(void); __attribute__((weak)) void perhaps(void); void here(void) { later(); perhaps(); }'
    compile('gcc', source, path, '-shared', '-nostartfiles', '-s')
    expect(check(path)).toMatchObject({
      status: 1,
      problems: ['palfs.linux-x64-gnu.node: asks for later, which no library has'],
    })
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

  test('wants a file', () => {
    expect(check().status).toBe(1)
  })
})
