import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readCompletion } from '../../src/harness/client/completion.js';
import { readChoice, readReport } from '../../src/harness/paper-answers.js';
import { outcomeOf } from '../../src/harness/read-answers.js';
import type { StoredAnswer } from '../../src/harness/record/record.js';
import { toFileKeys } from '../../src/packs/configuration/configuration.js';
import { parseConfiguration } from '../../src/packs/configuration/read-configuration.js';
import type { Stage } from '../../src/packs/design.js';
import {
  type PaperStage,
  paperStages,
  planStages,
} from '../../src/packs/self-interpretability/stages.js';
import { halves } from '../../src/packs/self-interpretability/stimuli.js';
import { smallPlan } from '../support/small-plan.js';
import { chatRequest } from './client/support.js';

const { configuration, stimuli, stages } = smallPlan();

function stage(kind: PaperStage['kind'], name: string): PaperStage {
  const found = paperStages(stages).find(({ id }) => id === `a-model/${name}`);
  if (found?.kind !== kind) throw new Error(`no such stage: ${name}`);
  return found;
}

const choices = stage('choices', 'choices-instilled');
const reports = stage('reports', 'reports-native');
const names = reports.trials[0]?.context.attributes.map(({ name }) => name) ?? [];

const answer = (text: string, logprobs: StoredAnswer['logprobs'] = null) => ({
  item: 0,
  model: 'a-model',
  text,
  logprobs,
});

const printed = (weights: readonly number[]) =>
  JSON.stringify(Object.fromEntries(names.map((name, i) => [name, weights[i]])));

describe('a choice', () => {
  test('keeps its trial, who made it, and the probability of A among A and B', () => {
    const logprobs = new Map([
      ['A', Math.log(0.6)],
      ['B', Math.log(0.2)],
    ]);
    const reading = readChoice(choices, answer('A', logprobs), 'paper');
    const trial = choices.trials[0];
    expect(reading).toMatchObject({
      valid: true,
      repairs: [],
      row: {
        context: trial?.context.name,
        choseA: true,
        a: trial?.a,
        b: trial?.b,
      },
    });
    if (!reading.valid) throw new Error('invalid');
    expect(reading.row.probabilityA).toBeCloseTo(0.75, 12);
  });

  test('has no probability where the server told only one of the two', () => {
    const reading = readChoice(choices, answer('B', new Map([['B', -0.1]])), 'paper');
    expect(reading).toMatchObject({ valid: true, row: { choseA: false } });
    if (!reading.valid) throw new Error('invalid');
    expect(reading.row).not.toHaveProperty('probabilityA');
  });

  test('that is mended is marked as such, and invalid under the paper’s policy', () => {
    expect(readChoice(choices, answer('Option B.'), 'lenient')).toMatchObject({
      valid: true,
      row: { choseA: false },
      repairs: ['"Option B." as B'],
    });
    expect(readChoice(choices, answer('Option B.'), 'paper')).toMatchObject({
      valid: false,
      invalid: { stage: choices.id, item: 0, reason: 'neither-a-nor-b', text: 'Option B.' },
    });
  });

  test('that is any text at all is read or refused, and every mend is marked', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.constantFrom('A', 'b', '"A"', '**B**')), (text) => {
        const strict = readChoice(choices, answer(text), 'paper');
        const lenient = readChoice(choices, answer(text), 'lenient');
        if (strict.valid) expect(lenient).toEqual(strict);
        else if (lenient.valid) expect(lenient.repairs).toHaveLength(1);
      }),
    );
  });
});

describe('what an answer is to a run', () => {
  const outcome = (message: object, finish_reason = 'stop') => {
    const raw = JSON.stringify({ choices: [{ message, finish_reason }] });
    const read = readCompletion(raw, chatRequest());
    if ('malformed' in read) throw new Error(read.malformed);
    const { text, finishReason } = read.completion;
    return outcomeOf({ ...answer(text), finishReason });
  };

  test.each<[string, object, string?]>([
    ['empty', { content: '' }],
    ['null', { content: null }],
    ['absent', {}],
    ['white space', { content: ' \n\u200b' }],
    ['reasoning alone', { content: null, reasoning_content: 'Hm.' }],
    ['a call of a tool', { content: null, tool_calls: [{ id: '1' }] }, 'tool_calls'],
    ['cut off before it began', { content: '' }, 'length'],
    ['an empty list of parts', { content: [] }],
    ['thoughts in a part', { content: [{ type: 'thinking', text: 'Hm' }] }],
    ['thoughts alone', { content: '<think>Let me see</think>\n' }],
    ['thoughts without an end', { content: '<thinking>Let me' }, 'length'],
    ['a refusal without words', { content: null, refusal: '' }, 'refusal'],
  ])('is void where there is no text of the model: %s', (_, message, finish) => {
    expect(outcome(message, finish)).toBe('void');
  });

  test.each<[string, object, string?]>([
    ['nonsense', { content: 'well' }],
    ['a refusal in words', { content: null, refusal: 'I cannot' }],
    ['cut off', { content: 'Let me' }, 'length'],
    ['an answer behind thoughts', { content: '<think></think>A' }],
  ])('is said where there is, valid or not: %s', (_, message, finish) => {
    expect(outcome(message, finish)).toBe('said');
  });

  test.each(['content_filter', 'SAFETY', 'sensitive'])('is filtered: %s', (finish) => {
    expect(outcome({ content: '' }, finish)).toBe('filtered');
    expect(outcome({ content: 'A' }, finish)).toBe('filtered');
  });
});

