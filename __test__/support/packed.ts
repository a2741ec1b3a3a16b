// The tarballs that npm would publish, and a project that installed them.
import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import { join } from 'node:path'
import { ROOT, scratch } from './child.js'

export interface Manifest {
  version: string
  files: string[]
  engines: Record<string, string>
  scripts: Record<string, string>
  optionalDependencies?: Record<string, string>
  repository?: { type: string; url: string }
}

export function readManifest(path: string): Manifest {
  return JSON.parse(fs.readFileSync(path, 'utf8')) as Manifest
}

export const manifest: Manifest = readManifest(join(ROOT, 'package.json'))

/** The name of a package's tarball. */
export const tarball = (name: string): string => `${name}-${manifest.version}.tgz`

/** Runs the script that packs, as on this machine or, with `runner`, with what a runner of GitHub's has in its environment. */
export function pack(args: readonly string[], runner: NodeJS.ProcessEnv = {}): void {
  const { GITHUB_SERVER_URL: _, GITHUB_REPOSITORY: __, ...env } = process.env
  execFileSync(process.execPath, [join(ROOT, 'scripts/pack.mjs'), ...args], {
    stdio: 'pipe',
    timeout: 120_000,
    env: { ...env, ...runner },
  })
}

/** The file that the build made for that target. */
export const binaryOf = (target: string): string => join(ROOT, `palfs.${target}.node`)

/** Packs the package with the binaries of those targets and no others; gives the directory of the tarballs. */
export function packFor(targets: readonly string[]): string {
  const binaries = scratch()
  for (const target of targets) fs.copyFileSync(binaryOf(target), join(binaries, `palfs.${target}.node`))
  const output = scratch()
  pack([output, '--partial', '--binaries', binaries])
  return output
}

/** An empty project into which npm installed the package with the binaries of those targets, this system's or not. */
export function projectFor(targets: readonly string[]): string {
  const packed = packFor(targets)
  const names = ['palfs', ...targets.map((target) => `palfs-${target}`)]
  const dependencies = Object.fromEntries(names.map((name) => [name, `file:${join(packed, tarball(name))}`]))
  const directory = scratch()
  fs.writeFileSync(join(directory, 'package.json'), JSON.stringify({ private: true, dependencies }))
  const flags = ['--offline', '--no-audit', '--no-fund', '--force']
  execFileSync('npm', ['install', ...flags], { cwd: directory, stdio: 'pipe', timeout: 120_000 })
  return directory
}
