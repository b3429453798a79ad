/** Where WebAssembly is not to be had, the plain kernel does the same work. */
import { afterEach, beforeEach, expect, it, vi } from 'vitest';

beforeEach(() => {
  vi.stubGlobal('WebAssembly', undefined);
  vi.resetModules();
});
afterEach(() => {
  vi.unstubAllGlobals();
  vi.resetModules();
});

it('a logistic regression without the compiled kernel finds the same posterior', async () => {
  const { logistic, normal, simulateLogistic, studentT } = await import('../paper-regressions.js');
  const { sample } = await import('../../../src/fit/sample.js');
  const { quickStream } = await import('../../../src/random/quick-stream.js');
  const random = quickStream('without WebAssembly');
  const predictors = {
    names: ['x1', 'x2'],
    rows: 60,
    values: Float64Array.from({ length: 120 }, random.normal),
  };
  const outcomes = simulateLogistic(predictors, [0.3, 1, -1], random);
  const model = logistic({
    predictors,
    outcomes,
    slopePrior: normal(0, 1),
    interceptPrior: studentT(3, 0, 2.5),
  });
  expect(model.quickDensity).toBeUndefined();
  const plain = sample({ model, seed: 5, name: 'plain' });
  const nuts = sample({ model, seed: 5, algorithm: 'nuts', name: 'nuts' });
  expect(plain.warnings).toEqual([]);
  expect(plain.chains[0]?.algorithm).toBe('split-hmc');
  // Two independent estimates: beyond 5 combined standard errors once in a million.
  plain.parameters.forEach(({ mean, mcseMean }, i) => {
    const other = nuts.parameters[i];
    if (!other) throw new Error('summaries of one model have the same rows');
    expect(Math.abs(mean - other.mean)).toBeLessThan(5 * Math.hypot(mcseMean, other.mcseMean));
  });
});
