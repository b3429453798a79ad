/** Sampling until digits are certain, and intervals by the score, on a real fit. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeFit, encodeFit } from '../../src/exchange/saved-fit.js';
import { randomStream } from '../../src/random/stream.js';
import { hdiOf } from '../../src/regression/after/intervals.js';
import {
  isCertain,
  precisionJson,
  precisionText,
  sampleToPrecision,
} from '../../src/regression/precision.js';
import { regression } from '../../src/regression/regression.js';

const random = randomStream('precision');
const data = Array.from({ length: 60 }, () => {
  const x = random.normal();
  return { x, y: 0.4 + 0.7 * x + random.normal() };
});
const fitWith = (draws: number) => regression({ formula: 'y ~ x', data, draws, seed: 3 });

describe('a value is certain to some decimals', () => {
  it('if two errors to either side round to the same', () => {
    expect(isCertain(0.54, 0.002, 2)).toBe(true);
    expect(isCertain(0.544, 0.002, 2)).toBe(false);
    expect(isCertain(0.544, 0.002, 1)).toBe(true);
    // Between two roundings only a small error decides.
    expect(isCertain(0.545, 0.00051, 2)).toBe(false);
    expect(isCertain(0.545, 0.00049, 2)).toBe(true);
    expect(isCertain(0.5, Number.NaN, 2)).toBe(false);
  });

  it('then it stays certain with a smaller error and with fewer decimals', () => {
    const value = fc.double({ min: -100, max: 100, noNaN: true });
    const error = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(value, error, fc.integer({ min: 0, max: 4 }), (at, mcse, digits) => {
        if (isCertain(at, mcse, digits)) expect(isCertain(at, mcse / 2, digits)).toBe(true);
      }),
    );
  });
});

describe('sampling to a precision', () => {
  it('ends with certain digits, which another seed confirms', async () => {
    const now = () => 0;
    const { fit, precision } = await sampleToPrecision(250, fitWith, { digits: 2, now });
    expect(precision.certain).toBe(true);
    expect(precision.draws).toBe(fit.draws.drawsPerChain);
    const other = await sampleToPrecision(
      precision.draws,
      (draws) => regression({ formula: 'y ~ x', data, draws, seed: 4 }),
      { digits: 2, now },
    );
    precision.estimates.forEach((one, i) => {
      const another = other.precision.estimates[i];
      [one.mean, ...one.hdi].forEach((value, k) => {
        const again = [another?.mean, ...(another?.hdi ?? [])][k] ?? Number.NaN;
        // Each is within half a unit and a twentieth of what it rounds to.
        expect(Math.abs(value - again)).toBeLessThan(0.0055 * 2);
      });
    });
    expect(precisionText(precision)).toContain('certain to 2 decimals');
    expect(precisionJson(precision).uncertain).toEqual([]);
  });

  it('stops at the limit of time, and says what is uncertain', async () => {
    let seconds = 0;
    const slow = async (draws: number) => {
      seconds += 40;
      return fitWith(draws);
    };
    const options = { digits: 5, seconds: 60, now: () => seconds };
    const { precision } = await sampleToPrecision(200, slow, options);
    expect(precision).toMatchObject({ certain: false, draws: 200, seconds: 40 });
    expect(precisionJson(precision).uncertain).toEqual(['b_Intercept', 'b_x']);
    expect(precisionText(precision)).toContain('Not certain to 5 decimals: b_Intercept, b_x');
  });

  it('needs coefficients', async () => {
    const grouped = data.map((row, i) => ({ ...row, g: i % 4 }));
    const sample = (draws: number) =>
      regression({ formula: 'y ~ 0 + (1 | g)', data: grouped, draws, warmup: 100 });
    await expect(sampleToPrecision(100, sample, { digits: 1, now: () => 0 })).rejects.toMatchObject(
      {
        code: 'bad-argument',
      },
    );
  });

  it('continues the chains of the fit before', async () => {
    const [short, long] = await Promise.all([fitWith(100), fitWith(200)]);
    const width = short.draws.parameterNames.length;
    const first = short.draws.values.subarray(0, 100 * width);
    expect(long.draws.values.subarray(0, 100 * width)).toEqual(first);
  });
});

describe('hdi by the score', () => {
  it('agrees with that of the draws, with a smaller error', async () => {
    const fit = await fitWith(1000);
    const byScore = fit.hdi({ method: 'score', parameters: ['b_x', 'sigma'] });
    const ofDraws = fit.hdi({ parameters: ['b_x', 'sigma'] });
    byScore.forEach((row, i) => {
      const plain = ofDraws[i];
      expect([row.method, plain?.method]).toEqual(['score', 'draws']);
      [row.lower - (plain?.lower ?? 0), row.upper - (plain?.upper ?? 0)].forEach((gap, end) => {
        expect(Math.abs(gap)).toBeLessThan(4 * (plain?.mcse[end] ?? 0));
        expect(row.mcse[end]).toBeLessThan((plain?.mcse[end] ?? 0) / 4);
      });
    });
    expect(String(byScore)).toContain('score');
  });

  it('is that of the draws for a loaded fit, which has no gradients', async () => {
    const fit = await fitWith(200);
    const [row] = hdiOf(decodeFit(encodeFit(fit)), { method: 'score' });
    const [plain] = fit.hdi();
    expect(row).toEqual(plain);
    expect(row?.method).toBe('draws');
    expect(() => hdiOf(fit, { method: 'kernel' as 'score' })).toThrow('method');
  });
});
