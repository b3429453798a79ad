/**
 * Replications of outcomes against the outcomes: the statistics of a posterior predictive check (Gelman, Carlin, Stern,
 * Dunson, Vehtari & Rubin 2013, Bayesian Data Analysis, §6.3).
 */
import { sumOf } from '../linear-algebra/sums.js';
import type { Draws } from './draws.js';
import { etiOfSorted } from './intervals.js';
import { fixed, type Printable, printable, textTable } from './printable.js';
import { quantileOfSorted } from './quantiles.js';

export interface ReplicationOptions {
  /** Number of replications kept for plots. @default 100, or all draws if fewer */
  readonly replications?: number;
  /** Probability of the intervals of statistics, in (0, 1). @default 0.95 */
  readonly mass?: number;
  /** @default that of the fit */
  readonly seed?: number | string | undefined;
}

const ppcStatistics = ['mean', 'sd', 'skewness', 'min', 'max', 'zeros'] as const;

export interface PpcStatistic {
  /** `zeros` is the proportion of outcomes equal to 0; `skewness` is NaN if all outcomes are equal. */
  readonly statistic: (typeof ppcStatistics)[number];
  /** Statistic of the data. */
  readonly observed: number;
  /** Median over all replications, and the ends of their equal-tailed interval. */
  readonly replicated: number;
  readonly lower: number;
  readonly upper: number;
  /**
   * Posterior predictive p-value: the share of replications with a statistic of at least
   * `observed`.
   */
  readonly pValue: number;
  /**
   * Twice the smaller of the shares of replications with a statistic of at least and at most
   * `observed`, at most 1; NaN if a statistic is not defined.
   */
  readonly pTwoSided: number;
}

/** How many rows have a category, and how many of them the replications. */
export interface PpcBar {
  readonly category: string;
  readonly observed: number;
  /** Median over all replications, and the ends of their equal-tailed interval. */
  readonly replicated: number;
  readonly lower: number;
  readonly upper: number;
}

export interface PosteriorPredictiveCheck {
  readonly observed: Float64Array;
  /**
   * Replications, evenly spaced among the draws, with one outcome per "parameter"; input of
   * `plotPpc`.
   */
  readonly replicated: Draws;
  readonly statistics: readonly PpcStatistic[];
  /** Censored outcomes, which are left out of all else, as are the replications of their rows. @default 0 */
  readonly censored?: number;
  /** Counts of the categories of an ordinal family, in order; its statistics have no `zeros`. */
  readonly bars?: readonly PpcBar[];
}

interface ReplicationsToCheck {
  /** Number of replications of each outcome. */
  readonly count: number;
  /** Those that are kept, from 0. */
  readonly kept: ArrayLike<number>;
  /** Probability of the intervals of statistics. */
  readonly mass: number;
  /** Names of the categories whose numbers are the outcomes, from 1. @default none */
  readonly categories?: readonly string[] | null;
  /** Outcomes that are left out. @default 0 */
  readonly censored?: number;
  /** Calls back with the replications of each outcome in turn, which are valid until it returns. */
  eachRow(onRow: (row: number, replications: Float64Array) => void): void;
}

/** Compares outcomes with their replications. */
export function checkReplications(
  observed: Float64Array,
  { count, kept: given, mass, categories = null, censored = 0, eachRow }: ReplicationsToCheck,
): PosteriorPredictiveCheck & Printable {
  const rows = observed.length;
  const kept = Array.from(given);
  const values = new Float64Array(kept.length * rows);
  const mean = sumOf(observed) / rows;
  const origin = observed.every(Number.isInteger) ? Math.round(mean) : mean;
  const replications = statisticsOfColumns(count, origin);
  const ofData = statisticsOfColumns(1, origin);
  const counts = categories?.map(() => new Float64Array(count)) ?? [];
  eachRow((row, outcomes) => {
    ofData.add(observed.subarray(row, row + 1));
    replications.add(outcomes);
    if (categories) for (let s = 0; s < count; s++) counts[outcomes[s] - 1][s]++;
    kept.forEach((draw, s) => {
      values[s * rows + row] = outcomes[draw];
    });
  });
  const check: PosteriorPredictiveCheck = {
    observed,
    replicated: {
      parameterNames: Array.from(observed, (_, row) => String(row + 1)),
      chains: 1,
      drawsPerChain: kept.length,
      values,
    },
    statistics: compared(ofData.values(), replications.values(), mass).filter(
      ({ statistic }) => categories === null || statistic !== 'zeros',
    ),
    ...(categories && { bars: barsOf(categories, observed, counts, mass) }),
    ...(censored > 0 && { censored }),
  };
  return printable(check, () => ppcText(check));
}

