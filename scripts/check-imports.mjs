#!/usr/bin/env node
// Fails on circles of imports, and on imports that run against the layers. `--list` prints every arrow that counts.
//
// Rust: an arrow leads from the file that names an item to the file that defines it, whatever re-exports lie between; tests are left
// out. TypeScript: from the importing file to the imported one.
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'

const root = join(import.meta.dirname, '..')

/**
 * Circles that stay, by crate, each with its reason: the files are one state machine, or one type, in parts. A file may
 * be in one entry only; a circle is allowed if an entry has all of its files.
 */
const KEPT = [
  [
    'copy/data',
    'Transfer moves one file; each method of it has a file, and may hand over to the next method',
  ],
]

/** Layers of the engine: a folder or file may import from those before it and from itself. */
const LAYERS = [
  ['errno.rs', 'sys/', 'error.rs', 'control.rs', 'buffer.rs', 'pool.rs'],
  ['copy/', 'xattr.rs'],
  ['tree/', 'io.rs', 'ops/'],
  ['platform/'],
  ['lib.rs'],
]

/** Layers of src/: the inside, then the files of the public functions, then the command line. The inside has three folders. */
const INSIDE = ['binding/', 'errors/', 'internal/']
const facadeLayer = (file) =>
  INSIDE.some((folder) => file.startsWith(folder)) ? 0 : file.startsWith('cli/') ? 2 : 1

/** Inside tree/: the walk knows none of the works that use it, and the works do not know each other, but for these. */
const TREE = {
  'walk/': [],
  'copy/': ['walk/'],
  'remove/': ['walk/'],
  'relocate/': ['walk/', 'copy/', 'remove/'],
}

const filesBelow = (folder, ending) =>
  readdirSync(join(root, folder), { recursive: true })
    .filter((name) => name.endsWith(ending))
    .toSorted((a, b) => a.localeCompare(b))

function withoutTests(text) {
  const at = text.search(/^#\[cfg\(test\)\]\n(?:#\[[^\n]*\]\n)*mod tests\b/mu)
  const code = at < 0 ? text : text.slice(0, at)
  return code.replaceAll(/\/\/[^\n]*/gu, '').replaceAll(/"(?:[^"\\]|\\.)*"/gu, '""')
}

/** The names that a `use` declaration brings in: `[segments, name]` each. */
function leaves(tree, prefix = []) {
  const open = tree.indexOf('{')
  if (open < 0) {
    const [path, alias] = tree.split(/\s+as\s+/u).map((part) => part.trim())
    const segments = [...prefix, ...path.split('::').map((part) => part.trim())]
    if (segments.at(-1) === 'self') segments.pop()
    return [[segments, alias ?? segments.at(-1)]]
  }
  const head = tree
    .slice(0, open)
    .split('::')
    .map((part) => part.trim())
    .filter(Boolean)
  const parts = []
  let depth = 0
  let start = open + 1
  for (let at = open + 1; at < tree.length; at++) {
    const char = tree[at]
    if (char === '{') depth++
    if ((char === ',' || char === '}') && depth === 0) {
      parts.push(tree.slice(start, at))
      start = at + 1
    }
    if (char === '}') depth--
  }
  return parts
    .filter((part) => part.trim() !== '')
    .flatMap((part) => leaves(part.trim(), [...prefix, ...head]))
}

/** The modules of a crate: path of names -> { file, uses, text }. */
function crateModules(folder) {
  const modules = new Map()
  for (const file of filesBelow(folder, '.rs')) {
    if (file.endsWith('_tests.rs')) continue
    const names = file.slice(0, -3).split('/')
    if (names.at(-1) === 'mod' || names.at(-1) === 'lib') names.pop()
    const text = withoutTests(readFileSync(join(root, folder, file), 'utf8'))
    const uses = []
    const rest = text.replaceAll(/^((?:pub(?:\([^)]*\))?\s+)?)use\s+([^;]+);/gmu, (_, visibility, tree) => {
      for (const [segments, name] of leaves(tree.trim()))
        uses.push({ segments, name, isPublic: visibility !== '' })
      return ''
    })
    // `#[path = "x.rs"] mod raw;`: one module, a file for each system.
    const renamed = [...text.matchAll(/#\[path = ""\]\s*(?:pub(?:\([^)]*\))? )?mod (\w+);/gu)].map(
      (match) => match[1],
    )
    modules.set(names.join('::'), { file, uses, text: rest, names, renamed })
  }
  return modules
}

