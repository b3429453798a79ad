/**
 * The posterior of a regression with all its constants, as a function of unconstrained coordinates u that are one
 * to one with the reported parameters:
 *
 *     log q(u) = Σ log p(y_i | θ) + log p(θ) + log |∂θ/∂u|,   ∫ q(u) du = p(y).
 *
 * u holds, in this order: coefficients, standard deviations and the family's own parameters, those with bounds moved to
 * the real line (parameter-priors.ts); the inverse hyperbolic tangents of canonical partial correlations
 * (correlation-cholesky.ts); the group effects as independent standard normals z, r = diag(sd) L z; and the intercept or
 * the thresholds. Intercepts, also those of linear predictors of parameters, are at the means of the predictors.
 * Thresholds of `cumulative` are τ_1 and the logarithms of the gaps. Parameters held by `constant(v)` are not in u.
 */
import betaln from '@stdlib/math-base-special-betaln';
import { auxiliaryOf, auxiliaryTraits } from '../../../models/families/family.js';
import { hasOrder, thresholdSpans, thresholdsOf } from '../../../models/families/thresholds.js';
import {
  correlationCount,
  writeCorrelatedEffects,
  writeCorrelationFactor,
  writeCorrelations,
} from '../../../models/multilevel/correlation-cholesky.js';
import { POSITIVE, parameterPriors, WHOLE_LINE } from '../../../models/parameter-priors.js';
import {
  isJoint,
  type Prior,
  priorDensity,
  type Support,
} from '../../../models/prior-distributions.js';
import {
  centrePredictors,
  columnsOfMean,
  type GroupEffects,
  type RegressionSpecification,
} from '../../../models/regression-data.js';
import { reportedLayout, rowLogLikelihood } from '../../../models/reported-parameters.js';
import { badArgument } from '../../checks/values.js';
import { priorText } from '../priors/prior-text.js';

interface PosteriorKernel {
  /** Length of u. */
  readonly dimension: number;
  /** Writes u of a draw of reported parameters. */
  writePosition(reported: Float64Array, position: Float64Array): void;
  /**
   * log q(u); −Infinity where rounding leaves no number.
   *
   * @param likelihoods receives log p(y_i | θ) of each row; of a choice set at its first row
   */
  logDensity(position: Float64Array, likelihoods?: Float64Array): number;
}

/** Part of the coordinates: its prior and Jacobian, and the reported parameters that it is one to one with. */
interface Block {
  readonly length: number;
  /** Writes the block's u, at `start`, of reported parameters. */
  write(reported: Float64Array, position: Float64Array, start: number): void;
  /** Writes the block's reported parameters; returns the log prior with the log Jacobian. */
  read(position: Float64Array, start: number, reported: Float64Array): number;
}

/**
 * @param asked what needs it, for messages
 * @throws WeighbridgeError `bad-argument` for priors or thresholds that are not known here
 */
export function posteriorKernel(
  specification: RegressionSpecification,
  asked: string,
): PosteriorKernel {
  requireKnown(specification, asked);
  const { data } = specification;
  const blocks = [
    singleParameters(specification),
    ...data.groups.flatMap((_, term) => groupBlocks(specification, term)),
    // Last: moves intercepts by coefficients that are known then.
    intercepts(specification),
  ];
  const starts: number[] = [];
  let dimension = 0;
  for (const { length } of blocks) {
    starts.push(dimension);
    dimension += length;
  }
  const reported = new Float64Array(reportedLayout(specification).length);
  const own = new Float64Array(data.rows);
  const logLikelihood = rowLogLikelihood(specification);
  return {
    dimension,
    writePosition(from, position) {
      blocks.forEach((block, i) => {
        block.write(from, position, starts[i]);
      });
    },
    logDensity(position, rows = own) {
      let sum = 0;
      blocks.forEach((block, i) => {
        sum += block.read(position, starts[i], reported);
      });
      logLikelihood(reported, rows);
      for (const row of rows) sum += row;
      return Number.isNaN(sum) ? Number.NEGATIVE_INFINITY : sum;
    },
  };
}

/** Throws `bad-argument` for slopes without a prior of their own, and for thresholds that are not free. */
function requireKnown({ family, data, priors }: RegressionSpecification, asked: string): void {
  if (family.threshold !== undefined) {
    throw badArgument(
      `${asked} is not known of ${family.threshold} thresholds: expected flexible ones`,
    );
  }
  if (data.terms || data.latents) {
    throw badArgument(
      `${asked} is not known with terms such as s(x), mo(x), me(x, s) and mi(x): use fits by loo`,
    );
  }
  const joint = priors.coefficients.find(isJoint);
  if (joint) {
    throw badArgument(
      `${asked} is not known with the prior ${priorText(joint)}: expected other priors`,
    );
  }
}

