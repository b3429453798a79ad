/** What a regression with linear predictors of parameters, `bf(y ~ x, sigma ~ x)`, does not have. */
import { badArgument } from '../../checks/values.js';
import type { FittedRegression } from '../fitted-regression.js';

/** Throws `bad-argument` for such a regression. @param asked what is not supported, for the message */
export function refuseParts({ family }: Pick<FittedRegression, 'family'>, asked: string): void {
  if (!family.predicted) return;
  throw badArgument(
    `${asked} is not supported in a regression with formulas of parameters, here of ${family.predicted.join(', ')}: compare fits by loo`,
  );
}
