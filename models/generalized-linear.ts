/**
 * Regression without group effects, of any family, link and priors, with brms' treatment of the
 * intercept.
 *
 *     y_i ~ family(g⁻¹(η_i), aux),  η_i = offset_i + α + Σ_j β_j (x_ij − x̄_j)
 *     α, β_j, aux ~ their priors, cut off at their bounds
 *
 * Position: (α?, β_1 … β_k, aux …), of which those with bounds are moved to the real line
 * (parameter-priors.ts): σ, ν − 1 and the shape as logarithms.
 * Reported: (b_Intercept?, b_1 … b_k, aux …), with the intercept at predictors of zero. Without
 * an intercept, predictors are not centred. With linear predictors of other parameters, σ_i = g⁻¹(…), the
 * rows are those of all (regression-data.ts). The thresholds of an ordinal family are sampled as α and
 * their gaps (sampled-thresholds.ts) and reported in place of the intercept.
 */
import { WeighbridgeError } from '../src/errors.js';
import { hasBounds } from '../src/linear-algebra/limits.js';
import type { Coordinates, LogDensity, Model, QuickDensity } from '../src/sampler/model.js';
import { type BlockedPriors, hasBlocks, sigmaAmong, withBlocks } from './coefficient-blocks.js';
import type { Family, LinkName } from './families/family.js';
import { gapsOf, sampledEnds } from './families/thresholds.js';
import {
  type CoefficientDesign,
  independentColumns,
  writeGram,
} from './generalized-linear/coefficient-design.js';
import { coefficientLikelihood } from './generalized-linear/coefficient-likelihood.js';
import { guessParameters } from './generalized-linear/guess.js';
import { fusedLogistic } from './kernels/logit-kernel.js';
import type { ParameterLikelihood } from './kernels/row-kernel.js';
import { WHOLE_LINE } from './parameter-priors.js';
import { isProper, type Prior } from './prior-distributions.js';
import { moveIntercepts, type RegressionSpecification } from './regression-data.js';
import { reportedLayout, reportedNames } from './reported-parameters.js';
import { type SampledThresholds, sampledThresholds } from './sampled-thresholds.js';

/**
 * @throws WeighbridgeError `improper-posterior` if slopes with flat priors are not identified
 */
export function generalizedLinear(specification: RegressionSpecification): Model {
  const { family, data } = specification;
  const likelihood = coefficientLikelihood(family, data);
  const { design } = likelihood;
  const { coefficientPriors, priors } = priorsInOrder(specification);
  const names = [...(data.intercept ? ['Intercept'] : []), ...data.predictors.names];
  requireIdentified(design, coefficientPriors, names);

  const { intercept, slopes } = design;
  const first = data.intercept ? 1 : 0;
  const ends = [...coefficientPriors.map(() => WHOLE_LINE), ...sampledEnds(family)];
  const placed = withBlocks(specification, priors, ends, {
    coefficients: first,
    sigma: sigmaAmong(specification, coefficientPriors.length),
  });
  const dimension = placed.length;
  const parameters = new Float64Array(dimension);
  const thresholds = sampledThresholds(specification, intercept + slopes);

  const densityOf =
    (logLikelihood: ParameterLikelihood): LogDensity =>
    (position, gradient) => {
      placed.constrain(position, parameters);
      let value = logLikelihood(parameters, gradient);
      if (thresholds) value += thresholds.addPrior(parameters, gradient);
      return value + placed.addTo(position, parameters, gradient);
    };
  const logDensity = densityOf(likelihood.logLikelihood);
  const constrain = reporting(specification, placed, design, thresholds);
  const common = { dimension, parameterNames: reportedNames(specification), constrain };
  if (hasBlocks(specification)) {
    const compiled = likelihood.compile();
    return { ...common, logDensity: compiled ? densityOf(compiled) : logDensity };
  }
  const quickFrom = (compiled: ParameterLikelihood | null) =>
    compiled && ((coordinates: Coordinates) => quickDensityIn(densityOf(compiled), coordinates));
  const fused = fusedLogistic(specification, design);
  const quickDensity = fused ?? quickFrom(likelihood.compile());

  const guess = () => {
    if (likelihood.peak) return placed.unconstrain(likelihood.peak);
    const scratch = new Float64Array(dimension);
    const candidates = guessParameters(specification, design).map(placed.unconstrain);
    const heights = candidates.map((position) => logDensity(position, scratch));
    const best = heights.reduce((top, height, i) => (!(heights[top] >= height) ? i : top), 0);
    return candidates[best];
  };

  return {
    ...common,
    logDensity,
    ...(quickDensity && { quickDensity }),
    linear: placed.unbounded,
    hessian(position, hessian) {
      const gradient = new Float64Array(dimension);
      placed.constrain(position, parameters);
      likelihood.logLikelihood(parameters, gradient);
      likelihood.hessian(parameters, hessian);
      if (thresholds) {
        thresholds.addPrior(parameters, gradient);
        thresholds.addPriorToHessian(parameters, hessian);
      }
      placed.addToHessian(position, parameters, gradient, hessian);
    },
    severalPeaks: !isLogConcave(specification),
    // Newton's method finds the mode of a plain logistic regression from zero: a guess only costs time.
    ...(!fused && { guess }),
  };
}

