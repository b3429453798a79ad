/**
 * Families whose parameters have linear predictors of their own: first and second derivatives against
 * central differences, off the diagonal too, and against the family with the same parameters in all rows.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type AuxiliaryName,
  auxiliaryOf,
  type Family,
  familyNames,
  isPredictable,
  type PredictedName,
} from '../../../models/families/family.js';
import {
  linksOf,
  predictableOf,
  responseDistribution,
  responseFamily,
} from '../../../models/families/index.js';
import { parameterLink } from '../../../models/families/parameter-links.js';
import { randomStream } from '../../../src/random/stream.js';
import { auxiliaryExamples, hasTrials } from './examples.js';
import { compareDerivatives, type Situation } from './joint-derivatives.js';

const families: Family[] = familyNames
  .filter((family) => auxiliaryOf({ family, link: linksOf(family)[0] }).some(isPredictable))
  .map((family) => ({ family, link: linksOf(family)[0] }));

/** Rows whose parameters are predicted or not; some rows share the cell of a linear predictor. */
function situations(plain: Family): fc.Arbitrary<Situation> {
  const names = auxiliaryOf(plain);
  const distribution = responseDistribution(plain);
  const value = (name: AuxiliaryName) => {
    const [min, max] = auxiliaryExamples[name].range;
    // The fifth derivative of e^{k z} by z is k⁵ times as large.
    return fc.double({ min, max: plain.family === 'weibull' ? 4 : max, noNaN: true });
  };
  return fc
    .record({
      predicted: fc.shuffledSubarray(names.filter(isPredictable), { minLength: 1 }),
      rows: fc.array(
        fc.record({
          mean: fc.double({ min: -1.5, max: 1.5, noNaN: true }),
          own: fc.tuple(...names.map(value)),
        }),
        { minLength: 1, maxLength: 4 },
      ),
      aux: fc.tuple(...names.map(value)),
      twice: fc.boolean(),
      seed: fc.integer({ min: 0, max: 1000 }),
    })
    .map(({ predicted, rows, aux, twice, seed }) => {
      const random = randomStream('several predictors', seed);
      const height = 1 + predicted.length;
      const places = predicted.map((name) => names.indexOf(name));
      const eta = rows.flatMap(({ mean, own }) => [
        mean,
        ...predicted.map((name, p) => parameterLink(name).link(own[places[p] ?? 0] ?? 0)),
      ]);
      const count = twice ? 2 * rows.length : rows.length;
      const trials = hasTrials(plain) ? new Float64Array(count).fill(4) : null;
      const values = Float64Array.from({ length: count }, (_, i) => {
        const { mean = 0, own = [] } = rows[i % rows.length] ?? {};
        const all = names.map((_, a) => (places.includes(a) ? (own[a] ?? 0) : (aux[a] ?? 0)));
        return distribution.simulate(mean, Float64Array.from(all), trials?.[i] ?? 1, random);
      });
      const of = Int32Array.from({ length: count * height }, (_, at) => at % eta.length);
      return {
        family: { ...plain, predicted },
        outcomes: { rows: count, values, trials, cells: { count: eta.length, of } },
        eta: Float64Array.from(eta),
        aux: Float64Array.from(aux.filter((_, a) => !places.includes(a))),
      };
    });
}

const ordinal: Family[] = (['cumulative', 'sratio', 'cratio', 'acat'] as const).flatMap((family) =>
  (['logit', 'probit'] as const).map((link) => ({ family, link, thresholds: 3 })),
);

