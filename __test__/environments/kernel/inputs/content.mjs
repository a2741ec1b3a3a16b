// @ts-check
import { readFileSync } from 'node:fs'

/**
 * The content of a file, or the code of the error.
 * @param {string} path
 * @returns {string}
 */
export function contentOf(path) {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    return String(/** @type {NodeJS.ErrnoException} */ (error).code)
  }
}
