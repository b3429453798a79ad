/** The check after the preference training: who passes it, and how often chance does. */
import { describe, expect, test } from 'vitest';
import {
  choiceAgreement,
  requireAgreement,
} from '../../../src/packs/self-interpretability/choice-agreement.js';
import { normalizedDifferences, utilityDifference } from '../../../src/study/context.js';
import { drawTrials, type Trial, targetWeightsFor } from '../../../src/study/stimuli.js';
import { makeContexts } from '../../simulation/server/support.js';

const contexts = makeContexts(100);
const trials = drawTrials(contexts, 50, 3);
const targets = targetWeightsFor(contexts, 1);

/** The choices of an agent with other weights, or with the target weights where it has none. */
function choicesOf(own: ReadonlyMap<string, readonly number[]>, among: readonly Trial[] = trials) {
  return new Map(
    among.map((trial, item) => {
      const weights = own.get(trial.context.name) ?? [];
      const difference = utilityDifference(weights, normalizedDifferences(trial.context, trial));
      return [item, difference > 0 ? 'A' : 'B'] as const;
    }),
  );
}

const agreement = (answers: ReadonlyMap<number, string>) =>
  choiceAgreement(trials, answers, targets);

describe('choices', () => {
  test('by the target weights agree in all trials', () => {
    const found = agreement(choicesOf(targets));
    expect(found).toMatchObject({ choices: 5000, agreeing: 5000 });
    expect(() => requireAgreement('m/choices', 'm', found)).not.toThrow();
  });

  test('by weights of their own pass in about one study of a hundred', () => {
    // Consistent choices by weights that have nothing to do with the targets: in single trials, they
    // agree far more, or far less, often than a coin.
    const passes = Array.from({ length: 400 }, (_, seed) => {
      const own = targetWeightsFor(contexts, 1000 + seed);
      return agreement(choicesOf(own)).z >= 2.33;
    }).filter(Boolean).length;
    // 4 expected; more than 12 in one test of 3,000.
    expect(passes).toBeLessThanOrEqual(12);
  });

  test('that lean to the targets pass although most are noise', () => {
    const random = (item: number) => ((item * 2654435761) % 2 ** 32) / 2 ** 32;
    const exact = choicesOf(targets);
    const noisy = new Map(
      [...exact].map(([item, choice]) => {
        const flips = random(item + 1) < 0.4;
        return [item, flips ? (choice === 'A' ? 'B' : 'A') : choice] as const;
      }),
    );
    expect(() => requireAgreement('m/choices', 'm', agreement(noisy))).not.toThrow();
  });

  test('of one letter are told as such, in one line with the stage and the figures', () => {
    const found = agreement(new Map(trials.map((_, item) => [item, 'A'])));
    expect(() => requireAgreement('m/choices-instilled', 'm', found)).toThrow(
      /^m\/choices-instilled: \d+ of 5000 choices \((49|50)\.\d%\) agree with the target weights, no better than chance; 100\.0% of them are A: the preferences were not learned.*--keep-going$/,
    );
  });

  test('that are all invalid do not pass', () => {
    expect(() => requireAgreement('m/choices', 'm', agreement(new Map()))).toThrow(
      /no choice is valid/,
    );
  });
});

test('a study of two contexts passes if it learned, although it has two units only', () => {
  const few = trials.slice(0, 100);
  const found = choiceAgreement(few, choicesOf(targets, few), targets);
  expect(found.z).toBeGreaterThan(2.33);
});
