/** The examples of docs/packs.md: their commands exist, and their changes of a pack make a study. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { parse, parseDocument } from 'yaml';
import { createStudy, shippedPacks } from '../../src/harness/create-study.js';
import { readConfiguration } from '../../src/packs/configuration/read-configuration.js';
import { readDesign } from '../../src/packs/read-design.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const guide = await readFile(new URL('../../docs/packs.md', import.meta.url), 'utf8');
const { folder, remove } = await temporaryFolder();
afterAll(remove);

const examples = [...guide.matchAll(/^```yaml\n# changes of ([\w-]+)\n([\s\S]*?)^```/gm)];

describe('the guide to packs', () => {
  it('names every pack that ships', () => {
    for (const { name } of shippedPacks()) expect(guide).toContain(`\`${name}\``);
    expect(guide.match(/^```yaml/gm)).toHaveLength(examples.length);
  });

  it.each(examples.map(([, pack = '', yaml = ''], i) => [i, pack, yaml] as const))(
    'shows changes that make a study: example %i, of %s',
    async (i, pack, yaml) => {
      const study = join(folder, String(i));
      await createStudy(study, undefined, { pack });
      const path = join(study, 'study.yaml');
      const document = parseDocument(await readFile(path, 'utf8'));
      for (const [key, value] of Object.entries(parse(yaml))) document.set(key, value);
      await writeFile(path, document.toString());
      const { stages } = await readDesign(await readConfiguration(study), study);
      expect(stages.length).toBeGreaterThan(2);
    },
  );

  it('counts the answers of native-weights', async () => {
    const study = join(folder, 'counted');
    await createStudy(study, undefined, { pack: 'native-weights' });
    const { stages } = await readDesign(await readConfiguration(study), study);
    const answers = stages.map((stage) => (stage.kind === 'training' ? 0 : stage.trials.length));
    const total = answers.reduce((sum, count) => sum + count, 0);
    expect(guide).toContain(`${total.toLocaleString('en')} short answers`);
  });
});
