/**
 * The parameters θ of a multilevel regression, without its group effects: their maps to the real
 * line, and their priors. In order:
 *
 *     α, β     as their priors have them; α at the predictors' means
 *     sd       of each coefficient of each group term, by the map `sdMap` to log sd
 *     aux      σ, ν, the shape: logarithms above their least value; the gaps of an ordinal family's
 *              thresholds, whose common place is −α (sampled-thresholds.ts)
 *     blocks   further parameters of coefficients that are a function of others (coefficient-blocks.ts)
 *     R        correlations of each term's coefficients (correlation-cholesky.ts)
 *
 * The density depends on the coefficients (α, β), on aux, and for each grouping factor on the
 * loadings Λ = diag(sd) L of its effects u = Λ v, v ~ normal(0, I).
 */

import { type BlockedPriors, sigmaAmong, withBlocks } from '../coefficient-blocks.js';
import { gapsOf, sampledEnds } from '../families/thresholds.js';
import { POSITIVE, WHOLE_LINE } from '../parameter-priors.js';
import { type Prior, type Support, supportOf } from '../prior-distributions.js';
import {
  moveIntercepts,
  type RegressionData,
  type RegressionSpecification,
} from '../regression-data.js';
import { reportedLayout } from '../reported-parameters.js';
import { type SampledThresholds, sampledThresholds } from '../sampled-thresholds.js';
import {
  addCorrelationGradient,
  addLkj,
  correlationCount,
  writeCorrelationFactor,
  writeCorrelations,
} from './correlation-cholesky.js';
import type { FactorTerm, GroupFactor } from './rows.js';

/** The inputs of the density, or its gradient with respect to them. */
interface Natural {
  /** (α, β): the intercept first, if there is one. */
  readonly coefficients: Float64Array;
  /** Λ of each factor, row-major and lower triangular. */
  readonly loadings: readonly Float64Array[];
  readonly aux: Float64Array;
}

/** A group term: its positions in θ and in its factor, and its values at the last θ read. */
interface Term {
  /** Positions of its first standard deviation, and of its first correlation. */
  readonly sds: number;
  readonly correlations: number;
  /** η of the LKJ prior; null without correlations. */
  readonly eta: number | null;
  readonly factorIndex: number;
  /** Coefficients of the factor. */
  readonly width: number;
  readonly place: FactorTerm;
  /** L, and its gradient. */
  readonly lower: Float64Array;
  readonly lowerGradient: Float64Array;
}

export class MultilevelParameters {
  /** Length of θ. */
  readonly dimension: number;
  readonly values: Natural;
  readonly gradients: Natural;
  /** Places in θ of standard deviations and correlations. */
  readonly groupPlaces: readonly number[];

  readonly #means: Float64Array;
  readonly #data: RegressionData;
  readonly #terms: readonly Term[];
  readonly #priors: BlockedPriors;
  readonly #layout: ReturnType<typeof reportedLayout>;
  readonly #thresholds: SampledThresholds | null;
  /** Numbers of coefficients and of standard deviations; the auxiliary parameters follow both. */
  readonly #coefficients: number;
  readonly #sdCount: number;
  /** Length of θ without correlations, with the further parameters of blocks. */
  readonly #scalars: number;
  /** False for a standard deviation whose prior has an upper bound: it is not sampled as its logarithm. */
  readonly #hasMap: readonly boolean[];
  readonly #resolutions: number[];
  #maps: readonly SdMap[];
  /** θ last read; its scalars as `ParameterPriors` has them, and as parameters; and ∂/∂ these. */
  readonly #theta: Float64Array;
  readonly #position: Float64Array;
  readonly #constrained: Float64Array;
  readonly #slopes: Float64Array;

