/** The simulated model as a pure function of seed, model and prompt. */
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { randomStream } from '../../../src/random/stream.js';
import { answer, type Sampling } from '../../../src/simulation/server/answer.js';
import { invalidPropensity } from '../../../src/simulation/server/behaviour.js';
import { logprobsOf, logprobsOfChoice } from '../../../src/simulation/server/logprobs.js';
import { type SimulatedModel, untrainedModel } from '../../../src/simulation/server/model.js';
import { defaultProfile, paperProfiles } from '../../../src/simulation/server/profile.js';
import {
  brokenReport,
  fenced,
  nearMiss,
  reportText,
} from '../../../src/simulation/server/report-text.js';
import { parseReport } from '../../../src/study/parse-report.js';
import { decisionPrompt, introspectionPrompt } from '../../../src/study/prompts.js';
import {
  choiceFile,
  conversation,
  drawOptions,
  drawTargets,
  greedy,
  makeContexts,
  makeSharedState,
  say,
  trained,
} from './support.js';

const contexts = makeContexts(12);
const targets = drawTargets(contexts, 4);
const half = contexts.slice(0, 6);
const base = untrainedModel('simulated-model', defaultProfile);

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

let fineTuned: SimulatedModel;
beforeAll(async () => {
  fineTuned = await trained(base, makeSharedState(7, 12), choiceFile(half, targets, 20));
});

describe('an answer', () => {
  test('is the same whenever it is asked for, in any order, by a server that knows nothing yet', () => {
    fc.assert(
      fc.property(fc.integer(), fc.boolean(), (seed, afterTraining) => {
        const model = afterTraining ? fineTuned : base;
        const asked = questions(seed, 1);
        const shared = makeSharedState(7, 12);
        const inOrder = asked.map((prompt) => say(model, shared, prompt));
        const other = makeSharedState(7, 12);
        const backwards = asked.toReversed().map((prompt) => say(model, other, prompt));
        expect(backwards.toReversed()).toEqual(inOrder);
        expect(asked.map((prompt) => say(model, shared, prompt))).toEqual(inOrder);
      }),
      { seed: 91, numRuns: 20 },
    );
  });

  test('differs with the seed of the server', () => {
    const asked = questions(1);
    const under = (seed: number) => {
      const shared = makeSharedState(seed, 12);
      return asked.map((prompt) => say(base, shared, prompt));
    };
    const second = under(2);
    const same = under(1).filter((said, i) => said === second[i]);
    // Half of the choices agree by chance; of the reports hardly any.
    expect(same.length).toBeLessThan(0.6 * asked.length);
  });

  test('to anything but the two tasks is prose', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(say(base, makeSharedState(1), text)).toContain('simulated model');
      }),
      { seed: 92 },
    );
  });

  test('depends on the prompt of the last user, and on nothing but its text', () => {
    const [prompt = ''] = questions(3, 1);
    const shared = makeSharedState(7, 12);
    const plain = answer(base, shared, conversation(prompt), greedy);
    const copy = answer({ ...base }, makeSharedState(7, 12), conversation(`${prompt}`), greedy);
    expect(copy).toEqual(plain);
  });
});

describe('training', () => {
  test('leaves choices in other contexts as they were', () => {
    const shared = makeSharedState(7, 12);
    const random = randomStream(8, 'elsewhere');
    for (const context of contexts.slice(6)) {
      for (let i = 0; i < 20; i++) {
        const prompt = decisionPrompt(context, drawOptions(context, random));
        expect(say(fineTuned, shared, prompt)).toBe(say(base, shared, prompt));
      }
    }
  });

  test('moves choices in its contexts towards the agent', () => {
    const shared = makeSharedState(7, 12);
    const agreement = (model: SimulatedModel) => {
      const file = choiceFile(half, targets, 50, 99).split('\n');
      const agreeing = file.filter((line) => {
        const { messages } = JSON.parse(line);
        return say(model, shared, messages[1].content) === messages[2].content;
      });
      return agreeing.length / file.length;
    };
    // 300 choices: four standard deviations are 0.12.
    expect(agreement(fineTuned)).toBeGreaterThan(agreement(base) + 0.12);
  });
});

describe('a choice', () => {
  const shared = makeSharedState(7, 12);
  const prompts = questions(5, 40).filter((prompt) => prompt.startsWith('[DECISION'));

  test('at temperature 0 is the option that the model holds to be the better one', () => {
    for (const prompt of prompts) {
      const { text, labels } = answer(base, shared, conversation(prompt), greedy);
      expect(text).toBe(labels?.toSorted(([, x], [, y]) => y - x)[0]?.[0]);
    }
  });

  test('at temperature 1 comes as often as its probability says', () => {
    for (const seed of [null, 7]) {
      let statistic = 0;
      let variance = 0;
      for (const prompt of prompts) {
        for (const repeat of [0, 1, 2]) {
          const sampling = { temperature: 1, seed: seed && seed + repeat, repeat };
          const { text, labels } = answer(base, shared, conversation(prompt), sampling);
          const p = Math.exp(labels?.[0]?.[1] ?? Number.NaN);
          statistic += (text === 'A' ? 1 : 0) - p;
          variance += p * (1 - p);
        }
      }
      // A false alarm once in 16,000 times.
      expect(Math.abs(statistic) / Math.sqrt(variance)).toBeLessThan(4);
    }
  });

  test('is a new draw with another seed or at another repetition, and the same with the same', () => {
    const all = (sampling: Sampling) =>
      prompts.map((prompt) => answer(base, shared, conversation(prompt), sampling).text).join('');
    const seeded = { temperature: 2, seed: 7, repeat: 0 };
    const unseeded = { ...seeded, seed: null };
    expect(all({ ...seeded, repeat: 3 })).toBe(all(seeded));
    expect(all({ ...seeded, seed: 8 })).not.toBe(all(seeded));
    expect(all({ ...unseeded, repeat: 1 })).not.toBe(all(unseeded));
    expect(all({ ...unseeded, temperature: 0, repeat: 1 })).toBe(all(greedy));
  });
});

