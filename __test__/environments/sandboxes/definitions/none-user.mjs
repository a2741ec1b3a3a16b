// @ts-check
// No sandbox, as an unprivileged user.

/** @type {import('../run-suite.mjs').Sandbox} */
export const sandbox = {
  name: 'none, as a user',
  as: 'user',
  command: (words) => words,
  limits: [],
}
