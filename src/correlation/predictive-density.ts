/**
 * How well the choices of one context are predicted, by the context's other choices or by other
 * contexts, from draws of its effects u = (a, w_1 … w_P).
 *
 * Integrals over u are by importance sampling from a Student-t q with the mean and covariance of the
 * posterior draws. With a prior p(u) and r_k = p(y | u_k) p(u_k) / q(u_k) at the points u_1 … u_K,
 *
 *     p(y) ≈ 1/K Σ_k r_k,        p(y_i | y_−i) ≈ Σ_k r_k / Σ_k (r_k / p(y_i | u_k)).
 *
 * The tails of q are heavier than those of the posterior, with y_i or without it, so that no weight
 * dominates.
 *
 * Under the multilevel model the prior of a context's effects is what the other contexts say about them,
 *
 *     p(u | y_−c) = ∫ p(u | θ) p(θ | y_−c) dθ ≈ Σ_s v_s p(u | θ_s),    v_s ∝ 1 / p(y_c | θ_s),
 *
 * with θ = (mu_a, tau_a, tau_w) and θ_s from the posterior given all contexts: integrated importance
 * sampling (Vehtari, Mononen, Tolvanen, Sivula & Winther 2016, JMLR 17; Merkle, Furr & Rabe-Hesketh
 * 2019, Psychometrika 84), with weights v smoothed (PSIS). p(y) is then that of a context left out.
 */
import gammaln from '@stdlib/math-base-special-gammaln';
import { badData } from '../checks/values.js';
import { cholesky } from '../linear-algebra/cholesky.js';
import { studentTKernel } from '../linear-algebra/student-t.js';
import { dot, squaresOf, sumOf } from '../linear-algebra/sums.js';
import { type Draws, parameterDraws } from '../posterior/draws.js';
import { logSumExp, paretoK, psis } from '../posterior/psis.js';
import type { RandomStream } from '../random/stream.js';

/** The choices of one context. */
export interface ContextRows {
  /** Row-major (choice, attribute). */
  readonly differences: Float64Array;
  /** 1 for the first option, 0 for the other. */
  readonly outcomes: Float64Array;
}

/** The prior of a context's effects given the hyperparameters. */
export interface EffectPrior {
  readonly muA: number;
  readonly tauA: number;
  readonly tauW: number;
}

/** A logarithm of a density with its Monte Carlo standard error. */
interface LogDensity {
  readonly elpd: number;
  readonly mcse: number;
}

/** How well the choices of one context are predicted. */
export interface ContextPrediction {
  /** log p(y): all choices of the context, left out together. */
  readonly context: LogDensity;
  /** Σ log p(y_i | y_−i): each choice, given the others. */
  readonly choices: LogDensity;
  /** Number of choices with p(y_i | y_−i) above one half. */
  readonly correct: number;
  /** Largest k̂ of the importance weights for p(y), perhaps infinite; above 0.7 the numbers are unreliable. */
  readonly paretoK: number;
}

/** log p(y_i | u) of each choice; written to `target` from `start` on. */
function writeLogLikelihood(
  { differences, outcomes }: ContextRows,
  effects: Float64Array,
  target: Float64Array,
  start: number,
): void {
  const attributes = effects.length - 1;
  for (let i = 0; i < outcomes.length; i++) {
    let eta = effects[0];
    for (let j = 0; j < attributes; j++) eta += effects[j + 1] * differences[i * attributes + j];
    const towards = outcomes[i] > 0 ? eta : -eta;
    // −log(1 + exp(−towards)), without overflow.
    target[start + i] = Math.min(0, towards) - Math.log1p(Math.exp(-Math.abs(towards)));
  }
}

/** Heavier tails than the posterior of the effects has. */
const DEGREES_OF_FREEDOM = 7;
const LOG_ROOT_TWO_PI = 0.5 * Math.log(2 * Math.PI);

/** Points u_k in the space of one context's effects, with the likelihood of its choices there. */
export class EffectPoints {
  readonly #size: number;
  /** Number of choices. */
  readonly #choices: number;
  /** Row-major (point, effect). */
  readonly #points: Float64Array;
  /** log p(y_i | u_k): row-major (point, choice). */
  readonly #logLikelihood: Float64Array;
  /** log p(y | u_k) − log q(u_k). */
  readonly #logRatios: Float64Array;

