/** Without WebAssembly, the plain twins of the kernels have the same results. */
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

/** LOO, WAIC and summaries of rows whose log likelihoods are more or less unusual. */
async function computed() {
  vi.resetModules();
  const { loo } = await import('../../../src/posterior/loo.js');
  const { waic } = await import('../../../src/posterior/waic.js');
  const { logLikelihoodOf } = await import('../../../src/posterior/log-likelihood.js');
  const { pointSummary } = await import('../../../src/posterior/point-summary.js');
  const { quickStream } = await import('../../../src/random/quick-stream.js');
  const random = quickStream('unusual rows');
  const [rows, draws] = [60, 500];
  const values = new Float64Array(rows * draws);
  let before = 0;
  for (let i = 0; i < rows; i++) {
    const scale = [0.01, 0.3, 1, 3, 20, 300][i % 6] ?? 1;
    for (let s = 0; s < draws; s++) {
      const z = random.normal();
      before = 0.9 * before + z;
      const log = i % 3 === 0 ? -z * z : i % 3 === 1 ? before : Math.round(z);
      values[s * rows + i] = scale * log - 5;
    }
  }
  const likelihood = logLikelihoodOf(values, rows, 4);
  return {
    loo: loo(likelihood),
    waic: waic(likelihood),
    summaries: Array.from({ length: rows }, (_, i) =>
      pointSummary(values.filter((_x, at) => at % rows === i)),
    ),
  };
}

it('LOO, WAIC and summaries are the same without WebAssembly, but for rounding', async () => {
  const compiled = await computed();
  vi.stubGlobal('WebAssembly', undefined);
  const plain = await computed();
  const agree = (found: ArrayLike<number>, expected: ArrayLike<number>) =>
    Array.from(expected).forEach((value, i) => {
      if (Number.isFinite(value)) {
        // Sums of hundreds of terms, and a maximum that is flat: 1e-11 of what they are of.
        expect(Math.abs((found[i] ?? Number.NaN) - value)).toBeLessThan(
          1e-11 * Math.max(1, Math.abs(value)),
        );
      } else expect(found[i]).toBe(value);
    });
  const { pointwise, diagnostics } = plain.loo;
  agree(compiled.loo.pointwise.elpdLoo, pointwise.elpdLoo);
  agree(compiled.loo.pointwise.pLoo, pointwise.pLoo);
  agree(compiled.loo.pointwise.mcseElpdLoo, pointwise.mcseElpdLoo);
  agree(compiled.loo.diagnostics.paretoK, diagnostics.paretoK);
  agree(compiled.loo.diagnostics.ess, diagnostics.ess);
  agree(compiled.loo.diagnostics.relativeEfficiency, diagnostics.relativeEfficiency);
  agree(compiled.waic.pointwise.elpdWaic, plain.waic.pointwise.elpdWaic);
  agree(compiled.waic.pointwise.pWaic, plain.waic.pointwise.pWaic);
  for (const key of ['mean', 'sd', 'lower', 'upper'] as const) {
    agree(
      compiled.summaries.map((row) => row[key]),
      plain.summaries.map((row) => row[key]),
    );
  }
});

/** Counts with small and large means. */
async function counted() {
  vi.resetModules();
  const { responseDistribution } = await import('../../../models/families/index.js');
  const { quickStream } = await import('../../../src/random/quick-stream.js');
  const means = Float64Array.from({ length: 5000 }, (_, s) => s / 400);
  const write = responseDistribution({ family: 'poisson', link: 'log' }).outcomes([]);
  write(means, 1, quickStream('plain'));
  return means;
}

it('counts are the same without WebAssembly', async () => {
  const compiled = await counted();
  vi.stubGlobal('WebAssembly', undefined);
  expect(await counted()).toEqual(compiled);
});
