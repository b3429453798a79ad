/**
 * The correlation of two quantities that are both measured with known errors, from summaries: an
 * estimate and a standard error of each side of each pair. Measurement error attenuates Pearson's r
 * towards zero; rho is the correlation of the latent, error-free pairs.
 *
 * An estimate must be the true value plus error, as a maximum-likelihood estimate or a mean is. A
 * posterior mean under an informative prior is shrunken, and a latent value of this model would be
 * shrunken twice: divide the prior out first (docs/latent-correlation.md).
 */
import {
  type CorrelationWithErrorSpecification,
  type LatentPair,
  latentPairs,
  type MeasuredValues,
  pairLogLikelihood,
} from '../../models/correlation-with-error.js';
import { requireLkj } from '../../models/prior-distributions.js';
import { requireNames, requireProbability } from '../checks/options.js';
import { badArgument, badData, described, isArrayLike, isRecord } from '../checks/values.js';
import { WeighbridgeError } from '../errors.js';
import type { FitData } from '../fit/fit.js';
import { fitOfResult } from '../fit/job.js';
import { lostSpread, rangeOf, requireRange } from '../fit/range.js';
import { runAlone, type SamplingOptions } from '../fit/run.js';
import { type ModelFit, modelFit } from '../fit/sample.js';
import { meanOf, pearson } from '../linear-algebra/sums.js';
import { parameterDraws } from '../posterior/draws.js';
import { hdi } from '../posterior/intervals.js';
import { pointSummary } from '../posterior/point-summary.js';
import { fixed } from '../posterior/printable.js';
import { median } from '../posterior/quantiles.js';
import { requireRunOptions } from '../regression/options.js';
import type { LkjPrior } from '../regression/priors/prior-rows.js';
import { settingNames } from '../sampler/settings.js';

/** Pairs of estimates with their standard errors; a number holds for all pairs. */
export interface MeasuredPairs {
  /** At least 3, one estimate per pair. */
  readonly x: ArrayLike<number>;
  /** Standard errors of x, at least 0; 0 means exact. */
  readonly xSe: number | ArrayLike<number>;
  readonly y: ArrayLike<number>;
  /** Standard errors of y, at least 0; 0 means exact. */
  readonly ySe: number | ArrayLike<number>;
  /** Correlation of the errors of a pair, in (−1, 1). @default 0 */
  readonly errorCorrelation?: number | ArrayLike<number>;
}

export interface CorrelationWithErrorOptions extends MeasuredPairs, SamplingOptions {
  /**
   * Prior of rho. The other priors are Student-t(3, 0, 2.5), for the sds its positive half, with x and
   * y at a mean of 0 and an sd of 1, estimates with more than 3 times the median error left out.
   *
   * @default lkj(1), which is uniform on (−1, 1)
   */
  readonly rhoPrior?: LkjPrior;
}

/** Posterior of the share of the variance of the estimates that is not error. */
export interface Reliability {
  readonly mean: number;
  /** Ends of the highest-density interval. */
  readonly lower: number;
  readonly upper: number;
}

/**
 * The fit. Its parameters: `rho`, `tau_x` and `tau_y` (latent sds), `mu_x` and `mu_y` (latent means),
 * and the regression of the latent y on the latent x: `intercept`, `slope`, `sigma`. `loo` and `waic`
 * are of the observed pairs.
 */
export interface CorrelationWithErrorFit extends ModelFit {
  /** Number of pairs. */
  readonly n: number;
  /** Pearson's r of the estimates, which measurement error attenuates. */
  readonly r: number;
  /**
   * Reliability of x and of y: the mean over pairs of tau² / (tau² + squared standard error).
   *
   * @param options `mass`: probability of the intervals, in (0, 1). Default: 0.95
   */
  reliability(options?: { readonly mass?: number }): {
    readonly x: Reliability;
    readonly y: Reliability;
  };
  /** Posterior mean and sd of each latent pair: partially pooled estimates. */
  latentPairs(): readonly LatentPair[];
}

const optionNames: readonly string[] = [
  'x',
  'xSe',
  'y',
  'ySe',
  'errorCorrelation',
  'rhoPrior',
  ...settingNames,
  'runner',
  'onProgress',
  'signal',
];

/** Random streams are derived from the seed and this name. */
const FIT = 'correlation';

/**
 * Fits the bivariate normal of latent pairs with the errors integrated out.
 *
 * @throws WeighbridgeError `bad-argument`; `bad-data` for columns of unlike length, fewer than 3
 *   pairs, numbers out of range, or a column of equal numbers; `improper-posterior` if pairs without
 *   errors lie on a line; `interrupted` if `signal` is aborted
 */
