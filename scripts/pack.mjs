// Packs what is published: `node scripts/pack.mjs OUTPUT [--binaries DIR] [--partial]` puts the tarballs of the package
// and of its platform packages into OUTPUT, and prints their names.
//
// Everything is made in a copy, so that nothing of it can be committed: the platform packages, and the exact versions
// under optionalDependencies. With those in the committed package.json, `npm ci` would fail until all are published.
// Without --partial every target of package.json's napi config must have its binary in DIR (the repository's root, unless
// given); with it, targets that have none are left out. That is for this machine's own tests.
//
// Without --partial it must be known, too, where the source is: npm takes a package with provenance only if its `repository`
// is the one that the workflow ran in. Unless package.json says it, it is the one of the variables that GitHub's runners set.
import { execFileSync } from 'node:child_process'
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { binaries: { type: 'string', default: root }, partial: { type: 'boolean', default: false } },
})
const [output = 'packed'] = positionals
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))

/** As npm itself spells an address; the registry compares what is between `git+` and `.git`. */
function repository() {
  const { GITHUB_SERVER_URL: server, GITHUB_REPOSITORY: name } = process.env
  if (manifest.repository !== undefined) return manifest.repository
  if (server && name) return { type: 'git', url: `git+${server}/${name}.git` }
  if (values.partial) return undefined
  throw new Error(
    'npm needs a repository for provenance: package.json has none, nor do GITHUB_SERVER_URL and GITHUB_REPOSITORY',
  )
}

const words = { x86_64: 'x64', aarch64: 'arm64' }
const binaryOf = (triple) => {
  const [cpu, , system, abi] = triple.split('-')
  return ['palfs', [system, words[cpu], abi].filter(Boolean).join('-'), 'node'].join('.')
}
const platformOf = (binary) => binary.split('.')[1]

/** The licences of what a binary holds want to be passed on with it: written by scripts/licences.mjs. */
function addLinkedLicences(directory) {
  const name = 'THIRD-PARTY-LICENSES'
  copyFileSync(join(root, name), join(directory, name))
  const path = join(directory, 'package.json')
  const platform = JSON.parse(readFileSync(path, 'utf8'))
  platform.files.push(name)
  writeFileSync(path, `${JSON.stringify(platform, null, 2)}\n`)
}

const stage = mkdtempSync(join(tmpdir(), 'palfs-pack-'))
const run = (program, ...args) =>
  execFileSync(process.execPath, [join(root, 'node_modules', program), ...args], {
    cwd: stage,
    stdio: ['ignore', 'ignore', 'inherit'],
  })
const napi = (...args) => run('@napi-rs/cli/dist/cli.js', ...args)

try {
  const present = (triple) => existsSync(join(values.binaries, binaryOf(triple)))
  const targets = manifest.napi.targets.filter((triple) => !values.partial || present(triple))
  const absent = targets.filter((triple) => !present(triple))
  if (absent.length > 0) throw new Error(`no binary for ${absent.join(', ')} in ${values.binaries}`)

  // Compiled anew: the build in place may hold what is no longer in src/.
  run('typescript/bin/tsc', '-p', join(root, 'tsconfig.json'), '--outDir', join(stage, 'dist'))
  for (const name of ['LICENSE', 'README.md', ...manifest.files.filter((entry) => entry !== 'dist')]) {
    copyFileSync(join(root, name), join(stage, name))
  }
  const staged = { ...manifest, repository: repository(), napi: { ...manifest.napi, targets } }
  writeFileSync(join(stage, 'package.json'), `${JSON.stringify(staged, null, 2)}\n`)
  napi('create-npm-dirs')
  const binaries = targets.map(binaryOf)
  for (const binary of binaries) {
    const directory = join(stage, 'npm', platformOf(binary))
    copyFileSync(join(values.binaries, binary), join(directory, binary))
    copyFileSync(join(root, 'LICENSE'), join(directory, 'LICENSE'))
    addLinkedLicences(directory)
  }
  napi('pre-publish', '--tag-style', 'npm', '--no-gh-release', '--skip-optional-publish')

  mkdirSync(output, { recursive: true })
  // In one call: npm takes longer to start than to pack.
  const directories = ['.', ...readdirSync(join(stage, 'npm')).map((name) => `./npm/${name}`)]
  const packed = execFileSync(
    'npm',
    ['pack', '--json', '--pack-destination', resolve(output), ...directories],
    {
      cwd: stage,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    },
  )
  for (const { filename } of JSON.parse(packed)) console.log(filename)
} finally {
  rmSync(stage, { recursive: true, force: true })
}
