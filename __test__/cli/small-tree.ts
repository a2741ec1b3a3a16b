// Small trees to copy in: built step by step, and read back as one object.
import {
  chmodSync,
  lchownSync,
  linkSync,
  lstatSync,
  lutimesSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { makeSpecial } from '../support/files.js'

/** Who is neither root nor the owner of anything. */
export const NOBODY = 65_534

/** One step of building a tree in `dir`. */
export type Build = (dir: string) => void

const DAY_MS = 86_400_000
const OLD = new Date('2001-02-03T04:05:06.789Z')
export const OLDER = new Date('1999-01-01T00:00:00Z')

export function file(name: string, content = name, mode = 0o640, mtime = OLD): Build {
  return (dir) => {
    writeFileSync(join(dir, name), content)
    chmodSync(join(dir, name), mode)
    utimesSync(join(dir, name), mtime, mtime)
  }
}
export const directory =
  (name: string): Build =>
  (dir) =>
    mkdirSync(join(dir, name))
export const symlink =
  (target: string, name: string): Build =>
  (dir) =>
    symlinkSync(target, join(dir, name))
export const hardLink =
  (name: string, other: string): Build =>
  (dir) =>
    linkSync(join(dir, name), join(dir, other))

export const mode =
  (name: string, bits: number): Build =>
  (dir) =>
    chmodSync(join(dir, name), bits)

/** Gives links and directories an old time, which for directories making what is in them has changed. */
export const aged =
  (...names: string[]): Build =>
  (dir) => {
    for (const name of names) lutimesSync(join(dir, name), OLDER, OLDER)
  }

export const fifo =
  (name: string): Build =>
  (dir) =>
    void makeSpecial(dir, name, 'FIFO')

/** Gives these, and the directory itself, to nobody. */
export const mine =
  (...names: string[]): Build =>
  (dir) => {
    for (const name of ['.', ...names]) lchownSync(join(dir, name), NOBODY, NOBODY)
  }

/**
 * Everything below `dir`: types, modes, content, targets, which names are one file, and the wanted times; `old`: those before
 * today.
 */
export function snapshot(dir: string, times: readonly string[] | 'old'): Record<string, string> {
  const names = readdirSync(dir, { recursive: true, encoding: 'utf8' }).toSorted()
  const inodes = names.map((name) => lstatSync(join(dir, name)).ino)
  return Object.fromEntries(
    names.map((name) => {
      const path = join(dir, name)
      const stats = lstatSync(path, { bigint: true })
      const twin = names[inodes.indexOf(Number(stats.ino))]
      const parts = [`${stats.uid}:${stats.gid}`, stats.mode.toString(8), `the same as ${twin}`]
      if (stats.isFile()) parts.push(readFileSync(path, 'utf8'))
      if (stats.isSymbolicLink()) parts.push(readlinkSync(path))
      const isWanted = times === 'old' ? Number(stats.mtimeMs) < Date.now() - DAY_MS : times.includes(name)
      if (isWanted) parts.push(String(stats.mtimeNs))
      return [name, parts.join('; ')]
    }),
  )
}
