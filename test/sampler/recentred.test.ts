/** Misplaced coordinates of a whitened target are found and corrected; others stay to the bit. */
import { expect, it } from 'vitest';
import { randomStream } from '../../src/random/stream.js';
import type { Model } from '../../src/sampler/model.js';
import { asItIs } from '../../src/sampler/normal-approximation.js';
import { recentred } from '../../src/sampler/recentred.js';
import { settledOrigins } from '../../src/sampler/split-hmc.js';

const DIMENSION = 40;

/** A normal with unit variances but in coordinate 3, which has this mean and sd. */
function normalWith(mean: number, sd: number): Model {
  return {
    dimension: DIMENSION,
    parameterNames: Array.from({ length: DIMENSION }, (_, i) => `x${i}`),
    whitened: true,
    logDensity(x, gradient) {
      let sum = 0;
      for (let i = 0; i < DIMENSION; i++) {
        const z = i === 3 ? (x[i] - mean) / sd : x[i];
        gradient[i] = i === 3 ? -z / sd : -z;
        sum -= 0.5 * z * z;
      }
      return sum;
    },
  };
}

function placed(mean: number, sd: number) {
  const target = asItIs(normalWith(mean, sd));
  const random = randomStream('recentred', mean, sd);
  const origins = settledOrigins(target, random);
  return { given: target, corrected: recentred(target, origins, random) };
}

it('a target whose coordinates are right stays as it is', () => {
  const target = asItIs(normalWith(0, 1));
  for (let seed = 0; seed < 50; seed++) {
    const random = randomStream('right', seed);
    expect(recentred(target, settledOrigins(target, random), random).target).toBe(target);
  }
});

it('a misplaced coordinate is centred and scaled, and reports the same parameters', () => {
  const { given, corrected } = placed(7, 1.3);
  expect(corrected.target).not.toBe(given);
  const y = new Float64Array(DIMENSION);
  const reported = new Float64Array(DIMENSION);
  corrected.target.constrain?.(y, reported, randomStream('reported'));
  // 160 draws: their mean has an error of a twelfth of an sd.
  expect(Math.abs((reported[3] ?? 0) - 7)).toBeLessThan(4 * (1.3 / 12));
  y[3] = 1;
  const above = new Float64Array(DIMENSION);
  corrected.target.constrain?.(y, above, randomStream('reported'));
  const scale = (above[3] ?? 0) - (reported[3] ?? 0);
  expect(scale / 1.3).toBeGreaterThan(0.75);
  expect(scale / 1.3).toBeLessThan(1.25);
  reported.forEach((value, i) => {
    if (i !== 3) expect(value).toBe(0);
  });
  expect(corrected.origins).toHaveLength(4);
});

it('the corrected density is the same, with the gradient of the chain rule', () => {
  const {
    given,
    corrected: { target },
  } = placed(7, 1.3);
  const random = randomStream('density');
  const y = Float64Array.from({ length: DIMENSION }, () => random.normal());
  const x = new Float64Array(DIMENSION);
  target.constrain?.(y, x, random);
  const gradient = new Float64Array(DIMENSION);
  const own = new Float64Array(DIMENSION);
  expect(target.logDensity(y, gradient)).toBe(given.logDensity(x, own));
  const moved = y.slice();
  moved[3] = (moved[3] ?? 0) + 1;
  const xMoved = new Float64Array(DIMENSION);
  target.constrain?.(moved, xMoved, random);
  const scale = (xMoved[3] ?? 0) - (x[3] ?? 0);
  expect(gradient[3]).toBeCloseTo((own[3] ?? 0) * scale, 10);
  expect(gradient[5]).toBe(own[5]);
});
