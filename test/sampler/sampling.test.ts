/**
 * Whole chains on targets whose moments are known, single transitions from exact draws, and what
 * a chain tells of itself. Seeds are fixed; the false-alarm rates say how often a perfect sampler
 * would fail for a random seed.
 */
import chiSquareCdf from '@stdlib/stats-base-dists-chisquare-cdf';
import normalCdf from '@stdlib/stats-base-dists-normal-cdf';
import { describe, expect, it } from 'vitest';
import { cholesky, solveLower, solveLowerTransposed } from '../../src/linear-algebra/cholesky.js';
import { mcseMean, mcseSd, sampleMoments } from '../../src/posterior/convergence.js';
import { joinChains, parameterDraws } from '../../src/posterior/draws.js';
import { randomStream } from '../../src/random/stream.js';
import { type Chain, sampleChain } from '../../src/sampler/chain.js';
import {
  energy,
  evaluate,
  leapfrog,
  newEvaluatedPoint,
  newPhasePoint,
  type PhasePoint,
  refreshMomentum,
} from '../../src/sampler/hamiltonian.js';
import { diagonalMetric, kineticEnergy } from '../../src/sampler/metric.js';
import type { Model } from '../../src/sampler/model.js';
import { nuts } from '../../src/sampler/nuts.js';
import { completeSettings, type SamplerSettings } from '../../src/sampler/settings.js';
import { staticHmc } from '../../src/sampler/static-hmc.js';

/** A model with its exact mean and covariance (row-major). */
interface Target {
  readonly model: Model;
  readonly mean: readonly number[];
  readonly covariance: Float64Array;
}

const names = (dimension: number) => Array.from({ length: dimension }, (_, i) => `x${i}`);

/** g(qᵀ Σ⁻¹ q) around a mean, by g and its derivative. */
function elliptical(
  mean: readonly number[],
  scaleMatrix: Float64Array,
  g: (square: number) => { value: number; derivative: number },
): Model {
  const d = mean.length;
  const lower = cholesky(scaleMatrix, d) ?? new Float64Array();
  const solved = new Float64Array(d);
  return {
    dimension: d,
    parameterNames: names(d),
    logDensity(q, gradient) {
      for (let i = 0; i < d; i++) solved[i] = q[i] - mean[i];
      solveLower(lower, solved);
      solveLowerTransposed(lower, solved);
      let square = 0;
      for (let i = 0; i < d; i++) square += solved[i] * (q[i] - mean[i]);
      const { value, derivative } = g(square);
      for (let i = 0; i < d; i++) gradient[i] = 2 * derivative * solved[i];
      return value;
    },
  };
}

/** Σ_ij = s_i s_j 0.8^|i − j|. */
const autoregressive = (scales: readonly number[]) =>
  Float64Array.from({ length: scales.length ** 2 }, (_, index) => {
    const [i, j] = [Math.floor(index / scales.length), index % scales.length];
    return scales[i] * scales[j] * 0.8 ** Math.abs(i - j);
  });

function correlatedNormal(scales: readonly number[]): Target {
  const mean = scales.map((scale, i) => scale * (i - 1.5));
  const covariance = autoregressive(scales);
  const gaussian = (square: number) => ({ value: -0.5 * square, derivative: -0.5 });
  return { model: elliptical(mean, covariance, gaussian), mean, covariance };
}

/** 10 degrees of freedom: the eighth moment, by which an sd's error is estimated, exists. */
function studentT(): Target {
  const nu = 10;
  const mean = [-3, 0, 10];
  const scaleMatrix = autoregressive([1, 0.5, 4]);
  const model = elliptical(mean, scaleMatrix, (square) => ({
    value: -0.5 * (nu + 3) * Math.log1p(square / nu),
    derivative: (-0.5 * (nu + 3)) / (nu + square),
  }));
  return { model, mean, covariance: scaleMatrix.map((value) => (value * nu) / (nu - 2)) };
}

