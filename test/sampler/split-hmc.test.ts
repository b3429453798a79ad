/**
 * Split HMC and what leads to it: the mode and curvature, the plan, the step, the draws. Chains on
 * targets with known moments; calibration.test.ts has the regressions.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { planFit } from '../../src/fit/plan.js';
import { mcseMean, mcseSd, sampleMoments } from '../../src/posterior/convergence.js';
import { joinChains, parameterDraws } from '../../src/posterior/draws.js';
import { quickStream } from '../../src/random/quick-stream.js';
import { sampleChain } from '../../src/sampler/chain.js';
import { evaluate, newEvaluatedPoint } from '../../src/sampler/hamiltonian.js';
import type { Model, MovingPoint } from '../../src/sampler/model.js';
import {
  covarianceOf,
  normalApproximation,
  type WhitenedModel,
  whitened,
} from '../../src/sampler/normal-approximation.js';
import { completeSettings } from '../../src/sampler/settings.js';
import { splitHmc } from '../../src/sampler/split-hmc.js';
import * as paper from '../models/paper-regressions.js';

const prior = paper.studentT(3, 0, 2.5);

function regression(family: 'logistic' | 'linear', rows: number, seed = 0): Model {
  const random = quickStream('regression', family, rows, seed);
  const predictors = {
    names: ['a', 'b'],
    rows,
    values: Float64Array.from({ length: 2 * rows }, () => 3 + random.normal()),
  };
  const slopePrior = paper.normal(0.2, 1.3);
  return family === 'logistic'
    ? paper.logistic({
        predictors,
        outcomes: Array.from({ length: rows }, () => Number(random.coin())),
        slopePrior,
        interceptPrior: prior,
      })
    : paper.linear({
        predictors,
        outcomes: Array.from({ length: rows }, () => 1 + 2 * random.normal()),
        slopePrior,
        interceptPrior: prior,
        sigmaPrior: prior,
      });
}

/** A normal of any dimension, with its mean and precision. */
function normal(mean: Float64Array, precision: Float64Array): Model {
  const d = mean.length;
  return {
    dimension: d,
    parameterNames: Array.from(mean, (_, i) => `x${i}`),
    logDensity(q, gradient) {
      let sum = 0;
      for (let i = 0; i < d; i++) {
        gradient[i] = 0;
        for (let j = 0; j < d; j++) gradient[i] -= precision[i * d + j] * (q[j] - mean[j]);
        sum += 0.5 * gradient[i] * (q[i] - mean[i]);
      }
      return sum;
    },
    hessian(_, hessian) {
      hessian.set(precision.map((value) => -value));
    },
  };
}

/** Independent parameters with exp(x) ~ gamma(shape): the smaller the shape, the more skewed. */
function logGammas(dimension: number, shape: number): Model {
  return {
    dimension,
    parameterNames: Array.from({ length: dimension }, (_, i) => `x${i}`),
    logDensity(q, gradient) {
      q.forEach((x, i) => {
        gradient[i] = shape - Math.exp(x);
      });
      return q.reduce((sum, x) => sum + shape * x - Math.exp(x), 0);
    },
    hessian(q, hessian) {
      hessian.fill(0);
      q.forEach((x, i) => {
        hessian[i * (dimension + 1)] = -Math.exp(x);
      });
    },
  };
}

const tilted = () => normal(Float64Array.of(5, -300), Float64Array.of(2, -1.2, -1.2, 1));

describe.each(['logistic', 'linear'] as const)('the Hessian of a %s regression', (family) => {
  it('is the change of the gradient', () => {
    fc.assert(
      fc.property(fc.integer({ min: 4, max: 40 }), fc.integer(), (rows, seed) => {
        const model = regression(family, rows, seed);
        const d = model.dimension;
        const random = quickStream('position', seed);
        const position = new Float64Array(d).map(() => random.normal());
        const hessian = new Float64Array(d * d);
        model.hessian?.(position, hessian);
        const [up, down] = [new Float64Array(d), new Float64Array(d)];
        for (let j = 0; j < d; j++) {
          const h = 1e-5;
          model.logDensity(
            position.map((value, i) => value + (i === j ? h : 0)),
            up,
          );
          model.logDensity(
            position.map((value, i) => value - (i === j ? h : 0)),
            down,
          );
          for (let i = 0; i < d; i++) {
            const scale = 1 + Math.abs(hessian[i * d + i]) + Math.abs(hessian[j * d + j]);
            const slope = (up[i] - down[i]) / (2 * h);
            expect(Math.abs(hessian[i * d + j] - slope) / scale).toBeLessThan(1e-6);
          }
        }
      }),
      { seed: 2025, numRuns: 50 },
    );
  });

  it('leads to the mode, where the gradient is zero in units of the posterior', () => {
    fc.assert(
      fc.property(fc.integer({ min: 6, max: 200 }), fc.integer(), (rows, seed) => {
        const model = regression(family, rows, seed);
        const approximation = normalApproximation(model);
        if (!approximation) throw new Error('no mode');
        const gradient = new Float64Array(model.dimension);
        whitened(model, approximation).logDensity(new Float64Array(model.dimension), gradient);
        for (const slope of gradient) expect(Math.abs(slope)).toBeLessThan(2e-5);
      }),
      { seed: 2025, numRuns: 50 },
    );
  });
});

