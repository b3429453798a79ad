/**
 * A small study in a temporary folder, cut out of the simulated replica: a few contexts, one or
 * both models, and any change that a test wants to make to a file.
 */
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const replicaFolder = fileURLToPath(new URL('../../fixtures/replica', import.meta.url));

export const GPT_4O = 'gpt-4o-2024-08-06';
export const GPT_4O_MINI = 'gpt-4o-mini-2024-07-18';

export interface SmallStudy {
  readonly folder: string;
  /** Replaces the text of a file. */
  edit(file: string, change: (text: string) => string): Promise<void>;
  remove(): Promise<void>;
}

/** `contexts` instilled contexts (even: halves are trained apart) and as many native ones. */
export async function smallStudy({
  contexts = 6,
  models = [GPT_4O, GPT_4O_MINI],
}: {
  contexts?: number;
  models?: readonly string[];
} = {}): Promise<SmallStudy> {
  const folder = await mkdtemp(join(tmpdir(), 'weighbridge-'));
  const keep = await keptContexts(contexts);
  for (const file of await readdir(replicaFolder)) {
    const owner = [GPT_4O, GPT_4O_MINI].find((model) => file.startsWith(model));
    if (owner !== undefined && !models.includes(owner)) continue;
    if (owner === undefined) {
      await cp(join(replicaFolder, file), join(folder, file));
      continue;
    }
    const [header = '', ...rows] = (await readFile(join(replicaFolder, file), 'utf8')).split('\n');
    const column = header.split(',').indexOf('scenario');
    const kept = rows.filter((row) => keep.has(row.split(',')[column] ?? ''));
    await writeFile(join(folder, file), `${[header, ...kept].join('\n')}\n`);
  }
  return {
    folder,
    async edit(file, change) {
      const path = join(folder, file);
      await writeFile(path, change(await readFile(path, 'utf8')));
    },
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}

/** The first contexts of either half of the instilled ones, and the first native ones. */
async function keptContexts(count: number): Promise<Set<string>> {
  const text = await readFile(join(replicaFolder, 'scenarios.csv'), 'utf8');
  const names = text
    .split('\n')
    .slice(1)
    .map((row) => row.split(',')[0] ?? '');
  const half = Math.ceil(count / 2);
  return new Set([
    ...names.slice(0, half),
    ...names.slice(50, 50 + half),
    ...names.slice(100, 100 + count),
  ]);
}
