// A root directory as in a distroless image: Node, the libraries that it has loaded, and what one puts there; no shell, no
// ldd, no /etc, no /proc.
import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import { dirname, join } from 'node:path'
import { readElf } from '../../src/binding/elf.js'
import { scratch, type Ended } from './child.js'

/** The loader that this Node names, and every library that is mapped into it, under all names in its directory. */
function libraries(): readonly string[] {
  const maps = fs.readFileSync('/proc/self/maps', 'latin1')
  const mapped = new Set([...maps.matchAll(/ (\/\S*\.so[\d.]*)$/gmu)].map(([, path = '']) => path))
  const named = [...mapped].flatMap((path) => {
    const beside = fs.readdirSync(dirname(path)).map((name) => join(dirname(path), name))
    return beside.filter(
      (name) => name.includes('.so') && fs.existsSync(name) && fs.realpathSync(name) === path,
    )
  })
  return [readElf('/proc/self/exe')?.interpreter ?? '', ...named].filter((path) => fs.existsSync(path))
}

function place(root: string, from: string, to: string): void {
  fs.mkdirSync(dirname(join(root, to)), { recursive: true })
  fs.copyFileSync(from, join(root, to))
}

/** Makes one with that node_modules in it; with `loader`, Node names that path as its loader, as it would on NixOS. */
export function bareRoot(modules: string, loader?: string): string {
  const root = scratch()
  for (const library of libraries()) place(root, library, library)
  place(root, process.execPath, '/node')
  fs.cpSync(modules, join(root, 'app/node_modules'), { recursive: true })
  if (loader !== undefined) renameLoader(root, loader)
  return root
}

/** Moves the loader and writes its new path over the old one in Node's PT_INTERP: it must not be longer. */
function renameLoader(root: string, loader: string): void {
  const old = readElf('/proc/self/exe')?.interpreter ?? ''
  if (old === '' || loader.length > old.length) throw new Error(`${loader} has no room in place of ${old}`)
  const program = fs.readFileSync(join(root, 'node'))
  program.write(loader.padEnd(old.length, '\0'), program.indexOf(`${old}\0`), 'latin1')
  fs.writeFileSync(join(root, 'node'), program)
  fs.mkdirSync(dirname(join(root, loader)), { recursive: true })
  fs.renameSync(join(root, old), join(root, loader))
}

/** Runs a module below /app in it, as root of the machine. */
export function runIn(root: string, source: string): Ended {
  fs.writeFileSync(join(root, 'app/program.mjs'), source)
  const { status, signal, stdout, stderr } = spawnSync('chroot', [root, '/node', '/app/program.mjs'], {
    encoding: 'utf8',
    // NODE_EXTRA_CA_CERTS and the like name files that are not there.
    env: { PATH: process.env['PATH'], LD_LIBRARY_PATH: process.env['LD_LIBRARY_PATH'] },
    timeout: 30_000,
  })
  return { status, signal, stdout, stderr }
}
