// Interleaved rounds: every contender runs once per round, so that a slow minute of the machine hits all alike.

/** The median of some numbers. */
export function median(values) {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}

/**
 * Runs `contenders` (`{ name, run }`, `run` gives microseconds per copy) for so many rounds after one unmeasured round;
 * `between` cleans up after each run. The order turns by one each round, so nobody always follows the same neighbour.
 */
export async function race(contenders, rounds, between) {
  const times = contenders.map(() => [])
  for (let round = -1; round < rounds; round++) {
    for (let i = 0; i < contenders.length; i++) {
      const at = (i + round + 1) % contenders.length
      const microseconds = await contenders[at].run()
      if (round >= 0) times[at].push(microseconds)
      between()
    }
  }
  return contenders.map(({ name, method }, i) => ({
    name,
    method: method?.(),
    median: median(times[i]),
    best: Math.min(...times[i]),
  }))
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
