/**
 * Priors as a user writes them: a distribution, bounds where it should have them, and the
 * parameters that it is for.
 *
 *     normal(0, 1).on('b')
 *     normal(0, 2).above(0).on('b', { coef: 'x1' })
 *     exponential(1).on('sd', { group: 'g' })
 *     lkj(2).on('cor')
 *
 * Parametrizations are brms' and Stan's.
 */
import { type Prior, validateLkj, validatePrior } from '../../../models/prior-distributions.js';
import { badArgument, described, requireNames } from '../check-options.js';
import { type LkjPrior, type PriorClass, type PriorRow, priorClasses } from './prior-rows.js';

/** Which of a class's parameters; all of them where both are absent. */
export interface PriorPlace {
  /** brms' name of a coefficient: `x1`, `x1:x2`. */
  readonly coef?: string;
  /** Of a grouping factor: classes sd and cor. */
  readonly group?: string;
}

/** A distribution as plain data (its methods are not enumerable: it can be posted and saved). */
export type PriorDistribution<P extends Prior = Prior> = P & {
  /** The prior of a class of parameters, of one coefficient or of a group. */
  on(name: Exclude<PriorClass, 'cor'>, place?: PriorPlace): PriorRow;
  /** Cut off below and above; infinite for an end that stays open. */
  between(lower: number, upper: number): PriorDistribution;
  /** Cut off below. */
  above(lower: number): PriorDistribution;
  /** Cut off above. */
  below(upper: number): PriorDistribution;
};

/** The LKJ distribution, for correlations of group effects alone. */
export type LkjDistribution = LkjPrior & {
  on(name: 'cor', place?: Pick<PriorPlace, 'group'>): PriorRow;
};

function withMethods<P extends Prior>(plain: P): PriorDistribution<P> {
  validatePrior(plain);
  const bounded = (bounds: { readonly lower?: number; readonly upper?: number }) =>
    withMethods<Prior>({ ...plain, ...bounds });
  return hidden(plain, {
    on: (name: PriorClass, place: PriorPlace = {}) => {
      requireNames(place, ['coef', 'group'], 'on');
      return priorRow(plain, name, place);
    },
    between: (lower: number, upper: number) => bounded({ lower, upper }),
    above: (lower: number) => bounded({ lower }),
    below: (upper: number) => bounded({ upper }),
  });
}

/** A copy with methods that neither JSON nor a message to a worker sees. */
function hidden<P extends object, M extends object>(plain: P, methods: M): P & M {
  const copy = { ...plain, ...methods };
  for (const name of Object.keys(methods)) Object.defineProperty(copy, name, { enumerable: false });
  return copy;
}

/** Normal distribution. `sd` positive. */
export function normal(mean: number, sd: number) {
  return withMethods({ distribution: 'normal', mean, sd });
}

/** Student's t distribution. `df` and `scale` positive. */
export function studentT(df: number, location: number, scale: number) {
  return withMethods({ distribution: 'student_t', df, location, scale });
}

/** Cauchy distribution. `scale` positive. */
export function cauchy(location: number, scale: number) {
  return withMethods({ distribution: 'cauchy', location, scale });
}

/** Exponential distribution with mean 1 / rate. */
export function exponential(rate: number) {
  return withMethods({ distribution: 'exponential', rate });
}

/** Gamma distribution with mean shape / rate. */
export function gamma(shape: number, rate: number) {
  return withMethods({ distribution: 'gamma', shape, rate });
}

/** Beta distribution with mean alpha / (alpha + beta). */
export function beta(alpha: number, beta: number) {
  return withMethods({ distribution: 'beta', alpha, beta });
}

/** Of a variable whose logarithm is normal with this mean and standard deviation. */
export function lognormal(meanlog: number, sdlog: number) {
  return withMethods({ distribution: 'lognormal', meanlog, sdlog });
}

/** Uniform distribution between two ends; it bounds the parameter. */
export function uniform(from: number, to: number) {
  return withMethods({ distribution: 'uniform', from, to });
}

/** No preference: improper, unless it is bounded on both sides. */
export function flat() {
  return withMethods({ distribution: 'flat' });
}

/** Normal distribution around zero, cut off below it. */
export function halfNormal(sd: number) {
  return normal(0, sd).above(0);
}

/** Student's t distribution around zero, cut off below it. */
export function halfStudentT(df: number, scale: number) {
  return studentT(df, 0, scale).above(0);
}

/** Cauchy distribution around zero, cut off below it. */
export function halfCauchy(scale: number) {
  return cauchy(0, scale).above(0);
}

/**
 * The distribution of a correlation matrix R with density in proportion to det(R)^(eta − 1)
 * (Lewandowski, Kurowicka & Joe 2009): uniform at 1, closer to no correlation as `eta` grows.
 */
export function lkj(eta: number): LkjDistribution {
  validateLkj(eta);
  const plain: LkjPrior = { distribution: 'lkj', eta };
  return hidden(plain, {
    on: (name: 'cor', place: Pick<PriorPlace, 'group'> = {}) => {
      requireNames(place, ['group'], 'on');
      return priorRow(plain, name, place);
    },
  });
}

/**
 * A row of plain data, for what comes as text as well.
 *
 * @throws WeighbridgeError `bad-argument` for an unknown class, a prior that is none, an lkj prior
 *   for another class than cor, or another for that one
 */
export function priorRow(prior: Prior | LkjPrior, name: string, place: PriorPlace): PriorRow {
  const known = priorClasses.find((priorClass) => priorClass === name);
  if (known === undefined) {
    const found = typeof name === 'string' ? `'${name}'` : described(name);
    throw badArgument(
      `there is no prior class ${found}, expected one of ${priorClasses.join(', ')}`,
    );
  }
  if ((prior.distribution === 'lkj') !== (known === 'cor')) {
    throw badArgument(
      `class ${known} with a prior ${prior.distribution}: class cor takes lkj, and lkj is for cor alone`,
    );
  }
  if (prior.distribution === 'lkj') validateLkj(prior.eta);
  else validatePrior(prior);
  const { coef, group } = place;
  for (const [option, value] of Object.entries({ coef, group })) {
    if (value === undefined || typeof value === 'string') continue;
    throw badArgument(`${option} of a prior is ${described(value)}, expected a name`);
  }
  return {
    prior: { ...prior },
    class: known,
    ...(coef === undefined ? {} : { coef }),
    ...(group === undefined ? {} : { group }),
  };
}
