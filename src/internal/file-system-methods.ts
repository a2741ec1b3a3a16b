/** From a row of the table to the two methods that it stands for. */
import type { FileOperation } from '../../index.cjs'
import { binding } from '../binding/binding.js'
import type { ErrorContext } from '../errors/fs-error.js'
import { TABLE, type Call, type Row } from './file-system-table.js'
import { ended, Failed, failed, reasonOf } from './value-operation.js'

type Method = (first?: unknown, second?: unknown, third?: unknown, fourth?: unknown) => unknown

/** Every method that the table stands for, by its name. */
export function methodsOfTable(): [name: string, method: Method][] {
  return Object.entries(TABLE).flatMap(([name, row]): [string, Method][] => {
    return [named(name, promiseMethod(row)), named(`${name}Sync`, syncMethod(row))]
  })
}

function named(name: string, method: Method): [string, Method] {
  Object.defineProperty(method, 'name', { value: name })
  return [name, method]
}

function syncMethod(row: Row): Method {
  let operation: FileOperation | undefined
  const method: Method = (first, second, third, fourth) => {
    const bound = binding()
    const call = row.check(true, first, second, third, fourth)
    operation ??= bound.native.FileOperation[row.operation]
    const { args, reader } = call
    const size = bound.native.fileOperationSync(operation, args[0], args[1], args[2], args[3], args[4])
    if (size === null) throw reasonOf(failed(bound, null), contextOf(row, call), method)
    return reader.here(bound, size)
  }
  return method
}

function promiseMethod(row: Row): Method {
  let operation: FileOperation | undefined
  const method = async (
    first?: unknown,
    second?: unknown,
    third?: unknown,
    fourth?: unknown,
  ): Promise<unknown> => {
    const bound = binding()
    const call = row.check(false, first, second, third, fourth)
    operation ??= bound.native.FileOperation[row.operation]
    const { args, reader } = call
    const slot = bound.native.fileOperation(operation, args[0], args[1], args[2], args[3], args[4])
    const value = await ended(bound, slot, (size, base) => reader.later(bound, size, base, slot))
    if (value instanceof Failed) throw reasonOf(value, contextOf(row, call), method)
    if (value instanceof Error) throw value
    return value
  }
  return method
}

function contextOf({ syscall, moves = false }: Row, { path, dest }: Call): ErrorContext {
  return { ...(syscall === undefined ? {} : { syscall }), path, dest, moves }
}
