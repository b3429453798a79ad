/**
 * The correlation of two quantities that are both measured with error. Pairs (x_i, y_i) are observed
 * with known standard errors s_xi, s_yi, and errors that correlate by e_i; the latent, true pairs are bivariate
 * normal. The latent pairs are integrated out, so that five parameters remain:
 *
 *     (x_i, y_i) ~ normal₂((μ_x, μ_y), V_i),   V_i = T + S_i
 *     T = [τ_x², ρ τ_x τ_y; ·, τ_y²],   S_i = [s_xi², e_i s_xi s_yi; ·, s_yi²]
 *
 * Priors, in the units of the specification (x − origin) / unit:
 *
 *     μ_x, μ_y ~ student_t(3, 0, 2.5);   τ_x, τ_y ~ half student_t(3, 0, 2.5)
 *     ρ ~ LKJ(η): p(ρ) ∝ (1 − ρ²)^(η − 1), uniform on (−1, 1) for η = 1
 *
 * Position: (μ_x, μ_y, log τ_x, log τ_y, 2 atanh ρ), the first four in those units.
 *
 * Reported: rho, tau_x, tau_y, mu_x, mu_y, and the regression of the latent y on the latent x,
 *
 *     slope = ρ τ_y / τ_x,   intercept = μ_y − slope μ_x,   sigma = τ_y √(1 − ρ²).
 *
 * Pairs with equal errors enter by their number, means and squares: with W = Σ (z − μ)(z − μ)ᵀ over
 * the n pairs of a group and P = V⁻¹,
 *
 *     log p = −½ (n log det V + tr P W),   ∂/∂μ = P Σ (z − μ),   ∂/∂V = ½ (P W P − n P).
 *
 * With s_x = 0 the regression of y on x is brms' `y | se(s_y, sigma = TRUE) ~ x`, with s_y = 0 it is
 * `y ~ me(x, s_x)`, and with both it is `y | se(s_y, sigma = TRUE) ~ me(x, s_x)`.
 */
import { distinctRows } from '../src/linear-algebra/distinct-rows.js';
import { writeHessianByDifferences } from '../src/linear-algebra/newton.js';
import { POSITIVE, parameterPriors, WHOLE_LINE } from './parameter-priors.js';
import type { Prior, Scaling } from './prior-distributions.js';
import type { SpecifiedModel } from './regression-model.js';
import { bounded } from './transforms.js';

/** One side of the pairs. */
export interface MeasuredValues {
  readonly values: Float64Array;
  /** Standard error of each value, 0 for a value that is exact. */
  readonly errors: Float64Array;
  /** The prior is that of (value − origin) / unit. */
  readonly scaling: Scaling;
}

export interface CorrelationWithErrorSpecification {
  readonly model: 'correlation-with-error';
  readonly x: MeasuredValues;
  readonly y: MeasuredValues;
  /** Correlation of the errors of each pair, in (−1, 1). */
  readonly errorCorrelations: Float64Array;
  /** η of the LKJ prior of ρ; 1 is uniform. */
  readonly rhoPrior: number;
}

export const correlationParameterNames = [
  'rho',
  'tau_x',
  'tau_y',
  'mu_x',
  'mu_y',
  'intercept',
  'slope',
  'sigma',
] as const;

/** Places of the parameters in a position. */
const MU_X = 0;
const MU_Y = 1;
const TAU_X = 2;
const TAU_Y = 3;
const RHO = 4;
const DIMENSION = 5;

const MEAN_PRIOR: Prior = { distribution: 'student_t', df: 3, location: 0, scale: 2.5 };
const SD_PRIOR: Prior = { ...MEAN_PRIOR, lower: 0 };
/** LKJ(1); the rest of another LKJ prior is η − 1 times the log Jacobian of this range. */
const RHO_PRIOR: Prior = { distribution: 'uniform', from: -1, to: 1 };
const rhoRange = bounded(-1, 1);

