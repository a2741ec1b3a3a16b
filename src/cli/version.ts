// The version of the installed package.

import { readFileSync } from 'node:fs'

/** The version in package.json. */
export function packageVersion(): string {
  const manifest: unknown = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'))
  const known = typeof manifest === 'object' && manifest !== null && 'version' in manifest
  return known ? String(manifest.version) : 'unknown'
}

/** Prints the version, for --version. */
export function printVersion(): void {
  process.stdout.write(`palfs ${packageVersion()}\n`)
}
