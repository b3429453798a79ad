/** Regressions of choices from data to predictions, beside Stan (test/peer/choices.R). */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { encodeJobs, openJobs } from '../../src/distribution/codec.js';
import { decodeFit, encodeFit } from '../../src/exchange/saved-fit.js';
import { mcseSd } from '../../src/posterior/convergence.js';
import { parameterDraws } from '../../src/posterior/draws.js';
import { bounded, preparedFrom } from '../../src/regression/from-specification.js';
import { exponential, normal } from '../../src/regression/priors/constructors.js';
import { samplePrior } from '../../src/regression/priors/default-prior.js';
import { fitFromData, regression } from '../../src/regression/regression.js';
import { calibrateRegression } from '../../src/regression/validation/regression-simulations.js';
import { completeSettings } from '../../src/sampler/settings.js';
import { everyNth, powered } from '../support/deep.js';

interface Summary {
  readonly variable: string;
  readonly mean: number;
  readonly sd: number;
  readonly mcse_mean: number;
  readonly mcse_sd: number;
  readonly rhat: number;
}
interface Reference {
  readonly rows: Readonly<Record<string, readonly (number | string)[]>>;
  readonly cases: Readonly<
    Record<string, { ranked: boolean; mixed: boolean; summary: readonly Summary[] }>
  >;
}
const { rows, cases }: Reference = JSON.parse(
  readFileSync(new URL('../peer/choices.json', import.meta.url), 'utf8'),
);
const data = { ...rows, chosen: (rows.rank ?? []).map((rank) => (rank === 1 ? 1 : 0)) };
const family = 'conditional_logit';

describe.each(everyNth(4, Object.entries(cases)))(
  'choices that are %s',
  (_, { ranked, mixed, summary }) => {
    it("have the posterior of Stan's program", async () => {
      const slopes = mixed ? ' + (0 + price | person)' : '';
      const fit = await regression({
        formula: `${ranked ? 'rank' : 'chosen'} | set(task) ~ price + quality + option${slopes}`,
        family,
        data,
        draws: 2500,
        seed: 5,
      });
      expect(summary.length).toBe(mixed ? 5 : 4);
      for (const stan of summary) {
        expect(stan.rhat).toBeLessThan(1.005);
        const { mean, sd, mcseMean } = fit.parameter(stan.variable);
        const place = fit.draws.parameterNames.indexOf(stan.variable);
        const errorOfSd = mcseSd(parameterDraws(fit.draws, place), fit.draws.chains);
        const label = `${stan.variable}: ${mean} (${sd}) for ${stan.mean} (${stan.sd})`;
        // Four combined Monte Carlo errors; sds within 5%, or as many errors.
        expect(Math.abs(mean - stan.mean), label).toBeLessThan(
          4 * Math.hypot(mcseMean, stan.mcse_mean),
        );
        expect(Math.abs(sd - stan.sd), label).toBeLessThan(
          Math.max(0.05 * stan.sd, 4 * Math.hypot(errorOfSd, stan.mcse_sd)),
        );
      }
    });
  },
);

/** Tasks of two or three options. */
const few = Array.from({ length: 40 }, (_, task) =>
  ['A', 'B', 'C'].slice(0, 2 + (task % 2)).map((option, k, { length }) => ({
    task: `t${task}`,
    person: `p${task % 5}`,
    age: 20 + (task % 5),
    option,
    price: ((7 * task + 5 * k) % 11) / 4,
    chosen: k === ((task * 37) % 19) % length,
  })),
).flat();
const small = { draws: 200, chains: 2, seed: 3 };
const fitted = regression({
  formula: 'chosen | set(task) ~ price + option + (price | person)',
  family,
  data: few,
  ...small,
});

