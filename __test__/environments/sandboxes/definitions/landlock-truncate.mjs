// @ts-check
// A Landlock domain in which no file may be truncated, not even one that was just made (EACCES; Linux 6.2).

/** @type {import('../run-suite.mjs').Sandbox} */
export const sandbox = {
  name: 'Landlock without TRUNCATE',
  as: 'root',
  // In it not even the suite could write its files: open(2) with O_TRUNC is forbidden.
  inside: 'package',
  command: (words, { landlock }) => [landlock, 'truncate', '--', ...words],
  limits: [
    {
      line: /replace: the file is replaced: .*replace: in-place, .*EACCES/u,
      reason:
        'An old file cannot be made shorter here: cp without --remove-destination fails too, with the O_TRUNC of its open(2)',
    },
  ],
}
