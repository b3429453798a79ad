/**
 * Posteriors of posteriordb whose outcomes follow a differential equation, y ~ lognormal(log x(t), σ): the
 * equation and its sensitivities to the parameters are integrated together.
 */
import type { Model } from '../../../src/sampler/model.js';
import { cauchyPrior } from './models.js';
import type { Numbers } from './posteriors.js';

/**
 * A differential equation with its sensitivities: a point holds the states, and after them dx_i/dθ_j, row-major
 * (state, parameter).
 */
interface Equation {
  readonly size: number;
  /** Overwrites `slope` with d(point)/dt. */
  write(t: number, point: Float64Array, theta: Numbers, slope: Float64Array): void;
}

/**
 * Points at the times, by the classical method of Runge and Kutta.
 *
 * @param start at t = 0
 */
function trajectory(
  equation: Equation,
  theta: Numbers,
  start: Float64Array,
  times: Numbers,
  step: number,
): Float64Array[] {
  const { size } = equation;
  const slopes = [0, 1, 2, 3].map(() => new Float64Array(size));
  const [first, second, third, fourth] = slopes;
  const moved = new Float64Array(size);
  const point = start.slice();
  const slopeAhead = (t: number, along: Float64Array, by: number, slope: Float64Array) => {
    for (let i = 0; i < size; i++) moved[i] = point[i] + by * along[i];
    equation.write(t + by, moved, theta, slope);
  };
  let t = 0;
  return times.map((time) => {
    const steps = Math.max(1, Math.round((time - t) / step));
    const h = (time - t) / steps;
    for (let s = 0; s < steps; s++) {
      equation.write(t, point, theta, first);
      slopeAhead(t, first, h / 2, second);
      slopeAhead(t, second, h / 2, third);
      slopeAhead(t, third, h, fourth);
      for (let i = 0; i < size; i++) {
        point[i] += (h / 6) * (first[i] + 2 * second[i] + 2 * third[i] + fourth[i]);
      }
      t += h;
    }
    return point.slice();
  });
}

/** log lognormal(y | log x, σ) without its constant, with derivatives by log x and log σ. */
function lognormal(y: number, x: number, sigma: number) {
  const z = Math.log(y / x) / sigma;
  return { value: -0.5 * z * z - Math.log(sigma), byLog: z / sigma, byLogSigma: z * z - 1 };
}

/** Prey u and predators v: u′ = (α − β v) u, v′ = (δ u − γ) v; θ = (α, β, γ, δ, u(0), v(0)). */
const predation: Equation = {
  size: 2 + 2 * 6,
  write(_t, point, theta, slope) {
    const u = point[0];
    const v = point[1];
    const growth = theta[0] - theta[1] * v;
    const decline = theta[3] * u - theta[2];
    slope[0] = growth * u;
    slope[1] = decline * v;
    for (let j = 0; j < 6; j++) {
      const ofU = point[2 + j];
      const ofV = point[8 + j];
      slope[2 + j] = growth * ofU - theta[1] * u * ofV;
      slope[8 + j] = theta[3] * v * ofU + decline * ofV;
    }
    slope[2] += u;
    slope[3] -= u * v;
    slope[8 + 2] -= v;
    slope[8 + 3] += u * v;
  },
};

/**
 * Lynx and hares (Lotka 1925, Volterra 1926): α, γ ~ normal(1, 0.5), β, δ ~ normal(0.05, 0.05), all above 0, σ_k ~
 * lognormal(−1, 1), initial populations ~ lognormal(log 10, 1). Position: the logarithms of (θ, z(0), σ), from the
 * centres of their priors and in units of 0.3, so that chains start where the populations stay finite.
 *
 * @param first populations at time 0
 * @param counts rows of populations at the times
 */
export function lotkaVolterra(first: Numbers, times: Numbers, counts: readonly Numbers[]): Model {
  const centres = [1, 0.05, 1, 0.05];
  const widths = [0.5, 0.05, 0.5, 0.05];
  const logs = [...centres, 10, 10, Math.exp(-1), Math.exp(-1)].map(Math.log);
  const UNIT = 0.3;
  const naturalOf = (position: Float64Array) =>
    logs.map((log, j) => Math.exp(log + UNIT * position[j]));
  return {
    dimension: 8,
    parameterNames: [
      ...[1, 2, 3, 4].map((j) => `theta[${j}]`),
      ...['z_init[1]', 'z_init[2]', 'sigma[1]', 'sigma[2]'],
    ],
    logDensity(position, gradient) {
      const natural = naturalOf(position);
      const theta = natural.slice(0, 6);
      const sigmas = natural.slice(6);
      const start = new Float64Array(predation.size);
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
        value += UNIT * position[j] - 0.5 * z * z;
        gradient[j] += 1 - (z * theta[j]) / widths[j];
      }
      for (let j = 4; j < 8; j++) {
        const off = UNIT * position[j];
        value -= 0.5 * off * off;
        gradient[j] -= off;
      }
      for (let j = 0; j < 8; j++) gradient[j] *= UNIT;
      return value;
    },
    constrain(position, parameters) {
      parameters.set(naturalOf(position));
    },
  };
}

/** A dose D absorbed at the rate k in a volume V, eliminated by Michaelis and Menten: θ = (k, K, W). */
const elimination = (dose: number, volume: number): Equation => ({
  size: 1 + 3,
  write(t, point, theta, slope) {
    const x = point[0];
    const [k, half, most] = [theta[0], theta[1], theta[2]];
    const rest = half + x;
    const absorbed = (Math.exp(-k * t) * dose) / volume;
    const byState = (-most * half) / (volume * rest * rest);
    slope[0] = absorbed * k - (most * x) / (volume * rest);
    slope[1] = byState * point[1] + absorbed * (1 - k * t);
    slope[2] = byState * point[2] + (most * x) / (volume * rest * rest);
    slope[3] = byState * point[3] - x / (volume * rest);
  },
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
