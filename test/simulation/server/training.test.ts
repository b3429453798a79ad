/** Fine-tuning a model: what choices and reports in a training file change. */
import { beforeAll, describe, expect, test } from 'vitest';
import { correlation } from '../../../src/analysis/standardize.js';
import { randomStream } from '../../../src/random/stream.js';
import {
  contextState,
  insightOf,
  type SimulatedModel,
  untrainedModel,
} from '../../../src/simulation/server/model.js';
import { defaultProfile } from '../../../src/simulation/server/profile.js';
import { readTrainingFile } from '../../../src/simulation/server/training.js';
import type { Context } from '../../../src/study/context.js';
import { decisionPrompt, parsePrompt } from '../../../src/study/prompts.js';
import {
  choiceFile,
  drawOptions,
  drawTargets,
  makeContexts,
  makeSharedState,
  reportFile,
  trained,
} from './support.js';

const contexts = makeContexts(60);
const targets = drawTargets(contexts, 4);
const shared = makeSharedState(1, 60);
const base = untrainedModel('simulated-model', defaultProfile);

function state(model: SimulatedModel, context: Context) {
  const prompt = parsePrompt(decisionPrompt(context, drawOptions(context, randomStream(1))));
  if (!prompt) throw new Error('the prompt was not read');
  return contextState(model, prompt, shared);
}

/** r between the model's weights and the targets. */
function agreement(model: SimulatedModel, among: readonly Context[]): number {
  return correlation(
    among.flatMap((context) => state(model, context).weights),
    among.flatMap(({ name }) => targets.get(name) ?? []),
  );
}

let preferring: SimulatedModel;
beforeAll(async () => {
  preferring = await trained(base, shared, choiceFile(contexts, targets, 50));
});

describe('training on choices', () => {
  test('comes nearer to the targets with the number of examples, up to its misreadings', async () => {
    const r: number[] = [];
    for (const examples of [5, 20, 80, 320]) {
      const model = await trained(base, shared, choiceFile(contexts, targets, examples));
      r.push(agreement(model, contexts));
    }
    // 300 weights: r rises by 0.3, 0.2 and 0.04, with standard errors of 0.05 at most.
    expect(r).toEqual([...r].sort((x, y) => x - y));
    expect(r[3]).toBeGreaterThan(0.95);
  });

  test('gives the same model for the same file, and another one for another', async () => {
    const file = choiceFile(contexts.slice(0, 5), targets, 10);
    const first = await trained(base, shared, file);
    expect(await trained(base, makeSharedState(1, 60), file)).toEqual(first);
    const other = await trained(base, shared, choiceFile(contexts.slice(0, 5), targets, 10, 2));
    expect(other).not.toEqual(first);
  });

  test('does not know weights of contexts that it was not shown', async () => {
    const half = contexts.slice(0, 30);
    const model = await trained(base, shared, choiceFile(half, targets, 50));
    for (const context of contexts.slice(30)) {
      expect(state(model, context)).toEqual(state(base, context));
    }
  });

  test('changes nothing about insight', () => {
    expect(preferring.introspectionExamples).toBe(0);
  });
});

describe('training on reports', () => {
  test('keeps the weights and raises insight, also in contexts that it was not shown', async () => {
    const half = contexts.slice(0, 30);
    const model = await trained(preferring, shared, reportFile(half, targets));
    expect(model.trained).toEqual(preferring.trained);
    for (const context of contexts) {
      expect(insightOf(model, state(model, context))).toBeGreaterThan(
        insightOf(preferring, state(preferring, context)) + 0.1,
      );
    }
  });

  test('teaches the more, the more examples there are', async () => {
    const insights: number[] = [];
    for (const examples of [10, 20, 40, 60]) {
      const model = await trained(
        preferring,
        shared,
        reportFile(contexts.slice(0, examples), targets),
      );
      insights.push(insightOf(model, state(model, contexts[0])));
    }
    expect(insights).toEqual([...insights].sort((x, y) => x - y));
    expect(new Set(insights).size).toBe(4);
  });

  test('about another agent’s weights teaches next to nothing', async () => {
    const shuffled = drawTargets(contexts, 12);
    const model = await trained(preferring, shared, reportFile(contexts, shuffled));
    // 300 unrelated pairs: r is below 4 · 0.058, of 60 examples.
    expect(model.introspectionExamples).toBeLessThan(60 * 4 * 0.058);
  });

  test('of both kinds in one file does both', async () => {
    const file = [choiceFile(contexts, targets, 50), reportFile(contexts, targets)].join('\n');
    const model = await trained(base, shared, file);
    expect(model.trained).toEqual(preferring.trained);
    expect(model.introspectionExamples).toBeGreaterThan(40);
  });
});

describe('a training file', () => {
  const good = choiceFile(contexts.slice(0, 1), targets, 12).split('\n');

  test('counts tokens and examples', () => {
    expect(readTrainingFile(good.join('\n'))).toMatchObject({ ok: true });
  });

  test.each([
    ['nothing at all', [], /has 0 example\(s\), but must have at least 10/],
    ['too few examples', good.slice(0, 9), /has 9 example\(s\)/],
    ['a line that is no JSON', [...good, '{"messages": ['], /line 13: not JSON/],
    ['a line without messages', [...good, '{"prompt": "x"}'], /line 13/],
    [
      'a conversation that the model does not end',
      [...good, '{"messages": [{"role": "user", "content": "A or B?"}]}'],
      /Line 13: the last message must be from the assistant/,
    ],
  ])('with %s is refused with the reason', (_, lines, reason) => {
    const read = readTrainingFile(lines.join('\n'));
    expect(read.ok ? '' : read.reason).toMatch(reason);
  });
});