/** log x of x ~ gamma(½) and gamma(1): means ψ(a), variances ψ′(a). */
function logGamma(): Target {
  const shapes = [0.5, 1];
  const euler = 0.5772156649015329;
  return {
    model: {
      dimension: 2,
      parameterNames: names(2),
      logDensity(q, gradient) {
        let sum = 0;
        for (let i = 0; i < 2; i++) {
          gradient[i] = shapes[i] - Math.exp(q[i]);
          sum += shapes[i] * q[i] - Math.exp(q[i]);
        }
        return sum;
      },
    },
    mean: [-euler - 2 * Math.LN2, -euler],
    covariance: Float64Array.of(Math.PI ** 2 / 2, 0, 0, Math.PI ** 2 / 6),
  };
}

const CHAINS = 4;

function chainsOf(model: Model, settings: Partial<SamplerSettings>, fit = 'sampling'): Chain[] {
  const complete = completeSettings({ chains: CHAINS, ...settings });
  return Array.from({ length: complete.chains }, (_, i) => sampleChain(model, complete, fit, i));
}

/** Standardized errors of the means, the standard deviations and the covariances. */
function zScores({ model, mean, covariance }: Target, settings: Partial<SamplerSettings>) {
  const chains = chainsOf(model, { draws: 4000, ...settings });
  const draws = joinChains(
    model.parameterNames,
    chains.map((chain) => chain.draws),
  );
  const d = mean.length;
  const columns = mean.map((_, i) => parameterDraws(draws, i));
  const scores: number[] = [];
  const compare = (values: Float64Array, exact: number) =>
    scores.push((sampleMoments(values).mean - exact) / mcseMean(values, CHAINS));
  columns.forEach((column, i) => {
    compare(column, mean[i]);
    const sd = Math.sqrt(sampleMoments(column).variance);
    scores.push((sd - Math.sqrt(covariance[i * d + i])) / mcseSd(column, CHAINS));
    for (let j = 0; j < i; j++) {
      const products = column.map((x, row) => (x - mean[i]) * (columns[j][row] - mean[j]));
      compare(products, covariance[i * d + j]);
    }
  });
  return scores;
}

/** Trajectories of a quarter of a period of a normal in its own units, off resonance. */
const hmc = { algorithm: 'hmc', integrationTime: Math.PI / 2, jitter: 0.3 } as const;
const wide = () => correlatedNormal([0.01, 0.1, 1, 10, 100]);
// A unit metric needs as many steps a trajectory as the largest scale has smallest ones.
const narrow = () => correlatedNormal([0.5, 0.7, 1, 1.4, 2]);

describe('sampling recovers means, standard deviations and covariances within 4.5 MCSE', () => {
  // 4.5 standard errors: 7 in a million a comparison; up to 20 comparisons a row, 128 in all.
  const rate = '(false alarms below 1 in 7,000 a target)';
  it.each([
    ['NUTS, diagonal metric: a normal with scales from 0.01 to 100', wide(), {}],
    ['NUTS, dense metric: a normal with scales from 0.01 to 100', wide(), { metric: 'dense' }],
    ['NUTS, unit metric: a normal with scales from 0.5 to 2', narrow(), { metric: 'unit' }],
    ['HMC, dense metric: a normal with scales 0.01 to 100', wide(), { ...hmc, metric: 'dense' }],
    ['HMC, diagonal metric: a normal with scales from 0.5 to 2', narrow(), hmc],
    ['NUTS, diagonal metric: a student-t with 10 degrees of freedom', studentT(), {}],
    ['HMC, dense metric: a student-t', studentT(), { ...hmc, metric: 'dense' }],
    ['NUTS, diagonal metric: a skewed log-gamma', logGamma(), {}],
    ['HMC, diagonal metric: a skewed log-gamma', logGamma(), hmc],
  ] as const)(`%s ${rate}`, (_, target, settings) => {
    for (const score of zScores(target, settings)) expect(Math.abs(score)).toBeLessThan(4.5);
  });
});

