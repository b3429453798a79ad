/**
 * The families' densities against R, in the middle and far out in the tails, and their sums over
 * rows against their rows.
 */
import { describe, expect, it } from 'vitest';
import type { Family, Outcomes, ResponseFamily } from '../../../models/families/family.js';
import { familyNames } from '../../../models/families/family.js';
import {
  linksOf,
  requireFamily,
  responseDistribution,
  responseFamily,
} from '../../../models/families/index.js';
import { meanLink, newLogTerms, probabilityLink } from '../../../models/families/links.js';
import { WeighbridgeError } from '../../../src/errors.js';
import { allFamilies, auxiliaryValues, hasTrials, outcomeExamples } from './examples.js';
import { outcomesOf, reference } from './reference.js';

/** A log density is a sum of terms, none above 300 here, of which each rounds at some ε of itself. */
const TOLERANCE = 1e-12;

/** The log density of each outcome at its own η. */
function pointwise(
  family: Family,
  { values, trials }: Outcomes,
  eta: ArrayLike<number>,
  aux: readonly number[],
) {
  const write = responseDistribution(family).logDensities(aux.map((one) => Float64Array.of(one)));
  return Float64Array.from(eta, (at, i) => {
    const one = Float64Array.of(at);
    write(values[i] ?? Number.NaN, trials?.[i] ?? 1, one);
    return one[0] ?? Number.NaN;
  });
}

function logLikelihood(response: ResponseFamily, eta: Float64Array, aux: readonly number[]) {
  const etaGradient = new Float64Array(eta.length);
  const auxGradient = new Float64Array(aux.length);
  const value = response.logLikelihood(eta, Float64Array.from(aux), etaGradient, auxGradient);
  return { value, etaGradient, auxGradient };
}

describe('the log density of an outcome', () => {
  it.each(reference.cases)('is that of R: $family with the link $link at $aux', (given) => {
    const found = pointwise(given, outcomesOf(given), given.eta, given.aux);
    given.logp.forEach((logp, i) => {
      expect(Math.abs((found[i] ?? Number.NaN) - logp)).toBeLessThan(
        TOLERANCE * Math.max(1, Math.abs(logp)),
      );
    });
  });

  it.each(reference.nearlyPoisson)(
    'keeps its digits where counts are nearly Poisson: $family with the link $link at $aux',
    (given) => {
      const found = pointwise(given, outcomesOf(given), given.eta, given.aux);
      given.logp.forEach((logp, i) => {
        // Terms up to log y! cancel, here and in the reference, and log μ − log φ in the exponent.
        const y = given.outcomes[i] ?? 0;
        const size = 1 + Math.abs(logp) + y * (1 + Math.log1p(y));
        expect(Math.abs((found[i] ?? Number.NaN) - logp)).toBeLessThan(1e-14 * size + 1e-12);
      });
    },
  );

  it.each(reference.tails)('keeps its digits far out in the tails: $link', (given) => {
    const link = probabilityLink(given.link);
    const terms = newLogTerms();
    given.eta.forEach((eta, i) => {
      for (const [write, expected] of [
        [link.logSuccess, given.success[i]],
        [link.logFailure, given.failure[i]],
      ] as const) {
        write(eta, terms);
        const error = Math.abs(terms.value - (expected ?? Number.NaN));
        expect(error).toBeLessThanOrEqual(TOLERANCE * Math.abs(terms.value));
      }
    });
  });

  it.each(reference.cases)(
    'sums over the rows, but for a constant: $family, $link, $aux',
    (given) => {
      const response = responseFamily(given, outcomesOf(given));
      const eta = Float64Array.from(given.eta);
      // A little inwards: within the range of every link.
      const other = eta.map((x) => x * 0.97);
      const sum = (at: Float64Array) =>
        pointwise(given, outcomesOf(given), at, given.aux).reduce((total, x) => total + x, 0);
      const expected = sum(eta) - sum(other);
      const found =
        logLikelihood(response, eta, given.aux).value -
        logLikelihood(response, other, given.aux).value;
      const size = pointwise(given, outcomesOf(given), eta, given.aux).reduce(
        (total, x) => total + Math.abs(x),
        1,
      );
      expect(Math.abs(found - expected)).toBeLessThan(TOLERANCE * size);
    },
  );
});

