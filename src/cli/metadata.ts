// The kinds of metadata that `preserve` names, on the command line.

import type { PreserveItem } from '../index.js'

interface MetadataRow {
  /** The word of `--preserve`, beside `all`. GNU's `mode` includes the ACL. Absent: no word, and not part of `all`. */
  readonly word?: string
  /** GNU cp's message for metadata that could not be set. Absent: the message counts the losses. */
  readonly failure?: string
  /** The name of one loss, and of several. */
  readonly loss: readonly [one: string, many: string]
}

/** A new kind is a row here. */
export const METADATA: Readonly<Record<PreserveItem, MetadataRow>> = {
  mode: { word: 'mode', failure: 'preserving permissions for', loss: ['mode', 'modes'] },
  ownership: { word: 'ownership', failure: 'failed to preserve ownership for', loss: ['owner', 'owners'] },
  timestamps: { word: 'timestamps', failure: 'preserving times for', loss: ['time', 'times'] },
  links: { word: 'links', failure: 'preserving links for', loss: ['hard link', 'hard links'] },
  xattr: { word: 'xattr', loss: ['extended attribute', 'extended attributes'] },
  acl: {
    word: 'mode',
    failure: 'preserving permissions for',
    loss: ['access control list', 'access control lists'],
  },
  flags: { failure: 'preserving flags for', loss: ['set of flags', 'sets of flags'] },
}

/** A number of losses: "2 owners". */
export function lossText(item: PreserveItem, count: number): string {
  const [one, many] = METADATA[item].loss
  return `${count} ${count === 1 ? one : many}`
}

const ITEMS = Object.entries(METADATA) as [PreserveItem, MetadataRow][]

/** The words of `--preserve` and `--no-preserve`. SELinux contexts are not supported. */
export const PRESERVE_WORDS: readonly string[] = [
  ...new Set(ITEMS.flatMap(([, { word }]) => (word === undefined ? [] : [word]))),
  'all',
]

/** The kinds of metadata that a word includes. */
export function itemsOf(word: string): PreserveItem[] {
  return ITEMS.filter(([, row]) => row.word !== undefined && (word === 'all' || word === row.word)).map(
    ([item]) => item,
  )
}
