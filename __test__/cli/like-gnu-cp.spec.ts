// The same arguments in two equal directories: GNU cp in one, palfs cp in the other, nothing may differ.
import { chmodSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect } from 'vitest'
import { outcomes, type Case } from './compare-with-gnu.js'
import { test, whyNoGnuCp } from './program.js'
import { NOBODY, OLDER, aged, directory, fifo, file, hardLink, mine, symlink } from './small-tree.js'

const a = file('a')
const CASES: Readonly<Record<string, Case>> = {
  'a new file': { args: ['a', 'b'], build: [a] },
  'a new executable': { args: ['a', 'b'], build: [file('a', 'x', 0o755)] },
  'a new file from one with set-id bits': { args: ['a', 'b'], build: [file('a', 'x', 0o6755)] },
  'an existing file, rewritten in place': {
    args: ['a', 'b'],
    build: [a, file('b', 'longer than a', 0o600), hardLink('b', 'c')],
  },
  'an empty file': { args: ['a', 'b'], build: [file('a', '')] },
  'into a directory': { args: ['a', 'd'], build: [a, directory('d')] },
  'into a directory with a slash': { args: ['a', 'd/'], build: [a, directory('d')] },
  'several into a directory': { args: ['a', 'b', 'd'], build: [a, file('b'), directory('d')] },
  'several, one of them missing': { args: ['a', 'no', 'b', 'd'], build: [a, file('b'), directory('d')] },
  'several, one of them a directory': {
    args: ['a', 'e', 'b', 'd'],
    build: [a, file('b'), directory('d'), directory('e')],
  },
  'several into what is no directory': { args: ['a', 'b', 'c'], build: [a, file('b'), file('c')] },
  'several into what is not there': { args: ['a', 'b', 'c'], build: [a, file('b')] },
  'a link, followed': { args: ['l', 'b'], build: [a, symlink('a', 'l')] },
  'a link, followed (-L)': { args: ['-L', 'l', 'b'], build: [a, symlink('a', 'l')] },
  'a link, followed (-H)': { args: ['-H', 'l', 'b'], build: [a, symlink('a', 'l')] },
  'onto a link to a file': { args: ['a', 'l'], build: [a, file('b'), symlink('b', 'l')] },
  'onto a link to a directory': { args: ['a', 'l'], build: [a, directory('d'), symlink('d', 'l')] },
  'onto a dangling link': { args: ['a', 'l'], build: [a, symlink('no', 'l')] },
  '-f onto a dangling link': { args: ['-f', 'a', 'l'], build: [a, symlink('no', 'l')] },
  'a missing file': { args: ['no', 'b'], build: [] },
  'a directory': { args: ['d', 'b'], build: [directory('d')] },
  'into a missing directory': { args: ['a', 'no/b'], build: [a] },
  'to a new name with a slash': { args: ['a', 'b/'], build: [a] },
  'onto a file with a slash': { args: ['a', 'b/'], build: [a, file('b')] },
  'a file with a slash': { args: ['a/', 'b'], build: [a] },
  'an empty name': { args: ['', 'b'], build: [] },
  'to an empty name': { args: ['a', ''], build: [a] },
  'onto itself': { args: ['a', 'a'], build: [a] },
  'onto itself under another spelling': { args: ['a', './a'], build: [a] },
  'onto a hard link of itself': { args: ['a', 'b'], build: [a, hardLink('a', 'b')] },
  'onto a link to itself': { args: ['a', 'l'], build: [a, symlink('a', 'l')] },
  'a link onto its target': { args: ['l', 'a'], build: [a, symlink('a', 'l')] },
  '-u onto itself': { args: ['-u', 'a', 'a'], build: [a] },
  '-n onto an existing file': { args: ['-n', 'a', 'b'], build: [a, file('b')] },
  '-n to a new name': { args: ['-n', 'a', 'b'], build: [a] },
  '-n onto a dangling link': { args: ['-n', 'a', 'l'], build: [a, symlink('no', 'l')] },
  '-u onto an older file': { args: ['-u', 'a', 'b'], build: [a, file('b', 'old', 0o600, OLDER)] },
  '-u onto a newer file': { args: ['-u', 'b', 'a'], build: [a, file('b', 'old', 0o600, OLDER)] },
  '-u onto a file of the same age': { args: ['-u', 'a', 'b'], build: [a, file('b')] },
  '-u onto a newer FIFO': { args: ['-u', 'a', 'p'], build: [a, fifo('p')] },
  '-ru onto a newer FIFO': { args: ['-ru', 'a', 'p'], build: [a, fifo('p')] },
  '-u --remove-destination onto a newer FIFO': {
    args: ['-u', '--remove-destination', 'a', 'p'],
    build: [a, fifo('p')],
  },
  '-uT onto a newer directory': { args: ['-uT', 'a', 'd'], build: [a, directory('d')] },
  '-uT onto an older directory': { args: ['-uT', 'a', 'd'], build: [a, directory('d'), aged('d')] },
  '-ruT onto a newer directory': { args: ['-ruT', 'a', 'd'], build: [a, directory('d')] },
  '-uT onto a link to a newer directory': {
    args: ['-uT', 'a', 'l'],
    build: [a, directory('d'), symlink('d', 'l')],
  },
  '-Pu of a link onto a newer file': {
    args: ['-Pu', 'l', 'b'],
    build: [symlink('no', 'l'), aged('l'), file('b')],
  },
  '-PuT of a link onto a newer directory': {
    args: ['-PuT', 'l', 'd'],
    build: [symlink('no', 'l'), aged('l'), directory('d')],
  },
  '-ru of a FIFO onto a newer file': {
    args: ['-ru', 'p', 'b'],
    build: [fifo('p'), aged('p'), file('b')],
  },
  '-u to a new name': { args: ['-u', 'a', 'b'], build: [a] },
  '-p': { args: ['-p', 'a', 'b'], build: [file('a', 'x', 0o4751)], times: ['b'] },
  '-p onto an existing file': {
    args: ['-p', 'a', 'b'],
    build: [file('a', 'x', 0o755), file('b', 'y', 0o600, OLDER)],
    times: ['b'],
  },
  '--preserve=timestamps': {
    args: ['--preserve=timestamps', 'a', 'b'],
    build: [file('a', 'x', 0o755)],
    times: ['b'],
  },
  '--preserve=mode': { args: ['--preserve=mode', 'a', 'b'], build: [file('a', 'x', 0o777)] },
  '--preserve=all': { args: ['--preserve=all', 'a', 'b'], build: [file('a', 'x', 0o777)], times: ['b'] },
  '-p --no-preserve=mode': {
    args: ['-p', '--no-preserve=mode', 'a', 'b'],
    build: [file('a', 'x', 0o700)],
    times: ['b'],
  },
  '--no-preserve=mode': { args: ['--no-preserve=mode', 'a', 'b'], build: [file('a', 'x', 0o700)] },
  '--remove-destination --no-preserve=mode': {
    args: ['--remove-destination', '--no-preserve=mode', 'a', 'b'],
    build: [file('a', 'x', 0o700), file('b', 'old', 0o600)],
  },
  '--no-preserve=mode onto an existing file': {
    args: ['--no-preserve=mode', 'a', 'b'],
    build: [file('a', 'x', 0o700), file('b', 'old', 0o600)],
  },
  '--no-preserve=timestamps after -p': {
    args: ['-p', '--no-preserve=timestamps', 'a', 'b'],
    build: [file('a', 'x', 0o700)],
  },
  '-T onto a directory': { args: ['-T', 'a', 'd'], build: [a, directory('d')] },
  '-T with too many operands': { args: ['-T', 'a', 'b', 'c'], build: [a] },
  '-T with -t': { args: ['-T', '-t', 'd', 'a'], build: [a, directory('d')] },
  '-t': { args: ['-t', 'd', 'a', 'b'], build: [a, file('b'), directory('d')] },
  '-t attached': { args: ['-td', 'a'], build: [a, directory('d')] },
  '-t a missing directory': { args: ['-t', 'no', 'a'], build: [a] },
  '-t without value': { args: ['a', '-t'], build: [a] },
  'a directory of the same name in the way': {
    args: ['a', 'd'],
    build: [a, directory('d'), directory('d/a')],
  },
  '-v': {
    args: ['-v', 'a', 'b', "it's", 'sp ace', 'd'],
    build: [a, file('b'), file("it's"), file('sp ace'), directory('d')],
  },
  '-v of names that need escapes': {
    args: ['-v', 'new\nline', '$"\'', 'tab\there', 'ümlaut', 'd'],
    build: [file('new\nline'), file('$"\''), file('tab\there'), file('ümlaut'), directory('d')],
  },
  '-nv onto an existing file': { args: ['-nv', 'a', 'b'], build: [a, file('b')] },
  'options after operands': { args: ['a', 'b', '-p'], build: [a], times: ['b'] },
  'abbreviated long options': { args: ['--verb', '--no-targ', '--pres', 'a', 'b'], build: [a], times: ['b'] },
  'operands after --': { args: ['--', '-v', 'b'], build: [file('-v')] },
  'no operands': { args: [], build: [] },
  'one operand': { args: ['a'], build: [a] },
  'an unknown option': { args: ['--foo', 'a', 'b'], build: [a] },
  'an unknown letter': { args: ['-vy', 'a', 'b'], build: [a] },
  'a value that no option takes': { args: ['--verbose=3', 'a', 'b'], build: [a] },
  'an unknown thing to preserve': { args: ['--preserve=foo', 'a', 'b'], build: [a] },
  'an unknown --reflink': { args: ['--reflink=foo', 'a', 'b'], build: [a] },
  '--sparse without value': { args: ['a', 'b', '--sparse'], build: [a] },
  '--reflink with --sparse': { args: ['--reflink', '--sparse=always', 'a', 'b'], build: [a] },
  '--reflink=never': { args: ['--reflink=never', 'a', 'b'], build: [a] },
  '--remove-destination': {
    args: ['--remove-destination', 'a', 'b'],
    build: [a, file('b', 'old', 0o600), hardLink('b', 'c')],
  },
  '--remove-destination of a link': {
    args: ['--remove-destination', 'a', 'l'],
    build: [a, file('b'), symlink('b', 'l')],
  },
  '--remove-destination of a dangling link': {
    args: ['--remove-destination', 'a', 'l'],
    build: [a, symlink('no', 'l')],
  },
  '--remove-destination of a link to the source': {
    args: ['--remove-destination', 'a', 'l'],
    build: [a, symlink('a', 'l')],
  },
  '--remove-destination of a hard link of the source': {
    args: ['--remove-destination', 'a', 'b'],
    build: [a, hardLink('a', 'b')],
  },
  '--remove-destination of the source itself': { args: ['--remove-destination', 'a', './a'], build: [a] },
  'the same source twice': { args: ['-v', 'a', 'a', 'd'], build: [a, directory('d')] },
  'two sources of one name': {
    args: ['a', 'e/a', 'd'],
    build: [a, directory('d'), directory('e'), file('e/a', 'other')],
  },
}

