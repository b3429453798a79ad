/** The packs `native-weights` and `judge` as they ship. */
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { createStudy } from '../../../src/harness/create-study.js';
import { readConfiguration } from '../../../src/packs/configuration/read-configuration.js';
import type { CollectionStage } from '../../../src/packs/design.js';
import { readDesign } from '../../../src/packs/read-design.js';
import {
  decisionPrompt,
  introspectionPrompt,
  parsePrompt,
  systemPrompt,
} from '../../../src/study/prompts.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

const { folder, remove } = await temporaryFolder();
afterAll(remove);

/** The stages of a study as `study init --pack` writes it. */
async function stagesOf(pack: string) {
  const study = join(folder, pack);
  await createStudy(study, undefined, { pack });
  const design = await readDesign(await readConfiguration(study), study);
  return new Map(
    design.stages.map((stage): [string, CollectionStage] => {
      if (stage.kind === 'training') throw new RangeError(`${stage.id} trains`);
      return [stage.id, stage];
    }),
  );
}

const nothing = () => new Map();

describe('the pack native-weights', async () => {
  const stages = await stagesOf('native-weights');

  it('asks each model for 50 choices and 10 reports in each of 20 contexts, and trains none', () => {
    expect([...stages].map(([id, { trials }]) => [id, trials.length])).toEqual(
      ['chosen', 'reported'].flatMap((stage) =>
        ['qwen2.5:7b', 'llama3.1:8b', 'gemma2:9b'].map((model) => [
          `${model}/${stage}`,
          stage === 'chosen' ? 1000 : 200,
        ]),
      ),
    );
  });

  it.each([
    ['chosen', 'decision', decisionPrompt],
    ['reported', 'introspection', introspectionPrompt],
  ] as const)('keeps the paper’s words, to the last byte: %s', (id, task, print) => {
    const stage = stages.get(`qwen2.5:7b/${id}`);
    for (const trial of stage?.trials.keys() ?? []) {
      const [system, user] = stage?.ask(trial, nothing).messages ?? [];
      expect(system).toEqual({ role: 'system', content: systemPrompt });
      const parsed = parsePrompt(user?.content ?? '');
      expect(parsed?.task).toBe(task);
      if (!parsed) continue;
      const context = {
        name: 'any',
        question: parsed.question,
        attributes: parsed.attributes.map((one) => ({ ...one, min: 0, max: 1 })),
      };
      expect(user?.content).toBe(print(context, parsed));
    }
  });

  it('asks for the likeliest answer', () => {
    const question = stages.get('gemma2:9b/chosen')?.ask(0, nothing);
    expect(question).toMatchObject({ temperature: 0, reasoningTokens: 0, jsonSchema: null });
  });
});

describe('the pack judge', async () => {
  const stages = await stagesOf('judge');
  const stage = stages.get('llama3.1:8b/grades');

  it('asks three judges for six grades of each of 24 texts', () => {
    expect([...stages.values()].map(({ trials }) => trials.length)).toEqual([144, 144, 144]);
  });

  it('shows the scale in each order three times for each text, as it records', () => {
    const orders = new Map<string, string[]>();
    for (const trial of stage?.trials.keys() ?? []) {
      const item = stage?.itemOf(trial) ?? '';
      const order = String(stage?.shown(trial).get('order'));
      orders.set(item, [...(orders.get(item) ?? []), order]);
      const prompt = stage?.ask(trial, nothing).messages.at(-1)?.content ?? '';
      const [first] = /^\d/m.exec(prompt) ?? [];
      expect(first).toBe(order === 'ascending' ? '1' : '7');
    }
    expect(orders.size).toBe(24);
    for (const all of orders.values()) {
      expect(all.toSorted()).toEqual([
        ...['ascending', 'ascending', 'ascending'],
        ...['descending', 'descending', 'descending'],
      ]);
    }
  });
});
