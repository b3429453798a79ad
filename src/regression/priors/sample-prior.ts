/**
 * Draws from the prior of a regression, and outcomes drawn given those. Exact generators are used
 * instead of a Markov chain, so draws are independent and there is no warm-up. Parameters are the
 * reported ones, with brms' names and order: the intercept is the one at predictors of zero, and
 * group effects are drawn given their standard deviations and correlations.
 */

import { coefficientBlocks, drawBlocks } from '../../../models/coefficient-blocks.js';
import { drawnOption, stagesOf, toShares } from '../../../models/families/conditional-logit.js';
import { auxiliaryOf, type Family } from '../../../models/families/family.js';
import { responseDistribution, truncatedFamily } from '../../../models/families/index.js';
import {
  hasOrder,
  hasPlace,
  thresholdNames,
  thresholdSpans,
} from '../../../models/families/thresholds.js';
import {
  writeCorrelatedEffects,
  writeCorrelations,
} from '../../../models/multilevel/correlation-cholesky.js';
import {
  drawLkjFactor,
  drawPrior,
  isProper,
  type Prior,
} from '../../../models/prior-distributions.js';
import {
  centrePredictors,
  type GroupEffects,
  moveIntercepts,
  outcomesOf,
  predictorsPerRow,
  type RegressionSpecification,
} from '../../../models/regression-data.js';
import {
  distributionSources,
  etaOf,
  parametersOfRow,
  reportedLayout,
  reportedNames,
  slopeNames,
  variesByRow,
} from '../../../models/reported-parameters.js';
import { requireSeed } from '../../checks/options.js';
import { described } from '../../checks/values.js';
import { WeighbridgeError } from '../../errors.js';
import { hasBounds } from '../../linear-algebra/limits.js';
import { meanOf } from '../../linear-algebra/sums.js';
import type { Draws } from '../../posterior/draws.js';
import { type RandomStream, randomStream } from '../../random/stream.js';
import { drawLatents, improperLatents } from './sample-latents.js';

export interface SamplePriorOptions {
  /** Number of draws. @default 4000 */
  readonly draws?: number;
  /** An integer or a text. @default 2025 */
  readonly seed?: number | string;
}

export interface PriorSample {
  /** Draws of all reported parameters, as one chain. */
  readonly draws: Draws;
  /** Outcomes simulated at each draw, row-major (draw, row). */
  readonly outcomes: Float64Array;
  /** Rows of the data: number of outcomes per draw. */
  readonly rows: number;
  /** Warnings, one sentence each, for example the number of outcomes that are not finite. */
  readonly notes: readonly string[];
}

/**
 * Draws parameters from the prior, and outcomes given the parameters (prior predictive draws).
 *
 * @throws WeighbridgeError `bad-argument` if a prior is improper (the message names the parameters)
 *   or the number of draws is invalid
 */
export function samplePriorOf(
  specification: RegressionSpecification,
  { draws = 4000, seed = 2025 }: SamplePriorOptions = {},
): PriorSample {
  if (!Number.isInteger(draws) || draws < 1) {
    throw new WeighbridgeError(
      'bad-argument',
      `draws is ${described(draws)}, expected a whole number from 1 on`,
    );
  }
  const { rows } = specification.data;
  const parameterNames = reportedNames(specification);
  const drawParameters = priorSampler(specification);
  const drawOutcomes = outcomeSimulator(specification);
  const values = new Float64Array(draws * parameterNames.length);
  const outcomes = new Float64Array(draws * rows);
  const random = randomStream(requireSeed(seed), 'prior');
  for (let draw = 0; draw < draws; draw++) {
    const parameters = drawParameters(random);
    values.set(parameters, draw * parameterNames.length);
    outcomes.set(drawOutcomes(parameters, random), draw * rows);
  }
  return {
    draws: { parameterNames, chains: 1, drawsPerChain: draws, values },
    outcomes,
    rows,
    notes: outcomeNotes(outcomes),
  };
}

/** Warns of infinite outcomes, for example from exp of a linear predictor with a wide prior. */
function outcomeNotes(outcomes: Float64Array): readonly string[] {
  const count = outcomes.reduce((sum, outcome) => sum + (Number.isFinite(outcome) ? 0 : 1), 0);
  if (count === 0) return [];
  return [
    `${count} of ${outcomes.length} outcomes are not finite: the priors have means that no number holds; narrow them until such data are out of the question`,
  ];
}

