// Trees: the same arguments in two equal directories, the GNU program in one, palfs in the other; nothing may differ.
import { chmodSync } from 'node:fs'
import { describe, expect } from 'vitest'
import { outcomes, type Case } from './compare-with-gnu.js'
import { test, whyNoGnuCp } from './program.js'
import {
  NOBODY,
  OLDER,
  aged,
  directory,
  fifo,
  file,
  hardLink,
  mine,
  mode,
  symlink,
  type Build,
} from './small-tree.js'

/** d: a file, a link to it, a directory with a file. */
const d: readonly Build[] = [
  directory('d'),
  file('d/f', 'f', 0o640),
  symlink('f', 'd/l'),
  directory('d/s'),
  file('d/s/x', 'x', 0o755),
]

const twoLinks: readonly Build[] = [
  directory('x'),
  symlink('1', 'x/l'),
  directory('y'),
  symlink('2', 'y/l'),
  directory('e'),
]

/** l and m are one link. */
const linkTwice: readonly Build[] = [symlink('no', 'l'), hardLink('l', 'm')]

/** o leads to itself. */
const loop: readonly Build[] = [file('a'), symlink('o', 'o')]

const CP: Readonly<Record<string, Case>> = {
  '-r to a new name': { args: ['-r', 'd', 'e'], build: d },
  '-R into a directory': { args: ['-R', 'd', 'e'], build: [...d, directory('e')] },
  '-a': {
    args: ['-a', 'd', 'e'],
    build: [...d, hardLink('d/f', 'd/h'), mode('d', 0o2751), aged('d')],
    times: ['e/f', 'e'],
  },
  '-d of hard links': { args: ['-dr', 'd', 'e'], build: [...d, hardLink('d/f', 'd/s/h')] },
  '-rp': {
    args: ['-rp', 'd', 'e'],
    build: [...d, mode('d/s', 0o700), aged('d/s', 'd')],
    times: ['e', 'e/s', 'e/f', 'e/s/x'],
  },
  '-rL': { args: ['-rL', 'd', 'e'], build: d },
  '-rH of a link': { args: ['-rH', 'k', 'e'], build: [...d, symlink('d', 'k')] },
  '-r of a link': { args: ['-r', 'k', 'e'], build: [...d, symlink('d', 'k')] },
  '-rP of a link': { args: ['-rP', 'k', 'e'], build: [...d, symlink('d', 'k')] },
  '-P of a link to a file': { args: ['-P', 'l', 'e'], build: [file('a'), symlink('a', 'l')] },
  '-P of a dangling link': { args: ['-P', 'l', 'e'], build: [symlink('no', 'l')] },
  '-P onto a file': { args: ['-P', 'l', 'e'], build: [symlink('no', 'l'), file('e')] },
  '-d onto a link': { args: ['-d', 'l', 'e'], build: [symlink('no', 'l'), symlink('other', 'e')] },
  '-r of a file': { args: ['-r', 'a', 'b'], build: [file('a'), file('b', 'old', 0o600)] },
  '-r of a FIFO': { args: ['-r', 'p', 'q'], build: [fifo('p')] },
  '-r of a tree with a FIFO': { args: ['-r', 'd', 'e'], build: [...d, fifo('d/p')] },
  '-r merges': {
    args: ['-rT', 'd', 'e'],
    build: [
      ...d,
      directory('e'),
      file('e/f', 'old', 0o600),
      file('e/other'),
      directory('e/s'),
      file('e/s/y'),
    ],
  },
  '-r of links over files and links': {
    args: ['-rT', 'd', 'e'],
    build: [
      directory('d'),
      symlink('x', 'd/a'),
      symlink('y', 'd/b'),
      directory('e'),
      file('e/a'),
      symlink('z', 'e/b'),
    ],
  },
  '-r of a link in the place of the file that it leads to': {
    args: ['-rT', 'd', 'e'],
    build: [directory('d'), symlink('../e/f', 'd/f'), file('d/g'), directory('e'), file('e/f'), file('e/g')],
  },
  '-aL of names that are one file by way of links': {
    args: ['-aL', 'd', 'e'],
    build: [...d, hardLink('d/f', 'd/h'), symlink('s', 'd/k'), aged('d/s', 'd')],
  },
  '-r --no-preserve=mode of a directory that others may not enter': {
    args: ['-r', '--no-preserve=mode', 'd', 'e'],
    build: [...d, mode('d/s', 0o700)],
  },
  '-rn onto itself': { args: ['-rn', 'd/f', './d/f'], build: d },
  '-r onto a file': { args: ['-rT', 'd', 'e'], build: [...d, file('e')] },
  '-r with a file in the way': { args: ['-rT', 'd', 'e'], build: [...d, directory('e'), file('e/s')] },
  '-r with a directory in the way': {
    args: ['-rT', 'd', 'e'],
    build: [...d, directory('e'), directory('e/f')],
  },
  '-rn': { args: ['-rnT', 'd', 'e'], build: [...d, directory('e'), file('e/f', 'old'), directory('e/s')] },
  '-ru': {
    args: ['-ruT', 'd', 'e'],
    build: [
      ...d,
      directory('e'),
      file('e/f', 'older', 0o600, OLDER),
      directory('e/s'),
      file('e/s/x', 'same age'),
    ],
  },
  '-ru onto what is newer and of another kind': {
    args: ['-ruT', 'd', 'e'],
    build: [...d, fifo('d/p'), aged('d/l', 'd/p'), directory('e'), fifo('e/f'), file('e/l'), file('e/p')],
  },
  '-r --remove-destination': {
    args: ['-rT', '--remove-destination', 'd', 'e'],
    build: [...d, directory('e'), file('e/f', 'old', 0o600), hardLink('e/f', 'e/h')],
  },
  'without -r': { args: ['d', 'e'], build: d },
  'several, one missing': { args: ['-r', 'd', 'no', 'a', 'e'], build: [...d, file('a'), directory('e')] },
  'the same twice': { args: ['-r', 'd', 'd', 'e'], build: [...d, directory('e')] },
  'two of one name': {
    args: ['-r', 'd', 'o/d', 'e'],
    build: [...d, directory('o'), directory('o/d'), directory('e')],
  },
  '-P of two links of one name': { args: ['-P', 'x/l', 'y/l', 'e'], build: twoLinks },
  '-r of two links of one name': { args: ['-r', 'x/l', 'y/l', 'e'], build: twoLinks },
  '-d of two links of one name': { args: ['-d', 'x/l', 'y/l', 'e'], build: twoLinks },
  '-P --remove-destination of two links of one name': {
    args: ['-P', '--remove-destination', 'x/l', 'y/l', 'e'],
    build: twoLinks,
  },
  '-P of a link and a file of one name': {
    args: ['-P', 'x/l', 'z/l', 'e'],
    build: [...twoLinks, directory('z'), file('z/l')],
  },
  '-P of a file and a link of one name': {
    args: ['-P', 'z/l', 'x/l', 'e'],
    build: [...twoLinks, directory('z'), file('z/l')],
  },
  '-d of two names of one link': { args: ['-d', 'l', 'm'], build: linkTwice },
  '-P of two names of one link': { args: ['-P', 'l', 'm'], build: linkTwice },
  '-P of two names of one link, one after the other': {
    args: ['-P', 'l', 'm', 'e'],
    build: [...linkTwice, directory('e')],
  },
  '-P of a link onto itself under another spelling': { args: ['-P', 'l', './l'], build: linkTwice },
  '-a of a tree that has a name of the same link': {
    args: ['-aT', 'd', 'e'],
    build: [...d, directory('e'), hardLink('d/l', 'e/l'), aged('d', 'd/s', 'e')],
  },
  'one file named twice': { args: ['a', './a', 'e'], build: [file('a'), directory('e')] },
  'one file named twice, through another directory': {
    args: ['a', 'e/../a', 'd/f', 'd/s/../f', 'e'],
    build: [...d, file('a'), directory('e')],
  },
  'two names of one file': {
    args: ['a', 'b', 'a', 'e'],
    build: [file('a'), hardLink('a', 'b'), directory('e')],
  },
  'one link named twice, followed': {
    args: ['l', './l', 'e'],
    build: [...linkTwice, file('no'), directory('e')],
  },
  '-P of one link named twice': { args: ['-P', 'l', './l', 'e'], build: [...linkTwice, directory('e')] },
  '-r of one directory named twice': { args: ['-r', 'd', './d/', 'e'], build: [...d, directory('e')] },
  'onto a link that leads to itself': { args: ['a', 'o'], build: loop },
  '-n onto a link that leads to itself': { args: ['-n', 'a', 'o'], build: loop },
  '-f onto a link that leads to itself': { args: ['-f', 'a', 'o'], build: loop },
  '-rf onto a link that leads to itself': { args: ['-rf', 'a', 'o'], build: loop },
  '-fp onto a link that leads to itself': { args: ['-fp', 'a', 'o'], build: loop, times: ['o'] },
  '-f onto one of two links that lead to each other': {
    args: ['-f', 'a', 'o'],
    build: [file('a'), symlink('o', 'q'), symlink('q', 'o')],
  },
  '-f of several, one onto a link that leads to itself': {
    args: ['-f', 'a', 'x', 'e'],
    build: [file('a'), file('x'), directory('e'), symlink('a', 'e/a')],
  },
  '-f --preserve=links of several, one onto a link that leads to itself': {
    args: ['-f', '--preserve=links', 'a', 'x', 'e'],
    build: [file('a'), hardLink('a', 'x'), directory('e'), symlink('a', 'e/a')],
  },
  '--remove-destination onto a link that leads to itself': {
    args: ['--remove-destination', 'a', 'o'],
    build: loop,
  },
  '--remove-destination --preserve=links onto links that lead to themselves': {
    args: ['--remove-destination', '--preserve=links', 'a', 'x', 'e'],
    build: [file('a'), hardLink('a', 'x'), directory('e'), symlink('a', 'e/a'), symlink('x', 'e/x')],
  },
  '--remove-destination --preserve=links onto links that lead nowhere': {
    args: ['--remove-destination', '--preserve=links', 'a', 'x', 'e'],
    build: [file('a'), hardLink('a', 'x'), directory('e'), symlink('no', 'e/a'), symlink('no', 'e/x')],
  },
  '-rLf of a tree with a link in the way that leads to itself': {
    args: ['-rLfT', 'd', 'e'],
    build: [...d, directory('e'), symlink('f', 'e/f')],
  },
  '-rL of a tree with a link in the way that leads to itself': {
    args: ['-rLT', 'd', 'e'],
    build: [...d, directory('e'), symlink('f', 'e/f')],
  },
  '-P of a link onto a link that leads to itself': {
    args: ['-P', 'l', 'o'],
    build: [...loop, symlink('no', 'l')],
  },
  '-P of a link that leads to itself': { args: ['-P', 'o', 'n'], build: loop },
  'a link that leads to itself': { args: ['o', 'n'], build: loop },
  '-r onto a link that leads to itself': { args: ['-r', 'd', 'o'], build: [...d, ...loop] },
  'onto itself': { args: ['-rT', 'd', 'd'], build: d },
  'a missing target': { args: ['-r', 'd', 'no/e'], build: d },
  '-t': { args: ['-rt', 'e', 'd'], build: [...d, directory('e')] },
  'what holds a directory into another directory, which is not left by that': {
    args: ['-r', 'd/s/..', 'e/f'],
    build: [...d, directory('e'), directory('e/f')],
  },
  'what holds a directory with -t': {
    args: ['-rt', 'e/f', 'd/s/../'],
    build: [...d, directory('e'), directory('e/f')],
  },
  '-rv': { args: ['-rv', 'd', 'e'], build: d },
  '-rv into an old one': {
    args: ['-rvT', 'd', 'e'],
    build: [...d, directory('e'), file('e/f'), directory('e/s')],
  },
  '--recursive --archive --one-file-system': {
    args: ['--rec', '--arch', '--one', 'd', 'e'],
    build: [...d, aged('d')],
    times: ['e'],
  },
  '--jobs without a number': { args: ['--jobs=x', 'd', 'e'], build: d },
}

