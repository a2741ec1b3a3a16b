// @ts-check
// The checks in the order in which they run. `leftovers` comes last and looks at what all the others did.
import { checkCapabilities } from './check-capabilities.mjs'
import { checkFailures } from './check-failures.mjs'
import { checkHoles } from './check-holes.mjs'
import { checkLeftovers } from './check-leftovers.mjs'
import { checkMove } from './check-move.mjs'
import { checkPlain } from './check-plain.mjs'
import { checkReaddir } from './check-readdir.mjs'
import { checkReplace } from './check-replace.mjs'
import { checkRm } from './check-rm.mjs'
import { checkTree } from './check-trees.mjs'
import { checkUpdate } from './check-update.mjs'
import { checkXattr } from './check-xattr.mjs'

/** @typedef {import('./context.mjs').Context} Context */
/** @typedef {import('./report.mjs').Report} Report */

/** @type {readonly { name: string, needsWriting: boolean, run: (context: Context, report: Report) => Promise<void> }[]} */
export const CHECKS = [
  { name: 'capabilities', needsWriting: false, run: checkCapabilities },
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
  { name: 'plain', needsWriting: true, run: checkPlain },
  { name: 'readdir', needsWriting: true, run: checkReaddir },
  { name: 'xattr', needsWriting: true, run: checkXattr },
  { name: 'replace', needsWriting: true, run: checkReplace },
  { name: 'move', needsWriting: true, run: checkMove },
  { name: 'rm', needsWriting: true, run: checkRm },
  { name: 'update', needsWriting: true, run: checkUpdate },
  { name: 'holes', needsWriting: true, run: checkHoles },
  { name: 'failures', needsWriting: true, run: checkFailures },
  { name: 'leftovers', needsWriting: false, run: checkLeftovers },
]