describe('the normal approximation', () => {
  it('of a normal is that normal', () => {
    const approximation = normalApproximation(tilted());
    if (!approximation) throw new Error('no mode');
    expect([...approximation.mode]).toEqual([expect.closeTo(5, 9), expect.closeTo(-300, 9)]);
    const determinant = 2 - 1.44;
    const expected = [1, 1.2, 1.2, 2].map((value) => value / determinant);
    covarianceOf(approximation).forEach((value, i) => {
      expect(value).toBeCloseTo(expected[i] ?? Number.NaN, 10);
    });
  });

  it('is null without a Hessian, and without a peak', () => {
    const { hessian: _, ...without } = tilted();
    expect(normalApproximation(without)).toBeNull();
    const saddle = normal(new Float64Array(2), Float64Array.of(1, 0, 0, -1));
    expect(normalApproximation(saddle)).toBeNull();
  });
});

describe('a split step', () => {
  const pointOf = (target: WhitenedModel, position: number[], momentum: number[]): MovingPoint => {
    const point = { ...newEvaluatedPoint(position.length), momentum: Float64Array.from(momentum) };
    point.position.set(position);
    evaluate(target, point);
    return point;
  };
  const energy = ({ momentum, logDensity }: MovingPoint) =>
    0.5 * momentum.reduce((sum, p) => sum + p * p, 0) - logDensity;

  const model = regression('logistic', 30);
  const approximation = normalApproximation(model);
  if (!approximation) throw new Error('no mode');
  const target = whitened(model, approximation);
  const start = () => pointOf(target, [0.5, -1, 0.8], [1, 0.3, -0.7]);
  const stepped = (steps: number, stepSize: number) => {
    const point = start();
    for (let i = 0; i < steps; i++) target.splitStep(point, stepSize);
    return point;
  };

  it('is undone by a step back', () => {
    const point = stepped(3, 0.7);
    for (let i = 0; i < 3; i++) target.splitStep(point, -0.7);
    point.position.forEach((value, i) => {
      expect(value).toBeCloseTo(start().position[i] ?? Number.NaN, 12);
    });
  });

  it('errs in the energy by the square of its size', () => {
    const error = (steps: number) => Math.abs(energy(stepped(steps, 1 / steps)) - energy(start()));
    expect(error(8) / error(16)).toBeGreaterThan(3.5);
    expect(error(8) / error(16)).toBeLessThan(4.5);
  });

  it('makes no error at all on a normal', () => {
    const exact = normalApproximation(tilted());
    if (!exact) throw new Error('no mode');
    const round = whitened(tilted(), exact);
    const point = pointOf(round, [1, 2], [-0.4, 0.9]);
    const before = energy(point);
    round.splitStep(point, 1.9);
    expect(energy(point)).toBeCloseTo(before, 8);
  });
});

describe('a transition of split HMC', () => {
  it('takes as many steps of two gradients as planned', () => {
    const skewed = logGammas(30, 20);
    const settings = completeSettings({ algorithm: 'split-hmc', draws: 40, warmup: 0 });
    const { plan } = planFit(skewed, settings, 'steps');
    if (plan.algorithm !== 'split-hmc') throw new Error('not near normal');
    expect(plan.steps).toBeGreaterThan(1);
    const chain = sampleChain(skewed, settings, 'steps', 0, plan);
    expect(chain.leapfrogSteps).toBe(40 * plan.steps * 2);
    // The Hamiltonian's mean is that of half a chi-square of twice the dimension, less log π(mode).
    const mean = chain.energy.reduce((sum, value) => sum + value / 40, 0);
    const atMode = -skewed.logDensity(
      new Float64Array(30).fill(Math.log(20)),
      new Float64Array(30),
    );
    expect(Math.abs(mean - atMode - 30)).toBeLessThan(6 * Math.sqrt(30 / 40));
  });

  it('stays where it is, and says that it diverged, where the density ends', () => {
    const end = 0.5;
    const half: Model = {
      ...tilted(),
      dimension: 1,
      parameterNames: ['x'],
      logDensity(q, gradient) {
        gradient[0] = -q[0];
        return q[0] > end ? Number.NEGATIVE_INFINITY : -0.5 * q[0] ** 2;
      },
      hessian: (_, hessian) => void hessian.set([-1]),
    };
    const approximation = normalApproximation(half);
    if (!approximation) throw new Error('no mode');
    const target = whitened(half, approximation);
    const kernel = splitHmc(target, 1);
    const current = newEvaluatedPoint(1);
    current.position[0] = 0.4;
    evaluate(target, current);
    const random = quickStream('wall');
    let refused = 0;
    for (let i = 0; i < 200; i++) {
      const [before] = current.position;
      const { termination, energy } = kernel.transition(current, random);
      expect(energy).toBeLessThan(20);
      expect(current.position[0]).toBeLessThanOrEqual(end);
      if (termination.reason !== 'divergence') continue;
      refused++;
      // The normal approximation has mean 0 and sd 1: its coordinates are those of the model.
      expect(termination.position[0]).toBeGreaterThan(end);
      expect(current.position[0]).toBe(before);
    }
    expect(refused).toBeGreaterThan(20);
  });
});

