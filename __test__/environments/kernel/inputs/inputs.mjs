// @ts-check
// The inputs, and on which filesystems each is tried.
import { coarseTimes } from './coarse-times.mjs'
import { danglingAgain } from './dangling-again.mjs'
import { dataRanges } from './data-ranges.mjs'
import { flagsApart } from './flags-apart.mjs'
import { heldElsewhere } from './held-elsewhere.mjs'
import { mergedDirectories } from './merged-directories.mjs'
import { nfs4Lists } from './nfs4-lists.mjs'
import { oddAttributes } from './odd-attributes.mjs'
import { oldTimes } from './old-times.mjs'
import { replaceOld } from './replace-old.mjs'
import { roundedTimes } from './rounded-times.mjs'
import { sameNameOtherCase } from './same-name-other-case.mjs'
import { secretMoved } from './secret-moved.mjs'
import { setIdModes } from './set-id-modes.mjs'
import { storageFlags } from './storage-flags.mjs'
import { unknownHoles } from './unknown-holes.mjs'
import { valueFlags } from './value-flags.mjs'

/**
 * @typedef {object} Place
 * @property {string} on a directory on the filesystem
 * @property {string} local one on ext4
 * @property {string} server what the server has of `on`; `on` itself where there is none
 * @property {typeof import('../../../../src/index.js')} palfs
 */

/** @typedef {import('../../suite/report.mjs').Report} Report */
/** @typedef {{ name: string, where: RegExp, run: (place: Place, report: Report) => void | Promise<void> }} Input */

/** @type {readonly Input[]} */
export const INPUTS = [
  { name: 'replace-old', where: /./, run: replaceOld },
  { name: 'held-elsewhere', where: /^(smb|nfs)/, run: heldElsewhere },
  { name: 'merged-directories', where: /./, run: mergedDirectories },
  { name: 'nfs4-lists', where: /^nfs4/, run: nfs4Lists },
  { name: 'storage-flags', where: /^btrfs/, run: storageFlags },
  { name: 'secret-moved', where: /./, run: secretMoved },
  { name: 'unknown-holes', where: /./, run: unknownHoles },
  { name: 'coarse-times', where: /./, run: coarseTimes },
  { name: 'rounded-times', where: /./, run: roundedTimes },
  { name: 'data-ranges', where: /^smb/, run: dataRanges },
  { name: 'dangling-again', where: /^(?!smb|vfat)/, run: danglingAgain },
  { name: 'set-id-modes', where: /./, run: setIdModes },
  { name: 'same-name-other-case', where: /^(vfat|smb)/, run: sameNameOtherCase },
  { name: 'value-flags', where: /^(?!vfat|udf|minix|nilfs2|nfs3)/, run: valueFlags },
  { name: 'odd-attributes', where: /./, run: oddAttributes },
  { name: 'flags-apart', where: /^ext/, run: flagsApart },
  { name: 'old-times', where: /^(?!minix)/, run: oldTimes },
]