export async function correlationWithError(
  options: CorrelationWithErrorOptions,
): Promise<CorrelationWithErrorFit> {
  requireNames(options, optionNames, 'correlationWithError');
  requireRunOptions({ ...options });
  const specification = specificationOf(options, etaOf(options.rhoPrior));
  const { result } = await runAlone({ name: FIT, specification, keepGradients: true }, options);
  const data = fitOfResult(result);
  const warnings = [...errorWarnings(specification), ...data.warnings];
  return withPairs(specification, { ...data, warnings });
}

function etaOf(prior: LkjPrior | undefined): number {
  if (prior === undefined) return 1;
  if (!isRecord(prior) || prior.distribution !== 'lkj') {
    const found = isRecord(prior) ? `a prior ${String(prior.distribution)}` : described(prior);
    throw badArgument(`rhoPrior is ${found}, expected lkj(1), lkj(2) or the like`, {
      option: 'rhoPrior',
      found: prior,
    });
  }
  requireLkj(prior.eta);
  return prior.eta;
}

/** The specification of the pairs, checked. */
function specificationOf(
  { x, xSe, y, ySe, errorCorrelation = 0 }: MeasuredPairs,
  rhoPrior: number,
): CorrelationWithErrorSpecification {
  const valuesX = finiteNumbers('x', x);
  const valuesY = finiteNumbers('y', y);
  const pairs = valuesX.length;
  if (valuesY.length !== pairs) {
    throw badData(`x has ${pairs} numbers, y ${valuesY.length}: expected pairs`);
  }
  if (pairs < LEAST_PAIRS) {
    throw badData(`there are ${pairs} pairs, expected ${LEAST_PAIRS} or more`);
  }
  const specification: CorrelationWithErrorSpecification = {
    model: 'correlation-with-error',
    x: measured('x', valuesX, requireErrors('xSe', xSe, pairs)),
    y: measured('y', valuesY, requireErrors('ySe', ySe, pairs)),
    errorCorrelations: requireErrorCorrelations(errorCorrelation, pairs),
    rhoPrior,
  };
  requireHeld(specification);
  return specification;
}

const LEAST_PAIRS = 3;

function finiteNumbers(name: string, given: unknown): Float64Array {
  if (!isArrayLike(given)) {
    throw badData(`${name} is ${described(given)}, expected an array of numbers`);
  }
  return eachChecked(name, given, 'a finite number', Number.isFinite);
}

function requireErrors(name: string, given: unknown, pairs: number): Float64Array {
  const expected = 'a finite number of at least 0';
  return perPair(name, given, pairs, expected, (se) => Number.isFinite(se) && se >= 0);
}

function requireErrorCorrelations(given: unknown, pairs: number): Float64Array {
  return perPair('errorCorrelation', given, pairs, 'a number in (-1, 1)', (e) => Math.abs(e) < 1);
}

/** One number for all pairs, or an array with one for each. */
function perPair(
  name: string,
  given: unknown,
  pairs: number,
  expected: string,
  isSound: (value: number) => boolean,
): Float64Array {
  if (!isArrayLike(given)) {
    if (typeof given === 'number' && isSound(given)) return new Float64Array(pairs).fill(given);
    throw badArgument(`${name} is ${described(given)}, expected ${expected}, or an array of them`, {
      option: name,
      found: given,
    });
  }
  if (given.length !== pairs) {
    throw badData(
      `${name} has ${given.length} numbers, x has ${pairs}: expected one for each pair`,
    );
  }
  return eachChecked(name, given, expected, isSound);
}

function eachChecked(
  name: string,
  given: ArrayLike<unknown>,
  expected: string,
  isSound: (value: number) => boolean,
): Float64Array {
  return Float64Array.from(given, (value, i) => {
    if (typeof value === 'number' && isSound(value)) return value;
    throw badData(`row ${i + 1}: ${name} is ${described(value)}, expected ${expected}`, {
      row: i + 1,
      column: name,
      found: value,
      expected,
    });
  });
}

/** One side, checked. */
function measured(name: string, values: Float64Array, errors: Float64Array): MeasuredValues {
  requireRange(name, values, (row) => row + 1);
  if (values.every((value) => value === values[0])) {
    const found = values[0];
    throw badData(`all ${values.length} numbers of ${name} are ${found}: expected some to differ`, {
      column: name,
      found,
    });
  }
  const lost = lostSpread(name, rangeOf(values));
  if (lost?.wholly) throw badData(lost.told, { column: name });
  const scaling = scalingOf(values, errors);
  errors.forEach((error, i) => {
    if (error <= LARGEST_ERROR * scaling.unit) return;
    const expected = `at most ${LARGEST_ERROR} times the sd of ${name}`;
    throw badData(`row ${i + 1}: ${name}Se is ${error}, expected ${expected}, ${scaling.unit}`, {
      row: i + 1,
      column: `${name}Se`,
      found: error,
      expected,
    });
  });
  return { values, errors, scaling };
}

