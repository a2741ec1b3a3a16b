// The operands of a command, one after the other.

import { binding } from '../binding/binding.js'
import type { Interrupt } from './interrupt.js'

/** Does each; one that fails does not keep the next from being done, a signal does. */
export async function oneByOne<Item>(
  items: readonly Item[],
  interrupt: Interrupt,
  work: (item: Item) => Promise<void>,
  complain: (item: Item, error: unknown) => void,
): Promise<void> {
  // Where there is no binary, that is said once and not of each.
  binding()
  for (const item of items) {
    // It may come between two, too.
    if (interrupt.exitCode !== undefined) return
    try {
      await work(item)
    } catch (error) {
      if (interrupt.exitCode !== undefined) return
      complain(item, error)
    }
  }
}
