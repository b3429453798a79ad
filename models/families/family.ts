/**
 * Families: the distribution of an outcome given its linear predictor η and the auxiliary parameters
 * (σ, ν, the shape), with the derivatives that sampling needs.
 *
 * The link is part of the family.
 */
import type { Limits } from '../../src/linear-algebra/limits.js';
import { sumOf } from '../../src/linear-algebra/sums.js';
import type { RandomStream } from '../../src/random/stream.js';
import type { Prior } from '../prior-distributions.js';
import type { Program } from './program.js';

export const familyNames = [
  'gaussian',
  'student',
  'bernoulli',
  'binomial',
  'poisson',
  'negbinomial',
  'cumulative',
  'sratio',
  'cratio',
  'acat',
  'beta_binomial',
  'beta',
  'gamma',
  'lognormal',
  'weibull',
  'exponential',
  'zero_inflated_poisson',
  'zero_inflated_negbinomial',
  'hurdle_poisson',
  'hurdle_negbinomial',
  'zero_one_inflated_beta',
  'skew_normal',
  'ordered_beta',
  'asym_laplace',
  'von_mises',
  'conditional_logit',
  'categorical',
] as const;

export type FamilyName = (typeof familyNames)[number];

export type LinkName =
  | 'identity'
  | 'log'
  | 'inverse'
  | 'sqrt'
  | 'logit'
  | 'probit'
  | 'cloglog'
  | 'cauchit'
  | 'tan_half';

/**
 * How the thresholds of an ordinal family lie, as in brms: at the same distance from each other, or around 0, so that
 * the linear predictor has no intercept.
 */
export const thresholdKinds = ['equidistant', 'sum_to_zero'] as const;
export type ThresholdKind = (typeof thresholdKinds)[number];

/** A family as plain data: it can be sent to another thread and saved. */
export interface Family {
  /** `custom`: one that a user describes. */
  readonly family: FamilyName | 'custom';
  readonly link: LinkName;
  /**
   * Number of thresholds of an ordinal family, one fewer than categories; of all groups together. Outcomes decide
   * it: a family has it once a regression is prepared.
   */
  readonly thresholds?: number;
  /** Groups of rows that have thresholds of their own, in the order of the thresholds. @default one of all rows */
  readonly thresholdGroups?: readonly ThresholdGroup[];
  /** @default each threshold has a place of its own (brms' `flexible`) */
  readonly threshold?: ThresholdKind;
  /**
   * Parameters that have linear predictors of their own, in the order of the formulas: they differ by row and are
   * none of `auxiliaryOf`. A formula decides them: a family has them once a regression is prepared. @default none
   */
  readonly predicted?: readonly PredictedName[];
  /** Auxiliary parameters that are constants, within a model (constant-parameters.ts). @default none */
  readonly fixed?: Readonly<Partial<Record<AuxiliaryName, number>>>;
  /** What the family `custom` is (custom.ts); no other family has it. */
  readonly custom?: CustomFamily;
}

/** A family of a user's own, as plain data. */
export interface CustomFamily {
  readonly name: string;
  readonly outcome: CustomOutcome;
  /** Range of the outcomes, its ends included. @default that of the kind of outcome */
  readonly lower?: number;
  readonly upper?: number;
  /** Range of mu. */
  readonly mean: 'any' | 'positive' | 'probability';
  readonly parameters: readonly OwnParameter[];
  /** log p(y), of y, mu, the parameters and trials. */
  readonly logDensity: Program;
  /** E(y), of mu, the parameters and trials. @default mu, times the trials */
  readonly expected?: Program;
  /** A draw of y, of mu, the parameters and trials. @default none: nothing that draws outcomes */
  readonly random?: Program;
}

export const customOutcomes = ['real', 'binary', 'count', 'binomial'] as const;
type CustomOutcome = (typeof customOutcomes)[number];

/** A parameter of a family of a user's own, with its open range and default prior. */
export interface OwnParameter {
  readonly name: OwnName;
  /** @default none */
  readonly lower?: number;
  /** @default none */
  readonly upper?: number;
  readonly prior: Prior;
}

/** The name that a user gave to a parameter of a family. */
export type OwnName = string & { readonly isOwnName: true };

/** True for letters, digits, points and underscores that begin with a letter. */
export function isOwnName(name: string): name is OwnName {
  return /^\p{L}[\p{L}\p{N}._]*$/u.test(name);
}

