// Directories of a lower layer of overlayfs, as those of every container's image: rename(2) of one is EXDEV.
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import { move, moveSync } from '../../src/index.js'
import { runUnder } from '../support/faults.js'
import { betweenFilesystems, type Need } from '../support/filesystems.js'
import { run } from '../support/mounts.js'
import { failureOf, movingTree } from '../support/tree-faults.js'

const NEEDS: readonly Need[] = ['linux', 'root', 'strace', 'python3']

/** An image with some directories under a layer that can be written to. */
function mountLayers(dir: string): string {
  const [lower, upper, work, point] = ['lower', 'upper', 'work', 'point'].map((name) => join(dir, name)) as [
    string,
    string,
    string,
    string,
  ]
  for (const path of [lower, upper, work, point]) mkdirSync(path)
  mkdirSync(join(lower, 'dist/assets/deep'), { recursive: true })
  writeFileSync(join(lower, 'dist/app.js'), 'old')
  writeFileSync(join(lower, 'dist/assets/deep/logo'), 'old')
  symlinkSync('app.js', join(lower, 'dist/main.js'))
  run(
    'mount',
    '-t',
    'overlay',
    '-o',
    `lowerdir=${lower},upperdir=${upper},workdir=${work},redirect_dir=off`,
    'overlay',
    point,
  )
  return point
}

function build(path: string): void {
  mkdirSync(join(path, 'assets'), { recursive: true })
  writeFileSync(join(path, 'assets/logo'), 'new')
}

for (const [form, moving] of Object.entries({
  move,
  moveSync: async (...args: Parameters<typeof moveSync>) => Promise.resolve(moveSync(...args)),
})) {
  betweenFilesystems([['tmpfs', 'ext4']], `${form} onto a directory of a lower layer`, NEEDS, (test) => {
    test('replaces it as a whole, within the filesystem and from another one', async ({ from, to }) => {
      for (const [index, isWithin] of [true, false].entries()) {
        const home = join(to, `${index}`)
        mkdirSync(home)
        const point = mountLayers(home)
        const [source, dest] = [join(isWithin ? point : from, 'new'), join(point, 'dist')]
        build(source)
        const { method } = await moving(source, dest, { overwrite: true })
        expect(method === 'rename').toBe(isWithin)
        expect(readdirSync(dest, { recursive: true, encoding: 'utf8' }).toSorted()).toEqual([
          'assets',
          'assets/logo',
        ])
        expect(readFileSync(join(dest, 'assets/logo'), 'utf8')).toBe('new')
        expect([existsSync(source), readdirSync(point)]).toEqual([false, ['dist']])
      }
    })

    test('replaces it by another directory of a lower layer, which is copied', async ({ to }) => {
      const point = mountLayers(to)
      const [source, dest] = [join(point, 'dist/assets'), join(point, 'dist/new')]
      await moving(source, dest)
      expect([existsSync(source), readFileSync(join(dest, 'deep/logo'), 'utf8')]).toEqual([false, 'old'])
    })
  })
}

betweenFilesystems(
  [['tmpfs', 'ext4']],
  'a directory of a lower layer that could not be removed',
  NEEDS,
  (test) => {
    test('is torn, which the error says; the source is whole', async ({ from, to }) => {
      const point = mountLayers(to)
      const source = join(from, 'new')
      build(source)
      const inject = [{ calls: 'unlinkat', error: 'EIO', when: '2+' }]
      const done = await runUnder(
        { inject, paths: [join(point, 'dist'), join(point, 'dist/assets/deep')] },
        movingTree(source, join(point, 'dist'), { overwrite: true }),
      )
      expect(done.hits).toBeGreaterThan(0)
      expect(failureOf(done)).toMatchObject({ code: 'EIO', destination: 'torn' })
      expect(readFileSync(join(source, 'assets/logo'), 'utf8')).toBe('new')
      expect(readdirSync(point)).toEqual(['dist'])
    })
  },
)
