// The tree workloads as one SVG: a panel for each tree on each filesystem, a bar for each program.

const PANEL = { width: 380, gap: 28, title: 34, row: 17, label: 158, figure: 72 }
const MARGIN = 18
const COLOURS = { ours: '#1a7f4b', floor: '#8a8a8a', rival: '#9db4d6', text: '#222222' }
/** Bars longer than this many times our own are cut, and marked. */
const CUT = 6

/** `measured` is a list of `{ workload, type, results }`; empty where no tree was measured. */
export function plot(measured, machine) {
  const columns = [...new Set(measured.map(({ type }) => type))]
  const names = [...new Set(measured.map(({ workload }) => workload.name))]
  const panels = names.flatMap((name, row) =>
    columns.flatMap((type, column) => {
      const found = measured.find((one) => one.workload.name === name && one.type === type)
      return found === undefined ? [] : [{ ...found, row, column }]
    }),
  )
  const tallest = Math.max(...panels.map(({ results }) => results.length))
  const height = PANEL.title + tallest * PANEL.row + PANEL.gap
  const width = PANEL.width + PANEL.gap
  const body = panels.map((panel) =>
    group(MARGIN + panel.column * width, 40 + panel.row * height, drawPanel(panel)),
  )
  return document(MARGIN * 2 + columns.length * width, 40 + names.length * height, [
    text(MARGIN, 22, `Milliseconds, medians; shorter is better. ${machine}`, { size: 12 }),
    ...body,
  ])
}

function drawPanel({ workload, type, results }) {
  const rows = results.toSorted((a, b) => a.median - b.median)
  const own = rows.find(({ name }) => name.startsWith('palfs')) ?? rows[0]
  const longest = Math.min(rows.at(-1).median, own.median * CUT)
  const room = PANEL.width - PANEL.label - PANEL.figure
  return [
    text(0, 12, `${type}: ${workload.title}`, { weight: 600, size: 12 }),
    ...rows.flatMap((row, i) =>
      bar(row, PANEL.title - 8 + i * PANEL.row, (room * Math.min(row.median, longest)) / longest, longest),
    ),
  ]
}

function bar({ name, method, median }, y, length, longest) {
  const kind = name.startsWith('palfs') ? 'ours' : name === 'floor' ? 'floor' : 'rival'
  const label = kind === 'floor' ? `floor (${method})` : name
  const ms = median / 1000
  const figure = ms >= 100 ? Math.round(ms).toLocaleString('en-US') : ms.toFixed(1)
  const cut = median > longest
  return [
    text(PANEL.label - 6, y + 9, label, { anchor: 'end', weight: kind === 'ours' ? 600 : 400 }),
    `<rect x="${PANEL.label}" y="${y}" width="${length.toFixed(1)}" height="${PANEL.row - 5}" fill="${COLOURS[kind]}"/>`,
    ...(cut ? [breakMark(PANEL.label + length - 12, y)] : []),
    text(PANEL.label + length + 5, y + 9, figure),
  ]
}

/** Two white strokes through a bar that is longer than it is drawn. */
function breakMark(x, y) {
  const stroke = (at) => `M${at.toFixed(1)} ${y + PANEL.row - 4} l4 -${PANEL.row - 3}`
  return `<path d="${stroke(x)} ${stroke(x + 4)}" stroke="#ffffff" stroke-width="2" fill="none"/>`
}

function group(x, y, content) {
  return `<g transform="translate(${x} ${y})">\n${content.join('\n')}\n</g>`
}

function text(x, y, content, { anchor = 'start', weight = 400, size = 11 } = {}) {
  const escaped = content.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
  return `<text x="${x.toFixed(1)}" y="${y}" text-anchor="${anchor}" font-weight="${weight}" font-size="${size}" fill="${COLOURS.text}">${escaped}</text>`
}

function document(width, height, content) {
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="system-ui, sans-serif">
<rect width="${width}" height="${height}" fill="#ffffff"/>
${content.join('\n')}
</svg>
`
}
