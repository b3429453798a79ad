/**
 * Thresholds that differ by row: by effects of their own (`cs()`), and by group (`thres(gr =)`). Derivatives against
 * differences, likelihoods against the probabilities of a family whose thresholds are those of the row, which
 * ordinal.test.ts holds to 60 digits.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Family, LinkName, ThresholdPredictor } from '../../../models/families/family.js';
import { linksOf, responseDistribution, responseFamily } from '../../../models/families/index.js';
import { gapsFor } from '../../../models/families/ordinal.js';
import { gapsOf, gapsWithin, thresholdNames } from '../../../models/families/thresholds.js';
import { randomStream } from '../../../src/random/stream.js';
import { compareDerivatives, type Situation } from './joint-derivatives.js';

const number = (min: number, max: number) => fc.double({ min, max, noNaN: true });
const seeded = { seed: 2025, numRuns: 25 };

/** log p(y) of thresholds that apply to all rows. */
function logProbability(
  { family, link }: Pick<Family, 'family' | 'link'>,
  outcome: number,
  eta: number,
  thresholds: readonly number[],
): number {
  const own: Family = { family, link, thresholds: thresholds.length };
  const one = Float64Array.of(eta);
  responseDistribution(own).logDensities(thresholds.map((t) => Float64Array.of(t)))(
    outcome,
    1,
    one,
  );
  return one[0] ?? Number.NaN;
}

/** The thresholds of all groups at gaps and α = 0. */
function thresholdsAt({ family, outcomes, aux }: Situation): Float64Array {
  const offsets = new Float64Array(family.thresholds ?? 0);
  gapsFor(family, outcomes).writeOffsets(aux, offsets);
  return offsets;
}

function likelihoodOf({ family, outcomes, eta, aux }: Situation): number {
  const gradients = [new Float64Array(eta.length), new Float64Array(aux.length)] as const;
  return responseFamily(family, outcomes).logLikelihood(eta, aux, ...gradients);
}

const specific = (['sratio', 'cratio', 'acat'] as const).flatMap((family) =>
  linksOf(family).map((link: LinkName) => ({ family, link })),
);
const predicted: readonly ThresholdPredictor[] = ['cs1', 'cs2', 'cs3'];

/** Rows of four categories, each with a mean and three effects on thresholds, which some rows have in one cell. */
function rowsWithEffects(plain: Pick<Family, 'family' | 'link'>): fc.Arbitrary<Situation> {
  const row = fc.record({
    mean: number(-1.2, 1.2),
    effects: fc.tuple(number(-0.8, 0.8), number(-0.8, 0.8), number(-0.8, 0.8)),
    category: fc.integer({ min: 1, max: 4 }),
    isApart: fc.boolean(),
  });
  return fc
    .record({
      rows: fc.array(row, { minLength: 1, maxLength: 4 }),
      gaps: fc.tuple(number(-1, 1.2), number(-1, 1.2)),
    })
    .map(({ rows, gaps }) => {
      // The last cell is one of effects of 0, as of rows where the predictor is 0.
      const eta = [...rows.flatMap(({ mean, effects }) => [mean, ...effects]), 0];
      const of = rows.flatMap(({ isApart }, i) =>
        Array.from({ length: 4 }, (_, s) => (s === 0 || isApart ? 4 * i + s : eta.length - 1)),
      );
      return {
        family: { ...plain, thresholds: 3, predicted },
        outcomes: {
          rows: rows.length,
          values: Float64Array.from(rows, ({ category }) => category),
          trials: null,
          cells: { count: eta.length, of: Int32Array.from(of) },
        },
        eta: Float64Array.from(eta),
        aux: Float64Array.from(gaps),
      };
    });
}

describe.each(specific)('$family with the link $link and effects on thresholds', (plain) => {
  it('has the first and second derivatives that differences find', () => {
    fc.assert(fc.property(rowsWithEffects(plain), compareDerivatives), seeded);
  });

  it('is the product of the probabilities with thresholds less their effects', () => {
    fc.assert(
      fc.property(rowsWithEffects(plain), (situation) => {
        const { family, outcomes, eta } = situation;
        const thresholds = thresholdsAt(situation);
        const { logDensities } = responseDistribution(family);
        const of = outcomes.cells?.of ?? new Int32Array(0);
        let expected = 0;
        outcomes.values.forEach((outcome, i) => {
          const [mean = 0, ...effects] = [0, 1, 2, 3].map((s) => eta[of[4 * i + s] ?? 0] ?? 0);
          const own = [...thresholds].map((value, k) => value - (effects[k] ?? 0));
          const log = logProbability(plain, outcome, mean, own);
          // The distribution has the same, by thresholds and effects.
          const one = Float64Array.of(mean);
          logDensities([...thresholds, ...effects].map((value) => Float64Array.of(value)))(
            outcome,
            1,
            one,
          );
          expect(one[0]).toBeCloseTo(log, 12);
          expected += log;
        });
        expect(likelihoodOf(situation)).toBeCloseTo(expected, 10);
      }),
      seeded,
    );
  });
});

const groups = [
  { name: 'a', thresholds: 3 },
  { name: 'b', thresholds: 1 },
  { name: 'c', thresholds: 2 },
];
const starts = [0, 3, 4];
const grouped: readonly Family[] = (['cumulative', 'sratio', 'cratio', 'acat'] as const).flatMap(
  (family) =>
    ([undefined, 'equidistant', 'sum_to_zero'] as const).map((threshold): Family => {
      const plain: Family = { family, link: 'logit', thresholds: 6, thresholdGroups: groups };
      return threshold ? { ...plain, threshold } : plain;
    }),
);

