/**
 * Models side by side by their expected log predictive density, as loo's `loo_compare`: the best
 * first, the others by how much they fall short of it. The standard error is of the difference,
 * observation by observation, which is far smaller than that of either sum.
 */
import { WeighbridgeError } from '../errors.js';
import { meanAndSquares } from '../linear-algebra/sums.js';
import { commonWidth, type Estimate, fixed, printTable } from './estimates.js';
import type { Loo } from './loo.js';
import type { Waic } from './waic.js';

export interface LooComparisonRow {
  readonly model: string;
  /** elpd of this model less that of the best: 0 or negative. */
  readonly elpdDiff: number;
  /** Standard error of that difference. */
  readonly seDiff: number;
  readonly elpd: Estimate;
  /** Effective number of parameters. */
  readonly p: Estimate;
  /** LOOIC or WAIC. */
  readonly ic: Estimate;
}

export interface LooComparison {
  /** Best first. */
  readonly rows: readonly LooComparisonRow[];
  /** What makes the comparison doubtful. */
  readonly warnings: readonly string[];
  /** As R prints it. */
  toString(): string;
}

/** A model's criterion; with its outcomes, a comparison sees where models saw other data. */
export type Comparable = (Loo | Waic) & { readonly outcomes?: ArrayLike<number> };

/**
 * @param models by name, at least two, all by LOO or all by WAIC, all of the same observations
 * @throws WeighbridgeError `bad-argument` where they are not
 */
export function looCompare(models: Readonly<Record<string, Comparable>>): LooComparison {
  const named = Object.entries(models);
  requireComparable(named);
  // Stable: equals stay in the order given.
  const sorted = named.toSorted(([, a], [, b]) => elpdOf(b).estimate - elpdOf(a).estimate);
  const best = pointwiseOf(sorted[0][1]);
  const rows = sorted.map(([model, result]) => {
    const differences = pointwiseOf(result).map((elpd, i) => elpd - best[i]);
    const n = differences.length;
    const { mean, squares } = meanAndSquares(differences);
    return {
      model,
      elpdDiff: n * mean,
      seDiff: Math.sqrt((n * squares) / (n - 1)),
      elpd: elpdOf(result),
      p: result.criterion === 'loo' ? result.pLoo : result.pWaic,
      ic: result.criterion === 'loo' ? result.looic : result.waic,
    };
  });
  return { rows, warnings: warningsOf(named), toString: () => printComparison(rows) };
}

const elpdOf = (result: Comparable) =>
  result.criterion === 'loo' ? result.elpdLoo : result.elpdWaic;

const pointwiseOf = (result: Comparable) =>
  result.criterion === 'loo' ? result.pointwise.elpdLoo : result.pointwise.elpdWaic;

function requireComparable(named: readonly (readonly [string, Comparable])[]): void {
  const fail = (message: string): never => {
    throw new WeighbridgeError('bad-argument', message);
  };
  if (named.length < 2) fail(`there are ${named.length} models to compare: expected at least two`);
  const [firstName, first] = named[0];
  for (const [name, result] of named) {
    if (result.rows !== first.rows) {
      fail(
        `'${firstName}' has ${first.rows} observations and '${name}' ${result.rows}: models are compared by the same observations; look for missing values in the columns of one formula alone`,
      );
    }
    if (result.criterion !== first.criterion) {
      fail(
        `'${firstName}' is by ${first.criterion} and '${name}' by ${result.criterion}: expected the same criterion of all models`,
      );
    }
  }
}

function warningsOf(named: readonly (readonly [string, Comparable])[]): string[] {
  const [firstName, first] = named[0];
  return named.flatMap(([name, result]) => {
    const differs =
      result.outcomes &&
      first.outcomes &&
      Array.from(result.outcomes).some((outcome, i) => outcome !== first.outcomes?.[i]);
    return differs
      ? [`'${name}' has other outcomes than '${firstName}': their log densities do not compare`]
      : [];
  });
}

function printComparison(rows: readonly LooComparisonRow[]): string {
  // R formats the whole matrix at once: all cells have the width of the widest.
  const cells = commonWidth(
    rows.flatMap(({ elpdDiff, seDiff }) => [fixed(elpdDiff, 1), fixed(seDiff, 1)]),
  );
  return printTable(
    ['', 'elpd_diff', 'se_diff'],
    rows.map(({ model }, i) => [model, cells[2 * i], cells[2 * i + 1]]),
    'left',
  );
}