/** Rows that share thresholds: `judge a` of `rating | thres(gr = judge)`. */
export interface ThresholdGroup {
  /** brms' name, without white space. */
  readonly name: string;
  /** Number of thresholds, one fewer than the categories of its rows. */
  readonly thresholds: number;
}

/** Parameters of a family in addition to the linear predictor, by brms' names. */
export type AuxiliaryName = KnownName | OwnName;

type KnownName =
  | 'sigma'
  | 'nu'
  | 'shape'
  | 'phi'
  | 'zi'
  | 'hu'
  | 'zoi'
  | 'coi'
  | 'alpha'
  | 'cutzero'
  | 'cutgap'
  | 'quantile'
  | 'kappa';

/** Parameters with linear predictors of their own; the discrimination of ordered categories is otherwise 1. */
export type PredictedName =
  | Exclude<AuxiliaryName, 'cutzero' | 'cutgap'>
  | 'disc'
  | CategoryPredictor
  | ThresholdPredictor;

/** The linear predictor of a category without order, by brms' name: `muB`. */
export type CategoryPredictor = `mu${string}`;

export function isCategoryPredictor(name: string): name is CategoryPredictor {
  return name.startsWith('mu');
}

/** What category-specific effects add at threshold k, from 1: `cs1`. */
export type ThresholdPredictor = `cs${number}`;

export function isThresholdPredictor(name: string): name is ThresholdPredictor {
  return /^cs[1-9]\d*$/.test(name);
}

export function isPredictable(name: AuxiliaryName): name is PredictedName & AuxiliaryName {
  return name !== 'cutzero' && name !== 'cutgap';
}

/** What is known of a family without its density. */
interface FamilyTraits {
  /** The auxiliary parameters, in the order in which they are reported. */
  readonly auxiliary: readonly AuxiliaryName[];
  /**
   * Outcomes: numbers, 0 or 1, whole numbers from 0, those up to a number of trials, ordered categories, or
   * the ranks of options among those of a choice set, or categories without an order.
   */
  readonly outcome: 'real' | 'binary' | 'count' | 'binomial' | 'ordinal' | 'choice' | 'nominal';
  /**
   * Range of the mean, from which the search for the mode starts. Ordered categories have thresholds instead,
   * and options start from equal probabilities.
   */
  readonly mean: 'any' | 'positive' | 'probability' | 'angle' | 'none';
  /** True if σ has the unit of the outcomes: both can be rescaled, and an exact fit has σ = 0. */
  readonly hasScale: boolean;
  /** True if rows may share a linear predictor. */
  readonly merges: boolean;
  /** True if the logarithm of an outcome has the normal family. @default false */
  readonly isLogarithmic?: boolean;
  /** Outcomes that may come from elsewhere, whatever the linear predictor. @default none */
  readonly apart?: readonly number[];
  /** Outcomes with a probability of their own that rises or falls with the linear predictor. @default none */
  readonly ends?: readonly number[];
  /** True if outcomes apart come from elsewhere always, and the others are never theirs. @default false */
  readonly isHurdle?: boolean;
}

const continuous = { outcome: 'real', mean: 'any', hasScale: true, merges: false } as const;
const counts = { outcome: 'count', mean: 'positive', hasScale: false, merges: true } as const;
const categories = {
  auxiliary: [],
  outcome: 'ordinal',
  mean: 'none',
  hasScale: false,
  merges: true,
} as const;
const positiveReal = { outcome: 'real', mean: 'positive', hasScale: false, merges: true } as const;
const successes = { mean: 'probability', hasScale: false, merges: true } as const;

