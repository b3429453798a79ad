/**
 * The main entry runs in a browser: nothing that it imports, however indirectly, needs Node, and
 * the packages among it are those that bundlers take.
 */
import { readFile } from 'node:fs/promises';
import { builtinModules } from 'node:module';
import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const dist = new URL('../../dist/', import.meta.url);

/** `from '…'`, `import '…'`, `import('…')` and `require('…')`. */
const IMPORTED = /\b(?:from|import|require)\s*\(?\s*['"]([^'"]+)['"]/g;
const COMMENT = /\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm;
/** Names that only Node declares. */
const NODE_GLOBAL =
  /(?<![-.\w'"])(?:process\s*\.|Buffer\s*\.|__dirname|__filename|setImmediate\s*\()/;

interface Reached {
  /** Built files, relative to `dist`. */
  readonly files: Map<string, string>;
  /** Whatever was imported that is not a file of ours. */
  readonly packages: Set<string>;
}

async function reachedFrom(entry: string): Promise<Reached> {
  const reached: Reached = { files: new Map(), packages: new Set() };
  await follow(new URL(entry, dist), reached);
  return reached;
}

async function follow(url: URL, reached: Reached): Promise<void> {
  const name = relative(fileURLToPath(dist), fileURLToPath(url));
  if (reached.files.has(name)) return;
  const code = (await readFile(url, 'utf8')).replaceAll(COMMENT, '');
  reached.files.set(name, code);
  for (const [, imported] of code.matchAll(IMPORTED)) {
    if (imported.startsWith('.')) await follow(new URL(imported, url), reached);
    else reached.packages.add(imported);
  }
}

const needsNode = (name: string) => name.startsWith('node:') || builtinModules.includes(name);
const ownPackage = (name: string) => /^weighbridge(\/|$)/.test(name);
const MADE_FOR_NODE = [
  'cli-progress',
  'cli-table3',
  'commander',
  'env-paths',
  'papaparse',
  'picocolors',
  'tinypool',
];

describe.each([
  ['src/index.js', ['src/sampler/tree.js', 'src/formula/terms.js']],
  ['src/posterior.js', ['src/posterior/psis.js']],
  ['src/sampler.js', ['src/sampler/tree.js']],
  ['src/paper.js', ['src/analysis/reproduce.js']],
])('%s', (entry, known) => {
  it('reaches the files that it stands for', async () => {
    const { files } = await reachedFrom(entry);
    expect([...files.keys()]).toEqual(expect.arrayContaining([entry, ...known]));
  });

  it('imports nothing of Node, and no package made for it', async () => {
    const { packages } = await reachedFrom(entry);
    expect([...packages].filter(needsNode)).toEqual([]);
    expect([...packages].filter((name) => MADE_FOR_NODE.includes(name))).toEqual([]);
    expect([...packages].filter(ownPackage)).toEqual([]);
  });

  it('uses no global of Node', async () => {
    const { files } = await reachedFrom(entry);
    const guilty = [...files].filter(([, code]) => NODE_GLOBAL.test(code));
    expect(guilty.map(([name]) => name)).toEqual([]);
  });
});

describe('the same search', () => {
  it('finds what needs Node where that is allowed', async () => {
    const { files, packages } = await reachedFrom('src/cli/main.js');
    expect([...packages]).toEqual(
      expect.arrayContaining(['node:fs/promises', 'commander', 'tinypool', 'papaparse']),
    );
    expect([...files.values()].some((code) => NODE_GLOBAL.test(code))).toBe(true);
  });
});
