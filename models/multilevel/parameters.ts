/**
 * The parameters of a multilevel regression but for its group effects, θ: how they lie on the real
 * line, and their priors. In order:
 *
 *     α, β     as their priors have them; α at the predictors' means
 *     sd       of each coefficient of each group term, by the map of group-sd-map.ts to log sd
 *     aux      σ, ν, the shape: logarithms above their least value
 *     R        correlations of each term's coefficients (correlation-cholesky.ts)
 *
 * What the density is made of are the column of coefficients (α, β), for each grouping factor the
 * loadings Λ = diag(sd) L of its effects u = Λ v, v ~ normal(0, I), and aux.
 */

import { auxiliaryLowerBound, auxiliaryOf } from '../families/family.js';
import { parameterPriors } from '../parameter-priors.js';
import { priorDensity } from '../prior-distributions.js';
import type { RegressionSpecification } from '../regression-data.js';
import {
  addCorrelationGradient,
  addLkj,
  correlationCount,
  writeCorrelationFactor,
  writeCorrelations,
} from './correlation-cholesky.js';
import type { FactorTerm, GroupFactor } from './factors.js';
import { inverseSdMap, type SdMap, sdMap } from './group-sd-map.js';

/** What the density is made of, or its gradient with respect to that. */
export interface Natural {
  /** (α, β): the intercept first, where there is one. */
  readonly coefficients: Float64Array;
  /** Λ of each factor, row-major and lower triangular. */
  readonly loadings: readonly Float64Array[];
  readonly aux: Float64Array;
}

export interface MultilevelParameters {
  /** Length of θ. */
  readonly dimension: number;
  readonly values: Natural;
  readonly gradients: Natural;
  /** Sets `values` and zeroes `gradients`. */
  read(theta: Float64Array): void;
  /**
   * Writes to the first elements of `gradient` that of the θ last read, `gradients` and priors
   * together; returns the log prior with the log Jacobians.
   */
  finish(gradient: Float64Array): number;
  /** Writes the reported parameters of the θ last read, in the order of reported-parameters.ts. */
  report(parameters: Float64Array): void;
  /** θ of these values; a standard deviation for each coefficient of each factor, no correlations. */
  thetaOf(
    coefficients: Float64Array,
    sds: readonly Float64Array[],
    aux: Float64Array,
  ): Float64Array;
  /**
   * Sets down to what the data can tell a standard deviation from zero, as its logarithm, for each
   * coefficient of each factor; rewrites `theta`, which then means what it meant before.
   */
  setResolutions(resolutions: readonly (readonly number[])[], theta: Float64Array): void;
  /** Places in θ of standard deviations and correlations. */
  readonly groupPlaces: readonly number[];
}

/** A group term: its places in θ and in its factor, and what was last read of it. */
interface Term {
  /** Of its first standard deviation, and of its first correlation. */
  readonly sds: number;
  readonly correlations: number;
  /** η of the LKJ prior; null where there are no correlations. */
  readonly eta: number | null;
  readonly factorIndex: number;
  /** Coefficients of the factor. */
  readonly width: number;
  readonly place: FactorTerm;
  /** L, and its gradient. */
  readonly lower: Float64Array;
  readonly lowerGradient: Float64Array;
}

