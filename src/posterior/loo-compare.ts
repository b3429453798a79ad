/**
 * Compares models by expected log predictive density, as `loo_compare` of loo 2.10: best model first, the
 * others with their difference from it. The standard error is that of the pointwise differences,
 * which is much smaller than that of either sum.
 */
import normalCdf from '@stdlib/stats-base-dists-normal-cdf';
import normalQuantile from '@stdlib/stats-base-dists-normal-quantile';
import { meanAndSquares, sumOf } from '../linear-algebra/sums.js';
import {
  type Comparable,
  elpdOf,
  type NamedCriterion,
  otherData,
  requireComparable,
} from './comparable.js';
import type { Estimate } from './log-likelihood.js';
import { paretoKIds, shownThreshold } from './loo.js';
import { type Printable, printable, rounded, textTable } from './printable.js';
import { median } from './quantiles.js';

export interface LooComparisonRow {
  readonly model: string;
  /** elpd of this model minus that of the best model: 0 or negative. */
  readonly elpdDiff: number;
  /** Standard error of `elpdDiff`. */
  readonly seDiff: number;
  /**
   * Probability that this model predicts worse than the best one: Φ(−elpdDiff / seDiff). NaN for the best
   * model, and for one that is equal to it.
   */
  readonly pWorse: number;
  /**
   * A reason why the normal approximation behind `pWorse` is poor, so that it is likely too large (Sivula,
   * Magnusson, Matamoros & Vehtari 2025, Bayesian Analysis, arXiv 2008.10296); empty if there is none.
   */
  readonly diagDiff: '' | 'N < 100' | '|elpd_diff| < 4';
  /**
   * Number of Pareto k above the threshold, `3 k_psis > 0.7`: such a model may look better than it is. Empty
   * if there are none.
   */
  readonly diagElpd: string;
  readonly elpd: Estimate;
  /** Effective number of parameters. */
  readonly p: Estimate;
  /** −2 elpd: LOOIC or WAIC. */
  readonly ic: Estimate;
}

/** A comparison; its text is the table that R prints. */
export interface LooComparison extends Printable {
  /** Best first. */
  readonly rows: readonly LooComparisonRow[];
  /** Reasons to doubt the comparison. */
  readonly warnings: readonly string[];
}

/**
 * @param models by name, at least two: results of `loo`, of `waic` or of `kfold`, by the same observations
 * @throws WeighbridgeError `bad-argument` if they are not
 */
export function looCompare(models: Readonly<Record<string, Comparable>>): LooComparison {
  const named = requireComparable(models, 'compare');
  // The sort is stable: ties keep the given order.
  const sorted = named.toSorted(
    ([, a], [, b]) => elpdOf(b).elpd.estimate - elpdOf(a).elpd.estimate,
  );
  const best = elpdOf(sorted[0][1]).pointwise;
  const rows = sorted.map((one) => rowOf(one, best));
  const warnings = [...otherData(named), ...chanceAmongMany(sorted)];
  return printable({ rows, warnings }, () => printComparison(rows));
}

function rowOf([model, criterion]: NamedCriterion, best: Float64Array): LooComparisonRow {
  const { elpd, p, ic, pointwise } = elpdOf(criterion);
  const n = pointwise.length;
  const { mean, squares } = meanAndSquares(pointwise.map((one, i) => one - best[i]));
  const elpdDiff = n * mean;
  const seDiff = Math.sqrt((n * squares) / (n - 1));
  const similar = elpdDiff > LEAST_DIFFERENCE ? '|elpd_diff| < 4' : '';
  return {
    model,
    elpdDiff,
    seDiff,
    pWorse: elpdDiff === 0 ? Number.NaN : normalCdf(0, elpdDiff, seDiff),
    diagDiff: elpdDiff === 0 ? '' : n < LEAST_OBSERVATIONS ? 'N < 100' : similar,
    diagElpd: doubtfulOf(criterion),
    elpd,
    p,
    ic,
  };
}

/** With fewer observations, or a smaller difference, the error of a difference is far from normal. */
const LEAST_OBSERVATIONS = 100;
const LEAST_DIFFERENCE = -4;

function doubtfulOf(criterion: Comparable): string {
  if (criterion.criterion !== 'loo') return '';
  const count = paretoKIds(criterion.diagnostics).length;
  if (count === 0) return '';
  return `${count} k_psis > ${shownThreshold(criterion.diagnostics.paretoKThreshold)}`;
}

/** Among so many models, the best may be so by chance. */
const MANY_MODELS = 11;

/**
 * A warning if the best of many models is no better than the best of as many equal ones would be (McLatchie
 * & Vehtari 2024, Statistics and Computing, arXiv 2309.03742): with the spread s of the better half about the
 * median model, the largest of K differences is expected at Φ⁻¹(1 − 1 / 2K) s.
 *
 * @param sorted best first
 */
function chanceAmongMany(sorted: readonly NamedCriterion[]): string[] {
  if (sorted.length <= MANY_MODELS) return [];
  const baseline = elpdOf(sorted[Math.floor(sorted.length / 2) - 1][1]).pointwise;
  const differences = Float64Array.from(sorted, ([, criterion]) =>
    sumOf(elpdOf(criterion).pointwise.map((one, i) => one - baseline[i])),
  );
  const middle = median(differences);
  const better = differences.filter((difference) => difference >= middle);
  const spread = Math.sqrt(sumOf(better.map((one) => one * one)) / better.length);
  const expected = normalQuantile(1 - 1 / (2 * (sorted.length - 1)), 0, 1) * spread;
  if (differences[0] > expected) return [];
  return [
    `the best of ${sorted.length} models may be so by chance: average the models by looModelWeights instead of choosing one`,
  ];
}

/** What a sign in the columns diag_diff and diag_elpd means. */
const NOTES = {
  diagDiff: 'diag_diff: p_worse is likely too large.',
  diagElpd:
    'diag_elpd: elpd_diff may favour models of which more observations have a high Pareto k.',
} as const;

function printComparison(rows: readonly LooComparisonRow[]): string {
  const column = (head: string, cell: (row: LooComparisonRow) => string) => ({
    head,
    cells: rows.map(cell),
  });
  const signs = (['diagDiff', 'diagElpd'] as const).filter((sign) =>
    rows.some((row) => row[sign] !== ''),
  );
  return [
    ...textTable(
      rows.map(() => ''),
      [
        column('model', ({ model }) => model),
        column('elpd_diff', ({ elpdDiff }) => rounded(elpdDiff, 1)),
        column('se_diff', ({ seDiff }) => rounded(seDiff, 1)),
        column('p_worse', ({ pWorse }) => rounded(pWorse, 2)),
        column('diag_diff', ({ diagDiff }) => diagDiff),
        column('diag_elpd', ({ diagElpd }) => diagElpd),
      ],
    ),
    ...(signs.length > 0 ? [''] : []),
    ...signs.map((sign) => NOTES[sign]),
  ].join('\n');
}
