/**
 * Models through automatic differentiation: the two regressions written in TensorFlow.js against
 * their analytic twins, a small model sampled, memory, and what is said where the package is
 * missing.
 */
import * as tf from '@tensorflow/tfjs';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { type Tfjs, type TfjsModelOptions, tfjsModel } from '../../src/autodiff/tfjs.js';
import { mcseMean, mcseSd, sampleMoments } from '../../src/posterior/convergence.js';
import { joinChains, parameterDraws } from '../../src/posterior/draws.js';
import { randomStream } from '../../src/random/stream.js';
import { sampleChain } from '../../src/sampler/chain.js';
import type { Model } from '../../src/sampler/model.js';
import { completeSettings } from '../../src/sampler/settings.js';
import * as paper from '../models/paper-regressions.js';

const ROWS = 30;
const SLOPES = 3;
/** Twice the unit roundoff of float32. */
const EPSILON = 2 ** -23;

const random = randomStream('tfjs', 2025);
/** Numbers that float32 holds exactly, so that only operations round. */
const singles = (length: number) =>
  Float64Array.from({ length }, () => Math.fround(random.normal()));

const values = singles(ROWS * SLOPES);
const predictors = { names: ['x1', 'x2', 'x3'], rows: ROWS, values };
const choices = Array.from({ length: ROWS }, () => (random.coin() ? 1 : 0));
const outcomes = singles(ROWS);
const interceptPrior = paper.studentT(3, 0, 2.5);
const sigmaPrior = interceptPrior;
const slopePrior = paper.normal(0, 2);

/** Predictors minus their means, as a tensor. */
function centredTensor() {
  const means = Array.from({ length: SLOPES }, (_, j) =>
    values.reduce((sum, x, index) => sum + (index % SLOPES === j ? x / ROWS : 0), 0),
  );
  const centred = Float32Array.from(values, (x, index) => x - means[index % SLOPES]);
  return tf.tensor2d(centred, [ROWS, SLOPES]);
}

type Position = Parameters<TfjsModelOptions['logDensity']>[1];

const studentT = (tfjs: Tfjs, x: ReturnType<Tfjs['tensor']>) =>
  tfjs.log1p(x.div(2.5).square().div(3)).mul(-2).sum();

/** What both models share: their linear predictor, and the priors of its coefficients. */
function linear(tfjs: Tfjs, position: Position, x: ReturnType<Tfjs['tensor2d']>) {
  const intercept = position.slice([0], [1]);
  const slopes = position.slice([1], [SLOPES]);
  const eta = tfjs.dot(x, slopes).add(intercept);
  const priors = studentT(tfjs, intercept).add(slopes.div(2).square().sum().mul(-0.5));
  return { eta, priors };
}

async function logisticThroughTfjs(): Promise<Model> {
  const x = centredTensor();
  const signs = tf.tensor1d(choices.map((y) => 2 * y - 1));
  return tfjsModel({
    dimension: SLOPES + 1,
    parameterNames: ['b_Intercept', 'b_x1', 'b_x2', 'b_x3'],
    logDensity(tfjs, position) {
      const { eta, priors } = linear(tfjs, position, x);
      // −log(1 + exp(−m)); the gradient of tf.logSigmoid fails on an intermediate tensor (4.22).
      return tfjs.softplus(eta.mul(signs).neg()).sum().neg().add(priors).asScalar();
    },
    tf,
  });
}

async function linearThroughTfjs(): Promise<Model> {
  const x = centredTensor();
  const y = tf.tensor1d(Float32Array.from(outcomes));
  return tfjsModel({
    dimension: SLOPES + 2,
    parameterNames: ['b_Intercept', 'b_x1', 'b_x2', 'b_x3', 'sigma'],
    logDensity(tfjs, position) {
      const { eta, priors } = linear(tfjs, position, x);
      const logSigma = position.slice([SLOPES + 1], [1]);
      const sigma = logSigma.exp();
      const squares = y.sub(eta).div(sigma).square().sum();
      return squares
        .mul(-0.5)
        .add(logSigma.mul(1 - ROWS).sum())
        .add(studentT(tfjs, sigma))
        .add(priors)
        .asScalar();
    },
    tf,
  });
}

function evaluated(model: Model, position: Float64Array) {
  const gradient = new Float64Array(model.dimension);
  return { logDensity: model.logDensity(position, gradient), gradient };
}

/**
 * Each of n rows is at most `term` in size, and so is its part of a gradient; it passes some 20
 * operations, and a sum of n terms rounds at most n times: (20 + n) ε n term.
 */
const toleranceOf = (term: number) => (20 + ROWS) * EPSILON * ROWS * term;

function expectTwins(automatic: Model, analytic: Model, term: (q: Float64Array) => number) {
  for (let run = 0; run < 50; run++) {
    const q = singles(analytic.dimension);
    // Log densities are up to a constant.
    const [found, expected] = [automatic, analytic].map((model) => {
      const { logDensity, gradient } = evaluated(model, q);
      return {
        gradient,
        logDensity: logDensity - evaluated(model, new Float64Array(q.length)).logDensity,
      };
    });
    const tolerance = toleranceOf(term(q));
    expect(Math.abs(found.logDensity - expected.logDensity)).toBeLessThan(tolerance);
    found.gradient.forEach((slope, i) => {
      expect(Math.abs(slope - expected.gradient[i])).toBeLessThan(tolerance);
    });
  }
}

