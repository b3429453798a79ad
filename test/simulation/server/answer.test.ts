/** The simulated model as a pure function of seed, model and prompt. */
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { randomStream } from '../../../src/random/stream.js';
import { answer } from '../../../src/simulation/server/answer.js';
import { logprobsOf } from '../../../src/simulation/server/logprobs.js';
import { type Mind, untaughtMind } from '../../../src/simulation/server/mind.js';
import { defaultProfile, paperProfiles } from '../../../src/simulation/server/profile.js';
import { decisionPrompt, introspectionPrompt } from '../../../src/study/prompts.js';
import {
  choiceFile,
  conversation,
  drawOptions,
  drawTargets,
  makeContexts,
  makeWorld,
  say,
  trained,
} from './support.js';

const contexts = makeContexts(12);
const targets = drawTargets(contexts, 4);
const half = contexts.slice(0, 6);
const base = untaughtMind('simulated-model', defaultProfile);

/** Questions of both kinds about all contexts. */
function questions(seed: number, perContext = 4): string[] {
  const random = randomStream(seed, 'questions');
  return contexts.flatMap((context) =>
    Array.from({ length: perContext }, () => {
      const options = drawOptions(context, random);
      return [decisionPrompt(context, options), introspectionPrompt(context, options)];
    }).flat(),
  );
}

let taught: Mind;
beforeAll(async () => {
  taught = await trained(base, makeWorld(7, 12), choiceFile(half, targets, 20));
});

describe('an answer', () => {
  test('is the same whenever it is asked for, in any order, by a server that knows nothing yet', () => {
    fc.assert(
      fc.property(fc.integer(), fc.boolean(), (seed, afterTraining) => {
        const mind = afterTraining ? taught : base;
        const asked = questions(seed, 1);
        const world = makeWorld(7, 12);
        const inOrder = asked.map((prompt) => say(mind, world, prompt));
        const other = makeWorld(7, 12);
        const backwards = asked.toReversed().map((prompt) => say(mind, other, prompt));
        expect(backwards.toReversed()).toEqual(inOrder);
        expect(asked.map((prompt) => say(mind, world, prompt))).toEqual(inOrder);
      }),
      { seed: 91, numRuns: 20 },
    );
  });

  test('differs with the seed of the server', () => {
    const asked = questions(1);
    const under = (seed: number) => {
      const world = makeWorld(seed, 12);
      return asked.map((prompt) => say(base, world, prompt));
    };
    const second = under(2);
    const same = under(1).filter((said, i) => said === second[i]);
    // Half of the choices agree by chance; of the reports hardly any.
    expect(same.length).toBeLessThan(0.6 * asked.length);
  });

  test('to anything but the two tasks is prose', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(say(base, makeWorld(1), text)).toContain('simulated model');
      }),
      { seed: 92 },
    );
  });

  test('depends on the prompt of the last user, and on nothing but its text', () => {
    const [prompt = ''] = questions(3, 1);
    const world = makeWorld(7, 12);
    const plain = answer(base, world, conversation(prompt), 0);
    const copy = answer({ ...base }, makeWorld(7, 12), conversation(`${prompt}`), 0);
    expect(copy).toEqual(plain);
  });
});

describe('training', () => {
  test('leaves choices in other contexts as they were', () => {
    const world = makeWorld(7, 12);
    const random = randomStream(8, 'elsewhere');
    for (const context of contexts.slice(6)) {
      for (let i = 0; i < 20; i++) {
        const prompt = decisionPrompt(context, drawOptions(context, random));
        expect(say(taught, world, prompt)).toBe(say(base, world, prompt));
      }
    }
  });

  test('moves choices in its contexts towards the agent', () => {
    const world = makeWorld(7, 12);
    const agreement = (mind: Mind) => {
      const file = choiceFile(half, targets, 50, 99).split('\n');
      const agreeing = file.filter((line) => {
        const { messages } = JSON.parse(line);
        return say(mind, world, messages[1].content) === messages[2].content;
      });
      return agreeing.length / file.length;
    };
    // 300 choices: four standard deviations are 0.12.
    expect(agreement(taught)).toBeGreaterThan(agreement(base) + 0.12);
  });
});

describe('a choice', () => {
  const world = makeWorld(7, 12);
  const prompts = questions(5, 40).filter((prompt) => prompt.startsWith('[DECISION'));

  test('at temperature 0 is the option that the model holds to be the better one', () => {
    for (const prompt of prompts) {
      const { text, logOdds } = answer(base, world, conversation(prompt), 0);
      expect(text).toBe((logOdds ?? 0) > 0 ? 'A' : 'B');
    }
  });

  test('at temperature 1 comes as often as its probability says', () => {
    let statistic = 0;
    let variance = 0;
    for (const prompt of prompts) {
      const { text, logOdds } = answer(base, world, conversation(prompt), 1);
      const p = 1 / (1 + Math.exp(-(logOdds ?? 0)));
      statistic += (text === 'A' ? 1 : 0) - p;
      variance += p * (1 - p);
    }
    // A false alarm once in 16,000 times.
    expect(Math.abs(statistic) / Math.sqrt(variance)).toBeLessThan(4);
  });
});

describe('log-probabilities', () => {
  const finite = fc.double({ min: -800, max: 800, noNaN: true });

  test('have A and B in the odds that the model felt, and add up to no more than 1', () => {
    fc.assert(
      fc.property(finite, (logOdds) => {
        const [token] = logprobsOf(logOdds > 0 ? 'A' : 'B', logOdds, 20).content;
        const of = (name: string) =>
          token.top_logprobs.find((one) => one.token === name)?.logprob ?? Number.NaN;
        expect(of('A') - of('B')).toBeCloseTo(logOdds, 6);
        const total = token.top_logprobs.reduce((sum, one) => sum + Math.exp(one.logprob), 0);
        expect(total).toBeGreaterThan(0.999);
        expect(total).toBeLessThan(1 + 1e-9);
      }),
      { seed: 93 },
    );
  });

  test('list the likeliest first, which is the one that was said', () => {
    fc.assert(
      fc.property(finite, fc.integer({ min: 1, max: 20 }), (logOdds, top) => {
        const said = logOdds > 0 ? 'A' : 'B';
        const [token] = logprobsOf(said, logOdds, top).content;
        expect(token.token).toBe(said);
        expect(token.top_logprobs).toHaveLength(Math.min(top, 12));
        expect(token.top_logprobs[0]?.logprob).toBe(token.logprob);
        const values = token.top_logprobs.map(({ logprob }) => logprob);
        expect(values).toEqual([...values].sort((x, y) => y - x));
      }),
      { seed: 94 },
    );
  });

  test('of prose have a piece for every four characters', () => {
    const { content } = logprobsOf('a simulated model', null, 1);
    expect(content.map(({ token }) => token).join('')).toBe('a simulated model');
  });
});

test('models of one family keep their native weights and differ in their slips', async () => {
  const mini = untaughtMind('mini', paperProfiles['gpt-4o-mini-2024-07-18'] ?? defaultProfile);
  const world = makeWorld(7, 12);
  const decisions = questions(6, 10).filter((prompt) => prompt.startsWith('[DECISION'));
  const disagreements = decisions.filter(
    (prompt) => say(mini, world, prompt) !== say(base, world, prompt),
  );
  // Another family has other native weights: near half of all choices differ, 120 ± 4 · 5.5.
  expect(disagreements.length).toBeGreaterThan(0.3 * decisions.length);
  const again = { ...base, name: 'another name' };
  expect(decisions.every((prompt) => say(again, world, prompt) === say(base, world, prompt))).toBe(
    true,
  );
});
