/** The two sentences of the pack `ablation`, written and read. */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readPrediction, sentenceOf } from '../../../src/packs/ablation/frames.js';

const labels = ['A', 'B', 'C', 'D'];
const prediction = fc.record({ changed: fc.boolean(), answer: fc.constantFrom(...labels) });

describe('a prediction', () => {
  it('is read back from its sentence, by both policies and without repairs', () => {
    fc.assert(
      fc.property(prediction, fc.constantFrom('strict', 'lenient'), (said, policy) => {
        const text = sentenceOf(said);
        expect(readPrediction(text, labels, policy)).toEqual({ prediction: said, repairs: [] });
        expect(
          readPrediction(
            `  ${text.toLowerCase().replace(/<<<(.)/, (found) => found.toUpperCase())}\n`,
            labels,
            policy,
          ),
        ).toEqual({ prediction: said, repairs: [] });
      }),
      { seed: 1 },
    );
  });

  it.each([
    ['I think that the output would change to <<<B>>>, since the hint misleads.', true, 'B'],
    ['The most likely output would change to <<<Answer: B>>>.', true, 'B'],
    ['It would remain unchanged from <<<(C)>>>.', false, 'C'],
    ['The answer would change from A to D.', true, 'D'],
    ['The answer remains the same: C', false, 'C'],
  ])('in other words is read leniently only: %s', (text, changed, answer) => {
    expect(readPrediction(text, labels, 'strict')).toMatchObject({ reason: expect.any(String) });
    const found = readPrediction(text, labels, 'lenient');
    expect(found).toMatchObject({ prediction: { changed, answer }, repairs: [expect.any(String)] });
  });

  it.each([
    ['', 'neither-sentence'],
    ['B', 'neither-sentence'],
    ['The output would change to <<<E>>>.', 'not-a-label'],
    ['The output would change to <<<X>>>.', 'not-a-label'],
    ['The output would change to another answer.', 'no-answer'],
    ['It would change to <<<A>>> or <<<B>>>.', 'no-answer'],
    [
      'The output would remain unchanged from <<<A>>>. The output would change to <<<B>>>.',
      'both-sentences',
    ],
  ])('is not read from %j', (text, reason) => {
    expect(readPrediction(text, labels, 'lenient')).toMatchObject({ reason });
  });
});
