// Calls everything that the module named exports with values that nobody should pass, and reports what else came out than
// a result or a proper error: a stranger's error, a synchronous throw, a promise that never settles, an open descriptor.
// Descriptor 3 takes the report, 4 the call at hand (for whoever finds this process dead).
import fs from 'node:fs'
import { performance } from 'node:perf_hooks'
import { callables, operationOf, ownerOf } from './exports.mjs'
import { descriptors, Judge } from './oracle.mjs'
import { optionCalls, randomCalls, singleCalls, strangeReceivers } from './calls.mjs'
import { rotation } from './values.mjs'
import { spares, World } from './sandbox.mjs'

const { module: location, only, random, thorough = false, patience = 20_000 } = JSON.parse(process.argv[2])
const palfs = await import(location)
const world = new World()
const judge = new Judge(palfs)
const values = rotation(thorough)

const chosen = callables(palfs).filter(
  (each) => only === undefined || [operationOf(each), ownerOf(each)].includes(only),
)

/** Calls under way, by what they are: what is not settled in time is reported. */
let current = { title: '', since: 0 }
const watchdog = setInterval(() => {
  if (current.since === 0 || performance.now() - current.since < patience) return
  judge.note(`${current.title} never settled`)
  finish()
}, patience / 4)

// A callback that gives a promise may see it ignored; nothing else may go unnoticed.
process.on('unhandledRejection', (error) => judge.stray(current.title, error))

const threads = () => (fs.existsSync('/proc/self/task') ? fs.readdirSync('/proc/self/task').length : 0)

let calls = 0
const busiest = { title: '', ms: 0 }
const slowest = { title: '', ms: 0 }

/** Calls, and looks at what comes back at once. Gives the promise of the rest. */
function begin(target, { title, args, after = [], odd = false, ...rest }) {
  calls += 1
  current = { title, since: performance.now() }
  fs.writeSync(4, title.padEnd(200).slice(0, 200), 0)
  let result
  try {
    result = 'receiver' in rest ? Reflect.apply(target.method, rest.receiver, args) : target.call(...args)
  } catch (error) {
    judge.thrown(target, title, error, odd)
    return undefined
  } finally {
    const ms = performance.now() - current.since
    if (target.promises && ms > slowest.ms) Object.assign(slowest, { title, ms })
    for (const change of after) attempt(change)
  }
  judge.returned(target, title, result)
  return settled(target, title, result, odd)
}

async function settled(target, title, result, odd) {
  try {
    const value = await result
    if (/open/.test(target.name) && Number.isInteger(value) && value > 2) fs.closeSync(value)
    if (typeof value === 'object' && value !== null && Symbol.asyncIterator in value) {
      for await (const batch of value) if (batch === null) break
    }
  } catch (error) {
    judge.rejected(target, title, error, odd)
  }
}

function attempt(change) {
  try {
    change()
  } catch {
    // It had been used up before.
  }
}

/** One call after the other. */
async function run(target, made) {
  // At random it may be the destination.
  const sparesSource = random === undefined && spares(operationOf(target))
  for (const make of made) {
    world.restore()
    const before = descriptors()
    const call = make(world)
    if (target.promises) await watched(() => begin(target, call))
    else await begin(target, call)
    current.since = 0
    world.settle()
    await judge.aftermath(call.title, before, world, sparesSource)
    if (judge.isFull) return
  }
}

/** Notes how long the event loop was kept from waiting, from the call to its end. */
async function watched(action) {
  const start = performance.eventLoopUtilization()
  await action()
  const ms = performance.eventLoopUtilization(start).active
  if (ms > busiest.ms) Object.assign(busiest, { title: current.title, ms })
}

/** Many at once, on one working directory. */
async function runTogether(pairs) {
  world.restore()
  const before = descriptors()
  await Promise.all(pairs.map(([target, make]) => begin(target, make(world))))
  current.since = 0
  world.settle()
  await judge.aftermath(`one of ${pairs.map(([{ name }]) => name)}`, before, world, false)
}

function finish() {
  clearInterval(watchdog)
  judge.bystander()
  const names = [...new Set(chosen.map(operationOf))]
  const report = { calls, names, wrong: judge.wrong, busiest, slowest, threads: [before, threads()] }
  fs.writeFileSync(3, JSON.stringify(report))
  process.exit(0)
}

// The pools of threads, ours and Node's, have begun.
await Promise.allSettled(
  Array.from({ length: 100 }, (_, index) => palfs.copyFile('source', `warm-up-${index}`)),
)
await Promise.allSettled(Array.from({ length: 20 }, () => fs.promises.readFile('source')))
const before = threads()

for (const target of random ? [] : chosen) {
  await run(target, singleCalls(target, values, world))
  await run(target, await optionCalls(target, values, world))
  if (target.method !== undefined) await run(target, strangeReceivers(target, values))
}
const end = performance.now() + (random?.seconds ?? 0) * 1000
for (const pairs of randomCalls(chosen, random?.seed ?? 0)) {
  if (performance.now() > end || judge.isFull) break
  if (pairs.length === 1) await run(pairs[0][0], [pairs[0][1]])
  else await runTogether(pairs)
}
finish()
