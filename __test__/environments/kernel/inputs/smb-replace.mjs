// `node smb-replace.mjs DIRECTORY SERVER-DIRECTORY`: after each way to replace an old file there must be the new content, seen by
// the client and by the server; or, with an error whose `destination` says nothing, the old one.
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { copyFile, copyFileSync, cpSync, moveSync } from '../../../../dist/index.js'

const [client, server] = process.argv.slice(2)
const local = mkdtempSync('/tmp/smb-replace.')
const OLD = 'the old content'
const NEW = 'new'

const read = (path) => {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    return error.code
  }
}

const tree = (source) => {
  const directory = join(local, 'tree')
  mkdirSync(directory, { recursive: true })
  writeFileSync(join(directory, 'f'), read(source))
  utimesSync(join(directory, 'f'), new Date(), new Date())
  return directory
}

const ways = {
  'GNU cp': (from, to) => execFileSync('cp', [from, to]),
  'GNU mv -f': (from, to) => execFileSync('mv', ['-f', from, to]),
  copyFileSync: (from, to) => copyFileSync(from, to),
  copyFile: (from, to) => copyFile(from, to),
  "copyFileSync, replace 'atomic'": (from, to) => copyFileSync(from, to, { replace: 'atomic' }),
  "copyFileSync, replace 'in-place'": (from, to) => copyFileSync(from, to, { replace: 'in-place' }),
  "copyFileSync, preserve 'all'": (from, to) => copyFileSync(from, to, { preserve: 'all' }),
  'cpSync of a file': (from, to) => cpSync(from, to),
  'cpSync of a tree': (from, to) => cpSync(tree(from), join(to, '..'), { recursive: true }),
  "cpSync of a tree, preserve 'all'": (from, to) =>
    cpSync(tree(from), join(to, '..'), { recursive: true, preserve: 'all' }),
  'cpSync of a tree, update': (from, to) =>
    cpSync(tree(from), join(to, '..'), { recursive: true, update: true }),
  'cpSync of a tree, 4 threads': (from, to) =>
    cpSync(tree(from), join(to, '..'), { recursive: true, concurrency: 4 }),
  'moveSync across filesystems': (from, to) => moveSync(from, to, { overwrite: true }),
  'moveSync within': (from, to) => {
    const near = join(client, 'near')
    writeFileSync(near, readFileSync(from))
    return moveSync(near, to, { overwrite: true })
  },
}

let failed = 0
let number = 0
for (const [way, replace] of Object.entries(ways)) {
  number++
  const folder = `folder-${number}`
  mkdirSync(join(client, folder))
  const from = join(local, 'new')
  const to = join(client, folder, 'f')
  writeFileSync(from, NEW)
  writeFileSync(to, OLD)
  utimesSync(to, 1e9, 1e9)
  let said
  let expected = NEW
  try {
    const result = await replace(from, to)
    said = result?.method ?? 'done'
  } catch (error) {
    said = `${error.code} ${error.syscall} destination: ${error.destination}`
    if (error.destination === undefined) expected = OLD
  }
  const seen = { client: read(to), server: read(join(server, folder, 'f')) }
  const left = readdirSync(join(server, folder)).filter((name) => name !== 'f')
  const good = seen.client === expected && seen.server === expected && left.length === 0
  if (!good) failed++
  console.log(
    `${good ? 'ok  ' : 'FAIL'} ${way}: ${said}; client: ${seen.client}, server: ${seen.server}${left.map((name) => `, left: ${name}`).join('')}`,
  )
}
console.log(`${Object.keys(ways).length - failed} passed, ${failed} failed`)
process.exit(failed > 0 ? 1 : 0)
