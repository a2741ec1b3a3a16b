// Names that are not UTF-8, on the command line and in messages.
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test as plain } from 'vitest'
import { bytePath } from '../support/files.js'
import { quote } from '../../src/cli/quote.js'
import { rawArguments, toByteString } from '../../src/cli/raw-arguments.js'
import { MAIN, runShell, test } from './program.js'

const argv = (...args: string[]): string[] => ['node', 'main.js', ...args]
const neverRead = (): Buffer => {
  throw new Error('read without need')
}

describe('arguments as bytes', () => {
  plain('ordinary names are taken from argv without a look at procfs', () => {
    expect(rawArguments(argv('cp', 'ümlaut'), neverRead)).toEqual(['cp', toByteString('ümlaut')])
  })

  plain('bytes that Node replaced come back from the command line of the kernel', () => {
    const cmdline = Buffer.from('node\0--flag\0main.js\0cp\0\xff\0\0', 'latin1')
    expect(rawArguments(argv('cp', '\uFFFD', ''), () => cmdline)).toEqual(['cp', '\xff', ''])
  })

  plain('a real U+FFFD in a name stays what it is', () => {
    const cmdline = Buffer.from('node\0main.js\0cp\0\uFFFD\0')
    expect(rawArguments(argv('cp', '\uFFFD'), () => cmdline)).toEqual(['cp', toByteString('\uFFFD')])
  })

  plain.for([
    ['overwritten by a process title', 'palfs'],
    ['cut short', 'cp\0'],
  ] as const)('a command line that was %s is not believed', ([, cmdline]) => {
    expect(rawArguments(argv('cp', '\uFFFD'), () => Buffer.from(cmdline))).toEqual([
      'cp',
      toByteString('\uFFFD'),
    ])
  })

  plain('without procfs the names stay as Node shows them', () => {
    expect(rawArguments(argv('\uFFFD'), neverRead)).toEqual([toByteString('\uFFFD')])
  })
})

describe.skipIf(!existsSync('/proc/self/cmdline'))(
  'palfs cp with names that are not UTF-8 (needs procfs)',
  () => {
    const cp = `"${process.execPath}" "${MAIN}" cp`

    test('such a file is copied to such a name', ({ dir }) => {
      writeFileSync(bytePath(dir, Buffer.from('a\xff', 'latin1')), 'content')
      // The shell makes the bytes: Node cannot pass them to a child.
      const outcome = runShell(`${cp} -v "$(printf 'a\\377')" "$(printf 'b\\376')"`, { cwd: dir })
      expect(outcome).toEqual({ status: 0, stdout: "'a'$'\\377' -> 'b'$'\\376'\n", stderr: '' })
      expect(readFileSync(bytePath(dir, Buffer.from('b\xfe', 'latin1')), 'utf8')).toBe('content')
    })

    test('such a directory is a target', ({ dir }) => {
      writeFileSync(join(dir, 'a'), 'content')
      const script = `d="$(printf 'd\\377')"; mkdir "$d"; ${cp} -t "$d" a; ${cp} --target-directory="$d" -v a; ${cp} -p a "$d"/b`
      expect(runShell(script, { cwd: dir })).toEqual({
        status: 0,
        stdout: "'a' -> 'd'$'\\377''/a'\n",
        stderr: '',
      })
      const inside = readdirSync(bytePath(dir, Buffer.from('d\xff', 'latin1')))
      expect(inside.toSorted()).toEqual(['a', 'b'])
    })
  },
)

plain.for([
  ['plain', "'plain'"],
  ["it's", '"it\'s"'],
  ["$it's", "'$it'\\''s'"],
  ['new\nline', "'new'$'\\n''line'"],
  ['\x1b[31m', "''$'\\033''[31m'"],
  ['ümlaut', "'ümlaut'"],
  ['', "''"],
] as const)('the name %j is shown so that a shell reads it back: %s', ([name, shown]) => {
  expect(quote(name)).toBe(shown)
})
