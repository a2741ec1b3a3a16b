// A component of the source or of the destination is exchanged for a link while a tree is copied: at every call.
// Nothing outside the trees is read or written. Links that stand in the destination are replaced, never followed.
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import { cp } from '../../src/index.js'
import { snapshot } from '../support/compare.js'
import { onEveryFilesystem, onFilesystems, type Need } from '../support/filesystems.js'
import { sweep, WATCHED, writeWatched, type Place, type Race } from '../support/races.js'
import { copyingTree, writeTree } from '../support/tree-faults.js'
import { expectSameTree, snapshotTree } from '../support/trees.js'

const NEEDS: readonly Need[] = ['root', 'strace', 'python3']
const OPTIONS = { preserve: 'all' } as const
const OVERWRITING = [
  ['auto', { ...OPTIONS, replace: 'auto' }],
  ['atomic', { ...OPTIONS, replace: 'atomic' }],
  ['in-place', { ...OPTIONS, replace: 'in-place' }],
] as const

function copying(options: Readonly<Record<string, unknown>>): Race['operation'] {
  return ({ tree, dest }: Place) => copyingTree(tree, dest, options)
}

const SOURCE_DIRECTORY: Race = {
  prepare: ({ tree }) => {
    mkdirSync(tree)
    writeWatched(join(tree, WATCHED))
  },
  operation: copying(OPTIONS),
  watched: ({ tree }) => join(tree, WATCHED),
  leads: 'secret',
}

const SOURCE_FILE: Race = {
  ...SOURCE_DIRECTORY,
  prepare: ({ tree }) => writeTree(tree, { [WATCHED]: 30_000, other: 10 }),
}

const NEW_DIRECTORY: Race = {
  ...SOURCE_DIRECTORY,
  watched: ({ dest }) => join(dest, WATCHED),
  leads: 'victim',
}

function standing(prepare: Race['prepare'], options: Readonly<Record<string, unknown>>): Race {
  return {
    prepare: (place) => {
      prepare(place)
      mkdirSync(place.dest)
      if (prepare === SOURCE_FILE.prepare) writeFileSync(join(place.dest, WATCHED), 'old')
      else writeWatched(join(place.dest, WATCHED), 3)
    },
    operation: copying(options),
    watched: ({ dest }) => join(dest, WATCHED),
    leads: 'victim',
  }
}

const OPENING = /^(openat|openat2|mkdirat|newfstatat|statx|getdents64|fchmod|renameat|renameat2|utimensat)$/

onFilesystems(['ext4', 'xfs'], 'a race with a copy of a tree', NEEDS, (test) => {
  const races: Readonly<Record<string, Race>> = {
    'a directory of the source: nothing outside is read': SOURCE_DIRECTORY,
    'a file of the source: nothing outside is read': SOURCE_FILE,
    'a new directory of the destination: nothing outside is written': NEW_DIRECTORY,
    'an old directory of the destination: nothing outside is written': standing(
      SOURCE_DIRECTORY.prepare,
      OPTIONS,
    ),
    ...Object.fromEntries(
      OVERWRITING.map(([replace, options]) => [
        `an old file of the destination: nothing outside is written (${replace})`,
        standing(SOURCE_FILE.prepare, options),
      ]),
    ),
  }
  for (const [title, race] of Object.entries(races)) {
    test(`for ${title}`, { timeout: 600_000 }, async ({ dir }) => {
      const runs = await sweep(dir, race, OPENING)
      expect(runs.length).toBeGreaterThan(1)
      const failed = runs.filter(({ outcome }) => outcome.error !== undefined)
      console.log(`${runs.length} halts, ${failed.length} of them ended in an error`)
    })
  }
})

onEveryFilesystem('a link that stands in the destination', ['python3', 'linux'], (test) => {
  for (const [replace, options] of OVERWRITING) {
    test(`where a file comes is replaced, wherever it points (${replace})`, async ({ dir }) => {
      const [tree, dest, victim] = [join(dir, 'tree'), join(dir, 'dest'), join(dir, 'victim')]
      writeTree(tree, { live: 100, dangling: 100, self: 100, directory: 100 })
      writeTree(victim, { file: 50 })
      mkdirSync(dest)
      symlinkSync('../victim/file', join(dest, 'live'))
      symlinkSync('../victim/absent', join(dest, 'dangling'))
      symlinkSync('self', join(dest, 'self'))
      symlinkSync('../victim', join(dest, 'directory'))
      const before = snapshotTree(victim)
      const result = await cp(tree, dest, { ...options, preserve: 'all', recursive: true })
      expect(result).toMatchObject({ files: 4 })
      expectSameTree(snapshotTree(victim), before, ['atime'])
      for (const name of ['live', 'dangling', 'self', 'directory']) {
        expect(snapshot(join(dest, name))).toMatchObject({ type: '100000' })
        expect(readFileSync(join(dest, name))).toEqual(readFileSync(join(tree, name)))
      }
    })
  }

  test('where a directory comes is not entered', async ({ dir }) => {
    const [tree, dest, victim] = [join(dir, 'tree'), join(dir, 'dest'), join(dir, 'victim')]
    writeTree(tree, { 'sub/file': 100 })
    writeTree(victim, { file: 50 })
    mkdirSync(dest)
    symlinkSync('../victim', join(dest, 'sub'))
    const before = snapshotTree(victim)
    const outcome = await cp(tree, dest, { recursive: true }).catch((error: unknown) => error)
    expectSameTree(snapshotTree(victim), before, ['atime'])
    if (outcome instanceof Error)
      expect(outcome).toMatchObject({
        code: expect.stringMatching(/^(ERR_FS_CP_DIR_TO_NON_DIR|ENOTDIR|EEXIST|ELOOP)$/),
      })
  })
})
