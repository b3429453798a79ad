/**
 * What the owner of a fit should know of it before it begins: what the data leave to the priors.
 */
import { auxiliaryOf } from '../../models/families/family.js';
import { isProper } from '../../models/prior-distributions.js';
import type { RegressionSpecification } from '../../models/regression-data.js';
import type { DataFacts } from '../formula/design.js';
import { coefficientName, listed } from '../formula/names.js';
import { lostSpread } from './range.js';

export function specificationNotes(
  specification: RegressionSpecification,
  facts: DataFacts,
): readonly string[] {
  return [
    ...saturation(specification),
    ...priorSlopes(specification, facts),
    ...lostDigits(specification),
  ].map((note) => note.replace(/\s/g, ' '));
}

/** As many coefficients as rows leave no scatter to learn σ from. */
function saturation({ family, data }: RegressionSpecification): readonly string[] {
  const coefficients = data.predictors.names.length + (data.intercept ? 1 : 0);
  if (!auxiliaryOf(family).includes('sigma') || coefficients < data.rows) return [];
  return [
    `there are ${data.rows} rows and ${coefficients} coefficients: the data say nothing of sigma, which its prior alone decides`,
  ];
}

/** Columns that add nothing to those before them, which `requireProper` lets pass for their priors. */
function priorSlopes(
  { data, priors }: RegressionSpecification,
  { constantColumns, dependentColumns }: DataFacts,
): readonly string[] {
  const proper = (column: string) =>
    isProper(priors.coefficients[data.predictors.names.indexOf(coefficientName(column))]);
  const constant = constantColumns
    .filter(proper)
    .map((name) => `column ${name} is constant: its slope is held by its prior alone`);
  const dependent = dependentColumns.flatMap(({ column, of }) => {
    const others = of.filter((other) => other !== '(Intercept)');
    if (![column, ...others].some(proper)) return [];
    return others.length === 0
      ? [`column ${column} says nothing: its slope is held by its prior alone`]
      : [
          `column ${column} is a combination of ${listed(others)}: their slopes are told apart by their priors alone`,
        ];
  });
  return [...constant, ...dependent];
}

/** Columns so far from zero that they hardly hold their own spread. */
export function lostDigits({
  family,
  data,
}: Pick<RegressionSpecification, 'family' | 'data'>): readonly string[] {
  const { names, values } = data.predictors;
  const outcome = auxiliaryOf(family).includes('sigma')
    ? lostSpread('the outcome', data.outcomes)
    : null;
  const columns = names.map((name, j) => lostSpread(`column ${name}`, values, j, names.length));
  return [outcome, ...columns].flatMap((lost) => (lost ? [lost.told] : []));
}
