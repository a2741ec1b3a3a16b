/** The table of metadata that `preserve` names. A new item is a row here and a line in the two types. */
import type { Native } from '../binding/binding.js'

/** A kind of metadata that `preserve` can name. */
export type PreserveItem = 'mode' | 'ownership' | 'timestamps' | 'xattr' | 'acl' | 'links' | 'flags'

/** How often each kind of metadata could not be kept. */
export interface Unpreserved {
  /** Files whose owner or group could not be set. */
  ownership?: number
  /** Files whose permission bits could not be set. */
  mode?: number
  /** Files whose times could not be set. */
  timestamps?: number
  /** Attributes, not files, that could not be set. */
  xattr?: number
  /** Files whose access control list could not be set. */
  acl?: number
  /** Files whose flags (chattr(1), chflags(1)) could not be set. */
  flags?: number
}

/** One kind of metadata. */
export interface PreserveRow {
  readonly bit: keyof Native['OptionBit']
  /** The field of the result record that counts losses. Absent for hard links: a lost link is an error. */
  readonly lost?: keyof Native['Field']
}

/** In the order in which error messages list the names. */
export const PRESERVE: Readonly<Record<PreserveItem, PreserveRow>> = {
  mode: { bit: 'PreserveMode', lost: 'Mode' },
  ownership: { bit: 'PreserveOwnership', lost: 'Ownership' },
  timestamps: { bit: 'PreserveTimestamps', lost: 'Timestamps' },
  xattr: { bit: 'PreserveXattr', lost: 'Xattr' },
  acl: { bit: 'PreserveAcl', lost: 'Acl' },
  links: { bit: 'PreserveLinks' },
  flags: { bit: 'PreserveFlags', lost: 'Flags' },
}
