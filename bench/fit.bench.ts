/** One whole fit: 4 chains of 1,000 + 1,000 draws, HDIs and diagnostics included. */
import { bench, describe } from 'vitest';
import type { SamplerSettings } from 'weighbridge';
import { sample } from 'weighbridge/sampler';
import * as paper from '../test/models/paper-regressions.js';
import { choices, interceptPrior, predictors, slopePrior, weights } from './data.js';

const small = predictors(50, 5);
const logistic = paper.logistic({
  predictors: small,
  outcomes: choices(small),
  slopePrior,
  interceptPrior,
});
const large = predictors(500, 1);
const linear = paper.linear({
  predictors: large,
  outcomes: weights(large),
  interceptPrior,
  sigmaPrior: interceptPrior,
});

const options = { time: 2000, iterations: 5 };
const kinds: [string, Partial<SamplerSettings>][] = [
  ['split HMC', {}],
  ['NUTS, diagonal metric', { algorithm: 'nuts' }],
  ['NUTS, dense metric', { algorithm: 'nuts', metric: 'dense' }],
  ['static HMC, dense metric', { algorithm: 'hmc', metric: 'dense' }],
];

describe('a weight regression (50 choices, 5 attributes)', () => {
  for (const [name, settings] of kinds) {
    bench(name, () => void sample({ model: logistic, ...settings }), options);
  }
});

describe('a correlation regression (500 pairs)', () => {
  for (const [name, settings] of kinds) {
    bench(name, () => void sample({ model: linear, ...settings }), options);
  }
});
