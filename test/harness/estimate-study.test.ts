import { describe, expect, test } from 'vitest';
import { mostPromptTokens } from '../../src/harness/client/chat.js';
import { estimateStudy } from '../../src/harness/estimate-study.js';
import { mostOfOneRequest } from '../../src/harness/prices.js';
import { answersSoFar, requestFor } from '../../src/harness/trial-request.js';
import { trainingText } from '../../src/packs/self-interpretability/stages.js';
import { smallPlan } from '../support/small-plan.js';

const plan = { ...smallPlan(), record: null };
const byStage = new Map(estimateStudy(plan).map((one) => [one.stage, one]));
const estimate = (what: string) => {
  const found = byStage.get(`a-model/${what}`);
  if (!found) throw new Error(`no stage ${what}`);
  return found;
};

describe('a plan', () => {
  test('counts a request for each trial and none for a training', () => {
    expect(estimate('choices-instilled').requests).toBe(20 * 4);
    expect(estimate('choices-native').requests).toBe(3 * 5);
    expect(estimate('reports-after-first-half').requests).toBe(10 * 2);
    expect(estimate('train-preferences').requests).toBe(0);
  });

  test('costs what its tokens cost, by the price of the model that is asked', () => {
    const base = estimate('reports-off-the-shelf');
    expect(base.usd).toBeCloseTo((2 * base.inputTokens + 8 * base.outputTokens) / 1e6, 12);
    const tuned = estimate('choices-native');
    expect(tuned.usd).toBeCloseTo((4 * tuned.inputTokens + 16 * tuned.outputTokens) / 1e6, 12);
    const training = estimate('train-preferences');
    expect(training.usd).toBeCloseTo((25 * training.inputTokens) / 1e6, 12);
    const batch = smallPlan((text) => `${text}\nserver: {mode: batch}`);
    const half = estimateStudy({ ...batch, record: null })[0];
    expect(half?.usd).toBeCloseTo((base.usd ?? 0) / 2, 12);
  });

  test('knows no price where none is written', () => {
    const unpriced = smallPlan((text) => text.replace(/ {4}prices.*\n/, ''));
    for (const { usd } of estimateStudy({ ...unpriced, record: null })) expect(usd).toBeNull();
  });

  test('counts no token of a training whose examples are still to be collected', () => {
    const stages = plan.stages.map((stage) =>
      stage.kind === 'training'
        ? { ...stage, text: () => ({ training: '', validation: null }) }
        : stage,
    );
    const trainings = estimateStudy({ ...plan, stages }).filter(({ kind }) => kind === 'training');
    expect(trainings.length).toBeGreaterThan(0);
    for (const { inputTokens, usd } of trainings) expect([inputTokens, usd]).toEqual([0, 0]);
  });

  test('counts the tokens of three epochs of training', () => {
    const { training } = trainingText(plan.configuration, plan.stimuli, 'introspection_all');
    const characters = training.length;
    const { inputTokens } = estimate('train-introspection-all');
    // JSON adds some marks to the text; a token of these prompts has 3 to 4 characters.
    expect(inputTokens).toBeGreaterThan((3 * characters) / 5.5);
    expect(inputTokens).toBeLessThan((3 * characters) / 3);
  });
});

test('no request can cost more than the most of one', () => {
  const most = mostOfOneRequest(plan.stages);
  for (const stage of plan.stages) {
    if (stage.kind === 'training') continue;
    stage.trials.forEach((_, item) => {
      const { messages, maxTokens } = requestFor(stage, item, 'a-model', answersSoFar([], null));
      expect(mostPromptTokens(messages) + maxTokens).toBeLessThanOrEqual(most.tokens);
    });
  }
  expect(most).toMatchObject({ requests: 1 });
  expect(most.usd).toBeGreaterThan(0);
});
