/**
 * Posteriors that do not exist are refused before anything is sampled, and no others: against the
 * definition of separation in small integers, where it can be seen row by row, and against
 * maximum-likelihood estimates that exist by construction. Nothing here is random but the cases, so
 * that there are no false alarms.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Family } from '../../models/families/family.js';
import { WeighbridgeError } from '../../src/errors.js';
import { requireProper } from '../../src/fit/propriety.js';
import type { DataInput } from '../../src/formula/table.js';
import {
  bernoulli,
  binomial,
  gaussian,
  negbinomial,
  poisson,
  student,
} from '../../src/regression/options.js';
import { prepare } from '../../src/regression/prepare.js';
import { flat, gamma, lognormal, normal } from '../../src/regression/priors/constructors.js';
import type { PriorRow } from '../../src/regression/priors/prior-rows.js';

/** Null for a posterior that may be sampled, or why it may not. */
function refusal(
  formula: string,
  family: Family,
  data: DataInput,
  prior: readonly PriorRow[] = [],
): string | null {
  const { specification, frame } = prepare({ formula, family, data, prior });
  try {
    requireProper(specification, frame.facts);
    return null;
  } catch (error) {
    if (!(error instanceof WeighbridgeError) || error.code !== 'improper-posterior') throw error;
    return error.message;
  }
}

const seeded = { seed: 2025, numRuns: 300 };
const x = [-3, -2, -1, 1, 2, 3];

describe('separated outcomes', () => {
  it('are refused by the name of the predictor that separates', () => {
    const y = [0, 0, 0, 1, 1, 1];
    expect(refusal('y ~ x', bernoulli(), { x, y })).toBe(
      'x separates the outcomes perfectly, so that with flat priors the slopes have no bound: give them a prior, for example normal(0, 2.5) on scaled predictors',
    );
    const n = y.map(() => 4);
    const all = y.map((one) => 4 * one);
    expect(refusal('y | trials(n) ~ x', binomial(), { x, y: all, n })).toMatch(/^x separates/);
  });

  it('are refused where they overlap at one place alone (quasi-complete separation)', () => {
    const y = [0, 0, 0, 1, 1, 1];
    const touching = [-3, -2, 0, 0, 2, 3];
    for (const link of ['logit', 'probit', 'cloglog', 'cauchit'] as const) {
      expect(refusal('y ~ x', bernoulli({ link }), { x: touching, y })).toMatch(/^x separates/);
    }
    const g = ['a', 'a', 'b', 'b', 'c', 'c'];
    expect(refusal('y ~ g', bernoulli(), { g, y: [0, 1, 1, 1, 0, 1] })).toMatch(/^gb separates/);
  });

  it('are refused of counts that are all zero at a level, with the links that have no zero', () => {
    const g = ['a', 'a', 'b', 'b', 'c', 'c'];
    const y = [3, 1, 0, 0, 2, 5];
    for (const family of [poisson(), negbinomial()]) {
      expect(refusal('y ~ g', family, { g, y })).toMatch(/^gb separates/);
    }
    expect(refusal('y ~ g', poisson({ link: 'identity' }), { g, y })).toBeNull();
    expect(refusal('y ~ g', poisson({ link: 'sqrt' }), { g, y })).toBeNull();
  });

  it('are refused where all outcomes are the same, and say so', () => {
    expect(refusal('y ~ x', bernoulli(), { x, y: x.map(() => 1) })).toMatch(/^all outcomes are 1,/);
    expect(refusal('y ~ x', poisson(), { x, y: x.map(() => 0) })).toMatch(/^all outcomes are 0,/);
    expect(refusal('y ~ 1', bernoulli(), { y: x.map(() => 0) })).toBeNull();
    const unheld = [flat().on('Intercept')];
    expect(refusal('y ~ 1', bernoulli(), { y: x.map(() => 0) }, unheld)).toMatch(/^all outcomes/);
  });

  it('are taken with proper priors on what separates, and with bounds that keep it from it', () => {
    const y = [0, 0, 0, 1, 1, 1];
    expect(refusal('y ~ x', bernoulli(), { x, y }, [normal(0, 2.5).on('b')])).toBeNull();
    expect(refusal('y ~ x', bernoulli(), { x, y }, [flat().below(0).on('b')])).toBeNull();
    expect(refusal('y ~ x', bernoulli(), { x, y }, [flat().above(0).on('b')])).not.toBeNull();
    const z = [1, -1, 2, -2, 1, 0];
    const onlyX = [normal(0, 2.5).on('b', { coef: 'x' })];
    expect(refusal('y ~ x + z', bernoulli(), { x, y, z }, onlyX)).toBeNull();
  });

  it('are found in any number of columns: a hidden direction separates, one swap ends it', () => {
    const small = fc.integer({ min: -5, max: 5 });
    const cases = fc.integer({ min: 1, max: 5 }).chain((k) =>
      fc.record({
        direction: fc.array(small, { minLength: k, maxLength: k }),
        rows: fc.array(fc.array(small, { minLength: k, maxLength: k }), {
          minLength: 12,
          maxLength: 40,
        }),
      }),
    );
    let separated = 0;
    fc.assert(
      fc.property(cases, ({ direction, rows }) => {
        const heights = rows.map((row) =>
          row.reduce((sum, v, j) => sum + v * (direction[j] ?? 0), 0),
        );
        const y = heights.map((height) => (height > 0 ? 1 : 0));
        fc.pre(y.includes(0) && y.includes(1));
        const data: Record<string, number[]> = Object.fromEntries([
          ['y', y],
          ...direction.map((_, j) => [`x${j}`, rows.map((row) => row[j] ?? 0)]),
        ]);
        const formula = `y ~ ${direction.map((_, j) => `x${j}`).join(' + ')}`;
        const { frame } = prepare({ formula, family: bernoulli(), data });
        fc.pre(frame.facts.constantColumns.length + frame.facts.dependentColumns.length === 0);
        separated++;
        expect(refusal(formula, bernoulli(), data)).toMatch(/separates? the outcomes/);
        // Each row twice, once with either outcome: the estimate is zero, and finite.
        const twice = Object.fromEntries(
          Object.entries(data).map(([name, values]) => [
            name,
            [...values, ...(name === 'y' ? values.map((one) => 1 - one) : values)],
          ]),
        );
        expect(refusal(formula, bernoulli(), twice)).toBeNull();
      }),
      seeded,
    );
    expect(separated).toBeGreaterThan(100);
  });
});

