/** A model knows nothing of how it is sampled. */
import { readdir, readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';

const models = new URL('../../models/', import.meta.url);

it('imports only types of the sampler', async () => {
  const names = (await readdir(models, { recursive: true })).filter((name) => name.endsWith('.ts'));
  const imports = await Promise.all(
    names.map(async (name) => {
      const code = await readFile(new URL(name, models), 'utf8');
      const statements =
        code.match(/^(import|export)\b[^;]*\bfrom '[^']*\/sampler\/[^']*';/gm) ?? [];
      return statements.map((statement) => `${name}: ${statement}`);
    }),
  );
  const all = imports.flat();
  expect(all.length).toBeGreaterThan(5);
  expect(all.filter((statement) => !/: import type\b/.test(statement))).toEqual([]);
});
