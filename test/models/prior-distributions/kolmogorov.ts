/** Kolmogorov's test of uniform numbers, with a false-alarm rate of 1e-6. */
import { expect } from 'vitest';

const FALSE_ALARM = 1e-6;

/** D exceeds √(log(2/α) / 2n) with probability α at most (Massart 1990, Ann. Probab. 18). */
export function expectUniform(values: Float64Array): void {
  const n = values.length;
  const ascending = values.slice().sort();
  let distance = 0;
  for (let i = 0; i < n; i++) {
    distance = Math.max(distance, (i + 1) / n - ascending[i], ascending[i] - i / n);
  }
  expect(distance).toBeLessThan(Math.sqrt(Math.log(2 / FALSE_ALARM) / (2 * n)));
}
