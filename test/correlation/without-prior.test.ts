/** Estimates from posteriors, with the prior divided out. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { withoutPrior } from '../../src/correlation/without-prior.js';
import { cholesky, writeInverse } from '../../src/linear-algebra/cholesky.js';
import type { Draws } from '../../src/posterior/draws.js';
import { lkj, normal, studentT } from '../../src/regression/priors/constructors.js';

function inverse(matrix: Float64Array): Float64Array {
  const lower = cholesky(matrix, 2);
  if (lower === null) throw new RangeError('not positive definite');
  const result = new Float64Array(4);
  writeInverse(lower, 2, result, new Float64Array(2));
  return result;
}

/** Draws of two parameters whose sample mean and covariance are exactly these. */
function drawsWith(means: readonly number[], covariance: Float64Array): Draws {
  const [a, , b, c] = cholesky(covariance, 2) ?? [];
  // Four draws, ± along each column of the factor; the sample covariance divides by three.
  const size = Math.sqrt(3 / 2);
  const steps = [
    [a, b],
    [-a, -b],
    [0, c],
    [0, -c],
  ];
  return {
    parameterNames: ['b_x', 'b_z'],
    chains: 1,
    drawsPerChain: 4,
    values: Float64Array.from(steps.flatMap((step) => step.map((by, j) => means[j] + size * by))),
  };
}

const value = fc.double({ min: -3, max: 3, noNaN: true });
const se = fc.double({ min: 0.2, max: 5, noNaN: true });

describe('withoutPrior', () => {
  it('finds estimates and standard errors that a conjugate posterior was made of', () => {
    fc.assert(
      fc.property(
        value,
        value,
        se,
        se,
        fc.double({ min: -0.9, max: 0.9, noNaN: true }),
        value,
        fc.double({ min: 0.3, max: 4, noNaN: true }),
        (x, z, sx, sz, r, priorMean, priorSd) => {
          const covariance = Float64Array.of(sx * sx, r * sx * sz, r * sx * sz, sz * sz);
          const precision = inverse(covariance);
          const posterior = inverse(
            precision.map((one, at) => (at === 0 || at === 3 ? one + priorSd ** -2 : one)),
          );
          const pulls = [
            precision[0] * x + precision[1] * z + priorMean / priorSd ** 2,
            precision[2] * x + precision[3] * z + priorMean / priorSd ** 2,
          ];
          const means = [
            posterior[0] * pulls[0] + posterior[1] * pulls[1],
            posterior[2] * pulls[0] + posterior[3] * pulls[1],
          ];
          const found = withoutPrior({
            draws: drawsWith(means, posterior),
            parameters: ['b_x', 'b_z'],
            prior: normal(priorMean, priorSd),
          });
          expect(found).toEqual([
            { name: 'b_x', estimate: expect.closeTo(x, 6), se: expect.closeTo(sx, 6) },
            { name: 'b_z', estimate: expect.closeTo(z, 6), se: expect.closeTo(sz, 6) },
          ]);
        },
      ),
      { seed: 2025 },
    );
  });

  it('says by a large standard error that the data say nothing', () => {
    // The posterior of b_x is wider than its prior, by the noise of its draws.
    const draws = drawsWith([0.1, 1], Float64Array.of(1.1, 0, 0, 0.25));
    const [x, z] = withoutPrior({ draws, parameters: ['b_x', 'b_z'], prior: normal(0, 1) });
    expect(x.se).toBeCloseTo(1 / Math.sqrt(0.001), 9);
    expect(z).toEqual({
      name: 'b_z',
      estimate: expect.closeTo(4 / 3, 9),
      se: expect.closeTo(1 / Math.sqrt(3), 9),
    });
  });

  const draws = drawsWith([0, 0], Float64Array.of(0.5, 0, 0, 0.5));
  const wrong: readonly [string, object, string][] = [
    [
      'another prior',
      { prior: studentT(3, 0, 1) },
      'prior is a prior student_t, expected a normal prior without bounds',
    ],
    ['a prior of correlations', { prior: lkj(1) }, 'prior is a prior lkj, expected a normal prior'],
    [
      'a prior with bounds',
      { prior: { ...normal(0, 1), lower: 0 } },
      'prior is a prior normal, expected a normal prior without bounds',
    ],
    [
      'an unknown parameter',
      { parameters: 'b_y' },
      "the fit has no parameter 'b_y': it has b_x, b_z",
    ],
    ['no parameters', { parameters: [] }, 'parameters are empty, expected one or several'],
    [
      'a parameter twice',
      { parameters: ['b_x', 'b_x'] },
      'parameters are b_x, b_x, expected one or several different names',
    ],
    ['draws that are none', { draws: 4 }, 'draws is 4, expected those of a fit: fit.draws'],
    [
      'draws that are all alike',
      { draws: { ...draws, values: draws.values.map(() => 2) } },
      'the draws of b_x do not differ',
    ],
    ['an unknown option', { sd: 1 }, "there is no option 'sd' of withoutPrior"],
  ];
  it.each(wrong)('refuses %s', (_, change, message) => {
    const options = { draws, parameters: 'b_x', prior: normal(0, 1), ...change };
    expect(() => withoutPrior(options)).toThrow(message);
  });
});
