// What GNU programs do not have, on trees: one object of what was done, moves to other filesystems as one step.
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect } from 'vitest'
import { scratchInMemory } from '../support/child.js'
import { makeSpecial } from '../support/files.js'
import { below, manyFiles } from '../support/many-files.js'
import { palfs, test } from './program.js'

const memory = scratchInMemory()

describe('--json', () => {
  test('sums up a tree', ({ dir }) => {
    manyFiles(join(dir, 'd'), 3, 4)
    const { status, stdout, stderr } = palfs(['cp', '-r', '--json', '--jobs=2', 'd', 'e'], { cwd: dir })
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    expect(JSON.parse(stdout)).toMatchObject({ files: 12, directories: 4, bytes: 36, symlinks: 0 })
    expect(below(join(dir, 'e'))).toEqual(below(join(dir, 'd')))
  })

  test('names every entry that failed, and the rest is copied', ({ dir }) => {
    manyFiles(join(dir, 'd'), 2, 2)
    mkdirSync(join(dir, 'e/d0/f1'), { recursive: true })
    writeFileSync(join(dir, 'e/d1'), 'in the way')
    const { status, stdout, stderr } = palfs(['cp', '-rT', '--json', 'd', 'e'], { cwd: dir })
    expect(status).toBe(1)
    expect(stderr.trim().split('\n').toSorted()).toEqual([
      "palfs cp: cannot overwrite directory 'e/d0/f1' with non-directory 'd/d0/f1'",
      "palfs cp: cannot overwrite non-directory 'e/d1' with directory 'd/d1'",
    ])
    expect(JSON.parse(stdout)).toMatchObject({ files: 1, errorCount: 2 })
    expect(readFileSync(join(dir, 'e/d0/f0'), 'utf8')).toBe('0.0')
  })

  test('of a move and of a removal', ({ dir }) => {
    manyFiles(join(dir, 'd'), 1, 5)
    const moved = palfs(['mv', '--json', 'd', 'e'], { cwd: dir })
    expect(JSON.parse(moved.stdout)).toMatchObject({ method: 'rename' })
    const removed = palfs(['rm', '-r', '--json', 'e', 'no'], { cwd: dir })
    expect(removed.stderr).toBe("palfs rm: cannot remove 'no': No such file or directory (ENOENT)\n")
    expect(JSON.parse(removed.stdout)).toMatchObject({ files: 5, directories: 2, errorCount: 1 })
  })
})

describe('palfs mv to another filesystem', () => {
  test('copies everything and removes the source', ({ dir, skip }) => {
    if (statSync(memory).dev === statSync(dir).dev) skip('there is one filesystem only')
    manyFiles(join(dir, 'd'), 2, 3)
    const target = join(memory, 'moved')
    const { status, stdout, stderr } = palfs(['mv', '-v', 'd', target], { cwd: dir })
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    expect(stdout).toBe(`copied 'd' -> '${target}'\nremoved 'd'\n`)
    expect(existsSync(join(dir, 'd'))).toBe(false)
    expect(readFileSync(join(target, 'd1/f2'), 'utf8')).toBe('1.2')
    rmSync(target, { recursive: true })
  })
})

describe('palfs rm', () => {
  test('refuses the root directory, the directory itself and its parent, and removes the rest', ({ dir }) => {
    writeFileSync(join(dir, 'a'), '')
    const { status, stderr } = palfs(['rm', '-rf', '/', '//', '.', '..', './', 'x/..', 'a'], { cwd: dir })
    expect(status).toBe(1)
    expect(stderr.trim().split('\n')).toHaveLength(6)
    expect(stderr).toContain("refusing to remove the root directory: skipping '//'")
    expect(existsSync(join(dir, 'a'))).toBe(false)
  })

  test('never opens a FIFO', ({ dir }) => {
    mkdirSync(join(dir, 'd'))
    makeSpecial(join(dir, 'd'), 'pipe', 'FIFO')
    expect(palfs(['rm', '-r', 'd'], { cwd: dir })).toEqual({ status: 0, stdout: '', stderr: '' })
  })
})

test('a bar counts a tree whose size nobody knows yet', ({ dir }) => {
  manyFiles(join(dir, 'd'), 5, 200)
  const { status, stderr } = palfs(['cp', '-r', '--progress', 'd', 'e'], { cwd: dir })
  expect(status).toBe(0)
  expect(stderr).toMatch(/files {2}/)
})