function rustArrows(folder) {
  const modules = crateModules(folder)
  const absolute = (segments, own, from) => {
    const [first] = segments
    if (first === 'crate') return segments.slice(1)
    if (first === 'self') return [...own, ...segments.slice(1)]
    if (first === 'super') {
      let up = 0
      while (segments[up] === 'super') up++
      return [...own.slice(0, own.length - up), ...segments.slice(up)]
    }
    if (modules.has([...own, first].join('::'))) return [...own, ...segments]
    // A module that a `use` brought in: `xattr::get` after `use crate::sys::xattr`.
    const brought = from.uses.find(
      ({ name, segments: path }) => name === first && ['crate', 'super', 'self'].includes(path[0]),
    )
    if (brought !== undefined && segments.length > 1)
      return absolute([...brought.segments, ...segments.slice(1)], own, from)
    return undefined
  }
  /** The file that defines the item at a path, through re-exports. */
  const definition = (path, depth = 0) => {
    for (let length = path.length; length >= 0; length--) {
      const module = modules.get(path.slice(0, length).join('::'))
      if (module === undefined) continue
      const item = path[length]
      if (item === undefined) return module.file
      const exported = module.uses.find(({ name, isPublic }) => isPublic && name === item)
      const target = exported && absolute(exported.segments, module.names, module)
      if (target !== undefined && depth < 8)
        return definition([...target, ...path.slice(length + 1)], depth + 1)
      return module.file
    }
    return undefined
  }
  const arrows = new Map()
  for (const module of modules.values()) {
    const targets = new Set()
    const paths = module.uses.filter(({ isPublic }) => !isPublic).map(({ segments }) => segments)
    for (const [path] of module.text.matchAll(/\b[a-z_]\w*(?:::\w+)+/gu)) paths.push(path.split('::'))
    for (const segments of paths) {
      const path = absolute(segments, module.names, module)
      const file = path && definition(path)
      // A bare module name is no item yet: the paths behind it count.
      if (path !== undefined && modules.has(path.join('::'))) continue
      if (file !== undefined && file !== module.file) targets.add(file)
    }
    arrows.set(module.file, targets)
  }
  return arrows
}

function typescriptArrows(folder) {
  const arrows = new Map()
  for (const file of filesBelow(folder, '.ts')) {
    const text = readFileSync(join(root, folder, file), 'utf8')
    const targets = [...text.matchAll(/(?:from |import\()'(\.[^']+)\.js'/gu)].map(([, path]) =>
      normalize(join(dirname(file), `${path}.ts`)),
    )
    arrows.set(file, new Set(targets))
  }
  return arrows
}

/** Strongly connected components of more than one file (Tarjan). */
function circles(arrows) {
  const [index, low, stack, onStack, found] = [new Map(), new Map(), [], new Set(), []]
  const visit = (file) => {
    index.set(file, index.size)
    low.set(file, index.get(file))
    stack.push(file)
    onStack.add(file)
    for (const next of arrows.get(file) ?? []) {
      if (!index.has(next)) {
        visit(next)
        low.set(file, Math.min(low.get(file), low.get(next)))
      } else if (onStack.has(next)) low.set(file, Math.min(low.get(file), index.get(next)))
    }
    if (low.get(file) !== index.get(file)) return
    const members = stack.splice(stack.indexOf(file))
    for (const member of members) onStack.delete(member)
    if (members.length > 1) found.push(members.toSorted((a, b) => a.localeCompare(b)))
  }
  for (const file of arrows.keys()) if (!index.has(file)) visit(file)
  return found
}

const layerOf = (file) => LAYERS.findIndex((names) => names.some((name) => file.startsWith(name)))
const treePart = (file) => Object.keys(TREE).find((part) => file.startsWith(`tree/${part}`))

const problems = []
for (const folder of ['crates/palfs/src', 'crates/palfs-node/src', 'src']) {
  const arrows = folder === 'src' ? typescriptArrows(folder) : rustArrows(folder)
  if (process.argv.includes('--list')) {
    for (const [from, targets] of arrows) for (const to of targets) console.log(`${folder}: ${from} -> ${to}`)
  }
  for (const members of circles(arrows)) {
    const kept = KEPT.some(([prefix]) => members.every((file) => file.startsWith(prefix)))
    const lines = members.flatMap((file) =>
      [...arrows.get(file)].filter((to) => members.includes(to)).map((to) => `    ${file} -> ${to}`),
    )
    if (!kept) problems.push(`${folder}: a circle of imports:\n${lines.join('\n')}`)
  }
  if (folder === 'src') {
    for (const [from, targets] of arrows) {
      for (const to of targets) {
        if (facadeLayer(to) > facadeLayer(from))
          problems.push(`${folder}: ${from} imports ${to}, which is a layer above it`)
      }
    }
  }
  if (folder !== 'crates/palfs/src') continue
  for (const [from, targets] of arrows) {
    for (const to of targets) {
      const part = treePart(from)
      const other = treePart(to)
      if (layerOf(to) > layerOf(from))
        problems.push(`${folder}: ${from} imports ${to}, which is a layer above it`)
      if (part !== undefined && other !== undefined && part !== other && !TREE[part].includes(other)) {
        problems.push(
          `${folder}: ${from} imports ${to}; tree/${part} may import ${TREE[part].join(', ') || 'none of the others'}`,
        )
      }
    }
  }
}
for (const problem of problems) console.error(`check-imports: ${problem}`)
console.log(
  `check-imports: ${problems.length === 0 ? 'no circle, nothing against the layers' : `${problems.length} problems`}`,
)
process.exitCode = problems.length > 0 ? 1 : 0
