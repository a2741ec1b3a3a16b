// npm run demo: copies the folders that the build left here, proves the copy entry by entry, and times it beside fs.cp.

import { existsSync, rmSync, statfsSync } from 'node:fs'
import { cp as nodeCp, mkdir, mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { cp, rm } from 'palfs'
import { ProgressBar, formatBytes } from '../dist/cli/progress-bar.js'
import { compareTrees, measureTree } from './compare-trees.mjs'

const ROUNDS = 3
const REPOSITORY = fileURLToPath(new URL('..', import.meta.url))
const directory = await mkdtemp(join(tmpdir(), 'palfs-demo-'))
// Ctrl-C too leaves nothing behind.
process.once('SIGINT', () => {
  rmSync(directory, { recursive: true, force: true })
  process.exit(130)
})

try {
  const folders = foldersThatFit(statfsSync(directory))
  const totals = sum(folders.map(({ size }) => size))
  console.log(`${folders.map(({ name }) => name).join(' and ')}: ${describe(totals)}, into ${directory}\n`)

  const copies = await copyWithProgress(folders, totals)
  console.log(`compared: ${compareAll(copies)}\n`)
  await timeBesideNode(folders)
} finally {
  await rm(directory, { recursive: true })
}

/** There is to be room for two copies: the one that is compared, and one that is timed. */
function foldersThatFit({ bavail, bsize }) {
  const room = (bavail * bsize) / 2.5
  const fitting = []
  for (const name of ['node_modules', 'target']) {
    const path = join(REPOSITORY, name)
    if (!existsSync(path)) continue
    const size = measureTree(path)
    if (sum([...fitting, { size }].map((folder) => folder.size)).bytes < room)
      fitting.push({ name, path, size })
    else console.log(`${name} is left out: no room in ${directory} for ${formatBytes(size.bytes)}`)
  }
  return fitting
}

async function copyWithProgress(folders, totals) {
  const bar = new ProgressBar(terminal(), totals, true)
  const onProgress = (progress) => bar.update(progress)
  const copies = []
  const start = performance.now()
  for (const { name, path } of folders) {
    const dest = join(directory, name)
    const result = await cp(path, dest, { recursive: true, preserve: 'all', onProgress })
    bar.finish(result)
    copies.push({ path, dest, result })
  }
  const seconds = (performance.now() - start) / 1000
  bar.end()
  const results = copies.map(({ result }) => result)
  console.log(
    `copied:   ${describe(sum(results))}, with preserve: 'all', in ${seconds.toFixed(2)} s, by ${methods(results)}`,
  )
  return copies
}

/** The terminal; where there is none, the bar is a line every second. */
function terminal() {
  if (process.stderr.isTTY) return process.stderr
  let next = performance.now()
  return {
    columns: 100,
    write(text) {
      // Without what clears the line.
      const line = text.slice(text.lastIndexOf('\u001B[K') + 3)
      if (line === '' || performance.now() < next) return
      next = performance.now() + 1000
      console.log(line)
    },
  }
}

function compareAll(copies) {
  let entries = 0
  for (const { path, dest } of copies) entries += compareTrees(path, dest)
  return `${entries.toLocaleString('en-US')} entries are equal in type, mode, owner, times, links and every byte`
}

/** In turns, so that both meet the same caches, the same disk and the same neighbours. */
async function timeBesideNode(folders) {
  const times = { palfs: [], node: [] }
  for (let round = 0; round < ROUNDS; round++) {
    times.palfs.push(await timed(cp, folders))
    times.node.push(await timed(nodeCp, folders))
  }
  const [ours, theirs] = [median(times.palfs), median(times.node)]
  console.log(`median of ${ROUNDS} rounds, in turns, without options but recursive:`)
  console.log(`  palfs cp  ${ours.toFixed(2).padStart(7)} s`)
  console.log(`  fs.cp     ${theirs.toFixed(2).padStart(7)} s  (Node ${process.versions.node})`)
  console.log(`  ratio     ${(theirs / ours).toFixed(2).padStart(7)} x`)
}

async function timed(copy, folders) {
  const dest = join(directory, 'timed')
  await mkdir(dest)
  const start = performance.now()
  for (const { name, path } of folders) await copy(path, join(dest, name), { recursive: true })
  const seconds = (performance.now() - start) / 1000
  await rm(dest, { recursive: true })
  return seconds
}

function sum(sizes) {
  return sizes.reduce(
    (all, { files, directories, bytes }) => ({
      files: all.files + files,
      directories: all.directories + directories,
      bytes: all.bytes + bytes,
    }),
    { files: 0, directories: 0, bytes: 0 },
  )
}

function describe({ files, directories, bytes }) {
  return `${files.toLocaleString('en-US')} files in ${directories.toLocaleString('en-US')} directories, ${formatBytes(bytes)}`
}

function methods(results) {
  const used = new Set(results.flatMap((result) => Object.keys(result.methods)))
  return [...used].join(', ')
}

function median(values) {
  return values.toSorted((a, b) => a - b)[values.length >> 1]
}
