import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readFileSync, readdirSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect } from 'vitest'
import { makeSpecial } from '../support/files.js'
import { below, manyFiles } from '../support/many-files.js'
import { MAIN, runShell, test } from './program.js'

// Written out in full this takes minutes, so the signal always comes in time.
const ENDLESS = 2 ** 40

function start(args: readonly string[], cwd: string): ChildProcess {
  return spawn(process.execPath, [MAIN, 'cp', ...args], { cwd, stdio: ['ignore', 'ignore', 'pipe'] })
}

async function exitOf(child: ChildProcess): Promise<{ code: unknown; signal: unknown }> {
  const [code, signal] = (await once(child, 'exit')) as unknown[]
  return { code, signal }
}

function endlessFile(path: string): void {
  writeFileSync(path, 'begin')
  truncateSync(path, ENDLESS)
}

describe('Ctrl-C during a copy', () => {
  test.for([
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const)(
    '%s ends it with status %i, and nothing of the copy stays',
    async ([signal, status], { dir }) => {
      endlessFile(join(dir, 'a'))
      const child = start(['--progress', '--sparse=never', 'a', 'b'], dir)
      // The first drawing of the bar says that the copy is under way.
      await once(child.stderr ?? child, 'data')
      child.kill(signal)
      expect(await exitOf(child)).toEqual({ code: status, signal: null })
      expect(readdirSync(dir)).toEqual(['a'])
    },
  )

  test('the old destination is still there with --atomic', async ({ dir }) => {
    endlessFile(join(dir, 'a'))
    writeFileSync(join(dir, 'b'), 'old')
    const child = start(['--progress', '--sparse=never', '--atomic', 'a', 'b'], dir)
    await once(child.stderr ?? child, 'data')
    child.kill('SIGINT')
    expect(await exitOf(child)).toEqual({ code: 130, signal: null })
    expect(readdirSync(dir).toSorted()).toEqual(['a', 'b'])
    expect(readFileSync(join(dir, 'b'), 'utf8')).toBe('old')
  })

  test('the files after it are not begun', async ({ dir }) => {
    mkdirSync(join(dir, 'd'))
    endlessFile(join(dir, 'a'))
    writeFileSync(join(dir, 'z'), 'z')
    const child = start(['--progress', '--sparse=never', 'a', 'z', 'd'], dir)
    await once(child.stderr ?? child, 'data')
    child.kill('SIGINT')
    expect(await exitOf(child)).toEqual({ code: 130, signal: null })
    expect(readdirSync(join(dir, 'd'))).toEqual([])
  })

  test('of a tree leaves complete files and no temporary', async ({ dir }) => {
    manyFiles(join(dir, 'd'), 3, 20)
    endlessFile(join(dir, 'd/a'))
    const child = start(['-r', '--progress', '--atomic', '--sparse=never', 'd', 'e'], dir)
    await once(child.stderr ?? child, 'data')
    child.kill('SIGINT')
    expect(await exitOf(child)).toEqual({ code: 130, signal: null })
    for (const name of below(join(dir, 'e'))) {
      const [from, to] = [join(dir, 'd', name), join(dir, 'e', name)]
      if (!statSync(to).isDirectory()) expect(readFileSync(to, 'utf8')).toBe(readFileSync(from, 'utf8'))
    }
    expect(readdirSync(join(dir, 'e'))).not.toContain('a')
  })

  test('a source that never gives its bytes does not hold the program', async ({ dir }) => {
    makeSpecial(dir, 'fifo', 'FIFO')
    const child = start(['fifo', 'b'], dir)
    // Opening a FIFO for writing waits for a reader: the line says that the copy has begun.
    const writer = spawn('sh', ['-c', 'exec 3>fifo; echo opened; exec sleep 60'], {
      cwd: dir,
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    try {
      await once(writer.stdout, 'data')
      child.kill('SIGINT')
      expect(await exitOf(child)).toEqual({ code: 130, signal: null })
    } finally {
      writer.kill()
    }
  })

  test('typed on a terminal, where the bar came by itself, it leaves a clean line', async ({ dir, skip }) => {
    if (runShell('command -v script').status !== 0) skip('script(1) is not installed')
    endlessFile(join(dir, 'a'))
    const command = `'${process.execPath}' '${MAIN}' cp --sparse=never a b`
    const terminal = spawn('script', ['-qec', command, '/dev/null'], {
      cwd: dir,
      stdio: ['pipe', 'pipe', 'ignore'],
    })
    let screen = ''
    terminal.stdout.setEncoding('utf8').on('data', (text: string) => {
      if (screen === '') terminal.stdin.write('\u0003')
      screen += text
    })
    expect(await exitOf(terminal)).toEqual({ code: 130, signal: null })
    expect(screen).toMatch(/ 0% {2}\d.* left/)
    expect(screen.trimEnd().split('\r').at(-1)).toBe('\u001B[K')
    expect(readdirSync(dir)).toEqual(['a'])
  })
})
