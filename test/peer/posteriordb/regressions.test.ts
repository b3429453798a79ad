/**
 * The regressions among posteriordb's posteriors with reference draws, as formulas with priors.
 */
import { describe, expect, it } from 'vitest';
import { gaussian } from '../../../src/regression/options.js';
import { parsePrior } from '../../../src/regression/priors/prior-text.js';
import { regression } from '../../../src/regression/regression.js';
import { everyNth } from '../../support/deep.js';
import {
  type Data,
  dataOf,
  expectAgreement,
  hasData,
  matrixOf,
  type Numbers,
  numbersOf,
  skipped,
  summaries,
} from './posteriors.js';

interface Case {
  readonly posterior: string;
  readonly formula: string;
  readonly priors: readonly string[];
  /** Columns of the table. @default the lists of numbers among the data */
  readonly columns?: (data: Data) => Record<string, Numbers | readonly string[]>;
}

const listsOf = (data: Data): Record<string, Numbers> =>
  Object.fromEntries(
    Object.keys(data)
      .filter((name) => Array.isArray(data[name]))
      .map((name) => [name, numbersOf(data, name)]),
  );

/** Columns of a matrix as x1, x2 … */
const columnsOf = (rows: readonly Numbers[]): Record<string, Numbers> =>
  Object.fromEntries(rows[0].map((_, j) => [`x${j + 1}`, rows.map((row) => row[j])]));

const flat = ['flat() class=Intercept', 'flat() class=sigma'];
const cauchy = ['flat() class=Intercept', 'cauchy(0, 2.5) class=sigma'];

const regressions = (data: string, priors: readonly string[], models: Record<string, string>) =>
  Object.entries(models).map(
    ([model, formula]): Case => ({ posterior: `${data}-${model}`, formula, priors }),
  );

const centred = (name: string) => `I(${name} - mean(${name}))`;
const halfStandardized = (name: string) => `I((${name} - mean(${name})) / (2 * sd(${name})))`;

const cases: readonly Case[] = [
  ...regressions('earnings', flat, {
    earn_height: 'earn ~ height',
    log10earn_height: 'log10(earn) ~ height',
    logearn_height: 'log(earn) ~ height',
    logearn_height_male: 'log(earn) ~ height + male',
    logearn_interaction: 'log(earn) ~ height * male',
    logearn_interaction_z: 'log(earn) ~ scale(height) * male',
    logearn_logheight_male: 'log(earn) ~ log(height) + male',
  }),
  ...regressions('kidiq', cauchy, {
    kidscore_momhs: 'kid_score ~ mom_hs',
    kidscore_momiq: 'kid_score ~ mom_iq',
    kidscore_momhsiq: 'kid_score ~ mom_hs + mom_iq',
    kidscore_interaction: 'kid_score ~ mom_hs * mom_iq',
  }),
  ...regressions('kidiq_with_mom_work', flat, {
    kidscore_interaction_c: `kid_score ~ ${centred('mom_hs')} * ${centred('mom_iq')}`,
    kidscore_interaction_c2: 'kid_score ~ I(mom_hs - 0.5) * I(mom_iq - 100)',
    kidscore_interaction_z: `kid_score ~ ${halfStandardized('mom_hs')} * ${halfStandardized('mom_iq')}`,
    kidscore_mom_work: 'kid_score ~ factor(mom_work)',
  }),
  ...regressions('mesquite', flat, {
    mesquite: 'weight ~ diam1 + diam2 + canopy_height + total_height + density + group',
    logmesquite:
      'log(weight) ~ log(diam1) + log(diam2) + log(canopy_height) + log(total_height) + log(density) + group',
    logmesquite_logvolume: 'log(weight) ~ log(diam1 * diam2 * canopy_height)',
    logmesquite_logva:
      'log(weight) ~ log(diam1 * diam2 * canopy_height) + log(diam1 * diam2) + group',
    logmesquite_logvas:
      'log(weight) ~ log(diam1 * diam2 * canopy_height) + log(diam1 * diam2) + log(diam1 / diam2) + log(total_height) + log(density) + group',
    logmesquite_logvash:
      'log(weight) ~ log(diam1 * diam2 * canopy_height) + log(diam1 * diam2) + log(diam1 / diam2) + log(total_height) + group',
  }),
  ...[1972, 1976, 1980, 1984, 1988, 1992, 1996, 2000].flatMap((year) =>
    regressions(`nes${year}`, flat, {
      nes: 'partyid7 ~ real_ideo + race_adj + factor(age_discrete) + educ1 + gender + income',
    }),
  ),
  ...['sblrc', 'sblri'].map(
    (data): Case => ({
      posterior: `${data}-blr`,
      formula: 'y ~ 0 + x1 + x2 + x3 + x4 + x5',
      priors: ['normal(0, 10) class=b', 'normal(0, 10) class=sigma'],
      columns: (given) => ({ y: numbersOf(given, 'y'), ...columnsOf(matrixOf(given, 'X')) }),
    }),
  ),
  {
    // An autoregression of order 5, whose prior is of the intercept at zeros.
    posterior: 'arK-arK',
    formula: 'y ~ 0 + one + lag1 + lag2 + lag3 + lag4 + lag5',
    priors: ['normal(0, 10) class=b', 'cauchy(0, 2.5) class=sigma'],
    columns(data) {
      const y = numbersOf(data, 'y');
      const lag = (k: number) => y.slice(5 - k, y.length - k);
      const lags = [1, 2, 3, 4, 5].map((k) => [`lag${k}`, lag(k)]);
      return { y: lag(0), one: lag(0).map(() => 1), ...Object.fromEntries(lags) };
    },
  },
  {
    // Summer temperatures by the year, some 4,000, without centring.
    posterior: 'kilpisjarvi_mod-kilpisjarvi',
    formula: 'y ~ 0 + one + x',
    priors: [
      'normal(9.31290322580645, 100) class=b coef=one',
      'normal(0, 0.0333333333333333) class=b coef=x',
      'flat() class=sigma',
    ],
    columns: (data) => ({ ...listsOf(data), one: numbersOf(data, 'x').map(() => 1) }),
  },
];

