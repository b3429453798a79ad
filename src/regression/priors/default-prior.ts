/**
 * Functions of priors that need no fit: the default priors of a regression, and draws of parameters
 * and outcomes from the prior.
 */

import { supportOf } from '../../../models/prior-distributions.js';
import { textTable } from '../../posterior/printable.js';
import { type Preparation, prepare } from '../prepare.js';
import { formatNumber } from './numbers.js';
import { isMatrixPrior, type PriorInUse } from './prior-rows.js';
import { type PriorSample, type SamplePriorOptions, samplePriorOf } from './sample-prior.js';

/**
 * The default priors of a regression, one row per class, coefficient and group. Same values as
 * brms' `default_prior` (`get_prior`). `printPriors` formats them as a table.
 *
 * @param formula as in `regression`
 * @throws WeighbridgeError `bad-formula`, `bad-data`
 */
export function defaultPrior(
  formula: string,
  options: Omit<Preparation, 'formula' | 'prior'>,
): readonly PriorInUse[] {
  return prepare({ ...options, formula }, [], 'defaultPrior').priors;
}

/**
 * Draws parameters from the prior of a regression, and outcomes for the rows of its data. Like
 * brms' `sample_prior = "only"` with `posterior_predict`, but draws are independent.
 *
 * @throws WeighbridgeError `bad-formula`, `bad-data`; `bad-argument` if a prior is improper, as
 *   the default flat priors of coefficients are
 */
export function samplePrior(options: Preparation & SamplePriorOptions): PriorSample {
  return samplePriorOf(prepare(options, [], 'samplePrior').specification, options);
}

const HEADER = ['prior', 'class', 'coef', 'group', 'dpar', 'lb', 'ub', 'source'];

/**
 * Formats priors as a table, one row per line, right-aligned as in R. `lb` and `ub` are the bounds
 * of the prior or of its distribution's support; empty if unbounded. `dpar` is shown if parameters other than
 * the mean have linear predictors.
 */
export function printPriors(rows: readonly PriorInUse[]): string {
  const cells = rows.map(cellsOf);
  const all = HEADER.map((head, column) => ({ head, cells: cells.map((row) => row[column]) }));
  const hasParts = rows.some(({ dpar }) => dpar !== undefined);
  const columns = all.filter(({ head }) => hasParts || head !== 'dpar');
  // As R prints data frames with empty row names: each line starts with the separating space.
  const unnamed = rows.map(() => '');
  return textTable(unnamed, columns).join('\n');
}

function cellsOf({
  text,
  class: name,
  coef = '',
  group = '',
  dpar = '',
  prior,
  source,
}: PriorInUse) {
  const { lower, upper } = isMatrixPrior(prior)
    ? { lower: Number.NEGATIVE_INFINITY, upper: Number.POSITIVE_INFINITY }
    : supportOf(prior);
  return [text, name, coef, group, dpar, boundText(lower), boundText(upper), source];
}

function boundText(bound: number): string {
  return Number.isFinite(bound) ? formatNumber(bound) : '';
}
