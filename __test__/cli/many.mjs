// Runs many commands of the program in one process: starting one takes longer than what it does. Reads
// `[{ cwd, args }]` on its standard input and writes what each of them did.
import { readFileSync } from 'node:fs'
import { run } from '../../dist/cli/run.js'

// Every command listens for signals, as if it were the only one.
process.setMaxListeners(0)
const tell = process.stdout.write.bind(process.stdout)
let written = { stdout: '', stderr: '' }
for (const name of ['stdout', 'stderr']) {
  process[name].write = (text) => {
    written[name] += text
    return true
  }
}

const outcomes = []
for (const { cwd, args } of JSON.parse(readFileSync(0, 'utf8'))) {
  process.chdir(cwd)
  written = { stdout: '', stderr: '' }
  const status = await run(args)
  outcomes.push({ status, ...written })
}
tell(JSON.stringify(outcomes))