describe('the log likelihood at an extreme linear predictor', () => {
  it.each([
    { family: 'poisson', aux: [] },
    { family: 'negbinomial', aux: [2] },
  ] as const)(
    'is 0 of no counts where none are expected, and -Infinity of any: $family',
    (given) => {
      const outcomes = outcomesOf({ outcomes: [0, 3], trials: [] });
      const never = Number.NEGATIVE_INFINITY;
      const [none, some] = pointwise(
        { family: given.family, link: 'log' },
        outcomes,
        [never, never],
        given.aux,
      );
      expect(Math.abs(none ?? Number.NaN)).toBe(0);
      expect(some).toBe(never);
    },
  );

  it.each(allFamilies)(
    'is the density of the tail, or -Infinity, and never NaN: $family, $link',
    (family) => {
      for (const eta of [-800, -40, 40, 800]) {
        for (const y of outcomeExamples[family.family] ?? []) {
          const trials = hasTrials(family) ? [5] : [];
          const outcomes = outcomesOf({ outcomes: [y], trials });
          const response = responseFamily(family, outcomes);
          const own = auxiliaryValues(family);
          const [expected = Number.NaN] = pointwise(family, outcomes, [eta], own);
          const [atOne = Number.NaN] = pointwise(
            family,
            outcomes,
            [family.link === 'log' ? -1 : 1],
            own,
          );
          expect(expected).not.toBeNaN();
          const found = logLikelihood(response, Float64Array.of(eta), own);
          const start = logLikelihood(
            response,
            Float64Array.of(family.link === 'log' ? -1 : 1),
            own,
          );
          if (Number.isFinite(expected)) {
            expect(Math.abs(found.value - start.value - (expected - atOne))).toBeLessThan(
              TOLERANCE * Math.max(1, Math.abs(expected)),
            );
            expect(found.etaGradient[0]).not.toBeNaN();
          } else {
            expect(found.value).toBe(Number.NEGATIVE_INFINITY);
          }
        }
      }
    },
  );

  it('is finite wherever the logit, probit and cauchit links have a logarithm of it', () => {
    for (const link of ['logit', 'probit', 'cauchit'] as const) {
      for (const y of [0, 1]) {
        const response = responseFamily(
          { family: 'bernoulli', link },
          outcomesOf({ outcomes: [y], trials: [] }),
        );
        for (const eta of [-800, 800]) {
          const { value, etaGradient } = logLikelihood(response, Float64Array.of(eta), []);
          expect(Number.isFinite(value)).toBe(true);
          expect(Number.isFinite(etaGradient[0])).toBe(true);
        }
      }
    }
  });
});

describe('a link', () => {
  it('inverts its inverse', () => {
    for (const name of ['identity', 'log', 'inverse', 'sqrt'] as const) {
      const link = meanLink(name);
      for (const eta of [0.2, 1, 3]) expect(link.link(link.inverse(eta))).toBeCloseTo(eta, 12);
    }
    for (const name of ['logit', 'probit', 'cloglog', 'cauchit', 'log'] as const) {
      const link = probabilityLink(name);
      for (const eta of [-3, -1, -0.2]) expect(link.link(link.inverse(eta))).toBeCloseTo(eta, 12);
    }
  });
});

describe('a family', () => {
  it('refuses a link that it has not, naming those it has', () => {
    const given: Family = { family: 'poisson', link: 'logit' };
    expect(() => requireFamily(given)).toThrow(WeighbridgeError);
    expect(() => requireFamily(given)).toThrow(
      /poisson is logit, expected one of log, identity, sqrt/,
    );
    for (const family of familyNames) {
      for (const link of linksOf(family))
        expect(requireFamily({ family, link })).toEqual({ family, link });
    }
  });

  it.each([
    ['zero_inflated_beta', ' of brms, which is not supported'],
    ['xbeta', ' of brms, which is not supported'],
    ['Gamma', ', which is called gamma here'],
    ['normal', ', which is called gaussian here'],
    ['constructor', ''],
    ['two\nlines', ''],
  ])('that is none here, %j, is refused by its name and with those there are', (name, told) => {
    const given = { family: name, link: 'identity' } as unknown as Family;
    const shown = name.replace('\n', ' ');
    expect(() => requireFamily(given)).toThrow(
      `family is ${shown}${told}; expected one of gaussian, student, bernoulli, binomial, poisson, negbinomial, `,
    );
  });
});
