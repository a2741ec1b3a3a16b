#!/usr/bin/env node
// The program `palfs`.

import { reason } from './messages.js'
import { rawArguments } from './raw-arguments.js'
import { run } from './run.js'

let isTold = false
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  // `palfs cp -v ... | head` closes the pipe early: what is left to say is for nobody.
  if (isTold || error.code === 'EPIPE') return
  isTold = true
  process.exitCode = 1
  process.stderr.write(`palfs: write error: ${reason(error)}\n`)
})
// Nor can it be said that nothing can be said.
process.stderr.on('error', () => {})
const status = await run(rawArguments(process.argv))
process.exitCode = status || Number(process.exitCode ?? 0)
