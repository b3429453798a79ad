/** Tables of priors, as brms' `prior_summary` prints them. */
import { supportOf } from '../../../models/prior-distributions.js';
import { textTable } from '../../posterior/printable.js';
import { formatNumber } from './numbers.js';
import type { PriorInUse } from './prior-rows.js';

const HEADER = ['prior', 'class', 'coef', 'group', 'lb', 'ub', 'source'];

/**
 * One row a line, right-aligned as R's tables are. `lb` and `ub` are where the parameter ends, by
 * bounds or because the distribution does; empty where it does not.
 */
export function printPriors(rows: readonly PriorInUse[]): string {
  const cells = rows.map(cellsOf);
  const columns = HEADER.map((head, column) => ({ head, cells: cells.map((row) => row[column]) }));
  // As R's data frames without row names: the names take no room, but the space after them stays.
  const unnamed = rows.map(() => '');
  return textTable(unnamed, columns).join('\n');
}

function cellsOf({ text, class: name, coef = '', group = '', prior, source }: PriorInUse) {
  const { lower, upper } =
    prior.distribution === 'lkj'
      ? { lower: Number.NEGATIVE_INFINITY, upper: Number.POSITIVE_INFINITY }
      : supportOf(prior);
  return [text, name, coef, group, boundText(lower), boundText(upper), source];
}

function boundText(bound: number): string {
  return Number.isFinite(bound) ? formatNumber(bound) : '';
}