describe('an answer without text at the limit of tokens', () => {
  test.each<[string, object, string]>([
    [
      'that was used up by reasoning',
      { completionTokens: 2005, reasoningTokens: 2005 },
      'the reasoning used all 2005 tokens; raise reasoning_tokens',
    ],
    ['of which nothing is known', {}, 'the limit of tokens was reached before any text'],
  ])('%s says so', (_, usage, detail) => {
    const silent = { ...answer(''), finishReason: 'length', ...usage };
    expect(readChoice(choices, silent, 'lenient')).toMatchObject({
      valid: false,
      invalid: { reason: 'length', detail },
    });
  });
});

describe('the model that answered', () => {
  const model = (name: string, answeredBy: string) => {
    const asked = stage('reports', name);
    const weights = Object.fromEntries(
      (asked.trials[0]?.context.attributes ?? []).map((attribute) => [attribute.name, 1]),
    );
    const given = { ...answer(JSON.stringify(weights)), model: answeredBy };
    const reading = readReport(asked, given, 'paper');
    if (!reading.valid) throw new Error(reading.invalid.detail);
    return reading.row.model;
  };

  test('is told as the authors’ scripts know it: by base model and training', () => {
    const trained = 'ft:a-model:me:small-20-instilled-prefs-2ex:abc';
    expect(model('reports-native', trained)).toBe(trained);
    expect(model('reports-native', 'my-llama')).toBe(
      'ft:a-model:weighbridge:20-instilled-prefs-2ex:my-llama',
    );
    expect(model('reports-native-after-all', 'my-llama')).toBe(
      'ft:a-model:weighbridge:itrained-all-20-2ex:my-llama',
    );
    expect(model('reports-off-the-shelf', 'a-model')).toBe('a-model');
  });
});

describe('a report', () => {
  test('gives its weights in the order of the context, with the set it belongs to', () => {
    const shuffled = JSON.stringify(
      Object.fromEntries(names.map((n, i) => [n, i * 10]).toReversed()),
    );
    expect(readReport(reports, answer(shuffled), 'paper')).toMatchObject({
      valid: true,
      outOfRange: false,
      row: { weights: names.map((_, i) => i * 10), version: 'latent_100-200' },
    });
    expect(readReport(stage('reports', 'reports-instilled'), answer('no'), 'paper')).toMatchObject({
      valid: false,
      invalid: { reason: 'not-json', context: stimuli.instilled[0]?.name },
    });
  });

  test('beyond ±100 is marked and kept, as the authors kept it', () => {
    const weights = names.map((_, i) => (i === 1 ? 2388 : 0));
    expect(readReport(reports, answer(printed(weights)), 'paper')).toMatchObject({
      valid: true,
      outOfRange: true,
      row: { weights },
    });
  });
});

test('an answer to a trial that the study does not have is refused', () => {
  expect(() => readChoice(choices, { ...answer('A'), item: 9999 }, 'paper')).toThrow(
    /an answer to trial 9999 of a-model\/choices-instilled, which has \d+/,
  );
});

describe('the plan', () => {
  test('comes in an order in which each stage follows what it needs', () => {
    const done = new Set<string>();
    for (const { id, needs } of stages) {
      for (const need of needs) expect(done).toContain(need);
      expect(done).not.toContain(id);
      done.add(id);
    }
    expect(stages.filter(({ kind }) => kind === 'training')).toHaveLength(4);
    expect(stages).toHaveLength(12);
  });

  test('asks each half of the contexts of the model that was trained on the other', () => {
    const { first, last } = halves(stimuli.instilled);
    const asked = (name: string) => [
      ...new Set(stage('reports', name).trials.map(({ context }) => context.name)),
    ];
    expect(asked('reports-after-first-half')).toEqual(last.map(({ name }) => name));
    expect(asked('reports-after-last-half')).toEqual(first.map(({ name }) => name));
    const after = (one: Stage) => (one.kind === 'training' ? null : one.after);
    expect(after(stage('reports', 'reports-after-first-half'))).toBe('introspection_first');
  });

  test('asks for the same trials before and after training', () => {
    expect(stage('reports', 'reports-native-after-all').trials).toEqual(reports.trials);
    expect(stage('reports', 'reports-off-the-shelf').trials).toEqual(
      stage('reports', 'reports-instilled').trials,
    );
  });

  test('is the same for the same configuration, and another for other seeds', () => {
    const seen = (all: readonly Stage[]) => JSON.stringify(all);
    expect(seen(planStages(configuration, smallPlan().stimuli))).toBe(seen(stages));
    const other = smallPlan((text) => `${text}\nseeds: {instilled_choices: 99}`);
    expect(JSON.stringify(other.stages[2])).not.toBe(JSON.stringify(stages[2]));
    expect(other.stimuli.trials.nativeChoices).toEqual(stimuli.trials.nativeChoices);
  });

  test('refuses trainings on fewer examples than a server takes', () => {
    expect(() => smallPlan((text) => text.replace('instilled: 20', 'instilled: 19'))).toThrow(
      /contexts\.instilled is 19: .* has 9 examples/,
    );
  });
});

test('a configuration of the plan is one that can be written', () => {
  expect(parseConfiguration(JSON.stringify(toFileKeys(configuration)), 'study.yaml')).toEqual(
    configuration,
  );
});
