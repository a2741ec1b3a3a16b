// The version of the installed package.

import { readFileSync } from 'node:fs'

/** As package.json says. */
export function packageVersion(): string {
  const manifest: unknown = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'))
  const known = typeof manifest === 'object' && manifest !== null && 'version' in manifest
  return known ? String(manifest.version) : 'unknown'
}

/** Answers --version. */
export function printVersion(): void {
  process.stdout.write(`palfs ${packageVersion()}\n`)
}
