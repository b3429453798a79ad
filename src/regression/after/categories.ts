/** The categories of a regression by name. */

import { categoriesOfFamily } from '../../../models/families/categorical.js';
import { nameOf } from '../../../models/families/family.js';
import { isNominal, mostThresholds } from '../../../models/families/thresholds.js';
import { badArgument } from '../../checks/values.js';
import type { FittedRegression } from '../fitted-regression.js';

type Fit = Pick<FittedRegression, 'family' | 'frame'>;

/** Labels of the categories in order, numbers from 1 if the outcome is numeric; null for other families. */
export function categoriesOf({ family, frame }: Fit): readonly string[] | null {
  const count = isNominal(family) ? categoriesOfFamily(family) : 1 + mostThresholds(family);
  if (count === 1) return null;
  const { levels } = frame.response;
  return levels ?? Array.from({ length: count }, (_, c) => String(c + 1));
}

/** The same. @throws WeighbridgeError `bad-argument` for other families, naming what was asked */
export function requireCategories(fit: Fit, asked: string): readonly string[] {
  const categories = categoriesOf(fit);
  if (categories) return categories;
  throw badArgument(
    `${asked} is for categories, which a ${nameOf(fit.family)} regression has not: expected cumulative, sratio, cratio, acat or categorical`,
  );
}
