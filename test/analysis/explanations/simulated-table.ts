/** Explanations simulated from known rates, and from known effects on the logit scale. */
import type { Explanation, Measured } from '../../../src/analysis/explanations/table.js';
import { randomStream } from '../../../src/random/stream.js';

export const labels = ['A', 'B', 'C', 'D'];

export function logistic(x: number): number {
  return 1 / (1 + Math.exp(-x));
}

/** Items of which `share` change when the part is removed. */
export function measuredItems(count: number, share: number, seed: number): Measured[] {
  const { uniform } = randomStream(seed, 'items');
  return Array.from({ length: count }, (_, i) => {
    const withPart = labels[Math.floor(4 * uniform())] ?? 'A';
    const changed = uniform() < share;
    const others = labels.filter((label) => label !== withPart);
    const without = changed ? (others[Math.floor(3 * uniform())] ?? 'A') : withPart;
    return { item: `item ${i}`, target: 'self', withPart, without, effect: null };
  });
}

/**
 * An explanation that is exact, or wrong in the way that `wrong` says: `verdict` gets the change wrong,
 * `answer` only the answer.
 */
export function explained(
  measured: Measured,
  explainer: string,
  how: 'exact' | 'verdict' | 'answer' | 'invalid',
  rest: Partial<Explanation> = {},
): Explanation {
  const { withPart, without, target } = measured;
  const changed = withPart !== without;
  const other = labels.find((label) => label !== without && label !== withPart) ?? 'A';
  const prediction = {
    exact: { changed, answer: without },
    verdict: { changed: !changed, answer: changed ? withPart : other },
    answer: { changed, answer: other },
    invalid: null,
  }[how];
  const arm = { target, explainer, shots: 0, trainedOn: 0, bank: null };
  return { ...arm, measured, prediction, ...rest };
}
