/** A regression from a specification alone: the same numbers, names and priors, whatever the formula was. */
import { describe, expect, it } from 'vitest';
import { trainingEffectJob } from '../../src/analysis/training-effect.js';
import { logisticSpecification } from '../../src/regression/columns.js';
import { bounded, preparedFrom } from '../../src/regression/from-specification.js';
import { type Preparation, prepare } from '../../src/regression/prepare.js';
import { normal } from '../../src/regression/priors/constructors.js';

const rows = Array.from({ length: 24 }, (_, i) => ({
  ...{ y: Math.sin(i * 3), k: i % 4, n: 3 + (i % 3), x: Math.cos(i), z: (i * 7) % 5, o: i / 10 },
  ...{ g: `g${i % 4}`, h: `level ${i % 3}`, c: 'abc'[i % 3] ?? '', won: (i * 5) % 3 === 0 },
  ...{ second: `g${(i * i) % 4}` },
  ...{ rating: 1 + ((i * i) % 3), x2: i % 2 === 0 ? 2 : 4, group: i % 2 === 0 ? 'a' : 'b' },
  ...{ outcome: i, 'a name': i % 2, w: 1 + (i % 5) },
}));

const cases: [string, Partial<Preparation>][] = [
  ['y ~ x', {}],
  ['y ~ 1', {}],
  ['y ~ 0 + x', {}],
  ['y ~ x * c + I(z^2) + log(w)', {}],
  ['y ~ `a name` + outcome', {}],
  ['won ~ x + poly(z, 2)', { family: 'bernoulli', prior: 'normal(0, 1) class=b' }],
  ['k | trials(n) ~ x + offset(o)', { family: 'binomial' }],
  ['k | trials(n) + weights(w) ~ x', { family: 'binomial' }],
  ['y | weights(w) ~ x', {}],
  ['k ~ x + (1 | g)', { family: 'poisson' }],
  [
    'rating ~ z + cs(x + c)',
    { family: 'sratio', prior: ['normal(0, 2) class=b', 'normal(0, 1) class=b coef=x'] },
  ],
  ['rating | thres(5) ~ x', { family: 'acat', prior: 'normal(1, 2) class=Intercept coef=2' }],
  [
    'rating | thres(x2, gr = group) ~ x',
    { family: 'cumulative', prior: 'normal(1, 2) class=Intercept coef=1 group=b' },
  ],
  ['k ~ x + z + (1 + x | g) + (1 | h)', { family: 'negbinomial' }],
  ['y ~ x + (1 + x + z || g)', { family: 'student' }],
  ['k ~ x + (1 | mm(g, second)) + (1 | h)', { family: 'poisson' }],
  ['y ~ z + (1 + x | mm(g, second, weights = cbind(2, -1), scale = FALSE))', {}],
  ['y ~ x + z', { prior: ['constant(0.5) class=b coef=x', 'constant(2) class=sigma'] }],
  ['y ~ c + (0 + c | g:h)', { prior: ['normal(0, 2) class=b coef=cb', 'lkj(3) class=cor'] }],
  ['bf(y ~ x + (1 | g), sigma ~ x + z + (1 + z | g))', { prior: 'normal(0, 1) class=b' }],
  [
    'bf(y ~ x + (1 | h) + (1 + x |i| g), sigma ~ z + (0 + z |i| g) + (1 | g))',
    { prior: ['exponential(1) class=sd group=g dpar=sigma', 'lkj(2) class=cor group=g'] },
  ],
  ['bf(y ~ (1 |i| mm(g, second)), sigma ~ (1 + x |i| mm(g, second)))', {}],
  [
    'bf(y ~ 0 + x + offset(o), sigma ~ 0 + c, nu ~ w + offset(x))',
    {
      family: 'student',
      prior: ['normal(0, 1) class=b dpar=sigma', 'normal(3, 1) class=Intercept dpar=nu'],
    },
  ],
  [
    'y ~ x + z + (1 + x | g)',
    {
      prior: [
        ...[
          'normal(0, 1) class=b coef=z',
          'normal(1, 3) class=Intercept',
          'exponential(2) class=sd',
        ],
        ...[
          'exponential(1) class=sd group=g coef=x',
          'lkj(2) class=cor',
          'normal(0, 9) class=sigma',
        ],
      ],
    },
  ],
];

describe('a regression from a specification', () => {
  it.each(cases)('%s is the same', (formula, more) => {
    const { specification } = prepare({ formula, data: rows, ...more });
    const prepared = preparedFrom(specification);
    expect(prepared.specification).toStrictEqual(specification);
    expect(bounded(specification)).toStrictEqual(specification);
    // What it was made of makes it again.
    expect(preparedFrom(prepared.specification).frame).toStrictEqual(prepared.frame);
  });

  it('has the columns of the data in its formula, and priors only where they are no defaults', () => {
    const { specification } = prepare({
      ...{ formula: 'y ~ x * z + (1 + x | g)', data: rows },
      prior: ['normal(0, 1) class=b', 'exponential(1) class=sd coef=x group=g'],
    });
    const { frame, givenPriors } = preparedFrom(specification);
    expect(frame.design.formula.text).toBe('outcome ~ x + z + `x:z` + (1 + x | g)');
    expect(givenPriors.map(({ class: name, coef }) => [name, coef])).toEqual([
      ['b', undefined],
      ['sd', 'x'],
    ]);
  });

  it('is that of columns: choices, probabilities, and interactions of the training effect', () => {
    const x = {
      names: ['d1', 'd2'],
      rows: 6,
      values: Float64Array.from({ length: 12 }, (_, i) => Math.sin(i)),
    };
    const slopePrior = normal(0, 1);
    const specifications = [
      logisticSpecification(x, [0, 1, 1, 0, 1, 0], { slopePrior }),
      logisticSpecification(x, [0.1, 1, 0.5, 0, 1, 0], { slopePrior, outcomeKind: 'fractional' }),
    ];
    const pairs = () => {
      const weights = Array.from({ length: 5 }, (_, i) => 10 * i - 20);
      return { weights, reports: weights.map((weight) => weight / 2 + Math.sin(weight)) };
    };
    const models = [1, 2].map(() => ({ untrained: pairs(), trained: pairs() }));
    const effect = trainingEffectJob('effect', models).specification;
    if (effect.model !== undefined && effect.model !== 'regression') return expect.fail();
    for (const one of [...specifications, effect]) {
      expect(preparedFrom(one).specification).toStrictEqual(bounded(one));
    }
  });
});
