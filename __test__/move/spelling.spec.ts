// Another spelling of the same name, where names that differ by case are one: vfat and casefold directories answer 0 to the
// rename and leave the old spelling. A user of mv expects the new one.
import { linkSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import { move, moveSync } from '../../src/index.js'
import { serve, withFaultyServers } from '../support/faulty-server.js'

for (const [form, moving] of Object.entries({
  move,
  moveSync: async (...args: Parameters<typeof moveSync>) => Promise.resolve(moveSync(...args)),
})) {
  withFaultyServers(
    `${form} of a name to another spelling of it, which rename(2) leaves as it was,`,
    (test) => {
      for (const overwrite of [false, true]) {
        test(`spells a file and a directory anew (overwrite: ${overwrite})`, async ({ dir }) => {
          const { mount, served } = await serve(dir, 'one-case')
          writeFileSync(join(mount, 'ca'), 'content')
          expect(await moving(join(mount, 'ca'), join(mount, 'CA'), { overwrite })).toMatchObject({
            method: 'rename',
            files: 1,
          })
          expect([readdirSync(served), readFileSync(join(served, 'CA'), 'utf8')]).toEqual([['CA'], 'content'])
          mkdirSync(join(mount, 'dir'))
          writeFileSync(join(mount, 'dir/inner'), 'inner')
          await moving(join(mount, 'dir'), join(mount, 'Dir'), { overwrite })
          expect(readdirSync(served).toSorted()).toEqual(['CA', 'Dir'])
          expect(readFileSync(join(served, 'Dir/inner'), 'utf8')).toBe('inner')
        })
      }

      test('says that nothing happened where the new spelling is that of another link, and leaves both', async ({
        dir,
      }) => {
        const { mount, served } = await serve(dir, 'one-case')
        writeFileSync(join(mount, 'ca'), 'content')
        linkSync(join(mount, 'ca'), join(mount, 'other'))
        const moved = await moving(join(mount, 'ca'), join(mount, 'OTHER'), { overwrite: true })
        expect(moved).toMatchObject({ method: 'none', files: 0, skipped: 1 })
        expect(readdirSync(served).toSorted()).toEqual(['ca', 'other'])
      })

      test('leaves a name that is too long for one beside it', async ({ dir }) => {
        const { mount, served } = await serve(dir, 'one-case')
        const [long, upper] = ['a', 'A'].map((letter) => letter.repeat(250))
        writeFileSync(join(mount, long ?? ''), 'content')
        const moved = await moving(join(mount, long ?? ''), join(mount, upper ?? ''))
        expect(moved).toMatchObject({ method: 'none', skipped: 1 })
        expect(readdirSync(served)).toEqual([long])
      })

      test('leaves content alone where each spelling has a number of its own', async ({ dir }) => {
        const { mount, served } = await serve(dir, 'case')
        writeFileSync(join(mount, 'ca'), 'content')
        await expect(moving(join(mount, 'ca'), join(mount, 'CA'))).rejects.toMatchObject({ code: 'EEXIST' })
        await moving(join(mount, 'ca'), join(mount, 'CA'), { overwrite: true })
        const names = readdirSync(served)
        expect([names, names.map((name) => readFileSync(join(served, name), 'utf8'))]).toEqual([
          ['CA'],
          ['content'],
        ])
      })
    },
  )
}
