// @ts-check
/**
 * What a call came to, in one line: `done`, or its error.
 * @template T
 * @param {() => T | Promise<T>} action
 * @returns {Promise<{ line: string, result: Awaited<T> | undefined, destination: string | undefined }>}
 */
export async function outcome(action) {
  try {
    return { line: 'done', result: await action(), destination: undefined }
  } catch (error) {
    const { code, call, syscall, destination } =
      /** @type {{ code?: string, call?: string, syscall?: string, destination?: string }} */ (error)
    const where = destination === undefined ? '' : ` (destination ${destination})`
    return { line: `${code} ${call ?? syscall}${where}`, result: undefined, destination }
  }
}