/**
 * Draws all reported parameters from the prior, in the order of `reportedNames`.
 *
 * @throws WeighbridgeError `bad-argument` if a prior is improper; the message names the parameters
 */
export function priorSampler(
  specification: RegressionSpecification,
): (random: RandomStream) => Float64Array {
  requireProperPriors(specification);
  const { data, priors } = specification;
  const given = new Set(coefficientBlocks(specification).flatMap(({ columns }) => columns));
  const scale = auxiliaryOf(specification.family).indexOf('sigma');
  const layout = reportedLayout(specification);
  const { means } = centrePredictors(data);
  return (random) => {
    const parameters = new Float64Array(layout.length);
    const drawAuxiliary = () =>
      priors.auxiliary.forEach((prior, index) => {
        parameters[layout.auxiliary + index] = drawPrior(prior, random);
      });
    // Coefficients of blocks may be in units of sigma.
    if (given.size > 0) drawAuxiliary();
    const sigma = scale < 0 ? 1 : parameters[layout.auxiliary + scale];
    const slopes = Float64Array.from(priors.coefficients, (prior, j) =>
      given.has(j) ? 0 : drawPrior(prior, random),
    );
    drawBlocks(specification, sigma, random, slopes, layout, parameters);
    parameters.set(slopes.subarray(0, layout.sds - layout.slopes), layout.slopes);
    if (priors.intercept) parameters[0] = drawPrior(priors.intercept, random);
    if (priors.thresholds) drawThresholds(specification, random, parameters);
    interceptsFromMeans(specification, layout, means, parameters);
    let sds = layout.sds;
    let correlations = layout.correlations;
    data.groups.forEach((group, term) => {
      const eta = priors.correlations[term];
      const places = { sds, correlations, effects: layout.groupEffects[term] };
      drawGroupTerm(group, priors.sds[term], eta, places, parameters, random);
      const size = group.coefficients.length;
      sds += size;
      if (eta !== null) correlations += (size * (size - 1)) / 2;
    });
    if (given.size === 0) drawAuxiliary();
    drawLatents(specification, layout.latents, parameters, random);
    return parameters;
  };
}

/** Moves intercepts and thresholds from the predictors' means to zero. */
function interceptsFromMeans(
  { data }: RegressionSpecification,
  layout: ReturnType<typeof reportedLayout>,
  means: Float64Array,
  parameters: Float64Array,
): void {
  if (layout.thresholds === 0) {
    moveIntercepts(data, means, parameters);
    return;
  }
  const first = data.intercept ? 1 : 0;
  const coefficients = new Float64Array(first + means.length);
  const slopes = layout.sds - layout.slopes;
  coefficients.set(parameters.subarray(layout.slopes, layout.sds), first);
  moveIntercepts(data, means, coefficients);
  const shift = first === 1 ? coefficients[0] : 0;
  for (let k = 0; k < layout.thresholds; k++) parameters[k] -= shift;
  parameters.set(coefficients.subarray(first, first + slopes), layout.slopes);
}

/** Attempts at thresholds that ascend, of which the prior may make few. */
const MOST_ATTEMPTS = 1_000_000;

/** Writes the thresholds of each group at the means of the predictors to the start of the parameters. */
function drawThresholds(
  { family, priors: { thresholds = [], gaps } }: RegressionSpecification,
  random: RandomStream,
  target: Float64Array,
): void {
  for (const { first, count } of thresholdSpans(family)) {
    const own = { thresholds: thresholds.slice(first, first + count), gaps };
    drawThresholdsOf(family, own, random, target.subarray(first, first + count));
  }
}

/**
 * Writes the thresholds of a group. Those that ascend have
 * the prior cut off to ascending vectors: sorted independent draws if all have the same prior, draws until
 * they ascend if not.
 */
function drawThresholdsOf(
  family: Family,
  {
    thresholds,
    gaps,
  }: { readonly thresholds: readonly Prior[]; readonly gaps: readonly Prior[] | undefined },
  random: RandomStream,
  drawn: Float64Array,
): void {
  if (gaps) {
    drawFromOne(thresholds, gapsDrawn(gaps, thresholds.length - 1, random), random, drawn);
    return;
  }
  if (!hasPlace(family)) {
    drawAroundZero(family, thresholds, random, drawn);
    return;
  }
  const draw = (): void => {
    for (let k = 0; k < drawn.length; k++) drawn[k] = drawPrior(thresholds[k], random);
  };
  draw();
  if (!hasOrder(family)) return;
  const [first] = thresholds;
  if (thresholds.every((prior) => isSame(prior, first))) {
    drawn.sort();
    return;
  }
  for (let attempt = 1; !ascend(drawn); attempt++) {
    if (attempt === MOST_ATTEMPTS) {
      throw new WeighbridgeError(
        'bad-argument',
        `the priors of the thresholds ascend in none of ${MOST_ATTEMPTS} draws: expected priors of class Intercept whose locations ascend with coef`,
      );
    }
    draw();
  }
}

