/**
 * Posteriors of posteriordb that no formula says, with gradients by hand: time series, hidden Markov
 * models, a mixture, and Gaussian processes. Those of differential equations are in trajectories.ts.
 */
import { bounded, positive } from '../../../models/transforms.js';
import {
  cholesky,
  solveLower,
  solveLowerTransposed,
} from '../../../src/linear-algebra/cholesky.js';
import type { Model } from '../../../src/sampler/model.js';
import type { Numbers } from './posteriors.js';

const unit = bounded(0, 1);

/** log(1 + (x/s)²) of a half-Cauchy, negative, with its derivative. */
export function cauchyPrior(x: number, scale: number): readonly [number, number] {
  return [-Math.log1p((x / scale) ** 2), (-2 * x) / (scale * scale + x * x)];
}

/**
 * ARMA(1, 1): y_t = μ + φ y_{t−1} + θ e_{t−1} + e_t, e_t ~ normal(0, σ), with y_0 = μ and e_0 = 0;
 * μ ~ normal(0, 10), φ, θ ~ normal(0, 2), σ ~ half-Cauchy(0, 2.5). Position (μ, φ, θ, log σ).
 */
export function arma(y: Numbers): Model {
  return {
    dimension: 4,
    parameterNames: ['mu', 'phi', 'theta', 'sigma'],
    logDensity([mu, phi, theta, logSigma], gradient) {
      const sigma = Math.exp(logSigma);
      let squares = 0;
      // e_t and its derivatives by μ, φ, θ.
      let [e, ofMu, ofPhi, ofTheta] = [0, 0, 0, 0];
      gradient.fill(0);
      y.forEach((value, t) => {
        const last = t === 0 ? mu : y[t - 1];
        const before = e;
        e = value - mu - phi * last - theta * e;
        ofTheta = -before - theta * ofTheta;
        ofPhi = -last - theta * ofPhi;
        ofMu = -1 - theta * ofMu - (t === 0 ? phi : 0);
        squares += e * e;
        gradient[0] -= e * ofMu;
        gradient[1] -= e * ofPhi;
        gradient[2] -= e * ofTheta;
      });
      const precision = 1 / (sigma * sigma);
      for (let j = 0; j < 3; j++) gradient[j] *= precision;
      const [density, slope] = cauchyPrior(sigma, 2.5);
      gradient[0] -= mu / 100;
      gradient[1] -= phi / 4;
      gradient[2] -= theta / 4;
      gradient[3] = precision * squares - y.length + slope * sigma + 1;
      return (
        -0.5 * precision * squares -
        y.length * logSigma -
        (mu * mu) / 200 -
        (phi * phi + theta * theta) / 8 +
        density +
        logSigma
      );
    },
    constrain(position, parameters) {
      parameters.set(position);
      parameters[3] = Math.exp(position[3]);
    },
  };
}

/**
 * GARCH(1, 1): y_t ~ normal(μ, s_t), s_t² = α0 + α1 (y_{t−1} − μ)² + β1 s_{t−1}², s_1 given; flat over α0 > 0,
 * 0 < α1 < 1, 0 < β1 < 1 − α1. Position (μ, log α0, logit α1, logit of β1/(1 − α1)).
 */
export function garch(y: Numbers, first: number): Model {
  const places = [1, 2, 3] as const;
  return {
    dimension: 4,
    parameterNames: ['mu', 'alpha0', 'alpha1', 'beta1'],
    logDensity([mu, logAlpha0, logit, logitShare], gradient) {
      const alpha0 = Math.exp(logAlpha0);
      const alpha1 = unit.constrain(logit);
      const share = unit.constrain(logitShare);
      const beta1 = (1 - alpha1) * share;
      let variance = first * first;
      // Derivatives of the variance by μ, α0, α1, β1.
      const slopes = [0, 0, 0, 0];
      let value = 0;
      gradient.fill(0);
      y.forEach((outcome, t) => {
        if (t > 0) {
          const before = y[t - 1] - mu;
          const own = [-2 * alpha1 * before, 1, before * before, variance];
          for (let j = 0; j < 4; j++) slopes[j] = own[j] + beta1 * slopes[j];
          variance = alpha0 + alpha1 * before * before + beta1 * variance;
        }
        const residual = outcome - mu;
        value -= 0.5 * (Math.log(variance) + (residual * residual) / variance);
        const byVariance = (0.5 * (residual * residual - variance)) / (variance * variance);
        for (let j = 0; j < 4; j++) gradient[j] += byVariance * slopes[j];
        gradient[0] += residual / variance;
      });
      const [ofAlpha0, ofAlpha1, ofBeta1] = places.map((j) => gradient[j]);
      gradient[1] = ofAlpha0 * alpha0 + 1;
      gradient[2] =
        (ofAlpha1 - share * ofBeta1) * unit.derivative(logit) +
        unit.logJacobianDerivative(logit) -
        alpha1;
      gradient[3] =
        ofBeta1 * (1 - alpha1) * unit.derivative(logitShare) +
        unit.logJacobianDerivative(logitShare);
      return (
        value +
        logAlpha0 +
        unit.logJacobian(logit) +
        unit.logJacobian(logitShare) +
        Math.log1p(-alpha1)
      );
    },
    constrain([mu, logAlpha0, logit, logitShare], parameters) {
      const alpha1 = unit.constrain(logit);
      parameters.set([mu, Math.exp(logAlpha0), alpha1, (1 - alpha1) * unit.constrain(logitShare)]);
    },
  };
}

