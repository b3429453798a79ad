/**
 * The posterior of a regression with all its constants, as a function of unconstrained coordinates u that are one
 * to one with the reported parameters:
 *
 *     log q(u) = Σ log p(y_i | θ) + log p(θ) + log |∂θ/∂u|,   ∫ q(u) du = p(y).
 *
 * u holds, in this order: the intercept or the thresholds at the means of the predictors; coefficients, standard
 * deviations and the family's own parameters, those with bounds moved to the real line (parameter-priors.ts); the
 * inverse hyperbolic tangents of canonical partial correlations (correlation-cholesky.ts); and the group effects as
 * independent standard normals z, r = diag(sd) L z. Thresholds of `cumulative` are τ_1 and the logarithms of the gaps.
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
import { isJoint, priorDensity } from '../../../models/prior-distributions.js';
import {
  centrePredictors,
  type GroupEffects,
  type RegressionSpecification,
} from '../../../models/regression-data.js';
import { reportedLayout, rowLogLikelihood } from '../../../models/reported-parameters.js';
import { WeighbridgeError } from '../../errors.js';
import { priorText } from '../priors/prior-text.js';

interface PosteriorKernel {
  /** Length of u. */
  readonly dimension: number;
  /** Writes u of a draw of reported parameters. */
  writePosition(reported: Float64Array, position: Float64Array): void;
  /** log q(u); −Infinity where rounding leaves no number. */
  logDensity(position: Float64Array): number;
}

/** Part of the coordinates: its prior and Jacobian, and the reported parameters that it is one to one with. */
interface Block {
  readonly length: number;
  /** Writes the block's u, at `start`, of reported parameters. */
  write(reported: Float64Array, position: Float64Array, start: number): void;
  /** Writes the block's reported parameters; returns the log prior with the log Jacobian. */
  read(position: Float64Array, start: number, reported: Float64Array): number;
}

export function posteriorKernel(specification: RegressionSpecification): PosteriorKernel {
  requireOwnPriors(specification);
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
  const rows = new Float64Array(data.rows);
  const logLikelihood = rowLogLikelihood(specification);
  return {
    dimension,
    writePosition(from, position) {
      blocks.forEach((block, i) => {
        block.write(from, position, starts[i]);
      });
    },
    logDensity(position) {
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

/** Throws `bad-argument` for parameters that are constant, or without a prior of their own. */
function requireOwnPriors({ data, priors }: RegressionSpecification): void {
  const all = [priors.intercept, ...priors.coefficients, ...priors.auxiliary];
  const found = all.find((prior) => prior && (prior.distribution === 'constant' || isJoint(prior)));
  if (data.terms) {
    throw new WeighbridgeError(
      'bad-argument',
      'the marginal likelihood is not available with terms such as s(x): compare fits by loo',
    );
  }
  if (!found) return;
  throw new WeighbridgeError(
    'bad-argument',
    `the marginal likelihood is not available with the prior ${priorText(found)}: expected other priors`,
  );
}

/** Coefficients, standard deviations and the family's own parameters. */
function singleParameters(specification: RegressionSpecification): Block {
  const { family, priors } = specification;
  const layout = reportedLayout(specification);
  const sds = priors.sds.flat();
  const all = [...priors.coefficients, ...sds, ...priors.auxiliary];
  const placed = parameterPriors(all, [
    ...priors.coefficients.map(() => WHOLE_LINE),
    ...sds.map(() => POSITIVE),
    ...auxiliaryOf(family).map((name) => auxiliaryTraits(family, name)),
  ]);
  const places = Int32Array.from([
    ...priors.coefficients.map((_, j) => layout.slopes + j),
    ...sds.map((_, k) => layout.sds + k),
    ...priors.auxiliary.map((_, a) => layout.auxiliary + a),
  ]);
  const parameters = new Float64Array(places.length);
  const gradient = new Float64Array(places.length);
  return {
    length: places.length,
    write(reported, position, start) {
      places.forEach((place, i) => {
        parameters[i] = reported[place];
      });
      position.set(placed.positionOf(parameters), start);
    },
    read(position, start, reported) {
      const own = position.subarray(start, start + places.length);
      placed.constrain(own, parameters);
      places.forEach((place, i) => {
        reported[place] = parameters[i];
      });
      return placed.addTo(own, parameters, gradient);
    },
  };
}

/** The intercept or the thresholds, at the means of the predictors. */
function intercepts(specification: RegressionSpecification): Block {
  const { family, data, priors } = specification;
  const { slopes } = reportedLayout(specification);
  const { means } = centrePredictors(data);
  const densities = (priors.thresholds ?? (priors.intercept ? [priors.intercept] : [])).map(
    priorDensity,
  );
  const gaps = (priors.gaps ?? []).map(priorDensity);
  const sign = thresholdsOf(family) > 0 ? -1 : 1;
  const isOrdered = thresholdsOf(family) > 0 && hasOrder(family);
  const firsts = new Set(thresholdSpans(family).map(({ first }) => first));
  const shiftOf = (reported: Float64Array) => {
    let shift = 0;
    for (let j = 0; j < means.length; j++) shift += reported[slopes + j] * means[j];
    return sign * shift;
  };
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