const MV: Readonly<Record<string, Case>> = {
  'a file to a new name': { args: ['a', 'b'], build: [file('a')], times: ['b'] },
  'a file onto a file': { args: ['a', 'b'], build: [file('a'), file('b')] },
  'a directory to a new name': { args: ['d', 'e'], build: d },
  'a directory into a directory': { args: ['d', 'e'], build: [...d, directory('e')] },
  '-T onto an empty directory': { args: ['-T', 'd', 'e'], build: [...d, directory('e')] },
  '-T onto a full directory': { args: ['-T', 'd', 'e'], build: [...d, directory('e'), file('e/x')] },
  'a directory of the same name, empty': {
    args: ['d', 'e'],
    build: [...d, directory('e'), directory('e/d')],
  },
  'a directory of the same name, full': {
    args: ['d', 'e'],
    build: [...d, directory('e'), directory('e/d'), file('e/d/x')],
  },
  '-T a directory onto a file': { args: ['-T', 'd', 'e'], build: [...d, file('e')] },
  '-T a file onto a directory': { args: ['-T', 'a', 'e'], build: [file('a'), directory('e')] },
  'a link': { args: ['l', 'm'], build: [symlink('no', 'l')] },
  'a link onto a file': { args: ['l', 'b'], build: [symlink('no', 'l'), file('b')] },
  'onto a link': { args: ['a', 'l'], build: [file('a'), file('b'), symlink('b', 'l')] },
  'onto a dangling link': { args: ['a', 'l'], build: [file('a'), symlink('no', 'l')] },
  'onto itself': { args: ['a', 'a'], build: [file('a')] },
  'onto itself under another spelling': { args: ['a', './a'], build: [file('a')] },
  'onto another name of itself': { args: ['a', 'b'], build: [file('a'), hardLink('a', 'b')] },
  'into itself': { args: ['d', 'd/s'], build: d },
  'into itself, deeper': { args: ['d', 'd/new'], build: d },
  'a missing file': { args: ['no', 'b'], build: [] },
  'to a missing directory': { args: ['a', 'no/b'], build: [file('a')] },
  '-n onto a file': { args: ['-n', 'a', 'b'], build: [file('a'), file('b')] },
  '-n to a new name': { args: ['-n', 'a', 'b'], build: [file('a')] },
  '-nf': { args: ['-nf', 'a', 'b'], build: [file('a'), file('b')] },
  '-fn': { args: ['-fn', 'a', 'b'], build: [file('a'), file('b')] },
  '-u onto an older file': { args: ['-u', 'a', 'b'], build: [file('a'), file('b', 'b', 0o600, OLDER)] },
  '-u onto a newer file': { args: ['-u', 'b', 'a'], build: [file('a'), file('b', 'b', 0o600, OLDER)] },
  '-v of several': { args: ['-v', 'a', 'd', 'e'], build: [...d, file('a'), directory('e')] },
  '-t': { args: ['-t', 'e', 'a', 'b'], build: [file('a'), file('b'), directory('e')] },
  'several, one missing': { args: ['a', 'no', 'b', 'e'], build: [file('a'), file('b'), directory('e')] },
  'two of one name': {
    args: ['a', 'o/a', 'e'],
    build: [file('a'), directory('o'), file('o/a'), directory('e')],
  },
  'several into what is no directory': { args: ['a', 'b', 'c'], build: [file('a'), file('b'), file('c')] },
  'a directory with a slash': { args: ['d/', 'e'], build: d },
  'a directory to a name with a slash': { args: ['d', 'e/'], build: d },
  'a file to a new name with a slash': { args: ['a', 'n/'], build: [file('a')] },
  'a file to a new name with a slash, twice': { args: ['b', 'n/'], build: [file('a'), file('b')] },
  'a file with a slash': { args: ['a/', 'n'], build: [file('a')] },
  'a file onto a file with a slash': { args: ['a', 'b/'], build: [file('a'), file('b')] },
  'a file onto a directory with a slash': { args: ['-T', 'a', 'e/'], build: [file('a'), directory('e')] },
  'a file into a directory with a slash': { args: ['a', 'e/'], build: [file('a'), directory('e')] },
  'a file into a directory with a dot': { args: ['a', 'e/.'], build: [file('a'), directory('e')] },
  'a directory onto an empty one with a slash': { args: ['-T', 'd', 'e/'], build: [...d, directory('e')] },
  'a directory onto an empty one with a dot': { args: ['-T', 'd', 'e/.'], build: [...d, directory('e')] },
  'a directory onto a link with a slash': {
    args: ['-T', 'd', 'k/'],
    build: [...d, directory('e'), symlink('e', 'k')],
  },
  'a directory onto a dangling link with a slash': { args: ['d', 'k/'], build: [...d, symlink('no', 'k')] },
  'a file onto a dangling link with a slash': { args: ['a', 'k/'], build: [file('a'), symlink('no', 'k')] },
  'a link to a directory with a slash': { args: ['k/', 'n'], build: [...d, symlink('d', 'k')] },
  'a link to a file with a slash': { args: ['l/', 'n'], build: [file('a'), symlink('a', 'l')] },
  'a directory with a dot': { args: ['d/.', 'n'], build: d },
  'what holds a directory': { args: ['d/s/..', 'n'], build: d },
  'the directory itself': { args: ['.', 'n'], build: d },
  'a directory onto the directory itself': { args: ['-T', 'd', '.'], build: d },
  'a link onto what it leads to': { args: ['-T', 'l', 'a'], build: [file('a'), symlink('a', 'l')] },
  'a link onto what it leads to by another': {
    args: ['-T', 'm', 'a'],
    build: [file('a'), symlink('a', 'l'), symlink('l', 'm')],
  },
  'a link onto the directory that it leads to': { args: ['-T', 'k', 'd'], build: [...d, symlink('d', 'k')] },
  'a link onto another name of the file that it leads to': {
    args: ['-T', 'l', 'b'],
    build: [file('a'), hardLink('a', 'b'), symlink('a', 'l')],
  },
  'a file onto a link to it': { args: ['a', 'l'], build: [file('a'), symlink('a', 'l')] },
  'a directory onto one that it is in': { args: ['-T', 'd/s', 'd'], build: d },
  'no operands': { args: [], build: [] },
  'one operand': { args: ['a'], build: [file('a')] },
  '-T with -t': { args: ['-T', '-t', 'e', 'a'], build: [file('a'), directory('e')] },
}