/** Outcomes of one kind that a hidden state emits, by a parameter that ascends with the state. */
export interface Emission {
  readonly name: string;
  readonly values: Numbers;
  /** True if the parameter is positive in the lower state. */
  readonly positive: boolean;
  /** Means of the normal priors, whose sds are 1, of the two states' parameters. */
  readonly centres: readonly [number, number];
  /** log p(y | parameter), with its derivative by the parameter. */
  density(y: number, parameter: number): readonly [number, number];
}

export const normalEmission =
  (sd: number): Emission['density'] =>
  (y, mean) => {
    const z = (y - mean) / sd;
    return [-0.5 * z * z, z / sd];
  };

export const exponentialEmission: Emission['density'] = (y, rate) => [
  Math.log(rate) - rate * y,
  1 / rate - y,
];

/**
 * Two hidden states, equally likely at first, with transitions from j to k of probability θ_jk,
 * θ_j ~ dirichlet(concentration_j), and emissions whose parameters ascend. Position (logit θ_11, logit
 * θ_21, then of each emission the lower parameter, or its logarithm, and the log distance to the
 * upper). By the forward and backward algorithm the gradient is of expected counts (Fisher's identity).
 */
export function hiddenMarkov(
  emissions: readonly Emission[],
  concentration: readonly Numbers[],
): Model {
  const length = emissions[0].values.length;
  const chain = new HiddenChain(length);
  const lowerOf = ({ positive: isPositive }: Emission, x: number) => (isPositive ? Math.exp(x) : x);
  return {
    dimension: 2 + 2 * emissions.length,
    parameterNames: [
      ...['theta1[1]', 'theta1[2]', 'theta2[1]', 'theta2[2]'],
      ...emissions.flatMap(({ name }) => [`${name}[1]`, `${name}[2]`]),
    ],
    logDensity(position, gradient) {
      const stay = unit.constrain(position[0]);
      const back = unit.constrain(position[1]);
      const theta = [stay, 1 - stay, back, 1 - back];
      const parameters = emissions.map((emission, e) => {
        const lower = lowerOf(emission, position[2 + 2 * e]);
        return [lower, lower + Math.exp(position[3 + 2 * e])];
      });
      chain.emitted.fill(0);
      emissions.forEach(({ values, density }, e) => {
        for (let t = 0; t < length; t++) {
          for (let k = 0; k < 2; k++) {
            chain.emitted[2 * t + k] += density(values[t], parameters[e][k])[0];
          }
        }
      });
      let total = chain.run(theta);
      const { states, transitions } = chain;
      for (let j = 0; j < 2; j++) {
        // The Jacobian θ (1 − θ) adds 1 to either count, the prior's exponent takes 1 away.
        const [first, second] = concentration[j];
        total += first * Math.log(theta[2 * j]) + second * Math.log(theta[2 * j + 1]);
        gradient[j] =
          (transitions[2 * j] + first) * theta[2 * j + 1] -
          (transitions[2 * j + 1] + second) * theta[2 * j];
      }
      emissions.forEach((emission, e) => {
        const [lower, upper] = parameters[e];
        const slopes = parameters[e].map((parameter, k) => {
          const off = parameter - emission.centres[k];
          total -= 0.5 * off * off;
          let sum = -off;
          for (let t = 0; t < length; t++) {
            sum += states[2 * t + k] * emission.density(emission.values[t], parameter)[1];
          }
          return sum;
        });
        const scale = emission.positive ? lower : 1;
        gradient[2 + 2 * e] = (slopes[0] + slopes[1]) * scale + (emission.positive ? 1 : 0);
        gradient[3 + 2 * e] = slopes[1] * (upper - lower) + 1;
        total += position[3 + 2 * e] + (emission.positive ? position[2 + 2 * e] : 0);
      });
      return total;
    },
    constrain(position, reported) {
      for (let j = 0; j < 2; j++) {
        reported[2 * j] = unit.constrain(position[j]);
        reported[2 * j + 1] = unit.constrain(-position[j]);
      }
      emissions.forEach((emission, e) => {
        reported[4 + 2 * e] = lowerOf(emission, position[2 + 2 * e]);
        reported[5 + 2 * e] = reported[4 + 2 * e] + Math.exp(position[3 + 2 * e]);
      });
    },
  };
}

