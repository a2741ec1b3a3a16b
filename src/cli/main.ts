#!/usr/bin/env node
// The program `palfs`.

import { rawArguments } from './raw-arguments.js'
import { run } from './run.js'

// `palfs cp -v ... | head` closes the pipe early; that is no reason for a stack trace.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error
})
process.exitCode = await run(rawArguments(process.argv))
