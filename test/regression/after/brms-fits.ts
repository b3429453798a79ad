/**
 * The two fits of test/reference/brms-after.json: brms' data and draws, as fits of ours.
 */
import type { Family } from '../../../models/families/family.js';
import { bernoulli, gaussian } from '../../../src/regression/options.js';
import reference from '../../reference/brms-after.json' with { type: 'json' };
import { type SmallFit, smallFit } from '../../support/small-fit.js';

export { reference };

const fitWith = (family: Family, { formula, data, draws }: Omit<SmallFit, 'family'>) =>
  smallFit({ formula, family, data, draws, chains: 2 });

export const gaussianFit = fitWith(gaussian(), reference.gaussian);
export const bernoulliFit = fitWith(bernoulli(), reference.bernoulli);

/** Numbers of the file have 15 digits, sums of them a few less. */
export const TOLERANCE = 1e-8;

/** The largest difference of two lists of numbers; NaN agrees with NaN alone, and with null. */
export function largestDifference(
  ours: readonly number[],
  theirs: readonly (number | null)[],
): number {
  if (ours.length !== theirs.length) return Number.POSITIVE_INFINITY;
  return Math.max(
    0,
    ...ours.map((value, i) => {
      const other = theirs[i] ?? Number.NaN;
      if (Number.isNaN(value) && Number.isNaN(other)) return 0;
      return Number.isNaN(value - other) ? Number.POSITIVE_INFINITY : Math.abs(value - other);
    }),
  );
}