function isConstant(prior: Prior | null): prior is Prior & { readonly distribution: 'constant' } {
  return prior?.distribution === 'constant';
}

interface SingleParameter {
  readonly prior: Prior;
  /** Its place among the reported parameters. */
  readonly place: number;
  /** Its ends, in addition to those of the prior. */
  readonly natural: Support;
}

/** Coefficients, standard deviations and the family's own parameters. */
function singleParameters(specification: RegressionSpecification): Block {
  const { family, priors } = specification;
  const layout = reportedLayout(specification);
  const all: SingleParameter[] = [
    ...priors.coefficients.map((prior, j) => ({
      prior,
      place: layout.slopes + j,
      natural: WHOLE_LINE,
    })),
    ...priors.sds.flat().map((prior, k) => ({ prior, place: layout.sds + k, natural: POSITIVE })),
    ...auxiliaryOf(family).map((name, a) => ({
      prior: priors.auxiliary[a],
      place: layout.auxiliary + a,
      natural: auxiliaryTraits(family, name),
    })),
  ];
  const held = all.flatMap(({ prior, place }) =>
    isConstant(prior) ? [{ place, value: prior.value }] : [],
  );
  const free = all.filter(({ prior }) => !isConstant(prior));
  const placed = parameterPriors(
    free.map(({ prior }) => prior),
    free.map(({ natural }) => natural),
  );
  const parts = partIntercepts(specification);
  const moved = new Float64Array(layout.length);
  const parameters = new Float64Array(free.length);
  const gradient = new Float64Array(free.length);
  return {
    length: free.length,
    write(reported, position, start) {
      moved.set(reported);
      for (const { place, shiftOf } of parts) moved[place] += shiftOf(reported);
      free.forEach(({ place }, i) => {
        parameters[i] = moved[place];
      });
      position.set(placed.positionOf(parameters), start);
    },
    read(position, start, reported) {
      const own = position.subarray(start, start + free.length);
      placed.constrain(own, parameters);
      free.forEach(({ place }, i) => {
        reported[place] = parameters[i];
      });
      for (const { place, value } of held) reported[place] = value;
      for (const { place, shiftOf } of parts) reported[place] -= shiftOf(reported);
      return placed.addTo(own, parameters, gradient);
    },
  };
}

/** Intercepts of linear predictors of parameters, and what moves each to the means of its predictors. */
function partIntercepts(specification: RegressionSpecification) {
  const { data } = specification;
  const { slopes } = reportedLayout(specification);
  const { means } = centrePredictors(data);
  return (data.parts ?? []).flatMap(({ intercept, first, columns }) =>
    intercept
      ? [
          {
            place: slopes + first,
            shiftOf: shift(means, slopes, first + 1, first + columns),
          },
        ]
      : [],
  );
}

/** Σ b_j x̄_j of reported slopes in some columns. */
function shift(means: Float64Array, slopes: number, first: number, end: number) {
  return (reported: Float64Array): number => {
    let sum = 0;
    for (let j = first; j < end; j++) sum += reported[slopes + j] * means[j];
    return sum;
  };
}

/** The intercept or the thresholds, at the means of the predictors. */
function intercepts(specification: RegressionSpecification): Block {
  const { family, data, priors } = specification;
  const { slopes } = reportedLayout(specification);
  const { means } = centrePredictors(data);
  const held = isConstant(priors.intercept) ? priors.intercept.value : null;
  const free = held === null && priors.intercept ? [priors.intercept] : [];
  const densities = (priors.thresholds ?? free).map(priorDensity);
  const gaps = (priors.gaps ?? []).map(priorDensity);
  const sign = thresholdsOf(family) > 0 ? -1 : 1;
  const isOrdered = thresholdsOf(family) > 0 && hasOrder(family);
  const toMeans = shift(means, slopes, 0, columnsOfMean(data));
  const shiftOf = (reported: Float64Array) => sign * toMeans(reported);
  const firsts = new Set(thresholdSpans(family).map(({ first }) => first));
  return {
    length: densities.length,
    write(reported, position, start) {
      const shift = shiftOf(reported);
      for (let k = 0; k < densities.length; k++) {
        const gap = reported[k] - (reported[k - 1] ?? 0);
        position[start + k] = isOrdered && !firsts.has(k) ? Math.log(gap) : reported[k] + shift;
      }
    },
    read(position, start, reported) {
      const shift = shiftOf(reported);
      if (held !== null) reported[0] = held - shift;
      let sum = 0;
      for (let k = 0; k < densities.length; k++) {
        const u = position[start + k];
        const isGap = isOrdered && !firsts.has(k);
        reported[k] = isGap ? reported[k - 1] + Math.exp(u) : u - shift;
        sum += densities[k].logDensity(reported[k] + shift) + (isGap ? u : 0);
        if (isGap && gaps.length > 0) sum += gaps[k - 1].logDensity(reported[k] - reported[k - 1]);
      }
      return sum;
    },
  };
}

