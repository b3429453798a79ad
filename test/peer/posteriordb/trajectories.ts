/**
 * Posteriors of posteriordb whose outcomes follow a differential equation, y ~ lognormal(log x(t), σ): the
 * equation and its sensitivities to the parameters are integrated together.
 */
import type { Model } from '../../../src/sampler/model.js';
import { cauchyPrior } from './models.js';
import type { Numbers } from './posteriors.js';

/** dx/dt of states and parameters, with the derivatives of each by both. */
interface Equation {
  readonly states: number;
  readonly parameters: number;
  slope(t: number, x: Float64Array, theta: Numbers): Numbers;
  /** Rows of d(dx_i/dt)/dx_j. */
  byStates(t: number, x: Float64Array, theta: Numbers): readonly Numbers[];
  /** Rows of d(dx_i/dt)/dθ_j. */
  byParameters(t: number, x: Float64Array, theta: Numbers): readonly Numbers[];
}

/**
 * The path of states and dx_i/dθ_j, row-major after them, by the classical method of Runge and Kutta.
 *
 * @param start at t = 0
 * @returns at each of the times
 */
function trajectory(
  equation: Equation,
  theta: Numbers,
  start: Float64Array,
  times: Numbers,
  step: number,
): Float64Array[] {
  const { states, parameters } = equation;
  const slopeOf = (t: number, point: Float64Array): Float64Array => {
    const result = new Float64Array(point.length);
    result.set(equation.slope(t, point, theta));
    const byStates = equation.byStates(t, point, theta);
    const byParameters = equation.byParameters(t, point, theta);
    for (let i = 0; i < states; i++) {
      for (let j = 0; j < parameters; j++) {
        let sum = byParameters[i][j];
        for (let k = 0; k < states; k++) {
          sum += byStates[i][k] * point[states + k * parameters + j];
        }
        result[states + i * parameters + j] = sum;
      }
    }
    return result;
  };
  const ahead = (point: Float64Array, slope: Float64Array, by: number) =>
    point.map((one, i) => one + by * slope[i]);
  let point = start;
  let t = 0;
  return times.map((time) => {
    const steps = Math.max(1, Math.round((time - t) / step));
    const h = (time - t) / steps;
    for (let s = 0; s < steps; s++) {
      const first = slopeOf(t, point);
      const second = slopeOf(t + h / 2, ahead(point, first, h / 2));
      const third = slopeOf(t + h / 2, ahead(point, second, h / 2));
      const fourth = slopeOf(t + h, ahead(point, third, h));
      point = point.map(
        (one, i) => one + (h / 6) * (first[i] + 2 * second[i] + 2 * third[i] + fourth[i]),
      );
      t += h;
    }
    return point;
  });
}

/** log lognormal(y | log x, σ) without its constant, with derivatives by log x and log σ. */
function lognormal(y: number, x: number, sigma: number) {
  const z = Math.log(y / x) / sigma;
  return { value: -0.5 * z * z - Math.log(sigma), byLog: z / sigma, byLogSigma: z * z - 1 };
}

/** Prey u and predators v: u′ = (α − β v) u, v′ = (δ u − γ) v; θ = (α, β, γ, δ, u(0), v(0)). */
const predation: Equation = {
  states: 2,
  parameters: 6,
  slope: (_t, [u, v], [alpha, beta, gamma, delta]) => [
    (alpha - beta * v) * u,
    (delta * u - gamma) * v,
  ],
  byStates: (_t, [u, v], [alpha, beta, gamma, delta]) => [
    [alpha - beta * v, -beta * u],
    [delta * v, delta * u - gamma],
  ],
  byParameters: (_t, [u, v]) => [
    [u, -u * v, 0, 0, 0, 0],
    [0, 0, -v, u * v, 0, 0],
  ],
};

/**
 * Lynx and hares (Lotka 1925, Volterra 1926): α, γ ~ normal(1, 0.5), β, δ ~ normal(0.05, 0.05), all above 0, σ_k ~
 * lognormal(−1, 1), initial populations ~ lognormal(log 10, 1). Position: the logarithms of (θ, z(0), σ).
 *
 * @param first populations at time 0
 * @param counts rows of populations at the times
 */
