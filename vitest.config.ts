import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['__test__/**/*.spec.ts'],
    // Mounts the filesystems that the tests run on (as root; elsewhere it says what is skipped).
    globalSetup: ['__test__/fixtures/matrix.ts'],
    reporters: ['default', './__test__/fixtures/report.ts'],
    // A crash in native code takes down one child process, not the runner.
    pool: 'forks',
    testTimeout: 60_000,
    hookTimeout: 120_000,
  },
})