/** |x| <= 4 here: a row's margin is at most 4 times the sum of the coefficients, plus one. */
const margin = (q: Float64Array) => 1 + 4 * q.reduce((sum, value) => sum + Math.abs(value), 0);

describe('a model differentiated automatically', () => {
  it('is the logistic regression with its analytic gradient, to float32', async () => {
    const analytic = paper.logistic({ predictors, outcomes: choices, interceptPrior, slopePrior });
    // The gradient multiplies a probability by a predictor.
    expectTwins(await logisticThroughTfjs(), analytic, (q) => 4 * margin(q));
  });

  it('is the linear regression with its analytic gradient, to float32', async () => {
    const analytic = paper.linear({ predictors, outcomes, interceptPrior, sigmaPrior, slopePrior });
    // Squares of residuals over σ².
    expectTwins(
      await linearThroughTfjs(),
      analytic,
      (q) => ((4 + margin(q)) / Math.min(1, Math.exp(q[SLOPES + 1]))) ** 2,
    );
  });

  it('frees all tensors of an evaluation', async () => {
    const model = await linearThroughTfjs();
    const before = tf.memory().numTensors;
    for (let run = 0; run < 20; run++) evaluated(model, singles(model.dimension));
    expect(tf.memory().numTensors).toBe(before);
  });

  it('samples: a correlated normal within 4.5 MCSE (false alarms 1 in 35,000)', async () => {
    // x ~ normal(1, 2), y | x ~ normal(x, 1): means 1, 1; sds 2, √5.
    const model = await tfjsModel({
      dimension: 2,
      parameterNames: ['x', 'y'],
      logDensity(tfjs, position) {
        const [x, y] = tfjs.unstack(position);
        const first = x.sub(1).div(2).square();
        return first.add(y.sub(x).square()).mul(-0.5).asScalar();
      },
      tf,
    });
    const settings = completeSettings({ warmup: 300, draws: 600 });
    const chains = [0, 1].map((chain) => sampleChain(model, settings, 'tfjs', chain).draws);
    const draws = joinChains(model.parameterNames, chains);
    [2, Math.sqrt(5)].forEach((sd, parameter) => {
      const column = parameterDraws(draws, parameter);
      const { mean, variance } = sampleMoments(column);
      expect(Math.abs(mean - 1)).toBeLessThan(4.5 * mcseMean(column, 2));
      expect(Math.abs(Math.sqrt(variance) - sd)).toBeLessThan(4.5 * mcseSd(column, 2));
    });
  });

  it('reports through the constraint that it is given', async () => {
    const constrain = (q: Float64Array, parameters: Float64Array) => {
      parameters[0] = Math.exp(q[0]);
    };
    const logDensity: TfjsModelOptions['logDensity'] = (_, position) => position.sum().asScalar();
    const given = { dimension: 1, parameterNames: ['x'], logDensity, tf };
    expect((await tfjsModel({ ...given, constrain })).constrain).toBe(constrain);
    expect('constrain' in (await tfjsModel(given))).toBe(false);
  });
});

describe('TensorFlow.js is found', () => {
  const flat = { dimension: 1, parameterNames: ['x'] };
  const missing = () => {
    throw new Error('Cannot find package');
  };

  afterEach(() => {
    vi.doUnmock('@tensorflow/tfjs-node');
    vi.doUnmock('@tensorflow/tfjs');
    vi.resetModules();
  });

  /** The module that a model is given, with none passed. */
  async function found(): Promise<object> {
    let given: object = {};
    const model = await tfjsModel({
      ...flat,
      logDensity(tfjs, position) {
        given = tfjs;
        return position.sum().asScalar();
      },
    });
    evaluated(model, new Float64Array(1));
    return given;
  }

  it('in the native package where it is installed', async () => {
    vi.doMock('@tensorflow/tfjs-node', () => ({ ...tf, marker: 'native' }));
    expect(await found()).toHaveProperty('marker', 'native');
  });

  it('in the native package, where that holds its operations in its default', async () => {
    vi.doMock('@tensorflow/tfjs-node', () => ({ default: { ...tf, marker: 'default' } }));
    expect(await found()).toHaveProperty('marker', 'default');
  });

  it('in the plain package, where the native one is missing', async () => {
    vi.doMock('@tensorflow/tfjs-node', missing);
    expect(await found()).not.toHaveProperty('marker');
  });

  it('or else asked for, in one line that says what to install', async () => {
    vi.doMock('@tensorflow/tfjs-node', missing);
    vi.doMock('@tensorflow/tfjs', missing);
    await expect(found()).rejects.toMatchObject({
      name: 'WeighbridgeError',
      code: 'missing-package',
      message: expect.stringMatching(/^[^\n]*npm install @tensorflow\/tfjs[^\n]*$/),
    });
  });
});
