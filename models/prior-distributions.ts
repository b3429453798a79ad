/**
 * Distributions of a prior as plain data, on the parameter's own scale. Bounds cut the density off
 * and the rest is normalized; a half-normal is a normal with lower = 0.
 */
import { badArgument, described, isRecord } from '../src/checks/values.js';
import { massBetween, supportOf } from './prior-distributions/mass.js';
import type { Scaling } from './prior-distributions/moved.js';

export interface Bounds {
  readonly lower?: number;
  readonly upper?: number;
  /**
   * Inside a model whose data are in other units than the user's: the distribution and its bounds
   * are those of origin + unit · the model's parameter (prior-distributions/moved.ts).
   */
  readonly scaling?: Scaling;
}

/** A prior of all slopes together (coefficient-blocks/horseshoe.ts); its parameters are brms'. */
export interface HorseshoePrior {
  readonly distribution: 'horseshoe';
  readonly df: number;
  readonly scaleGlobal: number;
  readonly dfGlobal: number;
  readonly scaleSlab: number;
  readonly dfSlab: number;
  /** Slopes that are not zero over those that are, in place of `scaleGlobal`. */
  readonly parRatio?: number;
  /** True if the global scale is in units of σ, for families that have it. */
  readonly autoscale: boolean;
}

/** A prior of all slopes together (coefficient-blocks/r2d2.ts); its parameters are brms'. */
export interface R2D2Prior {
  readonly distribution: 'R2D2';
  /** Mean of the beta distribution of R², between 0 and 1, and its precision. */
  readonly meanR2: number;
  readonly precR2: number;
  /** Concentration of the Dirichlet distribution: one number for each slope, or one for all. */
  readonly consD2: readonly number[];
  /** True if slopes are in units of σ, for families that have it. */
  readonly autoscale: boolean;
}

/** A prior of a slope whose scale is a parameter (coefficient-blocks/shared-scale.ts), by its name. */
export type SharedScalePrior = {
  readonly distribution: 'shared_scale';
  readonly location: number;
  readonly scale: string;
} & (
  | { readonly of: 'normal' | 'cauchy' | 'double_exponential' | 'logistic' }
  | { readonly of: 'student_t'; readonly df: number }
);

/** A prior that a slope has together with others: its density alone is not known. */
export type JointPrior = HorseshoePrior | R2D2Prior | SharedScalePrior;

export function isJoint(prior: Prior): prior is Bounds & JointPrior {
  return (
    prior.distribution === 'horseshoe' ||
    prior.distribution === 'R2D2' ||
    prior.distribution === 'shared_scale'
  );
}

export type Prior = Bounds &
  (
    | { readonly distribution: 'flat' }
    | { readonly distribution: 'normal'; readonly mean: number; readonly sd: number }
    | {
        readonly distribution: 'student_t';
        readonly df: number;
        readonly location: number;
        readonly scale: number;
      }
    | { readonly distribution: 'cauchy'; readonly location: number; readonly scale: number }
    | { readonly distribution: 'exponential'; readonly rate: number }
    | { readonly distribution: 'gamma'; readonly shape: number; readonly rate: number }
    | { readonly distribution: 'beta'; readonly alpha: number; readonly beta: number }
    | { readonly distribution: 'lognormal'; readonly meanlog: number; readonly sdlog: number }
    | { readonly distribution: 'inv_gamma'; readonly shape: number; readonly scale: number }
    | {
        readonly distribution: 'double_exponential';
        readonly location: number;
        readonly scale: number;
      }
    | { readonly distribution: 'logistic'; readonly location: number; readonly scale: number }
    | { readonly distribution: 'uniform'; readonly from: number; readonly to: number }
    | { readonly distribution: 'constant'; readonly value: number }
    | JointPrior
  );

/**
 * Validates priors: parameters in range, bounds in order, and enough mass within the bounds to
 * normalize.
 */

/** A smaller mass has too few digits, and is a user error. */
const LEAST_MASS = 1e-10;

/** Range of each parameter of a distribution. */
const parametersOf: { readonly [D in Prior['distribution']]: Readonly<Record<string, Range>> } = {
  flat: {},
  normal: { mean: 'finite', sd: 'positive' },
  student_t: { df: 'positive', location: 'finite', scale: 'positive' },
  cauchy: { location: 'finite', scale: 'positive' },
  exponential: { rate: 'positive' },
  gamma: { shape: 'positive', rate: 'positive' },
  beta: { alpha: 'positive', beta: 'positive' },
  lognormal: { meanlog: 'finite', sdlog: 'positive' },
  inv_gamma: { shape: 'positive', scale: 'positive' },
  double_exponential: { location: 'finite', scale: 'positive' },
  logistic: { location: 'finite', scale: 'positive' },
  uniform: { from: 'finite', to: 'finite' },
  constant: { value: 'finite' },
  horseshoe: {
    df: 'positive',
    scaleGlobal: 'positive',
    dfGlobal: 'positive',
    scaleSlab: 'positive',
    dfSlab: 'positive',
  },
  R2D2: { meanR2: 'positive', precR2: 'positive' },
  shared_scale: { location: 'finite' },
};

