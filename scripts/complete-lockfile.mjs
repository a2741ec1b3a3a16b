// Completes package-lock.json after `npm install`: run `node scripts/complete-lockfile.mjs [FILE]`, then `npm ci`.
//
// A registry that mirrors packages for one platform only lets npm 11 write a lock file that `npm ci` then refuses, with
// "Missing: @oxlint/binding-darwin-x64@ from lock file" (npm/cli#9846). The missing entries are optional packages of
// other platforms. Name and version stand in their parent's entry, and the platform in their name.
import { readFileSync, writeFileSync } from 'node:fs'

const file = process.argv[2] ?? new URL('../package-lock.json', import.meta.url)
const lock = JSON.parse(readFileSync(file, 'utf8'))
const platform =
  /[-/](?:wasm32-wasi|(android|darwin|freebsd|linux|openharmony|win32)-([a-z0-9]+)(?:-(gnu|musl|eabi|msvc)[a-z]*)?)$/u

const entryOf = (name, version) => {
  const match = platform.exec(name)
  if (match === null) throw new Error(`${name} names no platform: install it, or teach this script about it`)
  const [, os, cpu = 'wasm32', abi] = match
  const libc = { gnu: 'glibc', musl: 'musl' }[abi]
  return {
    version,
    cpu: [cpu],
    dev: true,
    ...(os === 'linux' && libc !== undefined && { libc: [libc] }),
    optional: true,
    ...(os !== undefined && { os: [os] }),
  }
}

const missing = Object.entries(lock.packages).flatMap(([parent, { optionalDependencies = {} }]) =>
  Object.entries(optionalDependencies)
    .map(([name, version]) => ({ name, version, path: `node_modules/${name}` }))
    .filter(({ path }) => !(path in lock.packages) && !(`${parent}/${path}` in lock.packages)),
)
const added = missing.map(({ name, version, path }) => [path, entryOf(name, version)])
lock.packages = Object.fromEntries(
  [...Object.entries(lock.packages), ...added].toSorted(([left], [right]) => left.localeCompare(right, 'en')),
)
writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`)
console.log(`package-lock.json: ${added.length} entries of other platforms added`)
