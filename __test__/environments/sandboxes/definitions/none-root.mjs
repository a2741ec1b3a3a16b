// @ts-check
// No sandbox, as root: what is red here is no sandbox's doing.

/** @type {import('../run-suite.mjs').Sandbox} */
export const sandbox = {
  name: 'none, as root',
  as: 'root',
  command: (words) => words,
  limits: [],
}