const traits: Readonly<Record<FamilyName, FamilyTraits>> = {
  gaussian: { ...continuous, auxiliary: ['sigma'], merges: true },
  student: { ...continuous, auxiliary: ['sigma', 'nu'] },
  bernoulli: { ...successes, auxiliary: [], outcome: 'binary' },
  binomial: { ...successes, auxiliary: [], outcome: 'binomial' },
  poisson: { ...counts, auxiliary: [] },
  negbinomial: { ...counts, auxiliary: ['shape'] },
  cumulative: categories,
  sratio: categories,
  cratio: categories,
  acat: categories,
  beta_binomial: { ...successes, auxiliary: ['phi'], outcome: 'binomial' },
  beta: { ...successes, auxiliary: ['phi'], outcome: 'real' },
  gamma: { ...positiveReal, auxiliary: ['shape'] },
  lognormal: {
    ...continuous,
    auxiliary: ['sigma'],
    hasScale: false,
    merges: true,
    isLogarithmic: true,
  },
  weibull: { ...positiveReal, auxiliary: ['shape'] },
  exponential: { ...positiveReal, auxiliary: [] },
  skew_normal: { ...continuous, auxiliary: ['sigma', 'alpha'], merges: true },
  zero_inflated_poisson: { ...counts, auxiliary: ['zi'], apart: [0] },
  zero_inflated_negbinomial: { ...counts, auxiliary: ['shape', 'zi'], apart: [0] },
  hurdle_poisson: { ...counts, auxiliary: ['hu'], apart: [0], isHurdle: true },
  hurdle_negbinomial: { ...counts, auxiliary: ['shape', 'hu'], apart: [0], isHurdle: true },
  conditional_logit: {
    auxiliary: [],
    outcome: 'choice',
    mean: 'none',
    hasScale: false,
    merges: false,
  },
  categorical: { ...categories, outcome: 'nominal' },
  zero_one_inflated_beta: {
    ...successes,
    auxiliary: ['phi', 'zoi', 'coi'],
    outcome: 'real',
    apart: [0, 1],
    isHurdle: true,
  },
  ordered_beta: {
    ...successes,
    auxiliary: ['phi', 'cutzero', 'cutgap'],
    outcome: 'real',
    ends: [0, 1],
  },
  asym_laplace: { ...continuous, auxiliary: ['sigma', 'quantile'], merges: true },
  von_mises: {
    auxiliary: ['kappa'],
    outcome: 'real',
    mean: 'angle',
    hasScale: false,
    merges: true,
  },
};

export function traitsOf({ family, custom }: Pick<Family, 'family' | 'custom'>): FamilyTraits {
  return family === 'custom' ? traitsOfCustom(custom) : traits[family];
}

function traitsOfCustom(custom: CustomFamily | undefined): FamilyTraits {
  const { parameters, outcome, mean } = customOf(custom ? { custom } : {});
  const auxiliary = parameters.map(({ name }) => name);
  return { auxiliary, outcome, mean, hasScale: false, merges: true };
}

/** A family's name for messages and tables. */
export function nameOf({ family, custom }: Pick<Family, 'family' | 'custom'>): string {
  return custom?.name ?? family;
}

/** What a family of a user's own is. @throws RangeError for any other family */
export function customOf({ custom }: Pick<Family, 'custom'>): CustomFamily {
  if (custom) return custom;
  throw new RangeError('the family is none of a user');
}

/**
 * The auxiliary parameters of a family that are not fixed, in the order in which they are reported. The thresholds of an
 * ordinal family are not among them (thresholds.ts), nor are those with linear predictors.
 */
export function auxiliaryOf(family: Family): readonly AuxiliaryName[] {
  const { auxiliary } = traitsOf(family);
  const { fixed, predicted } = family;
  if (predicted) {
    const own: readonly string[] = predicted;
    return auxiliary.filter((name) => !own.includes(name));
  }
  return fixed ? auxiliary.filter((name) => fixed[name] === undefined) : auxiliary;
}

/** The family with the same parameters in all rows. */
export function withoutPredicted({ predicted: _predicted, ...family }: Family): Family {
  return family;
}

/** An auxiliary parameter as it is sampled: a threshold by its gap to the next (thresholds.ts). */
type SampledName = AuxiliaryName | 'gap';

/** An auxiliary parameter, whatever the family. */
export interface AuxiliaryTraits {
  /** Natural ends, as in Stan. */
  readonly lower: number;
  readonly upper: number;
  /** A moderate value, from which the search for the mode starts where the data suggest none. */
  readonly start: number;
}

const probability: AuxiliaryTraits = { lower: 0, upper: 1, start: 0.3 };
const positive: AuxiliaryTraits = { lower: 0, upper: Number.POSITIVE_INFINITY, start: 1 };
const anyNumber = { lower: Number.NEGATIVE_INFINITY, upper: Number.POSITIVE_INFINITY };

const knownTraits: Readonly<Record<KnownName, AuxiliaryTraits>> = {
  sigma: positive,
  nu: { ...positive, lower: 1, start: 10 },
  shape: positive,
  phi: { ...positive, start: 10 },
  zi: probability,
  hu: probability,
  zoi: probability,
  coi: probability,
  alpha: { ...anyNumber, start: 1 },
  cutzero: { ...anyNumber, start: -2 },
  cutgap: { ...positive, start: 4 },
  quantile: { ...probability, start: 0.5 },
  kappa: { ...positive, start: 2 },
};

