/**
 * Constructors of priors: a distribution, optional bounds, and the target parameters.
 *
 *     normal(0, 1).on('b')
 *     normal(0, 2).above(0).on('b', { coef: 'x1' })
 *     exponential(1).on('sd', { group: 'g' })
 *     lkj(2).on('cor')
 *
 * Parametrizations are those of brms and Stan.
 */
import { isOwnName, type OwnName } from '../../../models/families/family.js';
import {
  type Prior,
  requireConcentration,
  requireLkj,
  requirePrior,
  type SharedScalePrior,
} from '../../../models/prior-distributions.js';
import { requireNames } from '../../checks/options.js';
import { badArgument, described } from '../../checks/values.js';
import {
  type DirichletPrior,
  type LkjPrior,
  type MatrixPrior,
  type PriorClass,
  type PriorRow,
  priorClasses,
} from './prior-rows.js';

/** Selects parameters of a class. @default all of them */
export interface PriorPlace {
  /** brms' name of a coefficient, for example `x1` or `x1:x2`. */
  readonly coef?: string;
  /** The grouping factor, for classes sd and cor. */
  readonly group?: string;
  /** The parameter with a linear predictor of its own, for example `sigma`. @default the mean */
  readonly dpar?: string;
  /** The predictor with missing values whose formula it is in. @default the outcome */
  readonly resp?: string;
  /** A name for this prior, and for others that are judged together with it. */
  readonly tag?: string;
}

/** A distribution as plain data: its methods are not enumerable, so it can be posted and saved. */
export type PriorDistribution<P extends Prior = Prior> = P & {
  /** Makes this the prior of a class of parameters, or only of one coefficient or group. */
  on(name: Exclude<PriorClass, 'cor' | 'corme' | 'simo'>, place?: PriorPlace): PriorRow;
  /** Truncates on both sides; an infinite bound leaves that side open. */
  between(lower: number, upper: number): PriorDistribution;
  /** Truncates below. */
  above(lower: number): PriorDistribution;
  /** Truncates above. */
  below(upper: number): PriorDistribution;
};

/** The LKJ distribution; for correlations of group effects and of noisy predictors only. */
export type LkjDistribution = LkjPrior & {
  on(name: 'cor' | 'corme', place?: Pick<PriorPlace, 'group' | 'tag'>): PriorRow;
};

/** The Dirichlet distribution; for monotonic effects only. */
type DirichletDistribution = DirichletPrior & {
  /** @param place `coef` is the effect's name and 1: `mox1` */
  on(name: 'simo', place: Pick<PriorPlace, 'coef' | 'dpar' | 'tag'>): PriorRow;
};

function withMethods<P extends Prior>(plain: P): PriorDistribution<P> {
  requirePrior(plain);
  const bounded = (bounds: { readonly lower?: number; readonly upper?: number }) =>
    withMethods<Prior>({ ...plain, ...bounds });
  return hidden(plain, {
    on: (name: PriorClass, place: PriorPlace = {}) => {
      requireNames(place, ['coef', 'group', 'dpar', 'resp', 'tag'], 'on');
      return priorRow(plain, name, place);
    },
    between: (lower: number, upper: number) => bounded({ lower, upper }),
    above: (lower: number) => bounded({ lower }),
    below: (upper: number) => bounded({ upper }),
  });
}

/** A copy with non-enumerable methods, which JSON and messages to workers ignore. */
function hidden<P extends object, M extends object>(plain: P, methods: M): P & M {
  const copy = { ...plain, ...methods };
  for (const name of Object.keys(methods)) Object.defineProperty(copy, name, { enumerable: false });
  return copy;
}

/**
 * Normal distribution. `sd` positive, or the name of a parameter that has a prior of class scale:
 * `normal(0, 'tau').on('b')` with `exponential(1).on('scale', { coef: 'tau' })`.
 */
export function normal(mean: number, sd: number | string) {
  return typeof sd === 'string'
    ? sharedScale({ of: 'normal', location: mean, scale: sd })
    : withMethods({ distribution: 'normal', mean, sd });
}

/** Student's t distribution. `df` positive; `scale` positive, or the name of a parameter, as of `normal`. */
export function studentT(df: number, location: number, scale: number | string) {
  return typeof scale === 'string'
    ? sharedScale({ of: 'student_t', df, location, scale })
    : withMethods({ distribution: 'student_t', df, location, scale });
}

/** Cauchy distribution. `scale` positive, or the name of a parameter, as of `normal`. */
export function cauchy(location: number, scale: number | string) {
  return typeof scale === 'string'
    ? sharedScale({ of: 'cauchy', location, scale })
    : withMethods({ distribution: 'cauchy', location, scale });
}

