// A link moved onto what it leads to would lead to itself, and the content would be gone. GNU mv refuses that, and palfs as it does;
// it is run beside it.
import { spawnSync } from 'node:child_process'
import {
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import { move, moveSync } from '../../src/index.js'
import { betweenFilesystems, onFilesystems } from '../support/filesystems.js'

interface Given {
  /** From path to the text of a link. */
  readonly links: Readonly<Record<string, string>>
  readonly from: string
  readonly to: string
  /** A second name of the file. */
  readonly hardLink?: string
}

const REFUSED: Readonly<Record<string, Given>> = {
  'a link to a file': { links: { link: 'file' }, from: 'link', to: 'file' },
  'a link to a file in another directory': { links: { 'sub/link': '../file' }, from: 'sub/link', to: 'file' },
  'a link to a file below a directory': { links: { link: 'dir/inner' }, from: 'link', to: 'dir/inner' },
  'a link to a file by way of a linked directory': {
    links: { link: 'way/inner', way: 'dir' },
    from: 'link',
    to: 'dir/inner',
  },
  'a link to a link to a file': { links: { link: 'next', next: 'file' }, from: 'link', to: 'file' },
  'the first of many links to a file': {
    links: Object.fromEntries(
      Array.from({ length: 30 }, (_, at) => [`l${at}`, at === 29 ? 'file' : `l${at + 1}`]),
    ),
    from: 'l0',
    to: 'file',
  },
  'a link to a directory': { links: { link: 'dir' }, from: 'link', to: 'dir' },
  'a link to a link to a directory': { links: { link: 'next', next: 'dir/' }, from: 'link', to: 'dir' },
  'a link to one of two names of a file': {
    links: { link: 'file' },
    from: 'link',
    to: 'file',
    hardLink: 'twin',
  },
}

const ALLOWED: Readonly<Record<string, Given>> = {
  'a file onto a link to it': { links: { link: 'file' }, from: 'file', to: 'link' },
  'a file onto a link to a link to it': { links: { link: 'next', next: 'file' }, from: 'file', to: 'link' },
  'a file onto the second of two links to it': {
    links: { link: 'next', next: 'file' },
    from: 'file',
    to: 'next',
  },
  'a link onto another link to the same file': {
    links: { link: 'file', other: 'file' },
    from: 'link',
    to: 'other',
  },
  'a link onto another name of its file': {
    links: { link: 'file' },
    from: 'link',
    to: 'twin',
    hardLink: 'twin',
  },
  'a link onto another name of its file in another directory': {
    links: { 'sub/link': '../file' },
    from: 'sub/link',
    to: 'dir/file',
    hardLink: 'dir/file',
  },
  'a link to another file': { links: { link: 'dir/inner' }, from: 'link', to: 'file' },
  'a link that leads nowhere': { links: { link: 'nowhere' }, from: 'link', to: 'file' },
  'a link that leads to itself': { links: { link: 'link' }, from: 'link', to: 'file' },
}

function build(world: string, { links, hardLink }: Given): void {
  for (const name of ['dir', 'sub']) mkdirSync(join(world, name), { recursive: true })
  for (const name of ['file', 'dir/inner']) writeFileSync(join(world, name), name)
  for (const [name, text] of Object.entries(links)) symlinkSync(text, join(world, name))
  if (hardLink !== undefined) linkSync(join(world, 'file'), join(world, hardLink))
}

function listing(directory: string, above = ''): string[] {
  return readdirSync(directory).flatMap((name) => {
    const [path, shown] = [join(directory, name), join(above, name)]
    const stat = lstatSync(path)
    if (stat.isDirectory()) return [`${shown}/`, ...listing(path, shown)]
    return stat.isSymbolicLink()
      ? `${shown} -> ${readlinkSync(path)}`
      : `${shown}: ${readFileSync(path, 'utf8')}`
  })
}

for (const [form, moving] of Object.entries({
  move,
  moveSync: async (...args: Parameters<typeof moveSync>) => Promise.resolve(moveSync(...args)),
})) {
  onFilesystems(['ext4', 'btrfs', 'overlay', 'tmpfs'], `${form} with overwrite`, ['linux'], (test) => {
    for (const [what, given] of [...Object.entries(REFUSED), ...Object.entries(ALLOWED)]) {
      const isRefused = what in REFUSED
      test(`${isRefused ? 'refuses, as GNU mv, what would lead to itself' : 'moves, as GNU mv,'}: ${what}`, async ({
        dir,
      }) => {
        const [theirs, ours] = [join(dir, 'theirs'), join(dir, 'ours')]
        for (const world of [theirs, ours]) build(world, given)
        const before = listing(ours)
        const { status } = spawnSync('mv', ['-T', given.from, given.to], { cwd: theirs })
        const [from, to] = [join(ours, given.from), join(ours, given.to)]
        const done = moving(from, to, { overwrite: true })
        if (isRefused) await expect(done).rejects.toMatchObject({ code: 'EINVAL', path: from, dest: to })
        else expect(await done).toMatchObject({ method: 'rename' })
        expect(status).toBe(isRefused ? 1 : 0)
        expect(listing(ours)).toEqual(listing(theirs))
        if (isRefused) expect(listing(ours)).toEqual(before)
      })
    }
  })

  betweenFilesystems(
    [
      ['ext4', 'xfs'],
      ['tmpfs', 'btrfs'],
    ],
    `${form} with overwrite of a link onto what it leads to`,
    ['linux'],
    (test) => {
      test('is EINVAL, and the content stays', async ({ from, to }) => {
        const [link, next, file] = [join(from, 'link'), join(to, 'next'), join(to, 'file')]
        writeFileSync(file, 'content')
        symlinkSync('file', next)
        for (const target of [file, next]) {
          const source = `${link}-to-${target === file ? 'file' : 'next'}`
          symlinkSync(target, source)
          const done = moving(source, file, { overwrite: true })
          await expect(done).rejects.toMatchObject({ code: 'EINVAL', path: source, dest: file })
        }
        expect(readFileSync(file, 'utf8')).toBe('content')
        expect(readdirSync(from).toSorted()).toEqual(['link-to-file', 'link-to-next'])
        mkdirSync(join(to, 'dir'))
        writeFileSync(join(to, 'dir/inner'), 'content')
        symlinkSync(join(to, 'dir'), link)
        const onto = moving(link, join(to, 'dir'), { overwrite: true })
        await expect(onto).rejects.toMatchObject({ code: 'EINVAL' })
        expect(readdirSync(join(to, 'dir'))).toEqual(['inner'])
      })

      test('the other way round keeps the content in the place of the link', async ({ from, to }) => {
        const [link, file] = [join(to, 'link'), join(from, 'file')]
        writeFileSync(file, 'content')
        symlinkSync(file, link)
        await moving(file, link, { overwrite: true })
        expect([readdirSync(from), lstatSync(link).isSymbolicLink(), readFileSync(link, 'utf8')]).toEqual([
          [],
          false,
          'content',
        ])
      })
    },
  )
}
