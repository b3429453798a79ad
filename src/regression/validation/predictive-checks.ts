/**
 * Whether a fit replicates its data: posterior predictive p-values (Gelman et al. 2013, Bayesian Data
 * Analysis, §6.3) of a few statistics that the fit of a family can miss. They are conservative, because
 * the same data decided the fit.
 */
import { type Family, traitsOf } from '../../../models/families/family.js';
import { hasIntervals } from '../../linear-algebra/limits.js';
import { sumOf } from '../../linear-algebra/sums.js';
import { miscalibrationOf, recalibration } from '../../posterior/recalibration.js';
import { comparison, type PpcStatistic } from '../../posterior/replications.js';
import { isChoice } from '../after/choices.js';
import { ppc } from '../after/ppc.js';
import { eachRow, meanOutcomes, simulatedOutcomes } from '../after/predictions.js';
import type { FittedRegression } from '../fitted-regression.js';

/** A statistic of the data among those of the replications. */
export interface PredictiveCheck extends Omit<PpcStatistic, 'statistic' | 'pValue' | 'pTwoSided'> {
  /**
   * `dispersion`: the mean squared distance of outcomes from expected ones, each over the variance of a
   * Poisson or binomial outcome. `miscalibration`: the mean squared distance of the expected outcomes from the outcomes, less that
   * of the same expectations recalibrated by isotonic regression (Dimitriadis, Gneiting & Jordan 2021).
   */
  readonly statistic: PpcStatistic['statistic'] | keyof typeof measures;
  /**
   * Posterior predictive p-value, two-sided; that of miscalibration is the share of replications with
   * as much of it, because no fit is too well calibrated.
   */
  readonly p: number;
}

/**
 * The statistics of a family's outcomes. Mean and sd of 0/1 follow from the intercept, so that only
 * calibration says anything of them.
 */
function statisticsOf(family: Family): readonly PredictiveCheck['statistic'][] {
  const { outcome, mean, apart = [] } = traitsOf(family);
  switch (outcome) {
    case 'binary':
      return ['mean', 'miscalibration'];
    case 'binomial':
      return ['mean', 'dispersion', 'miscalibration'];
    case 'ordinal':
      return ['mean', 'sd', 'miscalibration'];
    case 'nominal':
      return [];
    case 'choice':
      return ['miscalibration'];
    case 'count':
      return ['mean', 'dispersion', 'max', 'zeros'];
    case 'real': {
      const ends = ['min', 'max'] as const;
      if (mean === 'any') return ['mean', 'sd', 'skewness', ...ends];
      return ['mean', 'sd', ...ends, ...(apart.includes(0) ? (['zeros'] as const) : [])];
    }
  }
}

/** One row per statistic; none with censored outcomes, beyond whose limits replications reach. */
export function predictiveChecks(fit: FittedRegression): PredictiveCheck[] {
  const { limits } = fit.specification.data;
  if (limits && hasIntervals(limits)) return [];
  const wanted = statisticsOf(fit.family);
  const statistics = isChoice(fit) ? [] : ppc(fit, { replications: 1 }).statistics;
  const distances = distanceChecks(
    fit,
    wanted.filter((name) => name in measures) as (keyof typeof measures)[],
  );
  const found = [...statistics, ...distances].map(({ pValue, pTwoSided, ...row }) => ({
    ...row,
    p: row.statistic === 'miscalibration' ? pValue : pTwoSided,
  }));
  return wanted.flatMap((name) => found.filter(({ statistic }) => statistic === name));
}

/** Replications of the data that distances are computed of. */
const MOST_REPLICATIONS = 1000;
/** Outcomes of all replications: 100 MB. */
const MOST_OUTCOMES = 12_500_000;

/** Statistics of how far outcomes are from the expected ones, the posterior means. */
function distanceChecks(fit: FittedRegression, names: readonly (keyof typeof measures)[]) {
  if (names.length === 0) return [];
  const { values } = fit.frame.response;
  // A prediction of choices is the best option.
  const observed = isChoice(fit) ? values.map((rank) => (rank === 1 ? 1 : 0)) : values;
  const rows = observed.length;
  const all = fit.draws.chains * fit.draws.drawsPerChain;
  const affordable = Math.max(1, Math.floor(MOST_OUTCOMES / rows));
  const draws = Math.min(all, MOST_REPLICATIONS, affordable);
  const expected = new Float64Array(rows);
  eachRow(fit, meanOutcomes, { draws }, (row, means) => {
    expected[row] = sumOf(means) / draws;
  });
  const replicated = new Float64Array(draws * rows);
  eachRow(fit, simulatedOutcomes, { draws }, (row, outcomes) => {
    for (let s = 0; s < draws; s++) replicated[s * rows + row] = outcomes[s];
  });
  return names.map((statistic) => {
    const measure = measures[statistic](expected, fit.specification.data.trials);
    const values = Float64Array.from({ length: draws }, (_, s) =>
      measure(replicated.subarray(s * rows, (s + 1) * rows)),
    );
    return { statistic, ...comparison(measure(observed), values, 0.95) };
  });
}

type Measure = (
  expected: Float64Array,
  trials: Float64Array | null,
) => (outcomes: Float64Array) => number;

const measures = {
  dispersion: dispersionMeasure,
  miscalibration: miscalibrationMeasure,
} satisfies Record<string, Measure>;

function dispersionMeasure(
  expected: Float64Array,
  trials: Float64Array | null,
): (outcomes: Float64Array) => number {
  const variances = expected.map((mean, row) => (trials ? mean * (1 - mean / trials[row]) : mean));
  // A row that cannot vary, for example of 0 trials, says nothing.
  const rows = Array.from(variances.keys()).filter((row) => variances[row] > 0);
  return (outcomes) => {
    let sum = 0;
    for (const row of rows) sum += (outcomes[row] - expected[row]) ** 2 / variances[row];
    return sum / rows.length;
  };
}

/** The miscalibration of expected outcomes; they are taken per trial, and weighted by trials. */
export function miscalibrationMeasure(
  expected: Float64Array,
  trials: Float64Array | null,
): (outcomes: Float64Array) => number {
  const forecasts = expected.map((value, row) => (trials ? value / (trials[row] || 1) : value));
  const recalibrated = recalibration(forecasts, trials);
  return (outcomes) => miscalibrationOf(recalibrated(outcomes));
}
