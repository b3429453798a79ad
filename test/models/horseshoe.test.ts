/** The horseshoe prior: its density by definition, its gradient, its draws, its text, and what is refused. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { horseshoeBlock } from '../../models/coefficient-blocks/horseshoe.js';
import type { Family } from '../../models/families/family.js';
import {
  drawPrior,
  type HorseshoePrior,
  type Prior,
  priorDensity,
} from '../../models/prior-distributions.js';
import { regressionModel } from '../../models/regression-model.js';
import { quantileOfSorted } from '../../src/posterior/quantiles.js';
import { type RandomStream, randomStream } from '../../src/random/stream.js';
import { flatSpecification, simulatedData } from './regression-situations.js';

const families: readonly Family[] = [
  { family: 'gaussian', link: 'identity' },
  { family: 'student', link: 'identity' },
  { family: 'bernoulli', link: 'logit' },
];
const prior: HorseshoePrior = {
  distribution: 'horseshoe',
  df: 3,
  scaleGlobal: 0.4,
  dfGlobal: 2,
  scaleSlab: 1.5,
  dfSlab: 5,
  autoscale: true,
};

function specificationOf(family: Family, asked: HorseshoePrior) {
  const options = { rows: 20, slopes: 3, intercept: true, offset: false, coarse: false, seed: 4 };
  const given = flatSpecification(family, simulatedData(family, options));
  return { ...given, priors: { ...given.priors, coefficients: [asked, asked, asked] } };
}

const half = (df: number, scale: number): Prior => ({
  distribution: 'student_t',
  df,
  location: 0,
  scale,
  lower: 0,
});

describe.each(families.map((one) => [one.family, one] as const))('of %s', (_, family) => {
  const coordinates = fc.double({ min: -1.5, max: 1.5, noNaN: true });

  it('is the density of its parts, as Piironen and Vehtari state them', () => {
    const specification = specificationOf(family, prior);
    const { dimension, logDensity } = regressionModel(specification);
    const flat: Prior = { distribution: 'flat' };
    const plain = regressionModel({
      ...specification,
      priors: { ...specification.priors, coefficients: [flat, flat, flat] },
    });
    const inner = plain.dimension;
    expect(dimension).toBe(inner + 5);
    const hasSigma = family.family !== 'bernoulli';
    const expected = (position: Float64Array) => {
      // τ is σ t, and the coordinate is log t.
      const sigma = hasSigma ? Math.exp(position[4] ?? 0) : 1;
      const tau = sigma * Math.exp(position[inner + 3] ?? 0);
      const slab = Math.exp(position[inner + 4] ?? 0);
      const own = position.slice(0, inner);
      let value = 0;
      for (let j = 0; j < 3; j++) {
        const lambda = Math.exp(position[inner + j] ?? 0);
        const z = position[1 + j] ?? 0;
        const c2 = prior.scaleSlab ** 2 * slab;
        own[1 + j] = z * tau * Math.sqrt((c2 * lambda ** 2) / (c2 + tau ** 2 * lambda ** 2));
        value +=
          -0.5 * z * z + priorDensity(half(prior.df, 1)).logDensity(lambda) + Math.log(lambda);
      }
      value +=
        priorDensity(half(prior.dfGlobal, prior.scaleGlobal * sigma)).logDensity(tau) +
        Math.log(tau);
      // The density is of log τ; dlog τ = dlog t.
      const shape = prior.dfSlab / 2;
      value +=
        priorDensity({ distribution: 'inv_gamma', shape, scale: shape }).logDensity(slab) +
        Math.log(slab);
      return value + plain.logDensity(own, new Float64Array(inner));
    };
    fc.assert(
      fc.property(
        fc.array(coordinates, { minLength: dimension, maxLength: dimension }),
        (drawn) => {
          const position = Float64Array.from(drawn);
          const origin = new Float64Array(dimension);
          const gradient = new Float64Array(dimension);
          const rise =
            logDensity(position, gradient) - logDensity(origin, new Float64Array(dimension));
          expect(rise).toBeCloseTo(expected(position) - expected(origin), 6);
          position.forEach((x, i) => {
            const at = (step: number) => {
              const moved = position.slice();
              moved[i] = x + step;
              return logDensity(moved, new Float64Array(dimension));
            };
            const difference = (at(1e-5) - at(-1e-5)) / 2e-5;
            expect(Math.abs((gradient[i] ?? 0) - difference)).toBeLessThan(
              1e-4 * (1 + Math.abs(difference)),
            );
          });
        },
      ),
      { seed: 1, numRuns: 40 },
    );
  });
});

function drawHorseshoe(
  asked: HorseshoePrior,
  { slopes, rows, sigma }: { slopes: number; rows: number; sigma: number },
  random: RandomStream,
): Float64Array {
  const columns = Array.from({ length: slopes }, (_, j) => j);
  const block = horseshoeBlock(asked, columns, rows);
  const draw = (priors: readonly Prior[]) =>
    Float64Array.from(priors, (one) => drawPrior(one, random));
  const coefficients = new Float64Array(slopes);
  const [own, further] = [draw(block.own), draw(block.further)];
  block.write({ own, further, sigma: Float64Array.of(sigma) }, coefficients);
  return coefficients;
}

describe('draws of the horseshoe', () => {
  it('are normal with the scale that a fixed global and a wide slab leave', () => {
    // Degrees of freedom so many that λ and the slab are half-normal and fixed: β/τ is the product of two normals.
    const fixed: HorseshoePrior = {
      ...prior,
      df: 1e6,
      dfGlobal: 1e6,
      scaleSlab: 1e6,
      dfSlab: 1e6,
      autoscale: false,
    };
    const random = randomStream('horseshoe');
    const ratios = Float64Array.from({ length: 4000 }, () => {
      const [a = 0, b = 0] = drawHorseshoe(fixed, { slopes: 2, rows: 10, sigma: 1 }, random);
      return Math.log(Math.abs(a / b));
    }).sort();
    // Both have the same τ and slab: their ratio is symmetric about 1, of four half-normals.
    expect(Math.abs(quantileOfSorted(ratios, 0.5))).toBeLessThan(0.15);
    // log |z| has the variance π²/8, and so four of them π²/2.
    const variance = ratios.reduce((sum, value) => sum + value * value, 0) / ratios.length;
    expect(variance / (Math.PI ** 2 / 2)).toBeGreaterThan(0.85);
    expect(variance / (Math.PI ** 2 / 2)).toBeLessThan(1.15);
  });

  it('are within the slab, and in units of sigma', () => {
    const slab: HorseshoePrior = { ...prior, scaleGlobal: 1e6, scaleSlab: 0.1, dfSlab: 1e6 };
    const random = randomStream('slab');
    const draws = Float64Array.from(
      { length: 2000 },
      () => drawHorseshoe(slab, { slopes: 1, rows: 10, sigma: 1 }, random)[0] ?? 0,
    );
    const sd = Math.sqrt(draws.reduce((sum, value) => sum + value * value, 0) / draws.length);
    expect(sd).toBeGreaterThan(0.093);
    expect(sd).toBeLessThan(0.107);
    const narrow: HorseshoePrior = {
      ...prior,
      df: 1e6,
      dfGlobal: 1e6,
      scaleSlab: 1e6,
      dfSlab: 1e6,
    };
    const size = (sigma: number, asked: HorseshoePrior) => {
      const stream = randomStream('units');
      return Math.abs(drawHorseshoe(asked, { slopes: 1, rows: 16, sigma }, stream)[0] ?? 0);
    };
    expect(size(3, narrow) / size(1, narrow)).toBeCloseTo(3, 3);
    expect(size(3, { ...narrow, autoscale: false })).toBeCloseTo(size(1, narrow), 6);
    // parRatio / √16 in place of 0.4.
    expect(size(1, { ...narrow, parRatio: 3.2 }) / size(1, narrow)).toBeCloseTo(2, 3);
  });
});
