/**
 * Do the ways of sampling group effects, integrated out, by the map and non-centred, sample the same
 * posterior, and is it the one of the model? The second by simulation-based calibration (Talts et al.
 * 2018, arXiv 1804.06788). Seeds are fixed; false-alarm rates say how often a perfect implementation
 * would fail for a random seed.
 */
import chiSquareCdf from '@stdlib/stats-base-dists-chisquare-cdf';
import { describe, expect, it } from 'vitest';
import type { FamilyName, LinkName } from '../../../models/families/family.js';
import { gaussianMultilevel } from '../../../models/multilevel/gaussian.js';
import { mappedMultilevel, multilevel } from '../../../models/multilevel.js';
import type { RegressionSpecification } from '../../../models/regression-data.js';
import { sample } from '../../../src/fit/sample.js';
import { mcseMean, sampleMoments } from '../../../src/posterior/convergence.js';
import { copyParameter } from '../../../src/posterior/draws.js';
import { type RandomStream, randomStream } from '../../../src/random/stream.js';
import type { Model } from '../../../src/sampler/model.js';
import { powered } from '../../support/deep.js';

/** Twelve levels of six rows each, an intercept and a slope that vary together. */
function slopesThatVary(): RegressionSpecification {
  const random = randomStream('slopes that vary');
  const [levels, each] = [12, 6];
  const rows = levels * each;
  const x = Float64Array.from({ length: rows }, (_, i) => i % each);
  const levelOf = Int32Array.from({ length: rows }, (_, i) => Math.floor(i / each));
  const values = Float64Array.from({ length: 2 * rows }, (_, at) =>
    at % 2 === 0 ? 1 : x[at >> 1],
  );
  const effects = Array.from({ length: levels }, () => [2 * random.normal(), random.normal()]);
  const outcomes = x.map((value, i) => {
    const [u, v] = effects[levelOf[i]];
    return 5 + u + (1 + v) * value + 1.5 * random.normal();
  });
  const scale = { distribution: 'student_t', df: 3, location: 0, scale: 2.5, lower: 0 } as const;
  return {
    family: { family: 'gaussian', link: 'identity' },
    data: {
      rows,
      outcomes,
      trials: null,
      offset: null,
      intercept: true,
      predictors: { names: ['x'], rows, values: x },
      groups: [
        {
          group: 'g',
          coefficients: ['Intercept', 'x'],
          levels: Array.from({ length: levels }, (_, level) => `${level}`),
          levelOf,
          values,
          correlated: true,
        },
      ],
    },
    priors: {
      intercept: { distribution: 'student_t', df: 3, location: 7, scale: 5 },
      coefficients: [{ distribution: 'flat' }],
      sds: [[scale, scale]],
      correlations: [1],
      auxiliary: [scale],
    },
  };
}

describe('the ways of sampling group effects', () => {
  const specification = slopesThatVary();

  it('agree on every parameter and effect', () => {
    const settings = { chains: 2, warmup: 500, draws: 1000, seed: 'ways' };
    const ways: Model[] = [
      gaussianMultilevel(specification),
      mappedMultilevel(specification, 'by-information'),
      mappedMultilevel(specification, 'non-centred'),
    ];
    const [first, ...others] = ways.map((model) => sample({ model, ...settings }).draws);
    const values = new Float64Array(2 * settings.draws);
    // Means and mean squares of 30 parameters in two comparisons, beyond 4.8 combined errors: a false
    // alarm once in 5,000 seeds.
    for (const other of others) {
      first.parameterNames.forEach((name, p) => {
        copyParameter(first, p, values);
        const centre = sampleMoments(values).mean;
        for (const power of [1, 2]) {
          const [one, two] = [first, other].map((draws) => {
            copyParameter(draws, p, values);
            const powers = values.map((value) => (value - centre) ** power);
            return { mean: sampleMoments(powers).mean, error: mcseMean(powers, 2) };
          });
          const error = Math.hypot(one.error, two.error);
          expect(Math.abs(one.mean - two.mean), `${name}, ${power}`).toBeLessThan(4.8 * error);
        }
      });
    }
  });

  it('are said in a sentence', () => {
    expect(multilevel(specification).sampledAs).toMatch(/^Group effects of g: integrated out/);
    expect(mappedMultilevel(specification, 'by-information').sampledAs).toMatch(/centred as far/);
    expect(mappedMultilevel(specification, 'non-centred').sampledAs).toBe(
      'Group effects of g: non-centred.',
    );
  });

  it('name every effect by its group, level and coefficient', () => {
    const names = multilevel(specification).parameterNames;
    expect(names.slice(0, 6)).toEqual([
      'b_Intercept',
      'b_x',
      'sd_g__Intercept',
      'sd_g__x',
      'cor_g__Intercept__x',
      'sigma',
    ]);
    expect(names[6]).toBe('r_g[0,Intercept]');
    expect(names[18]).toBe('r_g[0,x]');
  });
});

