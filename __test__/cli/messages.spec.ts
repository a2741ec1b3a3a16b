import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test as plain } from 'vitest'
import { makeSpecial } from '../support/files.js'
import { onFilesystems } from '../support/filesystems.js'
import { MAIN, palfs, runShell, test } from './program.js'

describe('what palfs cp says', () => {
  test('a missing source is named with the code', ({ dir }) => {
    expect(palfs(['cp', 'no', 'b'], { cwd: dir })).toEqual({
      status: 1,
      stdout: '',
      stderr: "palfs cp: cannot stat 'no': No such file or directory (ENOENT)\n",
    })
  })

  test('a copy that the kernel refuses is named with both ends and the code', ({ dir }) => {
    writeFileSync(join(dir, 'a'), 'a')
    expect(palfs(['cp', 'a', 'no/b'], { cwd: dir })).toEqual({
      status: 1,
      stdout: '',
      stderr: "palfs cp: cannot copy 'a' to 'no/b': No such file or directory (ENOENT)\n",
    })
  })

  test.for([
    ['-r', "cannot copy 'd' to 'x/d': Permission denied (EACCES)"],
    ['-rT', "cannot copy 'd/s' to 'x/s': Permission denied (EACCES)"],
  ] as const)(
    'cp %s names both ends of a directory that cannot be made',
    ([option, message], { dir, skip }) => {
      if (process.getuid?.() !== 0) skip('changing the user needs root')
      chmodSync(dir, 0o755)
      mkdirSync(join(dir, 'd/s'), { recursive: true })
      mkdirSync(join(dir, 'x'))
      expect(palfs(['cp', option, 'd', 'x'], { cwd: dir, user: 65_534 })).toEqual({
        status: 1,
        stdout: '',
        stderr: `palfs cp: ${message}\n`,
      })
    },
  )

  test('a directory is left out as long as -r is not there', ({ dir }) => {
    mkdirSync(join(dir, 'd'))
    expect(palfs(['cp', 'd', 'e'], { cwd: dir })).toEqual({
      status: 1,
      stdout: '',
      stderr: "palfs cp: -r not specified; omitting directory 'd'\n",
    })
  })

  test.for([
    [['--frob', 'a', 'b'], "unrecognized option '--frob'"],
    [['-y', 'a', 'b'], "invalid option -- 'y'"],
    [['-rl', 'a', 'b'], 'option -l, --link is not supported'],
    [['--attributes-only', 'a', 'b'], 'option --attributes-only is not supported'],
    [['-S~', 'a', 'b'], 'option -S, --suffix is not supported'],
    [
      ['--re', 'a', 'b'],
      "option '--re' is ambiguous; possibilities: '--recursive' '--reflink' '--remove-destination'",
    ],
    [
      ['--reflink=sometimes', 'a', 'b'],
      "invalid argument 'sometimes' for '--reflink'; valid are auto, always, never",
    ],
    [['a'], "missing destination file operand after 'a'"],
    [[], 'missing file operand'],
  ] as const)('wrong usage %j names the fault and points at --help', ([args, message], { dir }) => {
    expect(palfs(['cp', ...args], { cwd: dir })).toEqual({
      status: 1,
      stdout: '',
      stderr: `palfs cp: ${message}\nTry 'palfs cp --help' for more information.\n`,
    })
  })

  plain('a command that there is not points at --help', () => {
    expect(palfs(['frobnicate'])).toEqual({
      status: 1,
      stdout: '',
      stderr: "palfs: no command 'frobnicate'\nTry 'palfs --help' for more information.\n",
    })
  })

  plain.for([['--help'], ['cp', '--help'], ['info', '--help'], ['--version'], ['cp', '--version']])(
    '%j is answered on standard output',
    (args) => {
      const { status, stdout, stderr } = palfs(args)
      expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
      expect(stdout).toMatch(args.includes('--help') ? /^Usage: palfs/ : /^palfs \d+\.\d+\.\d+/)
    },
  )
})

describe('without a binary', () => {
  test.for(['cp a b', 'cp -a a c d', 'mv a b', 'rm a c'])('palfs %s says why, once', (command, { dir }) => {
    mkdirSync(join(dir, 'd'))
    for (const name of ['a', 'c']) writeFileSync(join(dir, name), name)
    const { status, stdout, stderr } = palfs(command.split(' '), {
      cwd: dir,
      env: { NAPI_RS_NATIVE_LIBRARY_PATH: '/nowhere.node' },
    })
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' })
    expect(stderr).toMatch(/^palfs \w\w: palfs \S+ has no binary that loads here/u)
    expect(stderr.match(/has no binary/gu)).toHaveLength(1)
    expect(stderr).not.toMatch(/^ +at /mu)
    expect(readdirSync(dir).toSorted()).toEqual(['a', 'c', 'd'])
  })
})

