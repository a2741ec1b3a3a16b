// Runs a command for its operands, one after the other.

import { binding } from '../binding/binding.js'
import type { Interrupt } from './interrupt.js'

/** Calls `work` for each item. It goes on after a failure, but not after a signal. */
export async function oneByOne<Item>(
  items: readonly Item[],
  interrupt: Interrupt,
  work: (item: Item) => Promise<void>,
  complain: (item: Item, error: unknown) => void,
): Promise<void> {
  // Throws if no binary was loaded, so that this is reported once and not per item.
  binding()
  for (const item of items) {
    // A signal may also arrive between two items.
    if (interrupt.exitCode !== undefined) return
    try {
      await work(item)
    } catch (error) {
      if (interrupt.exitCode !== undefined) return
      complain(item, error)
    }
  }
}
