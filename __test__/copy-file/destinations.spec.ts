// What a copy does to the name it is given: the same file under other names, links, an old file.
import {
  chownSync,
  constants,
  existsSync,
  linkSync,
  lstatSync,
  readFileSync,
  readlinkSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import { copyFile, copyFileSync } from '../../src/index.js'
import {
  expectContent,
  expectNothingTemporary,
  modeOf,
  ownerOf,
  snapshot,
  statOf,
  xattrsOf,
} from '../support/compare.js'
import { FORMS, REPLACE, SKIPPED } from '../support/copying.js'
import { MIB, setXattr, writeRandom } from '../support/files.js'
import { betweenFilesystems, onEveryFilesystem } from '../support/filesystems.js'

/** The same file under another name in `dir`. */
const SPELLINGS: Readonly<Record<string, (dir: string, file: string) => string>> = {
  'its own path': (_, file) => file,
  'a path with dots': (dir) => `${dir}/./../${dir.slice(dir.lastIndexOf('/') + 1)}/file`,
  'a hard link': (dir, file) => {
    linkSync(file, join(dir, 'hard'))
    return join(dir, 'hard')
  },
  'a symbolic link': (dir, file) => {
    symlinkSync(file, join(dir, 'soft'))
    return join(dir, 'soft')
  },
}

onEveryFilesystem('the same file', [], (test) => {
  for (const [title, spell] of Object.entries(SPELLINGS)) {
    for (const [form, copy] of FORMS) {
      test(`under ${title} is left alone by ${form}`, async ({ dir }) => {
        const file = join(dir, 'file')
        writeRandom(file, 5000)
        const other = spell(dir, file)
        const before = snapshot(file)
        for (const replace of REPLACE) {
          expect(await copy(file, other, { replace })).toEqual(SKIPPED)
          expect(await copy(other, file, { replace })).toEqual(SKIPPED)
        }
        expect(snapshot(file)).toEqual(before)
        await expect(copy(file, other, { mode: constants.COPYFILE_EXCL })).rejects.toMatchObject({
          code: 'EEXIST',
        })
        expect(snapshot(file)).toEqual(before)
      })
    }
  }
})

onEveryFilesystem('links', [], (test) => {
  for (const replace of REPLACE) {
    test(`a live symbolic link is written through (${replace})`, async ({ dir }) => {
      const [from, target, link] = [join(dir, 'from'), join(dir, 'target'), join(dir, 'link')]
      const content = writeRandom(from, 5000)
      writeFileSync(target, 'old')
      symlinkSync('target', link)
      symlinkSync('link', join(dir, 'link-to-link'))
      await copyFile(from, join(dir, 'link-to-link'), { replace })
      expectContent(target, content)
      expect([readlinkSync(link), readlinkSync(join(dir, 'link-to-link'))]).toEqual(['target', 'link'])
      expect(lstatSync(target).isFile()).toBe(true)
      expectNothingTemporary(dir)
    })

    test(`a dangling symbolic link is replaced, its target not made (${replace})`, async ({ dir }) => {
      const [from, link] = [join(dir, 'from'), join(dir, 'link')]
      const content = writeRandom(from, 5000)
      symlinkSync('nowhere', link)
      await copyFile(from, link, { replace })
      expect(lstatSync(link).isFile()).toBe(true)
      expectContent(link, content)
      expect(existsSync(join(dir, 'nowhere'))).toBe(false)
      expectNothingTemporary(dir)
    })

    test(`other hard links of the destination ${replace === 'in-place' ? 'change too' : 'keep the old content'} (${replace})`, async ({
      dir,
    }) => {
      const [from, to, other] = [join(dir, 'from'), join(dir, 'to'), join(dir, 'other')]
      const content = writeRandom(from, 5000)
      writeFileSync(to, 'old')
      linkSync(to, other)
      await copyFile(from, to, { replace })
      expectContent(to, content)
      expectContent(other, replace === 'in-place' ? content : Buffer.from('old'))
    })
  }

  test('a symbolic link as source is followed', async ({ dir }) => {
    const content = writeRandom(join(dir, 'target'), 5000)
    symlinkSync('target', join(dir, 'link'))
    await copyFile(join(dir, 'link'), join(dir, 'to'))
    expect(lstatSync(join(dir, 'to')).isFile()).toBe(true)
    expectContent(join(dir, 'to'), content)
  })

  test('EXCL refuses a file, a live link and a dangling link', async ({ dir }) => {
    const from = join(dir, 'from')
    writeRandom(from, 5000)
    writeFileSync(join(dir, 'file'), 'old')
    symlinkSync('file', join(dir, 'live'))
    symlinkSync('nowhere', join(dir, 'dangling'))
    for (const name of ['file', 'live', 'dangling']) {
      for (const replace of REPLACE) {
        const refused = copyFile(from, join(dir, name), { mode: constants.COPYFILE_EXCL, replace })
        await expect(refused).rejects.toMatchObject({ code: 'EEXIST', dest: join(dir, name) })
      }
    }
    expect(readFileSync(join(dir, 'file'), 'utf8')).toBe('old')
    expect(readlinkSync(join(dir, 'dangling'))).toBe('nowhere')
  })
})

betweenFilesystems(
  [
    ['xfs', 'ext4'],
    ['ext4', 'tmpfs'],
  ],
  'a link to another filesystem',
  [],
  (test) => {
    test('is written through: the sibling is made beside its target', async ({ from, to }) => {
      const [source, link, target] = [join(from, 'from'), join(from, 'link'), join(to, 'target')]
      const content = writeRandom(source, MIB)
      writeFileSync(target, 'old')
      symlinkSync(target, link)
      const before = statOf(target).ino
      await copyFile(source, link)
      expectContent(target, content)
      expect(readlinkSync(link)).toBe(target)
      expect(statOf(target).ino).not.toBe(before)
      expectNothingTemporary(from)
      expectNothingTemporary(to)
    })
  },
)

onEveryFilesystem('in-place', ['root', 'attr'], (test) => {
  test('inode, owner and attributes of the old file stay', async ({ dir }) => {
    const [from, to] = [join(dir, 'from'), join(dir, 'to')]
    const content = writeRandom(from, MIB, 1, 0o644)
    writeRandom(to, 10, 2)
    chownSync(to, 1234, 2345)
    setXattr(to, 'user.old', 'stays')
    const [inode, attributes] = [statOf(to).ino, xattrsOf(to)]
    copyFileSync(from, to, { replace: 'in-place', preserve: [] })
    expectContent(to, content)
    expect([statOf(to).ino, ownerOf(to), xattrsOf(to)]).toEqual([inode, '1234:2345', attributes])
  })

  test('a replaced file is new: nothing of the old one stays', async ({ dir }) => {
    const [from, to] = [join(dir, 'from'), join(dir, 'to')]
    writeRandom(from, MIB, 1, 0o640)
    writeRandom(to, 10, 2)
    chownSync(to, 1234, 2345)
    setXattr(to, 'user.old', 'goes')
    await copyFile(from, to)
    expect([modeOf(to), ownerOf(to), xattrsOf(to)]).toEqual(['0640', '0:0', {}])
  })
})
