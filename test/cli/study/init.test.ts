/** `study init`: the packs that ship, and those that do not. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { addInit } from '../../../src/cli/study/study.js';
import { shippedPacks } from '../../../src/harness/create-study.js';
import { estimateStudy } from '../../../src/harness/estimate-study.js';
import { lookAtStudy } from '../../../src/harness/open-study.js';
import { samplePrompts } from '../../../src/harness/sample-prompts.js';
import { fixturePath } from '../../../src/package-info.js';
import { printedBy } from '../../support/printed.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

let root = '';
let remove = async () => {};
beforeEach(async () => {
  ({ folder: root, remove } = await temporaryFolder());
});
afterEach(() => remove());

async function init(...words: string[]): Promise<string> {
  const study = new Command('study').exitOverride();
  addInit(study);
  return printedBy(process.stdout, () => study.parseAsync(['init', ...words], { from: 'user' }));
}

test('every folder of fixtures/packs is a pack that ships', () => {
  const named = shippedPacks().map(({ name }) => name);
  expect(named).toEqual(['self-interpretability', ...readdirSync(fixturePath('packs')).toSorted()]);
});

test.each(shippedPacks())(
  'pack $name begins a study that can be planned',
  async ({ name, about }) => {
    const folder = join(root, 'My study');
    const printed = await init(folder, '--pack', name);
    expect(printed).toContain(`weighbridge study run ${folder} --dry-run`);
    expect(about).toMatch(/^\S.{10,90}[\w.?]$/);
    const study = await lookAtStudy(folder);
    try {
      expect(study.configuration.study).toBe('My-study');
      const requests = estimateStudy(study).reduce((sum, stage) => sum + stage.requests, 0);
      expect(requests).toBeGreaterThan(0);
      expect(samplePrompts(study).length).toBeGreaterThan(0);
    } finally {
      study.close();
    }
  },
);

test('a pack that does not exist is told with the nearest one, and nothing is written', async () => {
  const folder = join(root, 'study');
  await expect(init(folder, '--pack', 'self-interpretibility')).rejects.toMatchObject({
    code: 'bad-argument',
    message: expect.stringMatching(
      /^there is no pack 'self-interpretibility', did you mean 'self-interpretability'\? \(packs: self-/,
    ),
  });
  expect(existsSync(folder)).toBe(false);
});

test('the help lists every pack', () => {
  const study = new Command('study');
  addInit(study);
  const [command] = study.commands;
  let help = '';
  command?.configureOutput({ writeOut: (text) => (help += text) });
  command?.outputHelp();
  for (const { name, about } of shippedPacks()) {
    expect(help).toMatch(new RegExp(`  ${name} `));
    expect(help).toContain(`  ${about}\n`);
  }
});