export function correlationWithErrorModel(
  specification: CorrelationWithErrorSpecification,
): SpecifiedModel {
  const { x, y, rhoPrior } = specification;
  const groups = pairGroups(specification);
  const placed = parameterPriors(
    [MEAN_PRIOR, MEAN_PRIOR, SD_PRIOR, SD_PRIOR, RHO_PRIOR],
    [WHOLE_LINE, WHOLE_LINE, POSITIVE, POSITIVE, { lower: -1, upper: 1 }],
  );
  const parameters = new Float64Array(DIMENSION);
  const logDensity = (position: Float64Array, gradient: Float64Array): number => {
    const u = position[RHO];
    placed.constrain(position, parameters);
    const logLikelihood = writeLogLikelihood(groups, parameters, oneMinusRhoSquare(u), gradient);
    const logPrior = placed.addTo(position, parameters, gradient);
    gradient[RHO] += (rhoPrior - 1) * rhoRange.logJacobianDerivative(u);
    return logLikelihood + logPrior + (rhoPrior - 1) * rhoRange.logJacobian(u);
  };
  return {
    dimension: DIMENSION,
    parameterNames: correlationParameterNames,
    sampledAs: null,
    logDensity,
    hessian: (position, hessian) => writeHessianByDifferences(logDensity, position, hessian),
    // Errors that differ much between pairs may leave two explanations: wide truths, or wide errors.
    severalPeaks: true,
    guess: () => placed.unconstrain(guessFrom(groups)),
    constrain(position, reported) {
      placed.constrain(position, parameters);
      const rho = parameters[RHO];
      const tauX = x.scaling.unit * parameters[TAU_X];
      const tauY = y.scaling.unit * parameters[TAU_Y];
      const muX = x.scaling.origin + x.scaling.unit * parameters[MU_X];
      const muY = y.scaling.origin + y.scaling.unit * parameters[MU_Y];
      const slope = (rho * tauY) / tauX;
      reported[0] = rho;
      reported[1] = tauX;
      reported[2] = tauY;
      reported[3] = muX;
      reported[4] = muY;
      reported[5] = muY - slope * muX;
      reported[6] = slope;
      reported[7] = tauY * Math.sqrt(oneMinusRhoSquare(position[RHO]));
    },
  };
}

/** 1 − ρ² = 4 logistic(u) logistic(−u), which keeps its digits as ρ approaches ±1. */
function oneMinusRhoSquare(u: number): number {
  return 2 * rhoRange.derivative(u);
}

/** Pairs with equal errors: their number, moments and errors, in the units of the priors. */
interface PairGroup {
  pairs: number;
  meanX: number;
  meanY: number;
  /** Σ of squares and products about the means. */
  squaresX: number;
  products: number;
  squaresY: number;
  readonly errorX: number;
  readonly errorY: number;
  readonly errorCorrelation: number;
}

function pairGroups(specification: CorrelationWithErrorSpecification): readonly PairGroup[] {
  const { x, y, errorCorrelations } = specification;
  const { of, first } = distinctRows(x.values.length, [
    { values: x.errors, width: 1 },
    { values: y.errors, width: 1 },
    { values: errorCorrelations, width: 1 },
  ]);
  const groups = Array.from(
    first,
    (pair): PairGroup => ({
      pairs: 0,
      meanX: 0,
      meanY: 0,
      squaresX: 0,
      products: 0,
      squaresY: 0,
      errorX: x.errors[pair] / x.scaling.unit,
      errorY: y.errors[pair] / y.scaling.unit,
      errorCorrelation: errorCorrelations[pair],
    }),
  );
  // Welford's updates, which lose no digits where the means are large.
  of.forEach((index, pair) => {
    const group = groups[index];
    group.pairs++;
    const dx = (x.values[pair] - x.scaling.origin) / x.scaling.unit - group.meanX;
    const dy = (y.values[pair] - y.scaling.origin) / y.scaling.unit - group.meanY;
    const share = (group.pairs - 1) / group.pairs;
    group.meanX += dx / group.pairs;
    group.meanY += dy / group.pairs;
    group.squaresX += share * dx * dx;
    group.products += share * dx * dy;
    group.squaresY += share * dy * dy;
  });
  return groups;
}

/**
 * det V as a sum of terms that are not negative, so that no digits are lost as ρ approaches ±1.
 *
 * @param rest 1 − ρ²
 */
function determinant(
  tauX: number,
  tauY: number,
  rho: number,
  rest: number,
  sx: number,
  sy: number,
  e: number,
): number {
  const across = tauX * sy - tauY * sx;
  return (
    tauX * tauX * tauY * tauY * rest +
    across * across +
    2 * tauX * tauY * sx * sy * (1 - rho * e) +
    sx * sx * sy * sy * (1 - e * e)
  );
}

/**
 * Writes the gradient by the parameters, returns the log likelihood up to a constant.
 *
 * @param rest 1 − ρ²
 */