describe('a regression of choices', () => {
  it('has neither an intercept nor what is the same for all options of a set', async () => {
    const fit = await fitted;
    expect(String(fit)).toMatch(/Number of choice sets: 40, of options: 100/);
    expect(fit.draws.parameterNames.slice(0, 4)).toEqual([
      'b_price',
      'b_optionB',
      'b_optionC',
      'sd_person__price',
    ]);
  });

  it('has the posterior of a logistic regression on differences, where sets have two options', async () => {
    const pairs = few.filter(({ option }) => option !== 'C');
    const own = pairs.map((row, i) => ({ ...row, chosen: i % 2 === ((i >> 1) % 3) % 2 }));
    const differences = own
      .filter((_, i) => i % 2 === 0)
      .map((first, pair) => {
        const second = own[2 * pair + 1];
        if (second === undefined) throw new Error('no pair');
        const sign = first.chosen ? 1 : 0;
        return { y: sign, price: first.price - second.price, one: -1 };
      });
    const prior = normal(0, 2).on('b');
    const long = { draws: 1000, seed: 3 };
    const choices = await regression({
      formula: 'chosen | set(task) ~ price + option',
      family,
      data: own,
      prior,
      ...long,
    });
    const logistic = await regression({
      formula: 'y ~ 0 + price + one',
      family: 'bernoulli',
      data: differences,
      prior,
      ...long,
    });
    for (const [a, b] of [
      ['b_price', 'b_price'],
      ['b_optionB', 'b_one'],
    ] as const) {
      const one = choices.parameter(a);
      const other = logistic.parameter(b);
      const error = Math.hypot(one.mcseMean, other.mcseMean);
      expect(Math.abs(one.mean - other.mean)).toBeLessThan(4 * error);
      expect(one.sd / other.sd).toBeCloseTo(1, 1);
    }
  });

  it('gives the same draws for rows in another order, and with sets told apart by two columns', async () => {
    const plain = { formula: 'chosen | set(task) ~ price + option', family, ...small } as const;
    const fit = await regression({ ...plain, data: few });
    const renamed = few.map((row) => ({
      ...row,
      task: row.task.slice(0, 2),
      rest: row.task.slice(2),
    }));
    const two = await regression({
      ...plain,
      formula: 'chosen | set(task, rest) ~ price + option',
      data: renamed,
    });
    expect(two.draws.values).toEqual(fit.draws.values);
    const turned = await regression({ ...plain, data: few.toReversed() });
    const errors = fit.parameters.map(({ mcseMean }) => mcseMean);
    fit.parameters.forEach(({ name, mean }, i) => {
      const difference = Math.abs(turned.parameter(name).mean - mean);
      expect(difference).toBeLessThan(6 * (errors[i] ?? 0));
    });
  });
});

describe('effects of groups', () => {
  it('that differ between the options of a set keep their intercepts', async () => {
    const fit = await regression({
      formula: 'chosen | set(task) ~ price + (1 | option)',
      family,
      data: few,
      prior: [normal(0, 1).on('b'), exponential(1).on('sd')],
      ...small,
    });
    expect(fit.draws.parameterNames).toContain('r_option[B,Intercept]');
    expect(fit.fitted().reduce((sum, { mean }) => sum + mean, 0)).toBeCloseTo(40, 10);
  });
});