type Range = 'finite' | 'positive';

/**
 * @param of for the message: the parameter or option
 * @throws WeighbridgeError `bad-argument` with the distribution, its parameter, the value and what
 *   was expected
 */
export function requirePrior(given: unknown, of?: string): asserts given is Prior {
  if (!isRecord(given) || typeof given.distribution !== 'string') {
    const found = isRecord(given) ? 'a record without a distribution' : described(given);
    throw badArgument(
      `${of ?? 'a prior'} is ${found}, expected a prior, for example normal(0, 1)`,
      { ...(of !== undefined && { option: of }), found: given },
    );
  }
  const { distribution } = given;
  const name = of === undefined ? distribution : `${distribution} of ${of}`;
  const ranges = Object.hasOwn(parametersOf, distribution)
    ? parametersOf[distribution as Prior['distribution']]
    : undefined;
  requireParameters(name, ranges, given);
  const prior = given as unknown as Prior;
  if (prior.distribution === 'uniform' && !(prior.from < prior.to)) {
    fail(name, `from ${prior.from} to ${prior.to}, expected from < to`);
  }
  if (isJoint(prior)) requireJoint(name, prior);
  else requireBounds(name, prior);
}

function requireJoint(name: string, prior: JointPrior & Bounds): void {
  if (prior.distribution !== 'shared_scale' && typeof prior.autoscale !== 'boolean') {
    fail(name, `autoscale is ${described(prior.autoscale)}, expected true or false`);
  }
  switch (prior.distribution) {
    case 'horseshoe': {
      const { parRatio } = prior;
      if (parRatio !== undefined) requireParameters(name, { parRatio: 'positive' }, { parRatio });
      break;
    }
    case 'R2D2': {
      const { meanR2, consD2 } = prior;
      if (meanR2 >= 1) fail(name, `meanR2 is ${meanR2}, expected a number between 0 and 1`);
      requireConcentration(name, consD2);
      break;
    }
    case 'shared_scale':
      if (prior.of === 'student_t') requireParameters(name, { df: 'positive' }, { df: prior.df });
  }
  if ((prior.lower ?? prior.upper) !== undefined) fail(name, 'has bounds, expected none');
}

/** @throws WeighbridgeError `bad-argument` for a concentration of a Dirichlet distribution that is not of positive numbers */
export function requireConcentration(name: string, given: readonly number[]): void {
  const list: readonly unknown[] = Array.isArray(given) ? given : [given];
  const isSound = (alpha: unknown) =>
    typeof alpha === 'number' && Number.isFinite(alpha) && alpha > 0;
  const bad = list.length === 0 ? undefined : list.find((alpha) => !isSound(alpha));
  if (list.length > 0 && list.every(isSound)) return;
  fail(
    name,
    `the concentration is ${described(bad)}, expected positive numbers, one each or one for all`,
  );
}

/** @throws WeighbridgeError `bad-argument` for an η of an LKJ prior that is not positive */
export function requireLkj(eta: number): void {
  requireParameters('lkj', { eta: 'positive' }, { eta });
}

function requireParameters(
  distribution: string,
  ranges: Readonly<Record<string, Range>> | undefined,
  values: Readonly<Record<string, unknown>>,
): void {
  if (ranges === undefined) {
    fail(distribution, `expected one of ${Object.keys(parametersOf).join(', ')}, lkj`);
  }
  for (const [name, range] of Object.entries(ranges)) {
    const value = values[name];
    const number = typeof value === 'number' && Number.isFinite(value);
    if (!number || (range === 'positive' && value <= 0)) {
      const found = typeof value === 'string' ? `${value} (a string)` : String(value);
      fail(distribution, `${name} is ${found}, expected a ${range} number`);
    }
  }
}

function requireBounds(name: string, prior: Prior): void {
  if (prior.lower === undefined && prior.upper === undefined) return;
  const { lower = Number.NEGATIVE_INFINITY, upper = Number.POSITIVE_INFINITY } = prior;
  if (!(lower < upper)) fail(name, `bounds ${lower} and ${upper}, expected lower < upper`);
  if (prior.distribution === 'constant') {
    if (prior.value >= lower && prior.value <= upper) return;
    fail(name, `value ${prior.value}, expected one from ${lower} to ${upper}`);
  }
  const support = supportOf(prior);
  const empty = !(support.lower < support.upper);
  const flat = prior.distribution === 'flat';
  const mass = empty ? 0 : flat ? 1 : massBetween(prior, support.lower, support.upper);
  if (mass >= LEAST_MASS) return;
  fail(
    name,
    `${mass} of the distribution lies between ${lower} and ${upper}, expected ${LEAST_MASS} or more`,
  );
}

function fail(distribution: string, problem: string): never {
  throw badArgument(`prior ${distribution}: ${problem}`);
}

export { type PriorDensity, priorDensity } from './prior-distributions/density.js';
export { drawLkj, drawLkjFactor, drawPrior, lkjLogDensity } from './prior-distributions/draw.js';
export { isProper, priorMass, type Support, supportOf } from './prior-distributions/mass.js';
export { movedPrior, type Scaling } from './prior-distributions/moved.js';
