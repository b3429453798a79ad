import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  root: fileURLToPath(new URL('..', import.meta.url)),
  test: {
    include: ['test/**/*.test.ts'],
    benchmark: { include: ['bench/*.bench.ts'] },
    testTimeout: 120_000,
    hookTimeout: 120_000,
    // Plain text in every test, also where the environment forces colours.
    env: { NO_COLOR: '1' },
  },
});
