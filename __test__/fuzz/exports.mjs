// What a module exports that can be called: found by walking it, so that nothing new is forgotten.

const isClass = (value) =>
  typeof value === 'function' && /^class\b/.test(Function.prototype.toString.call(value))

/** Names of the methods that an object has or inherits. */
function methodNames(object) {
  const names = new Set()
  for (let each = object; each !== null && each !== Object.prototype; each = Object.getPrototypeOf(each)) {
    for (const name of Object.getOwnPropertyNames(each)) {
      if (name !== 'constructor' && typeof object[name] === 'function') names.add(name)
    }
  }
  return [...names]
}

function methodsOf(owner, object) {
  const names = methodNames(object)
  return names.map((name) => ({
    name: `${owner}.${name}`,
    promises: names.includes(`${name}Sync`),
    call: (...args) => object[name](...args),
    method: object[name],
  }))
}

/**
 * Everything in `module` that can be called: functions, constructors, methods of objects, and methods of what a class or a
 * `create...` function makes. `promises`: by its name (there is a form with `Sync`), it gives a promise and never throws.
 */
export function callables(module) {
  const found = []
  // Sorted, as the names of a module are everywhere but in vitest.
  for (const [name, value] of Object.entries(module).toSorted(([one], [other]) => (one < other ? -1 : 1))) {
    if (isClass(value)) {
      found.push({
        name: `new ${name}`,
        promises: false,
        call: (...args) => new value(...args),
        isClass: true,
      })
      found.push(...methodsOf(name, instance(value)))
    } else if (typeof value === 'function') {
      found.push({ name, promises: `${name}Sync` in module, call: value })
      if (name.startsWith('create')) found.push(...methodsOf(`${name}()`, value()))
    } else if (typeof value === 'object' && value !== null) {
      found.push(...methodsOf(name, value))
    }
  }
  // What is exported under two names is one thing.
  const methods = new Set()
  return found.filter(({ method }) => method === undefined || (!methods.has(method) && methods.add(method)))
}

/** Some constructors take a number, some a text, some nothing. */
function instance(Class) {
  try {
    return new Class('x', {})
  } catch {
    return new Class(64)
  }
}

/** The operation that a callable is a form of: `xattr.get` of `xattr.getSync`. */
export const operationOf = ({ name }) => name.replace(/Sync$/, '')

/** The object whose method a callable is, or the function itself with its `Sync`. */
export const ownerOf = (each) => operationOf(each).replace(/\..*/, '')
