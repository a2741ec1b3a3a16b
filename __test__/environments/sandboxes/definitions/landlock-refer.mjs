// @ts-check
// A Landlock domain in which no rename and no link may cross from one directory to another (EXDEV).

/** @type {import('../run-suite.mjs').Sandbox} */
export const sandbox = {
  name: 'Landlock without REFER',
  as: 'root',
  command: (words, { landlock }) => [landlock, 'refer', '--', ...words],
  limits: [],
}