/** Pairs with a larger error, in medians of the errors, do not count in the unit of the priors. */
const WELL_MEASURED = 3;

/** Mean and sd of the estimates that are not measured far worse than the others. */
function scalingOf(values: Float64Array, errors: Float64Array): MeasuredValues['scaling'] {
  const limit = WELL_MEASURED * median(errors);
  const kept = pointSummary(values.filter((_, i) => errors[i] <= limit));
  const { mean, sd } = kept.sd > 0 ? kept : pointSummary(values);
  return { origin: mean, unit: sd };
}

/** In sds of the estimates; the fourth power must be finite. */
const LARGEST_ERROR = 1e50;
/** In sds of the estimates: smaller errors, and smaller distances from a line, count as none. */
const NEGLIGIBLE = 1e-5;

/**
 * Throws where the likelihood grows without end: estimates without errors that are all equal, as tau
 * approaches 0, or that lie on a line, as rho approaches 1 or −1.
 */
function requireHeld({ x, y }: CorrelationWithErrorSpecification): void {
  const isExact = ({ errors, scaling }: MeasuredValues, i: number) =>
    errors[i] < NEGLIGIBLE * scaling.unit;
  for (const [name, side] of Object.entries({ x, y })) {
    const exact = side.values.filter((_, i) => isExact(side, i));
    if (exact.length < 2 || exact.some((value) => value !== exact[0])) continue;
    throw new WeighbridgeError(
      'improper-posterior',
      `the ${exact.length} numbers of ${name} without errors are all ${exact[0]}, so that tau_${name} is not held above 0: expected some to differ, or standard errors`,
      { details: { parameter: `tau_${name}` } },
    );
  }
  const both = Array.from(x.values, (_, i) => i).filter((i) => isExact(x, i) && isExact(y, i));
  if (both.length < LEAST_PAIRS) return;
  const r = pearson(
    both.map((i) => (x.values[i] - x.scaling.origin) / x.scaling.unit),
    both.map((i) => (y.values[i] - y.scaling.origin) / y.scaling.unit),
  );
  // On a vertical or horizontal line, r is NaN and rho stays away from 1.
  if (!(1 - r * r <= NEGLIGIBLE * NEGLIGIBLE)) return;
  throw new WeighbridgeError(
    'improper-posterior',
    `the ${both.length} pairs without errors lie on a line, so that rho is not held below 1: expected standard errors, or pairs that are not functions of each other`,
    { details: { parameter: 'rho' } },
  );
}

/** A sentence for each side whose errors leave next to nothing of its variance. */
function errorWarnings({ x, y }: CorrelationWithErrorSpecification): readonly string[] {
  return Object.entries({ x, y }).flatMap(([name, { errors, scaling }]) => {
    if (median(errors) < scaling.unit) return [];
    const sd = Number(scaling.unit.toPrecision(3));
    return [
      `half or more of the standard errors of ${name} are above its sd, ${sd}: the data say little about the latent ${name}, and rho has nearly its prior; expected smaller errors`,
    ];
  });
}

function withPairs(
  specification: CorrelationWithErrorSpecification,
  data: FitData,
): CorrelationWithErrorFit {
  const { x, y } = specification;
  const n = x.values.length;
  const scaled = ({ values, scaling }: MeasuredValues) =>
    Array.from(values, (value) => (value - scaling.origin) / scaling.unit);
  const r = pearson(scaled(x), scaled(y));
  const reliability = ({ mass = 0.95 }: { readonly mass?: number } = {}) => {
    requireProbability('mass', mass);
    const of = ({ errors, scaling }: MeasuredValues, tau: string): Reliability => {
      const noise = errors.map((error) => (error / scaling.unit) ** 2);
      const shares = parameterDraws(data.draws, tau).map((sd) => {
        const signal = (sd / scaling.unit) ** 2;
        return noise.reduce((sum, one) => sum + signal / (signal + one), 0) / n;
      });
      const [lower, upper] = hdi(shares, mass);
      return { mean: meanOf(shares), lower, upper };
    };
    return { x: of(x, 'tau_x'), y: of(y, 'tau_y') };
  };
  const { values, parameterNames } = data.draws;
  const width = parameterNames.length;
  const methods = {
    reliability,
    latentPairs: () =>
      latentPairs(
        specification,
        Array.from({ length: values.length / width }, (_, draw) =>
          values.subarray(draw * width, (draw + 1) * width),
        ),
      ),
  };
  const footer = () => {
    const { x: ofX, y: ofY } = reliability();
    return `${n} pairs: Pearson's r ${fixed(r, 2)}; reliability of x ${fixed(ofX.mean, 2)}, of y ${fixed(ofY.mean, 2)}`;
  };
  const logLikelihood = pairLogLikelihood(specification);
  return modelFit({ name: FIT, ...data, n, r }, { logLikelihood, methods, footer });
}