describe('predictions of choices', () => {
  it('are probabilities that sum to 1 in each set', async () => {
    const fit = await fitted;
    const means = fit.fitted().map(({ mean }) => mean);
    for (const task of new Set(few.map((row) => row.task))) {
      const own = means.filter((_, i) => few[i]?.task === task);
      expect(own.reduce((sum, one) => sum + one, 0)).toBeCloseTo(1, 10);
    }
  });

  it('are the softmax of the linear predictors, at each draw', async () => {
    const fit = await fitted;
    const eta = fit.posteriorLinpred().values;
    const shares = fit.posteriorEpred().values;
    for (let s = 0; s < 5; s++) {
      const own = few.map((row, i) => ({ row, i })).filter(({ row }) => row.task === 't3');
      const total = own.reduce((sum, { i }) => sum + Math.exp(eta[s * few.length + i] ?? 0), 0);
      for (const { i } of own) {
        const at = s * few.length + i;
        expect(shares[at]).toBeCloseTo(Math.exp(eta[at] ?? 0) / total, 12);
      }
    }
  });

  it('draw one option of each set, as often as its probability', async () => {
    const fit = await fitted;
    const drawn = fit.posteriorPredict().values;
    const means = fit.fitted().map(({ mean }) => mean);
    const draws = drawn.length / few.length;
    means.forEach((mean, i) => {
      let count = 0;
      for (let s = 0; s < draws; s++) count += drawn[s * few.length + i] ?? 0;
      expect(Math.abs(count / draws - mean)).toBeLessThan(
        4.5 * Math.sqrt((mean * (1 - mean)) / draws),
      );
    });
    for (let s = 0; s < draws; s += 50) {
      const first = few.flatMap((row, i) =>
        row.task === 't1' ? (drawn[s * few.length + i] ?? 0) : [],
      );
      expect(first.filter((one) => one === 1).length).toBe(1);
    }
  });

  it('of new sets need their options, and not the outcome', async () => {
    const fit = await fitted;
    const fresh = [
      { task: 'new', person: 'p1', option: 'A', price: 1 },
      { task: 'new', person: 'p1', option: 'B', price: 1 },
    ];
    const [a, b] = fit.fitted({ data: fresh });
    expect((a?.mean ?? 0) + (b?.mean ?? 0)).toBeCloseTo(1, 12);
    const utility = fit.parameter('b_optionB').mean;
    expect(b?.mean).toBeCloseTo(1 / (1 + Math.exp(-utility)), 1);
    const apart = fresh.map(({ task: _, ...row }) => row);
    expect(() => fit.fitted({ data: apart })).toThrow(/task/);
    // A linear predictor needs no set.
    expect(fit.linpred({ data: apart })).toHaveLength(2);
  });

  it('have shares by kind of option, those of the data beside them', async () => {
    const fit = await fitted;
    const shares = fit.shares({ by: 'option' });
    expect(shares.map(({ level }) => level)).toEqual(['A', 'B', 'C']);
    for (const { level, mean, observed = -1 } of shares) {
      const chosen = few.filter(({ option, chosen }) => option === level && chosen).length / 40;
      expect(observed).toBeCloseTo(chosen, 12);
      // With a constant for each option, the likelihood equations match shares to the data.
      expect(Math.abs(mean - chosen)).toBeLessThan(0.05);
    }
    expect(String(shares)).toMatch(/Observed/);
  });

  it('have elasticities in closed form, weighted by probability', async () => {
    const fit = await fitted;
    const found = fit.elasticities({ of: 'price', by: 'option' });
    expect(found.map(({ level, changed }) => `${level} ${changed}`).join()).toBe(
      'A A,A B,A C,B A,B B,B C,C A,C B,C C',
    );
    const draws = fit.posteriorEpred();
    const drawsOf = (name: string) => parameterDraws(fit.draws, name);
    const slopes = drawsOf('b_price');
    const byPerson = new Map(
      few.map(({ person }) => [person, drawsOf(`r_person[${person},price]`)]),
    );
    const sets = [...new Set(few.map(({ task }) => task))].map((task) =>
      [...few.keys()].filter((row) => few[row]?.task === task),
    );
    // (β + r) x_k ([j = k] − P_k) of every pair of options, by set and draw.
    const mean = (level: string, changed: string) => {
      const values = Array.from(slopes, (slope, s) => {
        let [change, share] = [0, 0];
        for (const rows of sets) {
          for (const j of rows.filter((row) => few[row]?.option === level)) {
            const p = draws.values[s * few.length + j] ?? 0;
            share += p;
            for (const k of rows.filter((row) => few[row]?.option === changed)) {
              const q = draws.values[s * few.length + k] ?? 0;
              const own = slope + (byPerson.get(few[k]?.person ?? '')?.[s] ?? 0);
              change += p * own * (few[k]?.price ?? 0) * ((j === k ? 1 : 0) - q);
            }
          }
        }
        return change / share;
      });
      return values.reduce((sum, value) => sum + value / values.length, 0);
    };
    for (const { level, changed, ...row } of found) {
      expect(row.mean, `${level} by ${changed}`).toBeCloseTo(mean(level, changed), 6);
    }
    expect(String(found)).toMatch(/price of/);
    // They are what shares do when prices rise.
    const rise = 1e-3;
    const data = few.map((row) =>
      row.option === 'B' ? { ...row, price: row.price * (1 + rise) } : row,
    );
    const [before, after] = [few, data].map((rows) => fit.shares({ by: 'option', data: rows }));
    for (const level of ['A', 'B', 'C']) {
      const share = (rows: typeof before) => rows?.find((row) => row.level === level)?.mean ?? 0;
      const elasticity = found.find((row) => row.level === level && row.changed === 'B')?.mean ?? 0;
      const change = (share(after) / share(before) - 1) / rise;
      // The ratio of means is not the mean of ratios.
      expect(Math.abs(change - elasticity)).toBeLessThan(0.05 * Math.abs(elasticity) + 0.02);
    }
    expect(() => fit.elasticities({ of: 'option', by: 'option' })).toThrow(
      'of is option, which is no column of numbers; expected an attribute',
    );
  });

  it('have trade-offs that are ratios of coefficients, with a note where the sign is unsure', async () => {
    const fit = await fitted;
    const tradeOffs = fit.tradeOffs({ per: 'price' });
    const value = (name: string, s: number) =>
      parameterDraws(fit.draws, fit.draws.parameterNames.indexOf(name))[s] ?? 0;
    const ratios = Array.from(
      { length: 400 },
      (_, s) => -value('b_optionB', s) / value('b_price', s),
    );
    ratios.sort((a, b) => a - b);
    expect(tradeOffs[0]?.name).toBe('optionB');
    expect(tradeOffs[0]?.median).toBeCloseTo(((ratios[199] ?? 0) + (ratios[200] ?? 0)) / 2, 10);
    expect(tradeOffs.notes).toHaveLength(1);
    expect(() => fit.tradeOffs({ per: 'cost' })).toThrow(
      /per is the text 'cost', expected a predictor: price, optionB, optionC/,
    );
  });
});