/** Writes the reported parameters of a position. */
function reporting(
  specification: RegressionSpecification,
  placed: BlockedPriors,
  { means }: CoefficientDesign,
  thresholds: SampledThresholds | null,
): (position: Float64Array, reported: Float64Array) => void {
  const { data, priors } = specification;
  const layout = reportedLayout(specification);
  const first = data.intercept ? 1 : 0;
  const own = new Float64Array(placed.length);
  const slopes = layout.sds - layout.slopes;
  return (position, reported) => {
    placed.constrain(position, own);
    moveIntercepts(data, means, own);
    if (thresholds) thresholds.report(own, first === 1 ? own[0] : 0, reported);
    else if (first === 1) reported[0] = own[0];
    for (let j = 0; j < slopes; j++) reported[layout.slopes + j] = own[first + j];
    for (let a = 0; a < priors.auxiliary.length; a++) {
      reported[layout.auxiliary + a] = own[first + means.length + a];
    }
    placed.report(layout, reported);
  };
}

/** Links with which no family has a log-concave likelihood. */
const bentLinks = new Set<LinkName>(['inverse', 'sqrt', 'cauchit']);

/** Families without a log-concave likelihood. */
const bentFamilies = new Set<Family['family']>([
  'custom',
  'student',
  'skew_normal',
  'beta',
  'beta_binomial',
  'zero_inflated_poisson',
  'zero_inflated_negbinomial',
  'zero_one_inflated_beta',
  'ordered_beta',
  'asym_laplace',
  'von_mises',
]);

/** Families whose likelihood is log-concave with the link log alone. */
const ofLogLink = new Set<Family['family']>([
  'gamma',
  'weibull',
  'exponential',
  'hurdle_poisson',
  'hurdle_negbinomial',
]);

/**
 * Families whose linear predictor is a natural parameter: within bounds they are exponential families still, whose
 * likelihood is log-concave in it.
 */
const naturalLinks = new Set(['gaussian identity', 'poisson log', 'binomial logit']);

/** Distributions whose density is not log-concave. */
const heavyTails = new Set<Prior['distribution']>(['student_t', 'cauchy', 'inv_gamma']);

/**
 * True if the likelihood and the priors of the slopes are log-concave in the coefficients. brms'
 * default Student-t for the intercept does not count: it is too wide to make a peak of its own.
 */
function isLogConcave({ family, data, priors }: RegressionSpecification): boolean {
  if (family.predicted || bentFamilies.has(family.family) || bentLinks.has(family.link))
    return false;
  // The probability of an interval of a log-concave density is log-concave; one over it need not be.
  const isNatural = naturalLinks.has(`${family.family} ${family.link}`);
  if (data.limits && hasBounds(data.limits) && !isNatural) return false;
  if (family.family === 'acat' && family.link !== 'logit') return false;
  if (ofLogLink.has(family.family) && family.link !== 'log') return false;
  if (family.family === 'gaussian' && family.link !== 'identity') return false;
  return priors.coefficients.every(({ distribution }) => !heavyTails.has(distribution));
}

/** The density in coordinates x with q = origin + basis · x; its gradient is basisᵀ times that in q. */
function quickDensityIn(density: LogDensity, { origin, basis }: Coordinates): QuickDensity {
  const dimension = origin.length;
  const position = new Float64Array(dimension);
  const gradient = new Float64Array(dimension);
  const logDensity: LogDensity = (x, xGradient) => {
    for (let i = 0; i < dimension; i++) {
      let sum = origin[i];
      for (let j = 0; j < dimension; j++) sum += basis[i * dimension + j] * x[j];
      position[i] = sum;
    }
    const value = density(position, gradient);
    xGradient.fill(0);
    for (let i = 0; i < dimension; i++) {
      for (let j = 0; j < dimension; j++) xGradient[j] += basis[i * dimension + j] * gradient[i];
    }
    return value;
  };
  return { logDensity };
}

/** Flat ones for an ordinal family's intercept: its thresholds have the priors. */
function priorsInOrder({ family, data, priors }: RegressionSpecification): {
  coefficientPriors: readonly Prior[];
  priors: readonly Prior[];
} {
  const flat: Prior = { distribution: 'flat' };
  const coefficientPriors = [
    ...(data.intercept ? [priors.intercept ?? flat] : []),
    ...priors.coefficients,
  ];
  const gaps = priors.gaps ?? new Array<Prior>(gapsOf(family)).fill(flat);
  return { coefficientPriors, priors: [...coefficientPriors, ...priors.auxiliary, ...gaps] };
}

/** Throws if columns with flat priors are linearly dependent. */
function requireIdentified(
  design: CoefficientDesign,
  priors: readonly Prior[],
  names: readonly string[],
): void {
  const k = priors.length;
  const gram = new Float64Array(k * k);
  writeGram(design, new Float64Array(design.cells).fill(1), gram, k);
  const kept = new Set(independentColumns(gram, k, priors.map(isProper)));
  const lost = priors.flatMap((_, i) => (kept.has(i) ? [] : [names[i]]));
  if (lost.length === 0) return;
  throw new WeighbridgeError(
    'improper-posterior',
    `${lost.join(', ')}: constant, or a linear combination of other predictors, so that the slope is not identified under a flat prior: leave the column out or give it a prior`,
  );
}
