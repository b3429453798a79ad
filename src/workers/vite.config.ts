/**
 * Bundles the engine for pages without a bundler of their own: ES modules in `dist/browser` that
 * need nothing else.
 */
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

export default defineConfig({
  root: here('.'),
  logLevel: 'warn',
  build: {
    outDir: here('../../dist/browser'),
    emptyOutDir: true,
    target: 'es2022',
    lib: {
      entry: {
        weighbridge: here('../index.ts'),
        posterior: here('../posterior.ts'),
        sampler: here('../sampler.ts'),
        paper: here('../paper.ts'),
        'web-workers': here('web-workers.ts'),
        worker: here('serve.ts'),
      },
      formats: ['es'],
    },
    // Vite keeps the white space of libraries for the bundler that follows; none follows here.
    rolldownOptions: { output: { minify: true } },
  },
});