/** @param means of the predictors, from which the intercept is counted; zeros where there is none */
export function multilevelParameters(
  specification: RegressionSpecification,
  factors: readonly GroupFactor[],
  means: Float64Array,
): MultilevelParameters {
  const { data, priors, family } = specification;
  const auxiliary = auxiliaryOf(family);
  const coefficients = (priors.intercept ? 1 : 0) + priors.coefficients.length;
  const sdCount = data.groups.reduce((sum, group) => sum + group.coefficients.length, 0);
  const auxStart = coefficients + sdCount;
  const scalars = auxStart + auxiliary.length;
  const terms = termsOf(specification, factors, coefficients, scalars);
  const last = terms[terms.length - 1];
  const dimension = last.correlations + correlationsOf(last);
  const ownPriors = parameterPriors(
    [
      ...(priors.intercept ? [priors.intercept] : []),
      ...priors.coefficients,
      ...priors.sds.flat(),
      ...priors.auxiliary,
    ],
    [
      ...new Array<number>(coefficients).fill(Number.NEGATIVE_INFINITY),
      ...new Array<number>(sdCount).fill(0),
      ...auxiliary.map((name) => auxiliaryLowerBound[name]),
    ],
  );
  // One with an upper end has no logarithm for its place.
  const hasMap = priors.sds.flat().map((prior) => !Number.isFinite(priorDensity(prior).upper));
  const resolutions = new Array<number>(sdCount).fill(Number.NEGATIVE_INFINITY);
  let maps: SdMap[] = resolutions.map(sdMap);
  const position = new Float64Array(scalars);
  const constrained = new Float64Array(scalars);
  const slopes = new Float64Array(scalars);
  const theta = new Float64Array(dimension);
  const naturalIn = (buffer: Float64Array): Natural => ({
    coefficients: buffer.subarray(0, coefficients),
    loadings: factors.map(({ size }) => new Float64Array(size * size)),
    aux: buffer.subarray(auxStart, scalars),
  });
  const values = naturalIn(constrained);
  const gradients = naturalIn(slopes);

  return {
    dimension,
    values,
    gradients,
    groupPlaces: [
      ...Array.from({ length: sdCount }, (_, j) => coefficients + j),
      ...Array.from({ length: dimension - scalars }, (_, j) => scalars + j),
    ],
    read(from) {
      for (let j = 0; j < dimension; j++) theta[j] = from[j];
      for (let j = 0; j < scalars; j++) position[j] = from[j];
      for (let m = 0; m < sdCount; m++) {
        position[coefficients + m] = maps[m].read(from[coefficients + m]);
      }
      ownPriors.constrain(position, constrained);
      slopes.fill(0);
      for (const loadings of gradients.loadings) loadings.fill(0);
      for (const term of terms) readTerm(term, theta, constrained, values.loadings);
    },
    finish(gradient) {
      let logPrior = 0;
      for (let j = scalars; j < dimension; j++) gradient[j] = 0;
      for (const term of terms) {
        finishTerm(term, theta, constrained, gradients.loadings, slopes, gradient);
        const { eta, correlations, place } = term;
        if (eta !== null) logPrior += addLkj(eta, theta, correlations, place.size, gradient);
      }
      logPrior += ownPriors.addTo(position, constrained, slopes);
      for (let m = 0; m < sdCount; m++) {
        const slope = maps[m].slope();
        logPrior += Math.log(slope);
        slopes[coefficients + m] = slopes[coefficients + m] * slope + maps[m].logSlopeDerivative();
      }
      for (let j = 0; j < scalars; j++) gradient[j] = slopes[j];
      return logPrior;
    },
    report(parameters) {
      let index = 0;
      for (let j = 0; j < auxStart; j++) parameters[index++] = constrained[j];
      if (data.intercept) {
        for (let j = 0; j < means.length; j++) parameters[0] -= constrained[j + 1] * means[j];
      }
      for (const term of terms) {
        if (term.eta === null) continue;
        writeCorrelations(term.lower, term.place.size, parameters, index);
        index += correlationsOf(term);
      }
      for (const value of values.aux) parameters[index++] = value;
    },
    thetaOf(at, sds, aux) {
      const parameters = new Float64Array(scalars);
      parameters.set(at);
      for (const { sds: start, place, factorIndex } of terms) {
        const own = sds[factorIndex].subarray(place.start, place.start + place.size);
        parameters.set(own, start);
      }
      parameters.set(aux, auxStart);
      const result = new Float64Array(dimension);
      result.set(ownPriors.unconstrain(parameters));
      for (let m = 0; m < sdCount; m++) {
        result[coefficients + m] = inverseSdMap(resolutions[m], result[coefficients + m]);
      }
      return result;
    },
    setResolutions(known, at) {
      const logSds = maps.map((map, m) => map.read(at[coefficients + m]));
      for (const { sds, place, factorIndex } of terms) {
        for (let c = 0; c < place.size; c++) {
          const m = sds - coefficients + c;
          if (hasMap[m]) resolutions[m] = known[factorIndex][place.start + c];
        }
      }
      maps = resolutions.map(sdMap);
      logSds.forEach((logSd, m) => {
        at[coefficients + m] = inverseSdMap(resolutions[m], logSd);
      });
    },
  };
}

function termsOf(
  { data, priors }: RegressionSpecification,
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