describe('one transition from an exact draw ends at an exact draw', () => {
  // Starts are independent, so that the ends are too. The step sizes are coarse: acceptance, not
  // precision, must keep the distribution.
  const count = 100_000;
  const scales = [1, 3];
  const model = elliptical([0, 0], Float64Array.of(1, 0, 0, 9), (square) => ({
    value: -0.5 * square,
    derivative: -0.5,
  }));
  const kolmogorov = (values: Float64Array, cdf: (x: number) => number): number =>
    values
      .slice()
      .sort()
      .reduce((worst, x, i) => Math.max(worst, (i + 1) / count - cdf(x), cdf(x) - i / count), 0);
  // The 1e-4 point of Kolmogorov's limit.
  const bound = Math.sqrt(-Math.log(1e-4 / 2) / (2 * count));

  it.each([
    ['NUTS with a deep tree', nuts(model, 10), 0.7],
    ['NUTS with coarse steps', nuts(model, 10), 1.4],
    ['NUTS cut off at two doublings', nuts(model, 2), 0.4],
    ['static HMC with coarse steps', staticHmc(model, { integrationTime: 3 }), 1.5],
    ['static HMC with jitter', staticHmc(model, { integrationTime: 5, jitter: 0.5 }), 1],
  ])('%s (Kolmogorov-Smirnov, false alarms 3 in 10,000)', (name, kernelOf, stepSize) => {
    const random = randomStream('stationary', name);
    const kernel = kernelOf({ stepSize, metric: diagonalMetric(Float64Array.of(1, 4)) });
    const ends = [0, 1].map(() => new Float64Array(count));
    const point = newEvaluatedPoint(2);
    for (let run = 0; run < count; run++) {
      scales.forEach((scale, i) => {
        point.position[i] = scale * random.normal();
      });
      evaluate(model, point);
      kernel.transition(point, random);
      scales.forEach((scale, i) => {
        ends[i][run] = point.position[i] / scale;
      });
    }
    for (const end of ends) {
      expect(kolmogorov(end, (x) => normalCdf(x, 0, 1))).toBeLessThan(bound);
    }
    const squares = ends[0].map((x, run) => x * x + ends[1][run] ** 2);
    expect(kolmogorov(squares, (x) => chiSquareCdf(x, 2))).toBeLessThan(bound);
  });
});