  /** @param means of the predictors, at which the intercept is defined; zeros without an intercept */
  constructor(
    specification: RegressionSpecification,
    factors: readonly GroupFactor[],
    means: Float64Array,
  ) {
    const { data, priors, family } = specification;
    const ends = sampledEnds(family);
    const coefficients = (data.intercept ? 1 : 0) + priors.coefficients.length;
    const sds = priors.sds.flat();
    const auxStart = coefficients + sds.length;
    const auxEnd = auxStart + ends.length;
    const flat: Prior = { distribution: 'flat' };
    const gaps = priors.gaps ?? new Array<Prior>(gapsOf(family)).fill(flat);
    this.#thresholds = sampledThresholds(
      { family, data, priors },
      auxStart + priors.auxiliary.length,
    );
    this.#means = means;
    this.#data = data;
    this.#coefficients = coefficients;
    this.#sdCount = sds.length;
    this.#layout = reportedLayout(specification);
    this.#priors = withBlocks(
      specification,
      [
        ...(data.intercept ? [priors.intercept ?? flat] : []),
        ...priors.coefficients,
        ...sds,
        ...priors.auxiliary,
        ...gaps,
      ],
      [...new Array<Support>(coefficients).fill(WHOLE_LINE), ...sds.map(() => POSITIVE), ...ends],
      { coefficients: data.intercept ? 1 : 0, sigma: sigmaAmong(specification, auxStart) },
    );
    const scalars = this.#priors.length;
    this.#scalars = scalars;
    this.#terms = termsOf({ data, priors }, factors, coefficients, scalars);
    const last = this.#terms.at(-1);
    this.dimension = last ? last.correlations + correlationsOf(last) : scalars;
    this.#hasMap = sds.map((prior) => !Number.isFinite(supportOf(prior).upper));
    this.#resolutions = sds.map(() => Number.NEGATIVE_INFINITY);
    this.#maps = this.#resolutions.map(sdMap);
    this.#theta = new Float64Array(this.dimension);
    this.#position = new Float64Array(scalars);
    this.#constrained = new Float64Array(scalars);
    this.#slopes = new Float64Array(scalars);
    const naturalIn = (buffer: Float64Array): Natural => ({
      coefficients: buffer.subarray(0, coefficients),
      loadings: factors.map(({ size }) => new Float64Array(size * size)),
      aux: buffer.subarray(auxStart, auxEnd),
    });
    this.values = naturalIn(this.#constrained);
    this.gradients = naturalIn(this.#slopes);
    this.groupPlaces = [
      ...sds.map((_, j) => coefficients + j),
      ...Array.from({ length: this.dimension - scalars }, (_, j) => scalars + j),
    ];
  }

  /** Sets `values` and zeroes `gradients`. */
  read(from: Float64Array): void {
    const theta = this.#theta;
    const position = this.#position;
    const first = this.#coefficients;
    for (let j = 0; j < theta.length; j++) theta[j] = from[j];
    for (let j = 0; j < position.length; j++) position[j] = from[j];
    for (let m = 0; m < this.#sdCount; m++) {
      position[first + m] = this.#maps[m].read(from[first + m]);
    }
    this.#priors.constrain(position, this.#constrained);
    this.#slopes.fill(0);
    for (const loadings of this.gradients.loadings) loadings.fill(0);
    for (const term of this.#terms) {
      readTerm(term, theta, this.#constrained, this.values.loadings);
    }
  }

  /** Curvature of the prior of each coefficient at the θ last read; Infinity for a bounded one. */
  coefficientPrecisions(): Float64Array {
    const { coefficients } = this.values;
    return coefficients.map((value, j) => {
      const density = this.#priors.densityOf(j);
      return density ? Math.max(0, -density.secondDerivative(value)) : Number.POSITIVE_INFINITY;
    });
  }

  /** Adds the slope of the log prior of each unbounded coefficient at the θ last read. */
  addCoefficientSlopes(target: Float64Array): void {
    const { coefficients } = this.values;
    if (this.#thresholds && this.#data.intercept) {
      target[0] += this.#thresholds.locationSlope(this.#constrained);
    }
    for (let j = 0; j < coefficients.length; j++) {
      target[j] += this.#priors.densityOf(j)?.derivative(coefficients[j]) ?? 0;
    }
  }

  /** Moves the unbounded coefficients of the θ last read. The gradient by θ is then that at the moved ones. */
  moveCoefficients(by: Float64Array): void {
    for (let j = 0; j < by.length; j++) {
      this.#position[j] += by[j];
      this.#constrained[j] += by[j];
    }
  }

  /**
   * Writes the gradient by the θ last read, from `gradients` and priors, to the start of
   * `gradient`; returns the log prior with the log Jacobians.
   */
  finish(gradient: Float64Array): number {
    const theta = this.#theta;
    const constrained = this.#constrained;
    const slopes = this.#slopes;
    const first = this.#coefficients;
    let logPrior = 0;
    for (let j = this.#scalars; j < theta.length; j++) gradient[j] = 0;
    for (const term of this.#terms) {
      finishTerm(term, theta, constrained, this.gradients.loadings, slopes, gradient);
      const { eta, correlations, place } = term;
      if (eta !== null) logPrior += addLkj(eta, theta, correlations, place.size, gradient);
    }
    if (this.#thresholds) logPrior += this.#thresholds.addPrior(constrained, slopes);
    logPrior += this.#priors.addTo(this.#position, constrained, slopes);
    for (let m = 0; m < this.#sdCount; m++) {
      const slope = this.#maps[m].slope();
      logPrior += Math.log(slope);
      slopes[first + m] = slopes[first + m] * slope + this.#maps[m].logSlopeDerivative();
    }
    for (let j = 0; j < slopes.length; j++) gradient[j] = slopes[j];
    return logPrior;
  }

  /** Writes the reported parameters of the θ last read, in the order of reported-parameters.ts. */
  report(parameters: Float64Array): void {
    const constrained = this.#constrained;
    const layout = this.#layout;
    const first = this.#data.intercept ? 1 : 0;
    const thresholds = this.#thresholds;
    const atZero = constrained.slice(0, this.#coefficients);
    moveIntercepts(this.#data, this.#means, atZero);
    if (thresholds) thresholds.report(constrained, first === 1 ? atZero[0] : 0, parameters);
    else if (first === 1) parameters[0] = atZero[0];
    for (let j = 0; j < layout.sds - layout.slopes; j++) {
      parameters[layout.slopes + j] = atZero[first + j];
    }
    for (let m = 0; m < this.#sdCount; m++) {
      parameters[layout.sds + m] = constrained[this.#coefficients + m];
    }
    let index = layout.correlations;
    for (const term of this.#terms) {
      if (term.eta === null) continue;
      writeCorrelations(term.lower, term.place.size, parameters, index);
      index += correlationsOf(term);
    }
    this.#priors.report(layout, parameters);
    if (thresholds) return;
    for (const value of this.values.aux) parameters[index++] = value;
  }

  /** θ of these values; a standard deviation for each coefficient of each factor, no correlations. */
  thetaOf(
    coefficients: Float64Array,
    sds: readonly Float64Array[],
    aux: Float64Array,
  ): Float64Array {
    const first = this.#coefficients;
    const parameters = new Float64Array(this.#scalars);
    parameters.set(coefficients);
    for (const { sds: start, place, factorIndex } of this.#terms) {
      parameters.set(sds[factorIndex].subarray(place.start, place.start + place.size), start);
    }
    parameters.set(aux, first + this.#sdCount);
    const theta = new Float64Array(this.dimension);
    theta.set(this.#priors.unconstrain(parameters));
    this.#resolutions.forEach((resolution, m) => {
      theta[first + m] = inverseSdMap(resolution, theta[first + m]);
    });
    return theta;
  }

  /**
   * Sets the smallest standard deviation that the data distinguish from zero, as its logarithm, for
   * each coefficient of each factor; rewrites `theta` so that it represents the same parameters.
   */
  setResolutions(resolutions: readonly (readonly number[])[], theta: Float64Array): void {
    const first = this.#coefficients;
    const logSds = this.#maps.map((map, m) => map.read(theta[first + m]));
    for (const { sds, place, factorIndex } of this.#terms) {
      for (let c = 0; c < place.size; c++) {
        const m = sds - first + c;
        if (this.#hasMap[m]) this.#resolutions[m] = resolutions[factorIndex][place.start + c];
      }
    }
    this.#maps = this.#resolutions.map(sdMap);
    logSds.forEach((logSd, m) => {
      theta[first + m] = inverseSdMap(this.#resolutions[m], logSd);
    });
  }
}

function termsOf(
  { data, priors }: Pick<RegressionSpecification, 'data' | 'priors'>,
  factors: readonly GroupFactor[],
  firstSd: number,
  firstCorrelation: number,
): Term[] {
  let sds = firstSd;
  let correlations = firstCorrelation;
  return data.groups.map((group, index) => {
    const factorIndex = factors.findIndex(({ terms }) => terms.some(({ term }) => term === index));
    const { terms: places, size: width } = factors[factorIndex];
    const [place] = places.filter(({ term }) => term === index);
    const { size } = place;
    const lower = new Float64Array(size * size);
    for (let c = 0; c < size; c++) lower[c * (size + 1)] = 1;
    const term: Term = {
      sds,
      correlations,
      eta: group.correlated && size > 1 ? (priors.correlations[index] ?? 1) : null,
      factorIndex,
      width,
      place,
      lower,
      lowerGradient: new Float64Array(size * size),
    };
    sds += size;
    correlations += correlationsOf(term);
    return term;
  });
}

function correlationsOf({ eta, place }: Term): number {
  return eta === null ? 0 : correlationCount(place.size);
}

/** Λ_ij = sd_i L_ij. */
function readTerm(
  { sds, correlations, eta, place, lower, width, factorIndex }: Term,
  theta: Float64Array,
  constrained: Float64Array,
  loadings: readonly Float64Array[],
): void {
  const { size } = place;
  if (eta !== null) writeCorrelationFactor(theta, correlations, size, lower);
  const target = loadings[factorIndex];
  for (let i = 0; i < size; i++) {
    const sd = constrained[sds + i];
    for (let j = 0; j <= i; j++) {
      target[(place.start + i) * width + place.start + j] = sd * lower[i * size + j];
    }
  }
}

function finishTerm(
  { sds, correlations, eta, place, lower, lowerGradient, width, factorIndex }: Term,
  theta: Float64Array,
  constrained: Float64Array,
  loadingGradients: readonly Float64Array[],
  slopes: Float64Array,
  gradient: Float64Array,
): void {
  const { size } = place;
  const source = loadingGradients[factorIndex];
  for (let i = 0; i < size; i++) {
    let sum = 0;
    for (let j = 0; j <= i; j++) {
      const entry = source[(place.start + i) * width + place.start + j];
      sum += entry * lower[i * size + j];
      lowerGradient[i * size + j] = entry * constrained[sds + i];
    }
    slopes[sds + i] += sum;
  }
  if (eta !== null) {
    addCorrelationGradient(theta, correlations, size, lower, lowerGradient, gradient);
  }
}

/**
 * The logarithm of a standard deviation of group effects from an unconstrained u. Data distinguish a
 * standard deviation from zero only down to a resolution e^c; below it the likelihood is flat, and the
 * density of log sd falls no faster than sd itself: an exponential tail, on which trajectories turn
 * late and the normal approximation is bad. With
 *
 *     log sd = w(u) = u − ½ r²,    r = log(1 + e^(c − u)),
 *
 * u is log sd above the resolution, and the tail below is e^w ≈ exp(−½ (u − c)²), a normal's. As for
 * derivatives, with p = 1 / (1 + e^(u − c)): w′ = 1 + r p, w″ = −p² − r p (1 − p).
 */
interface SdMap {
  /** w(u); sets the others for this u. */
  read(u: number): number;
  /** w′. */
  slope(): number;
  /** d/du of log w′. */
  logSlopeDerivative(): number;
}

/** @param c log of the resolution; −Infinity for w(u) = u */
function sdMap(c: number): SdMap {
  let slope = 1;
  let logSlopeDerivative = 0;
  return {
    read(u) {
      const r = softplus(c - u);
      const p = 1 / (1 + Math.exp(u - c));
      slope = 1 + r * p;
      logSlopeDerivative = (-p * p - r * p * (1 - p)) / slope;
      return u - 0.5 * r * r;
    },
    slope: () => slope,
    logSlopeDerivative: () => logSlopeDerivative,
  };
}

/** u of log sd = w(u), by Newton's method: w is increasing and concave. */
function inverseSdMap(c: number, logSd: number): number {
  const map = sdMap(c);
  let u = logSd;
  for (let round = 0; round < 50; round++) {
    const step = (logSd - map.read(u)) / map.slope();
    u += step;
    if (Math.abs(step) < 1e-12 * (1 + Math.abs(u))) break;
  }
  return u;
}

/**
 * Returns c for a coefficient whose levels have information h_j. Near zero the log likelihood of sd² has
 * the curvature ½ Σ h_j², so that sd² is known to (½ Σ h_j²)^(−1/2).
 */
export function resolution(informations: readonly number[]): number {
  const squares = informations.reduce((sum, h) => sum + h * h, 0);
  return squares > 0 ? -0.25 * Math.log(0.5 * squares) : Number.NEGATIVE_INFINITY;
}

/** log(1 + e^x) without overflow. */
function softplus(x: number): number {
  return x > 0 ? x + Math.log1p(Math.exp(-x)) : Math.log1p(Math.exp(x));
}