describe('output that goes nowhere', () => {
  const program = `'${process.execPath}' '${MAIN}'`

  test('to a reader of complaints who has left does not end the copy', ({ dir }) => {
    mkdirSync(join(dir, 'd'))
    writeFileSync(join(dir, 'a'), 'a')
    const missing = Array.from({ length: 50 }, (_, index) => `no${index}`).join(' ')
    runShell(`${program} cp ${missing} a d 2>&1 >/dev/null | true`, { cwd: dir })
    expect(readdirSync(join(dir, 'd'))).toEqual(['a'])
  })

  test('to a full disk is an error in one line', ({ dir, skip }) => {
    if (!existsSync('/dev/full')) skip('there is no /dev/full')
    writeFileSync(join(dir, 'a'), 'a')
    for (const args of ['info', 'cp -v a b', 'cp --json a b', '--version']) {
      expect([args, runShell(`${program} ${args} >/dev/full`, { cwd: dir })]).toEqual([
        args,
        { status: 1, stdout: '', stderr: 'palfs: write error: No space left on device (ENOSPC)\n' },
      ])
    }
  })
})

describe('palfs cp --json', () => {
  test('one object sums up all sources', ({ dir }) => {
    mkdirSync(join(dir, 'd'))
    writeFileSync(join(dir, 'a'), '12345')
    writeFileSync(join(dir, 'b'), '1234567890')
    const { status, stdout, stderr } = palfs(['cp', '--json', '-v', '--reflink=never', 'a', 'b', 'd'], {
      cwd: dir,
    })
    expect({ status, stderr }).toEqual({ status: 0, stderr: "'a' -> 'd/a'\n'b' -> 'd/b'\n" })
    const sum: unknown = JSON.parse(stdout)
    expect(sum).toMatchObject({ bytes: 15, files: 2, directories: 0, symlinks: 0, others: 0, skipped: 0 })
    const { method, methods } = sum as { method: string; methods: Record<string, number> }
    expect(Object.values(methods).reduce((total, count) => total + count, 0)).toBe(2)
    expect(methods[method]).toBeGreaterThan(0)
  })

  test('an object is printed when a source fails, too, and says why', ({ dir }) => {
    mkdirSync(join(dir, 'd'))
    writeFileSync(join(dir, 'a'), '12345')
    const { status, stdout } = palfs(['cp', '--json', 'no', 'a', 'd'], { cwd: dir })
    expect(status).toBe(1)
    expect(JSON.parse(stdout)).toMatchObject({
      bytes: 5,
      files: 1,
      errors: [{ message: "cannot stat 'no': No such file or directory (ENOENT)" }],
      errorCount: 1,
    })
  })

  test('an error of the engine carries its fields', ({ dir }) => {
    writeFileSync(join(dir, 'a'), '12345')
    const { status, stdout } = palfs(['cp', '--json', 'a', 'no/b'], { cwd: dir })
    expect(status).toBe(1)
    expect(JSON.parse(stdout)).toMatchObject({
      files: 0,
      errors: [{ code: 'ENOENT', syscall: 'copyfile', path: 'a', dest: 'no/b', call: expect.any(String) }],
    })
  })
})

onFilesystems(['tiny tmpfs'], 'palfs cp', [], (tiny) => {
  tiny('a full disk is named with both ends and the code, and nothing is left', ({ dir }) => {
    writeFileSync(join(dir, 'a'), Buffer.alloc(700 * 1024, 1))
    expect(palfs(['cp', 'a', 'b'], { cwd: dir })).toEqual({
      status: 1,
      stdout: '',
      stderr: "palfs cp: cannot copy 'a' to 'b': No space left on device (ENOSPC)\n",
    })
    expect(readdirSync(dir)).toEqual(['a'])
  })
})

describe('special files without -r', () => {
  test('the content of a procfs file is copied, though its size says 0', ({ dir }) => {
    expect(palfs(['cp', '/proc/version', 'v'], { cwd: dir })).toEqual({ status: 0, stdout: '', stderr: '' })
    expect(readFileSync(join(dir, 'v'), 'utf8')).toBe(readFileSync('/proc/version', 'utf8'))
  })

  test('a FIFO is read to its end', ({ dir }) => {
    makeSpecial(dir, 'fifo', 'FIFO')
    const command = `printf content > fifo & "${process.execPath}" "${MAIN}" cp fifo b; status=$?; wait; exit $status`
    expect(runShell(command, { cwd: dir })).toEqual({ status: 0, stdout: '', stderr: '' })
    expect(readFileSync(join(dir, 'b'), 'utf8')).toBe('content')
  })

  test('a FIFO as destination is written to and stays a FIFO', ({ dir }) => {
    makeSpecial(dir, 'fifo', 'FIFO')
    writeFileSync(join(dir, 'a'), 'content')
    const command = `cat fifo & "${process.execPath}" "${MAIN}" cp a fifo; status=$?; wait; exit $status`
    expect(runShell(command, { cwd: dir })).toEqual({ status: 0, stdout: 'content', stderr: '' })
    expect(lstatSync(join(dir, 'fifo')).isFIFO()).toBe(true)
  })
})
