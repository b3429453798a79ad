/** `correlationWithError` beside brms' `se()` and `me()`, and beside Stan (correlation-with-error.R). */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { correlationWithError } from '../../src/correlation/correlation-with-error.js';
import { mcseSd } from '../../src/posterior/convergence.js';
import { parameterDraws } from '../../src/posterior/draws.js';
import { mcseQuantile } from '../../src/posterior/mcse-quantile.js';
import { quantileOfSorted, sorted } from '../../src/posterior/quantiles.js';

interface ReferenceParameter {
  readonly mean: number;
  readonly mcse_mean: number;
  readonly sd: number;
  readonly mcse_sd: number;
  readonly q5: number;
  readonly mcse_q5: number;
  readonly q95: number;
  readonly mcse_q95: number;
}

interface ReferenceCase {
  readonly source: string;
  readonly x: readonly number[];
  readonly x_se: readonly number[];
  readonly y: readonly number[];
  readonly y_se: readonly number[];
  readonly error_correlation: readonly number[];
  readonly parameters: Readonly<Record<string, ReferenceParameter>>;
}

const { cases }: { readonly cases: readonly ReferenceCase[] } = JSON.parse(
  readFileSync(new URL('correlation-with-error.json', import.meta.url), 'utf8'),
);

describe('correlationWithError beside brms and Stan', () => {
  // Beyond 4 combined Monte Carlo errors once in 16,000, for each of 128 numbers: 1 in 120 in all.
  it.each(cases)('equals $source', async ({ x, x_se, y, y_se, error_correlation, parameters }) => {
    const fit = await correlationWithError({
      x,
      xSe: x_se,
      y,
      ySe: y_se,
      errorCorrelation: error_correlation,
      draws: 5000,
      seed: 3,
    });
    const { chains } = fit.draws;
    for (const [name, theirs] of Object.entries(parameters)) {
      const ours = fit.parameter(name);
      const draws = parameterDraws(fit.draws, name);
      const within = (one: number, other: number, error: number, theirError: number) =>
        expect(Math.abs(one - other), name).toBeLessThan(4 * Math.hypot(error, theirError));
      within(ours.mean, theirs.mean, ours.mcseMean, theirs.mcse_mean);
      within(ours.sd, theirs.sd, mcseSd(draws, chains), theirs.mcse_sd);
      for (const [p, q, error] of [
        [0.05, theirs.q5, theirs.mcse_q5],
        [0.95, theirs.q95, theirs.mcse_q95],
      ] as const) {
        within(quantileOfSorted(sorted(draws), p), q, mcseQuantile(draws, chains, p), error);
      }
    }
  });
});
