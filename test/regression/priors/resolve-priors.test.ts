/** Default priors and the rules by which given ones are used, against tables made by brms. */
import { describe, expect, it } from 'vitest';
import { supportOf } from '../../../models/prior-distributions.js';
import {
  exponential,
  flat,
  halfNormal,
  lkj,
  normal,
  uniform,
} from '../../../src/regression/priors/constructors.js';
import { formatNumber } from '../../../src/regression/priors/numbers.js';
import {
  isMatrixPrior,
  type PriorInUse,
  type PriorRow,
} from '../../../src/regression/priors/prior-rows.js';
import { parsePrior } from '../../../src/regression/priors/prior-text.js';
import { resolvePriors } from '../../../src/regression/priors/resolve-priors.js';
import { type BrmsRow, defaults, modelOf, resolved } from './brms-tables.js';

function asBrms({ text, class: name, coef = '', group = '', prior, source }: PriorInUse) {
  const bound = (value: number) => (Number.isFinite(value) ? formatNumber(value) : '');
  const [lb, ub] = isMatrixPrior(prior)
    ? ['', '']
    : [bound(supportOf(prior).lower), bound(supportOf(prior).upper)];
  return { prior: text, class: name, coef, group, lb, ub, source };
}

/** As `set_prior` takes them. */
function given({ prior, class: name, coef, group, lb, ub }: BrmsRow): PriorRow {
  const option = (key: string, value: string) => (value === '' ? '' : `, ${key} = ${value}`);
  return parsePrior(
    prior +
      option('class', name) +
      option('coef', coef) +
      option('group', group) +
      option('lb', lb) +
      option('ub', ub),
  );
}

const key = (row: BrmsRow) => `${row.class}/${row.group}/${row.coef}`;
const sorted = (rows: readonly BrmsRow[]) =>
  [...rows].sort((a, b) => (key(a) < key(b) ? -1 : Number(key(a) > key(b))));

describe('default priors', () => {
  it.each(
    defaults.map((table): [string, typeof table] => [
      `${table.formula}, ${table.family}(${table.link}), outcomes: ${table.outcome}`,
      table,
    ]),
  )('are brms’ rows in brms’ order for %s', (_, table) => {
    expect(resolvePriors(modelOf(table), table).rows.map(asBrms)).toEqual(table.rows);
  });

  it('apply no link to the codes of an outcome that is a factor', () => {
    const model = modelOf({ formula: 'y ~ 1', outcome: 'large counts' });
    const family = { family: 'bernoulli', link: 'log' } as const;
    const texts = (categorical: boolean) =>
      resolvePriors({ ...model, categorical }, family).rows.map(({ text }) => text);
    expect(texts(true)).toEqual(['student_t(3, 0, 2.5)']);
    expect(texts(false)).not.toEqual(texts(true));
  });
});

describe('given priors', () => {
  it.each(resolved.map((table): [string, typeof table] => [table.formula, table]))(
    'are used as brms uses them in %s',
    (_, table) => {
      const { rows } = resolvePriors(modelOf(table), table, table.given.map(given));
      // brms sorts correlations by the name of their Cholesky factor.
      expect(sorted(rows.map(asBrms))).toEqual(sorted(table.rows));
    },
  );
});

const gaussian = { family: 'gaussian', link: 'identity' } as const;
const crossed = modelOf({
  formula: 'y ~ x1 * x2 + (1 + x1 | g) + (x2 || h)',
  outcome: 'normal',
});

describe('the priors of a specification', () => {
  it('stand at their parameters’ places, the most specific one each', () => {
    const { priors } = resolvePriors(crossed, gaussian, [
      normal(0, 1).on('b'),
      normal(0, 2).on('b', { coef: 'x2' }),
      exponential(1).on('sd', { group: 'g' }),
      exponential(2).on('sd', { group: 'g', coef: 'x1' }),
      lkj(3).on('cor', { group: 'g' }),
    ]);
    const wide = { distribution: 'student_t', df: 3, scale: 2.5 };
    expect(priors).toEqual({
      intercept: { ...wide, location: 2.9 },
      coefficients: [
        { distribution: 'normal', mean: 0, sd: 1 },
        { distribution: 'normal', mean: 0, sd: 2 },
        { distribution: 'normal', mean: 0, sd: 1 },
      ],
      sds: [
        [
          { distribution: 'exponential', rate: 1, lower: 0 },
          { distribution: 'exponential', rate: 2, lower: 0 },
        ],
        [
          { ...wide, location: 0, lower: 0 },
          { ...wide, location: 0, lower: 0 },
        ],
      ],
      correlations: [3, null],
      auxiliary: [{ ...wide, location: 0, lower: 0 }],
    });
  });

  it('can be posted to a worker and saved', () => {
    const { priors } = resolvePriors(crossed, gaussian, [
      // Without `.on`: the methods must not travel.
      { class: 'b', prior: normal(0, 1).above(-1) },
    ]);
    expect(structuredClone(priors)).toEqual(priors);
    expect(JSON.parse(JSON.stringify(priors))).toEqual(priors);
  });

  it('of a coefficient inherit the bounds of its class, and keep their own', () => {
    const { priors } = resolvePriors(crossed, gaussian, [
      halfNormal(1).on('b'),
      normal(0, 2).on('b', { coef: 'x1' }),
      normal(0, 3).between(-5, 5).on('b', { coef: 'x2' }),
    ]);
    expect(priors.coefficients.map(({ lower, upper }) => [lower, upper])).toEqual([
      [0, undefined],
      [-5, 5],
      [0, undefined],
    ]);
  });

  it('are found by R’s name of a coefficient as well as by brms’', () => {
    const predictors = { names: ['IxE2'], rows: 2, values: new Float64Array(2) };
    const model = { ...crossed, predictors, groups: [] };
    const byName = (coef: string) =>
      resolvePriors(model, gaussian, [normal(0, 3).on('b', { coef })]).priors;
    expect(byName('I(x^2)')).toEqual(byName('IxE2'));
    expect(byName('I(x^2)').coefficients).toEqual([{ distribution: 'normal', mean: 0, sd: 3 }]);
  });

  it('are open where a coefficient’s own bounds say so', () => {
    const { priors } = resolvePriors(crossed, gaussian, [
      halfNormal(1).on('b'),
      normal(0, 2).between(Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY).on('b', {
        coef: 'x1',
      }),
    ]);
    expect(priors.coefficients[0]).toEqual({ distribution: 'normal', mean: 0, sd: 2 });
  });

  it('never reach below a parameter’s own end', () => {
    const student = { family: 'student', link: 'identity' } as const;
    const { priors } = resolvePriors(crossed, student, [
      normal(0, 1).above(-3).on('sigma'),
      uniform(-1, 4).on('nu'),
      flat().on('sd'),
    ]);
    expect(priors.auxiliary.map((prior) => supportOf(prior))).toEqual([
      { lower: 0, upper: Number.POSITIVE_INFINITY },
      { lower: 1, upper: 4 },
    ]);
    expect(priors.sds.flat().every((prior) => supportOf(prior).lower === 0)).toBe(true);
  });
});

