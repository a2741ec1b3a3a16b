// The package as it is installed, with a binary that somebody broke.
import { execFileSync, spawnSync } from 'node:child_process'
import fs from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { node, ROOT, scratch, type ChildOptions } from './child.js'

/** This machine's target, in the words of the package names, and the file that the build made for it. */
export const HERE: string = targetHere()
export const ADDON: string = join(ROOT, `palfs.${HERE}.node`)

function targetHere(): string {
  const built = fs.readdirSync(ROOT).flatMap((name) => /^palfs\.(.+)\.node$/u.exec(name)?.[1] ?? [])
  const here = built.filter((target) => target.startsWith(`${process.platform}-${process.arch}`))
  const target = here.find((name) => !name.endsWith('-musl')) ?? here[0]
  if (target === undefined) throw new Error('there is no binary: run `npm run build`')
  return target
}

/** The package in a node_modules of its own, without a binary; gives that node_modules. */
export function installed(): string {
  const modules = join(scratch(), 'node_modules')
  const root = join(modules, 'palfs')
  fs.mkdirSync(root, { recursive: true })
  fs.copyFileSync(join(ROOT, 'package.json'), join(root, 'package.json'))
  fs.cpSync(join(ROOT, 'dist'), join(root, 'dist'), { recursive: true })
  return modules
}

/** Adds the package of a target with that file in it; gives the path of its binary. */
export function addBinary(modules: string, target: string, file: string | Uint8Array): string {
  const directory = join(modules, `palfs-${target}`)
  const main = `palfs.${target}.node`
  fs.mkdirSync(directory)
  fs.writeFileSync(join(directory, 'package.json'), JSON.stringify({ name: `palfs-${target}`, main }))
  if (typeof file === 'string') fs.copyFileSync(file, join(directory, main))
  else fs.writeFileSync(join(directory, main), file)
  return join(directory, main)
}

/** What a program sees that imports the package. */
export interface Seen {
  supported: boolean
  libc: string | null
  /** What calling says, and with which codes all the functions fail. */
  message: string
  codes: unknown[]
}

const SEE = `
  const { supported, LIBC: libc, features, ...other } = await import(args[0])
  const io = new other.PlatformIO()
  const files = other.createPlatformFilesystem()
  const calls = [
    () => other.copyFile('a', 'b'), () => other.copyFileSync('a', 'b'), () => other.cp('a', 'b'), () => other.cpSync('a', 'b'),
    () => other.move('a', 'b'), () => other.moveSync('a', 'b'), () => other.rm('a'), () => other.rmSync('a'),
    () => other.xattr.list('a'), () => other.xattr.getSync('a', 'user.x'), () => other.xattr.copy('a', 'b'),
    () => other.detectCapabilities('a'), () => other.detectCapabilitiesSync('a'),
    () => other.getPlatformInfo(), () => other.getPlatformCapabilities(), () => new other.PlatformBuffer(4096),
    () => io.copyFileOptimized('a', 'b'), () => io.readFileOptimized('a'), () => io.readFileOptimizedSync('a'),
    () => io.writeFileOptimized('a', 'b'), () => io.optimalChunkSizeSync('a'), () => other.platformIO.readFileOptimized('a'),
    () => files.stat('a'), () => files.statSync('a'), () => files.readdir('a'), () => files.readdirSync('a'),
    () => files.readdirStream('a').next(), () => files.getxattr('a', 'b'), () => files.copyFileFast('a', 'b'), () => files.copyFileFastSync('a', 'b'),
  ]
  const codes = new Set(Object.values(features))
  let message = ''
  for (const call of supported ? [] : calls) {
    try { await call(); codes.add('no error: ' + call) } catch (error) { codes.add(error.code ?? error.stack); message = error.message }
  }
  console.log(JSON.stringify({ supported, libc, message, codes: [...codes] }))`

/** Imports the package in a Node of its own. `before` runs first. */
export function see(
  modules: string,
  { before = '', ...options }: ChildOptions & { before?: string } = {},
): Seen {
  const entry = pathToFileURL(join(modules, 'palfs/dist/index.js')).href
  const { status, signal, stdout, stderr } = node(`${before}\n${SEE}`, { ...options, args: [entry] })
  if (status !== 0) throw new Error(`the program ended with ${status ?? signal}:\n${stderr}`)
  return JSON.parse(stdout) as Seen
}

/** Whether that compiler is installed. */
export function available(compiler: string): boolean {
  return spawnSync(compiler, ['--version']).status === 0
}

/** Compiles C into that file. */
export function compile(compiler: string, source: string, output: string, ...flags: string[]): string {
  const input = `${output}.c`
  fs.writeFileSync(input, source)
  execFileSync(compiler, ['-fPIC', '-o', output, input, ...flags])
  return output
}
