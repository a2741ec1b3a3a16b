import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { detectCapabilitiesSync } from '../../src/index.js'
import { palfs } from './program.js'

function infoJson(env: NodeJS.ProcessEnv = {}): unknown {
  const { status, stdout, stderr } = palfs(['info', '--json'], { env })
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  return JSON.parse(stdout)
}

describe('palfs info', () => {
  test('names the platform, the versions and the binary that was loaded', () => {
    const manifest: unknown = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'))
    const info = infoJson() as { binary: string; version: string }
    expect(manifest).toMatchObject({ version: info.version })
    expect(info).toMatchObject({ node: process.versions.node, architecture: process.arch })
    expect(existsSync(info.binary)).toBe(true)
  })

  test('shows which methods PALFS_METHODS leaves', () => {
    expect(infoJson({ PALFS_METHODS: 'read_write, rename, teleport' })).toMatchObject({
      methods: ['read_write'],
    })
    expect(infoJson({ PALFS_METHODS: 'teleport' })).toEqual(infoJson())
  })

  test('prints the same as a table for people', () => {
    const { status, stdout } = palfs(['info'])
    expect(status).toBe(0)
    expect(stdout).toMatch(/^version {2,}\d+\.\d+\.\d+\nplatform {2,}\w+\n/)
    expect(stdout).toMatch(/\nmethods {2,}.*read_write\n$/)
  })

  test('tells what the filesystem of a path can do', () => {
    const asked = palfs(['info', '--json', '.'])
    expect(asked).toMatchObject({ status: 0, stderr: '' })
    expect(JSON.parse(asked.stdout)).toMatchObject({ capabilities: detectCapabilitiesSync('.') })
    const { status, stdout } = palfs(['info', '.'])
    expect(status).toBe(0)
    expect(stdout).toMatch(/\nfilesystem type {2,}\w+\n/)
    expect(stdout).toMatch(/\nhard links {2,}(yes|no|unknown)\n/)
    expect(stdout).toMatch(/\ndirect io {2,}(no|unknown|memory by \d+, offsets by \d+)\n/)
  })

  test('says why a path cannot be asked about', () => {
    expect(palfs(['info', '/nowhere/at/all'])).toEqual({
      status: 1,
      stdout: '',
      stderr:
        "palfs info: cannot ask the filesystem of '/nowhere/at/all': No such file or directory (ENOENT)\n",
    })
  })

  test('takes one operand', () => {
    expect(palfs(['info', '.', 'x'])).toMatchObject({
      status: 1,
      stderr: expect.stringContaining("extra operand 'x'"),
    })
  })
})