const RM: Readonly<Record<string, Case>> = {
  'a file': { args: ['a'], build: [file('a'), file('b')] },
  'several, one missing': { args: ['a', 'no', 'b'], build: [file('a'), file('b')] },
  '-f of what is missing': { args: ['-f', 'no', 'a'], build: [file('a')] },
  '-f without operands': { args: ['-f'], build: [] },
  'no operands': { args: [], build: [] },
  'a directory': { args: ['d'], build: d },
  '-r of a directory': { args: ['-r', 'd'], build: [...d, file('b')] },
  '-R of a file': { args: ['-R', 'a'], build: [file('a')] },
  '-d of an empty directory': { args: ['-d', 'e'], build: [directory('e')] },
  '-d of a full directory': { args: ['-d', 'd'], build: d },
  '-d of a file': { args: ['-d', 'a'], build: [file('a')] },
  '-rd': { args: ['-rd', 'd'], build: d },
  'a link to a directory': { args: ['-r', 'l'], build: [...d, symlink('d', 'l')] },
  'a dangling link': { args: ['l'], build: [symlink('no', 'l')] },
  'the directory itself': { args: ['-r', '.'], build: [file('a')] },
  'its parent': { args: ['-r', '..', 'd/../'], build: d },
  'below the directory': { args: ['-rf', 'd/.', 'a'], build: [...d, file('a')] },
  'the root directory': { args: ['-r', '/', '//', 'a'], build: [file('a')] },
  'a FIFO': { args: ['p'], build: [fifo('p')] },
  '-v of files': { args: ['-v', 'a', 'b'], build: [file('a'), file('b')] },
  '-rv of an empty directory': { args: ['-rv', 'e'], build: [directory('e')] },
  'a file with a slash': { args: ['a/'], build: [file('a')] },
  'an unknown option': { args: ['-y', 'a'], build: [file('a')] },
  'an empty name': { args: [''], build: [] },
}

