// @ts-check
// Nothing temporary is left anywhere by all that the checks before did.
import { setTimeout as delay } from 'node:timers/promises'
import { walk } from './snapshot.mjs'

/** @typedef {import('./context.mjs').Context} Context */
/** @typedef {import('./report.mjs').Report} Report */

const TEMPORARY = /^\.(palfs-|fuse_hidden|nfs)/
const CLOSES_ARE_OVER_AFTER = 500

/**
 * @param {Context} context
 * @param {Report} report
 */
export async function checkLeftovers({ on, local }, report) {
  await delay(CLOSES_ARE_OVER_AFTER)
  for (const [name, directory] of [
    ['on', on],
    ['local', local],
  ]) {
    /** @type {string[]} */
    const paths = []
    walk(directory ?? '', '.', paths)
    const left = paths.filter((path) => TEMPORARY.test(path.slice(path.lastIndexOf('/') + 1)))
    report.expect('nothing temporary is left', name ?? '', [], left)
  }
}
