/** Names and places of what is reported, and the linear predictor and densities made from it. */
import { describe, expect, it } from 'vitest';
import type { RegressionData } from '../../models/regression-data.js';
import {
  etaOf,
  reportedLayout,
  reportedNames,
  rowLogLikelihood,
} from '../../models/reported-parameters.js';

const family = { family: 'gaussian', link: 'identity' } as const;

/** y ~ x + (1 + x | g) + (1 | h), of four rows; the last row's level of h is new. */
const data: RegressionData = {
  rows: 4,
  outcomes: Float64Array.of(1, 2, 3, 4),
  trials: null,
  offset: Float64Array.of(0, 0, 0.5, 0),
  intercept: true,
  predictors: { names: ['x'], rows: 4, values: Float64Array.of(1, -1, 2, 0.5) },
  groups: [
    {
      group: 'g',
      coefficients: ['Intercept', 'x'],
      levels: ['a', 'b'],
      levelOf: Int32Array.of(0, 1, 1, 0),
      values: Float64Array.of(1, 1, 1, -1, 1, 2, 1, 0.5),
      correlated: true,
    },
    {
      group: 'h',
      coefficients: ['Intercept'],
      levels: ['u', 'v', 'w'],
      levelOf: Int32Array.of(0, 1, 2, -1),
      values: Float64Array.of(1, 1, 1, 1),
      correlated: false,
    },
  ],
};

const names = [
  'b_Intercept',
  'b_x',
  'sd_g__Intercept',
  'sd_g__x',
  'sd_h__Intercept',
  'cor_g__Intercept__x',
  'sigma',
  'r_g[a,Intercept]',
  'r_g[b,Intercept]',
  'r_g[a,x]',
  'r_g[b,x]',
  'r_h[u,Intercept]',
  'r_h[v,Intercept]',
  'r_h[w,Intercept]',
];

describe('what is reported', () => {
  it("has brms' names in brms' order", () => {
    expect(reportedNames({ family, data })).toEqual(names);
  });

  it('stands where the layout says', () => {
    const layout = reportedLayout({ family, data });
    expect(names.slice(layout.sds, layout.correlations)).toEqual(names.slice(2, 5));
    expect(names[layout.correlations]).toBe('cor_g__Intercept__x');
    expect(names[layout.auxiliary]).toBe('sigma');
    expect(layout.groupEffects.map((at) => names[at])).toEqual([
      'r_g[a,Intercept]',
      'r_h[u,Intercept]',
    ]);
    expect(layout.length).toBe(names.length);
  });

  it('orders correlations of three coefficients as (1,2), (1,3), (2,3)', () => {
    const [g] = data.groups;
    if (!g) throw new Error('there is a group');
    const three = { ...g, coefficients: ['Intercept', 'x', 'z'] };
    const found = reportedNames({ family, data: { ...data, groups: [three] } });
    expect(found.filter((name) => name.startsWith('cor_'))).toEqual([
      'cor_g__Intercept__x',
      'cor_g__Intercept__z',
      'cor_g__x__z',
    ]);
  });

  it('has no intercept, and sigma before nu, where the regression is so', () => {
    const plain = { ...data, intercept: false, groups: [] };
    expect(reportedNames({ family: { family: 'student', link: 'identity' }, data: plain })).toEqual(
      ['b_x', 'sigma', 'nu'],
    );
  });
});

describe('the linear predictor of reported parameters', () => {
  const values: Record<string, number> = {
    b_Intercept: 10,
    b_x: 2,
    sigma: 0.5,
    'r_g[a,Intercept]': 0.1,
    'r_g[b,Intercept]': 0.2,
    'r_g[a,x]': -1,
    'r_g[b,x]': 1,
    'r_h[u,Intercept]': 100,
    'r_h[v,Intercept]': 200,
    'r_h[w,Intercept]': 300,
  };
  const parameters = Float64Array.from(names, (name) => values[name] ?? 7);
  const expected = [
    10 + 2 + (0.1 - 1) + 100,
    10 - 2 + (0.2 - 1) + 200,
    0.5 + 10 + 4 + (0.2 + 2) + 300,
    10 + 1 + (0.1 - 0.5),
  ];

  it('adds offset, coefficients and group effects, of a new level none', () => {
    const eta = new Float64Array(4);
    etaOf({ family, data })(parameters, eta);
    expected.forEach((value, i) => {
      expect(eta[i]).toBeCloseTo(value, 12);
    });
  });

  it('gives the log density of each row', () => {
    const target = new Float64Array(4);
    rowLogLikelihood({ family, data })(parameters, target);
    expected.forEach((mean, i) => {
      const z = ((data.outcomes[i] ?? Number.NaN) - mean) / 0.5;
      const logp = -0.5 * z * z - Math.log(0.5) - 0.5 * Math.log(2 * Math.PI);
      expect(Math.abs((target[i] ?? Number.NaN) - logp)).toBeLessThan(1e-12 * Math.abs(logp));
    });
  });
});
