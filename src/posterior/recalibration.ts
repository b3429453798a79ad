/**
 * Recalibration of forecasts by isotonic regression, and the CORP decomposition of their mean squared
 * distance from the outcomes (Dimitriadis, Gneiting & Jordan 2021, PNAS 118(8), arXiv 2008.03033):
 *
 *     score = miscalibration − discrimination + uncertainty
 *
 * uncertainty being the score of the overall mean as a constant forecast, discrimination what the
 * recalibrated forecasts gain on it, miscalibration what recalibration gains.
 */
import { sumOf } from '../linear-algebra/sums.js';
import { orderingOf } from './fast/ordering.js';
import { isotonicBlocks } from './isotonic.js';

export interface Recalibration {
  /** The different forecasts, ascending. */
  readonly forecasts: Float64Array;
  /** Weight of the rows that have each forecast. */
  readonly masses: Float64Array;
  /** Mean outcome of the rows that have each forecast. */
  readonly means: Float64Array;
  /** The recalibrated forecasts: not decreasing. */
  readonly recalibrated: Float64Array;
}

/**
 * Sorts forecasts once; the function that it returns recalibrates them by any outcomes.
 *
 * @param forecasts one per row: expected outcomes, per trial
 * @param trials of each row, its weight. @default 1 each
 * @returns a function of the outcomes of all rows (successes where there are trials)
 */
export function recalibration(
  forecasts: Float64Array,
  trials: Float64Array | null = null,
): (outcomes: ArrayLike<number>) => Recalibration {
  const { ascending, order } = orderingOf(forecasts);
  // Rows of one forecast are recalibrated together.
  const starts = Array.from(ascending.keys()).filter(
    (i) => i === 0 || ascending[i] > ascending[i - 1],
  );
  const sumsOf = (values: (row: number) => number) => {
    const sorted = Float64Array.from(order, values);
    return Float64Array.from(starts, (start, place) =>
      sumOf(sorted.subarray(start, starts[place + 1] ?? sorted.length)),
    );
  };
  const masses = sumsOf((row) => (trials ? trials[row] : 1));
  const distinct = Float64Array.from(starts, (start) => ascending[start]);
  return (outcomes) => {
    const sums = sumsOf((row) => outcomes[row]);
    const means = sums.map((sum, place) => (masses[place] > 0 ? sum / masses[place] : 0));
    const recalibrated = new Float64Array(starts.length);
    for (const { first, last, value } of isotonicBlocks(means, masses)) {
      recalibrated.fill(value, first, last + 1);
    }
    return { forecasts: distinct, masses, means, recalibrated };
  };
}

/** The gain of recalibration: Σ w ((y − p)² − (y − v)²) / Σ w for forecasts p, recalibrated to v. */
export function miscalibrationOf(found: Recalibration): number {
  return gain(found, found.forecasts);
}

/** The gain of the recalibrated forecasts on the overall mean. */
export function discriminationOf(found: Recalibration): number {
  const { masses, means } = found;
  const mean = sumOf(means.map((value, i) => value * masses[i])) / sumOf(masses);
  return gain(
    found,
    means.map(() => mean),
  );
}

/** Squared distances within rows of one forecast are the same for both, and cancel. */
function gain({ masses, means, recalibrated }: Recalibration, from: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < means.length; i++) {
    sum += masses[i] * ((means[i] - from[i]) ** 2 - (means[i] - recalibrated[i]) ** 2);
  }
  return sum / sumOf(masses);
}
