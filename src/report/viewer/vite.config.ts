/** Bundles the viewer's page, to stand beside the compiled server in `dist`. */
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

export default defineConfig({
  root: here('page'),
  // Addresses relative to the page: a forwarded port or a prefix does no harm.
  base: './',
  logLevel: 'warn',
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  build: {
    outDir: here('../../../dist/src/report/viewer/page-dist'),
    emptyOutDir: true,
    // What the browsers of two years have.
    target: 'es2022',
    modulePreload: { polyfill: false },
    // Of the script, uncompressed, in kB: most of it draws plots.
    chunkSizeWarningLimit: 700,
    // The page's policy allows no data: addresses.
    assetsInlineLimit: 0,
  },
});