/**
 * Thresholds from the only one that has a prior, and the gaps to the others. (Priors of several thresholds
 * and of gaps multiply, and there are no independent draws from their product.)
 */
function drawFromOne(
  thresholds: readonly Prior[],
  gaps: readonly number[],
  random: RandomStream,
  drawn: Float64Array,
): void {
  const known = thresholds.findIndex(isProper);
  drawn[known] = drawPrior(thresholds[known], random);
  for (let k = known + 1; k < drawn.length; k++) {
    drawn[k] = drawn[k - 1] + gaps[k - 1];
  }
  for (let k = known - 1; k >= 0; k--) drawn[k] = drawn[k + 1] - gaps[k];
}

/** A number for each gap: the same one for equidistant thresholds, whose priors are of one gap. */
function gapsDrawn(gaps: readonly Prior[], count: number, random: RandomStream): number[] {
  const values = gaps.map((prior) => drawPrior(prior, random));
  return values.length === count ? values : new Array<number>(count).fill(values[0]);
}

/**
 * Thresholds that sum to zero. Independent normal numbers less their mean have the density of their product on
 * the plane; there is no such rule for other priors.
 */
function drawAroundZero(
  family: Family,
  thresholds: readonly Prior[],
  random: RandomStream,
  drawn: Float64Array,
): void {
  const [first] = thresholds;
  if (first.distribution !== 'normal' || !thresholds.every((prior) => isSame(prior, first))) {
    throw new WeighbridgeError(
      'bad-argument',
      'there are no independent draws of thresholds that sum to zero from these priors: expected one normal prior of class Intercept',
    );
  }
  for (let k = 0; k < drawn.length; k++) drawn[k] = drawPrior(first, random);
  if (hasOrder(family)) drawn.sort();
  const mean = meanOf(drawn);
  for (let k = 0; k < drawn.length; k++) drawn[k] -= mean;
}

function isSame(a: Prior, b: Prior): boolean {
  return JSON.stringify(Object.entries(a).sort()) === JSON.stringify(Object.entries(b).sort());
}

function ascend(values: Float64Array): boolean {
  return values.every((value, k) => k === 0 || value > values[k - 1]);
}

/** σ, the first parameter of the family, with the known standard error of a row. */
function withError(own: Float64Array, error: number): Float64Array {
  return own.map((value, a) => (a === 0 ? Math.sqrt(value * value + error * error) : value));
}

/** Draws the outcomes of all rows given reported parameters, truncated ones within their bounds. */
export function outcomeSimulator(
  predicted: Pick<RegressionSpecification, 'family' | 'data'>,
): (parameters: Float64Array, random: RandomStream) => Float64Array {
  const { family, data } = predicted;
  if (data.sets) return choiceSimulator(predicted);
  const { rows, trials, errors, limits } = data;
  const { writeInverse, simulateAt } = responseDistribution(family);
  const within = limits && hasBounds(limits) ? truncatedFamily(family) : null;
  const writeEta = etaOf(predicted);
  const writeOwn = parametersOfRow(predicted);
  const height = predictorsPerRow(data);
  const varies = variesByRow(predicted);
  const eta = new Float64Array(height * rows);
  const own = new Float64Array(distributionSources(predicted).length);
  return (parameters, random) => {
    writeEta(parameters, eta);
    const locations = Float64Array.from({ length: rows }, (_, i) => eta[height * i]);
    writeInverse(locations);
    return locations.map((location, i) => {
      if (i === 0 || varies) writeOwn(i, parameters, eta, own);
      const aux = errors ? withError(own, errors[i]) : own;
      const n = trials === null ? 1 : trials[i];
      if (limits === undefined || within === null) return simulateAt(location, aux, n, random);
      const bounds = { after: limits.after[i], upTo: limits.upTo[i] };
      return within.simulateAt(location, aux, n, bounds, random);
    });
  };
}

