import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { meansByPlace, meanTable, PairedCorrelations } from '../../src/analysis/native-weights.js';
import type { WeightTable } from '../../src/analysis/reported-weights.js';
import { correlation } from '../../src/analysis/standardize.js';
import { hdi } from '../../src/posterior/intervals.js';
import { randomStream } from '../../src/random/stream.js';

const names = (count: number) => Array.from({ length: count }, (_, i) => `context ${i + 1}`);

const tables = fc
  .integer({ min: 2, max: 6 })
  .chain((places) =>
    fc.array(
      fc.array(fc.integer({ min: -100, max: 100 }), { minLength: places, maxLength: places }),
      {
        minLength: 4,
        maxLength: 12,
      },
    ),
  )
  .map((rows): WeightTable => new Map(rows.map((row, i) => [`context ${i + 1}`, row])));

describe('the mean report at the same place', () => {
  it('knows nothing of its own context', () => {
    fc.assert(
      fc.property(tables, fc.integer({ min: -100, max: 100 }), (table, other) => {
        const [name = '', own = []] = [...table][0] ?? [];
        const changed = new Map([...table, [name, own.map(() => other)]]);
        const [before, after] = [meansByPlace(table), meansByPlace(changed)];
        after.get(name)?.forEach((value, place) => {
          expect(value).toBeCloseTo(before.get(name)?.[place] ?? Number.NaN, 8);
        });
      }),
    );
  });

  it('is the mean of the others', () => {
    const table = new Map([
      ['a', [1, 10]],
      ['b', [2, 20]],
      ['c', [6, 60]],
    ]);
    expect(meansByPlace(table)).toEqual(
      new Map([
        ['a', [4, 40]],
        ['b', [3.5, 35]],
        ['c', [1.5, 15]],
      ]),
    );
  });
});

it('a mean of tables covers the contexts of all, whatever the scale of each', () => {
  const one = new Map([
    ['a', [1, 2]],
    ['b', [3, 4]],
  ]);
  const mean = meanTable([one, new Map([['a', [10, 20]]])]);
  expect([...mean.keys()]).toEqual(['a']);
  const [first = 0, second = 0] = mean.get('a') ?? [];
  const scaled = meanTable([one, new Map([['a', [1010, 1020]]])]).get('a') ?? [];
  expect(scaled[0]).toBeCloseTo(first, 10);
  expect(scaled[1]).toBeCloseTo(second, 10);
});

describe('paired correlations', () => {
  it('lie around Pearson’s r, and are the same for tables on another scale', () => {
    fc.assert(
      fc.property(tables, tables, (weights, reports) => {
        const contexts = names(Math.min(weights.size, reports.size));
        const pairs = contexts.map((name) => [weights.get(name) ?? [], reports.get(name) ?? []]);
        const alike = pairs.every(([x, y]) => x?.length === y?.length);
        fc.pre(alike);
        const paired = new PairedCorrelations(1, 200);
        const draws = paired.draws(weights, reports, contexts);
        const r = correlation(
          pairs.flatMap(([x = []]) => x),
          pairs.flatMap(([, y = []]) => y),
        );
        if (!Number.isFinite(r)) {
          expect(draws).toBeNull();
          return;
        }
        const [low, high] = hdi(draws ?? new Float64Array(), 0.99);
        expect(low - 1e-9).toBeLessThanOrEqual(r);
        expect(high + 1e-9).toBeGreaterThanOrEqual(r);
        const other = new Map([...reports].map(([name, row]) => [name, row.map((x) => 3 * x + 7)]));
        paired.draws(weights, other, contexts)?.forEach((value, draw) => {
          expect(value).toBeCloseTo(draws?.[draw] ?? Number.NaN, 6);
        });
      }),
      { numRuns: 40 },
    );
  });

  it('have HDIs that hold the true difference as often as they say', () => {
    // Two predictors of the same weights, with correlations 0.6 and 0.4, in 20 contexts of 5 attributes.
    const repetitions = 120;
    let [single, difference] = [0, 0];
    for (let repetition = 0; repetition < repetitions; repetition++) {
      const random = randomStream('coverage', repetition);
      const [weights, own, other] = [new Map(), new Map(), new Map()];
      for (const name of names(20)) {
        const w = Array.from({ length: 5 }, () => random.normal());
        weights.set(name, w);
        own.set(
          name,
          w.map((value) => 0.6 * value + 0.8 * random.normal()),
        );
        other.set(
          name,
          w.map((value) => 0.4 * value + Math.sqrt(1 - 0.16) * random.normal()),
        );
      }
      const paired = new PairedCorrelations(repetition, 500);
      const ofOwn = paired.draws(weights, own, names(20)) ?? new Float64Array();
      const ofOther = paired.draws(weights, other, names(20)) ?? new Float64Array();
      const holds = (draws: Float64Array, truth: number) => {
        const [low, high] = hdi(draws);
        return low <= truth && truth <= high ? 1 : 0;
      };
      single += holds(ofOwn, 0.6);
      difference += holds(
        ofOwn.map((value, draw) => value - (ofOther[draw] ?? 0)),
        0.2,
      );
    }
    // Without the widening for few contexts, about 90%.
    for (const covered of [single, difference]) {
      expect(covered / repetitions).toBeGreaterThan(0.91);
      expect(covered / repetitions).toBeLessThan(0.99);
    }
  });

  it('need four contexts, and values that differ', () => {
    const table = new Map(names(3).map((name, i) => [name, [i, 2 * i + 1]]));
    expect(new PairedCorrelations(1).draws(table, table, names(3))).toBeNull();
    const constant = new Map(names(6).map((name) => [name, [1, 1]]));
    const varied = new Map(names(6).map((name, i) => [name, [i, -i]]));
    expect(new PairedCorrelations(1).draws(varied, constant, names(6))).toBeNull();
  });
});
