/**
 * Bundles the library, the command and the script of worker threads for Node: ES modules in `dist/node`.
 * Node reads some thirty files then, instead of up to 1,700, of which each costs half a millisecond.
 */
import { fileURLToPath } from 'node:url';
import { defineConfig, type Plugin } from 'vite';

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** What Vite writes of a bundled package. */
interface Licence {
  readonly name: string;
  readonly version: string;
  readonly identifier: string | null;
  readonly text: string | null;
}

const LICENCES = 'licences.json';

/** Writes each text of a licence once, with the packages that it is for: most have the same. */
const licences: Plugin = {
  name: 'licences',
  generateBundle: {
    order: 'post',
    handler(_, bundle) {
      const asset = bundle[LICENCES];
      if (asset?.type !== 'asset') return this.error(`${LICENCES} was not written`);
      const byText = new Map<string, string[]>();
      for (const { name, version, identifier, text } of JSON.parse(
        String(asset.source),
      ) as Licence[]) {
        const key = (text ?? identifier ?? '').trim();
        byText.set(key, [...(byText.get(key) ?? []), `${name} ${version} (${identifier})`]);
      }
      const parts = [...byText].map(([text, names]) => `${names.join('\n')}\n\n${text}\n`);
      delete bundle[LICENCES];
      const head = 'Packages whose code is part of these files, and their licences.\n\n';
      const source = head + parts.join(`\n${'-'.repeat(80)}\n\n`);
      this.emitFile({ type: 'asset', fileName: 'licences.txt', source });
    },
  },
};

export default defineConfig({
  root: here('.'),
  logLevel: 'warn',
  plugins: [licences],
  ssr: {
    noExternal: true,
    // These find files by their own paths, or start threads; `openai` gives users its objects; some are optional.
    external: [
      '@resvg/resvg-wasm',
      '@tensorflow/tfjs',
      '@tensorflow/tfjs-node',
      'bullmq',
      'ioredis',
      'libsql',
      'open',
      'openai',
      'tinypool',
    ],
  },
  build: {
    ssr: true,
    outDir: here('../dist/node'),
    emptyOutDir: true,
    target: 'node20',
    license: { fileName: LICENCES },
    rolldownOptions: {
      input: {
        index: here('index.ts'),
        posterior: here('posterior.ts'),
        sampler: here('sampler.ts'),
        paper: here('paper.ts'),
        plots: here('plots.ts'),
        tfjs: here('autodiff/tfjs.ts'),
        node: here('node.ts'),
        harness: here('harness.ts'),
        simulator: here('simulator.ts'),
        'web-workers': here('workers/web-workers.ts'),
        worker: here('workers/serve.ts'),
        thread: here('workers/thread.ts'),
        'explain-thread': here('explain-study/explain-thread.ts'),
        main: here('cli/main.ts'),
        run: here('cli/run.ts'),
      },
      // One folder: the pool finds `thread.js` beside the file that its own code is in.
      output: {
        entryFileNames: '[name].js',
        chunkFileNames: '[name]-[hash].js',
        // Readable in a stack trace, without comments.
        minify: false,
        comments: { legal: true, annotation: true, jsdoc: false },
      },
    },
  },
});
