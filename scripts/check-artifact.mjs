// Says whether binaries may be published: `node scripts/check-artifact.mjs [--local] FILE...`, where a file's name ends in
// `TARGET.node`. Reads those for Linux and FreeBSD with readelf (binutils), those for macOS with mach-o.mjs.
//
// --local is for what a plain build here gives: it may ask for a newer glibc than 2.17, because it is linked against this
// system's, and be larger, because its std is the one that came with the compiler. What is published is built by
// scripts/build-targets.sh or, for macOS, by the public workflow, and checked without it.
import { execFileSync } from 'node:child_process'
import { readFileSync, statSync } from 'node:fs'
import { createRequire } from 'node:module'
import { basename, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { isFromNowhere, readMachO } from './mach-o.mjs'

const MAX_KIB = 900
/** The newest versions that names may have: glibc 2.17; FreeBSD 13, whose libc calls its names FBSD_1.6; macOS 11. */
const OLDEST = { gnu: '2.17', freebsd: '1.6', darwin: '11.0' }
const VERSIONS = { gnu: 'GLIBC', musl: 'GLIBC', freebsd: 'FBSD' }

/** What Node calls, once, after it has loaded the file. */
const ENTRY = 'napi_register_module_v1'

/** What a binary may need: nothing that Node itself does not bring or that a bare system lacks. */
const NEEDED = {
  gnu: /^(?:libc\.so\.6|libm\.so\.6|libpthread\.so\.0|libdl\.so\.2|libgcc_s\.so\.1|ld-linux-(?:x86-64\.so\.2|aarch64\.so\.1))$/u,
  musl: /^(?:libc\.so|libc\.musl-(?:x86_64|aarch64)\.so\.1)$/u,
  freebsd: /^(?:libc\.so\.7|libm\.so\.5|libthr\.so\.3|libgcc_s\.so\.1|libkvm\.so\.7|libutil\.so\.9)$/u,
  darwin: /^\/usr\/lib\/(?:libSystem\.B|libiconv\.2|libobjc\.A)\.dylib$/u,
}

/** What readelf calls the processors of the names. */
const MACHINES = { x64: 'Advanced Micro Devices X86-64', arm64: 'AArch64' }

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { local: { type: 'boolean', default: false } },
})
const { version } = JSON.parse(
  readFileSync(fileURLToPath(new URL('../package.json', import.meta.url)), 'utf8'),
)
const require = createRequire(import.meta.url)
const output = (program, ...args) => execFileSync(program, args, { encoding: 'utf8' })
const matches = (text, pattern) => [...text.matchAll(pattern)].map(([, first]) => first)

const later = (found, limit) => newest([found, limit]) !== limit

function checkElf(file, cpu, system) {
  const [machine] = matches(output('readelf', '--file-header', '--wide', file), /Machine: +(.+)/gu)
  const needed = matches(output('readelf', '--dynamic', '--wide', file), /\(NEEDED\).*\[(.+)\]/gu)
  const sections = output('readelf', '--sections', '--wide', file)
  const symbols = output('readelf', '--dyn-syms', '--wide', file)
  const family = VERSIONS[system]
  const versions = matches(
    output('readelf', '--version-info', '--wide', file),
    new RegExp(`Name: ${family}_([\\d.]+)`, 'gu'),
  )
  const limit = OLDEST[system]
  const tooNew = [...new Set(versions)].filter((found) => limit === undefined || later(found, limit))
  // A linker takes a name that its libc does not have yet, without a version: the binary would not load. Weak ones may be absent.
  // musl has no versions: there, loading tells.
  const nowhere = system === 'musl' ? [] : matches(symbols, / GLOBAL +DEFAULT +UND +([^@\s]+)\s*$/gmu)
  const exported = matches(symbols, / GLOBAL +DEFAULT +\d+ +([^@\s]+)/gu)
  return {
    facts: `needs ${needed.join(' ') || 'nothing'}${versions.length > 0 ? `; ${family} ${newest(versions)}` : ''}`,
    problems: [
      ...(machine === MACHINES[cpu] ? [] : [`is for ${machine}`]),
      ...needed.filter((name) => !NEEDED[system].test(name)).map((name) => `needs ${name}`),
      ...(/ \.(?:symtab|debug_info) /u.test(sections) ? ['is not stripped'] : []),
      ...(exported.includes(ENTRY) ? [] : [`has no ${ENTRY}`]),
      ...nowhere.map((name) => `asks for ${name}, which no library has`),
      ...(values.local && system === 'gnu' ? [] : tooNew.map((found) => `asks for ${family}_${found}`)),
    ],
  }
}

function newest(versions) {
  return versions.toSorted((left, right) => left.localeCompare(right, 'en', { numeric: true })).at(-1)
}

function checkMachO(file, found) {
  const { cpu, system, needed, symbols, signature } = readMachO(readFileSync(file))
  // What Apple's strip leaves in place of all it took.
  const local = symbols.local.filter((name) => name !== 'radr://5614542')
  return {
    facts: `needs ${needed.join(' ')}; macOS ${system}`,
    problems: [
      ...(cpu === found ? [] : [`is for ${cpu}`]),
      ...(system !== undefined && !later(system, OLDEST.darwin) ? [] : [`is for macOS ${system}`]),
      ...needed.filter((name) => !NEEDED.darwin.test(name)).map((name) => `needs ${name}`),
      ...(local.length > 0 ? ['is not stripped'] : []),
      ...(symbols.exported.includes(`_${ENTRY}`) ? [] : [`has no ${ENTRY}`]),
      ...symbols.undefined.filter(isFromNowhere).map(({ name }) => `asks for ${name}, which no library has`),
      // A Mac with Apple's processor kills who maps a page that is not signed.
      ...(signature === true || (signature === undefined && cpu === 'x64')
        ? []
        : ['is not signed, or was changed since']),
    ],
  }
}

/** Only what this process can load says its version; what is not as it should be might end it. */
function checkVersion(file) {
  try {
    const found = require(resolve(file)).version?.()
    return {
      facts: `version ${found}`,
      problems: found === version ? [] : [`is of version ${found}, not ${version}`],
    }
  } catch (error) {
    if (error.code !== 'ERR_DLOPEN_FAILED') throw error
    return { facts: 'version not asked: not for this process', problems: [] }
  }
}

let failed = positionals.length === 0
for (const file of positionals) {
  const target = /([^.]+)\.node$/u.exec(basename(file))?.[1] ?? ''
  const [os, cpu, abi = os] = target.split('-')
  if (!(abi in NEEDED)) throw new Error(`${file}: the name says no target`)
  const kib = Math.ceil(statSync(file).size / 1024)
  const { facts, problems } = abi === 'darwin' ? checkMachO(file, cpu) : checkElf(file, cpu, abi)
  if (kib > MAX_KIB && !values.local) problems.push(`has ${kib} KiB of ${MAX_KIB} allowed`)
  const loaded = problems.length === 0 ? checkVersion(file) : { facts: 'not loaded', problems: [] }
  problems.push(...loaded.problems)
  console.log(`${basename(file)}: ${kib} KiB; ${facts}; ${loaded.facts}`)
  for (const problem of problems) console.error(`${basename(file)}: ${problem}`)
  failed ||= problems.length > 0
}
process.exitCode = failed ? 1 : 0
