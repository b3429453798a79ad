/**
 * A fitted regression as plain data: the input of summaries, predictions and checks, and the
 * content of a saved fit.
 */
import type { Family } from '../../models/families/family.js';
import type { RegressionSpecification } from '../../models/regression-data.js';
import type { FitData } from '../fit/fit.js';
import type { ModelFrame } from '../formula/design.js';
import type { SamplerSettings } from '../sampler/settings.js';
import type { Preparation } from './prepare.js';
import type { PriorInUse, PriorRow } from './priors/prior-rows.js';

export interface FittedRegression extends FitData {
  /** In canonical notation. */
  readonly formula: string;
  readonly family: Family;
  /** As the user gave them, for `update`. */
  readonly givenPriors: readonly PriorRow[];
  /** One row per class, coefficient and group, as in brms' `prior_summary`. */
  readonly priors: readonly PriorInUse[];
  readonly frame: ModelFrame;
  /** Options for reading the data, for `update`. */
  readonly reading: Pick<Preparation, 'levels' | 'missing'>;
  readonly specification: RegressionSpecification;
  readonly settings: SamplerSettings;
  /** Notes on the sampling of group effects and on changes to the data, one sentence each. */
  readonly notes: readonly string[];
}
