/** Group terms whose rows belong to several levels: `(1 | mm(g, h))`, from the formula to predictions. */
import { describe, expect, it } from 'vitest';
import { decodeFit, encodeFit } from '../../src/exchange/saved-fit.js';
import { modelFrame } from '../../src/formula/model-frame.js';
import { parseFormula } from '../../src/formula/parse-formula.js';
import { tableOf } from '../../src/formula/table.js';
import { parameterDraws } from '../../src/posterior/draws.js';
import { fitFromData, regression } from '../../src/regression/regression.js';

const pupils = Array.from({ length: 40 }, (_, i) => ({
  ...{ first: 'abcd'[i % 4] ?? '', second: 'bcde'[Math.floor(1.7 * i) % 4] ?? '' },
  ...{ years: 1 + (i % 3), later: 2, x: Math.cos(i), score: Math.sin(i * 7) + (i % 4) },
}));

function groupOf(term: string, data: readonly Record<string, string | number>[] = pupils) {
  const formula = parseFormula(`score ~ 1 + ${term}`);
  const frame = modelFrame(formula, tableOf(data), { missing: 'drop', outcome: 'real' });
  const [group] = frame.encoded.groups;
  if (!group) throw new Error('no group');
  return group;
}

const messageOf = (run: () => unknown) => {
  try {
    run();
  } catch (error) {
    return String(error);
  }
  return 'no error';
};

describe('the columns of mm()', () => {
  it('have the union of the levels, a level for each member and 1 / members as weights', () => {
    const { group, levels, levelOf, matrix, further = [] } = groupOf('(1 | mm(first, second))');
    expect(group).toBe('mmfirstsecond');
    expect(levels).toEqual(['a', 'b', 'c', 'd', 'e']);
    expect(further).toHaveLength(1);
    pupils.forEach(({ first, second }, i) => {
      expect(levels[levelOf[i] ?? -1]).toBe(first);
      expect(levels[further[0]?.levelOf[i] ?? -1]).toBe(second);
    });
    expect([...matrix.values, ...(further[0]?.values ?? [])].every((w) => w === 0.5)).toBe(true);
  });

  it('have weights that are divided by their sum, unless scale = FALSE', () => {
    const weights = 'mm(first, second, weights = cbind(years, later)';
    const scaled = groupOf(`(1 + x | ${weights}))`);
    const given = groupOf(`(1 + x | ${weights}, scale = FALSE))`);
    pupils.forEach(({ years, later, x }, i) => {
      const sum = years + later;
      expect([...scaled.matrix.values.slice(2 * i, 2 * i + 2)]).toEqual([
        years / sum,
        x * (years / sum),
      ]);
      expect([...(scaled.further?.[0]?.values.slice(2 * i, 2 * i + 2) ?? [])]).toEqual([
        later / sum,
        x * (later / sum),
      ]);
      expect([...given.matrix.values.slice(2 * i, 2 * i + 2)]).toEqual([years, x * years]);
    });
  });

  it('number columns are levels in ascending order, whichever column has them', () => {
    const data = [10, 9, 2].map((first, i) => ({ score: i, first, second: 11 - i }));
    expect(groupOf('(1 | mm(first, second))', data).levels).toEqual(['2', '9', '10', '11']);
  });

  it('are the same whatever the spelling, and apart from those of other weights', () => {
    const twice = '(1 | mm(first, second)) + (x | mm(first,  second))';
    expect(messageOf(() => groupOf(twice))).toContain('the intercept varies by mmfirstsecond');
  });

  it.each([
    ['mm(first)', 'two columns or more'],
    ['mm(first, log(second))', 'mm() takes columns, found log(second)'],
    ['mm(first, second, weights = years)', 'weights are years, expected one for each column'],
    ['mm(first, second, weights = cbind(years))', 'cbind() has 1 weights, expected 2'],
    ['mm(first, second, weights = cbind(1, -1))', 'row 1 has the weight -1: negative weights'],
    ['mm(first, second, weights = cbind(0, 0))', 'row 1: the weights of mm() are all 0'],
    ['mm(first, second, scale = 2)', 'scale is 2, expected TRUE or FALSE'],
    ['mm(first, second, cov = A)', 'the argument cov of brms (known covariances of levels)'],
    ['mm(first, third)', "no column 'third'"],
    ['mm(first, second):x', 'mm() goes alone after the |'],
  ])('%s is refused', (grouping, problem) => {
    expect(messageOf(() => groupOf(`(1 | ${grouping})`))).toContain(problem);
  });
});