/** Choices of all sets: as many options are ranked in each as in the data. */
function choiceSimulator(
  predicted: Pick<RegressionSpecification, 'family' | 'data'>,
): (parameters: Float64Array, random: RandomStream) => Float64Array {
  const { options, starts, chosen } = stagesOf(outcomesOf(predicted.data));
  const writeEta = etaOf(predicted);
  const eta = new Float64Array(options.length);
  return (parameters, random) => {
    writeEta(parameters, eta);
    const ranks = new Float64Array(options.length);
    for (let set = 0; set < chosen.length; set++) {
      let left = [...options.subarray(starts[set], starts[set + 1])];
      for (let rank = 1; rank <= chosen[set]; rank++) {
        const shares = Float64Array.from(left, (row) => eta[row]);
        toShares(shares);
        const drawn = left[drawnOption(shares, random)];
        ranks[drawn] = rank;
        left = left.filter((row) => row !== drawn);
      }
    }
    return ranks;
  };
}

/** Offsets of a term's parameters in the reported ones; effects are (coefficient, level). */
interface TermPlaces {
  readonly sds: number;
  readonly correlations: number;
  readonly effects: number;
}

/** @param eta shape of the LKJ prior; null if there are no correlations */
function drawGroupTerm(
  { coefficients, levels }: GroupEffects,
  priors: readonly Prior[],
  eta: number | null,
  places: TermPlaces,
  parameters: Float64Array,
  random: RandomStream,
): void {
  const size = coefficients.length;
  priors.forEach((prior, c) => {
    parameters[places.sds + c] = drawPrior(prior, random);
  });
  const factor = eta === null ? identity(size) : drawLkjFactor(eta, size, random);
  if (eta !== null) writeCorrelations(factor, size, parameters, places.correlations);
  const sds = parameters.subarray(places.sds, places.sds + size);
  const z = new Float64Array(size);
  const effects = new Float64Array(size);
  for (let level = 0; level < levels.length; level++) {
    random.normals(z);
    writeCorrelatedEffects(sds, factor, z, effects);
    for (let c = 0; c < size; c++) {
      parameters[places.effects + c * levels.length + level] = effects[c];
    }
  }
}

function identity(size: number): Float64Array {
  const matrix = new Float64Array(size * size);
  for (let i = 0; i < size; i++) matrix[i * size + i] = 1;
  return matrix;
}

/** Reported names of the parameters with an improper prior, for example `b_x1`, in order. */
function improperPriors({ family, data, priors }: RegressionSpecification): string[] {
  const names: string[] = [];
  if (priors.intercept && !isProper(priors.intercept)) names.push('b_Intercept');
  if (!priors.gaps?.every(isProper) || !priors.thresholds?.some(isProper)) {
    const thresholds = thresholdNames(family);
    priors.thresholds?.forEach((prior, k) => {
      if (!isProper(prior)) names.push(`b_${thresholds[k]}`);
    });
  }
  const slopes = slopeNames(data);
  priors.coefficients.forEach((prior, j) => {
    if (!isProper(prior)) names.push(slopes[j] ?? `b_${data.predictors.names[j]}`);
  });
  data.groups.forEach(({ group, coefficients }, term) => {
    priors.sds[term].forEach((prior, c) => {
      if (!isProper(prior)) names.push(`sd_${group}__${coefficients[c]}`);
    });
  });
  auxiliaryOf(family).forEach((name, index) => {
    if (!isProper(priors.auxiliary[index])) names.push(name);
  });
  return [...names, ...improperLatents({ data, priors }, isProper)];
}

/** @throws WeighbridgeError `bad-argument` if any prior is improper; the message names all */
function requireProperPriors(specification: RegressionSpecification): void {
  const names = improperPriors(specification);
  const { thresholds = [], gaps } = specification.priors;
  if (
    names.length === 0 &&
    gaps &&
    (!gaps.every(isProper) || thresholds.filter(isProper).length > 1)
  ) {
    throw new WeighbridgeError(
      'bad-argument',
      'there are no independent draws from priors of several thresholds and of their gaps: expected a prior of class Intercept for one threshold, flat() for the others, and one of class delta for all gaps',
    );
  }
  if (names.length === 0) return;
  throw new WeighbridgeError(
    'bad-argument',
    `there are no draws from a prior that is flat, as that of ${names.join(', ')}: expected a proper one, for example normal(0, 1)`,
  );
}