export function auxiliaryTraits(
  { custom }: Pick<Family, 'custom'>,
  name: AuxiliaryName,
): AuxiliaryTraits {
  if (!custom && isKnownName(name)) return knownTraits[name];
  const own = custom?.parameters.find((parameter) => parameter.name === name);
  const { lower = Number.NEGATIVE_INFINITY, upper = Number.POSITIVE_INFINITY } = own ?? {};
  return { lower, upper, start: between(lower, upper) };
}

/** True for the name of a parameter of the house's families, which a family of a user's own may use too. */
export function isKnownName(name: string): name is KnownName {
  return Object.hasOwn(knownTraits, name);
}

/** A moderate value of an open range. */
function between(lower: number, upper: number): number {
  if (Number.isFinite(lower) && Number.isFinite(upper)) return 0.5 * (lower + upper);
  if (Number.isFinite(lower)) return lower + 1;
  return Number.isFinite(upper) ? upper - 1 : 0;
}

/** Outcomes of all rows. */
export interface Outcomes {
  readonly rows: number;
  readonly values: Float64Array;
  /** Trials of each row for the binomial family; otherwise null. */
  readonly trials: Float64Array | null;
  /** Factors of the rows' log likelihoods, above 0. @default 1 for each row */
  readonly weights?: Float64Array;
  /** Known standard errors of normal outcomes, in addition to σ. @default none */
  readonly errors?: Float64Array;
  /**
   * Rows that share one linear predictor: η then has one number per cell instead of one per row.
   * The default is one cell per row.
   */
  readonly cells?: Cells;
  /** The choice set of each row, for options of sets. @default none */
  readonly sets?: Cells;
  /** Of censored and truncated outcomes (limited-rows.ts). @default none */
  readonly limits?: Limits;
  /** Index of each row's group of thresholds, among those of the family. @default 0 */
  readonly thresholdGroup?: Int32Array;
}

/** Rows in groups: the cells of a linear predictor, or choice sets. */
export interface Cells {
  readonly count: number;
  /** Index of each row's cell, from 0. */
  readonly of: Int32Array;
}

/**
 * Receives a part w v vᵀ of the curvature by η, which says how linear predictors of several cells act together.
 *
 * @param cells of the entries of v, each once; valid until it returns
 */
export type CurvaturePart = (weight: number, cells: Int32Array, values: Float64Array) => void;

/**
 * The distribution of outcomes. `aux` holds the auxiliary parameters on their own scale (σ > 0,
 * ν > 1, shape > 0, the gaps of an ordinal family's thresholds), in the order of `auxiliary`. Nothing here allocates but the constructor; a
 * density outside its domain is -Infinity or NaN and never throws.
 */
export interface ResponseFamily {
  readonly family: Family;
  readonly auxiliary: readonly SampledName[];
  /**
   * Σ log p(y_i | η_i, aux), up to a constant that depends on the data alone. Overwrites
   * `etaGradient` (row) with d/dη_i and `auxGradient` with d/daux.
   */
  logLikelihood(
    eta: Float64Array,
    aux: Float64Array,
    etaGradient: Float64Array,
    auxGradient: Float64Array,
  ): number;
  /**
   * Second derivatives: overwrites `etaCurvature` (row) with the diagonal of d²/dη², `cross` (row-major (auxiliary,
   * row)) with d²/dη_i daux, `auxCurvature` (auxiliary × auxiliary) with d²/daux². With
   * `eachCurvaturePart`, d²/dη² is the diagonal and the sum of the parts.
   */
  curvature(
    eta: Float64Array,
    aux: Float64Array,
    etaCurvature: Float64Array,
    cross: Float64Array,
    auxCurvature: Float64Array,
  ): void;
  /** Calls back with the parts of the curvature by η that are not on its diagonal. @default none */
  eachCurvaturePart?(eta: Float64Array, aux: Float64Array, onPart: CurvaturePart): void;
}

/**
 * Overwrites each η_s by log p(y | η_s, aux_s) of one outcome with all constants, for LOO and WAIC.
 * `trials` is 1 for a family without trials.
 */
export type LogDensities = (outcome: number, trials: number, eta: Float64Array) => void;

