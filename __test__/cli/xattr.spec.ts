// palfs xattr, beside getfattr(1) and setfattr(1).
import { execFileSync } from 'node:child_process'
import { symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import { setXattr } from '../support/files.js'
import { onFilesystems } from '../support/filesystems.js'
import { shown } from '../support/attributes.js'
import { MAIN, palfs } from './program.js'

const OK = { status: 0, stdout: '', stderr: '' }

onFilesystems(['ext4'], 'palfs xattr', ['attr'], (test) => {
  test('sets, gets, lists and removes', ({ dir }) => {
    for (const name of ['a', 'b']) writeFileSync(join(dir, name), '')
    const run = (...args: string[]): unknown => palfs(['xattr', ...args], { cwd: dir })
    expect(run('set', 'user.note', 'köstlich', 'a', 'b')).toEqual(OK)
    expect(shown(join(dir, 'b'), 'user.note').toString()).toBe('köstlich')
    expect(run('get', 'user.note', 'a')).toEqual({ ...OK, stdout: 'köstlich' })
    expect(run('get', '--json', 'user.note', 'a')).toEqual({
      ...OK,
      stdout: '{"name":"user.note","value":"köstlich"}\n',
    })
    setXattr(join(dir, 'a'), 'user.empty', '')
    expect(run('list', 'a')).toEqual({ ...OK, stdout: 'user.empty\nuser.note\n' })
    expect(run('list', 'a', '--json')).toEqual({ ...OK, stdout: '["user.empty","user.note"]\n' })
    expect(run('rm', 'user.note', 'a', 'b')).toEqual(OK)
    expect(run('list', 'b')).toEqual(OK)
  })

  test('gets bytes as they are, and as base64 in JSON', ({ dir }) => {
    const path = join(dir, 'a')
    writeFileSync(path, '')
    const value = Buffer.from([0, 0xff, 0x0a, 0x80])
    setXattr(path, 'user.bytes', value)
    expect(execFileSync(process.execPath, [MAIN, 'xattr', 'get', 'user.bytes', path])).toEqual(value)
    const { stdout } = palfs(['xattr', 'get', '--json', 'user.bytes', path])
    expect(JSON.parse(stdout)).toEqual({ name: 'user.bytes', value: { base64: value.toString('base64') } })
  })

  test('goes on after a file that fails, and exits with 1', ({ dir }) => {
    writeFileSync(join(dir, 'b'), '')
    const outcome = palfs(['xattr', 'set', 'user.x', '1', 'absent', 'b'], { cwd: dir })
    const stderr = "palfs xattr: cannot set 'user.x' of 'absent': No such file or directory (ENOENT)\n"
    expect(outcome).toEqual({ status: 1, stdout: '', stderr })
    expect(shown(join(dir, 'b'), 'user.x').toString()).toBe('1')
    expect(palfs(['xattr', 'get', 'user.y', 'b'], { cwd: dir })).toEqual({
      status: 1,
      stdout: '',
      stderr: "palfs xattr: cannot get 'user.y' of 'b': No data available (ENODATA)\n",
    })
  })

  test('says of a value that is too large that it is, and not what the kernel said', ({ dir }) => {
    writeFileSync(join(dir, 'a'), '')
    const value = 'x'.repeat(70_000)
    const text = 'Extended attribute value too large for this filesystem (ERR_PALFS_XATTR_TOO_LARGE)'
    const stderr = `palfs xattr: cannot set 'user.x' of 'a': ${text}\n`
    const outcome = palfs(['xattr', 'set', 'user.x', value, 'a'], { cwd: dir })
    expect(outcome).toEqual({ status: 1, stdout: '', stderr })
  })

  test('creates only, replaces only, and leaves links alone with -h', ({ dir }) => {
    writeFileSync(join(dir, 'a'), '')
    symlinkSync('a', join(dir, 'link'))
    const status = (...args: string[]): number | null => palfs(['xattr', ...args], { cwd: dir }).status
    expect(status('set', '--replace', 'user.x', '1', 'a')).toBe(1)
    expect(status('set', '--create', 'user.x', '1', 'link')).toBe(0)
    expect(status('set', '--create', 'user.x', '2', 'a')).toBe(1)
    expect(status('set', '--replace', 'user.x', '3', 'a')).toBe(0)
    expect(palfs(['xattr', 'list', '-h', 'link'], { cwd: dir })).toEqual(OK)
    expect(palfs(['xattr', 'get', 'user.x', 'link'], { cwd: dir }).stdout).toBe('3')
    expect(palfs(['xattr', 'rm', '-h', 'user.x', 'link'], { cwd: dir }).status).toBe(1)
  })

  test.for([
    [[], 'missing action'],
    [['grow'], "no action 'grow'"],
    [['list'], 'missing FILE'],
    [['get', 'user.x'], 'missing FILE'],
    [['set', 'user.x', 'a'], 'missing FILE'],
    [['list', 'a', 'b'], "extra operand 'b'"],
    [['rm', '--json', 'user.x', 'a'], '--json does not go with rm'],
    [['set', '--create', '--replace', 'user.x', '1', 'a'], '--create does not go with --replace'],
  ] as const)('%j is refused: %s', ([args, problem], { dir }) => {
    const outcome = palfs(['xattr', ...args], { cwd: dir })
    expect(outcome).toEqual({
      status: 1,
      stdout: '',
      stderr: expect.stringContaining(`palfs xattr: ${problem}`),
    })
  })

  test('explains itself', () => {
    expect(palfs(['xattr', '--help']).stdout).toMatch(/^Usage: palfs xattr list/)
    expect(palfs(['--help']).stdout).toContain('palfs xattr')
  })
})
