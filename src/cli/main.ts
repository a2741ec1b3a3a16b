#!/usr/bin/env node
// The program `palfs`.

import { reason } from './messages.js'
import { rawArguments } from './raw-arguments.js'
import { run } from './run.js'

let isTold = false
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  // `palfs cp -v ... | head` closes the pipe early. The rest of the output is dropped.
  if (isTold || error.code === 'EPIPE') return
  isTold = true
  process.exitCode = 1
  process.stderr.write(`palfs: write error: ${reason(error)}\n`)
})
// Ignore errors when writing to stderr: there is nowhere left to report them.
process.stderr.on('error', () => {})
const status = await run(rawArguments(process.argv))
process.exitCode = status || Number(process.exitCode ?? 0)
