// Which C library a process runs on, told from the process.
import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { expect, test } from 'vitest'
import { readElf } from '../../src/binding/elf.js'
import { LIBC } from '../../src/index.js'
import { libcOfInterpreter, libcOfMaps, libcOfReport, runningLibc } from '../../src/binding/libc.js'
import { node, ROOT, scratch } from '../support/child.js'
import { available, compile } from '../support/broken-installs.js'
import { describeUnless } from '../support/describe-unless.js'
import { mayMount } from '../support/mounts.js'

test.each([
  ['/lib64/ld-linux-x86-64.so.2', 'glibc'],
  ['/lib/ld-linux-aarch64.so.1', 'glibc'],
  ['/nix/store/0wydilnf1c9vznywsvxqnaing4wraaxp-glibc-2.39-52/lib/ld-linux-x86-64.so.2', 'glibc'],
  ['/lib/ld-musl-x86_64.so.1', 'musl'],
  ['/nix/store/3ad4f5mi9bbdb8dk9nmvwvyx9bh0zbvw-musl-1.2.5/lib/ld-musl-x86_64.so.1', 'musl'],
  ['/system/bin/linker64', undefined],
  ['', undefined],
])('the interpreter %s', (path, libc) => {
  expect(libcOfInterpreter(path)).toBe(libc)
})

test.each([
  ['glibc', '7f00-7f01 r-xp 00000000 fd:01 123 /usr/lib/x86_64-linux-gnu/libc.so.6'],
  ['glibc of old, under its own name', '7f00-7f01 r-xp 00000000 fd:01 123 /lib64/libc-2.17.so'],
  ['musl on Alpine', '7f00-7f01 r-xp 00000000 fd:01 123 /lib/ld-musl-x86_64.so.1'],
  ['musl on Debian and Void', '7f00-7f01 r-xp 00000000 fd:01 123 /usr/lib/x86_64-linux-musl/libc.so'],
  ['neither', '7f00-7f01 r-xp 00000000 fd:01 123 /usr/bin/node\n7f02-7f03 rw-p 00000000 00:00 0 [heap]'],
])('mapped into the process: %s', (name, line) => {
  const maps = `55d0-55d1 r--p 00000000 fd:01 99 /usr/bin/node\n${line}\n7f10-7f11 r--p 00000000 fd:01 5 /usr/lib/libcap.so.2\n`
  expect(libcOfMaps(maps)).toBe(name === 'neither' ? undefined : name.split(' ')[0])
})

test.each([
  [{ header: { glibcVersionRuntime: '2.36' }, sharedObjects: [] }, 'glibc'],
  [{ header: {}, sharedObjects: ['/lib/ld-musl-aarch64.so.1', '/usr/lib/libstdc++.so.6'] }, 'musl'],
  [{ header: {}, sharedObjects: [] }, undefined],
  [undefined, undefined],
])('a report like %o', (report, libc) => {
  expect(libcOfReport(report)).toBe(libc)
})

const notLinux = process.platform === 'linux' ? undefined : 'it is for Linux'

describeUnless(notLinux, 'a real process', () => {
  const ask = `
    const { runningLibc } = await import(args[0])
    console.log(process.platform, runningLibc(), palfs.supported)`
  const args = [pathToFileURL(join(ROOT, 'dist/binding/libc.js')).href]
  const expected = `linux ${LIBC} true\n`

  test('this one', () => {
    expect(runningLibc()).toBe(LIBC)
  })

  test('started by its loader, which is then the program that runs', ({ skip }) => {
    const loader = readElf('/proc/self/exe')?.interpreter
    skip(loader === undefined || !existsSync(loader), 'this Node names no loader')
    expect(node(ask, { args, through: [loader ?? ''] }).stdout).toBe(expected)
  })

  test('without /proc', ({ skip }) => {
    skip(!mayMount(), 'unmounting /proc needs the right to mount')
    const through = ['unshare', '-m', 'sh', '-c', 'umount -l /proc; exec "$@"', 'sh']
    expect(node(ask, { args, through }).stdout).toBe(expected)
  })

  test('where `ldd` belongs to the other library', ({ skip }) => {
    skip(!mayMount() || !existsSync('/usr/bin/ldd'), 'replacing ldd needs the right to mount, and an ldd')
    const through = [
      'unshare',
      '-m',
      'sh',
      '-c',
      'mount --bind "$0" /usr/bin/ldd; exec "$@"',
      '/usr/bin/musl-gcc',
    ]
    skip(!existsSync(through.at(-1) ?? ''), 'there is no script that names musl')
    expect(node(ask, { args, through }).stdout).toBe(expected)
  })

  test('a program that was linked for musl', ({ skip }) => {
    skip(!available('musl-gcc'), 'musl-gcc is not installed')
    const program = compile('musl-gcc', 'int main(void) { return 0; }', join(scratch(), 'program'))
    execFileSync(program)
    expect(libcOfInterpreter(readElf(program)?.interpreter ?? '')).toBe('musl')
  })
})

test.each(['/dev/null', '/nowhere', ROOT, join(ROOT, 'package.json')])('%s is no program', (path) => {
  expect(readElf(path)).toBeUndefined()
})
