/** What `--dry-run` shows of the requests. */
import { expect, test } from 'vitest';
import { promptsText } from '../../../src/cli/study/prompts-text.js';
import { samplePrompts } from '../../../src/harness/sample-prompts.js';
import type { CollectionStage } from '../../../src/packs/design.js';
import { plainSampling } from '../../../src/packs/design.js';
import { smallPlan } from '../../support/small-plan.js';

test('one request of each task, with the model, the settings and the messages', () => {
  const { stages } = smallPlan();
  const samples = samplePrompts({ stages, record: null });
  expect(samples.map(({ stage, body }) => [stage, body.model])).toEqual([
    ['a-model/reports-off-the-shelf', 'a-model'],
    ['a-model/choices-instilled', 'a-model after preferences'],
  ]);
  const text = promptsText(samples);
  expect(text).toMatch(/model: a-model\ntemperature: 0\nmax_tokens: 200\nsystem:\n {2}Your job/);
  for (const { body } of samples) {
    for (const { content } of body.messages) {
      for (const line of String(content).split('\n')) expect(text).toContain(line);
    }
  }
});

test('every setting that is sent is shown, and none that is not', () => {
  const base = smallPlan().stages[0]?.base;
  if (!base) throw new Error('the plan has no stage');
  const stage: CollectionStage = {
    kind: 'answers',
    id: 'ratings',
    needs: [],
    base,
    after: null,
    task: 'rate\u001b[31m',
    trials: [{}],
    likelyAnswerTokens: 1,
    ask: () => ({
      ...plainSampling,
      messages: [{ role: 'user', content: 'first\n\nthird \u001b[2J' }],
      maxTokens: 8,
      temperature: null,
      seed: 7,
      reasoningEffort: 'low',
      reasoningTokens: 2000,
      labels: ['1', '2'],
    }),
    read: () => ({ valid: true, value: 1, repairs: [], outOfRange: false }),
    itemOf: () => 'e1',
    cells: () => new Map(),
    labelled: (_, label) => label,
    shown: () => new Map(),
  };
  expect(promptsText(samplePrompts({ stages: [stage], record: null })).split('\n')).toEqual([
    'One prompt of each task, as a run sends it:',
    '',
    'task rate\ufffd[31m, stage ratings, item e1',
    'model: a-model',
    'max_tokens: 2008',
    'logprobs: true',
    'top_logprobs: 20',
    'seed: 7',
    'reasoning_effort: "low"',
    'user:',
    '  first',
    '',
    '  third \ufffd[2J',
  ]);
});
