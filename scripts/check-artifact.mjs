// Says whether binaries may be published: `node scripts/check-artifact.mjs [--local] FILE...`, where a file's name ends in
// `TARGET.node`. Reads Linux binaries with readelf (binutils), macOS ones with otool; FreeBSD's are ELF, too.
//
// --local is for what a plain build here gives: it may ask for a newer glibc than 2.17, because it is linked against this
// system's, and be larger, because its std is the one that came with the compiler. What is published for Linux is built
// by scripts/build-linux.sh, and checked without it.
import { execFileSync } from 'node:child_process'
import { readFileSync, statSync } from 'node:fs'
import { createRequire } from 'node:module'
import { basename, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

const MAX_KIB = 900
const GLIBC = [2, 17]

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

const later = (found) => {
  const [major, minor] = found.split('.').map(Number)
  return major > GLIBC[0] || (major === GLIBC[0] && minor > GLIBC[1])
}

function checkElf(file, cpu, system) {
  const [machine] = matches(output('readelf', '--file-header', '--wide', file), /Machine: +(.+)/gu)
  const needed = matches(output('readelf', '--dynamic', '--wide', file), /\(NEEDED\).*\[(.+)\]/gu)
  const sections = output('readelf', '--sections', '--wide', file)
  const glibc = matches(output('readelf', '--version-info', '--wide', file), /Name: GLIBC_([\d.]+)/gu)
  // A linker takes a name that its glibc does not have yet, without a version: the binary would not load. Weak ones may be absent.
  const nowhere = matches(
    output('readelf', '--dyn-syms', '--wide', file),
    / GLOBAL +DEFAULT +UND +([^@\s]+)\s*$/gmu,
  )
  const tooNew = [...new Set(glibc)].filter((found) => system !== 'gnu' || later(found))
  return {
    facts: `needs ${needed.join(' ') || 'nothing'}${glibc.length > 0 ? `; glibc ${newest(glibc)}` : ''}`,
    problems: [
      ...(machine === MACHINES[cpu] ? [] : [`is for ${machine}`]),
      ...needed.filter((name) => !NEEDED[system].test(name)).map((name) => `needs ${name}`),
      ...(/ \.(?:symtab|debug_info) /u.test(sections) ? ['is not stripped'] : []),
      ...(system === 'gnu' ? nowhere.map((name) => `asks for ${name}, which no library has`) : []),
      ...(values.local && system === 'gnu' ? [] : tooNew.map((found) => `asks for GLIBC_${found}`)),
    ],
  }
}

function newest(versions) {
  return versions.toSorted((left, right) => left.localeCompare(right, 'en', { numeric: true })).at(-1)
}

function checkMachO(file) {
  const [, , ...lines] = output('otool', '-L', file).trimEnd().split('\n')
  const needed = lines.map((line) => line.trim().split(' ', 1)[0])
  return {
    facts: `needs ${needed.join(' ')}`,
    problems: needed.filter((name) => !NEEDED.darwin.test(name)).map((name) => `needs ${name}`),
  }
}

/** Only what this process can load says its version. */
function checkVersion(file) {
  try {
    const found = require(resolve(file)).version()
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
  const checks = [abi === 'darwin' ? checkMachO(file) : checkElf(file, cpu, abi), checkVersion(file)]
  const problems = checks.flatMap((check) => check.problems)
  if (kib > MAX_KIB && !values.local) problems.push(`has ${kib} KiB of ${MAX_KIB} allowed`)
  console.log(`${basename(file)}: ${kib} KiB; ${checks.map(({ facts }) => facts).join('; ')}`)
  for (const problem of problems) console.error(`${basename(file)}: ${problem}`)
  failed ||= problems.length > 0
}
process.exitCode = failed ? 1 : 0
