// palfs mv to another filesystem, beside GNU mv: hard links between operands, and metadata that is lost there.
import { chmodSync, existsSync, linkSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import { statOf } from '../support/compare.js'
import { setAcl, setXattr } from '../support/files.js'
import { betweenFilesystems, type Need } from '../support/filesystems.js'
import { run } from '../support/mounts.js'
import { onOddFilesystems } from '../support/odd-filesystems.js'
import { gnu, palfs } from './program.js'
import { NOBODY } from './small-tree.js'

const NEEDS: readonly Need[] = ['linux', 'root', 'attr', 'acl']
const PAIRS = [
  ['ext4', 'xfs'],
  ['xfs', 'btrfs'],
  ['btrfs', 'tmpfs'],
  ['tmpfs', 'overlay'],
  ['overlay', 'ext4'],
] as const

/** Each file's path, and the first path of the same file. */
function groups(root: string): Record<string, string> {
  const first = new Map<bigint, string>()
  const names = readdirSync(root, { recursive: true, encoding: 'utf8' }).toSorted()
  const files = names.filter((name) => !statOf(join(root, name)).isDirectory())
  return Object.fromEntries(
    files.map((name) => {
      const { ino } = statOf(join(root, name))
      const known = first.get(ino) ?? name
      first.set(ino, known)
      return [name, known]
    }),
  )
}

/** Names in two trees and beside them, of five inodes: files, a link, and a file with a name elsewhere. */
function build(home: string): void {
  for (const name of ['d1/deep/er', 'd2/deep']) mkdirSync(join(home, name), { recursive: true })
  for (const name of ['a', 'd1/x', 'd1/deep/er/y', 'outside', 'd1/alone'])
    writeFileSync(join(home, name), name)
  symlinkSync('nowhere', join(home, 'd1/link'))
  for (const [name, other] of [
    ['a', 'b'],
    ['a', 'd2/a'],
    ['d1/x', 'd1/deep/x'],
    ['d1/x', 'd2/x'],
    ['d1/deep/er/y', 'd2/deep/y'],
    ['outside', 'd1/inside'],
    ['d1/link', 'd2/link'],
  ] as const)
    linkSync(join(home, name), join(home, other))
}

const OPERANDS = [
  ['a', 'b'],
  ['b', 'a'],
  ['d1', 'd2'],
  ['d2', 'd1'],
  ['a', 'b', 'd1', 'd2'],
  ['d2', 'a', 'd1', 'b'],
  ['d1', 'a'],
] as const

betweenFilesystems(PAIRS, 'palfs mv of several operands', NEEDS, (test) => {
  for (const operands of OPERANDS) {
    test(`keeps the hard links between them, as GNU mv: ${operands.join(' ')}`, ({ from, to }) => {
      const sides = (['gnu', 'ours'] as const).map((side) => {
        const [home, target] = [join(from, side), join(to, side)]
        build(home)
        mkdirSync(target)
        const args = [...operands, target]
        const done = side === 'gnu' ? gnu('mv', args, { cwd: home }) : palfs(['mv', ...args], { cwd: home })
        return { ...done, moved: groups(target), left: groups(home) }
      })
      expect(sides[1]).toEqual(sides[0])
      expect(sides[1]).toMatchObject({ status: 0, stderr: '' })
    })
  }
})

onOddFilesystems(
  ['ext4 with 128-byte inodes'],
  'palfs mv of several operands, without times of birth,',
  (test) => {
    test('keeps the hard links between them', ({ from: ext4, to: home }) => {
      build(join(home, 'home'))
      const { status, stderr } = palfs(['mv', 'a', 'd1', 'd2', 'b', ext4], { cwd: join(home, 'home') })
      expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
      expect(groups(ext4)).toEqual({
        a: 'a',
        b: 'a',
        'd1/alone': 'd1/alone',
        'd1/deep/er/y': 'd1/deep/er/y',
        'd1/deep/x': 'd1/deep/x',
        'd1/inside': 'd1/inside',
        'd1/link': 'd1/link',
        'd1/x': 'd1/deep/x',
        'd2/a': 'a',
        'd2/deep/y': 'd1/deep/er/y',
        'd2/link': 'd1/link',
        'd2/x': 'd1/deep/x',
      })
    })
  },
)

betweenFilesystems([['ext4', 'ramfs']], 'palfs mv to where metadata cannot be held', NEEDS, (test) => {
  const dress = (home: string): void => {
    mkdirSync(join(home, 'd/s'), { recursive: true })
    for (const name of ['d/f', 'd/s/g']) writeFileSync(join(home, name), name)
    setXattr(join(home, 'd/f'), 'user.colour', 'blue')
    setXattr(join(home, 'd/f'), 'user.shape', 'round')
    setAcl(join(home, 'd/s/g'), 'u:1234:r')
  }

  test('moves, as GNU mv, and says what was lost', ({ from, to }) => {
    dress(from)
    const { status, stderr } = palfs(['mv', 'd', join(to, 'd')], { cwd: from })
    expect(status).toBe(0)
    expect(stderr.trim().split('\n').toSorted()).toEqual([
      `palfs mv: cannot keep 2 extended attributes of 'd/f' on '${to}/d/f'`,
      `palfs mv: preserving permissions for '${to}/d/s/g': Operation not supported (ENOTSUP)`,
    ])
    expect([existsSync(join(from, 'd')), readdirSync(join(to, 'd')).toSorted()]).toEqual([false, ['f', 's']])
    dress(join(from, 'gnu'))
    expect(gnu('mv', ['d', join(to, 'gnu')], { cwd: join(from, 'gnu') }).status).toBe(0)
  })

  test('leaves the source with --strict, and says what would lose something', ({ from, to }) => {
    dress(from)
    const { status, stderr } = palfs(['mv', '--strict', 'd', join(to, 'd')], { cwd: from })
    expect(status).toBe(1)
    expect(stderr).toMatch(
      /^palfs mv: cannot move 'd' to '.*\/d': 'd\/.*': Operation not supported \(ENOTSUP\)\n$/,
    )
    expect([readdirSync(join(from, 'd')).toSorted(), readdirSync(to)]).toEqual([['f', 's'], []])
  })
})

betweenFilesystems([['ext4', 'tmpfs']], 'palfs mv of a file that is another user’s', NEEDS, (test) => {
  test('moves it, as GNU mv, and says that its owner was not kept', ({ from, to }) => {
    for (const path of [from, to]) chmodSync(path, 0o777)
    const outcomes = ['gnu', 'ours'].map((side) => {
      const [home, file] = [join(from, side), join(from, side, 'file')]
      mkdirSync(home)
      writeFileSync(file, 'content')
      run('chown', `${NOBODY}:${NOBODY}`, home)
      const args = ['file', join(to, side)]
      const options = { cwd: home, user: NOBODY }
      const { status, stderr } = side === 'gnu' ? gnu('mv', args, options) : palfs(['mv', ...args], options)
      if (side === 'ours') expect(stderr).toBe(`palfs mv: cannot keep 1 owner of 'file' on '${to}/ours'\n`)
      return [status, existsSync(file), existsSync(join(to, side))]
    })
    expect(outcomes).toEqual([
      [0, false, true],
      [0, false, true],
    ])
  })
})