function writeLogLikelihood(
  groups: readonly PairGroup[],
  parameters: Float64Array,
  rest: number,
  gradient: Float64Array,
): number {
  const muX = parameters[MU_X];
  const muY = parameters[MU_Y];
  const tauX = parameters[TAU_X];
  const tauY = parameters[TAU_Y];
  const rho = parameters[RHO];
  let twice = 0;
  let gradientX = 0;
  let gradientY = 0;
  // ∂/∂V: on the diagonal, and the sum of both entries off it.
  let byXX = 0;
  let byXY = 0;
  let byYY = 0;
  for (let g = 0; g < groups.length; g++) {
    const group = groups[g];
    const n = group.pairs;
    const sx = group.errorX;
    const sy = group.errorY;
    const e = group.errorCorrelation;
    const det = determinant(tauX, tauY, rho, rest, sx, sy, e);
    const scale = 1 / det;
    const pxx = (tauY * tauY + sy * sy) * scale;
    const pyy = (tauX * tauX + sx * sx) * scale;
    const pxy = -(rho * tauX * tauY + e * sx * sy) * scale;
    const dx = group.meanX - muX;
    const dy = group.meanY - muY;
    const wxx = group.squaresX + n * dx * dx;
    const wxy = group.products + n * dx * dy;
    const wyy = group.squaresY + n * dy * dy;
    twice += n * Math.log(det) + pxx * wxx + 2 * pxy * wxy + pyy * wyy;
    gradientX += n * (pxx * dx + pxy * dy);
    gradientY += n * (pxy * dx + pyy * dy);
    // P W, row by row, then P W P.
    const xx = pxx * wxx + pxy * wxy;
    const xy = pxx * wxy + pxy * wyy;
    const yx = pxy * wxx + pyy * wxy;
    const yy = pxy * wxy + pyy * wyy;
    byXX += 0.5 * (xx * pxx + xy * pxy - n * pxx);
    byXY += xx * pxy + xy * pyy - n * pxy;
    byYY += 0.5 * (yx * pxy + yy * pyy - n * pyy);
  }
  gradient[MU_X] = gradientX;
  gradient[MU_Y] = gradientY;
  gradient[TAU_X] = 2 * byXX * tauX + byXY * rho * tauY;
  gradient[TAU_Y] = 2 * byYY * tauY + byXY * rho * tauX;
  gradient[RHO] = byXY * tauX * tauY;
  return -0.5 * twice;
}

/** Least share of the observed variance that a guess leaves to the true values. */
const LEAST_SHARE = 0.1;
const LARGEST_RHO = 0.9;

/** Parameters from the observed moments less the mean moments of the errors. */
function guessFrom(groups: readonly PairGroup[]): Float64Array {
  const total = groups.reduce((sum, { pairs }) => sum + pairs, 0);
  const meanOf = (value: (group: PairGroup) => number) =>
    groups.reduce((sum, group) => sum + value(group), 0) / total;
  const muX = meanOf(({ pairs, meanX }) => pairs * meanX);
  const muY = meanOf(({ pairs, meanY }) => pairs * meanY);
  const xx = meanOf((group) => group.squaresX + group.pairs * (group.meanX - muX) ** 2);
  const yy = meanOf((group) => group.squaresY + group.pairs * (group.meanY - muY) ** 2);
  const xy = meanOf(
    (group) => group.products + group.pairs * (group.meanX - muX) * (group.meanY - muY),
  );
  const errorXX = meanOf(({ pairs, errorX }) => pairs * errorX * errorX);
  const errorYY = meanOf(({ pairs, errorY }) => pairs * errorY * errorY);
  const errorXY = meanOf(
    ({ pairs, errorX, errorY, errorCorrelation }) => pairs * errorX * errorY * errorCorrelation,
  );
  const tauX = Math.sqrt(Math.max(xx - errorXX, LEAST_SHARE * xx)) || 1;
  const tauY = Math.sqrt(Math.max(yy - errorYY, LEAST_SHARE * yy)) || 1;
  const rho = Math.max(-LARGEST_RHO, Math.min(LARGEST_RHO, (xy - errorXY) / (tauX * tauY)));
  return Float64Array.of(muX, muY, tauX, tauY, rho);
}

/** The parameters of a draw in the units of the priors; `rest` is 1 − ρ². */
interface Truth {
  readonly muX: number;
  readonly muY: number;
  readonly tauX: number;
  readonly tauY: number;
  readonly rho: number;
  readonly rest: number;
}

/** @param reported one draw, in the order of `correlationParameterNames` */
function truthOf(
  { x, y }: CorrelationWithErrorSpecification,
  [rho, tauX, tauY, muX, muY]: Float64Array,
): Truth {
  return {
    muX: (muX - x.scaling.origin) / x.scaling.unit,
    muY: (muY - y.scaling.origin) / y.scaling.unit,
    tauX: tauX / x.scaling.unit,
    tauY: tauY / y.scaling.unit,
    rho,
    rest: (1 - rho) * (1 + rho),
  };
}