describe('the plan of a fit', () => {
  const settings = completeSettings();

  it('is split HMC near a normal: one step a trajectory, more further from it', () => {
    expect(planFit(tilted(), settings, 'plan').plan).toMatchObject({
      algorithm: 'split-hmc',
      steps: 1,
    });
    expect(planFit(regression('logistic', 20_000), settings, 'plan').plan).toMatchObject({
      steps: 1,
    });
    const stepsOf = (shape: number) => planFit(logGammas(30, shape), settings, 'plan').plan;
    expect(stepsOf(1000)).toMatchObject({ steps: 1 });
    expect(stepsOf(20)).toMatchObject({ steps: 2 });
  });

  it('is NUTS without a Hessian, and what is asked for where something is', () => {
    const { hessian: _, ...without } = tilted();
    expect(planFit(without, settings, 'plan')).toEqual({
      plan: { algorithm: 'nuts' },
      paretoK: null,
    });
    for (const algorithm of ['nuts', 'hmc'] as const) {
      const plan = planFit(tilted(), { ...settings, algorithm }, 'plan');
      expect(plan).toEqual({ plan: { algorithm }, paretoK: null });
    }
    expect(() => planFit(without, { ...settings, algorithm: 'split-hmc' }, 'plan')).toThrow(
      expect.objectContaining({ code: 'bad-argument' }),
    );
  });

  it('is NUTS for a Cauchy, whose tails the mode does not tell of, four times in five', () => {
    const heavy: Model = {
      dimension: 2,
      parameterNames: ['x', 'y'],
      logDensity(q, gradient) {
        let sum = 0;
        for (let i = 0; i < 2; i++) {
          gradient[i] = -2 * (q[i] / (1 + q[i] * q[i]));
          sum -= Math.log1p(q[i] * q[i]);
        }
        return sum;
      },
      hessian: (_, hessian) => void hessian.set([-2, 0, 0, -2]),
    };
    const chosen = Array.from(
      { length: 20 },
      (_, seed) => planFit(heavy, { ...settings, seed }, 'plan').plan.algorithm,
    );
    // Importance weights find it in 86% of seeds (of 100): fewer than 12 of 20 once in 600.
    expect(chosen.filter((algorithm) => algorithm === 'nuts').length).toBeGreaterThanOrEqual(12);
    const saddle = normal(new Float64Array(2), Float64Array.of(1, 0, 0, -1));
    expect(() => planFit(saddle, { ...settings, algorithm: 'split-hmc' }, 'plan')).toThrow(
      expect.objectContaining({ code: 'improper-posterior' }),
    );
  });
});

describe('chains of split HMC', () => {
  it('are decided by seed, fit and number, bit for bit', () => {
    const model = regression('logistic', 40);
    const settings = completeSettings({ draws: 30 });
    const draws = (fit: string, chain: number, seed = 1) =>
      sampleChain(model, { ...settings, seed }, fit, chain).draws;
    expect(draws('a', 0)).toEqual(draws('a', 0));
    expect(draws('a', 0)).not.toEqual(draws('a', 1));
    expect(draws('a', 0)).not.toEqual(draws('b', 0));
    expect(draws('a', 0)).not.toEqual(draws('a', 0, 2));
  });

  it('recover the moments of a log-gamma, which is skewed (false alarms below 1 in 10,000)', () => {
    // Mean ψ(20), variance ψ'(20).
    const model = logGammas(1, 20);
    const settings = completeSettings({ algorithm: 'split-hmc', draws: 10_000 });
    const chains = [0, 1, 2, 3].map((i) => sampleChain(model, settings, 'log-gamma', i));
    const values = parameterDraws(
      joinChains(
        model.parameterNames,
        chains.map(({ draws }) => draws),
      ),
      0,
    );
    const { mean, variance } = sampleMoments(values);
    expect(Math.abs(mean - 2.970523992242149) / mcseMean(values, 4)).toBeLessThan(4.1);
    expect(Math.abs(Math.sqrt(variance) - 0.226449018) / mcseSd(values, 4)).toBeLessThan(4.1);
  });
});
