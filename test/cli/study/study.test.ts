/** `study stimuli`: what it writes, and what it says where it cannot. */
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { addStimuli } from '../../../src/cli/study/study.js';
import { WeighbridgeError } from '../../../src/errors.js';

let folder = '';
let printed = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'weighbridge-'));
  printed = '';
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    printed += String(text);
    return true;
  });
});
afterEach(async () => {
  vi.restoreAllMocks();
  await rm(folder, { recursive: true, force: true });
});

async function stimuli(...words: string[]): Promise<void> {
  const study = new Command('study').exitOverride();
  addStimuli(study);
  await study.parseAsync(['stimuli', ...words], { from: 'user' });
}

/** As many contexts and agents, and the options that name their files. */
async function inputs(count: number): Promise<string[]> {
  const numbers = Array.from({ length: count }, (_, i) => i);
  const contexts = numbers.map((i) => ({
    short_name: `houseboat_${i}`,
    question: 'Which houseboat would you prefer?',
    attributes: [
      { name: 'hull length', units: 'metres', range: [12, 30] },
      { name: 'draught', range: [0.5, 2.5] },
    ],
  }));
  const candidates = join(folder, 'contexts.json');
  const roles = join(folder, 'agents.csv');
  await writeFile(candidates, JSON.stringify(contexts));
  await writeFile(roles, `role\n${numbers.map((i) => `skipper ${i}\n`).join('')}`);
  return ['--candidates', candidates, '--roles', roles];
}

describe('study stimuli', () => {
  it('writes six files into a folder that it makes, and says so', async () => {
    const out = join(folder, 'new', 'stimuli');
    await stimuli(out, '--paper', ...(await inputs(1100)));
    const names = [
      'instill_100_prefs.jsonl',
      'instill_100_prefs_validation.jsonl',
      'instilled_weights.csv',
      'instilled_weights_50_test.jsonl',
      'instilled_weights_50_training.jsonl',
      'scenarios.csv',
    ];
    expect((await readdir(out)).toSorted()).toEqual(names);
    for (const name of names) expect(printed).toContain(`${name}\n`);
    expect(printed).toContain(`6 files written to ${out}\n`);
    const scenarios = await readFile(join(out, 'scenarios.csv'), 'utf8');
    expect(scenarios.split('\n')).toHaveLength(1102);
  });

  it('needs as many contexts and agents as the paper had, or writes nothing', async () => {
    const out = join(folder, 'stimuli');
    await expect(stimuli(out, '--paper', ...(await inputs(1099)))).rejects.toThrow(
      new WeighbridgeError(
        'bad-data',
        "1099 decision contexts and 1099 agents, expected the authors': 1100 at least of both",
      ),
    );
    expect(await readdir(folder)).not.toContain('stimuli');
  });

  it.each([['--paper'], ['--paper', '--roles', 'roles.csv'], ['--candidates', 'c.json']])(
    'says what to give it where there is too little: %s',
    async (...words) => {
      await expect(stimuli(join(folder, 'stimuli'), ...words)).rejects.toThrow(
        '--paper --candidates candidate_scenarios.json --roles roles.csv',
      );
      expect(await readdir(folder)).toEqual([]);
    },
  );

  it('says where the folder cannot be made', async () => {
    const words = await inputs(1100);
    const out = join(folder, 'agents.csv', 'stimuli');
    await expect(stimuli(out, '--paper', ...words)).rejects.toThrow(
      `cannot make the folder ${out}: `,
    );
  });
});
