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
    ['needs libstdc++', ['-Wl,--no-as-needed', '-lstdc++', '-s'], 'needs libstdc++.so.6'],
    ['is not stripped', ['-g'], 'is not stripped'],
    ['is too large', ['-s', '-DSIZE=2000000'], 'of 900 allowed'],
  ])('stops what %s', (_, flags, problem) => {
    const path = join(scratch(), 'palfs.linux-x64-gnu.node')
    const source = '#ifndef SIZE\n#define SIZE 1\n#endif\nchar content[SIZE] = {1};'
    compile('gcc', source, path, '-shared', ...flags)
    const { status, problems } = check('--local', path)
    expect(status).toBe(1)
    expect(problems.join('\n')).toContain(problem)
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
