import { availableParallelism } from 'node:os'
import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['__test__/**/*.spec.ts'],
    // Mounts the filesystems that the tests run on (as root; elsewhere it says what is skipped).
    globalSetup: ['__test__/support/matrix.ts'],
    reporters: ['default', './__test__/support/report.ts'],
    // A crash in native code takes down one child process, not the runner.
    pool: 'forks',
    // One per core: vitest's own default leaves one idle, half of a small machine. More than four wait for the disk.
    maxWorkers: Math.min(availableParallelism(), 4),
    // For what hangs. Packing and installing take a minute on a machine that is busy.
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
})
