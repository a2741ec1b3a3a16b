// Writes THIRD-PARTY-LICENSES: the texts of what is linked into the binaries, which the licences want to be passed on with
// them. `node scripts/licences.mjs` after a change of Rust dependencies; with --check it only says whether that was done.
// scripts/pack.mjs puts the file into every platform package.
import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const output = join(root, 'THIRD-PARTY-LICENSES')

/** Crates that the binding links, on any of the targets. */
function linked() {
  const text = execFileSync('cargo', ['metadata', '--format-version', '1', '--locked'], {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const { packages, resolve } = JSON.parse(text)
  const nodes = new Map(resolve.nodes.map((node) => [node.id, node]))
  const byId = new Map(packages.map((crate) => [crate.id, crate]))
  const found = new Set()
  const left = packages.filter(({ name }) => name === 'palfs-node').map(({ id }) => id)
  for (let id = left.pop(); id !== undefined; id = left.pop()) {
    if (found.has(id)) continue
    found.add(id)
    for (const { pkg, dep_kinds: kinds } of nodes.get(id).deps) {
      const isMacro = byId.get(pkg).targets.some(({ kind }) => kind.includes('proc-macro'))
      const isHere = kinds.some(({ kind, target }) => kind === null && !/windows|wasm/u.test(target ?? ''))
      if (isHere && !isMacro) left.push(pkg)
    }
  }
  return [...found].map((id) => byId.get(id)).filter(({ source }) => source !== null)
}

/** The text under which we take a crate: MIT wherever it is offered. */
function licenceOf({ name, license, manifest_path: manifest }) {
  const directory = dirname(manifest)
  const names = readdirSync(directory).filter((file) => /^licen[cs]e|^copying/iu.test(file))
  const file = names.find((candidate) => /mit/iu.test(candidate)) ?? names[0]
  if (!/\b(?:MIT|ISC)\b/u.test(license))
    throw new Error(`${name} is under ${license}: decide what that asks for`)
  return file === undefined ? undefined : readFileSync(join(directory, file), 'utf8').trim()
}

const MIT = readFileSync(join(root, 'LICENSE'), 'utf8').split('\n').slice(4).join('\n').trim()

function written() {
  const crates = linked().toSorted((a, b) => a.name.localeCompare(b.name))
  const parts = crates.map((crate) => {
    const text =
      licenceOf(crate) ??
      `Copyright (c) ${crate.authors.join(', ') || `the authors of ${crate.name}`}\n\n${MIT}`
    return `${crate.name} (${crate.license})\n\n${text}`
  })
  parts.push(
    `The Rust standard library (MIT OR Apache-2.0)\n\nCopyright (c) The Rust Project Contributors\n\n${MIT}`,
  )
  const rule = `\n\n${'-'.repeat(80)}\n\n`
  return `${['Linked into the binaries of palfs, each under the licence below its name.', ...parts].join(rule)}\n`
}

const text = written()
if (!process.argv.includes('--check')) writeFileSync(output, text)
else if (!existsSync(output) || readFileSync(output, 'utf8') !== text) {
  console.error('THIRD-PARTY-LICENSES is not what is linked: run `node scripts/licences.mjs`')
  process.exitCode = 1
}
