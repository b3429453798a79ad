/** The compiled likelihoods of rows against their plain twins, and the shipped bytes against their source. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { auxiliaryOf, type Family } from '../../../models/families/family.js';
import {
  type CoefficientLikelihood,
  coefficientLikelihood,
} from '../../../models/generalized-linear/coefficient-likelihood.js';
import { compileKernel } from '../../../models/kernels/compile.mjs';
import { rowsModule } from '../../../models/kernels/rows-module.js';
import { quickStream } from '../../../src/random/quick-stream.js';
import { auxiliaryExamples } from '../families/examples.js';
import { simulatedData } from '../regression-situations.js';

const families: Family[] = [
  { family: 'poisson', link: 'log' },
  { family: 'bernoulli', link: 'logit' },
  { family: 'binomial', link: 'logit' },
  { family: 'bernoulli', link: 'probit' },
  { family: 'binomial', link: 'probit' },
  { family: 'negbinomial', link: 'log' },
  { family: 'student', link: 'identity' },
];

function evaluated(
  likelihood: CoefficientLikelihood['logLikelihood'],
  parameters: Float64Array,
): { value: number; gradient: Float64Array } {
  const gradient = new Float64Array(parameters.length);
  return { value: likelihood(parameters, gradient), gradient };
}

function compiledOf(likelihood: CoefficientLikelihood) {
  const compiled = likelihood.compile();
  if (!compiled) throw new Error('the kernel knows this family and runs here');
  return compiled;
}

const situation = fc.record({
  rows: fc.integer({ min: 1, max: 40 }),
  slopes: fc.integer({ min: 0, max: 7 }),
  intercept: fc.boolean(),
  offset: fc.boolean(),
  coarse: fc.boolean(),
  seed: fc.integer({ min: 0, max: 1000 }),
});

/** Parameters about zero, or so far out that every η is. */
function parametersOf(
  family: Family,
  { slopes, intercept, seed }: { slopes: number; intercept: boolean; seed: number },
  scale: number,
): Float64Array {
  const random = quickStream('row kernel', seed);
  const coefficients = Array.from(
    { length: slopes + Number(intercept) },
    () => scale * random.normal(),
  );
  const own = auxiliaryOf(family).map(
    (name) => auxiliaryExamples[name].value * Math.exp(0.3 * random.normal()),
  );
  return Float64Array.from([...coefficients, ...own.map((x) => Math.max(x, 0.01))]);
}

describe.each(families)('the compiled likelihood: $family, $link', (family) => {
  it.each([0.5, 3, 100])('is that of its plain twin, coefficients of size %d', (scale) => {
    fc.assert(
      fc.property(situation, (options) => {
        const data = simulatedData(family, options);
        const likelihood = coefficientLikelihood(family, data);
        const parameters = parametersOf(family, options, scale);
        const plain = evaluated(likelihood.logLikelihood, parameters);
        const compiled = evaluated(compiledOf(likelihood), parameters);
        if (!Number.isFinite(plain.value)) {
          // Where e^η overflows it stays at 2^1021: as good as never.
          expect(Number.isNaN(compiled.value) || compiled.value < -1e300).toBe(true);
          return;
        }
        // The exponential is right to 1.4e-14 and the tail of a normal to 5e-12; the sums of terms
        // of both signs are held to the size of the largest part, which the gradient shows.
        const size = plain.gradient.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
        const scaleOfSum = Math.abs(plain.value) + size * (1 + scale) + options.rows;
        expect(Math.abs(compiled.value - plain.value)).toBeLessThan(1e-11 * scaleOfSum);
        compiled.gradient.forEach((slope, i) => {
          expect(Math.abs(slope - (plain.gradient[i] ?? Number.NaN))).toBeLessThan(
            1e-11 * scaleOfSum,
          );
        });
      }),
      { seed: 2025, numRuns: 150 },
    );
  });

  it('says NaN or -Infinity of a position that is nowhere, and forgets it', () => {
    const options = { rows: 13, slopes: 3, intercept: true, offset: false, coarse: false, seed: 1 };
    const likelihood = coefficientLikelihood(family, simulatedData(family, options));
    const compiled = compiledOf(likelihood);
    const parameters = parametersOf(family, options, 0.5);
    const before = evaluated(compiled, parameters);
    const nowhere = parameters.map((x, i) => (i === 1 ? Number.NaN : x));
    expect(evaluated(compiled, nowhere).value).not.toBeGreaterThan(Number.NEGATIVE_INFINITY);
    expect(evaluated(compiled, parameters)).toEqual(before);
  });

  it('is untouched by another model that takes turns with it', () => {
    const options = { rows: 9, slopes: 2, intercept: true, offset: true, coarse: false, seed: 1 };
    const likelihood = coefficientLikelihood(family, simulatedData(family, options));
    const larger = {
      rows: 30_000,
      slopes: 3,
      intercept: false,
      offset: false,
      coarse: false,
      seed: 2,
    };
    const other = coefficientLikelihood(family, simulatedData(family, larger));
    const parameters = parametersOf(family, options, 0.5);
    const before = evaluated(compiledOf(likelihood), parameters);
    evaluated(compiledOf(other), parametersOf(family, larger, 0.5));
    expect(evaluated(compiledOf(likelihood), parameters)).toEqual(before);
  });
});

describe('the shipped module', () => {
  it('is what its source compiles to', async () => {
    expect(await compileKernel('rows')).toBe(rowsModule);
  });
});
