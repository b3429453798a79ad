/**
 * Regressions with crossed group effects beside long Stan runs on the same data (stan.R), whose
 * program is not brms' but one of our own, with the same priors.
 *
 * Tolerances. Means: 4 combined Monte Carlo errors, ours and Stan's, both from the draws. Standard
 * deviations: 5%, or 4 of their combined Monte Carlo errors where these are wider. A normal deviate is
 * beyond 4 once in 16,000: the 180 means and as many sds of four sizes come to at most 2.2% of false
 * alarms in all; seeds are fixed, so that a test that passes goes on passing.
 */
import { readFileSync } from 'node:fs';
import { expect } from 'vitest';
import { mcseSd } from '../../../src/posterior/convergence.js';
import { parameterDraws } from '../../../src/posterior/draws.js';
import { bernoulli } from '../../../src/regression/options.js';
import { regression } from '../../../src/regression/regression.js';
import { type CrossedData, fingerprint } from '../../support/crossed-data.js';

type ReferenceParameter = Readonly<
  Record<'mean' | 'sd' | 'mcse_mean' | 'mcse_sd' | 'ess_bulk' | 'ess_tail' | 'rhat', number>
>;

interface Reference {
  /** SHA-256 of the table that Stan read. */
  readonly sha256: string;
  readonly divergences: number;
  /** Coefficients, sds, effects of all models (or draws of examples) and of twenty items. */
  readonly parameters: Readonly<Record<string, ReferenceParameter>>;
}

function referenceOf({ file }: CrossedData): Reference {
  const value: Reference = JSON.parse(
    readFileSync(new URL(`${file}.json`, import.meta.url), 'utf8'),
  );
  return value;
}

/** The reference is of these data and converged. */
export function expectSoundReference(data: CrossedData): void {
  const { sha256, divergences, parameters } = referenceOf(data);
  expect(sha256).toBe(fingerprint(data));
  expect(divergences).toBe(0);
  for (const [name, { rhat, ess_bulk: bulk, ess_tail: tail }] of Object.entries(parameters)) {
    expect(rhat, name).toBeLessThan(1.01);
    expect(Math.min(bulk, tail), name).toBeGreaterThan(400);
  }
}

/** Fits the data with default settings but for `draws` and compares all numbers of the reference. */
export async function expectAgreement(data: CrossedData, draws: number): Promise<void> {
  const { formula, columns } = data;
  const fit = await regression({ formula, family: bernoulli(), data: columns, draws, seed: 2026 });
  const { parameters } = referenceOf(data);
  for (const [name, theirs] of Object.entries(parameters)) {
    const ours = fit.parameter(name);
    const means = `mean of ${name}, ${ours.mean} and Stan's ${theirs.mean}`;
    const meanBound = 4 * Math.hypot(ours.mcseMean, theirs.mcse_mean);
    expect(Math.abs(ours.mean - theirs.mean), means).toBeLessThan(meanBound);
    const sdError = Math.hypot(
      mcseSd(parameterDraws(fit.draws, name), fit.draws.chains),
      theirs.mcse_sd,
    );
    const sds = `sd of ${name}, ${ours.sd} and Stan's ${theirs.sd}`;
    const sdBound = Math.max(0.05 * theirs.sd, 4 * sdError);
    expect(Math.abs(ours.sd - theirs.sd), sds).toBeLessThan(sdBound);
    expect(ours.rhat, name).toBeLessThan(1.02);
  }
}