describe('data with a finite maximum-likelihood estimate', () => {
  it('are never refused, however near to separation and whatever their scale', () => {
    // Zeros below, ones above, and one pair on the wrong sides of each other by a part of the range.
    const cases = fc.record({
      depth: fc.integer({ min: 0, max: 7 }),
      scale: fc.integer({ min: -12, max: 12 }),
      shift: fc.integer({ min: -3, max: 3 }),
      rows: fc.integer({ min: 2, max: 60 }),
    });
    fc.assert(
      fc.property(cases, ({ depth, scale, shift, rows }) => {
        const overlap = 10 ** -depth;
        const half = Array.from({ length: rows }, (_, i) => 1 + i);
        const places = [...half.map((v) => -v), overlap, -overlap, ...half];
        const y = [...half.map(() => 0), 0, 1, ...half.map(() => 1)];
        const moved = places.map((v) => (v + shift) * 10 ** scale);
        expect(refusal('y ~ x', bernoulli(), { x: moved, y })).toBeNull();
      }),
      seeded,
    );
  });

  it('are never refused where every level has both outcomes, or a count above zero', () => {
    const cases = fc.array(
      fc.record({ ones: fc.integer({ min: 1, max: 4 }), zeros: fc.integer({ min: 1, max: 4 }) }),
      { minLength: 2, maxLength: 12 },
    );
    fc.assert(
      fc.property(cases, (levels) => {
        const rows = levels.flatMap(({ ones, zeros }, level) => [
          ...Array.from({ length: ones }, () => ({ g: `l${level}`, y: 1 })),
          ...Array.from({ length: zeros }, () => ({ g: `l${level}`, y: 0 })),
        ]);
        for (const family of [bernoulli(), poisson(), negbinomial()]) {
          expect(refusal('y ~ g', family, rows)).toBeNull();
        }
      }),
      { ...seeded, numRuns: 100 },
    );
  });

  it('are never refused at residuals of a thousand-millionth of the outcomes', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: -9, max: 9 }),
        fc.integer({ min: 0, max: 9 }),
        (scale, depth) => {
          const size = 10 ** scale;
          const y = x.map((v, i) => (2 * v + 1 + (i % 2) * 10 ** -depth) * size);
          expect(refusal('y ~ x', gaussian(), { x, y })).toBeNull();
          expect(refusal('y ~ x', student(), { x, y })).toBeNull();
        },
      ),
      { ...seeded, numRuns: 100 },
    );
  });
});

