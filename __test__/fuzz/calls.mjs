// The calls to make: one value too many, too few, or in a wrong place; each option; anything in any place.
import { numbers } from '../support/random.mjs'
import { operationOf } from './exports.mjs'
import { randomOptions } from './options.mjs'
import { HOSTILE, toss } from './values.mjs'
import { GOOD, sensible } from './sandbox.mjs'

/** A maker of `{ title, args, after, odd }`. */
function call(title, prepare) {
  return (world) => {
    const used = []
    const take = (entry) => {
      const value = entry.make(world)
      used.push([entry, value])
      return value
    }
    const args = prepare(world, take)
    const after = used
      .filter(([{ after: change }]) => change)
      .map(
        ([{ after: change }, value]) =>
          () =>
            change(value),
      )
    return { title, args, after, odd: used.some(([{ odd }]) => odd) }
  }
}

/** Nothing, ever fewer of the sensible arguments, and each value in the place of each of them, or as one more. */
export function* singleCalls({ name }, values, world) {
  for (const make of sensible(operationOf({ name }))) {
    const length = make(world).length
    for (let arity = 0; arity <= length; arity += 1) {
      yield call(`${name} with ${arity} arguments`, (each) => make(each).slice(0, arity))
    }
    for (let place = 0; place <= length; place += 1) {
      for (const entry of values()) {
        yield call(`${name}, argument ${place} = ${entry.name}`, (each, take) => {
          const args = make(each)
          args[place] = take(entry)
          return args
        })
      }
    }
  }
  for (const entry of values()) {
    yield call(`${name}, every argument = ${entry.name}`, (_, take) =>
      Array.from({ length: 4 }, () => take(entry)),
    )
  }
}

/** The names of the options that an operation asks for, found by listening. */
async function optionNames({ call: invoke }, args, place) {
  const names = new Set()
  const hear = (_, name) => {
    if (typeof name === 'string') names.add(name)
  }
  const listener = new Proxy({}, { get: hear, has: hear, getOwnPropertyDescriptor: hear })
  try {
    await invoke(...args.with(place, listener))
  } catch {
    // It need not succeed: it has looked.
  }
  names.delete('then')
  names.delete('constructor')
  return [...names]
}

const isOptions = (value) =>
  typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype

/** Every option of an operation, with every value: as it is, behind a getter that throws, and inherited. */
export async function optionCalls(target, values, world) {
  const calls = []
  for (const make of sensible(operationOf(target))) {
    world.restore()
    const good = make(world)
    const place = good.findLastIndex(isOptions)
    if (place === -1) continue
    const names = await optionNames(target, good, place)
    const withOptions = (change) => (each, take) => {
      const args = make(each)
      return args.with(place, change({ ...args[place] }, take))
    }
    calls.push(...callsWith(target.name, names, values, withOptions))
  }
  return calls
}

function* callsWith(name, options, values, withOptions) {
  for (const option of options) {
    const title = `${name}, option ${option}`
    for (const entry of values()) {
      const set = (object, take) => Object.assign(object, { [option]: take(entry) })
      yield call(`${title} = ${entry.name}`, withOptions(set))
    }
    const hide = (object) => Object.defineProperty(object, option, { get: toss })
    yield call(`${title} that throws`, withOptions(hide))
  }
  const inherited = Object.create(Object.fromEntries(options.map((option) => [option, NaN])))
  yield call(
    `${name} with inherited options`,
    withOptions(() => inherited),
  )
}

/** A method of nothing, of something else, of a proxy. What V8 says of that has no code. */
export function* strangeReceivers({ name }, values) {
  for (const entry of values()) {
    yield (world) => {
      const args = sensible(operationOf({ name }))[0](world)
      return { title: `${name} of ${entry.name}`, args, odd: true, receiver: entry.make() }
    }
  }
}

/** Sensible arguments, but options at random. */
function withRandomOptions(good, random) {
  const options = randomOptions(random)
  const prepare = (world, take) => {
    const args = good(world)
    const place = args.findLastIndex(isOptions)
    return place === -1 ? args : args.with(place, { ...args[place], ...take(options) })
  }
  return [options.name, prepare]
}

/** Anything in any place. */
function withRandomArguments(good, random) {
  const pick = (list) => list[Math.floor(random() * list.length)]
  const entries = Array.from({ length: Math.floor(random() * 6) }, () => {
    const choice = random()
    if (choice < 0.4) return { name: 'good', make: pick(GOOD), odd: false }
    return choice < 0.7 ? { name: 'sensible', odd: false } : pick(HOSTILE)
  })
  const prepare = (world, take) => {
    const sense = good(world)
    return entries.map((entry, place) => (entry.make === undefined ? sense[place] : take(entry)))
  }
  return [entries.map(({ name }) => name).join(), prepare]
}

/** Without end: lists of `[target, maker of a call]`, to be called together. */
export function* randomCalls(targets, seed) {
  const random = numbers(seed)
  const pick = (list) => list[Math.floor(random() * list.length)]
  for (let round = 0; ; round += 1) {
    const width = random() < 0.7 ? 1 : 8
    yield Array.from({ length: width }, () => {
      const target = pick(targets)
      const good = pick(sensible(operationOf(target)))
      const [what, prepare] = pick([withRandomOptions, withRandomArguments])(good, random)
      return [target, call(`${target.name}, round ${round} of seed ${seed} (${what})`, prepare)]
    })
  }
}
