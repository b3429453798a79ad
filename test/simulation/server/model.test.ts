/** How large a difference is: known, seen in examples, or guessed. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { correlation } from '../../../src/analysis/standardize.js';
import { randomStream } from '../../../src/random/stream.js';
import { knowledgeOf, scalesFrom, scalesOf } from '../../../src/simulation/server/model.js';
import { differencesIn } from '../../../src/study/context.js';
import { decisionPrompt, parsePrompt } from '../../../src/study/prompts.js';
import { drawOption } from '../../../src/study/trials.js';
import { drawOptions, makeCandidates, makeContexts } from './support.js';

const [context] = makeContexts(1);
const widths = context.attributes.map(({ min, max }) => max - min);

function prompt(seed: number) {
  const parsed = parsePrompt(decisionPrompt(context, drawOptions(context, randomStream(seed))));
  if (!parsed) throw new Error('the prompt was not read');
  return parsed;
}

describe('the scale of an attribute', () => {
  test('is its range where the context is known', () => {
    expect(scalesOf(prompt(1), knowledgeOf(makeCandidates(1)))).toEqual(widths);
  });

  test('comes near to its range, on average, where it is seen in examples', () => {
    const random = randomStream(3, 'examples');
    const studies = 400;
    const sums = widths.map(() => 0);
    for (let study = 0; study < studies; study++) {
      const options = Array.from({ length: 20 }, () => drawOption(context, random));
      for (const [i, scale] of scalesFrom(options).entries()) sums[i] += scale / studies;
    }
    // The spread of 20 has a relative sd of 0.06: four standard errors are 1.3%, and decimals of
    // the smallest range add half of one.
    for (const [i, sum] of sums.entries()) {
      expect(Math.abs(sum / widths[i] - 1), `attribute ${i}`).toBeLessThan(0.02);
    }
  });

  test('is guessed to hold both values where nothing is known', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1e6 }), (seed) => {
        const asked = prompt(seed);
        for (const difference of differencesIn(asked, scalesOf(asked, new Map()))) {
          expect(Math.abs(difference)).toBeLessThanOrEqual(1);
        }
      }),
      { seed: 61 },
    );
  });

  test('is guessed so that differences are ranked much as they are', () => {
    const pairs = Array.from({ length: 300 }, (_, seed) => {
      const asked = prompt(seed);
      return {
        guessed: differencesIn(asked, scalesOf(asked, new Map())),
        known: differencesIn(asked, widths),
      };
    });
    for (const i of widths.keys()) {
      const r = correlation(
        pairs.map(({ guessed }) => guessed[i]),
        pairs.map(({ known }) => known[i]),
      );
      expect(r, `attribute ${i}`).toBeGreaterThan(0.85);
    }
  });

  test('is harmless where an attribute never varies', () => {
    const scales = scalesFrom([
      [1, 5],
      [2, 5],
    ]);
    expect(differencesIn({ a: [1, 5], b: [2, 5] }, scales)[1]).toBe(0);
  });
});
