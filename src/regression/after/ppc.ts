/**
 * Posterior predictive check: what the fit would produce in place of its data, and how statistics of
 * the data stand among those of their replications (Gelman, Carlin, Stern, Dunson, Vehtari & Rubin
 * 2013, Bayesian Data Analysis, §6.3).
 */
import { sumOf } from '../../linear-algebra/sums.js';
import type { Draws } from '../../posterior/draws.js';
import { etiOfSorted } from '../../posterior/eti.js';
import { quantileOfSorted } from '../../posterior/order.js';
import { fixed, type Printable, printable, textTable } from '../../posterior/printable.js';
import { checkProbability } from '../check-options.js';
import type { FittedRegression } from '../fitted-regression.js';
import { chooseDraws, type LinearPredictorOptions } from './linear-predictor.js';
import { eachRow, simulatedOutcomes } from './predictions.js';

export interface PpcOptions extends Pick<LinearPredictorOptions, 'draws' | 'groups' | 'seed'> {
  /** How many replications of the data are kept for plots; default 100, or all draws if fewer. */
  readonly replications?: number;
  /** Probability of the intervals of statistics, in (0, 1); default 0.95. */
  readonly prob?: number;
}

export const ppcStatistics = ['mean', 'sd', 'min', 'max', 'zeros'] as const;

export interface PpcStatistic {
  /** `zeros` is the proportion of outcomes that are 0. */
  readonly statistic: (typeof ppcStatistics)[number];
  /** Of the data. */
  readonly observed: number;
  /** Median over all replications, and the ends of their equal-tailed interval. */
  readonly replicated: number;
  readonly lower: number;
  readonly upper: number;
  /** Posterior predictive p-value: the share of replications with at least what was observed. */
  readonly pValue: number;
}

export interface PosteriorPredictiveCheck {
  /** Outcomes of the data. */
  readonly observed: Float64Array;
  /**
   * Replications, evenly spaced among the draws; in place of each parameter one outcome, as
   * `plotPpc` takes them.
   */
  readonly replicated: Draws;
  readonly statistics: readonly PpcStatistic[];
}

/**
 * Replicates the data at every draw and compares mean, sd, least, greatest and the proportion of
 * zeros with those observed. All draws count in the statistics; `replications` of them are kept.
 */
export function ppc(
  fit: FittedRegression,
  options: PpcOptions = {},
): PosteriorPredictiveCheck & Printable {
  const { prob = 0.95 } = options;
  checkProbability('prob', prob);
  const observed = fit.frame.response.values;
  const rows = observed.length;
  const count = chooseDraws(fit.fit.draws, options.draws ?? 'all').length;
  const wanted = options.replications ?? Math.min(100, count);
  const available = { ...fit.fit.draws, chains: 1, drawsPerChain: count };
  const kept = chooseDraws(available, wanted, 'replications');
  const values = new Float64Array(wanted * rows);
  const origin = Math.round(sumOf(observed) / rows);
  const replications = statisticsOfColumns(count, origin);
  const ofData = statisticsOfColumns(1, origin);
  eachRow(fit, simulatedOutcomes, options, (row, outcomes) => {
    ofData.add(observed.subarray(row, row + 1));
    replications.add(outcomes);
    kept.forEach((draw, s) => {
      values[s * rows + row] = outcomes[draw];
    });
  });
  const check: PosteriorPredictiveCheck = {
    observed,
    replicated: {
      parameterNames: Array.from(observed, (_, row) => String(row + 1)),
      chains: 1,
      drawsPerChain: wanted,
      values,
    },
    statistics: compared(ofData.values(), replications.values(), prob),
  };
  return printable(check, () => ppcText(check.statistics));
}

type Statistics = Readonly<Record<PpcStatistic['statistic'], Float64Array>>;

/**
 * Statistics of each column, rows taken in one by one. Sums are of distances from a whole number
 * near the outcomes: no digits are lost where means are large, and sums of counts are exact, so
 * that equal data have equal statistics, on which p-values depend.
 */
function statisticsOfColumns(columns: number, origin: number) {
  const sums = new Float64Array(columns);
  const squares = new Float64Array(columns);
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
      min[s] = Math.min(min[s], outcome);
      max[s] = Math.max(max[s], outcome);
      if (outcome === 0) zeros[s]++;
    }
  };
  const values = (): Statistics => ({
    mean: sums.map((sum) => origin + sum / rows),
    sd: squares.map((square, s) => Math.sqrt((square - sums[s] ** 2 / rows) / (rows - 1))),
    min,
    max,
    zeros: zeros.map((count) => count / rows),
  });
  return { add, values };
}

function compared(data: Statistics, replicated: Statistics, prob: number): PpcStatistic[] {
  return ppcStatistics.map((statistic) => {
    const own = data[statistic][0];
    const ascending = replicated[statistic].slice().sort();
    const [lower, upper] = etiOfSorted(ascending, prob);
    const asExtreme = ascending.reduce((count, value) => count + (value >= own ? 1 : 0), 0);
    return {
      statistic,
      observed: own,
      replicated: quantileOfSorted(ascending, 0.5),
      lower,
      upper,
      pValue: asExtreme / ascending.length,
    };
  });
}

function ppcText(statistics: readonly PpcStatistic[]): string {
  const column = (head: string, value: (row: PpcStatistic) => number) => ({
    head,
    cells: statistics.map((row) => fixed(value(row), 2)),
  });
  return textTable(
    statistics.map(({ statistic }) => statistic),
    [
      column('Observed', (row) => row.observed),
      column('Replicated', (row) => row.replicated),
      column('Lower', (row) => row.lower),
      column('Upper', (row) => row.upper),
      column('p', (row) => row.pValue),
    ],
  ).join('\n');
}
