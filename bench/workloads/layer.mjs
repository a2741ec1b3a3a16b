// Single calls of the layer beside those of node:fs and fs-xattr, and a directory with what lstat(2) says of each name.

import fs from 'node:fs'
import { join } from 'node:path'
import { createPlatformFilesystem, xattr } from 'palfs'
import { race, time, timeSync } from '../measure.mjs'
import { FS_XATTR } from '../rivals.mjs'

const CALLS = 2000
const FILESYSTEMS = ['ext4', 'tmpfs']
const NAME = 'user.comment'
const VALUE = Buffer.from('a value of thirty-two bytes, yes')
const layer = createPlatformFilesystem()

/** So many calls of a synchronous function; microseconds for each. */
const calls = (call) => () =>
  timeSync(() => {
    for (let done = 0; done < CALLS; done++) call()
  }) / CALLS

/** A workload of contenders for one path. `prepare` makes the path and gives the contenders, each with its name. */
function workload(name, title, target, baseline, prepare) {
  return {
    name,
    group: 'layer',
    title,
    target,
    filesystems: FILESYSTEMS,
    rounds: 25,
    baseline,
    async run(point, rounds) {
      const contenders = Object.entries(prepare(point)).map(([contender, run]) => ({ name: contender, run }))
      return race(contenders, rounds, () => {})
    },
  }
}

function fileWithAttribute(point) {
  const path = join(point, 'file')
  fs.writeFileSync(path, '')
  xattr.setSync(path, NAME, VALUE)
  return path
}

function directoryOf(point, count) {
  const path = join(point, 'directory')
  fs.mkdirSync(path)
  for (let made = 0; made < count; made++) fs.writeFileSync(join(path, `entry-${made}`), '')
  return path
}

/** Those of fs-xattr, where it is installed. */
const rival = (make) => (FS_XATTR === undefined ? {} : make(FS_XATTR))

const getxattr = workload(
  'getxattr',
  'an attribute of 32 bytes is read, per call',
  'xattr.getSync at least 1.5x as fast as fs-xattr (ratio 0.67)',
  'fs-xattr getAttributeSync',
  (point) => {
    const path = fileWithAttribute(point)
    return {
      'palfs xattr.getSync': calls(() => xattr.getSync(path, NAME)),
      ...rival(({ getAttributeSync }) => ({
        'fs-xattr getAttributeSync': calls(() => getAttributeSync(path, NAME)),
      })),
    }
  },
)

const setxattr = workload(
  'setxattr',
  'an attribute of 32 bytes is set, per call',
  'xattr.setSync not slower than fs-xattr; the system call is nine tenths of it',
  'fs-xattr setAttributeSync',
  (point) => {
    const path = fileWithAttribute(point)
    return {
      'palfs xattr.setSync': calls(() => xattr.setSync(path, NAME, VALUE)),
      ...rival(({ setAttributeSync }) => ({
        'fs-xattr setAttributeSync': calls(() => setAttributeSync(path, NAME, VALUE)),
      })),
    }
  },
)

const [stat, lstat] = ['statSync', 'lstatSync'].map((method) =>
  workload(
    method,
    `${method} of a file, per call`,
    `${method} within 1.2x of node:fs`,
    `fs.${method}`,
    (point) => {
      const path = fileWithAttribute(point)
      return {
        [`palfs ${method}`]: calls(() => layer[method](path)),
        [`fs.${method}`]: calls(() => fs[method](path)),
      }
    },
  ),
)

const readdir = workload(
  'readdirSync',
  'readdirSync of 1,000 names (palfs: with types and inodes)',
  'readdirSync within 1.2x of node:fs, which gives types only if asked',
  'fs.readdirSync',
  (point) => {
    const path = directoryOf(point, 1000)
    return {
      'palfs readdirSync': () => timeSync(() => layer.readdirSync(path)),
      'fs.readdirSync': () => timeSync(() => fs.readdirSync(path)),
      'fs.readdirSync withFileTypes': () => timeSync(() => fs.readdirSync(path, { withFileTypes: true })),
    }
  },
)

const statsByPromises = workload(
  'readdir-stats',
  '10,000 names with what lstat(2) says, by promises',
  'readdir with stats at least 3x as fast as readdir and an lstat each (ratio 0.33)',
  'fs.promises readdir + lstat',
  (point) => {
    const path = directoryOf(point, 10_000)
    const eachOfNode = async () => {
      const names = await fs.promises.readdir(path)
      return Promise.all(names.map((name) => fs.promises.lstat(join(path, name))))
    }
    return {
      'palfs readdir, stats': () => time(() => layer.readdir(path, { stats: true })),
      'fs.promises readdir + lstat': () => time(eachOfNode),
    }
  },
)

const statsSync = workload(
  'readdirSync-stats',
  '10,000 names with what lstat(2) says, on the calling thread',
  'readdirSync with stats at least 1.8x as fast as readdirSync and an lstatSync each (ratio 0.56)',
  'fs.readdirSync + lstatSync',
  (point) => {
    const path = directoryOf(point, 10_000)
    const eachOfNode = () => fs.readdirSync(path).map((name) => fs.lstatSync(join(path, name)))
    return {
      'palfs readdirSync, stats': () => timeSync(() => layer.readdirSync(path, { stats: true })),
      'fs.readdirSync + lstatSync': () => timeSync(eachOfNode),
    }
  },
)

/** All of them. */
export const layerCalls = [getxattr, setxattr, stat, lstat, readdir, statsByPromises, statsSync]