const reason = whyNoGnuCp()
describe.skipIf(reason !== undefined)(
  `palfs cp does what GNU cp does${reason ? ` (not run: ${reason})` : ''}`,
  () => {
    for (const [title, given] of Object.entries(CASES)) {
      test(title, ({ dir }) => {
        const [gnu, ours] = outcomes('cp', given, dir)
        expect(ours).toEqual(gnu)
      })
    }
  },
)

const UNPRIVILEGED: Readonly<Record<string, Case>> = {
  'a source that may not be read': { args: ['a', 'b'], build: [file('a', 'a', 0o600), mine()] },
  'onto a read-only file': { args: ['a', 'b'], build: [a, file('b', 'b', 0o444), mine('a', 'b')] },
  '-f onto a read-only file': { args: ['-f', 'a', 'b'], build: [a, file('b', 'b', 0o444), mine('a', 'b')] },
  "-f onto somebody else's file": { args: ['-f', 'a', 'b'], build: [a, file('b', 'b', 0o600), mine('a')] },
  '-f onto a file in a directory of somebody else': {
    args: ['-f', 'a', 'b'],
    build: [file('a', 'a', 0o644), file('b', 'b', 0o644)],
  },
  '--remove-destination of a read-only file': {
    args: ['--remove-destination', 'a', 'b'],
    build: [a, file('b', 'b', 0o444), mine('a', 'b')],
  },
  '--remove-destination in a directory of somebody else': {
    args: ['--remove-destination', 'a', 'b'],
    build: [file('a', 'a', 0o644), file('b', 'b', 0o666)],
  },
  "-p of somebody else's file": {
    args: ['-p', 'a', 'b'],
    build: [file('a', 'a', 0o755), mine()],
    times: ['b'],
  },
  "-p of somebody else's set-id file": {
    args: ['-p', 'a', 'b'],
    build: [file('a', 'a', 0o6755), mine()],
    times: ['b'],
  },
  "-p of a set-id file of one's own": {
    args: ['-p', 'a', 'b'],
    build: [a, mine('a'), (dir) => chmodSync(join(dir, 'a'), 0o6755)],
    times: ['b'],
  },
  "in place onto somebody else's file that may be written": {
    args: ['a', 'b'],
    build: [a, file('b', 'old', 0o666), mine('a')],
  },
  "-p in place onto somebody else's file that anybody may write": {
    args: ['-p', 'a', 'b'],
    build: [file('a', 'a', 0o666), file('b', 'old', 0o666), mine('a')],
  },
  "--preserve=timestamps in place onto somebody else's file": {
    args: ['--preserve=timestamps', 'a', 'b'],
    build: [a, file('b', 'old', 0o666), mine('a')],
  },
  'into a directory of somebody else': {
    args: ['a', 'd'],
    build: [file('a', 'a', 0o644), directory('d'), mine()],
  },
}

const notRoot = process.getuid?.() === 0 ? undefined : 'changing the user needs root'
const whyNot = reason ?? notRoot
describe.skipIf(whyNot !== undefined)(
  `palfs cp without privileges does what GNU cp does${whyNot ? ` (not run: ${whyNot})` : ''}`,
  () => {
    for (const [title, given] of Object.entries(UNPRIVILEGED)) {
      test(title, ({ dir }) => {
        chmodSync(dir, 0o755)
        const [gnu, ours] = outcomes('cp', given, dir, NOBODY)
        expect(ours).toEqual(gnu)
      })
    }

    test("-p in place onto somebody else's file is refused, too, but before its content is gone", ({
      dir,
    }) => {
      chmodSync(dir, 0o755)
      const build = [a, file('b', 'old', 0o666), mine('a')]
      const [gnu, ours] = outcomes('cp', { args: ['-p', 'a', 'b'], build }, dir, NOBODY)
      expect(gnu).toMatchObject({ status: 1, files: { b: expect.stringMatching(/; a$/) } })
      expect(ours).toMatchObject({ status: 1, files: { b: expect.stringMatching(/; old$/) } })
    })
  },
)
