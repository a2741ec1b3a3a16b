import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test as plain } from 'vitest'
import { ProgressBar, formatBytes, formatDuration, renderLine } from '../../src/cli/progress-bar.js'
import { MAIN, palfs, runShell, test } from './program.js'

const GIB = 1024 ** 3
/** To the first column, and the line is empty. */
const CLEAR = '\r\u001B[K'

describe('the line', () => {
  plain('says share, amount, rate and remaining time', () => {
    const line = renderLine({ files: 0, bytes: GIB }, { files: 1, bytes: 4 * GIB }, 2, 80)
    expect(line).toBe('[########-----------------------]  25%  1.00 GiB/4.00 GiB  512 MiB/s  0:06 left')
  })

  plain('counts files when there are several', () => {
    const line = renderLine({ files: 2, bytes: GIB }, { files: 7, bytes: 4 * GIB }, 2, 100)
    expect(line).toContain(' 25%  2/7 files  1.00 GiB/4.00 GiB')
  })

  plain.for([200, 80, 60, 40, 20, 5, 1])('fits into %i columns', (columns) => {
    const line = renderLine({ files: 1, bytes: 3 * GIB }, { files: 12, bytes: 4 * GIB }, 7, columns)
    expect(line.length).toBeLessThanOrEqual(columns)
  })

  plain('promises no end when the total is unknown', () => {
    expect(renderLine({ files: 0, bytes: 5 }, { files: 1, bytes: 0 }, 1, 80)).toContain('-:-- left')
  })

  plain('never shows more than the whole when a file grew', () => {
    expect(renderLine({ files: 0, bytes: 50 }, { files: 1, bytes: 10 }, 1, 80)).toContain('100%')
  })

  plain.for([
    [0, '0 B'],
    [999, '999 B'],
    [1000, '0.98 KiB'],
    [1536, '1.50 KiB'],
    [10 * GIB, '10.0 GiB'],
    [250 * GIB, '250 GiB'],
    [2 ** 53 - 1, '8.00 PiB'],
  ] as const)('%i bytes are %s', ([bytes, text]) => {
    expect(formatBytes(bytes)).toBe(text)
  })

  plain.for([
    [0, '0:00'],
    [6.2, '0:07'],
    [750, '12:30'],
    [11_100, '3:05:00'],
    [Number.POSITIVE_INFINITY, '-:--'],
  ] as const)('%d seconds are %s', ([seconds, text]) => {
    expect(formatDuration(seconds)).toBe(text)
  })
})

function watch(atOnce: boolean): { bar: ProgressBar; clock: { now: number }; drawn: string[] } {
  const drawn: string[] = []
  const clock = { now: 0 }
  const terminal = { columns: 80, write: (text: string) => drawn.push(text) }
  return {
    bar: new ProgressBar(terminal, { files: 2, bytes: 100 }, atOnce, undefined, () => clock.now),
    clock,
    drawn,
  }
}

describe('the bar', () => {
  plain('stays away for the first second, and a short command leaves no trace', () => {
    const { bar, clock, drawn } = watch(false)
    clock.now = 999
    bar.update({ bytes: 50, files: 0 })
    bar.clear()
    expect(drawn).toEqual([])
  })

  plain('is redrawn in place, adds up the files before and goes away at the end', () => {
    const { bar, clock, drawn } = watch(false)
    bar.finish({ files: 1, bytes: 50 })
    clock.now = 1000
    bar.update({ bytes: 25, files: 0 })
    bar.clear()
    expect(drawn.map((text) => text.split(CLEAR))).toEqual([
      ['', expect.stringMatching(/^\[#+-+\] {2}75% {2}1\/2 files/)],
      ['', ''],
    ])
  })

  plain('is there at once when asked for', () => {
    const { bar, drawn } = watch(true)
    bar.update({ bytes: 25, files: 0 })
    expect(drawn).toHaveLength(1)
  })
})

describe('palfs cp', () => {
  test('shows no bar when standard error is no terminal', ({ dir }) => {
    writeFileSync(join(dir, 'a'), Buffer.alloc(1 << 20))
    expect(palfs(['cp', 'a', 'b'], { cwd: dir }).stderr).toBe('')
  })

  test('shows it there all the same with --progress', ({ dir }) => {
    writeFileSync(join(dir, 'a'), Buffer.alloc(1 << 20))
    expect(palfs(['cp', '--progress', 'a', 'b'], { cwd: dir }).stderr).toContain('100%  1.00 MiB/1.00 MiB')
  })

  test('draws on a terminal and never with --no-progress', ({ dir, skip }) => {
    if (runShell('command -v script').status !== 0) skip('script(1) is not installed')
    writeFileSync(join(dir, 'a'), Buffer.alloc(1 << 20))
    const onTerminal = (options: string): string => {
      const command = `stty cols 60; '${process.execPath}' '${MAIN}' cp ${options} a b`
      return runShell(`script -qec "${command}" /dev/null`, { cwd: dir }).stdout
    }
    const [before, ...drawings] = onTerminal('--progress').split(CLEAR)
    expect(before).toBe('')
    expect(drawings.at(-2)).toContain('100%')
    expect(drawings.every((line) => line.length < 60)).toBe(true)
    expect(drawings.at(-1)).toBe('')
    expect(onTerminal('--no-progress')).toBe('')
  })
})