/** Overwrites each inverse link by an outcome drawn at it. `trials` is 1 for a family without trials. */
type OutcomeWriter = (locations: Float64Array, trials: number, random: RandomStream) => void;

/** Overwrites each inverse link by the mean of an outcome. `trials` is 1 for a family without trials. */
type MeanWriter = (locations: Float64Array, trials: number) => void;

/** Probabilities of ordered categories. */
interface CategoryDistribution {
  /** Number of categories; with thresholds by group, of the group that has most. */
  readonly count: number;
  /** Writes the probability of each category, in order; 0 for those that the row's group has not. */
  writeProbabilities(eta: number, thresholds: Float64Array, target: Float64Array): void;
}

/**
 * The part of a family that needs no outcomes: for predictions at any η. The auxiliary parameters of an
 * ordinal family are here its thresholds.
 */
export interface ResponseDistribution {
  readonly family: Family;
  readonly auxiliary: readonly AuxiliaryName[];
  /** Only an ordinal family has them. */
  readonly categories?: CategoryDistribution;
  /** E(y | η, aux); trials times the probability for a binomial; the expected category, from 1, of an ordinal one. */
  mean(eta: number, aux: Float64Array, trials: number): number;
  /** @param aux one array per auxiliary parameter, each with one number per inverse link */
  means(aux: readonly Float64Array[]): MeanWriter;
  /** Inverse link: the location, which is the mean for most families; the probability for a binomial; η itself for an ordinal one. */
  inverseLink(eta: number): number;
  /** Overwrites each η by its inverse link, equal to `inverseLink` but for the last two digits. */
  writeInverse(eta: Float64Array): void;
  /** @param aux one array per auxiliary parameter, each with one number per η */
  logDensities(aux: readonly Float64Array[]): LogDensities;
  /**
   * Draws outcomes at many inverse links; of other random numbers than `simulateAt`.
   *
   * @param aux one array per auxiliary parameter, each with one number per inverse link
   */
  outcomes(aux: readonly Float64Array[]): OutcomeWriter;
  /** Draws an outcome at an inverse link. `trials` is 1 for a family without trials. */
  simulateAt(location: number, aux: Float64Array, trials: number, random: RandomStream): number;
  /** Draws an outcome at η. */
  simulate(eta: number, aux: Float64Array, trials: number, random: RandomStream): number;
  /** Null for a valid outcome; otherwise what is expected, for example "0 or 1". */
  expected(outcome: number, trials: number): string | null;
}

/**
 * What a family says of itself; the rest of `ResponseDistribution` follows from it. Without `means`, the
 * mean is the inverse link times the trials; without `outcomes`, each is drawn by `simulateAt`.
 */
export type OwnDistribution = Omit<
  ResponseDistribution,
  'simulate' | 'mean' | 'means' | 'outcomes'
> &
  Partial<Pick<ResponseDistribution, 'means' | 'outcomes'>>;

/**
 * Outcomes summed over the rows that share a linear predictor. They are sufficient for an exponential
 * family, so a factorial design of many rows costs only as much as its cells.
 */

/** One number per cell; a cell is a row if no rows share a linear predictor. */
export interface Totals {
  /** Σ y, weighted. */
  readonly sums: Float64Array;
  /** Σ trials, weighted; of rows for a family without trials. */
  readonly counts: Float64Array;
}

/** Index of row i's linear predictor. */
export function cellOf({ cells }: Outcomes, row: number): number {
  return cells ? cells.of[row] : row;
}

/** Factor of row i's log likelihood. */
export function weightOf({ weights }: Outcomes, row: number): number {
  return weights ? weights[row] : 1;
}

/** Σ of the rows' weights: their number, if they have none. */
export function totalWeight({ rows, weights }: Outcomes): number {
  return weights ? sumOf(weights) : rows;
}

export function numberOfCells({ rows, cells }: Outcomes): number {
  return cells ? cells.count : rows;
}

export function totalsOf(outcomes: Outcomes): Totals {
  const sums = new Float64Array(numberOfCells(outcomes));
  const counts = new Float64Array(sums.length);
  for (let i = 0; i < outcomes.rows; i++) {
    const cell = cellOf(outcomes, i);
    const weight = weightOf(outcomes, i);
    sums[cell] += weight * outcomes.values[i];
    counts[cell] += weight * (outcomes.trials ? outcomes.trials[i] : 1);
  }
  return { sums, counts };
}
