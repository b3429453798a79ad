/**
 * Do the models, their generators of data and the sampler fit together? Two tests that need no
 * reference: simulation-based calibration (Talts et al. 2018, arXiv 1804.06788), where the rank of
 * a truth drawn from the prior among posterior draws is uniform; and Geweke's (2004) joint
 * distribution test, where drawing data and parameters from one another in turn must leave their
 * joint distribution as the prior and the generator make it. Seeds are fixed; the false-alarm
 * rates say how often a perfect implementation would fail for a random seed.
 */
import chiSquareCdf from '@stdlib/stats-base-dists-chisquare-cdf';
import normalCdf from '@stdlib/stats-base-dists-normal-cdf';
import { describe, expect, it } from 'vitest';
import type { Predictors } from '../../models/regression-data.js';
import { planFit } from '../../src/fit/plan.js';
import { mcseMean, sampleMoments } from '../../src/posterior/convergence.js';
import { type RandomStream, randomStream } from '../../src/random/stream.js';
import { sampleChain } from '../../src/sampler/chain.js';
import { evaluate, newEvaluatedPoint } from '../../src/sampler/hamiltonian.js';
import { diagonalMetric } from '../../src/sampler/metric.js';
import type { Model } from '../../src/sampler/model.js';
import { nuts } from '../../src/sampler/nuts.js';
import { completeSettings } from '../../src/sampler/settings.js';
import { powered } from '../support/deep.js';
import * as paper from './paper-regressions.js';
import { normal, type StudentTPrior, studentT } from './paper-regressions.js';

/** Everything random about a model: its prior, its generator, and its posterior given data. */
interface Calibration {
  readonly dimension: number;
  readonly parameterNames: readonly string[];
  /** A position (unconstrained) drawn from the model's own prior. */
  drawPrior(random: RandomStream): Float64Array;
  /** Data of reported parameters. */
  simulate(parameters: Float64Array, random: RandomStream): ArrayLike<number>;
  posterior(outcomes: ArrayLike<number>): Model;
}

const slopePrior = normal(0.3, 0.8);

/** Off-centre predictors, so that the intercept of the prior is not the one that is reported. */
function predictorsOf(rows: number): Predictors {
  const random = randomStream('predictors', rows);
  const values = Float64Array.from(
    { length: 2 * rows },
    (_, index) => random.normal() + (index % 2 === 0 ? 1 : -0.5),
  );
  return { names: ['x1', 'x2'], rows, values };
}

/** Student-t as a normal over the root of a mean of ν squared normals. */
function drawStudentT(prior: StudentTPrior, random: RandomStream): number {
  let squares = 0;
  for (let i = 0; i < prior.df; i++) squares += random.normal() ** 2;
  const t = random.normal() / Math.sqrt(squares / prior.df);
  return prior.location + prior.scale * t;
}

/** The same, cut off at zero. */
function drawPositive(prior: StudentTPrior, random: RandomStream): number {
  for (;;) {
    const draw = drawStudentT(prior, random);
    if (draw > 0) return draw;
  }
}

function drawCoefficients(intercept: StudentTPrior, random: RandomStream): number[] {
  const slope = () => slopePrior.mean + slopePrior.sd * random.normal();
  return [drawStudentT(intercept, random), slope(), slope()];
}

function logistic(rows: number, interceptPrior: StudentTPrior): Calibration {
  const predictors = predictorsOf(rows);
  return {
    dimension: 3,
    parameterNames: ['b_Intercept', 'b_x1', 'b_x2'],
    drawPrior: (random) => Float64Array.from(drawCoefficients(interceptPrior, random)),
    simulate: (parameters, random) => paper.simulateLogistic(predictors, parameters, random),
    posterior: (outcomes) => paper.logistic({ predictors, outcomes, slopePrior, interceptPrior }),
  };
}

function linear(
  rows: number,
  interceptPrior: StudentTPrior,
  sigmaPrior: StudentTPrior,
): Calibration {
  const predictors = predictorsOf(rows);
  return {
    dimension: 4,
    parameterNames: ['b_Intercept', 'b_x1', 'b_x2', 'sigma'],
    drawPrior: (random) =>
      Float64Array.of(
        ...drawCoefficients(interceptPrior, random),
        Math.log(drawPositive(sigmaPrior, random)),
      ),
    simulate: (parameters, random) => paper.simulateLinear(predictors, parameters, random),
    posterior: (outcomes) =>
      paper.linear({ predictors, outcomes, slopePrior, interceptPrior, sigmaPrior }),
  };
}

/** `constrain` belongs to the predictors alone: any outcomes will do to find it. */
function reporter({ posterior, parameterNames }: Calibration, rows: number) {
  const { constrain } = posterior(Array.from({ length: rows }, (_, i) => i % 2));
  const unused = randomStream('reported');
  return (position: Float64Array): Float64Array => {
    const parameters = new Float64Array(parameterNames.length);
    constrain?.(position, parameters, unused);
    return parameters;
  };
}