describe('a trajectory of NUTS', () => {
  const { model } = correlatedNormal([1, 2, 0.7]);
  const metric = diagonalMetric(Float64Array.of(1, 3, 0.5));
  const maxDepth = 6;
  const reach = 2 ** maxDepth;

  /** The leapfrog orbit through a start, by index from −reach to reach. */
  function orbitThrough(start: PhasePoint, stepSize: number): (index: number) => PhasePoint {
    const [forward, backward] = [stepSize, -stepSize].map((step) => {
      const point = structuredClone(start);
      return Array.from({ length: reach }, () => {
        leapfrog(model, metric, point, step);
        return structuredClone(point);
      });
    });
    return (index) => (index === 0 ? start : index > 0 ? forward[index - 1] : backward[-index - 1]);
  }

  /** The indices that NUTS visits, in order, by the definition of the criterion on the orbit. */
  function indicesVisited(orbit: (index: number) => PhasePoint, reversals: readonly boolean[]) {
    // p♯ · ρ > 0 at both ends of [low, high], with ρ the sum of the momenta there.
    const apart = (low: number, high: number): boolean =>
      [low, high].every((end) => {
        let product = 0;
        for (let at = low; at <= high; at++) {
          product += 2 * kineticEnergy(orbit(at).momentum, orbit(end).velocity);
        }
        return product > 0;
      });
    // Two halves that meet between `middle` − 1 and `middle`.
    const straight = (low: number, middle: number, high: number) =>
      apart(low, high) && apart(low, middle) && apart(middle - 1, high);
    const visited: number[] = [];
    const grows = (first: number, direction: number, size: number): boolean => {
      if (size === 1) return visited.push(first) > 0;
      const last = first + direction * (size - 1);
      const [low, high] = [Math.min(first, last), Math.max(first, last)];
      const half = size / 2;
      return (
        grows(first, direction, half) &&
        grows(first + direction * half, direction, half) &&
        straight(low, low + half, high)
      );
    };
    let [low, high, direction] = [0, 0, 1];
    for (let depth = 0; depth < maxDepth; depth++) {
      const size = 2 ** depth;
      if (reversals[depth]) direction = -direction;
      if (!grows(direction > 0 ? high + 1 : low - 1, direction, size)) break;
      const middle = direction > 0 ? high + 1 : low;
      if (direction > 0) high += size;
      else low -= size;
      if (!straight(low, middle, high)) break;
    }
    return { visited, low, high };
  }

  it('is one leapfrog orbit, ended where its definition says, at a state with its own energy', () => {
    const visits: number[][] = [];
    const spied: Model = {
      ...model,
      logDensity(position, gradient) {
        visits.push([...position]);
        return model.logDensity(position, gradient);
      },
    };
    const kernelOf = nuts(spied, maxDepth);
    for (let run = 0; run < 300; run++) {
      const random = randomStream('orbit', run);
      const stepSize = 0.05 + 0.9 * random.uniform();
      const start = newPhasePoint(3);
      [1, 2, 0.7].forEach((scale, i) => {
        start.position[i] = scale * random.normal();
      });
      evaluate(model, start);
      const current = structuredClone(start);
      const reversals = Array.from({ length: maxDepth }, random.coin);
      // The same normals for the orbit's momentum as for the kernel's.
      refreshMomentum(metric, start, randomStream('momentum', run));
      const coins = reversals.values();
      const scripted = {
        ...randomStream('momentum', run),
        coin: () => coins.next().value ?? false,
      };
      visits.length = 0;
      const outcome = kernelOf({ stepSize, metric }).transition(current, scripted);

      const orbit = orbitThrough(start, stepSize);
      const { visited, low, high } = indicesVisited(orbit, reversals);
      expect(visits).toEqual(visited.map((index) => [...orbit(index).position]));
      const states = Array.from({ length: high - low + 1 }, (_, i) => orbit(low + i));
      const end = states.find(({ position }) =>
        position.every((x, i) => x === current.position[i]),
      );
      expect(outcome.energy).toBe(end && energy(end));
      expect(outcome.leapfrogSteps).toBe(visited.length);
    }
  });
});

