// Filesystems that lack something: ramfs has no extended attributes, and NTFS (by FUSE) takes names that differ by case
// for one. A copy there loses nothing silently, and never takes a file for another one.
import { existsSync, linkSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import { copyFile, xattr } from '../../src/index.js'
import { failure, newFile, shown } from '../support/attributes.js'
import { expectContent, expectNothingTemporary } from '../support/compare.js'
import { copied, FORMS, REPLACE, SKIPPED } from '../support/copying.js'
import { MIB, randomBytes, setXattr, writeRandom, writeSparse } from '../support/files.js'
import { betweenFilesystems, CASE_INSENSITIVE, onFilesystems } from '../support/filesystems.js'

/** A file with an attribute. */
function writeAttributed(dir: string): string {
  const path = join(dir, 'from')
  writeFileSync(path, 'content')
  setXattr(path, 'user.colour', 'blue')
  return path
}

betweenFilesystems([['ext4', 'ramfs']], 'a file with attributes', ['attr'], (test) => {
  for (const [name, copy] of FORMS) {
    test(`arrives without them, and ${name} counts that`, async ({ from, to }) => {
      const [source, target] = [writeAttributed(from), join(to, 'to')]
      const { unpreserved } = await copy(source, target, { preserve: ['xattr'] })
      expect(unpreserved).toEqual({ xattr: 1 })
      expect(readFileSync(target, 'utf8')).toBe('content')
    })

    test(`does not arrive where ${name} must lose nothing`, async ({ from, to }) => {
      const [source, target] = [writeAttributed(from), join(to, 'to')]
      const refusal = copy(source, target, { preserve: ['xattr'], metadataErrors: 'error' })
      await expect(refusal).rejects.toMatchObject({ code: 'ENOTSUP', path: source, dest: target })
      expect(readdirSync(to)).toEqual([])
    })
  }
})

betweenFilesystems([['ramfs', 'ext4']], 'a file that can have no attributes', [], (test) => {
  test('is copied whole with all that it has', async ({ from, to }) => {
    const source = newFile(from)
    const { unpreserved } = await copyFile(source, join(to, 'to'), {
      preserve: 'all',
      metadataErrors: 'error',
    })
    expect(unpreserved).toBeUndefined()
    expect(xattr.listSync(join(to, 'to'))).toEqual([])
  })
})

onFilesystems(['ramfs', CASE_INSENSITIVE], 'a copy', [], (test) => {
  for (const replace of REPLACE) {
    test(`takes the place of an old file (replace: ${replace})`, async ({ dir }) => {
      const [from, to] = [join(dir, 'from'), join(dir, 'to')]
      const content = writeRandom(from, MIB + 1)
      writeFileSync(to, 'old')
      const { bytes, files } = await copyFile(from, to, { replace })
      expect({ bytes, files }).toEqual({ bytes: MIB + 1, files: 1 })
      expectContent(to, content)
      expectNothingTemporary(dir)
    })
  }

  test('of a file with holes has every byte', async ({ dir }) => {
    const from = join(dir, 'from')
    writeSparse(from, 4 * MIB, [{ offset: MIB, length: 65_536 }])
    for (const sparse of ['auto', 'always', 'never'] as const) {
      await copyFile(from, join(dir, sparse), { sparse })
      expectContent(join(dir, sparse), readFileSync(from))
    }
  })

  test('by a forced clone is refused, and leaves nothing', async ({ dir }) => {
    const refusal = copyFile(newFile(dir), join(dir, 'to'), { reflink: 'always' })
    await expect(refusal).rejects.toMatchObject({ code: 'ENOTSUP' })
    expect(readdirSync(dir)).toEqual(['file'])
  })
})

onFilesystems([CASE_INSENSITIVE], 'names that differ by case', [], (test) => {
  for (const [name, copy] of FORMS) {
    test(`are one file, which ${name} leaves alone`, async ({ dir }) => {
      const file = newFile(dir)
      for (const replace of REPLACE) {
        expect(await copy(file, join(dir, 'FILE'), { replace })).toEqual(SKIPPED)
      }
      expect(readFileSync(file, 'utf8')).toBe('content')
      expect(readdirSync(dir)).toEqual(['file'])
    })
  }

  test('are one destination, which is replaced', async ({ dir }) => {
    const from = newFile(dir)
    writeFileSync(join(dir, 'target'), 'old')
    for (const replace of REPLACE) await copyFile(from, join(dir, 'TARGET'), { replace })
    expect(readdirSync(dir).map((each) => each.toLowerCase())).toEqual(['file', 'target'])
    expect(readFileSync(join(dir, 'target'), 'utf8')).toBe('content')
  })

  test('are refused as one that exists where the destination must be new', async ({ dir }) => {
    const from = newFile(dir)
    writeFileSync(join(dir, 'target'), 'old')
    await expect(copyFile(from, join(dir, 'Target'), 1)).rejects.toMatchObject({ code: 'EEXIST' })
    expect(readFileSync(join(dir, 'target'), 'utf8')).toBe('old')
  })

  test('are one file by a link, too', async ({ dir }) => {
    const file = newFile(dir)
    linkSync(file, join(dir, 'hard'))
    symlinkSync('FILE', join(dir, 'soft'))
    for (const other of ['HARD', 'Soft']) expect(await copyFile(file, join(dir, other))).toEqual(SKIPPED)
    expect(readFileSync(file, 'utf8')).toBe('content')
  })

  test('reach the same attributes', async ({ dir }) => {
    const file = newFile(dir)
    const value = randomBytes(1000)
    await xattr.set(join(dir, 'FILE'), 'user.colour', value)
    expect(shown(file, 'user.colour')).toEqual(value)
    expect(xattr.getSync(file, 'user.colour')).toEqual(value)
    expect(await xattr.list(join(dir, 'File'))).toEqual(['user.colour'])
    await xattr.remove(join(dir, 'fILE'), 'user.colour')
    const absent = await failure(
      () => xattr.getSync(file, 'user.colour'),
      () => xattr.get(file, 'user.colour'),
    )
    expect(absent).toMatchObject({ code: 'ENODATA' })
  })
})

betweenFilesystems([['ext4', CASE_INSENSITIVE]], 'everything a file has', ['attr'], (test) => {
  test('is kept or counted', async ({ from, to }) => {
    const [source, target] = [writeAttributed(from), join(to, 'to')]
    const result = await copyFile(source, target, { preserve: ['xattr', 'timestamps'] })
    expect(result).toEqual(copied(7, result.method))
    expect(shown(target, 'user.colour').toString()).toBe('blue')
    expect(existsSync(join(to, 'TO'))).toBe(true)
  })

  test('that has a name which the target cannot hold is an error', async ({ from, to }) => {
    const source = newFile(from)
    const target = Buffer.concat([Buffer.from(`${to}/`), Buffer.of(0xff)])
    await expect(copyFile(source, target)).rejects.toMatchObject({ code: 'EILSEQ', path: source })
    expect(readdirSync(to)).toEqual([])
  })
})
