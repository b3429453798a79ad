/**
 * Regressions of simulated outcomes: calibration, recovery, and their shared functions.
 */

import { constantNames } from '../../../models/constant-parameters.js';
import { auxiliaryOf, auxiliaryTraits, type Family } from '../../../models/families/family.js';
import {
  hasOrder,
  hasPlace,
  thresholdNames,
  thresholdSpans,
} from '../../../models/families/thresholds.js';
import { writeCorrelatedEffects } from '../../../models/multilevel/correlation-cholesky.js';
import type { Support } from '../../../models/prior-distributions.js';
import {
  correlatedLatents,
  type GroupEffects,
  type RegressionSpecification,
} from '../../../models/regression-data.js';
import { latentLayout } from '../../../models/reported-latents.js';
import {
  reportedLayout,
  reportedNames,
  rowLogLikelihood,
} from '../../../models/reported-parameters.js';
import { didYouMean, listed } from '../../checks/names.js';
import { WeighbridgeError } from '../../errors.js';
import { parametersNamed } from '../../fit/intervals.js';
import { cholesky } from '../../linear-algebra/cholesky.js';
import { hasIntervals, limitsOfKnown } from '../../linear-algebra/limits.js';
import { sumOf } from '../../linear-algebra/sums.js';
import type { RandomStream } from '../../random/stream.js';
import { type SamplerSettings, settingsAmong } from '../../sampler/settings.js';
import { type Preparation, prepare } from '../prepare.js';
import { drawLatentNumbers, observedAnew } from '../priors/sample-latents.js';
import { outcomeSimulator, priorSampler } from '../priors/sample-prior.js';
import { type CalibrateOptions, type Calibration, calibrate } from './calibrate.js';
import { isGroupEffect } from './criteria.js';
import { type Recovery, recover, requireValuesByName } from './recover.js';
import type { ParameterValues, SimulationOptions } from './simulation-run.js';

/** The options of `regression`. Outcomes in `data` affect only the default priors. */
export interface SimulatedRegressionOptions extends Preparation, SimulationOptions {}

/** Settings, runner and progress; the specification with simulated outcomes is what is fitted. */
function runOptions(options: SimulationOptions) {
  const { simulations, runner, onProgress, signal } = options;
  return {
    ...settingsAmong(options as Partial<SamplerSettings>),
    fit: (specification: RegressionSpecification) => specification,
    onProgress,
    signal,
    ...(simulations !== undefined && { simulations }),
    ...(runner !== undefined && { runner }),
  };
}

/**
 * The regression with outcomes drawn given these values of all reported parameters.
 *
 * @throws WeighbridgeError `bad-data` if an outcome is not finite
 */
function simulatedRegression(
  specification: RegressionSpecification,
): (parameters: ParameterValues, random: RandomStream) => RegressionSpecification {
  if (specification.data.weights) {
    throw new WeighbridgeError(
      'bad-argument',
      'a likelihood with weights() is not that of any outcomes, which cannot be simulated from it: expected a formula without weights()',
    );
  }
  const { limits } = specification.data;
  if (limits && hasIntervals(limits)) {
    throw new WeighbridgeError(
      'bad-argument',
      'outcomes of a formula with cens() cannot be simulated, because the data do not say which others would have been censored: expected a formula without cens()',
    );
  }
  const names = reportedNames(specification);
  const simulate = outcomeSimulator(specification);
  const { latents } = reportedLayout(specification);
  return (parameters, random) => {
    const values = inOrder(parameters, names);
    const data = observedAnew(specification.data, latents, values, random);
    const draw =
      data === specification.data ? simulate : outcomeSimulator({ ...specification, data });
    const outcomes = draw(values, random);
    requireFiniteOutcomes(outcomes);
    const known = limits && { limits: limitsOfKnown(limits, outcomes) };
    return { ...specification, data: { ...data, outcomes, ...known } };
  };
}

/** Values in the order of the names. */
function inOrder(parameters: ParameterValues, names: readonly string[]): Float64Array {
  return Float64Array.from(names, (name) => parameters[name]);
}

/** Values keyed by name. */
function byName(names: readonly string[], values: Float64Array): ParameterValues {
  return Object.fromEntries(names.map((name, i) => [name, values[i]]));
}

export function requireFiniteOutcomes(outcomes: Float64Array): void {
  const row = outcomes.findIndex((outcome) => !Number.isFinite(outcome));
  if (row < 0) return;
  throw new WeighbridgeError(
    'bad-data',
    `the outcome drawn for row ${row + 1} is ${outcomes[row]}, expected a finite number: narrow the priors until such data are out of the question`,
  );
}

