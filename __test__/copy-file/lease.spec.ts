// Somebody holds a lease on the source or the destination (fcntl(2), F_SETLEASE; Samba takes them for its clients). An
// open that may not block is answered EAGAIN until the holder lets go.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { expect } from 'vitest'
import { expectContent } from '../support/compare.js'
import { FORMS } from '../support/copying.js'
import { writeRandom } from '../support/files.js'
import { onFilesystems } from '../support/filesystems.js'

/** Takes a write lease, says so, and gives it back a while after the kernel has asked for it. */
const HOLDER = `
import fcntl, os, signal, sys, time
fd = os.open(sys.argv[1], os.O_RDWR)
signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGIO})
fcntl.fcntl(fd, fcntl.F_SETLEASE, fcntl.F_WRLCK)
print('held', flush=True)
signal.sigwait({signal.SIGIO})
time.sleep(0.2)
fcntl.fcntl(fd, fcntl.F_SETLEASE, fcntl.F_UNLCK)
print('broken', flush=True)
`

async function whileLeased(path: string, copy: () => Promise<unknown>): Promise<string> {
  const holder = spawn('python3', ['-c', HOLDER, path], { stdio: ['ignore', 'pipe', 'inherit'] })
  try {
    let said = ''
    holder.stdout.on('data', (text: Buffer) => (said += text.toString()))
    await once(holder.stdout, 'data')
    await copy()
    if (holder.exitCode === null) await once(holder, 'exit')
    return said
  } finally {
    holder.kill('SIGKILL')
  }
}

onFilesystems(['ext4', 'tmpfs'], 'a lease', ['linux', 'python3'], (test) => {
  for (const [form, copy] of FORMS) {
    for (const leased of ['from', 'to'] as const) {
      test(`on ${leased} is waited out (${form})`, async ({ dir }) => {
        const paths = { from: join(dir, 'from'), to: join(dir, 'to') }
        const content = writeRandom(paths.from, 5000)
        writeRandom(paths.to, 100, 2)
        const said = await whileLeased(paths[leased], () => copy(paths.from, paths.to))
        expect(said).toBe('held\nbroken\n')
        expectContent(paths.to, content)
      })
    }
  }
})
