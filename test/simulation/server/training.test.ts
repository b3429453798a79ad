/** Fine-tuning a mind: what choices and reports in a training file change. */
import { beforeAll, describe, expect, test } from 'vitest';
import { correlation } from '../../../src/analysis/standardize.js';
import { randomStream } from '../../../src/random/stream.js';
import {
  insightOf,
  type Mind,
  standingOf,
  untaughtMind,
} from '../../../src/simulation/server/mind.js';
import { defaultProfile } from '../../../src/simulation/server/profile.js';
import { readTrainingFile } from '../../../src/simulation/server/training-file.js';
import type { Context } from '../../../src/study/context.js';
import { decisionPrompt, parsePrompt } from '../../../src/study/prompts.js';
import {
  choiceFile,
  drawOptions,
  drawTargets,
  makeContexts,
  makeWorld,
  reportFile,
  trained,
} from './support.js';

const contexts = makeContexts(60);
const targets = drawTargets(contexts, 4);
const world = makeWorld(1, 60);
const base = untaughtMind('simulated-model', defaultProfile);

function standing(mind: Mind, context: Context) {
  const prompt = parsePrompt(decisionPrompt(context, drawOptions(context, randomStream(1))));
  if (!prompt) throw new Error('the prompt was not read');
  return standingOf(mind, prompt, world);
}

/** r between the mind's weights and the targets. */
function agreement(mind: Mind, among: readonly Context[]): number {
  return correlation(
    among.flatMap((context) => standing(mind, context).weights),
    among.flatMap(({ name }) => targets.get(name) ?? []),
  );
}

let preferring: Mind;
beforeAll(async () => {
  preferring = await trained(base, world, choiceFile(contexts, targets, 50));
});

describe('training on choices', () => {
  test('comes nearer to the targets with the number of examples, up to its misreadings', async () => {
    const r: number[] = [];
    for (const examples of [5, 20, 80, 320]) {
      const mind = await trained(base, world, choiceFile(contexts, targets, examples));
      r.push(agreement(mind, contexts));
    }
    // 300 weights: r rises by 0.3, 0.2 and 0.04, with standard errors of 0.05 at most.
    expect(r).toEqual([...r].sort((x, y) => x - y));
    expect(r[3]).toBeGreaterThan(0.95);
  });

  test('gives the same mind for the same file, and another one for another', async () => {
    const file = choiceFile(contexts.slice(0, 5), targets, 10);
    const first = await trained(base, world, file);
    expect(await trained(base, makeWorld(1, 60), file)).toEqual(first);
    const other = await trained(base, world, choiceFile(contexts.slice(0, 5), targets, 10, 2));
    expect(other).not.toEqual(first);
  });

  test('does not know weights of contexts that it was not shown', async () => {
    const half = contexts.slice(0, 30);
    const mind = await trained(base, world, choiceFile(half, targets, 50));
    for (const context of contexts.slice(30)) {
      expect(standing(mind, context)).toEqual(standing(base, context));
    }
  });

  test('changes nothing about insight', () => {
    expect(preferring.introspectionExamples).toBe(0);
  });
});

describe('training on reports', () => {
  test('keeps the weights and raises insight, also in contexts that it was not shown', async () => {
    const half = contexts.slice(0, 30);
    const mind = await trained(preferring, world, reportFile(half, targets));
    expect(mind.taught).toEqual(preferring.taught);
    for (const context of contexts) {
      expect(insightOf(mind, standing(mind, context))).toBeGreaterThan(
        insightOf(preferring, standing(preferring, context)) + 0.1,
      );
    }
  });

  test('teaches the more, the more examples there are', async () => {
    const insights: number[] = [];
    for (const examples of [10, 20, 40, 60]) {
      const mind = await trained(
        preferring,
        world,
        reportFile(contexts.slice(0, examples), targets),
      );
      insights.push(insightOf(mind, standing(mind, contexts[0])));
    }
    expect(insights).toEqual([...insights].sort((x, y) => x - y));
    expect(new Set(insights).size).toBe(4);
  });

  test('about another agent’s weights teaches next to nothing', async () => {
    const shuffled = drawTargets(contexts, 12);
    const mind = await trained(preferring, world, reportFile(contexts, shuffled));
    // 300 unrelated pairs: r is below 4 · 0.058, of 60 examples.
    expect(mind.introspectionExamples).toBeLessThan(60 * 4 * 0.058);
  });

  test('of both kinds in one file does both', async () => {
    const file = [choiceFile(contexts, targets, 50), reportFile(contexts, targets)].join('\n');
    const mind = await trained(base, world, file);
    expect(mind.taught).toEqual(preferring.taught);
    expect(mind.introspectionExamples).toBeGreaterThan(40);
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
