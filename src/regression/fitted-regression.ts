/**
 * A regression that was fitted, as plain data: everything that summaries, predictions and checks
 * are made of, and everything that is saved.
 */
import type { Family } from '../../models/families/family.js';
import type { RegressionSpecification } from '../../models/regression-data.js';
import type { ModelFrame } from '../formula/design.js';
import type { SamplerSettings } from '../sampler/settings.js';
import type { Fit } from './fit.js';
import type { Preparation } from './prepare.js';
import type { PriorInUse, PriorRow } from './priors/prior-rows.js';

export interface FittedRegression {
  /** In its canonical spelling. */
  readonly formula: string;
  readonly family: Family;
  /** As the user gave them, for `update`. */
  readonly givenPriors: readonly PriorRow[];
  /** One row for each class, coefficient and group, as brms' `prior_summary` has them. */
  readonly priors: readonly PriorInUse[];
  readonly frame: ModelFrame;
  /** How the data were to be read, for `update`. */
  readonly reading: Pick<Preparation, 'levels' | 'missing'>;
  readonly specification: RegressionSpecification;
  readonly settings: SamplerSettings;
  /** Draws, their summary and diagnostics: reported parameters by brms' names. */
  readonly fit: Fit;
  /** How the group effects were sampled, and what was done to the data, in sentences. */
  readonly notes: readonly string[];
}