/** The name of a parameter, as brms has them. */
const PARAMETER = /^[A-Za-z][A-Za-z_0-9.]*$/;

type SharedScale =
  | Omit<Extract<SharedScalePrior, { of: 'student_t' }>, 'distribution'>
  | Omit<Exclude<SharedScalePrior, { of: 'student_t' }>, 'distribution'>;

function sharedScale(plain: SharedScale): PriorDistribution {
  if (!PARAMETER.test(plain.scale)) {
    throw badArgument(
      `prior ${plain.of}: the scale is ${described(plain.scale)}, expected a positive number or the name of a parameter: letters, digits, _ and dots`,
    );
  }
  return withMethods<Prior>({ distribution: 'shared_scale', ...plain });
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

/** Log-normal distribution; mean and standard deviation are those of the logarithm. */
export function lognormal(meanlog: number, sdlog: number) {
  return withMethods({ distribution: 'lognormal', meanlog, sdlog });
}

/** Inverse-gamma distribution: 1/x is gamma with this shape and `scale` as its rate. */
export function invGamma(shape: number, scale: number) {
  return withMethods({ distribution: 'inv_gamma', shape, scale });
}

/** Laplace distribution, `double_exponential` of Stan and brms. `scale` positive; the sd is √2 scale. */
export function doubleExponential(location: number, scale: number | string) {
  return typeof scale === 'string'
    ? sharedScale({ of: 'double_exponential', location, scale })
    : withMethods({ distribution: 'double_exponential', location, scale });
}

/** Logistic distribution. `scale` positive; the sd is π/√3 scale. */
export function logistic(location: number, scale: number | string) {
  return typeof scale === 'string'
    ? sharedScale({ of: 'logistic', location, scale })
    : withMethods({ distribution: 'logistic', location, scale });
}

/** Uniform distribution between two bounds, which also bound the parameter. */
export function uniform(from: number, to: number) {
  return withMethods({ distribution: 'uniform', from, to });
}

/** Holds a slope, the intercept or a parameter of the family at a value: it is not estimated. */
export function constant(value: number) {
  return withMethods({ distribution: 'constant', value });
}

interface HorseshoeOptions {
  /** Scale of the global shrinkage, in units of sigma with `autoscale`. @default 1 */
  readonly scaleGlobal?: number;
  /** Degrees of freedom of the global shrinkage. @default 1 */
  readonly dfGlobal?: number;
  /** Scale of slopes that are not shrunk. @default 2 */
  readonly scaleSlab?: number;
  /** Degrees of freedom of slopes that are not shrunk. @default 4 */
  readonly dfSlab?: number;
  /** Slopes that are expected not to be zero, over those that are: gives the global scale. @default none */
  readonly parRatio?: number;
  /** Whether the global scale is in units of sigma, for families that have it. @default true */
  readonly autoscale?: boolean;
}

/**
 * The regularized horseshoe of all slopes together (Piironen & Vehtari 2017), as brms has it: most slopes
 * are shrunk to about zero, a few are not. For class b, without coef.
 *
 * @param df degrees of freedom of the local shrinkage. @default 1
 */
export function horseshoe(df = 1, options: HorseshoeOptions = {}) {
  requireNames(
    options,
    ['scaleGlobal', 'dfGlobal', 'scaleSlab', 'dfSlab', 'parRatio', 'autoscale'],
    'horseshoe',
  );
  const { scaleGlobal = 1, dfGlobal = 1, scaleSlab = 2, dfSlab = 4, autoscale = true } = options;
  return withMethods({
    ...{ distribution: 'horseshoe', df, scaleGlobal, dfGlobal, scaleSlab, dfSlab, autoscale },
    ...(options.parRatio !== undefined && { parRatio: options.parRatio }),
  });
}

/**
 * Dirichlet distribution of the shares of a monotonic effect's steps; each has the mean α_l / Σ α.
 *
 * @param concentration above 0: one for each step, or a single one for all of them
 */
export function dirichlet(...concentration: readonly number[]): DirichletDistribution {
  requireConcentration('dirichlet', concentration);
  const plain: DirichletPrior = { distribution: 'dirichlet', concentration };
  return hidden(plain, {
    on: (name: 'simo', place: Pick<PriorPlace, 'coef' | 'dpar' | 'tag'>) => {
      requireNames(place, ['coef', 'dpar', 'tag'], 'on');
      return priorRow(plain, name, place);
    },
  });
}

interface R2D2Options {
  /** Precision of the beta distribution of R². @default 2 */
  readonly precR2?: number;
  /** Concentration of the shares of R²: one number, or one for each slope. Smaller is sparser. @default 1 */
  readonly consD2?: number | readonly number[];
  /** Whether slopes are in units of sigma, for families that have it. @default true */
  readonly autoscale?: boolean;
}

/**
 * The R2D2 prior of all slopes together (Zhang et al. 2022), as brms 2.18 has it: a beta distribution of R², spread
 * over the slopes by a Dirichlet distribution. For class b, without coef.
 *
 * @param meanR2 mean of the beta distribution of R². @default 0.5
 */
export function r2d2(meanR2 = 0.5, options: R2D2Options = {}) {
  requireNames(options, ['precR2', 'consD2', 'autoscale'], 'r2d2');
  const { precR2 = 2, consD2 = 1, autoscale = true } = options;
  const concentration = typeof consD2 === 'number' ? [consD2] : consD2;
  return withMethods({
    ...{ distribution: 'R2D2', meanR2, precR2, consD2: concentration, autoscale },
  });
}

/** Flat prior; improper unless bounded on both sides. */
export function flat() {
  return withMethods({ distribution: 'flat' });
}

/** Normal distribution centred at zero, truncated below at zero. */
export function halfNormal(sd: number) {
  return normal(0, sd).above(0);
}

/** Student's t distribution centred at zero, truncated below at zero. */
export function halfStudentT(df: number, scale: number) {
  return studentT(df, 0, scale).above(0);
}

/** Cauchy distribution centred at zero, truncated below at zero. */
export function halfCauchy(scale: number) {
  return cauchy(0, scale).above(0);
}

/**
 * The distribution of a correlation matrix R with density proportional to det(R)^(eta − 1)
 * (Lewandowski, Kurowicka & Joe 2009): uniform if `eta` is 1, more concentrated
 * around zero correlation as `eta` grows.
 */
export function lkj(eta: number): LkjDistribution {
  requireLkj(eta);
  const plain: LkjPrior = { distribution: 'lkj', eta };
  return hidden(plain, {
    on: (name: 'cor' | 'corme', place: Pick<PriorPlace, 'group' | 'tag'> = {}) => {
      requireNames(place, ['group', 'tag'], 'on');
      return priorRow(plain, name, place);
    },
  });
}

/**
 * Makes a row of plain data; also used for priors parsed from text.
 *
 * @throws WeighbridgeError `bad-argument` for an unknown class, a value that is not a prior, an lkj
 *   prior for a class other than cor and corme, or any other prior for these; the same of dirichlet and simo
 */
export function priorRow(prior: Prior | MatrixPrior, name: string, place: PriorPlace): PriorRow {
  const known = priorClasses.find((priorClass) => priorClass === name) ?? ownName(name);
  const { distribution } = prior;
  if ((distribution === 'lkj') !== (known === 'cor' || known === 'corme')) {
    throw badArgument(
      `class ${known} with a prior ${distribution}: classes cor and corme take lkj, and lkj is for them alone`,
    );
  }
  if ((distribution === 'dirichlet') !== (known === 'simo')) {
    throw badArgument(
      `class ${known} with a prior ${distribution}: class simo takes dirichlet, and dirichlet is for simo alone`,
    );
  }
  if (prior.distribution === 'lkj') requireLkj(prior.eta);
  else if (prior.distribution === 'dirichlet')
    requireConcentration('dirichlet', prior.concentration);
  else requirePrior(prior);
  const { coef, group, dpar, resp, tag } = place;
  for (const [option, value] of Object.entries({ coef, group, dpar, resp, tag })) {
    if (value === undefined || typeof value === 'string') continue;
    throw badArgument(`${option} of a prior is ${described(value)}, expected a name`);
  }
  return {
    prior: { ...prior },
    class: known,
    ...(coef === undefined ? {} : { coef }),
    ...(group === undefined ? {} : { group }),
    ...(dpar === undefined ? {} : { dpar }),
    ...(resp === undefined ? {} : { resp }),
    ...(tag === undefined ? {} : { tag }),
  };
}

/** A class of a family of the user's own; whether the model has it is known when priors are resolved. */
function ownName(name: unknown): OwnName {
  if (typeof name === 'string' && isOwnName(name)) return name;
  const found = typeof name === 'string' ? `'${name}'` : described(name);
  throw badArgument(`there is no prior class ${found}, expected one of ${priorClasses.join(', ')}`);
}
