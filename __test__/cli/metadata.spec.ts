// ACLs and extended attributes: what palfs cp keeps is what GNU cp keeps.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect } from 'vitest'
import { setAcl, setTimes, setXattr } from '../support/files.js'
import { betweenFilesystems, onFilesystems } from '../support/filesystems.js'
import { gnuCp, palfs, runShell, whyNoGnuCp } from './program.js'

const SHOW = 'getfacl --omit-header b; getfattr --dump b; stat --format="%a %y" b'
const OPTIONS = [
  '-p',
  '--preserve=mode',
  '--preserve=xattr',
  '--preserve=all',
  '--preserve=timestamps,ownership',
  '-p --no-preserve=mode',
  '--preserve=all --no-preserve=xattr',
] as const

const reason = whyNoGnuCp()
describe.skipIf(reason !== undefined)(`as GNU cp${reason ? ` (not run: ${reason})` : ''}`, () => {
  onFilesystems(['ext4', 'btrfs'], 'a file with an ACL and attributes', ['acl', 'attr'], (test) => {
    test.for(OPTIONS)('copied with %s', (options, { dir }) => {
      const [gnu, ours] = ['gnu', 'ours'].map((name) => {
        const cwd = join(dir, name)
        mkdirSync(cwd)
        writeFileSync(join(cwd, 'a'), 'content', { mode: 0o640 })
        setAcl(join(cwd, 'a'), 'u:1234:rw')
        setXattr(join(cwd, 'a'), 'user.note', 'kept or not')
        setTimes(join(cwd, 'a'), '1000000000.123456789', '1000000001.987654321')
        const args = [...options.split(' '), 'a', 'b']
        const outcome = name === 'gnu' ? gnuCp(args, { cwd }) : palfs(['cp', ...args], { cwd })
        const shown = runShell(SHOW, { cwd }).stdout
        // The time of the copy itself where none is kept.
        return { outcome, file: shown.replace(/ 20[2-9]\d-.*/, ' now') }
      })
      expect(ours).toEqual(gnu)
    })
  })
})

betweenFilesystems([['xfs', 'ext4']], 'an attribute that the target cannot hold', ['attr'], (test) => {
  test.for([
    ['--preserve=all', 0, /^$/],
    ['--preserve=xattr', 1, /^palfs cp: cannot keep 1 extended attribute of '.*a' on '.*b'\n$/],
  ] as const)('under %s the status is %i', ([option, status, message], { from, to }) => {
    const [src, dest] = [join(from, 'a'), join(to, 'b')]
    writeFileSync(src, 'content')
    setXattr(src, 'user.large', Buffer.alloc(60_000, 1))
    const outcome = palfs(['cp', option, src, dest])
    expect(outcome).toEqual({ status, stdout: '', stderr: expect.stringMatching(message) })
    expect(readFileSync(dest, 'utf8')).toBe('content')
  })
})