/** brms' own program: 24 centred columns, and an intercept at their means, which posteriordb has last but one. */
const diamonds: Case = {
  posterior: 'diamonds-diamonds',
  formula: `y ~ ${Array.from({ length: 24 }, (_, j) => `x${j + 1}`).join(' + ')}`,
  priors: [
    'normal(0, 1) class=b',
    'student_t(3, 8, 10) class=Intercept',
    'student_t(3, 0, 10) class=sigma',
  ],
  columns: (data) => ({
    y: numbersOf(data, 'Y'),
    ...columnsOf(matrixOf(data, 'X').map((row) => row.slice(1))),
  }),
};

const fitOf = ({ posterior, formula, priors, columns = listsOf }: Case) =>
  regression({
    formula,
    family: gaussian(),
    data: columns(dataOf(posterior)),
    prior: priors.map(parsePrior),
    seed: 2025,
  });

describe('summaries of reference draws', () => {
  it('are there for each case, with small Monte Carlo errors', () => {
    for (const { posterior } of [...cases, diamonds]) {
      const summary = summaries.find(({ name }) => name === posterior);
      if (!summary) throw new Error(`no summary of ${posterior}`);
      summary.mcse_mean.forEach((error, i) => {
        expect(error / summary.sd[i]).toBeLessThan(0.02);
      });
    }
  });
});

describe(`regressions of posteriordb${skipped}`, () => {
  it.each(everyNth(4, cases.filter(hasData)))('$posterior: $formula', async (one) => {
    const fit = await fitOf(one);
    expectAgreement(fit, one.posterior, fit.draws.parameterNames);
  });

  it.skipIf(!hasData(diamonds))('diamonds-diamonds: 24 nearly collinear columns', async () => {
    const fit = await fitOf(diamonds);
    const [, ...slopes] = fit.draws.parameterNames.slice(0, 25);
    // Ours is the intercept at predictors of zero.
    expectAgreement(fit, diamonds.posterior, [...slopes, null, 'sigma']);
  });
});