/** The forward and backward algorithm of a chain of two states; arrays are row-major (time, state). */
class HiddenChain {
  /** Log densities of the outcomes, which `run` reads and overwrites. */
  readonly emitted: Float64Array;
  /** Probabilities of the states given all outcomes. */
  readonly states: Float64Array;
  /** Expected numbers of transitions, row-major (from, to). */
  readonly transitions = new Float64Array(4);
  readonly #forward: Float64Array;

  constructor(readonly length: number) {
    this.emitted = new Float64Array(2 * length);
    this.states = new Float64Array(2 * length);
    this.#forward = new Float64Array(2 * length);
  }

  /**
   * The log likelihood.
   *
   * @param theta probabilities of transitions, row-major (from, to)
   */
  run(theta: Numbers): number {
    const { emitted, states, transitions } = this;
    const forward = this.#forward;
    const last = 2 * (this.length - 1);
    let value = 0;
    for (let at = 0; at <= last; at += 2) {
      const most = Math.max(emitted[at], emitted[at + 1]);
      const first = Math.exp(emitted[at] - most);
      const second = Math.exp(emitted[at + 1] - most);
      const [a, b] = at === 0 ? [1, 1] : [forward[at - 2], forward[at - 1]];
      const toFirst = at === 0 ? first : first * (a * theta[0] + b * theta[2]);
      const toSecond = at === 0 ? second : second * (a * theta[1] + b * theta[3]);
      const sum = toFirst + toSecond;
      value += Math.log(sum) + most;
      emitted[at] = first / sum;
      emitted[at + 1] = second / sum;
      forward[at] = toFirst / sum;
      forward[at + 1] = toSecond / sum;
    }
    transitions.fill(0);
    let first = 1;
    let second = 1;
    for (let at = last; at >= 0; at -= 2) {
      states[at] = forward[at] * first;
      states[at + 1] = forward[at + 1] * second;
      if (at === 0) break;
      first *= emitted[at];
      second *= emitted[at + 1];
      transitions[0] += forward[at - 2] * theta[0] * first;
      transitions[1] += forward[at - 2] * theta[1] * second;
      transitions[2] += forward[at - 1] * theta[2] * first;
      transitions[3] += forward[at - 1] * theta[3] * second;
      const next = theta[0] * first + theta[1] * second;
      second = theta[2] * first + theta[3] * second;
      first = next;
    }
    return value;
  }
}

/**
 * y ~ θ normal(μ_1, σ_1) + (1 − θ) normal(μ_2, σ_2), μ_1 < μ_2; μ, σ ~ normal(0, 2), θ ~ beta(5, 5). Position
 * (μ_1, log(μ_2 − μ_1), log σ_1, log σ_2, logit θ).
 */
