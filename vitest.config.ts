import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['__test__/**/*.spec.ts'],
    // A crash in native code takes down one child process, not the runner.
    pool: 'forks',
    testTimeout: 60_000,
    hookTimeout: 120_000,
  },
})
