/**
 * Posteriors of posteriordb that no formula says, given to `sample` as densities with gradients by hand:
 * the interface for models of one's own.
 */
import { describe, expect, it } from 'vitest';
import { type SampleOptions, sample } from '../../../src/fit/sample.js';
import { randomStream } from '../../../src/random/stream.js';
import type { Model } from '../../../src/sampler/model.js';
import { eightSchools } from '../../sampler/posteriordb-models.js';
import { everyNth } from '../../support/deep.js';
import {
  arma,
  exponentialEmission,
  garch,
  gaussianProcess,
  hiddenMarkov,
  mixture,
  normalEmission,
  poissonProcess,
} from './models.js';
import {
  type Data,
  dataOf,
  expectAgreement,
  hasData,
  matrixOf,
  numberOf,
  numbersOf,
  skipped,
  summaries,
} from './posteriors.js';
import { lotkaVolterra, oneCompartment } from './trajectories.js';

interface Case {
  readonly posterior: string;
  readonly model: (data: Data) => Model;
  /** A point of moderate density. @default zeros */
  readonly start?: readonly number[];
  readonly settings?: Pick<SampleOptions, 'targetAcceptance'>;
  /** Parameters that are not compared. */
  readonly withoutVariance?: readonly string[];
}

/** The two kinds of outcomes of a basketball player's drives, by speed and by distance to the hoop. */
const drives = (data: Data, isPositive: boolean) =>
  hiddenMarkov(
    [
      { name: 'phi', values: numbersOf(data, 'u') },
      { name: 'lambda', values: numbersOf(data, 'v') },
    ].map((emission, e) => ({
      ...emission,
      positive: isPositive,
      centres: [0, 3],
      density: isPositive
        ? exponentialEmission
        : normalEmission(numberOf(data, e === 0 ? 'tau' : 'rho')),
    })),
    matrixOf(data, 'alpha'),
  );

const cases: readonly Case[] = [
  {
    posterior: 'eight_schools-eight_schools_noncentered',
    model: (data) => eightSchools({ y: numbersOf(data, 'y'), sigma: numbersOf(data, 'sigma') }),
  },
  {
    posterior: 'garch-garch11',
    model: (data) => garch(numbersOf(data, 'y'), numberOf(data, 'sigma1')),
    start: [5, 0, 0, 0],
  },
  {
    posterior: 'hmm_example-hmm_example',
    model: (data) =>
      hiddenMarkov(
        [
          {
            name: 'mu',
            values: numbersOf(data, 'y'),
            positive: true,
            centres: [3, 10],
            density: normalEmission(1),
          },
        ],
        [
          [1, 1],
          [1, 1],
        ],
      ),
    start: [1, -1, 1, 1.5],
  },
  {
    posterior: 'bball_drive_event_0-hmm_drive_0',
    model: (data) => drives(data, true),
    start: [3, -2, 0.5, 1.5, -3, -3],
  },
  { posterior: 'arma-arma11', model: (data) => arma(numbersOf(data, 'y')) },
  {
    posterior: 'bball_drive_event_1-hmm_drive_1',
    model: (data) => drives(data, false),
    start: [3, -2, -1, 0.5, 2, 0.5],
  },
  {
    posterior: 'low_dim_gauss_mix-low_dim_gauss_mix',
    model: (data) => mixture(numbersOf(data, 'y')),
  },
  {
    posterior: 'gp_pois_regr-gp_pois_regr',
    model: (data) => poissonProcess(numbersOf(data, 'x'), numbersOf(data, 'k')),
    start: [1.7, 1, ...new Array<number>(11).fill(0)],
  },
  {
    posterior: 'gp_pois_regr-gp_regr',
    model: (data) => gaussianProcess(numbersOf(data, 'x'), numbersOf(data, 'y')),
    start: [1.7, 1, -1],
  },
  {
    posterior: 'hudson_lynx_hare-lotka_volterra',
    model: (data) =>
      lotkaVolterra(numbersOf(data, 'y_init'), numbersOf(data, 'ts'), matrixOf(data, 'y')),
    start: [-2, -2, -1, -2, 4, -2, -1, -1],
  },
  {
    posterior: 'one_comp_mm_elim_abs-one_comp_mm_elim_abs',
    model: (data) =>
      oneCompartment({
        dose: numberOf(data, 'D'),
        volume: numberOf(data, 'V'),
        times: numbersOf(data, 'times'),
        concentrations: numbersOf(data, 'C_hat'),
      }),
    settings: { targetAcceptance: 0.95 },
    // Where V_m rises with K_m, elimination is linear and the data see their ratio alone: the Cauchy priors
    // leave a tail like K_m⁻³, which has no variance, and means of draws have no Monte Carlo error.
    withoutVariance: ['K_m', 'V_m'],
  },
];

describe(`models of posteriordb${skipped}`, () => {
  it('have a summary of the reference draws each', () => {
    for (const { posterior } of cases) {
      expect(summaries.filter(({ name }) => name === posterior)).toHaveLength(1);
    }
  });

  it.each(cases.filter(hasData))('$posterior has the gradient that differences find', (one) => {
    const model = one.model(dataOf(one.posterior));
    const random = randomStream('posteriordb', one.posterior);
    const { dimension } = model;
    const position = Float64Array.from(
      one.start ?? new Array<number>(dimension).fill(0),
      (x) => x + 0.1 * random.normal(),
    );
    const gradient = new Float64Array(dimension);
    const height = Math.abs(model.logDensity(position, gradient));
    const scratch = new Float64Array(dimension);
    const H = 1e-4;
    for (let i = 0; i < dimension; i++) {
      const at = (by: number) =>
        model.logDensity(
          position.map((x, j) => (i === j ? x + by : x)),
          scratch,
        );
      const slope = (8 * (at(H) - at(-H)) - (at(2 * H) - at(-2 * H))) / (12 * H);
      // Rounding of the density at ε/h of its size; the kernel's jitter leaves 1e-6 of a factor's digits.
      const tolerance = 1e-5 * (1 + Math.abs(slope)) + 1e-10 * height;
      expect(Math.abs(gradient[i] - slope), `${model.parameterNames}, ${i}`).toBeLessThan(
        tolerance,
      );
    }
  });

  it.each(everyNth(4, cases.filter(hasData)))(
    '$posterior',
    ({ posterior, model, settings, withoutVariance = [] }) => {
      const own = model(dataOf(posterior));
      expectAgreement(
        sample({ model: own, seed: 2025, ...settings }),
        posterior,
        own.parameterNames.map((name) => (withoutVariance.includes(name) ? null : name)),
      );
    },
  );
});