export function lotkaVolterra(first: Numbers, times: Numbers, counts: readonly Numbers[]): Model {
  const centres = [1, 0.05, 1, 0.05];
  const widths = [0.5, 0.05, 0.5, 0.05];
  return {
    dimension: 8,
    parameterNames: [
      ...[1, 2, 3, 4].map((j) => `theta[${j}]`),
      ...['z_init[1]', 'z_init[2]', 'sigma[1]', 'sigma[2]'],
    ],
    logDensity(position, gradient) {
      const natural = Array.from(position, Math.exp);
      const theta = natural.slice(0, 6);
      const sigmas = natural.slice(6);
      const start = new Float64Array(2 + 2 * 6);
      start.set([theta[4], theta[5]]);
      start[2 + 4] = 1;
      start[2 + 6 + 5] = 1;
      const path = trajectory(predation, theta, start, times, 0.2);
      gradient.fill(0);
      let value = 0;
      [start, ...path].forEach((point, t) => {
        for (let k = 0; k < 2; k++) {
          const y = t === 0 ? first[k] : counts[t - 1][k];
          const term = lognormal(y, point[k], sigmas[k]);
          value += term.value;
          gradient[6 + k] += term.byLogSigma;
          for (let j = 0; j < 6; j++) {
            gradient[j] += (term.byLog / point[k]) * point[2 + k * 6 + j] * theta[j];
          }
        }
      });
      for (let j = 0; j < 4; j++) {
        const z = (theta[j] - centres[j]) / widths[j];
        value += position[j] - 0.5 * z * z;
        gradient[j] += 1 - (z * theta[j]) / widths[j];
      }
      for (let j = 4; j < 8; j++) {
        const off = position[j] - (j < 6 ? Math.log(10) : -1);
        value -= 0.5 * off * off;
        gradient[j] -= off;
      }
      return value;
    },
    constrain(position, parameters) {
      parameters.set(position.map(Math.exp));
    },
  };
}

/** A dose D absorbed at the rate k in a volume V, eliminated by Michaelis and Menten: θ = (k, K, W). */
const elimination = (dose: number, volume: number): Equation => ({
  states: 1,
  parameters: 3,
  slope: (t, [x], [k, half, most]) => [
    (Math.exp(-k * t) * dose * k - (most * x) / (half + x)) / volume,
  ],
  byStates: (_t, [x], [, half, most]) => [[(-most * half) / (volume * (half + x) ** 2)]],
  byParameters: (t, [x], [k, half, most]) => [
    [
      (Math.exp(-k * t) * dose * (1 - k * t)) / volume,
      (most * x) / (volume * (half + x) ** 2),
      -x / (volume * (half + x)),
    ],
  ],
});

/**
 * Concentrations of a drug in one compartment, zero at first; all parameters ~ half-Cauchy(0, 1). Position: the
 * logarithms of (k_a, K_m, V_m, σ).
 */
export function oneCompartment(given: {
  readonly dose: number;
  readonly volume: number;
  readonly times: Numbers;
  readonly concentrations: Numbers;
}): Model {
  const equation = elimination(given.dose, given.volume);
  return {
    dimension: 4,
    parameterNames: ['k_a', 'K_m', 'V_m', 'sigma'],
    logDensity(position, gradient) {
      const natural = Array.from(position, Math.exp);
      const [, , , sigma] = natural;
      const path = trajectory(equation, natural, new Float64Array(4), given.times, 0.125);
      let value = 0;
      gradient.fill(0);
      path.forEach((point, t) => {
        const term = lognormal(given.concentrations[t], point[0], sigma);
        value += term.value;
        gradient[3] += term.byLogSigma;
        for (let j = 0; j < 3; j++) {
          gradient[j] += (term.byLog / point[0]) * point[1 + j] * natural[j];
        }
      });
      natural.forEach((one, j) => {
        const [density, slope] = cauchyPrior(one, 1);
        value += density + position[j];
        gradient[j] += slope * one + 1;
      });
      return value;
    },
    constrain(position, parameters) {
      parameters.set(position.map(Math.exp));
    },
  };
}
