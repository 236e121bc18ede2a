import { defineConfig } from 'vitest/config';

// Every test file that touches PostgreSQL clones its own database from one migrated template (server/test/harness),
// so files run in parallel without seeing each other.
export default defineConfig({
  test: {
    include: [
      'server/**/*.test.ts',
      'client/**/*.test.ts',
      'simulators/**/*.test.ts',
      'dashboard/**/*.test.ts',
      'bench/**/*.test.ts',
    ],
    globalSetup: ['server/test/harness/global-setup.ts'],
    testTimeout: 60_000,
    hookTimeout: 120_000,
    maxWorkers: 2,
  },
});
