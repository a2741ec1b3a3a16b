// Filesystems in user space that answer mknod(2) otherwise than they act: nothing temporary is left of what they made.
import { lstatSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import { copyingSync, runUnder } from '../support/faults.js'
import { makeSpecial } from '../support/files.js'
import { onFilesystems, scratch } from '../support/filesystems.js'
import { run } from '../support/mounts.js'
import { copyingTree, isTemporary } from '../support/tree-faults.js'

const SHIM = join(import.meta.dirname, '../support/mknod-shim.c')

const ANSWERS = {
  error: { title: 'makes the node and answers EIO', code: 'EIO' },
  file: { title: 'makes a file and answers that all is well', code: 'ENOTSUP' },
} as const

onFilesystems(['ext4', 'tmpfs'], 'a filesystem that', ['root', 'linux', 'cc'], (test) => {
  for (const [how, { title, code }] of Object.entries(ANSWERS)) {
    test(`${title}: the copy fails, and leaves no file`, async ({ dir }) => {
      const library = join(scratch, `mknod-shim-${how}.so`)
      run('cc', '-shared', '-fPIC', '-o', library, SHIM)
      const [tree, copy, old] = [join(dir, 'tree'), join(dir, 'copy'), join(dir, 'old')]
      mkdirSync(tree)
      const fifo = makeSpecial(tree, 'fifo', 'FIFO')
      makeSpecial(tree, 'socket', 'socket')
      writeFileSync(join(tree, 'file'), 'content')
      mkdirSync(old)
      writeFileSync(join(old, 'fifo'), 'old')
      const fault = { env: { LD_PRELOAD: library, MKNOD_SHIM: how } }
      const collected = { preserve: 'all', onError: 'collect' }
      const { outcomes } = await runUnder(
        fault,
        copyingTree(tree, copy, collected),
        copyingTree(tree, old, collected),
        copyingSync(fifo, join(dir, 'one'), { specialFiles: 'copy' }),
      )
      for (const { result } of outcomes.slice(0, 2)) {
        expect(result).toMatchObject({ files: 1, others: 0, errorCount: 2 })
        expect(result?.errors).toMatchObject([
          { code, call: 'mknodat' },
          { code, call: 'mknodat' },
        ])
      }
      expect(outcomes[2]?.error).toMatchObject({ code, call: 'mknodat', path: fifo })
      expect(readdirSync(copy)).toEqual(['file'])
      expect(readdirSync(old).toSorted()).toEqual(['fifo', 'file'])
      expect(lstatSync(join(old, 'fifo')).isFile()).toBe(true)
      expect(readdirSync(dir).filter(isTemporary)).toEqual([])
    })
  }
})
