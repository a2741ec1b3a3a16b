// Interleaved rounds: every contender runs once per round, so that a slow minute of the machine hits all alike.

/** The median of some numbers. */
export function median(values) {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}

/**
 * Runs `contenders` for so many rounds after one unmeasured round; `run` gives microseconds, or an object with those and
 * the processor time. `between` cleans up after each run. The order turns by one each round, so nobody always follows
 * the same neighbour. Who takes more than `patience` times as long as the fastest in the unmeasured round is measured in
 * one more only.
 */
export async function race(contenders, rounds, between, patience = Infinity) {
  const samples = contenders.map(() => [])
  const warm = []
  for (let round = -1; round < rounds; round++) {
    for (let i = 0; i < contenders.length; i++) {
      const at = (i + round + 1) % contenders.length
      if (round > 0 && warm[at] > patience * Math.min(...warm)) continue
      const given = await contenders[at].run()
      const sample = typeof given === 'number' ? { microseconds: given } : given
      if (round < 0) warm[at] = sample.microseconds
      else samples[at].push(sample)
      between()
    }
  }
  return contenders.map(({ name, method }, i) => summary(name, method?.(), samples[i]))
}

function summary(name, method, samples) {
  const times = samples.map(({ microseconds }) => microseconds)
  const cpu = samples.flatMap((sample) => sample.cpu ?? [])
  return {
    name,
    method,
    rounds: samples.length,
    median: median(times),
    best: Math.min(...times),
    ...(cpu.length > 0 && { cpu: median(cpu) }),
  }
}

/** Microseconds that `work` takes. */
export function timeSync(work) {
  const start = performance.now()
  work()
  return (performance.now() - start) * 1000
}

/** Microseconds until the promise of `work` settles. */
export async function time(work) {
  const start = performance.now()
  await work()
  return (performance.now() - start) * 1000
}