export function mixture(y: Numbers): Model {
  return {
    dimension: 5,
    parameterNames: ['mu[1]', 'mu[2]', 'sigma[1]', 'sigma[2]', 'theta'],
    logDensity([first, logGap, log1, log2, logit], gradient) {
      const means = [first, first + Math.exp(logGap)];
      const sigmas = [Math.exp(log1), Math.exp(log2)];
      const theta = unit.constrain(logit);
      const shares = [theta, 1 - theta];
      const ofMeans = means.map((mean) => -mean / 4);
      const ofSigmas = sigmas.map((sigma) => -sigma / 4);
      // As many successes and failures as the prior and the Jacobian have.
      const counts = [5, 5];
      let value = 5 * Math.log(theta) + 5 * Math.log1p(-theta);
      for (let k = 0; k < 2; k++) value -= (means[k] ** 2 + sigmas[k] ** 2) / 8;
      for (const outcome of y) {
        const z = means.map((mean, k) => (outcome - mean) / sigmas[k]);
        const joint = z.map((one, k) => (shares[k] / sigmas[k]) * Math.exp(-0.5 * one * one));
        const sum = joint[0] + joint[1];
        value += Math.log(sum);
        for (let k = 0; k < 2; k++) {
          const weight = joint[k] / sum;
          counts[k] += weight;
          ofMeans[k] += (weight * z[k]) / sigmas[k];
          ofSigmas[k] += (weight * (z[k] * z[k] - 1)) / sigmas[k];
        }
      }
      gradient[0] = ofMeans[0] + ofMeans[1];
      gradient[1] = ofMeans[1] * Math.exp(logGap) + 1;
      gradient[2] = ofSigmas[0] * sigmas[0] + 1;
      gradient[3] = ofSigmas[1] * sigmas[1] + 1;
      gradient[4] = counts[0] * (1 - theta) - counts[1] * theta;
      return value + logGap + log1 + log2;
    },
    constrain([first, logGap, log1, log2, logit], reported) {
      reported.set([
        first,
        first + Math.exp(logGap),
        Math.exp(log1),
        Math.exp(log2),
        unit.constrain(logit),
      ]);
    },
  };
}

/** α² exp(−d²/(2ρ²)) of all pairs with `noise` on the diagonal, and its derivatives by ρ and α, row-major. */
function exponentialQuadratic(x: Numbers, rho: number, alpha: number, noise: number) {
  const size = x.length;
  const covariance = new Float64Array(size * size);
  const byRho = new Float64Array(size * size);
  const byAlpha = new Float64Array(size * size);
  for (let i = 0; i < size; i++) {
    for (let j = 0; j < size; j++) {
      const square = ((x[i] - x[j]) / rho) ** 2;
      const value = alpha * alpha * Math.exp(-0.5 * square);
      const at = i * size + j;
      covariance[at] = value + (i === j ? noise : 0);
      byRho[at] = (value * square) / rho;
      byAlpha[at] = (2 * value) / alpha;
    }
  }
  return { covariance, byRho, byAlpha };
}

/** log of a gamma(25, 4) density at ρ and of a half-normal(0, 2) at α, with derivatives by their logarithms. */
function kernelPriors(rho: number, alpha: number) {
  return {
    value: 24 * Math.log(rho) - 4 * rho - (alpha * alpha) / 8 + Math.log(rho) + Math.log(alpha),
    ofRho: 24 - 4 * rho + 1,
    ofAlpha: -(alpha * alpha) / 4 + 1,
  };
}

/**
 * y ~ normal(0, K + σ I), K the exponentiated quadratic kernel; ρ ~ gamma(25, 4), α ~ half-normal(0, 2), σ ~
 * half-normal(0, 1). Position: the logarithms. With a = K⁻¹ y, d log p = ½ (aᵀ dK a − tr K⁻¹ dK).
 */
export function gaussianProcess(x: Numbers, y: Numbers): Model {
  const size = x.length;
  return {
    dimension: 3,
    parameterNames: ['rho', 'alpha', 'sigma'],
    logDensity(position, gradient) {
      const [rho, alpha, sigma] = position.map(Math.exp);
      const { covariance, byRho, byAlpha } = exponentialQuadratic(x, rho, alpha, sigma);
      const lower = cholesky(covariance, size);
      if (!lower) return Number.NEGATIVE_INFINITY;
      const solve = (right: Float64Array) => {
        solveLower(lower, right);
        solveLowerTransposed(lower, right);
        return right;
      };
      const a = solve(Float64Array.from(y));
      const inverse = y.map((_, i) => solve(Float64Array.from(y, (_one, j) => (i === j ? 1 : 0))));
      const along = (slope: (at: number) => number) => {
        let sum = 0;
        for (let i = 0; i < size; i++) {
          for (let j = 0; j < size; j++) {
            sum += 0.5 * slope(i * size + j) * (a[i] * a[j] - inverse[i][j]);
          }
        }
        return sum;
      };
      const { value, ofRho, ofAlpha } = kernelPriors(rho, alpha);
      gradient[0] = rho * along((at) => byRho[at]) + ofRho;
      gradient[1] = alpha * along((at) => byAlpha[at]) + ofAlpha;
      gradient[2] = sigma * along((at) => (at % (size + 1) === 0 ? 1 : 0)) - sigma * sigma + 1;
      let density = value - 0.5 * sigma * sigma + position[2];
      for (let i = 0; i < size; i++) {
        density -= 0.5 * y[i] * a[i] + Math.log(lower[i * (size + 1)]);
      }
      return density;
    },
    constrain: writeExponentials,
  };
}

