/**
 * Krippendorff's α: agreement of any number of judges beyond chance, with missing ratings (Krippendorff 2011,
 * Computing Krippendorff's Alpha-Reliability). With o_ck the ratings c that meet a rating k within a unit, each unit
 * with m ratings weighted by 1 / (m − 1), n_c = Σ_k o_ck, n = Σ_c n_c and a difference δ between ratings,
 *
 *     α = 1 − (n − 1) Σ_c,k o_ck δ²_ck / Σ_c,k n_c n_k δ²_ck.
 */
import { WeighbridgeError } from '../errors.js';

/**
 * How the difference of two ratings is measured. `nominal`: it is the same for all pairs. `ordinal`: by the number of
 * ratings between them. `interval`: by their distance. `ratio`: by their distance relative to their sum.
 */
export type RatingLevel = 'nominal' | 'ordinal' | 'interval' | 'ratio';

/**
 * @param units the ratings of each unit, by any judges; a unit with fewer than two says nothing
 * @param level @default 'ordinal'
 * @returns at most 1, of perfect agreement; 0 is that of chance; NaN if all ratings are equal
 * @throws WeighbridgeError `bad-data` for ratings that are no finite numbers, negative ratios, or no unit with two
 */
export function krippendorffAlpha(
  units: readonly ArrayLike<number>[],
  level: RatingLevel = 'ordinal',
): number {
  const compared = units.map((unit) => Array.from(unit)).filter((unit) => unit.length > 1);
  const bad = compared.flat().find((rating) => !Number.isFinite(rating));
  if (bad !== undefined || compared.length === 0) {
    throw new WeighbridgeError(
      'bad-data',
      bad === undefined
        ? 'no unit has two ratings, but agreement needs some that have'
        : `a rating is ${bad}, expected a finite number`,
    );
  }
  const values = [...new Set(compared.flat())].sort((a, b) => a - b);
  if (level === 'ratio' && values[0] < 0) {
    throw new WeighbridgeError('bad-data', `a rating is ${values[0]}, expected ratios from 0 on`);
  }
  const place = new Map(values.map((value, c) => [value, c]));
  const counts = values.map(() => 0);
  for (const rating of compared.flat()) counts[place.get(rating) ?? 0]++;
  const squares = squaredDifferences(level, values, counts);
  let observed = 0;
  for (const unit of compared) {
    const places = unit.map((rating) => place.get(rating) ?? 0);
    let sum = 0;
    for (const c of places) for (const k of places) sum += squares[c][k];
    observed += sum / (unit.length - 1);
  }
  let expected = 0;
  counts.forEach((one, c) => {
    counts.forEach((other, k) => {
      expected += one * other * squares[c][k];
    });
  });
  const n = counts.reduce((sum, count) => sum + count, 0);
  return 1 - ((n - 1) * observed) / expected;
}

/** δ²_ck; between ordered ratings it is that of Σ_g n_g from c to k less half of both ends. */
function squaredDifferences(
  level: RatingLevel,
  values: readonly number[],
  counts: readonly number[],
): readonly (readonly number[])[] {
  // Ratings below each value and half of those at it: their differences are those of mean ranks.
  let below = 0;
  const ranks = counts.map((count) => {
    below += count;
    return below - count / 2;
  });
  const difference = (c: number, k: number): number => {
    if (c === k) return 0;
    if (level === 'nominal') return 1;
    if (level === 'ordinal') return ranks[c] - ranks[k];
    const distance = values[c] - values[k];
    return level === 'interval' ? distance : distance / (values[c] + values[k]);
  };
  return values.map((_, c) => values.map((_value, k) => difference(c, k) ** 2));
}
