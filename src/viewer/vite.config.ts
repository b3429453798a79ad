/** Bundles the viewer's page into `dist`, next to the compiled server. */
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

export default defineConfig({
  root: here('page'),
  // Relative addresses work behind a forwarded port or a path prefix.
  base: './',
  logLevel: 'warn',
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  build: {
    outDir: here('../../dist/src/viewer/page-dist'),
    emptyOutDir: true,
    // Supported by browsers of the last two years.
    target: 'es2022',
    modulePreload: { polyfill: false },
    // The uncompressed script, in kB.
    chunkSizeWarningLimit: 700,
    // The page's policy forbids data: addresses.
    assetsInlineLimit: 0,
  },
});