describe.each([
  { algorithm: 'nuts', thinning: 6, splitShare: [0, 0] },
  // With so few rows, some posteriors are not near normal, and fall back to NUTS.
  { algorithm: 'auto', thinning: 6, splitShare: [0.5, 1] },
] as const)('simulation-based calibration of $algorithm', ({ algorithm, thinning, splitShare }) => {
  const rows = 20;
  // Six ranks a bin at least.
  const simulations = powered(120, 1000);
  const kept = 99;
  // Draws are nearly independent after a few transitions; ranks need them so.
  const bins = 20;
  const settings = completeSettings({ algorithm, chains: 1, warmup: 300, draws: kept * thinning });

  /** p-values of uniform ranks, one per parameter and one for the log density. */
  function rankPValues(calibration: Calibration): number[] {
    const report = reporter(calibration, rows);
    const statistics = calibration.parameterNames.length;
    const counts = Array.from({ length: statistics }, () => new Float64Array(bins));
    let split = 0;
    for (let simulation = 0; simulation < simulations; simulation++) {
      const random = randomStream('calibration', simulation, 'truth');
      const truth = report(calibration.drawPrior(random));
      const model = calibration.posterior(calibration.simulate(truth, random));
      const name = `calibration ${simulation}`;
      const { plan } = planFit(model, settings, name);
      split += plan.algorithm === 'split-hmc' ? 1 / simulations : 0;
      const { draws } = sampleChain(model, settings, name, 0, plan);
      for (let j = 0; j < statistics; j++) {
        let rank = 0;
        for (let i = 0; i < kept; i++) {
          if (draws[((i + 1) * thinning - 1) * statistics + j] < truth[j]) rank++;
        }
        counts[j][Math.floor((rank * bins) / (kept + 1))]++;
      }
    }
    expect(split).toBeGreaterThanOrEqual(splitShare[0]);
    expect(split).toBeLessThanOrEqual(splitShare[1]);
    const expected = simulations / bins;
    return counts.map((count) => {
      const statistic = count.reduce((sum, n) => sum + (n - expected) ** 2 / expected, 0);
      return 1 - chiSquareCdf(statistic, bins - 1);
    });
  }

  // 1,000 ranks in 20 bins of 50 (120 in a quick run); the level 1e-3 is shared by the 7 parameters of both models.
  const level = 1e-3 / 7;

  it('finds uniform ranks for the logistic regression (false alarms of both 1 in 1,000)', () => {
    for (const p of rankPValues(logistic(rows, studentT(3, 0, 2.5)))) {
      expect(p).toBeGreaterThan(level);
    }
  });

  it('finds uniform ranks for the linear regression (false alarms of both 1 in 1,000)', () => {
    for (const p of rankPValues(linear(rows, studentT(3, 0, 2.5), studentT(3, 0, 2.5)))) {
      expect(p).toBeGreaterThan(level);
    }
  });
});

describe("Geweke's joint distribution test", () => {
  const rows = 6;
  const rounds = powered(6_000, 60_000);
  const transitions = 2;

  /** What is compared: parameters, their squares and products, and what ties them to the data. */
  function features(position: Float64Array, outcomes: ArrayLike<number>): number[] {
    let sum = 0;
    for (let i = 0; i < rows; i++) sum += outcomes[i] / rows;
    const powers = [...position].flatMap((x) => [x, x * x]);
    const tied = [...position].map((x) => x * Math.tanh(sum));
    return [...powers, ...tied, position[1] * position[2], sum, outcomes[0] * position[1]];
  }

  /** Standardized differences between successive-conditional and marginal-conditional draws. */
  function zScores(calibration: Calibration, scales: readonly number[], stepSize: number) {
    const random = randomStream('geweke', calibration.dimension);
    const report = reporter(calibration, rows);
    const metric = diagonalMetric(Float64Array.from(scales, (scale) => scale * scale));
    const point = newEvaluatedPoint(calibration.dimension);
    const marginal: number[][] = [];
    const successive: number[][] = [];
    point.position.set(calibration.drawPrior(random));
    for (let round = 0; round < rounds; round++) {
      const independent = calibration.drawPrior(random);
      const data = calibration.simulate(report(independent), random);
      marginal.push(features(independent, data));

      const outcomes = calibration.simulate(report(point.position), random);
      successive.push(features(point.position, outcomes));
      const model = calibration.posterior(outcomes);
      const kernel = nuts(model, 6)({ stepSize, metric });
      evaluate(model, point);
      for (let i = 0; i < transitions; i++) kernel.transition(point, random);
    }
    return marginal[0].map((_, feature) => {
      const [a, b] = [marginal, successive].map((all) =>
        Float64Array.from(all, (row) => row[feature]),
      );
      const [exact, chain] = [sampleMoments(a), sampleMoments(b)];
      return (
        (chain.mean - exact.mean) / Math.hypot(mcseMean(b, 1), Math.sqrt(exact.variance / rounds))
      );
    });
  }

  // Light tails, so that the errors of second moments are known, and σ well away from zero: a
  // fixed step size enters and leaves the narrow posteriors of a small σ too rarely to be tested.
  // Each model has a level of 1e-3, shared by its features.
  const bounded = (scores: readonly number[]) => {
    for (const z of scores) {
      expect(2 * (1 - normalCdf(Math.abs(z), 0, 1))).toBeGreaterThan(1e-3 / scores.length);
    }
  };

  it('finds prior and generator in the logistic regression (false alarms 1 in 1,000)', () => {
    bounded(zScores(logistic(rows, studentT(12, 0.5, 1)), [1, 0.8, 0.8], 0.6));
  });

  it('finds prior and generator in the linear regression (false alarms 1 in 1,000)', () => {
    const calibration = linear(rows, studentT(12, 0.5, 1), studentT(30, 2, 0.3));
    bounded(zScores(calibration, [0.8, 0.6, 0.6, 0.15], 0.5));
  });
});
