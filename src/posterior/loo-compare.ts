/**
 * Compares models by expected log predictive density, as loo's `loo_compare`: best model first, the
 * others with their difference from it. The standard error is that of the pointwise differences,
 * which is much smaller than that of either sum.
 */
import { badArgument } from '../checks/values.js';
import { meanAndSquares } from '../linear-algebra/sums.js';
import type { Estimate } from './log-likelihood.js';
import type { Loo } from './loo.js';
import { commonWidth, type Printable, printable, rounded, textTable } from './printable.js';
import type { Waic } from './waic.js';

export interface LooComparisonRow {
  readonly model: string;
  /** elpd of this model minus that of the best model: 0 or negative. */
  readonly elpdDiff: number;
  /** Standard error of `elpdDiff`. */
  readonly seDiff: number;
  readonly elpd: Estimate;
  /** Effective number of parameters. */
  readonly p: Estimate;
  /** LOOIC or WAIC. */
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
 * A model's criterion, optionally with its outcomes, which reveal a comparison of different data.
 */
export type Comparable = (Loo | Waic) & { readonly outcomes?: ArrayLike<number> };

/** A fit, which can compute its LOO. */
export interface WithLoo {
  loo(): Comparable;
}

/**
 * @param models by name, at least two: results of `loo`, results of `waic`, or fits, whose `loo()`
 * is called; all must use the same criterion and the same observations
 * @throws WeighbridgeError `bad-argument` if they do not
 */
export function looCompare(models: Readonly<Record<string, Comparable | WithLoo>>): LooComparison {
  const named = comparables(models);
  requireComparable(named);
  // The sort is stable: ties keep the given order.
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
  return printable({ rows, warnings: warningsOf(named) }, () => printComparison(rows));
}

/** Validates the caller's models, for JavaScript callers, and returns their criteria. */
function comparables(models: unknown): (readonly [string, Comparable])[] {
  const byName = typeof models === 'object' && models !== null && !Array.isArray(models);
  if (!byName || isComparable(models) || hasLoo(models)) {
    throw badArgument(
      'expected the models to compare by their names, for example { a: fitA, b: fitB }',
    );
  }
  return Object.entries(models).map(([name, model]: [string, unknown]) => {
    if (isComparable(model)) return [name, model];
    if (hasLoo(model)) return [name, model.loo()];
    throw badArgument(`'${name}' is neither a fit nor what loo() or waic() of a fit gives`);
  });
}

function isComparable(value: unknown): value is Comparable {
  if (typeof value !== 'object' || value === null) return false;
  return 'criterion' in value && 'pointwise' in value && 'rows' in value;
}

function hasLoo(value: unknown): value is WithLoo {
  if (typeof value !== 'object' || value === null) return false;
  return 'loo' in value && typeof value.loo === 'function';
}

const elpdOf = (result: Comparable) =>
  result.criterion === 'loo' ? result.elpdLoo : result.elpdWaic;

const pointwiseOf = (result: Comparable) =>
  result.criterion === 'loo' ? result.pointwise.elpdLoo : result.pointwise.elpdWaic;

function requireComparable(named: readonly (readonly [string, Comparable])[]): void {
  const fail = (message: string): never => {
    throw badArgument(message);
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
  // R formats the whole matrix at once, so all cells are as wide as the widest.
  const numbers = rows.flatMap(({ elpdDiff, seDiff }) => [elpdDiff, seDiff]);
  const cells = commonWidth(numbers.map((value) => rounded(value, 1)));
  const column = (head: string, place: number) => ({
    head,
    cells: rows.map((_, i) => cells[2 * i + place]),
    align: 'left' as const,
  });
  return textTable(
    rows.map(({ model }) => model),
    [column('elpd_diff', 0), column('se_diff', 1)],
  ).join('\n');
}