const LEVELS = 5;
const EACH = 4;
const ROWS = LEVELS * EACH;

interface Truth {
  readonly specification: RegressionSpecification;
  /** Values of the parameters with these names. */
  readonly values: Readonly<Record<string, number>>;
}

/** Parameters from the prior, and data of them. */
function drawTruth(family: FamilyName, link: LinkName, random: RandomStream): Truth {
  const x = Float64Array.from({ length: ROWS }, (_, i) => Math.cos(7 * i) + 0.5);
  const centre = x.reduce((sum, value) => sum + value / ROWS, 0);
  const [alpha, beta] = [random.normal(), 0.7 * random.normal()];
  const exponential = (rate: number) => -Math.log(1 - random.uniform()) / rate;
  const sd = exponential(1.5);
  const sigma = exponential(1);
  const effects = Float64Array.from({ length: LEVELS }, () => sd * random.normal());
  const levelOf = Int32Array.from({ length: ROWS }, (_, i) => i % LEVELS);
  const outcomes = x.map((value, i) => {
    const eta = alpha + beta * (value - centre) + effects[levelOf[i]];
    if (family === 'gaussian') return eta + sigma * random.normal();
    return random.uniform() < 1 / (1 + Math.exp(-eta)) ? 1 : 0;
  });
  const gaussian = family === 'gaussian';
  return {
    specification: {
      family: { family, link },
      data: {
        rows: ROWS,
        outcomes,
        trials: null,
        offset: null,
        intercept: true,
        predictors: { names: ['x'], rows: ROWS, values: x },
        groups: [
          {
            group: 'g',
            coefficients: ['Intercept'],
            levels: ['a', 'b', 'c', 'd', 'e'],
            levelOf,
            values: new Float64Array(ROWS).fill(1),
            correlated: true,
          },
        ],
      },
      priors: {
        intercept: { distribution: 'normal', mean: 0, sd: 1 },
        coefficients: [{ distribution: 'normal', mean: 0, sd: 0.7 }],
        sds: [[{ distribution: 'exponential', rate: 1.5 }]],
        correlations: [null],
        auxiliary: gaussian ? [{ distribution: 'exponential', rate: 1 }] : [],
      },
    },
    values: {
      b_Intercept: alpha - beta * centre,
      b_x: beta,
      sd_g__Intercept: sd,
      'r_g[b,Intercept]': effects[1],
      ...(gaussian && { sigma }),
    },
  };
}

/** Five ranks a bin at least. */
const SIMULATIONS = powered(40, 160);
const BINS = 8;
/** Draws of a fit, so far apart that they are nearly independent: a truth has 16 ranks among them. */
const KEPT = 15;
const APART = 20;

describe('simulation-based calibration of a regression with group effects', () => {
  it.each([
    ['gaussian', 'identity'],
    ['bernoulli', 'logit'],
  ] as const)('finds the ranks of the truth uniform: %s', (family, link) => {
    const counts = new Map<string, Float64Array>();
    for (let simulation = 0; simulation < SIMULATIONS; simulation++) {
      const random = randomStream('calibration', family, simulation);
      const { specification, values } = drawTruth(family, link, random);
      const settings = { chains: 1, warmup: 200, draws: APART * KEPT, seed: simulation };
      const { draws } = sample({ model: multilevel(specification), ...settings });
      for (const [name, truth] of Object.entries(values)) {
        const parameter = draws.parameterNames.indexOf(name);
        let rank = 0;
        for (let kept = 0; kept < KEPT; kept++) {
          const value = draws.values[APART * kept * draws.parameterNames.length + parameter];
          if (value < truth) rank++;
        }
        const bins = counts.get(name) ?? new Float64Array(BINS);
        counts.set(name, bins);
        // Ranks 0 to 15 in eight bins of two.
        bins[Math.floor(rank / 2)]++;
      }
    }
    // Nine tests in all at 2e-5 each: a false alarm once in 5,000 seeds.
    const expected = SIMULATIONS / BINS;
    for (const [name, bins] of counts) {
      const statistic = bins.reduce((sum, n) => sum + (n - expected) ** 2 / expected, 0);
      expect(1 - chiSquareCdf(statistic, BINS - 1), name).toBeGreaterThan(2e-5);
    }
  });
});