export type CalibrateRegressionOptions = SimulatedRegressionOptions &
  Pick<CalibrateOptions<RegressionSpecification>, 'parameters' | 'rankedDraws'>;

/**
 * Calibrates a regression. Ranks `log_lik` and the parameters named in `parameters`; by default,
 * all reported parameters except the group effects.
 *
 * @throws WeighbridgeError `bad-argument` if a prior is flat and so cannot be drawn from (the
 *   message names the parameters); `interrupted` if the signal is aborted; the errors of
 *   `regression`
 */
export async function calibrateRegression(
  options: CalibrateRegressionOptions,
): Promise<Calibration> {
  const { specification } = prepare(
    options,
    ['simulations', 'parameters', 'rankedDraws'],
    'calibrateRegression',
  );
  return calibrateSpecification(specification, options);
}

/** Calibrates a prepared regression. @throws as `calibrateRegression` */
export async function calibrateSpecification(
  specification: RegressionSpecification,
  options: Omit<CalibrateRegressionOptions, keyof Preparation>,
): Promise<Calibration> {
  const names = reportedNames(specification);
  const constants = constantNames(specification);
  const parameters =
    options.parameters === undefined
      ? names.filter((name) => !isGroupEffect(name) && !constants.has(name))
      : parametersNamed(options.parameters, names);
  const drawParameters = priorSampler(specification);
  const { rankedDraws } = options;
  return calibrate<RegressionSpecification>({
    drawPrior: (random) => byName(names, drawParameters(random)),
    simulate: simulatedRegression(specification),
    parameters,
    quantities: (parameters, simulated) => {
      const row = new Float64Array(simulated.data.rows);
      rowLogLikelihood(simulated)(inOrder(parameters, names), row);
      return { log_lik: sumOf(row) };
    },
    ...(rankedDraws !== undefined && { rankedDraws }),
    ...runOptions(options),
  });
}

export interface RecoverRegressionOptions extends SimulatedRegressionOptions {
  /**
   * The true value of every parameter except the group effects, keyed by brms' names, for example
   * `{ b_Intercept: 0, b_x1: 0.5, sd_g__Intercept: 1, sigma: 2 }`.
   */
  readonly at: ParameterValues;
}

/**
 * @throws WeighbridgeError `bad-argument` if a value is missing, out of range, or matches no
 *   parameter; `interrupted` if the signal is aborted; the errors of `regression`
 */
export async function recoverRegression(options: RecoverRegressionOptions): Promise<Recovery> {
  const { specification } = prepare(options, ['simulations', 'at'], 'recoverRegression');
  const { at } = options;
  const names = reportedNames(specification);
  requireValuesByName(at);
  requireValues(specification, at);
  const simulate = simulatedRegression(specification);
  const effects = groupEffectsAt(specification, inOrder(at, names));
  return recover<RegressionSpecification>({
    at,
    simulate: (_, random) => simulate(byName(names, effects(random)), random),
    ...runOptions(options),
  });
}

/** Maximum number of names in a message; enough for a regression of usual size. */
const MOST = 20;

function requireValues(specification: RegressionSpecification, at: ParameterValues): void {
  const wanted = reportedNames(specification).filter((name) => !isGroupEffect(name));
  const unknown = Object.keys(at).find((name) => !wanted.includes(name));
  if (unknown !== undefined) {
    const near = didYouMean(unknown, wanted);
    fail(`at.${unknown} is no parameter of this regression${near}: it has ${listed(wanted, MOST)}`);
  }
  const missing = wanted.filter((name) => !Object.hasOwn(at, name));
  if (missing.length > 0) {
    fail(`at has no value for ${listed(missing, MOST)}: expected one for each`);
  }
  const { family } = specification;
  requireThresholds(family, at);
  for (const [name, value] of Object.entries(at)) {
    const auxiliary = auxiliaryOf(family).find((one) => one === name);
    if (auxiliary) requireInside(`at.${name}`, value, auxiliaryTraits(family, auxiliary));
    if (/^(sd|sdme|sigma)_/.test(name) && !(value >= 0))
      fail(`at.${name} is ${value}, but must be at least 0`);
  }
}

