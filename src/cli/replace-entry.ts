// --remove-destination where the destination's name leads elsewhere: a symbolic link, a second name of the source, a
// FIFO. The entry itself is to go, while the library follows a link and leaves a second name alone.

import { open, rename, unlink } from 'node:fs/promises'
import { randomBytes } from 'node:crypto'
import { posix } from 'node:path'
import type { CopyResult } from '../index.js'
import { toByteString, toPath, type PathArgument } from './raw-arguments.js'

/**
 * Lets `copy` write a sibling of `dest` and renames that over it. GNU cp unlinks the old entry first; a rename does the
 * same without a moment in which the name is missing, and leaves the old entry alone when the copy fails.
 */
export async function replaceEntry(
  dest: PathArgument,
  durable: boolean,
  copy: (sibling: PathArgument) => Promise<CopyResult>,
): Promise<CopyResult> {
  const directory = posix.dirname(toByteString(dest))
  const sibling = toPath(`${directory}/.palfs-${randomBytes(8).toString('hex')}`)
  const result = await copy(sibling)
  try {
    await rename(sibling, dest)
  } catch (error) {
    await unlink(sibling)
    throw error
  }
  if (durable) await syncDirectory(toPath(directory))
  return result
}

async function syncDirectory(directory: PathArgument): Promise<void> {
  const handle = await open(directory)
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