  /** @param count number of points; even, because they come in opposite pairs */
  constructor(rows: ContextRows, draws: Draws, random: RandomStream, count = 1000) {
    const { mean, lower } = momentsOf(draws);
    const size = mean.length;
    const choices = rows.outcomes.length;
    this.#size = size;
    this.#choices = choices;
    this.#points = new Float64Array(count * size);
    this.#logLikelihood = new Float64Array(count * choices);
    this.#logRatios = new Float64Array(count);
    const logConstant = logConstantOf(lower, size);
    const x = new Float64Array(size);
    const chi = new Float64Array(DEGREES_OF_FREEDOM);
    for (let k = 0; k < count; k++) {
      if (k % 2 === 0) {
        random.normals(x);
        random.normals(chi);
        const scale = Math.sqrt(DEGREES_OF_FREEDOM / squaresOf(chi));
        for (let i = 0; i < size; i++) x[i] *= scale;
      } else {
        for (let i = 0; i < size; i++) x[i] = -x[i];
      }
      const point = this.#points.subarray(k * size, (k + 1) * size);
      for (let i = 0; i < size; i++) {
        point[i] = mean[i];
        for (let j = 0; j <= i; j++) point[i] += lower[i * size + j] * x[j];
      }
      writeLogLikelihood(rows, point, this.#logLikelihood, k * choices);
      const logProposal = logConstant + studentTKernel(squaresOf(x), DEGREES_OF_FREEDOM, size);
      this.#logRatios[k] = sumOf(this.#logLikelihood, k * choices, choices) - logProposal;
    }
  }

  /** Predictions under a given prior. @param logPrior its log density */
  under(logPrior: (effects: Float64Array) => number): ContextPrediction {
    const size = this.#size;
    const logPriors = this.#logRatios.map((_, k) =>
      logPrior(this.#points.subarray(k * size, (k + 1) * size)),
    );
    return this.#predict(logPriors);
  }

  /**
   * Predictions by the other contexts. A θ_s so narrow that no point lies in it (tau_a near 0) cannot be
   * weighted; it is left out, and k̂ is then infinite.
   *
   * @param priors θ_s: draws of the hyperparameters given all contexts
   */
  underOthers(priors: readonly EffectPrior[]): ContextPrediction {
    const count = this.#logRatios.length;
    const largest = this.#logRatios.reduce((a, b) => Math.max(a, b));
    const ratios = this.#logRatios.map((value) => Math.exp(value - largest));
    const densities: Float64Array[] = [];
    const logMarginals: number[] = [];
    for (const prior of priors) {
      const density = this.#densitiesOf(prior);
      const marginal = dot(ratios, density);
      if (!(marginal > 0)) continue;
      densities.push(density);
      logMarginals.push(Math.log(marginal));
    }
    const { weights, paretoK } = psis(Float64Array.from(logMarginals, (value) => -value));
    const mixture = new Float64Array(count);
    densities.forEach((density, s) => {
      for (let k = 0; k < count; k++) mixture[k] += weights[s] * density[k];
    });
    const prediction = this.#predict(mixture.map(Math.log));
    const worst = Math.max(prediction.paretoK, paretoK);
    return {
      ...prediction,
      paretoK: densities.length < priors.length ? Number.POSITIVE_INFINITY : worst,
    };
  }

  /** p(u_k | θ) of each point. */
  #densitiesOf({ muA, tauA, tauW }: EffectPrior): Float64Array {
    const size = this.#size;
    const constant = -Math.log(tauA) - (size - 1) * Math.log(tauW) - size * LOG_ROOT_TWO_PI;
    const densities = new Float64Array(this.#logRatios.length);
    for (let k = 0, at = 0; k < densities.length; k++) {
      const z = (this.#points[at++] - muA) / tauA;
      let squares = 0;
      for (let j = 1; j < size; j++, at++) squares += this.#points[at] * this.#points[at];
      densities[k] = Math.exp(constant - 0.5 * (z * z + squares / (tauW * tauW)));
    }
    return densities;
  }

  /** @param logPriors log p(u_k) of each point */
  #predict(logPriors: Float64Array): ContextPrediction {
    const count = logPriors.length;
    const terms = logPriors.map((value, k) => value + this.#logRatios[k]);
    const total = logSumExp(terms);
    const shares = terms.map((term) => Math.exp(term - total));
    // Change of Σ log p(y_i | y_−i) with each point, whose squares add up to the error.
    const influence = new Float64Array(count);
    const without = new Float64Array(count);
    let elpd = 0;
    let correct = 0;
    for (let i = 0; i < this.#choices; i++) {
      let sum = 0;
      for (let k = 0; k < count; k++) {
        without[k] = shares[k] * Math.exp(-this.#logLikelihood[k * this.#choices + i]);
        sum += without[k];
      }
      for (let k = 0; k < count; k++) influence[k] += shares[k] - without[k] / sum;
      elpd -= Math.log(sum);
      if (sum < 2) correct++;
    }
    return {
      context: {
        elpd: total - Math.log(count),
        mcse: Math.sqrt(squaresOf(shares.map((share) => share - 1 / count))),
      },
      choices: { elpd, mcse: Math.sqrt(squaresOf(influence)) },
      correct,
      paretoK: paretoK(terms),
    };
  }
}

/** C of log q = C + kernel: log Γ((ν + d)/2) − log Γ(ν/2) − d/2 log(νπ) − log |L|. */
function logConstantOf(lower: Float64Array, size: number): number {
  const nu = DEGREES_OF_FREEDOM;
  let logDeterminant = 0;
  for (let i = 0; i < size; i++) logDeterminant += Math.log(lower[i * (size + 1)]);
  const gammas = gammaln(0.5 * (nu + size)) - gammaln(0.5 * nu);
  return gammas - 0.5 * size * Math.log(nu * Math.PI) - logDeterminant;
}

/** Mean of the draws, and the Cholesky factor of their covariance. */
function momentsOf(draws: Draws): { readonly mean: Float64Array; readonly lower: Float64Array } {
  const columns = draws.parameterNames.map((_, i) => parameterDraws(draws, i));
  const size = columns.length;
  const mean = Float64Array.from(columns, (column) => sumOf(column) / column.length);
  const covariance = new Float64Array(size * size);
  for (let i = 0; i < size; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = 0;
      const [one, other] = [columns[i], columns[j]];
      for (let s = 0; s < one.length; s++) sum += (one[s] - mean[i]) * (other[s] - mean[j]);
      covariance[i * size + j] = sum / (one.length - 1);
    }
  }
  const lower = cholesky(covariance, size);
  if (lower === null) throw badData('the draws of the effects do not vary: expected a posterior');
  return { mean, lower };
}
