/**
 * Is there a posterior to be sampled at all? A flat prior leaves it to the data to hold a
 * coefficient, and some data do not: columns that depend on one another, outcomes that a predictor
 * separates perfectly (Albert & Anderson 1984), a line through all points. A sampler sent there
 * wanders for ever; these checks say so first, and name what to do.
 */
import type { FamilyName } from '../../models/families/family.js';
import { centrePredictors } from '../../models/predictors.js';
import { isProper } from '../../models/prior-distributions.js';
import type { RegressionSpecification } from '../../models/regression-data.js';
import { regressionModel } from '../../models/regression-model.js';
import { WeighbridgeError } from '../errors.js';
import type { DataFacts } from '../formula/design.js';
import { coefficientName } from '../formula/names.js';
import { cholesky, solveLower, solveLowerTransposed } from '../linear-algebra/cholesky.js';
import { evaluate, newEvaluatedPoint } from '../sampler/hamiltonian.js';
import { moveUphill } from '../sampler/mode.js';
import type { Model } from '../sampler/model.js';

/** Throws `improper-posterior` for a posterior that has no finite mass. */
export function requireProper(specification: RegressionSpecification, facts: DataFacts): void {
  requireHeldColumns(specification, facts);
  requirePeak(specification);
}

/** A column that adds nothing to those before it has a slope that only its prior can hold. */
function requireHeldColumns(
  { data, priors }: RegressionSpecification,
  { constantColumns, dependentColumns }: DataFacts,
): void {
  const flat = (column: string) =>
    !isProper(priors.coefficients[data.predictors.names.indexOf(coefficientName(column))]);
  for (const name of constantColumns) {
    if (data.intercept && flat(name)) {
      fail(
        `column ${name} is constant, so that it cannot be told from the intercept: leave it out, or give it a prior, normal(0, 1) say`,
      );
    }
  }
  for (const { column: name, of } of dependentColumns) {
    // One proper prior among them is enough to hold all.
    if (flat(name) && of.filter((other) => other !== '(Intercept)').every(flat)) {
      fail(
        `column ${name} is a combination of ${of.join(', ')}: their slopes cannot be told apart; leave one out, or give them a prior, normal(0, 1) say`,
      );
    }
  }
}

function fail(message: string): never {
  throw new WeighbridgeError('improper-posterior', message);
}

/** Families whose likelihood may rise for ever as it comes nearer to a bound. */
const bounded = new Set<FamilyName>(['bernoulli', 'binomial', 'poisson', 'negbinomial']);

/** Steps that end at a peak are small by then; of a density that rises for ever they stay long. */
const ROUNDS = 25;
/** Of the linear predictor, from one round to the next. */
const STILL_RISING = 0.05;
/** Of σ at the peak, as a part of the range of the outcome: rounding alone. */
const NO_SCATTER = 1e-8;

/**
 * Climbs the density without its group effects, whose own priors hold them, and with a flat
 * intercept: its prior may keep a separating slope from infinity, but no estimate is worth much that
 * nothing else holds.
 */
function requirePeak(specification: RegressionSpecification): void {
  const { data, family, priors } = specification;
  const model = regressionModel({
    family,
    data: { ...data, groups: [] },
    priors: {
      ...priors,
      intercept: priors.intercept && { distribution: 'flat' },
      sds: [],
      correlations: [],
    },
  });
  if (!model.hessian || model.dimension === 0) return;
  const { position, rise } = climb(model, data);
  if (family.family === 'gaussian') {
    const sigma = Math.exp(position[position.length - 1]);
    if (data.groups.length === 0 && sigma < NO_SCATTER * spread(data.outcomes)) {
      fail(
        'the predictors explain the outcome exactly, and sigma has no lower bound: there is nothing left to be estimated',
      );
    }
    return;
  }
  if (!bounded.has(family.family)) return;
  if (rise > STILL_RISING && !priors.coefficients.every(isProper)) {
    fail(
      'the predictors separate the outcomes perfectly, so that with flat priors their slopes have no bound: give them a prior, normal(0, 2.5) on scaled predictors say',
    );
  }
}

/** Newton's method; `rise` is how far the linear predictor of a row still moved in the last round. */
function climb(
  model: Model,
  { rows, intercept, predictors }: RegressionSpecification['data'],
): { readonly position: Float64Array; readonly rise: number } {
  const point = newEvaluatedPoint(model.dimension);
  if (model.guess) point.position.set(model.guess());
  if (!evaluate(model, point)) return { position: point.position, rise: 0 };
  const { centred } = centrePredictors(predictors);
  let rise = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const before = point.position.slice();
    moveUphill(model, point, newtonStep(model, point.position, point.gradient));
    const moved = point.position.map((value, j) => value - before[j]);
    rise = 0;
    const first = intercept ? 1 : 0;
    const k = predictors.names.length;
    for (let i = 0; i < rows; i++) {
      let change = intercept ? moved[0] : 0;
      for (let j = 0; j < k; j++) change += moved[first + j] * centred[i * k + j];
      rise = Math.max(rise, Math.abs(change));
    }
    if (rise < 1e-6) break;
  }
  return { position: point.position, rise };
}

/** −H⁻¹ g; along the gradient where the curvature is not that of a peak. */
function newtonStep(model: Model, position: Float64Array, gradient: Float64Array): Float64Array {
  const { dimension } = model;
  const precision = new Float64Array(dimension * dimension);
  model.hessian?.(position, precision);
  for (let i = 0; i < precision.length; i++) precision[i] = -precision[i];
  const step = gradient.slice();
  const lower = cholesky(precision, dimension);
  if (lower === null) return step;
  solveLower(lower, step);
  solveLowerTransposed(lower, step);
  return step;
}

function spread(values: Float64Array): number {
  let least = Number.POSITIVE_INFINITY;
  let most = Number.NEGATIVE_INFINITY;
  for (const value of values) {
    least = Math.min(least, value);
    most = Math.max(most, value);
  }
  return most - least;
}
