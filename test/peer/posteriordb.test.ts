/**
 * Posteriors of posteriordb through the public interface: as formulas with priors where a formula
 * can say them, and eight schools, whose outcomes have known errors, as a model given to `sample`.
 * The folder of references lies beside the project and is not part of it.
 */
import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { FitData } from '../../src/fit/fit.js';
import { sample } from '../../src/fit/sample.js';
import { mcseSd } from '../../src/posterior/convergence.js';
import { parameterDraws } from '../../src/posterior/draws.js';
import { gaussian } from '../../src/regression/options.js';
import { parsePrior } from '../../src/regression/priors/prior-text.js';
import { regression } from '../../src/regression/regression.js';
import { eightSchools } from '../sampler/posteriordb-models.js';

const folder = new URL('../../../shared/reference/posteriordb/', import.meta.url);
const present = existsSync(folder);

type Numbers = readonly number[];

interface Posterior {
  readonly data: Readonly<Record<string, Numbers | readonly Numbers[] | number>>;
  /** Number of reference draws, independent of one another. */
  readonly draws: number;
  readonly reference: Readonly<Record<string, Record<'mean' | 'sd' | 'mcse_mean', number>>>;
}

function load(name: string): Posterior {
  const posterior: Posterior = JSON.parse(readFileSync(new URL(`${name}.json`, folder), 'utf8'));
  return posterior;
}

interface Case {
  readonly posterior: string;
  readonly formula: string;
  readonly priors: readonly string[];
  /** Columns of the table from the data of posteriordb; those of equal length where absent. */
  readonly columns?: (data: Posterior['data']) => Record<string, Numbers | readonly string[]>;
  /** Our names in posteriordb's order. */
  readonly parameters: readonly string[];
}

const isNumbers = (value: unknown): value is Numbers =>
  Array.isArray(value) && value.every((one) => typeof one === 'number');

const columnsOf = (data: Posterior['data']) =>
  Object.fromEntries(
    Object.entries(data).flatMap(([name, value]) => (isNumbers(value) ? [[name, value]] : [])),
  );

const cases: readonly Case[] = [
  {
    posterior: 'earnings-logearn_interaction',
    formula: 'log(earn) ~ height * male',
    priors: ['flat() class=Intercept', 'flat() class=sigma'],
    parameters: ['b_Intercept', 'b_height', 'b_male', 'b_height:male', 'sigma'],
  },
  {
    posterior: 'kidiq-kidscore_momiq',
    formula: 'kid_score ~ mom_iq',
    priors: ['flat() class=Intercept', 'cauchy(0, 2.5) class=sigma'],
    parameters: ['b_Intercept', 'b_mom_iq', 'sigma'],
  },
  {
    posterior: 'nes1996-nes',
    formula: 'partyid7 ~ real_ideo + race_adj + age + educ1 + gender + income',
    priors: ['flat() class=Intercept', 'flat() class=sigma'],
    columns: (data) => {
      const columns = columnsOf(data);
      return { ...columns, age: columns.age_discrete.map((group) => `group ${group}`) };
    },
    parameters: [
      'b_Intercept',
      'b_real_ideo',
      'b_race_adj',
      ...[2, 3, 4].map((group) => `b_agegroup${group}`),
      'b_educ1',
      'b_gender',
      'b_income',
      'sigma',
    ],
  },
  {
    posterior: 'sblrc-blr',
    formula: 'y ~ 0 + x1 + x2 + x3 + x4 + x5',
    priors: ['normal(0, 10) class=b', 'normal(0, 10) class=sigma'],
    columns: ({ X, y }) => {
      if (!Array.isArray(X) || !isNumbers(y)) throw new Error('no matrix');
      const column = (j: number) => X.map((row) => (Array.isArray(row) ? row[j] : Number.NaN));
      return { y, ...Object.fromEntries([0, 1, 2, 3, 4].map((j) => [`x${j + 1}`, column(j)])) };
    },
    parameters: [...[1, 2, 3, 4, 5].map((j) => `b_x${j}`), 'sigma'],
  },
];

/**
 * Means within 4 combined Monte Carlo errors; sds within 5% and 4 of theirs (of independent draws of
 * a normal: sd / √(2n)).
 */
function expectAgreement(
  { draws, parameters }: FitData,
  posterior: Posterior,
  names: readonly string[],
) {
  const references = Object.entries(posterior.reference);
  expect(names.length).toBe(references.length);
  references.forEach(([label, theirs], index) => {
    const ours = parameters.find((row) => row.name === names[index]);
    if (!ours) throw new Error(`no ${names[index]}`);
    const error = Math.hypot(ours.mcseMean, theirs.mcse_mean);
    expect(Math.abs(ours.mean - theirs.mean), `mean of ${label}`).toBeLessThan(4 * error);
    const sdError = Math.hypot(
      mcseSd(parameterDraws(draws, ours.name), draws.chains),
      theirs.sd / Math.sqrt(2 * posterior.draws),
    );
    const bound = 0.05 * theirs.sd + 4 * sdError;
    expect(Math.abs(ours.sd - theirs.sd), `sd of ${label}`).toBeLessThan(bound);
    expect(ours.rhat, label).toBeLessThan(1.01);
  });
}

// 34 means at 6.3e-5 each: 0.2% false alarms for all.
const title = present
  ? 'posteriordb through the public interface (false alarms of all 1 in 450)'
  : 'posteriordb through the public interface (skipped: ../shared/reference/posteriordb is not there)';

describe.skipIf(!present)(title, () => {
  it.each(cases)('$posterior: $formula', async (one) => {
    const posterior = load(one.posterior);
    const fit = await regression({
      formula: one.formula,
      family: gaussian(),
      data: (one.columns ?? columnsOf)(posterior.data),
      prior: one.priors.map(parsePrior),
      seed: 2025,
    });
    expectAgreement(fit, posterior, one.parameters);
  });

  it('eight schools as a model of their own', () => {
    const posterior = load('eight_schools-eight_schools_noncentered');
    const { y, sigma } = posterior.data;
    if (!isNumbers(y) || !isNumbers(sigma)) throw new Error('no numbers');
    const model = eightSchools({ y, sigma });
    expectAgreement(sample({ model, seed: 2025 }), posterior, model.parameterNames);
  });
});
