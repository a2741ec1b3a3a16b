// @ts-check
// The checks in the order in which they run. `leftovers` comes last and looks at what all the others did.
import { checkTree } from './check-trees.mjs'

/** @typedef {import('./context.mjs').Context} Context */
/** @typedef {import('./report.mjs').Report} Report */

/** @type {readonly { name: string, needsWriting: boolean, run: (context: Context, report: Report) => Promise<void> }[]} */
export const CHECKS = [
  {
    name: 'tree-in',
    needsWriting: true,
    run: (context, report) => checkTree(context, report, { from: context.local, to: context.on, name: 'in' }),
  },
  {
    name: 'tree-within',
    needsWriting: true,
    run: (context, report) =>
      checkTree(context, report, { from: context.on, to: context.on, name: 'within' }),
  },
  {
    name: 'tree-back',
    needsWriting: false,
    run: (context, report) =>
      checkTree(context, report, { from: context.on, to: context.local, name: 'back' }),
  },
]
