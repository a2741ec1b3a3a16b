// The results of one tree on one filesystem, with the targets beside the ratios.

import { OURS } from './contenders.mjs'

/** As Markdown. */
export function treeTable(workload, type, rounds, { whole, results, skipped }) {
  const comparisons = workload.targets(type)
  const lines = [
    `### ${workload.title}: ${type}`,
    '',
    `${count(whole.entries)} entries, ${count(Math.round(whole.bytes / 1024 ** 2))} MiB. Median of ${rounds} rounds${someOnce(results, rounds)}.`,
    '',
    '| | median ms | best ms | processor ms | comparison | target | |',
    '|---|--:|--:|--:|---|---|---|',
    ...results.map((row) => `| ${cells(row, results, comparisons).join(' | ')} |`),
  ]
  const [{ others = [] }] = results
  if (others.length > 0) lines.push('', `The other plain loops: ${others.map(loop).join(', ')}.`)
  for (const { name, missing } of skipped) lines.push('', `Skipped ${name}: not installed (${missing}).`)
  return `${lines.join('\n')}\n`
}

/** Figures that must stay below a limit, as Markdown. */
export function limitsTable(workload, type, _rounds, rows) {
  return [
    `### ${workload.title}: ${type}`,
    '',
    `| | ${workload.unit} | target | | seconds | |`,
    '|---|--:|---|---|--:|---|',
    ...rows.map((row) => `| ${limitCells(row).join(' | ')} |`),
    '',
  ].join('\n')
}

function limitCells({ label, missing, limit, figure, seconds, note }) {
  if (missing !== undefined) return [label, '', '', '', '', `skipped: not installed (${missing})`]
  const asked =
    limit === undefined ? ['', ''] : [`at most ${limit.toFixed(0)}`, figure <= limit ? 'met' : '**missed**']
  return [label, figure.toFixed(1), ...asked, seconds.toFixed(1), note]
}

function cells(row, results, comparisons) {
  const wanted = comparisons.find((comparison) => comparison.row === row.name) ?? defaultComparison(row.name)
  const label = row.method === undefined ? row.name : `${row.name}: ${row.method}`
  return [
    label,
    milliseconds(row.median),
    milliseconds(row.best),
    row.cpu === undefined ? '' : milliseconds(row.cpu),
    ...verdict(wanted, results),
  ]
}

/** Where nothing is asked, the ratio is shown all the same. */
function defaultComparison(name) {
  return name.startsWith('palfs')
    ? { subject: name, object: 'floor', atMost: undefined }
    : { subject: OURS, object: name, atLeast: undefined }
}

function verdict(comparison, results) {
  const { subject, object, atMost, atLeast } = comparison
  const time = (name) => results.find((row) => row.name === name)?.median
  const [own, other] = [time(subject), time(object)]
  if (own === undefined || other === undefined) return ['', '', '']
  const slower = 'atMost' in comparison
  const ratio = slower ? own / other : other / own
  const text = slower
    ? `${subject} takes ${ratio.toFixed(2)} x ${object}`
    : `${subject} is ${ratio.toFixed(2)} x as fast`
  const limit = slower ? atMost : atLeast
  if (limit === undefined) return [text, '', '']
  const met = slower ? ratio <= limit : ratio >= limit
  return [text, `${slower ? 'at most' : 'at least'} ${limit}`, met ? 'met' : '**missed**']
}

function someOnce(results, rounds) {
  const once = results.filter((row) => row.rounds < rounds).map(({ name }) => name)
  return once.length === 0 ? '' : `; of one: ${once.join(', ')}, which are too slow to wait for`
}

function loop({ method, median }) {
  return `${method} ${milliseconds(median)} ms`
}

function milliseconds(microseconds) {
  const ms = microseconds / 1000
  return ms >= 100 ? count(Math.round(ms)) : ms.toFixed(1)
}

function count(value) {
  return value.toLocaleString('en-US')
}
