// Metadata that was asked for and could not be set: GNU cp says so of each entry and ends with 1, and so does palfs.
import { spawnSync } from 'node:child_process'
import { chmodSync, lstatSync, mkdirSync, readFileSync, type Stats } from 'node:fs'
import { join } from 'node:path'
import { describe, expect } from 'vitest'
import { LONG, onFilesystems } from '../support/filesystems.js'
import { MAIN, whyNoGnuCp, type Outcome } from './program.js'
import { directory, fifo, file, mine, mode, symlink, type Build } from './small-tree.js'

/** What both say of the metadata: ours has the code behind, and names the program. */
function complaints({ stderr }: Outcome): string[] {
  return (
    stderr
      .replaceAll(/^(palfs )?cp: /gm, '')
      .replaceAll(/ \(E[A-Z]+\)$/gm, '')
      .replaceAll(/[‘’]/g, "'")
      // GNU leaves out the quotes of a link's name here, and has another word where the source's bits are not wanted.
      .replaceAll(/(ownership for) ([^'].*):/g, "$1 '$2':")
      .replaceAll('setting permissions', 'preserving permissions')
      .split('\n')
      .filter(Boolean)
      .toSorted()
  )
}

/** Files, a directory, a link and a FIFO of another owner. */
const TREE: readonly Build[] = [
  file('a', 'content of a', 0o641),
  directory('d'),
  file('d/f', 'f', 0o751),
  symlink('f', 'd/l'),
  fifo('d/p'),
  directory('d/s'),
  file('d/s/x', 'x', 0o604),
  mode('d/s', 0o750),
  mine('a', 'd/f', 'd/l', 'd/p', 'd/s', 'd/s/x'),
  (dir) => chmodSync(dir, 0o755),
]

interface Attribute {
  /** The calls that set it, on either side. */
  readonly calls: string
  readonly of: (stats: Stats) => number
}

const bits = ({ mode: all }: Stats): number => all & 0o7777
const ATTRIBUTES: Readonly<Record<string, Attribute>> = {
  times: { calls: 'utimensat', of: ({ mtimeMs }) => mtimeMs },
  bits: {
    calls: 'chmod,fchmod,fchmodat,?fchmodat2,fsetxattr,setxattr,fremovexattr,removexattr',
    of: bits,
  },
  owner: { calls: 'fchown,fchownat,lchown,chown', of: ({ uid }) => uid },
}

const OPTIONS = [
  '',
  '-p',
  '-a',
  '-d',
  '--preserve=timestamps',
  '--preserve=mode',
  '--preserve=ownership',
  '--no-preserve=mode',
  '-a --no-preserve=timestamps',
  '-a --no-preserve=mode',
  '-a --no-preserve=ownership',
]

/** Runs a command that may not set an attribute. */
function under({ calls }: Attribute, error: string, command: readonly string[], cwd: string): Outcome {
  const inject = `inject=${calls}:error=${error}`
  const { status, stdout, stderr } = spawnSync('strace', ['-fqo', '../trace', '-e', inject, ...command], {
    cwd,
    encoding: 'utf8',
    env: { ...process.env, LC_ALL: 'C.UTF-8' },
  })
  return { status, stdout, stderr }
}

/** Whether the entry that GNU complains of is as it should be in our copy: GNU sets what is right already, too. */
function isKept(complaint: string, cwd: string, { of }: Attribute, args: string): boolean {
  const name = /'(.*)'/.exec(complaint)?.[1] ?? ''
  const source = lstatSync(join(cwd, name.replace(/^b/, 'a').replace(/^e/, 'd')))
  const ordinary = source.isDirectory() ? 0o755 : 0o644
  const wanted = of === bits && args.includes('--no-preserve=mode') ? ordinary : of(source)
  return of(lstatSync(join(cwd, name))) === wanted
}

const reason = whyNoGnuCp()
describe.skipIf(reason !== undefined)(`as GNU cp${reason ? ` (not run: ${reason})` : ''}`, () => {
  onFilesystems(['ext4'], 'where the kernel refuses to set the', ['root', 'strace'], (test) => {
    const cases = Object.keys(ATTRIBUTES).flatMap((name) =>
      (LONG || name === 'times' ? ['EPERM', 'EIO'] : ['EPERM']).map((error) => [name, error] as const),
    )
    test.for(cases)('%s (%s)', { timeout: 120_000 }, ([name, error], { dir }) => {
      const attribute = ATTRIBUTES[name]
      if (!attribute) throw new Error(name)
      let failed = 0
      const commands = OPTIONS.flatMap((options) => [
        ...(options.startsWith('-a') ? [] : [`${options} a b`]),
        `${options} -r d e`,
      ])
      for (const [index, args] of commands.entries()) {
        const [theirs, ours] = ['gnu', 'ours'].map((side) => {
          const cwd = join(dir, `${side}-${index}`)
          mkdirSync(cwd)
          for (const step of TREE) step(cwd)
          const program = side === 'gnu' ? ['cp'] : [process.execPath, MAIN, 'cp']
          const done = under(attribute, error, [...program, ...args.split(' ').filter(Boolean)], cwd)
          const names = args.endsWith('b') ? ['b'] : ['e/f', 'e/s/x']
          const content = names.map((each) => readFileSync(join(cwd, each), 'utf8'))
          return { cwd, status: done.status, said: complaints(done), content }
        })
        if (!theirs || !ours) throw new Error('both ran')
        const expected = theirs.said.filter((each) => !isKept(each, ours.cwd, attribute, args))
        expect([args, ours.said, ours.content]).toEqual([args, expected, theirs.content])
        expect([args, ours.status]).toEqual([args, expected.length > 0 ? theirs.status : 0])
        failed += ours.status ?? 0
      }
      expect(failed).toBeGreaterThan(0)
    })
  })
})
