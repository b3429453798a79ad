/** What goes to ArviZ for each draw and row, of a fit that was sampled. */
import { deepStrictEqual } from 'node:assert';
import normalLogpdf from '@stdlib/stats-base-dists-normal-logpdf';
import { beforeAll, describe, expect, it } from 'vitest';
import { rowDraws, rowDrawsSize } from '../../src/exchange/inference-data.js';
import { decodeFit, encodeFit } from '../../src/exchange/saved-fit.js';
import { fitFromData, type RegressionFit, regression } from '../../src/regression/regression.js';

/** More than one block of rows, and no whole number of blocks. */
const ROWS = 150;
const CHAINS = 2;
const DRAWS = 50;
let fit: RegressionFit;

beforeAll(async () => {
  const x = Float64Array.from({ length: ROWS }, (_, i) => Math.sin(7 * i));
  const g = Array.from({ length: ROWS }, (_, i) => `level ${i % 4}`);
  const y = x.map((value, i) => 1 + 0.5 * value + (i % 4) + Math.cos(11 * i));
  fit = await regression({
    formula: 'y ~ poly(x, 2) + (1 | g)',
    data: { y, x, g },
    ...{ chains: CHAINS, draws: DRAWS, warmup: 100, seed: 3 },
  });
});

describe('the draws by row', () => {
  it('have the log likelihood of each row at each draw, and a prediction with its distribution', () => {
    const { logLikelihood, posteriorPredictive } = rowDraws(fit);
    const size = CHAINS * DRAWS * ROWS;
    expect([rowDrawsSize(fit), logLikelihood.length, posteriorPredictive.length]).toEqual([
      size,
      size,
      size,
    ]);
    const sigma = parameter('sigma');
    const means = fit.posteriorEpred().values;
    const { values } = fit.frame.response;
    let squares = 0;
    for (let i = 0; i < size; i++) {
      const draw = Math.floor(i / ROWS);
      const expected = normalLogpdf(values[i % ROWS], means[i], sigma[draw]);
      expect(logLikelihood[i]).toBeCloseTo(expected, 9);
      squares += ((posteriorPredictive[i] - means[i]) / sigma[draw]) ** 2 / size;
    }
    // Squares of standard normals, of variance 2: beyond five standard errors once in two million.
    expect(Math.abs(squares - 1)).toBeLessThan(5 * Math.sqrt(2 / size));
  });
});

function parameter(name: string): number[] {
  const { parameterNames, values } = fit.draws;
  const place = parameterNames.indexOf(name);
  return Array.from(values).filter((_, i) => i % parameterNames.length === place);
}

describe('a fit that was sampled', () => {
  it('answers as before once it was saved and read back', async () => {
    const read = fitFromData(decodeFit(encodeFit(fit)));
    // Format 1 has no place for why each trajectory ended.
    const chains = fit.chains.map(({ terminations: _terminations, ...saved }) => saved);
    deepStrictEqual({ ...read }, { ...fit, chains });
    const data = { x: [-0.5, 0, 2], g: ['level 1', 'level 2', 'level 3'] };
    expect(read.predict({ data })).toEqual(fit.predict({ data }));
    expect(String(read.summary())).toBe(String(fit.summary()));
    const again = await read.update();
    expect(again.draws).toEqual(fit.draws);
  });
});