/** @param counts of each category, one number per replication */
function barsOf(
  categories: readonly string[],
  observed: Float64Array,
  counts: readonly Float64Array[],
  mass: number,
): PpcBar[] {
  return categories.map((category, c) => {
    const ascending = counts[c].slice().sort();
    const [lower, upper] = etiOfSorted(ascending, mass);
    const own = observed.reduce((sum, outcome) => sum + (outcome === c + 1 ? 1 : 0), 0);
    const replicated = quantileOfSorted(ascending, 0.5);
    return { category, observed: own, replicated, lower, upper };
  });
}

type Statistics = Readonly<Record<PpcStatistic['statistic'], Float64Array>>;

/**
 * Statistics of each column, rows taken in one by one. Sums are of distances from a number near the
 * outcomes, so that no digits are lost where means are large. It is a whole number for counts, whose
 * sums are then exact: equal data have equal statistics, on which p-values depend.
 */
function statisticsOfColumns(columns: number, origin: number) {
  const sums = new Float64Array(columns);
  const squares = new Float64Array(columns);
  const cubes = new Float64Array(columns);
  const min = new Float64Array(columns).fill(Number.POSITIVE_INFINITY);
  const max = new Float64Array(columns).fill(Number.NEGATIVE_INFINITY);
  const zeros = new Float64Array(columns);
  let rows = 0;
  const add = (outcomes: Float64Array): void => {
    rows++;
    for (let s = 0; s < columns; s++) {
      const outcome = outcomes[s];
      const distance = outcome - origin;
      sums[s] += distance;
      squares[s] += distance * distance;
      cubes[s] += distance * distance * distance;
      min[s] = Math.min(min[s], outcome);
      max[s] = Math.max(max[s], outcome);
      if (outcome === 0) zeros[s]++;
    }
  };
  const values = (): Statistics => ({
    mean: sums.map((sum) => origin + sum / rows),
    sd: squares.map((square, s) => Math.sqrt((square - sums[s] ** 2 / rows) / (rows - 1))),
    skewness: cubes.map((cube, s) => {
      // Not defined for equal outcomes, whose variance is 0 but for rounding.
      if (!(min[s] < max[s])) return Number.NaN;
      // Without fractions, so that it is exact for counts, and equal data have equal skewness.
      const top = rows * rows * cube - 3 * rows * sums[s] * squares[s] + 2 * sums[s] ** 3;
      return top / (rows * squares[s] - sums[s] ** 2) ** 1.5;
    }),
    min,
    max,
    zeros: zeros.map((count) => count / rows),
  });
  return { add, values };
}

function compared(data: Statistics, replicated: Statistics, mass: number): PpcStatistic[] {
  return ppcStatistics.map((statistic) => ({
    statistic,
    ...comparison(data[statistic][0], replicated[statistic], mass),
  }));
}

/** A statistic of the data among those of the replications. */
export function comparison(
  observed: number,
  replicated: Float64Array,
  mass: number,
): Omit<PpcStatistic, 'statistic'> {
  const ascending = replicated.slice().sort();
  const [lower, upper] = etiOfSorted(ascending, mass);
  const share = (isSo: (value: number) => boolean) =>
    ascending.reduce((count, value) => count + (isSo(value) ? 1 : 0), 0) / ascending.length;
  const atLeast = share((value) => value >= observed);
  const atMost = share((value) => value <= observed);
  const isDefined = !Number.isNaN(observed) && !ascending.some(Number.isNaN);
  return {
    observed,
    replicated: quantileOfSorted(ascending, 0.5),
    lower,
    upper,
    pValue: atLeast,
    pTwoSided: isDefined ? Math.min(1, 2 * Math.min(atLeast, atMost)) : Number.NaN,
  };
}

function ppcText({ statistics, bars = [], censored }: PosteriorPredictiveCheck): string {
  const column = (head: string, value: (row: PpcStatistic) => number) => ({
    head,
    cells: statistics.map((row) => fixed(value(row), 2)),
  });
  const counts = (head: string, value: (bar: PpcBar) => number) => ({
    head,
    cells: bars.map((bar) => fixed(value(bar), 0)),
  });
  const barLines = textTable(
    bars.map(({ category }) => category),
    [
      counts('Observed', (bar) => bar.observed),
      counts('Replicated', (bar) => bar.replicated),
      counts('Lower', (bar) => bar.lower),
      counts('Upper', (bar) => bar.upper),
    ],
  );
  const lines = textTable(
    statistics.map(({ statistic }) => statistic),
    [
      column('Observed', (row) => row.observed),
      column('Replicated', (row) => row.replicated),
      column('Lower', (row) => row.lower),
      column('Upper', (row) => row.upper),
      column('p', (row) => row.pValue),
    ],
  );
  const note =
    censored === undefined
      ? []
      : [
          '',
          `${censored} censored outcomes are left out, and the replications of their rows. The replications of others are not cut, and may lie beyond the limits.`,
        ];
  return [...lines, ...(bars.length === 0 ? [] : ['', ...barLines]), ...note].join('\n');
}
