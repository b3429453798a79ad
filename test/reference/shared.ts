/**
 * Data and posteriors made elsewhere, which lie beside the checkout where they are at hand: the
 * authors' published data, and reference fits by Stan and brms of the same regressions.
 */

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Setting } from '../../src/study/study.js';

const shared = fileURLToPath(new URL('../../../shared', import.meta.url));

export const publishedFolder = join(shared, 'published');
export const hasPublished =
  existsSync(join(publishedFolder, 'scenarios.csv')) && existsSync(join(shared, 'reference'));

/** Part of a suite's title: why it is skipped, where it is. */
export const skipReason = hasPublished ? '' : ' (skipped: ../shared is not beside the checkout)';

/** Predictions of a few-shot study of hint ablation, by item; see docs/ablation.md. */
export const fewShotFolder = join(shared, 'evals/few-shot-ablation');
export const hasFewShot = existsSync(join(fewShotFolder, 'metrics.csv'));
export const fewShotSkipReason = hasFewShot
  ? ''
  : ' (skipped: ../shared/evals/few-shot-ablation is not beside the checkout)';

export interface ReferenceParameter {
  readonly mean: number;
  readonly sd: number;
  readonly hdi_low: number;
  readonly hdi_high: number;
  /** A weight regression only. */
  readonly mcse_mean?: number;
  /** A correlation regression only. */
  readonly mcse?: number;
}

export type ReferenceWeightFit = { readonly scenario: string } & Readonly<
  Record<'intercept' | 'b1' | 'b2' | 'b3' | 'b4' | 'b5', ReferenceParameter>
>;

export interface ReferenceCorrelation {
  readonly n: number;
  readonly r: number;
  readonly slope: ReferenceParameter;
  readonly intercept: ReferenceParameter;
  readonly sigma: ReferenceParameter;
}

export interface ReferenceEffect {
  readonly n: number;
  readonly median: number;
  readonly hpd_low: number;
  readonly hpd_high: number;
}

export function readReference<T>(file: string): T {
  const value: T = JSON.parse(readFileSync(join(shared, 'reference', file), 'utf8'));
  return value;
}

/** The authors' own learned weights: `MODEL_regression_results.csv` or the latent ones. */
export function readAuthorsWeights(model: string, setting: Setting) {
  const infix = setting === 'native' ? '_latent' : '';
  const path = join(publishedFolder, `${model}${infix}_regression_results.csv`);
  const rows = readFileSync(path, 'utf8').trim().split(/\r?\n/).slice(1);
  return new Map(
    rows.map((row): [string, number[]] => {
      const [scenario = '', ...weights] = row.split(',');
      return [scenario, weights.map(Number)];
    }),
  );
}