describe('an exact fit', () => {
  it('is refused at any line, scale and offset, as sigma is held by nothing', () => {
    const number = fc.double({ min: -1e6, max: 1e6, noNaN: true });
    fc.assert(
      fc.property(number, number, fc.integer({ min: -9, max: 9 }), (a, b, scale) => {
        const data = {
          x,
          o: x.map((v) => v * v),
          y: x.map((v) => (a + b * v + v * v) * 10 ** scale),
        };
        const formula = `y ~ x + offset(I(o * ${10 ** scale}))`;
        for (const family of [gaussian(), student()]) {
          expect(refusal(formula, family, data)).toMatch(
            /explain the outcome exactly|^all outcomes/,
          );
        }
      }),
      { ...seeded, numRuns: 100 },
    );
    expect(refusal('y ~ x', gaussian(), { x, y: x.map(() => 3) })).toMatch(/^all outcomes are 3,/);
  });

  it('is refused where the outcome is the same in all rows of a group', () => {
    const g = ['a', 'a', 'b', 'b', 'c', 'c'];
    const y = [1, 1, 5, 5, 2, 2];
    expect(refusal('y ~ (1 | g)', gaussian(), { g, y })).toMatch(
      /^the predictors and the effects of g explain/,
    );
    expect(refusal('y ~ (1 | g)', gaussian(), { g, y: [1, 1, 5, 5, 2, 2.1] })).toBeNull();
    // As many levels as rows explain nothing exactly: the group's own scale is in the way.
    const id = ['1', '2', '3', '4', '5', '6'];
    expect(refusal('y ~ (1 | id)', gaussian(), { id, y })).toBeNull();
  });

  it('is taken with a prior that keeps sigma from zero, and with as many coefficients as rows', () => {
    const y = x.map((v) => 2 * v + 1);
    expect(refusal('y ~ x', gaussian(), { x, y }, [lognormal(0, 1).on('sigma')])).toBeNull();
    // σ^(shape − 1) against σ^−4.
    expect(refusal('y ~ x', gaussian(), { x, y }, [gamma(4.5, 1).on('sigma')])).toBeNull();
    expect(refusal('y ~ x', gaussian(), { x, y }, [gamma(4, 1).on('sigma')])).not.toBeNull();
    const two = { x: [1, 2], y: [3, 8] };
    expect(refusal('y ~ x', gaussian(), two)).toBeNull();
    expect(prepare({ formula: 'y ~ x', data: two }).frame.notes).toEqual([
      'there are 2 rows and 2 coefficients: the data say nothing of sigma, which its prior alone decides',
    ]);
  });

  it('of most rows is enough for Student-t errors, which make outliers of the others', () => {
    const y = [0, 0, 0, 0, 0, 0, 0, 1.5, 2.5];
    expect(refusal('y ~ 1', student(), { y })).toMatch(/^7 of 9 outcomes are 0:/);
    expect(refusal('y ~ 1', student(), { y: y.slice(4) })).toBeNull();
    expect(refusal('y ~ 1', gaussian(), { y })).toBeNull();
  });
});

describe('columns that say what others say', () => {
  const y = [1, 3, 2, 5, 4, 7];
  const seven = x.map(() => 7.3);
  const sum = x.map((v, i) => v + (i % 2));
  const z = x.map((_, i) => i % 2);

  it('are refused by name under flat priors', () => {
    expect(refusal('y ~ x + seven', gaussian(), { x, y, seven })).toMatch(
      /^column seven is constant/,
    );
    expect(refusal('y ~ x + z + sum', gaussian(), { x, y, z, sum })).toMatch(
      /^column sum is a combination of x, z/,
    );
    expect(refusal('y ~ 0 + seven', gaussian(), { y, seven })).toBeNull();
    const trials = { x, y: [0, 0, 1, 2, 0, 0], n: [0, 0, 2, 3, 0, 0], z };
    expect(refusal('y | trials(n) ~ x + z', binomial(), trials)).toMatch(
      /^the rows that have trials do not tell/,
    );
  });

  it('are taken where one proper prior holds them', () => {
    const data = { x, y, z, sum, seven };
    expect(
      refusal('y ~ x + seven', gaussian(), data, [normal(0, 1).on('b', { coef: 'seven' })]),
    ).toBeNull();
    expect(
      refusal('y ~ x + z + sum', gaussian(), data, [normal(0, 1).on('b', { coef: 'z' })]),
    ).toBeNull();
  });
});

