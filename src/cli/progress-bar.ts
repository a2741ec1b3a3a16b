// The progress bar: one line on a terminal, redrawn in place.

import type { Progress } from '../index.js'

const SHOW_AFTER_MS = 1000
const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'] as const
const CLEAR_LINE = '\r\x1b[K'

/** Where the bar is drawn: process.stderr, or a stand-in. */
export interface Terminal {
  readonly columns?: number | undefined
  write(text: string): unknown
}

/** The totals over all sources of the command. */
export interface Totals {
  readonly files: number
  readonly bytes: number
}

/** Bytes in at most eight characters: `1.00 GiB`. */
export function formatBytes(bytes: number): string {
  let value = bytes
  let unit = 0
  while (value >= 1000 && unit < UNITS.length - 1) {
    value /= 1024
    unit++
  }
  const digits = unit === 0 || value >= 100 ? 0 : value >= 10 ? 1 : 2
  return `${value.toFixed(digits)} ${UNITS[unit]}`
}

/** Seconds as `0:07`, `12:30` or `3:05:00`. */
export function formatDuration(seconds: number): string {
  if (!Number.isFinite(seconds)) return '-:--'
  const whole = Math.ceil(seconds)
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60]
  const tail = `${hours > 0 ? String(minutes).padStart(2, '0') : minutes}:${String(rest).padStart(2, '0')}`
  return hours > 0 ? `${hours}:${tail}` : tail
}

/** The line for `done` of `totals` (if known) after `seconds`, at most `columns` wide. */
export function renderLine(
  done: Totals,
  totals: Totals | undefined,
  seconds: number,
  columns: number,
): string {
  if (totals === undefined) return renderCounts(done, seconds).slice(0, Math.max(columns - 1, 0))
  const fraction = totals.bytes > 0 ? Math.min(done.bytes / totals.bytes, 1) : 0
  const rate = seconds > 0 ? done.bytes / seconds : 0
  // A file may have grown, or have size 0 as in procfs: then there is no remaining time.
  const left = totals.bytes > 0 ? Math.max(totals.bytes - done.bytes, 0) / rate : Number.NaN
  const parts = [
    `${String(Math.floor(fraction * 100)).padStart(3)}%`,
    `${formatBytes(done.bytes)}/${formatBytes(totals.bytes)}`,
    `${formatBytes(rate)}/s`,
    `${formatDuration(left)} left`,
  ]
  if (totals.files > 1) parts.splice(1, 0, `${done.files}/${totals.files} files`)
  const text = parts.join('  ')
  const room = columns - text.length - 4
  if (room < 10) return text.slice(0, Math.max(columns - 1, 0))
  const width = Math.min(room, 40)
  const filled = Math.round(fraction * width)
  return `[${'#'.repeat(filled)}${'-'.repeat(width - filled)}] ${text}`
}

function renderCounts({ files, bytes }: Totals, seconds: number): string {
  const rate = (count: number): number => (seconds > 0 ? count / seconds : 0)
  if (bytes === 0) return `${files} files  ${Math.round(rate(files))} files/s`
  return `${files} files  ${formatBytes(bytes)}  ${formatBytes(rate(bytes))}/s`
}

/** The bar of one command. It appears after one second and disappears at the end. */
export class ProgressBar {
  readonly #terminal: Terminal
  #totals: Totals | undefined
  readonly #now: () => number
  readonly #start: number
  readonly #showAfterMs: number
  #finished: Totals = { files: 0, bytes: 0 }
  readonly #count: ((isOver: () => boolean) => Promise<Totals | undefined>) | undefined
  #counting = false
  #over = false
  #drawn = false

  /**
   * `totals`: if they are known at once. Otherwise `count` counts them while the bar is shown, and stops at the end of the
   * command. `atOnce` (--progress): shown from the start.
   */
  constructor(
    terminal: Terminal,
    totals: Totals | undefined,
    atOnce: boolean,
    count?: (isOver: () => boolean) => Promise<Totals | undefined>,
    now: () => number = () => performance.now(),
  ) {
    this.#count = count
    this.#terminal = terminal
    this.#totals = totals
    this.#now = now
    this.#start = now()
    this.#showAfterMs = atOnce ? 0 : SHOW_AFTER_MS
  }

  /** The running copy's counters changed. */
  update(progress: Pick<Progress, 'bytes' | 'files'>): void {
    const elapsed = this.#now() - this.#start
    if (elapsed < this.#showAfterMs) return
    const done = {
      files: this.#finished.files + progress.files,
      bytes: this.#finished.bytes + progress.bytes,
    }
    // A terminal whose size was never set reports 0.
    const line = renderLine(done, this.#totals, elapsed / 1000, this.#terminal.columns || 80)
    this.#terminal.write(`${CLEAR_LINE}${line}`)
    this.#drawn = true
    if (this.#totals === undefined) void this.#findTotals()
  }

  async #findTotals(): Promise<void> {
    if (this.#counting) return
    this.#counting = true
    this.#totals = await this.#count?.(() => this.#over)
  }

  /** One source is done. */
  finish({ files, bytes }: Totals): void {
    this.#finished = { files: this.#finished.files + files, bytes: this.#finished.bytes + bytes }
  }

  /** Clears the bar, before a message or at the end. */
  clear(): void {
    if (this.#drawn) this.#terminal.write(CLEAR_LINE)
    this.#drawn = false
  }

  /** The command is done. */
  end(): void {
    this.#over = true
    this.clear()
  }
}
