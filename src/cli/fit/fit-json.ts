/**
 * A fit as the JSON that `weighbridge fit` writes: the version of the program, then what `toJSON` of
 * the fit has.
 */
import { packageVersion } from '../../package-info.js';
import { type FitFacts, fitJson as jsonOfFit } from '../../regression/after/fit-json.js';
import type { FittedRegression } from '../../regression/fitted-regression.js';

export function fitJson(fitted: FittedRegression, facts: FitFacts): Record<string, unknown> {
  return { weighbridge: packageVersion, ...jsonOfFit(fitted, facts) };
}
