// npm run demo: copies a large real file, proves the copy byte for byte, and times it beside fs.copyFile.

import { copyFile as nodeCopyFile, mkdtemp, open, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { copyFile } from 'palfs'

const ROUNDS = 7
const source = process.execPath
const directory = await mkdtemp(join(tmpdir(), 'palfs-demo-'))

try {
  const { size } = await stat(source)
  console.log(`${source}, ${mib(size)}, copied into ${directory}\n`)

  const first = join(directory, 'first')
  const result = await copyFile(source, first, { onProgress: showProgress })
  console.log(`copied:   ${result.bytes} bytes, method '${result.method}'`)
  await proveEqual(source, first)
  console.log('compared: every byte is equal\n')

  // In turns, so that both meet the same caches, the same disk and the same neighbours.
  const times = { palfs: [], node: [] }
  for (let round = 0; round < ROUNDS; round++) {
    times.palfs.push(await timed((dest) => copyFile(source, dest)))
    times.node.push(await timed((dest) => nodeCopyFile(source, dest)))
  }
  console.log(`median of ${ROUNDS} rounds, in turns:`)
  console.log(`  palfs copyFile  ${speed(size, times.palfs)}  (method '${result.method}')`)
  console.log(`  fs.copyFile     ${speed(size, times.node)}`)
  console.log(`  ratio           ${(median(times.node) / median(times.palfs)).toFixed(2)}x`)
} finally {
  await rm(directory, { recursive: true })
}

function showProgress({ bytes, totalBytes }) {
  const percent = totalBytes ? ` (${Math.floor((bytes / totalBytes) * 100)}%)` : ''
  console.log(`progress: ${mib(bytes)}${percent}`)
}

async function timed(copy) {
  const dest = join(directory, 'timed')
  const start = performance.now()
  await copy(dest)
  const elapsed = performance.now() - start
  await rm(dest)
  return elapsed
}

async function proveEqual(a, b) {
  const files = [await open(a), await open(b)]
  try {
    const buffers = files.map(() => Buffer.allocUnsafe(1 << 20))
    for (let at = 0; ;) {
      const [x, y] = await Promise.all(files.map((file, i) => readFully(file, buffers[i], at)))
      if (!x.equals(y)) throw new Error(`${a} and ${b} differ between bytes ${at} and ${at + x.length}`)
      if (x.length === 0) return
      at += x.length
    }
  } finally {
    await Promise.all(files.map((file) => file.close()))
  }
}

/** Up to a full buffer: a read may stop short before the end of the file. */
async function readFully(file, buffer, position) {
  let filled = 0
  for (;;) {
    const { bytesRead } = await file.read(buffer, filled, buffer.length - filled, position + filled)
    filled += bytesRead
    if (bytesRead === 0 || filled === buffer.length) return buffer.subarray(0, filled)
  }
}

function median(values) {
  return values.toSorted((a, b) => a - b)[values.length >> 1]
}

function speed(size, times) {
  const ms = median(times)
  return `${ms.toFixed(2).padStart(8)} ms  ${(size / 1024 ** 3 / (ms / 1000)).toFixed(2).padStart(8)} GiB/s`
}

function mib(bytes) {
  return `${(bytes / 1024 ** 2).toFixed(1)} MiB`
}
