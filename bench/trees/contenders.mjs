// Who copies trees, and by how much palfs is to be faster.

import { inNode, tool, treeFloor } from './programs.mjs'

const MIB = 1024 ** 2

/** Ours without options: what the others are compared with. */
export const OURS = 'palfs cp'
/** The fastest of the plain loops. */
export const FLOOR = 'floor'

const PIPE = ['-m', 'splice', '-b', `${MIB}`]
const KERNEL_LOOPS = {
  copy_file_range: ['-m', 'cfr'],
  sendfile: ['-m', 'sendfile'],
  'read/write': ['-m', 'rw'],
}

/** Each gives the guarantees of ours there; where storage can be shared, sharing is one of the ways. */
const FLOORS = {
  tmpfs: { ...KERNEL_LOOPS, splice: PIPE },
  ext4: { ...KERNEL_LOOPS, 'fallocate, splice': [...PIPE, '-a', `${MIB}`] },
  xfs: { clone: ['-m', 'clone'], 'read/write': ['-m', 'rw'], copy_file_range: ['-m', 'cfr'] },
  btrfs: { clone: ['-m', 'clone'], copy_file_range: ['-m', 'cfr'] },
}

/** Ratios to reach where the filesystem lets two threads create at once; btrfs has one lock for that. */
const LIMITS = {
  floor: { tmpfs: 1.15, ext4: 1.15, xfs: 1.2, btrfs: 1.2 },
  'cp -r': { tmpfs: 1.9, ext4: 1.9, xfs: 1.9, btrfs: 1.1 },
  'Node 26 fs.promises.cp': { tmpfs: 2.5, ext4: 2.5, xfs: 2.5, btrfs: 1.45 },
  'cp -a': { tmpfs: 1.7, ext4: 1.7, xfs: 1.7, btrfs: 1 },
}

/** The plain loops on a filesystem of this type. */
export function floors(type, src, dest) {
  return Object.entries(FLOORS[type]).map(([method, args]) => ({
    name: FLOOR,
    method: () => method,
    run: () => treeFloor(args, src, dest),
  }))
}

/** palfs, in the forms that have a target of their own. */
export function ours(src, dest) {
  return [OURS, 'palfs cpSync', 'palfs cp, filter', 'palfs cp, onProgress', "palfs cp, preserve: 'all'"].map(
    (name) => inNode('node', name, [src, dest]),
  )
}

/** Everybody else; one that is not installed has `missing` instead of `run`. */
export function rivals(src, dest) {
  const paths = [src, dest]
  const inProgram = (program, name) => inNode(program, name, paths, { label: `${program} ${name}` })
  const library = (name) => inNode('Node 26', name, paths, { library: true })
  return [
    tool('cp -r', 'cp', ['-r', ...paths]),
    tool('cp -a', 'cp', ['-a', ...paths]),
    inProgram('Node 26', 'fs.promises.cp'),
    inProgram('Node 26', 'fs.cpSync'),
    library('fs-extra copy'),
    library('fs-safe copyTree'),
    inProgram('Bun', 'fs.promises.cp'),
    inProgram('Bun', 'fs.cpSync'),
    tool('cpz', 'cpz', paths),
    tool('xcp', 'xcp', ['--no-progress', '-r', ...paths]),
  ]
}

/**
 * What is asked of palfs, as comparisons shown beside the row `row`: the time of `subject` is at most `atMost` times
 * that of `object`, or `object` takes at least `atLeast` times as long as `subject`.
 */
export function targets(workload, type) {
  const flat = workload === 'flat-tree'
  const scaled = workload === 'many-files'
  const faster = (row, atLeast) => ({ row, subject: OURS, object: row, atLeast })
  const noSlower = ['cpz', 'xcp', 'fs-safe copyTree'].map((row) => faster(row, 1))
  const own = ['palfs cp, filter', 'palfs cp, onProgress'].map((row) => ({
    row,
    subject: row,
    object: OURS,
    atMost: 1.15,
  }))
  const all = "palfs cp, preserve: 'all'"
  return [
    { row: FLOOR, subject: OURS, object: FLOOR, atMost: flat ? 1.15 : LIMITS.floor[type] },
    ...['cp -r', 'Node 26 fs.promises.cp'].map((row) => faster(row, scaled ? LIMITS[row][type] : undefined)),
    ...noSlower,
    ...own,
    { row: all, subject: all, object: 'cp -a', atLeast: scaled ? LIMITS['cp -a'][type] : undefined },
  ]
}
