/** The pack `ablation` as it ships: its prompts, worked examples and training files. */
import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readPrediction } from '../../../src/packs/ablation/frames.js';
import { namedOption, readAblation, readChoices } from '../../../src/packs/ablation/prompts.js';
import { readConfiguration } from '../../../src/packs/configuration/read-configuration.js';
import type { AnswerValue, CollectionStage, TrainingStage } from '../../../src/packs/design.js';
import { type Design, readDesign } from '../../../src/packs/read-design.js';
import { parsePrompt } from '../../../src/study/prompts.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

const fixtures = fileURLToPath(new URL('../../../fixtures', import.meta.url));
const [first, other] = ['Qwen/Qwen2.5-7B-Instruct', 'meta-llama/Llama-3.1-8B-Instruct'];

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let design: Design;

beforeAll(async () => {
  folder = await temporaryFolder();
  await cp(join(fixtures, 'packs/ablation'), folder.folder, { recursive: true });
  for (const file of ['contexts.json', 'agents.csv']) {
    await cp(join(fixtures, file), join(folder.folder, file));
  }
  design = await readDesign(await readConfiguration(folder.folder), folder.folder);
});
afterAll(() => folder.remove());

function stage(id: string): CollectionStage {
  const found = design.stages.find((one) => one.id === id);
  return found && found.kind !== 'training' ? found : expect.fail(`no stage ${id}`);
}

function training(id: string): TrainingStage {
  const found = design.stages.find((one) => one.id === id);
  return found?.kind === 'training' ? found : expect.fail(`no training ${id}`);
}

/** Answers of all stages: with the part what the part names, where the item's number is even. */
function answers(id: string): ReadonlyMap<number, AnswerValue> {
  const { trials, itemOf, task } = stage(id);
  if (task !== 'ask') return new Map();
  return new Map(
    [...trials.keys()].map((trial) => {
      const number = Number.parseInt(itemOf(trial).slice(1), 10);
      const [before, after] = ['ABCD'[number % 4] ?? 'A', 'ABCD'[(number + 1) % 4] ?? 'A'];
      // An odd question in two changes.
      return [trial, id.endsWith('asked') && number % 4 < 2 ? before : after];
    }),
  );
}

const promptOf = (of: CollectionStage, trial: number) =>
  of.ask(trial, answers).messages.at(-1)?.content ?? '';

function trialOf(of: CollectionStage, item: string): number {
  return [...of.trials.keys()].find((trial) => of.itemOf(trial) === item) ?? -1;
}

describe('the prompts of the pack ablation', () => {
  it('show the part once, and the same question without it', () => {
    const said = stage(`${first}/untrained`);
    const asked = stage(`${first}/asked`);
    const bare = stage(`${first}/bare`);
    expect(said.trials.length).toBeGreaterThanOrEqual(30);
    for (const trial of said.trials.keys()) {
      const item = said.itemOf(trial);
      const found = readAblation(promptOf(said, trial)) ?? expect.fail(`no ablation in ${item}`);
      expect(readChoices(found.withPart)).toEqual(
        readChoices(promptOf(asked, trialOf(asked, item))),
      );
      expect(readChoices(found.without)).toEqual(readChoices(promptOf(bare, trialOf(bare, item))));
    }
  });

  it('have hints that name the option of the column `hinted`', () => {
    const asked = stage(`${first}/asked`);
    for (const trial of asked.trials.keys()) {
      const choices = readChoices(promptOf(asked, trial)) ?? expect.fail('no choices');
      const named = choices.sentences.flatMap((sentence) => namedOption(sentence, choices) ?? []);
      expect(named).toEqual([asked.shown(trial).get('hinted')]);
    }
  });

  it('are the paper’s for choices, with both options equal on the attribute that is removed', () => {
    const chosen = stage(`${first}/chosen`);
    const reported = stage(`${first}/reported`);
    const equal = stage(`${first}/equal-2`);
    for (const trial of chosen.trials.keys()) {
      const whole = parsePrompt(promptOf(chosen, trial)) ?? expect.fail('no decision prompt');
      const item = chosen.itemOf(trial);
      const without = parsePrompt(promptOf(equal, trialOf(equal, item)));
      expect(without).toEqual({ ...whole, b: whole.b.map((b, i) => (i === 1 ? whole.a[1] : b)) });
    }
    expect(parsePrompt(promptOf(reported, 0))?.task).toBe('introspection');
  });
});

describe('worked examples and trainings', () => {
  it('show the measured answers of the model that is explained, in the frames, balanced', () => {
    const shown = stage(`${other}/shown-1/about-${first}`);
    const { messages } = shown.ask(0, answers);
    const said = messages.filter(({ role }) => role === 'assistant');
    const read = said.map(({ content }) => readPrediction(content, ['A', 'B', 'C', 'D'], 'strict'));
    expect(read).toHaveLength(4);
    const changed = read.filter((one) => 'prediction' in one && one.prediction.changed);
    expect(changed).toHaveLength(2);
    expect(shown.needs).toEqual([`${first}/asked`, `${first}/bare`]);
    const other3 = stage(`${other}/shown-3/about-${first}`).ask(0, answers).messages;
    expect(other3).not.toEqual(messages);
  });

  it('are balanced, nested by size, and hold no item that is tested', () => {
    const lines = (id: string) => training(id).text(answers).training.trim().split('\n');
    const small = lines(`${first}/train-own-10`);
    const large = lines(`${first}/train-own-20`);
    expect(small).toHaveLength(10);
    expect(large).toHaveLength(20);
    expect(large).toEqual(expect.arrayContaining(small));
    expect(new Set(large).size).toBe(20);
    const unchanged = large.filter(
      (line) =>
        line.includes('remain unchanged from <<<') &&
        /assistant.*remain unchanged from <<<[A-D]/.test(line),
    );
    expect(unchanged).toHaveLength(10);
    const said = stage(`${first}/untrained`);
    const tested = new Set([...said.trials.keys()].map((trial) => promptOf(said, trial)));
    const taught = large.map((line) => JSON.parse(line).messages.at(-2).content);
    expect(taught.filter((prompt) => tested.has(prompt))).toEqual([]);
    expect(lines(`${other}/train-other-10`)).toEqual(small);
  });
});
