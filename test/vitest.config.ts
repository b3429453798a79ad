import { fileURLToPath } from 'node:url';
import { configDefaults, defineConfig } from 'vitest/config';

const DEEP = 'test/**/*.deep.test.ts';

/**
 * Tests of worker threads, of killed processes and of loading modules anew: each file has a process and
 * modules of its own.
 */
const ALONE = [
  'test/workers/*.test.ts',
  'test/explain-study/*.test.ts',
  'test/e2e/{result-stop,study-kill,study-kill-packs,study-signals}.test.ts',
  'test/distribution/queue*.test.ts',
  'test/autodiff/tfjs.test.ts',
  'test/models/kernels/{draws,without-webassembly}.test.ts',
  'test/models/transformer/operations.test.ts',
];

/** Loading takes as long as the tests of most files: all others share modules and compiled code. */
const projects = [
  { name: 'alone', include: ALONE, exclude: [...configDefaults.exclude, DEEP], isolate: true },
  {
    name: 'together',
    include: ['test/**/*.test.ts'],
    exclude: [...configDefaults.exclude, DEEP, ...ALONE],
    isolate: false,
  },
].map((test) => ({ extends: true as const, test }));

/** In mode `deep`, the tests that need many fits or runs for their statistical power; else all others. */
export default defineConfig(({ mode }) => ({
  root: fileURLToPath(new URL('..', import.meta.url)),
  test: {
    ...(mode === 'test' ? { projects } : { include: [DEEP] }),
    // What is built is loaded as its users load it.
    server: { deps: { external: [/\/dist\/(src|models|node)\//] } },
    // A fixed seed of properties.
    setupFiles: ['test/support/seeds.ts'],
    benchmark: { include: ['bench/*.bench.ts'] },
    // Vitest leaves one core to itself, which is half of a machine of two.
    ...(mode === 'benchmark' ? {} : { maxWorkers: '100%' }),
    // Many times of what any of them takes: a busy machine fails no test.
    testTimeout: mode === 'deep' ? 1_800_000 : 300_000,
    hookTimeout: mode === 'deep' ? 1_800_000 : 300_000,
    expect: { poll: { timeout: 60_000 } },
    // Plain text in every test, also where the environment forces colours.
    env: { NO_COLOR: '1', WEIGHBRIDGE_TESTS: mode },
  },
}));