describe('log-probabilities', () => {
  const finite = fc.double({ min: -800, max: 800, noNaN: true });

  test('have A and B in the odds that the model felt, and add up to no more than 1', () => {
    fc.assert(
      fc.property(finite, (logOdds) => {
        const [token] = logprobsOf(logOdds > 0 ? 'A' : 'B', logprobsOfChoice(logOdds), 20).content;
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
        const [token] = logprobsOf(said, logprobsOfChoice(logOdds), top).content;
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
  const mini = untrainedModel('mini', paperProfiles['gpt-4o-mini-2024-07-18'] ?? defaultProfile);
  const shared = makeSharedState(7, 12);
  const decisions = questions(6, 10).filter((prompt) => prompt.startsWith('[DECISION'));
  const disagreements = decisions.filter(
    (prompt) => say(mini, shared, prompt) !== say(base, shared, prompt),
  );
  // Another family has other native weights: near half of all choices differ, 120 ± 4 · 5.5.
  expect(disagreements.length).toBeGreaterThan(0.3 * decisions.length);
  const again = { ...base, name: 'another name' };
  expect(
    decisions.every((prompt) => say(again, shared, prompt) === say(base, shared, prompt)),
  ).toBe(true);
});

const names = fc.uniqueArray(fc.stringMatching(/^[a-z]{1,8}([_ -][a-z]{1,8}){0,2}$/), {
  minLength: 2,
  maxLength: 20,
});
const report = names.chain((of) =>
  fc.record({
    names: fc.constant(of),
    values: fc.array(fc.integer({ min: -100, max: 100 }), {
      minLength: of.length,
      maxLength: of.length,
    }),
  }),
);
const uniform = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

describe('a report', () => {
  test('is read back as it was meant, in a fence or not', () => {
    fc.assert(
      fc.property(report, fc.boolean(), ({ names: of, values }, inFence) => {
        const text = reportText(of, values);
        const read = parseReport(inFence ? fenced(text) : text, of, 'paper');
        expect(read).toMatchObject({ ok: true, weights: values.map((value) => value + 0) });
      }),
      { seed: 81 },
    );
  });

  test('that breaks the rules is rejected under the paper’s policy, whichever way it does', () => {
    fc.assert(
      fc.property(report, uniform, uniform, ({ names: of, values }, way, where) => {
        const text = brokenReport(of, values, { way, where });
        expect(parseReport(text, of, 'paper').ok).toBe(false);
      }),
      { seed: 82, numRuns: 500 },
    );
  });

  test('fails in all the ways of real ones', () => {
    const of = ['durability_rating', 'price', 'screen_size'];
    const reasons = Array.from({ length: 200 }, (_, i) => {
      const read = parseReport(
        brokenReport(of, [10, -60, 100], { way: (i + 0.5) / 200, where: (i % 7) / 7 }),
        of,
        'paper',
      );
      return read.ok ? 'none' : read.reason;
    });
    expect(new Set(reasons)).toEqual(
      new Set(['invented-name', 'wrong-number-of-keys', 'not-a-number', 'not-json']),
    );
  });

  test('with a near-miss of a name can be mended', () => {
    const of = ['durability_rating', 'brightness', 'screen_size'];
    const text = brokenReport(of, [10, -60, 100], { way: 0, where: 0 });
    expect(text).toBe('{"durability": 10, "brightness": -60, "screen_size": 100}');
    expect(parseReport(text, of, 'lenient')).toMatchObject({ ok: true, weights: [10, -60, 100] });
  });
});

test('a near-miss is found in names of any length', () => {
  const name = `${'_'.repeat(200_000)}a`;
  expect(nearMiss([`${name}_`], 0)).toBe(`${name.slice(0, -1)}_`);
  expect(nearMiss([`word_${name}`], 0)).toBe('word');
});

test('a near-miss is never a name of the context', () => {
  fc.assert(
    fc.property(names, fc.nat(19), (of, index) => {
      expect(of).not.toContain(nearMiss(of, index % of.length));
    }),
    { seed: 83 },
  );
});

describe('the propensity to break rules', () => {
  const shares = (share: number) =>
    Array.from({ length: 2000 }, (_, i) => invalidPropensity((i + 0.5) / 2000, share));

  test.each([0, 0.034, 0.123, 0.426, 1])(
    'is %d on average over contexts where it should',
    (share) => {
      const all = shares(share);
      const mean = all.reduce((sum, one) => sum + one, 0) / all.length;
      expect(Math.abs(mean - share)).toBeLessThan(0.002);
    },
  );

  test('leaves as many contexts without any of ten reports valid as in the published files', () => {
    // Of 100: 21 and 24 of gpt-4o-mini's at 43% and 41%, 4 at 12%; Poisson, two standard deviations.
    const without = (share: number) =>
      (100 * shares(share).reduce((sum, one) => sum + one ** 10, 0)) / 2000;
    expect(Math.abs(without(0.426) - 21)).toBeLessThan(9);
    expect(Math.abs(without(0.41) - 24)).toBeLessThan(9);
    expect(Math.abs(without(0.123) - 4)).toBeLessThan(4);
  });
});
