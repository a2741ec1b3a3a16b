// Copies that begin at once and have one destination, which none of them finds there.
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import { cp } from '../../src/index.js'
import { onFilesystems } from '../support/filesystems.js'

const NAMES = ['a', 'b', 'c', 'd']

onFilesystems(['ext4', 'tmpfs'], 'copies into one new directory at once', [], (test) => {
  test('all end, and it has the files of all', async ({ dir }) => {
    for (const name of NAMES) {
      mkdirSync(join(dir, name))
      writeFileSync(join(dir, name, `of ${name}`), name)
    }
    const dest = join(dir, 'dest')
    for (let round = 0; round < 3000; round += 1) {
      await Promise.all(NAMES.map(async (name) => cp(join(dir, name), dest, { recursive: true })))
      expect(readdirSync(dest).toSorted()).toEqual(NAMES.map((name) => `of ${name}`))
      rmSync(dest, { recursive: true })
    }
  })
})
