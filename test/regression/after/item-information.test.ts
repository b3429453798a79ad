/** The information of items about abilities: its closed form, the definition by probabilities, and what it refuses. */
import { describe, expect, it } from 'vitest';
import { hdi } from '../../../src/posterior/intervals.js';
import { posteriorProbabilities } from '../../../src/regression/after/predictions.js';
import { regression } from '../../../src/regression/regression.js';

const answers = Array.from({ length: 36 }, (_, i) => {
  const [person, item] = [i % 6, Math.floor(i / 6)];
  const level = Math.sin(3 * person) + Math.cos(2 * item) + Math.sin(i * i);
  return {
    ...{ person: `p${person}`, item: `i${item}`, hint: item % 2, theta: 0 },
    ...{ right: level > 0, rating: 1 + Number(level > -0.7) + Number(level > 0.7) },
  };
});
/** What is computed from draws holds of any draws. */
const short = { chains: 1, warmup: 20, draws: 20, seed: 3 };
const prior = ['normal(0, 1) class=sd', 'normal(0, 0.5) class=sd dpar=disc'];
const fitOf = (formula: string, link: 'logit' | 'probit' = 'logit') =>
  regression({ formula, family: { family: 'cumulative', link }, data: answers, prior, ...short });
const twoParameters = () =>
  fitOf('bf(right ~ 1 + (1 | person) + (1 |i| item), disc ~ 0 + (1 |i| item))');

describe('the information of items', () => {
  it('of two categories and the logit link is a² P (1 - P), at each draw', async () => {
    const fit = await twoParameters();
    const ability = [-1, 0.5];
    const { group, items, all } = fit.itemInformation({ ability, mass: 0.9 });
    expect(group).toBe('item');
    expect(items.map((row) => [row.item, row.ability])).toEqual(
      [0, 1, 2, 3, 4, 5].flatMap((k) => ability.map((theta) => [`i${k}`, theta])),
    );
    const { values, parameterNames } = fit.draws;
    const width = parameterNames.length;
    const at = (draw: number, name: string) =>
      values[draw * width + parameterNames.indexOf(name)] ?? Number.NaN;
    const informationOf = (item: string, theta: number) =>
      Float64Array.from({ length: values.length / width }, (_, s) => {
        const a = Math.exp(at(s, `r_item__disc[${item},Intercept]`));
        const x = a * (theta + at(s, `r_item[${item},Intercept]`) - at(s, 'b_Intercept[1]'));
        return (a / (2 * Math.cosh(x / 2))) ** 2;
      });
    for (const row of items) {
      const draws = informationOf(row.item, row.ability);
      expect(row.mean).toBeCloseTo(draws.reduce((sum, v) => sum + v, 0) / draws.length, 10);
      expect(row.hdi[0]).toBeCloseTo(hdi(draws, 0.9)[0], 10);
      expect(row.hdi[1]).toBeCloseTo(hdi(draws, 0.9)[1], 10);
    }
    all.forEach(({ mean }, k) => {
      const own = items.filter((row) => row.ability === ability[k]);
      expect(mean).toBeCloseTo(
        own.reduce((sum, row) => sum + row.mean, 0),
        9,
      );
    });
    const text = String(fit.itemInformation());
    expect(text).toContain('Information of each item about an ability:');
    expect(text).toMatch(/i5 +3 /);
    expect(fit.itemInformation({ ability: 0, draws: 10 }).items).toHaveLength(6);
  });

  it.each(['logit', 'probit'] as const)(
    'of three categories and the link %s is the sum of (dP/dθ)² / P',
    async (link) => {
      const fit = await fitOf(
        'bf(rating ~ 1 + hint + offset(theta) + (1 | person) + (1 |i| item), disc ~ 0 + (1 |i| item))',
        link,
      );
      const data = [{ item: 'i2', hint: 1, theta: 0 }];
      const ability = 0.4;
      const [row] = fit.itemInformation({ ability, data }).items;
      const step = 1e-4;
      const probabilitiesAt = (theta: number) =>
        posteriorProbabilities(fit, { data: [{ ...data[0], theta }], groups: ['item'] }).values;
      const [below, here, above] = [ability - step, ability, ability + step].map(probabilitiesAt);
      const draws = (here?.length ?? 0) / 3;
      let sum = 0;
      here?.forEach((p, k) => {
        const slope = ((above?.[k] ?? 0) - (below?.[k] ?? 0)) / (2 * step);
        sum += (slope * slope) / p / draws;
      });
      // Differences have an error of step².
      expect(Math.abs((row?.mean ?? 0) / sum - 1)).toBeLessThan(1e-6);
      expect(row?.item).toBe('i2');
    },
  );
});

describe('item information that cannot be', () => {
  it('of other regressions, items, abilities and data is refused in a line', async () => {
    const fit = await twoParameters();
    expect(() => fit.itemInformation({ item: 'judge' })).toThrow(
      "item is the text 'judge', expected one of item, person",
    );
    expect(() => fit.itemInformation({ ability: [] })).toThrow('expected a number or an array');
    expect(() => fit.itemInformation({ ability: Number.NaN })).toThrow('ability is NaN');
    expect(() => fit.itemInformation({ data: [{ item: 'i9' }] })).toThrow(
      "item is 'i9', which was not in the data of the fit",
    );
    const rasch = await regression({
      ...{ formula: 'right ~ 1 + (1 | person) + (1 | item)', family: 'bernoulli', data: answers },
      ...{ prior: 'normal(0, 1) class=sd', ...short },
    });
    expect(() => rasch.itemInformation()).toThrow(
      'with the family cumulative; this is a bernoulli regression without one',
    );
    const both = await fitOf(
      'bf(right ~ 1 + (1 | person) + (1 | item), disc ~ 0 + (1 | item) + (1 | person))',
    );
    expect(() => both.itemInformation()).toThrow('the option item says which group the items are');
    expect(both.itemInformation({ item: 'item', ability: 0 }).items).toHaveLength(6);
    const changing = answers.map((row, i) => ({ ...row, hint: i % 5 }));
    const varied = await regression({
      formula: 'bf(right ~ hint + (1 | person) + (1 | item), disc ~ 0 + (1 | item))',
      ...{ family: 'cumulative', data: changing, prior, ...short },
    });
    expect(() => varied.itemInformation()).toThrow(
      'hint differs between rows of the item i0, whose information depends on it',
    );
  });
});
