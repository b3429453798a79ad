import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

/** Apart from the other benchmarks: a compiler and minutes of Stan are not for every run. */
export default defineConfig({
  root: fileURLToPath(new URL('../..', import.meta.url)),
  test: { benchmark: { include: ['bench/peer/*.bench.ts'] } },
});
