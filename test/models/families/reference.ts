/** Densities and fits by R: test/reference/families.R made them. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { FamilyName, LinkName, Outcomes } from '../../../models/families/family.js';

export interface DensityCase {
  readonly family: FamilyName;
  readonly link: LinkName;
  readonly eta: readonly number[];
  readonly aux: readonly number[];
  readonly outcomes: readonly number[];
  /** Empty where the family has none. */
  readonly trials: readonly number[];
  readonly logp: readonly number[];
}

export interface TailCase {
  readonly link: LinkName;
  readonly eta: readonly number[];
  readonly success: readonly number[];
  readonly failure: readonly number[];
}

export interface GlmCase {
  readonly name: string;
  readonly family: FamilyName;
  readonly link: LinkName;
  readonly names: readonly string[];
  /** Row-major. */
  readonly values: readonly number[];
  readonly outcomes: readonly number[];
  readonly trials: readonly number[];
  readonly offset: readonly number[];
  /** The intercept first. */
  readonly coefficients: readonly number[];
}

interface Reference {
  readonly cases: readonly DensityCase[];
  /** Negative binomials of huge shapes. */
  readonly nearlyPoisson: readonly DensityCase[];
  readonly tails: readonly TailCase[];
  readonly glms: readonly GlmCase[];
}

const path = fileURLToPath(new URL('../../reference/families.json', import.meta.url));
export const reference: Reference = JSON.parse(readFileSync(path, 'utf8'));

export function outcomesOf(given: Pick<DensityCase, 'outcomes' | 'trials'>): Outcomes {
  return {
    rows: given.outcomes.length,
    values: Float64Array.from(given.outcomes),
    trials: given.trials.length > 0 ? Float64Array.from(given.trials) : null,
  };
}