describe('criteria of choices', () => {
  it('take a choice set as an observation', async () => {
    const fit = await fitted;
    const loo = await fit.loo();
    expect(loo.pointwise.elpdLoo).toHaveLength(40);
  });

  it('leave out a set that decides the fit exactly, as a whole', async () => {
    // In the odd set, the option that costs far more was chosen.
    const odd = [
      { ...few[0], task: 'odd', option: 'A', price: 30, chosen: true },
      { ...few[0], task: 'odd', option: 'B', price: 1, chosen: false },
    ];
    const options = {
      formula: 'chosen | set(task) ~ price + option',
      family,
      prior: normal(0, 1).on('b'),
      ...{ draws: 1000, chains: 4, seed: 3 },
    } as const;
    const fit = await regression({ ...options, data: [...few, ...odd] });
    const loo = await fit.loo();
    expect(loo.refitted).toContain(40);
    const without = await regression({ ...options, data: few });
    const shares = without.posteriorEpred({ data: odd });
    const chosen = parameterDraws(shares, 0);
    const mean = chosen.reduce((sum, share) => sum + share, 0) / chosen.length;
    const squares = chosen.reduce((sum, share) => sum + (share - mean) ** 2, 0);
    // Relative errors of two means of the probability, with at least a quarter of the draws effective.
    const error = (4 * Math.sqrt((2 * squares) / chosen.length / (chosen.length / 4))) / mean;
    expect(Math.abs((loo.pointwise.elpdLoo[40] ?? 0) - Math.log(mean))).toBeLessThan(error);
  });
});

describe('a fit of choices', () => {
  it('is checked by its convergence, its calibration and its sets', async () => {
    const check = await (await fitted).check();
    expect(String(check)).toMatch(/miscalibration/);
  });

  it('is saved, loaded, sent and updated', async () => {
    const fit = await fitted;
    const loaded = fitFromData(decodeFit(encodeFit(fit)));
    expect(loaded.fitted()).toEqual(fit.fitted());
    const { specification } = fit;
    const settings = completeSettings(small);
    const jobs = [{ name: 'choices', specification }];
    expect(openJobs(encodeJobs({ settings, jobs })).read()).toStrictEqual({ settings, jobs });
    const again = preparedFrom(specification).specification;
    expect(again).toEqual(bounded(specification));
    const updated = await loaded.update({ formula: '. ~ . - (price | person)' });
    expect(updated.draws.parameterNames).toEqual(['b_price', 'b_optionB', 'b_optionC']);
  });

  it('can be of choices that are drawn from the prior', () => {
    const prior = samplePrior({
      formula: 'chosen | set(task) ~ price + option',
      family,
      data: few,
      prior: normal(0, 1).on('b'),
      draws: 20,
    });
    const tasks = new Set(few.map(({ task }) => task));
    for (let s = 0; s < 20; s++) {
      const own = prior.outcomes.subarray(s * few.length, (s + 1) * few.length);
      expect(own.filter((one) => one === 1).length).toBe(tasks.size);
    }
  });

  it('leaves out sets that lack a value, as a whole', async () => {
    const holed = few.map((row, i) => (i === 3 ? { ...row, price: Number.NaN } : row));
    const fit = await regression({
      formula: 'chosen | set(task) ~ price',
      family,
      data: holed,
      ...small,
    });
    const size = few.filter(({ task }) => task === few[3]?.task).length;
    expect(fit.specification.data.rows).toBe(few.length - size);
    expect(fit.notes.join('\n')).toMatch(/more rows are options of the same choice sets/);
  });
});