describe('a regression with mm()', () => {
  const fitted = regression({
    formula: 'score ~ x + (1 + x | mm(first, second, weights = cbind(years, later)))',
    data: pupils,
    draws: 100,
    seed: 1,
  });

  it('adds the effects of all members, by their weights', async () => {
    const fit = await fitted;
    const of = (name: string) => parameterDraws(fit.draws, name);
    const [intercept, slope] = [of('b_Intercept'), of('b_x')];
    const row = { first: 'a', second: 'e', years: 3, later: 1, x: 0.7 };
    const { values } = fit.posteriorLinpred({ data: [row] });
    const effect = (level: string, s: number) =>
      (of(`r_mmfirstsecond[${level},Intercept]`)[s] ?? 0) +
      row.x * (of(`r_mmfirstsecond[${level},x]`)[s] ?? 0);
    expect(values).toHaveLength(400);
    for (let s = 0; s < 400; s += 37) {
      const population = (intercept[s] ?? 0) + row.x * (slope[s] ?? 0);
      const expected = population + 0.75 * effect('a', s) + 0.25 * effect('e', s);
      expect(values[s]).toBeCloseTo(expected, 10);
    }
  });

  it('has levels in one column that only another had, and one effect for a new level', async () => {
    const fit = await fitted;
    const row = { years: 1, later: 1, x: 0 };
    const swapped = [
      { ...row, first: 'e', second: 'a' },
      { ...row, first: 'a', second: 'e' },
      { ...row, first: 'new', second: 'new' },
      { ...row, years: 5, first: 'new', second: 'new' },
    ];
    const { values } = fit.posteriorLinpred({ data: swapped, newLevels: 'gaussian' });
    const draws = values.length / 4;
    for (let s = 0; s < draws; s++) {
      const [one, other, both, uneven] = values.subarray(4 * s, 4 * s + 4);
      expect(one).toBeCloseTo(other ?? Number.NaN, 10);
      expect(both).toBeCloseTo(uneven ?? Number.NaN, 10);
    }
    const refused = { ...row, first: 'a', second: 'new' };
    expect(messageOf(() => fit.fitted({ data: [refused] }))).toContain(
      "row 1: mmfirstsecond is 'new', which was not in the data of the fit",
    );
  });

  it('is the same after saving and loading: draws, predictions, LOO', async () => {
    const fit = await fitted;
    const loaded = fitFromData(decodeFit(encodeFit(fit)));
    expect(loaded.formula).toBe(fit.formula);
    const loo = await fit.loo({ refits: 0 });
    expect((await loaded.loo({ refits: 0 })).elpdLoo).toEqual(loo.elpdLoo);
    expect(loaded.fitted()).toEqual(fit.fitted());
    // The terms of LOO have the effects of both members: without them they would differ by far.
    const plain = await regression({ formula: 'score ~ x', data: pupils, draws: 100, seed: 1 });
    expect(loo.elpdLoo.estimate).toBeGreaterThan((await plain.loo()).elpdLoo.estimate);
  });

  it('is updated by taking the term away, in any spelling', async () => {
    const fit = await fitted;
    const change = '. ~ . - (x | mm(first, second, weights = cbind(years,later)))';
    const { formula } = await fit.update({ formula: change });
    expect(formula).toBe('score ~ x');
  });
});