/** Rows of four categories, each with a mean and the logarithm of a discrimination. */
function situationsOfCategories(plain: Family): fc.Arbitrary<Situation> {
  const number = (min: number, max: number) => fc.double({ min, max, noNaN: true });
  return fc
    .record({
      rows: fc.array(fc.tuple(number(-1.5, 1.5), number(-1, 1), fc.integer({ min: 1, max: 4 })), {
        minLength: 1,
        maxLength: 5,
      }),
      gaps: fc.tuple(number(0.3, 1.5), number(0.3, 1.5)),
      together: fc.boolean(),
    })
    .map(({ rows, gaps, together }) => {
      // Rows that share the cell of their discrimination, or have their own.
      const eta = together
        ? [...rows.map(([mean]) => mean), rows[0]?.[1] ?? 0]
        : rows.flatMap(([mean, disc]) => [mean, disc]);
      const of = together
        ? rows.flatMap((_, i) => [i, rows.length])
        : Array.from({ length: eta.length }, (_, at) => at);
      return {
        family: { ...plain, predicted: ['disc'] },
        outcomes: {
          rows: rows.length,
          values: Float64Array.from(rows, ([, , category]) => category),
          trials: null,
          cells: { count: eta.length, of: Int32Array.from(of) },
        },
        eta: Float64Array.from(eta),
        aux: Float64Array.from(gaps),
      };
    });
}

describe.each(ordinal)('$family with the link $link and a discrimination', (plain) => {
  it('has the first and second derivatives that differences find', () => {
    fc.assert(fc.property(situationsOfCategories(plain), compareDerivatives), {
      seed: 2025,
      numRuns: 20,
    });
  });

  it('has probabilities of the thresholds and the mean on its scale', () => {
    const { categories } = responseDistribution({ ...plain, predicted: ['disc'] });
    const one = new Float64Array(4);
    const other = new Float64Array(4);
    categories?.writeProbabilities(0.3, Float64Array.of(-1, 0.2, 1.1, 2), one);
    categories?.writeProbabilities(0.6, Float64Array.of(-2, 0.4, 2.2, 1), other);
    expect([...one]).toEqual([...other]);
    expect(one.reduce((sum, value) => sum + value, 0)).toBeCloseTo(1, 12);
  });
});

describe.each(families)('$family', (plain) => {
  it('has formulas for all its parameters', () => {
    expect(predictableOf(plain)).toEqual(auxiliaryOf(plain).filter(isPredictable));
  });

  it('has the first and second derivatives that differences find', () => {
    fc.assert(fc.property(situations(plain), compareDerivatives), { seed: 2025, numRuns: 20 });
  });

  it('has the likelihood of the family, where its parameters are the same in all rows', () => {
    const names = auxiliaryOf(plain);
    const predicted: PredictedName[] = names.filter(isPredictable);
    const rows = 6;
    const means = Float64Array.from({ length: rows }, (_, i) => 0.4 * i - 1);
    const aux = Float64Array.from(names, (name) => auxiliaryExamples[name].value);
    const rest = aux.filter((_, a) => !isPredictable(names[a] ?? 'sigma'));
    const random = randomStream('several predictors', plain.family);
    const trials = hasTrials(plain) ? new Float64Array(rows).fill(5) : null;
    const { simulate } = responseDistribution(plain);
    const values = means.map((mean) => simulate(mean, aux, 5, random));
    const outcomes = { rows, values, trials };
    const own = names.flatMap((name, a) =>
      isPredictable(name) ? [parameterLink(name).link(aux[a] ?? 0)] : [],
    );
    const valueAt = (shift: number) => {
      const moved = means.map((mean) => mean + shift);
      const eta = Float64Array.from([...moved].flatMap((mean) => [mean, ...own]));
      const several = responseFamily({ ...plain, predicted }, outcomes).logLikelihood(
        eta,
        rest,
        new Float64Array(eta.length),
        new Float64Array(rest.length),
      );
      const one = responseFamily(plain, outcomes).logLikelihood(
        moved,
        aux,
        new Float64Array(rows),
        new Float64Array(aux.length),
      );
      return { several, one };
    };
    // Both are up to constants of the data.
    const [at, beyond] = [valueAt(0), valueAt(0.3)];
    expect(beyond.several - at.several).toBeCloseTo(beyond.one - at.one, 9);
  });
});
