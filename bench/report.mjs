// Results as Markdown.

import { execFileSync } from 'node:child_process'
import { cpus, release, totalmem } from 'node:os'

/** One line that names the machine, so that the figures mean something elsewhere. */
export function machine() {
  const [cpu] = cpus()
  const gib = (totalmem() / 1024 ** 3).toFixed(0)
  const cp = execFileSync('cp', ['--version'], { encoding: 'utf8' }).split('\n')[0]
  return `Linux ${release()}, ${cpus().length} x ${cpu?.model ?? 'unknown processor'}, ${gib} GiB; Node ${process.versions.node}; ${cp}. Images held in memory.`
}

/** The table of one workload on one filesystem. */
export function table(workload, filesystem, rounds, results) {
  const base = baseline(workload, results)
  const lines = [
    `### ${workload.title}: ${filesystem}`,
    '',
    `Target: ${workload.target}. Median of ${rounds} rounds; ratio to ${base.name}.`,
    '',
    '| | median us | best us | ratio | method |',
    '|---|--:|--:|--:|---|',
  ]
  for (const { name, median, best, method } of results) {
    lines.push(
      `| ${name} | ${figure(median)} | ${figure(best)} | ${(median / base.median).toFixed(2)} | ${method ?? ''} |`,
    )
  }
  return `${lines.join('\n')}\n`
}

function baseline(workload, results) {
  const named = results.find(({ name }) => name === workload.baseline)
  if (named) return named
  const rivals = results.filter(({ name }) => !name.startsWith('palfs'))
  return rivals.reduce((fastest, rival) => (rival.median < fastest.median ? rival : fastest))
}

function figure(microseconds) {
  return microseconds >= 1000 ? Math.round(microseconds).toLocaleString('en-US') : microseconds.toFixed(1)
}