describe('simulation-based calibration', () => {
  // Ranks among the draws given data from the prior are uniform. False alarms: 5% of runs; seeds are fixed.
  it.each([
    ['chosen | set(task) ~ price + option', 20, 150],
    ['chosen | set(task) ~ price + (0 + price | person)', 6, 150],
    ['rank | set(task) ~ price + option + (0 + price | person)', 4, 150],
    // Levels that differ within a set: its effects do not cancel.
    ['chosen | set(task) ~ price + (price || option)', 6, 150],
  ])('of %s', async (formula, quick, deep) => {
    const simulations = powered(quick, deep);
    const mixed = formula.includes('(price') || formula.includes('(0');
    const result = await calibrateRegression({
      formula,
      family,
      data: few.map((row) => ({ ...row, rank: 'ABC'.indexOf(row.option) + 1 })),
      prior: [normal(0, 1).on('b'), ...(mixed ? [exponential(2).on('sd')] : [])],
      simulations,
      seed: 11,
    });
    expect(result.calibrated, String(result)).toBe(true);
  });
});

describe('choices that cannot be fitted', () => {
  const formula = 'chosen | set(task) ~ price';
  const changed = (change: (row: (typeof few)[number], i: number) => object) => few.map(change);
  it.each([
    [
      'without sets',
      'chosen ~ price',
      few,
      /choices are among the options of a set: y \| set\(id\)/,
    ],
    [
      'with one option',
      formula,
      [...few, { ...few[0], task: 'alone' }],
      /choice set alone \(row 101\) has one option, expected two or more/,
    ],
    [
      'with two chosen',
      formula,
      changed((row) => (row.task === 't0' ? { ...row, chosen: true } : row)),
      /choice set t0: chosen is 1 in rows 1 and 2, expected one option with each rank/,
    ],
    [
      'with none chosen',
      formula,
      changed((row) => (row.task === 't1' ? { ...row, chosen: false } : row)),
      /choice set t1 \(row 3\): no option is chosen/,
    ],
    [
      'with a gap in the ranks',
      'rank | set(task) ~ price',
      changed(({ chosen, ...row }, i) => ({ ...row, rank: chosen ? 1 : i < 2 ? 3 : 0 })),
      /choice set t0 \(row 1\): rank has the rank 3, but 2 ranked options/,
    ],
    [
      'with a predictor of persons',
      'chosen | set(task) ~ price + age',
      few,
      /column age is the same for all options of every choice set, so that it cancels/,
    ],
    [
      'with an intercept that varies',
      `${formula} + (1 | person)`,
      few,
      /the same for all options of a set cancels/,
    ],
    [
      'with weights',
      'chosen | set(task) + weights(price) ~ option',
      few,
      /weights\(\) is not supported with set\(\)/,
    ],
    [
      'that are separated',
      'chosen | set(task) ~ sure',
      changed((row) => ({ ...row, sure: row.chosen ? 2 : 1 })),
      /sure separates the outcomes perfectly/,
    ],
    [
      'of text',
      'option | set(task) ~ price',
      few,
      /the outcome option is text; expected TRUE or 1/,
    ],
  ])('%s are refused', async (_, given, table, message) => {
    await expect(regression({ formula: given, family, data: table, ...small })).rejects.toThrow(
      message,
    );
  });

  it('of another family are refused', async () => {
    const asked = regression({ formula, family: 'bernoulli', data: few, ...small });
    await expect(asked).rejects.toThrow(/set\(\) is for the family conditional_logit/);
  });

  it('have no methods of single rows', async () => {
    const fit = await fitted;
    for (const asked of [() => fit.ppc(), () => fit.r2(), () => fit.conditionalEffects('price')]) {
      expect(asked).toThrow(/has no meaning for choices, which depend on all options of a set/);
    }
  });
});