/** One observed pair in the units of the priors. */
interface ObservedPair {
  readonly x: number;
  readonly y: number;
  readonly sx: number;
  readonly sy: number;
  readonly e: number;
}

function observedPairs({
  x,
  y,
  errorCorrelations,
}: CorrelationWithErrorSpecification): readonly ObservedPair[] {
  return Array.from(x.values, (value, i) => ({
    x: (value - x.scaling.origin) / x.scaling.unit,
    y: (y.values[i] - y.scaling.origin) / y.scaling.unit,
    sx: x.errors[i] / x.scaling.unit,
    sy: y.errors[i] / y.scaling.unit,
    e: errorCorrelations[i],
  }));
}

/** P = V⁻¹ and det V. */
interface Precision {
  readonly det: number;
  readonly xx: number;
  readonly xy: number;
  readonly yy: number;
}

function precisionOf(
  { tauX, tauY, rho, rest }: Pick<Truth, 'tauX' | 'tauY' | 'rho' | 'rest'>,
  { sx, sy, e }: Pick<ObservedPair, 'sx' | 'sy' | 'e'>,
): Precision {
  const det = determinant(tauX, tauY, rho, rest, sx, sy, e);
  return {
    det,
    xx: (tauY * tauY + sy * sy) / det,
    xy: -(rho * tauX * tauY + e * sx * sy) / det,
    yy: (tauX * tauX + sx * sx) / det,
  };
}

/** log p(x_i, y_i | parameters) of each pair, with all constants, for the draws of LOO and WAIC. */
export function pairLogLikelihood(
  specification: CorrelationWithErrorSpecification,
): (reported: Float64Array) => Float64Array {
  const pairs = observedPairs(specification);
  const { x, y } = specification;
  const constant = -Math.log(2 * Math.PI) - Math.log(x.scaling.unit) - Math.log(y.scaling.unit);
  return (reported) => {
    const truth = truthOf(specification, reported);
    return Float64Array.from(pairs, (pair) => {
      const { det, xx, xy, yy } = precisionOf(truth, pair);
      const dx = pair.x - truth.muX;
      const dy = pair.y - truth.muY;
      return constant - 0.5 * (Math.log(det) + xx * dx * dx + 2 * xy * dx * dy + yy * dy * dy);
    });
  };
}

/** Posterior mean and standard deviation of a latent value. */
export interface LatentValue {
  readonly mean: number;
  readonly sd: number;
}

/** Posterior of a latent pair, given all that was observed. */
export interface LatentPair {
  readonly x: LatentValue;
  readonly y: LatentValue;
}

/**
 * Posteriors of the latent pairs. Given the parameters, a latent pair is normal with mean z − S P (z − μ)
 * and covariance S − S P S; over the draws, the means are averaged and the variances follow from the
 * law of total variance.
 *
 * @param draws rows of reported parameters
 */
export function latentPairs(
  specification: CorrelationWithErrorSpecification,
  draws: readonly Float64Array[],
): readonly LatentPair[] {
  const { x, y } = specification;
  const truths = draws.map((draw) => truthOf(specification, draw));
  return observedPairs(specification).map((pair): LatentPair => {
    const { sx, sy, e } = pair;
    const [sxx, sxy, syy] = [sx * sx, e * sx * sy, sy * sy];
    const [ofX, ofY] = [mixture(), mixture()];
    for (const truth of truths) {
      const { xx, xy, yy } = precisionOf(truth, pair);
      const [dx, dy] = [pair.x - truth.muX, pair.y - truth.muY];
      const [gx, gy] = [xx * dx + xy * dy, xy * dx + yy * dy];
      ofX.add(
        pair.x - sxx * gx - sxy * gy,
        sxx - (sxx * sxx * xx + 2 * sxx * sxy * xy + sxy * sxy * yy),
      );
      ofY.add(
        pair.y - sxy * gx - syy * gy,
        syy - (sxy * sxy * xx + 2 * sxy * syy * xy + syy * syy * yy),
      );
    }
    return { x: ofX.summary(x.scaling), y: ofY.summary(y.scaling) };
  });
}

/** Mean and sd of a mixture of distributions with equal shares. */
function mixture() {
  let count = 0;
  let mean = 0;
  let squares = 0;
  let variances = 0;
  return {
    add(centre: number, variance: number): void {
      count++;
      const distance = centre - mean;
      mean += distance / count;
      squares += distance * (centre - mean);
      variances += Math.max(0, variance);
    },
    summary: ({ origin, unit }: Scaling): LatentValue => ({
      mean: origin + unit * mean,
      sd: unit * Math.sqrt((squares + variances) / count),
    }),
  };
}