function writeExponentials(position: Float64Array, parameters: Float64Array): void {
  position.forEach((one, i) => {
    parameters[i] = positive.constrain(one);
  });
}

/**
 * k ~ poisson(exp f), f = L z, L Lᵀ = K + 1e-10 I, z ~ normal(0, 1), the priors of ρ and α as above. Position
 * (log ρ, log α, z), reported (ρ, α, f). By dL = L Φ(L⁻¹ dK L⁻ᵀ), Φ the lower triangle with half the
 * diagonal (Murray 2016, eq. 8).
 */
export function poissonProcess(x: Numbers, counts: Numbers): Model {
  const size = x.length;
  const factorAt = ([logRho, logAlpha]: Float64Array) => {
    const kernel = exponentialQuadratic(x, Math.exp(logRho), Math.exp(logAlpha), 1e-10);
    return { ...kernel, lower: cholesky(kernel.covariance, size) };
  };
  const times = (lower: Float64Array, z: Float64Array) =>
    z.map((_, i) => {
      let sum = 0;
      for (let j = 0; j <= i; j++) sum += lower[i * size + j] * z[j];
      return sum;
    });
  /** dL z. */
  const moved = (lower: Float64Array, slope: Float64Array, z: Float64Array): Float64Array => {
    const half = transposed(columnsSolved(lower, slope, size), size);
    const inner = columnsSolved(lower, half, size);
    const phi = z.map((one, i) => {
      let sum = 0.5 * inner[i * (size + 1)] * one;
      for (let j = 0; j < i; j++) sum += inner[i * size + j] * z[j];
      return sum;
    });
    return times(lower, phi);
  };
  return {
    dimension: 2 + size,
    parameterNames: ['rho', 'alpha', ...x.map((_, i) => `f[${i + 1}]`)],
    logDensity(position, gradient) {
      const [rho, alpha] = [Math.exp(position[0]), Math.exp(position[1])];
      const { lower, byRho, byAlpha } = factorAt(position);
      if (!lower) return Number.NEGATIVE_INFINITY;
      const z = position.slice(2);
      const f = times(lower, z);
      const rates = f.map((one, i) => counts[i] - Math.exp(one));
      const along = (direction: Float64Array) =>
        direction.reduce((sum, one, i) => sum + one * rates[i], 0);
      const { value, ofRho, ofAlpha } = kernelPriors(rho, alpha);
      gradient[0] = rho * along(moved(lower, byRho, z)) + ofRho;
      gradient[1] = alpha * along(moved(lower, byAlpha, z)) + ofAlpha;
      let density = value;
      for (let j = 0; j < size; j++) {
        let sum = -z[j];
        for (let i = j; i < size; i++) sum += lower[i * size + j] * rates[i];
        gradient[2 + j] = sum;
        density += counts[j] * f[j] - Math.exp(f[j]) - 0.5 * z[j] * z[j];
      }
      return density;
    },
    constrain(position, reported) {
      reported.set([Math.exp(position[0]), Math.exp(position[1])]);
      const { lower } = factorAt(position);
      reported.set(lower ? times(lower, position.slice(2)) : new Array(size).fill(Number.NaN), 2);
    },
  };
}

/** L⁻¹ M, row-major. */
function columnsSolved(lower: Float64Array, matrix: Float64Array, size: number): Float64Array {
  const result = new Float64Array(size * size);
  for (let j = 0; j < size; j++) {
    const column = Float64Array.from({ length: size }, (_, i) => matrix[i * size + j]);
    solveLower(lower, column);
    for (let i = 0; i < size; i++) result[i * size + j] = column[i];
  }
  return result;
}

function transposed(matrix: Float64Array, size: number): Float64Array {
  return matrix.map((_, at) => matrix[(at % size) * size + Math.floor(at / size)]);
}