describe('a chain', () => {
  const target = logGamma().model;
  const short = { warmup: 200, draws: 50, chains: 2 };

  it.each(['nuts', 'hmc'] as const)(
    'of %s is decided by seed, fit and number, bit for bit',
    (algorithm) => {
      const settings = { ...short, algorithm };
      const first = chainsOf(target, settings);
      expect(chainsOf(target, settings)).toEqual(first);
      expect(first[1].draws).not.toEqual(first[0].draws);
      expect(chainsOf(target, { ...settings, seed: 7 })[0].draws).not.toEqual(first[0].draws);
      expect(chainsOf(target, settings, 'another')[0].draws).not.toEqual(first[0].draws);
    },
  );

  it('counts divergences in the neck of a funnel, and none on a normal', () => {
    // Neal (2003): v ~ normal(0, 3), x_i ~ normal(0, e^(v/2)), i = 1 … 9.
    const funnel: Model = {
      dimension: 10,
      parameterNames: names(10),
      logDensity(q, gradient) {
        const precision = Math.exp(-q[0]);
        let squares = 0;
        for (let i = 1; i < 10; i++) {
          squares += q[i] * q[i];
          gradient[i] = -precision * q[i];
        }
        gradient[0] = -q[0] / 9 - 4.5 + 0.5 * precision * squares;
        return (-q[0] * q[0]) / 18 - 4.5 * q[0] - 0.5 * precision * squares;
      },
    };
    const count = (model: Model) =>
      chainsOf(model, {}).reduce((sum, chain) => sum + chain.divergences, 0);
    expect(count(funnel)).toBeGreaterThan(0);
    expect(count(narrow().model)).toBe(0);
  });

  it.each(['nuts', 'hmc'] as const)(
    'of %s counts every transition that diverges, and stays where it is',
    (algorithm) => {
      // Finite at the first evaluation only: each first step falls off a cliff.
      let evaluations = 0;
      const cliff: Model = {
        dimension: 1,
        parameterNames: ['x'],
        logDensity(_, gradient) {
          gradient[0] = 0;
          return evaluations++ === 0 ? 0 : Number.NEGATIVE_INFINITY;
        },
      };
      const [chain] = chainsOf(cliff, { algorithm, chains: 1, warmup: 0, draws: 30 });
      expect(chain).toMatchObject({ divergences: 30, acceptance: 0, leapfrogSteps: 30 });
      expect(new Set(chain.draws).size).toBe(1);
      expect(chain.energy.every(Number.isFinite)).toBe(true);
    },
  );

  it('bounds its trajectories by 2^maxDepth states, and counts those cut off', () => {
    // On a flat density nothing ever turns.
    const flat: Model = { dimension: 1, parameterNames: ['x'], logDensity: (_, g) => g.fill(0)[0] };
    const [chain] = chainsOf(flat, { chains: 1, warmup: 0, draws: 50, maxDepth: 3 });
    expect(chain).toMatchObject({ maxDepthHits: 50, leapfrogSteps: 50 * 7, divergences: 0 });
  });

  it('keeps the energy of its states: of a d-dimensional normal, gamma(d) (false alarms 1 in 70,000)', () => {
    const chains = chainsOf(narrow().model, { draws: 4000 });
    const energies = Float64Array.from(chains.flatMap((chain) => [...chain.energy]));
    const { mean, variance } = sampleMoments(energies);
    expect(Math.abs(mean - 5)).toBeLessThan(4.5 * mcseMean(energies, CHAINS));
    const sdError = Math.sqrt(variance) - Math.sqrt(5);
    expect(Math.abs(sdError)).toBeLessThan(4.5 * mcseSd(energies, CHAINS));
  });

  it.each(['nuts', 'hmc'] as const)(
    'of %s draws what was integrated out anew in each chain, and the same by the same seed',
    (algorithm) => {
      const drawing: Model = {
        ...target,
        parameterNames: ['drawn'],
        constrain: (_, parameters, random) => {
          parameters[0] = random.normal();
        },
      };
      const settings = { ...short, algorithm };
      const drawn = (seed: number, fit: string) =>
        chainsOf(drawing, { ...settings, seed }, fit).map(({ draws }) => draws);
      const all = [...drawn(1, 'one'), ...drawn(2, 'one'), ...drawn(1, 'another')].flatMap(
        (draws) => [...draws],
      );
      expect(new Set(all).size).toBe(6 * short.draws);
      expect(drawn(1, 'one').flatMap((draws) => [...draws])).toEqual(all.slice(0, 2 * short.draws));
      // The chain moves as it does where nothing is drawn.
      const moves = (model: Model) => chainsOf(model, settings)[0].energy;
      expect(moves(drawing)).toEqual(moves(target));
    },
  );

  it('reports what the model constrains, not where it samples', () => {
    const constrained: Model = {
      ...target,
      parameterNames: ['sum'],
      constrain: (q, parameters) => {
        parameters[0] = q[0] + q[1];
      },
    };
    const [plain, sums] = [target, constrained].map((model) => chainsOf(model, short)[0].draws);
    expect(sums).toEqual(
      Float64Array.from({ length: short.draws }, (_, i) => plain[2 * i] + plain[2 * i + 1]),
    );
  });
});