describe('columns that their priors hold', () => {
  const y = [1, 3, 2, 5, 4, 7];
  const data = { x, y, seven: x.map(() => 7.3), none: x.map(() => 0), twice: x.map((v) => 2 * v) };
  const notes = (formula: string, ...prior: PriorRow[]) =>
    prepare({ formula, data, prior }).frame.notes;

  it('have a note that says so', () => {
    const proper = normal(0, 1).on('b');
    expect(notes('y ~ x + seven', proper)).toEqual([
      'column seven is constant: its slope is held by its prior alone',
    ]);
    expect(notes('y ~ 0 + x + none', proper)).toEqual([
      'column none says nothing: its slope is held by its prior alone',
    ]);
    const told = [
      'column twice is a combination of x: their slopes are told apart by their priors alone',
    ];
    expect(notes('y ~ x + twice', proper)).toEqual(told);
    expect(notes('y ~ x + twice', normal(0, 1).on('b', { coef: 'x' }))).toEqual(told);
  });

  it('have none where the data hold them, or nothing does', () => {
    expect(notes('y ~ x', normal(0, 1).on('b'))).toEqual([]);
    expect(notes('y ~ 0 + seven', normal(0, 1).on('b'))).toEqual([]);
    // These are refused when they are to be sampled.
    expect(notes('y ~ x + seven')).toEqual([]);
    expect(notes('y ~ x + twice')).toEqual([]);
  });
});

describe('shares whose ends the linear predictor decides', () => {
  const family: Family = { family: 'ordered_beta', link: 'logit' };

  it('are refused where a predictor separates the zeros from the ones, not where a share holds it', () => {
    expect(refusal('y ~ x', family, { x, y: [0, 0, 0, 1, 1, 1] })).toMatch(/^x separates/);
    expect(refusal('y ~ x', family, { x, y: [0, 0, 0.4, 0.5, 1, 1] })).toBeNull();
  });
});

describe('angles', () => {
  const family: Family = { family: 'von_mises', link: 'tan_half' };
  const data = { x, y: [-0.5, 0.2, 0.1, 0.6, 1, 0.9], g: [...'aabbcc'] };

  it('are refused under flat priors, as their likelihood has no end, and taken under proper ones', () => {
    expect(refusal('y ~ x', family, data)).toBe(
      'the slope of x has a flat prior, under which angles have no proper posterior, as their likelihood does not fall to zero: give it a prior, for example normal(0, 1)',
    );
    expect(refusal('y ~ 1', family, data, [flat().on('Intercept')])).toMatch(/^the intercept has/);
    expect(refusal('y ~ (1 | g)', family, data, [flat().on('sd')])).toMatch(/^an sd has a flat/);
    expect(refusal('y ~ x + (1 | g)', family, data, [normal(0, 1).on('b')])).toBeNull();
  });
});

describe('flat priors of scales', () => {
  const g = ['a', 'a', 'b', 'b', 'c', 'c'];
  const y = [1, 3, 2, 5, 4, 7];

  it('are refused where no data hold them, and taken where data do', () => {
    expect(refusal('y ~ 1', student(), { y }, [flat().on('nu')])).toMatch(/^nu has a flat prior/);
    expect(refusal('y ~ 1', negbinomial(), { y }, [flat().on('shape')])).toMatch(
      /^shape has a flat/,
    );
    const sd = [flat().on('sd')];
    expect(
      refusal('y ~ (1 | g)', gaussian(), { g: g.map((v) => v.replace('c', 'b')), y }, sd),
    ).toMatch(/^sd of g has a flat prior and two levels/);
    expect(refusal('y ~ (1 | g)', gaussian(), { g, y }, sd)).toBeNull();
    const sigma = [flat().on('sigma')];
    expect(refusal('y ~ x', gaussian(), { x, y }, sigma)).toBeNull();
    expect(refusal('y ~ x', gaussian(), { x: [1, 2], y: [1, 4] }, sigma)).toMatch(
      /^sigma has a flat/,
    );
  });
});