/** Rows of three groups with four, two and three categories; pairs of rows share a linear predictor. */
function rowsOfGroups(family: Family): fc.Arbitrary<Situation> {
  const row = fc.record({
    eta: number(-1.2, 1.2),
    group: fc.integer({ min: 0, max: 2 }),
    share: number(0, 1),
  });
  const within = gapsWithin(family);
  return fc
    .record({
      rows: fc.array(row, { minLength: 1, maxLength: 6 }),
      gaps: fc.array(number(0.3, 1.2), { minLength: within, maxLength: within }),
      places: fc.tuple(number(-1, 1), number(-1, 1)),
      together: fc.boolean(),
    })
    .map(({ rows, gaps, places, together }) => {
      const cells = together ? Math.ceil(rows.length / 2) : rows.length;
      const isPlaced = gapsOf(family) > within;
      return {
        family,
        outcomes: {
          rows: rows.length,
          values: Float64Array.from(
            rows,
            ({ group, share }) =>
              1 + Math.floor(share * ((groups[group]?.thresholds ?? 0) + 0.999)),
          ),
          trials: null,
          thresholdGroup: Int32Array.from(rows, ({ group }) => group),
          cells: { count: cells, of: Int32Array.from(rows, (_, i) => i % cells) },
        },
        eta: Float64Array.from(rows.slice(0, cells), ({ eta }) => eta),
        aux: Float64Array.from([...gaps, ...(isPlaced ? places : [])]),
      };
    });
}

const label = ({ family, threshold }: Family) => `${family}, ${threshold ?? 'flexible'}`;

describe.each(grouped.map((family) => [label(family), family] as const))(
  'thresholds by group of %s',
  (_, family) => {
    it('have the first and second derivatives that differences find', () => {
      fc.assert(fc.property(rowsOfGroups(family), compareDerivatives), seeded);
    });

    it('give each row the probability with the thresholds of its group', () => {
      fc.assert(
        fc.property(rowsOfGroups(family), (situation) => {
          const { outcomes, eta } = situation;
          const all = thresholdsAt(situation);
          let expected = 0;
          outcomes.values.forEach((outcome, i) => {
            const group = outcomes.thresholdGroup?.[i] ?? 0;
            const first = starts[group] ?? 0;
            const own = all.slice(first, first + (groups[group]?.thresholds ?? 0));
            expected += logProbability(family, outcome, eta[outcomes.cells?.of[i] ?? 0] ?? 0, [
              ...own,
            ]);
          });
          expect(likelihoodOf(situation)).toBeCloseTo(expected, 10);
        }),
        seeded,
      );
    });

    it('have the gaps and the place of what was written', () => {
      fc.assert(
        fc.property(rowsOfGroups(family), (situation) => {
          const { outcomes, aux } = situation;
          const { weights, writeGaps } = gapsFor(family, outcomes);
          const thresholds = thresholdsAt(situation);
          const gaps = new Float64Array(gapsOf(family));
          // A common place changes no gap.
          writeGaps(
            thresholds.map((value) => value + 0.7),
            gaps,
          );
          gaps.forEach((gap, j) => {
            expect(gap).toBeCloseTo(aux[j] ?? Number.NaN, 12);
          });
          const place = thresholds.reduce((sum, value, k) => sum + value * (weights[k] ?? 0), 0);
          expect(place).toBeCloseTo(0, 12);
        }),
        seeded,
      );
    });
  },
);

describe('the distribution of a row whose group has fewer thresholds than others', () => {
  const family: Family = {
    ...{ family: 'cumulative', link: 'logit', thresholds: 4 },
    thresholdGroups: [
      { name: 'a', thresholds: 3 },
      { name: 'b', thresholds: 1 },
    ],
  };
  const none = Number.POSITIVE_INFINITY;

  it('has probabilities of 0 beyond them, and the mean and draws of the rest', () => {
    const distribution = responseDistribution(family);
    const own = Float64Array.of(0.4, none, none);
    const found = new Float64Array(4);
    distribution.categories?.writeProbabilities(0.1, own, found);
    const first = 1 / (1 + Math.exp(-0.3));
    expect([...found]).toEqual([expect.closeTo(first, 12), expect.closeTo(1 - first, 12), 0, 0]);
    const mean = Float64Array.of(0.1);
    distribution.means([...own].map((value) => Float64Array.of(value)))(mean, 1);
    expect(mean[0]).toBeCloseTo(2 - first, 12);
    const random = randomStream('a group of two categories');
    const drawn = Array.from({ length: 200 }, () => distribution.simulate(0.1, own, 1, random));
    expect([...new Set(drawn)].sort()).toEqual([1, 2]);
    const log = Float64Array.of(0.1);
    distribution.logDensities([...own].map((value) => Float64Array.of(value)))(3, 1, log);
    expect(log[0]).toBe(Number.NEGATIVE_INFINITY);
  });

  it('names them as brms', () => {
    expect(thresholdNames(family)).toEqual([
      'Intercept[a,1]',
      'Intercept[a,2]',
      'Intercept[a,3]',
      'Intercept[b,1]',
    ]);
  });
});
