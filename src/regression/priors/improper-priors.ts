/** Which parameters have a prior that is no probability distribution. */
import { auxiliaryOf } from '../../../models/families/family.js';
import { isProper } from '../../../models/prior-distributions.js';
import type { RegressionSpecification } from '../../../models/regression-data.js';
import { WeighbridgeError } from '../../errors.js';

/** Their names as reported, `b_x1`, in the reported order. */
export function improperPriors({ family, data, priors }: RegressionSpecification): string[] {
  const names: string[] = [];
  if (priors.intercept && !isProper(priors.intercept)) names.push('b_Intercept');
  priors.coefficients.forEach((prior, j) => {
    if (!isProper(prior)) names.push(`b_${data.predictors.names[j]}`);
  });
  data.groups.forEach(({ group, coefficients }, term) => {
    priors.sds[term].forEach((prior, c) => {
      if (!isProper(prior)) names.push(`sd_${group}__${coefficients[c]}`);
    });
  });
  auxiliaryOf(family).forEach((name, index) => {
    if (!isProper(priors.auxiliary[index])) names.push(name);
  });
  return names;
}

/** @throws WeighbridgeError `bad-argument` where there is one; names all of them */
export function requireProperPriors(specification: RegressionSpecification): void {
  const names = improperPriors(specification);
  if (names.length === 0) return;
  throw new WeighbridgeError(
    'bad-argument',
    `there are no draws from a prior that is flat, as that of ${names.join(', ')}: expected a proper one, normal(0, 1) say`,
  );
}