describe('a prior that is for nothing in the model', () => {
  const poisson = { family: 'poisson', link: 'log' } as const;
  const without = modelOf({ formula: 'y ~ 0 + x1 + (1 | h) + (0 + x2 | h)', outcome: 'counts' });
  const constant = modelOf({ formula: 'y ~ 1', outcome: 'normal' });

  it.each<[string, PriorRow[], string]>([
    [
      'an unknown coefficient',
      [normal(0, 1).on('b', { coef: 'x9' })],
      'prior normal(0, 1) class=b coef=x9: class b has no coef x9, but x1, x1:x2, x2',
    ],
    [
      'the intercept as a coefficient',
      [normal(0, 1).on('b', { coef: 'Intercept' })],
      'prior normal(0, 1) class=b coef=Intercept: the intercept has a class of its own, Intercept',
    ],
    [
      'an unknown group',
      [normal(0, 1).on('sd', { group: 'k' })],
      'prior normal(0, 1) class=sd group=k: class sd has no group k, but g, h',
    ],
    [
      'a group without correlations',
      [lkj(2).on('cor', { group: 'h' })],
      'prior lkj(2) class=cor group=h: class cor has no group h, but g',
    ],
    [
      'a coefficient that does not vary by the group',
      [normal(0, 1).on('sd', { group: 'g', coef: 'x2' })],
      'prior normal(0, 1) class=sd coef=x2 group=g: class sd of group g has no coef x2, but Intercept, x1',
    ],
    [
      'a standard deviation without its group',
      [normal(0, 1).on('sd', { coef: 'x1' })],
      'prior normal(0, 1) class=sd coef=x1: coef of class sd needs its group, one of g, h',
    ],
    [
      'a group of coefficients',
      [normal(0, 1).on('b', { group: 'g' })],
      'prior normal(0, 1) class=b group=g: class b takes no group',
    ],
    [
      'a coefficient of sigma',
      [normal(0, 1).on('sigma', { coef: 'x1' })],
      'prior normal(0, 1) class=sigma coef=x1: class sigma takes no coef',
    ],
    [
      'one target twice',
      [normal(0, 1).on('b'), normal(0, 2).on('b')],
      'prior normal(0, 2) class=b: there is another one for class=b, expected one',
    ],
    [
      'no room above zero',
      [uniform(-2, -1).on('sd', { group: 'g' })],
      'class=sd group=g: prior uniform: 0 of the distribution lies between 0 and Infinity, expected 1e-10 or more',
    ],
  ])('is refused with what there is: %s', (_, rows, message) => {
    expect(() => resolvePriors(crossed, gaussian, rows)).toThrow(
      expect.objectContaining({ code: 'bad-argument', message }),
    );
  });

  it('is refused with the nearest name where there are many', () => {
    const names = Array.from({ length: 20 }, (_, i) => `predictor${i + 1}`);
    const model = { ...crossed, predictors: { ...crossed.predictors, names } };
    expect(() =>
      resolvePriors(model, gaussian, [normal(0, 1).on('b', { coef: 'predictr19' })]),
    ).toThrow(/, … \(20 in all\), did you mean 'predictor19'\?$/);
  });

  it('is refused where its class is missing, and the intercept’s with the reason', () => {
    expect(() => resolvePriors(without, poisson, [normal(0, 1).on('sigma')])).toThrow(
      'prior normal(0, 1) class=sigma: there is no class sigma in this poisson regression, but b, sd',
    );
    expect(() => resolvePriors(without, poisson, [normal(0, 1).on('Intercept')])).toThrow(
      'the formula has no intercept, so there is no class Intercept in this poisson regression, but b, sd',
    );
    expect(() => resolvePriors(constant, gaussian, [normal(0, 1).on('b')])).toThrow(
      'there is no class b in this gaussian regression, but Intercept, sigma',
    );
  });
});