/** Thresholds ascend, are equidistant or sum to zero, as the family has them, in each group. */
function requireThresholds(family: Family, at: ParameterValues): void {
  const names = thresholdNames(family).map((name) => `b_${name}`);
  for (const { first, count } of thresholdSpans(family)) {
    requireThresholdsOf(family, names.slice(first, first + count), at);
  }
}

function requireThresholdsOf(family: Family, names: readonly string[], at: ParameterValues): void {
  const values = names.map((name) => at[name]);
  const largest = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const isZero = (value: number) => Math.abs(value) <= 1e-9 * largest;
  if (!hasPlace(family) && !isZero(sumOf(values))) {
    fail(`at.${names[0]}, … sum to ${sumOf(values)}, but must sum to 0`);
  }
  values.slice(2).forEach((value, k) => {
    const uneven = value - values[k + 1] - (values[k + 1] - values[k]);
    if (family.threshold === 'equidistant' && !isZero(uneven)) {
      fail(`at.${names[k + 2]} is ${value}, but thresholds must be equidistant`);
    }
  });
  if (!hasOrder(family)) return;
  values.slice(1).forEach((own, k) => {
    if (own > values[k]) return;
    fail(
      `at.${names[k + 1]} is ${own}, but must be above that of the threshold before, ${values[k]}`,
    );
  });
}

function fail(message: string): never {
  throw new WeighbridgeError('bad-argument', message);
}

function requireInside(name: string, value: number, { lower, upper }: Support): void {
  if (value > lower && value < upper) return;
  const ends = upper < Number.POSITIVE_INFINITY ? ` and below ${upper}` : '';
  fail(`${name} is ${value}, but must be above ${lower}${ends}`);
}

/** Completes the given parameters with group effects r = diag(s) L z, drawn given these. */
export function groupEffectsAt(
  specification: RegressionSpecification,
  parameters: Float64Array,
): (random: RandomStream) => Float64Array {
  const layout = reportedLayout(specification);
  let { sds, correlations } = layout;
  const terms = specification.data.groups.map((group, term) => {
    const size = group.coefficients.length;
    const factor = correlationFactorAt(group, parameters, correlations);
    const deviations = parameters.subarray(sds, sds + size);
    sds += size;
    if (group.correlated) correlations += (size * (size - 1)) / 2;
    return { deviations, factor, levels: group.levels.length, start: layout.groupEffects[term] };
  });
  const latentFactor = latentFactorAt(specification, parameters);
  return (random) => {
    const drawn = parameters.slice();
    for (const { deviations, factor, levels, start } of terms) {
      const z = new Float64Array(deviations.length);
      const effects = new Float64Array(deviations.length);
      for (let level = 0; level < levels; level++) {
        random.normals(z);
        writeCorrelatedEffects(deviations, factor, z, effects);
        effects.forEach((effect, c) => {
          drawn[start + c * levels + level] = effect;
        });
      }
    }
    const { latents } = specification.data;
    if (latents) drawLatentNumbers(latents, layout.latents, drawn, random, latentFactor);
    return drawn;
  };
}

/** That of latent predictors; null without correlations. */
function latentFactorAt(
  specification: RegressionSpecification,
  parameters: Float64Array,
): Float64Array | null {
  const { latents } = specification.data;
  const size = latents ? correlatedLatents(latents) : 0;
  if (!latents || size === 0) return null;
  const first = reportedLayout(specification).latents + latentLayout(latents).correlations;
  return factorAt('corme__…', size, true, parameters, first);
}

function correlationFactorAt(
  { group, coefficients, correlated }: GroupEffects,
  parameters: Float64Array,
  correlations: number,
): Float64Array {
  return factorAt(`cor_${group}__…`, coefficients.length, correlated, parameters, correlations);
}

/** The Cholesky factor L of the correlations L Lᵀ, lower triangular and row-major. */
function factorAt(
  name: string,
  size: number,
  correlated: boolean,
  parameters: Float64Array,
  correlations: number,
): Float64Array {
  const matrix = new Float64Array(size * size);
  let at = correlations;
  for (let c = 0; c < size; c++) {
    matrix[c * size + c] = 1;
    for (let j = 0; correlated && j < c; j++) {
      matrix[c * size + j] = matrix[j * size + c] = parameters[at++];
    }
  }
  const factor = cholesky(matrix, size);
  if (factor === null) {
    throw new WeighbridgeError(
      'bad-argument',
      `at.${name} are the correlations of no matrix: expected ones between -1 and 1 that go together`,
    );
  }
  return factor;
}