/** The correlations of a group term, and its effects. */
function groupBlocks(specification: RegressionSpecification, term: number): Block[] {
  const group = specification.data.groups[term];
  const size = group.coefficients.length;
  const factor = new Float64Array(size * size);
  const eta = specification.priors.correlations[term];
  for (let i = 0; i < size; i++) factor[i * (size + 1)] = 1;
  const effects = effectsOf(specification, term, factor);
  return eta === null || eta === undefined
    ? [effects]
    : [correlationsOf(specification, term, eta, factor), effects];
}

/** @param factor L, which is written */
function correlationsOf(
  specification: RegressionSpecification,
  term: number,
  eta: number,
  factor: Float64Array,
): Block {
  const { groups } = specification.data;
  const size = groups[term].coefficients.length;
  const length = correlationCount(size);
  const before = groups.slice(0, term).reduce((sum, group) => sum + correlationsIn(group), 0);
  const place = reportedLayout(specification).correlations + before;
  return {
    length,
    write(reported, position, start) {
      writeFactor(reported, place, size, factor);
      let index = start;
      for (let i = 1; i < size; i++) {
        let remaining = 1;
        for (let j = 0; j < i; j++) {
          const z = factor[i * size + j] / remaining;
          position[index++] = Math.atanh(z);
          remaining *= Math.sqrt((1 - z) * (1 + z));
        }
      }
    },
    read(position, start, reported) {
      writeCorrelationFactor(position, start, size, factor);
      writeCorrelations(factor, size, reported, place);
      let sum = 0;
      let index = start;
      for (let i = 1; i < size; i++) {
        for (let j = 0; j < i; j++) {
          // (1 + z) / 2 ~ beta(c, c), z = tanh u.
          const c = eta - 1 + 0.5 * (size - j);
          sum -= 2 * c * Math.log(Math.cosh(position[index++]));
          sum -= (2 * c - 1) * Math.LN2 + betaln(c, c);
        }
      }
      return sum;
    },
  };
}

function correlationsIn({ coefficients, correlated }: GroupEffects): number {
  return correlated ? correlationCount(coefficients.length) : 0;
}

/** L of the reported correlations, row-major: R = L Lᵀ. */
function writeFactor(
  reported: Float64Array,
  place: number,
  size: number,
  factor: Float64Array,
): void {
  factor[0] = 1;
  let index = place;
  for (let i = 1; i < size; i++) {
    let squares = 0;
    for (let j = 0; j < i; j++) {
      let sum = reported[index++];
      for (let m = 0; m < j; m++) sum -= factor[i * size + m] * factor[j * size + m];
      factor[i * size + j] = sum / factor[j * (size + 1)];
      squares += factor[i * size + j] ** 2;
    }
    factor[i * (size + 1)] = Math.sqrt(1 - squares);
  }
}

const LOG_ROOT_TWO_PI = 0.5 * Math.log(2 * Math.PI);

/** @param factor L, which the block before has written */
function effectsOf(
  specification: RegressionSpecification,
  term: number,
  factor: Float64Array,
): Block {
  const { groups } = specification.data;
  const { coefficients, levels } = groups[term];
  const size = coefficients.length;
  const layout = reportedLayout(specification);
  const first = groups.slice(0, term).reduce((sum, one) => sum + one.coefficients.length, 0);
  const sdsAt = layout.sds + first;
  const place = layout.groupEffects[term];
  const one = new Float64Array(size);
  const z = new Float64Array(size);
  const length = size * levels.length;
  return {
    length,
    write(reported, position, start) {
      for (let level = 0; level < levels.length; level++) {
        for (let c = 0; c < size; c++) {
          let sum = reported[place + c * levels.length + level] / reported[sdsAt + c];
          for (let m = 0; m < c; m++) sum -= factor[c * size + m] * z[m];
          z[c] = sum / factor[c * (size + 1)];
        }
        position.set(z, start + level * size);
      }
    },
    read(position, start, reported) {
      const sds = reported.subarray(sdsAt, sdsAt + size);
      let sum = -length * LOG_ROOT_TWO_PI;
      for (let level = 0; level < levels.length; level++) {
        for (let c = 0; c < size; c++) {
          z[c] = position[start + level * size + c];
          sum -= 0.5 * z[c] * z[c];
        }
        writeCorrelatedEffects(sds, factor, z, one);
        for (let c = 0; c < size; c++) reported[place + c * levels.length + level] = one[c];
      }
      return sum;
    },
  };
}
