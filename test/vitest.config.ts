import { fileURLToPath } from 'node:url';
import { configDefaults, defineConfig } from 'vitest/config';

const DEEP = 'test/**/*.deep.test.ts';

/** In mode `deep`, the tests that need many fits or runs for their statistical power; else all others. */
export default defineConfig(({ mode }) => ({
  root: fileURLToPath(new URL('..', import.meta.url)),
  test: {
    ...(mode === 'deep'
      ? { include: [DEEP] }
      : { include: ['test/**/*.test.ts'], exclude: [...configDefaults.exclude, DEEP] }),
    // What is built is loaded as its users load it.
    server: { deps: { external: [/\/dist\/(src|models|node)\//] } },
    // A fixed seed of properties.
    setupFiles: ['test/support/seeds.ts'],
    benchmark: { include: ['bench/*.bench.ts'] },
    // Many times of what any of them takes: a busy machine fails no test.
    testTimeout: mode === 'deep' ? 1_800_000 : 300_000,
    hookTimeout: mode === 'deep' ? 1_800_000 : 300_000,
    expect: { poll: { timeout: 60_000 } },
    // Plain text in every test, also where the environment forces colours.
    env: { NO_COLOR: '1', WEIGHBRIDGE_TESTS: mode },
  },
}));