const TABLES = { cp: CP, mv: MV, rm: RM }

const reason = whyNoGnuCp()
for (const [name, cases] of Object.entries(TABLES)) {
  describe.skipIf(reason !== undefined)(
    `palfs ${name} does what GNU ${name} does${reason ? ` (not run: ${reason})` : ''}`,
    () => {
      for (const [title, given] of Object.entries(cases)) {
        test(title, ({ dir }) => {
          const [theirs, ours] = outcomes(name, given, dir)
          expect(ours).toEqual(theirs)
        })
      }
    },
  )
}

const notRoot = process.getuid?.() === 0 ? undefined : 'changing the user needs root'
const whyNot = reason ?? notRoot
const closed: readonly Build[] = [...d, mode('d/s', 0o000), mine('d', 'd/f', 'd/s', 'd/s/x')]

describe.skipIf(whyNot !== undefined)(`without privileges${whyNot ? ` (not run: ${whyNot})` : ''}`, () => {
  test.for(['-r', '-a'])(
    'palfs cp %s of a directory that may not be read, but makes none for it',
    (option, { dir }) => {
      chmodSync(dir, 0o755)
      const [theirs, ours] = outcomes('cp', { args: [option, 'd', 'e'], build: closed }, dir, NOBODY)
      const { 'e/s': _, ...files } = theirs.files
      expect(ours).toEqual({ ...theirs, files })
    },
  )

  test.for(['-r', '-rf', '-a', '-au', '-r --remove-destination'])(
    'palfs cp %s over a file that may not be written',
    (options, { dir }) => {
      chmodSync(dir, 0o755)
      const names = ['d', 'd/f', 'd/s', 'd/s/x', 'e', 'e/f']
      const build = [...d, directory('e'), file('e/f', 'old', 0o400, OLDER), mine(...names)]
      const args = [...options.split(' '), '-T', 'd', 'e']
      const [theirs, ours] = outcomes('cp', { args, build }, dir, NOBODY)
      expect(ours).toEqual(theirs)
    },
  )

  test.for([
    ['rm', '-r of somebody else’s tree', { args: ['-r', 'd'], build: d }],
    ['mv', 'somebody else’s file', { args: ['a', 'b'], build: [file('a')] }],
  ] as const)('palfs %s %s', ([name, , given], { dir }) => {
    chmodSync(dir, 0o755)
    const [theirs, ours] = outcomes(name, given, dir, NOBODY)
    expect(ours).toEqual(theirs)
  })
})
