/**
 * Mean score by the number of exercises learned from, with intervals that need no model of the scores: a Bayesian
 * bootstrap (Rubin 1981). Each draw gives every cluster of items a weight, and every training of an explainer another,
 * which multiplies it (Owen & Eckles 2012).
 */
import { BootstrapWeights } from '../../analysis/bootstrap.js';
import { groupBy } from '../../analysis/explanations/table.js';
import { formatSafeCsv } from '../../data-files/text-table.js';
import type { Prediction } from '../../explain/grid.js';
import { hdi } from '../../posterior/intervals.js';
import type { ScoreCurve } from '../../result/explanations-format.js';

const DRAWS = 2000;
const SEED = 'score curves';

/**
 * A curve for each explainer with its vector as it is and with the most numbers of exercises of its task, if those are
 * two or more. Tasks come in the order of their first rows.
 */
export function scoreCurves(rows: readonly Prediction[]): ScoreCurve[] {
  const weights = new BootstrapWeights(SEED, DRAWS);
  const trained = rows.filter(({ vector, n }) => vector === 'given' && n > 0);
  return [...groupBy(trained, ({ task }) => task)].map(([task, ofTask]) => {
    const bySize = [...groupBy(ofTask, ({ explainer }) => explainer)].map(([explainer, own]) => ({
      explainer,
      sizes: [...groupBy(own, ({ n }) => String(n)).values()],
    }));
    const most = Math.max(2, ...bySize.map(({ sizes }) => sizes.length));
    const explainers = bySize
      .filter(({ sizes }) => sizes.length === most)
      .map(({ explainer, sizes }) => ({
        explainer,
        points: sizes.map((own) => pointOf(own, weights)).sort((a, b) => a.n - b.n),
      }));
    return { task, explainers };
  });
}

/** Scores of one cluster by one training. */
interface Cell {
  sum: number;
  rows: number;
  readonly cluster: Float64Array;
  readonly training: Float64Array;
}

function pointOf(rows: readonly Prediction[], weights: BootstrapWeights) {
  const cells = new Map<string, Cell>();
  for (const { target, cluster, model, seed, score } of rows) {
    const items = `${target}\n${cluster}`;
    const trained = `${target}\n${model}\n${seed}`;
    const key = `${items}\n${trained}`;
    let cell = cells.get(key);
    if (!cell) {
      const training = weights.of('training', trained);
      cell = { sum: 0, rows: 0, cluster: weights.of('cluster', items), training };
      cells.set(key, cell);
    }
    cell.sum += score;
    cell.rows++;
  }
  const [lower, upper] = hdi(meansOf([...cells.values()]));
  const mean = rows.reduce((sum, { score }) => sum + score, 0) / rows.length;
  return { n: rows[0]?.n ?? 0, mean, lower, upper };
}

function meansOf(cells: readonly Cell[]): Float64Array {
  const sums = new Float64Array(DRAWS);
  const counts = new Float64Array(DRAWS);
  for (const { sum, rows, cluster, training } of cells) {
    for (let draw = 0; draw < DRAWS; draw++) {
      const weight = (cluster[draw] ?? 0) * (training[draw] ?? 0);
      sums[draw] = (sums[draw] ?? 0) + weight * sum;
      counts[draw] = (counts[draw] ?? 0) + weight * rows;
    }
  }
  return sums.map((sum, draw) => sum / (counts[draw] ?? Number.NaN));
}

export function curvesCsv(curves: readonly ScoreCurve[]): string {
  return formatSafeCsv(
    ['task', 'explainer', 'n', 'mean', 'hdi_low', 'hdi_high'],
    curves.flatMap(({ task, explainers }) =>
      explainers.flatMap(({ explainer, points }) =>
        points.map(({ n, mean, lower, upper }) => [
          ...[task, explainer, n, mean ?? '', lower ?? '', upper ?? ''],
        ]),
      ),
    ),
  );
}
