/** Without WebAssembly, the plain twin of the kernel makes the same draws. */
import { afterEach, expect, it, vi } from 'vitest';

afterEach(() => {
  vi.unstubAllGlobals();
  vi.resetModules();
});

/** The same fit with fresh modules. */
async function fitOf(rows: number, columns: number) {
  vi.resetModules();
  const { logistic, normal, simulateLogistic, studentT } = await import('../paper-regressions.js');
  const { sample } = await import('../../../src/fit/sample.js');
  const { quickStream } = await import('../../../src/random/quick-stream.js');
  const random = quickStream('without WebAssembly', rows, columns);
  const predictors = {
    names: Array.from({ length: columns }, (_, j) => `x${j}`),
    rows,
    values: Float64Array.from({ length: rows * columns }, random.normal),
  };
  const slopes = predictors.names.map((_, j) => (j % 2 === 0 ? 0.8 : -0.5));
  const model = logistic({
    predictors,
    outcomes: simulateLogistic(predictors, [0.3, ...slopes], random),
    slopePrior: normal(0, 1),
    interceptPrior: studentT(3, 0, 2.5),
  });
  const origin = new Float64Array(columns + 1).fill(0.2);
  const basis = new Float64Array((columns + 1) ** 2).map((_, i) => (i % (columns + 2) ? 0.1 : 1));
  const middle = new Float64Array(columns + 1);
  const quick = model.quickDensity?.({ origin, basis });
  quick?.middleGradient?.(origin, middle);
  return { fit: sample({ model, seed: 5, name: 'plain' }), middle, quick };
}

it.each([
  [60, 2],
  [50, 5],
  // Two chunks of rows, more than six columns.
  [400, 8],
])(
  'a logistic regression of %i rows and %i predictors has the same draws without WebAssembly',
  async (rows, columns) => {
    const compiled = await fitOf(rows, columns);
    vi.stubGlobal('WebAssembly', undefined);
    const plain = await fitOf(rows, columns);
    expect(compiled.quick?.fusedTransitions).toBeDefined();
    expect(plain.quick?.fusedTransitions).toBeUndefined();
    expect(plain.fit.chains[0]?.algorithm).toBe('split-hmc');
    // Single precision hides the rounding of priors: a unit in the last place of a double, or a few.
    plain.middle.forEach((value, j) => {
      expect(Math.abs(value - (compiled.middle[j] ?? Number.NaN))).toBeLessThan(1e-13 * rows);
    });
    const width = columns + 1;
    plain.fit.draws.values.forEach((value, i) => {
      const sd = plain.fit.parameters[i % width]?.sd ?? Number.NaN;
      // Positions that differ by rounding may round to different numbers of single precision.
      expect(Math.abs(value - (compiled.fit.draws.values[i] ?? Number.NaN))).toBeLessThan(
        1e-6 * sd,
      );
    });
  },
);
