/**
 * Parameters held constant by a prior `constant(v)`: they are no coordinates of the model, which is that of
 * the other parameters. A constant slope is part of the offset, v (x_ij − x̄_j), and so is a constant
 * intercept at the means of the predictors; a constant auxiliary parameter is part of the family.
 */
import { type AuxiliaryName, auxiliaryOf, type Family } from './families/family.js';
import { thresholdsOf } from './families/thresholds.js';
import type { Prior } from './prior-distributions.js';
import {
  centrePredictors,
  ordinaryColumns,
  type RegressionSpecification,
} from './regression-data.js';
import { reportedLayout, slopeNames } from './reported-parameters.js';

interface RegressionOfOthers {
  /** The regression of the parameters that are not constant. */
  readonly specification: RegressionSpecification;
  /** Writes all reported parameters from those of the others. */
  restore(others: Float64Array, reported: Float64Array): void;
}

function heldAt(prior: Prior | null | undefined): number | null {
  return prior?.distribution === 'constant' ? prior.value : null;
}

function hasConstants({ priors }: Pick<RegressionSpecification, 'priors'>): boolean {
  return [priors.intercept, ...priors.coefficients, ...priors.auxiliary].some(
    (prior) => heldAt(prior) !== null,
  );
}

/** Names of the reported parameters that are constant. */
export function constantNames({
  family,
  data,
  priors,
}: RegressionSpecification): ReadonlySet<string> {
  const isConstant = (prior: Prior | null | undefined) => heldAt(prior) !== null;
  return new Set([
    // The reported intercept is at predictors of zero, where others have to be constant too.
    ...(isConstant(priors.intercept) && priors.coefficients.every(isConstant)
      ? ['b_Intercept']
      : []),
    ...slopeNames(data).filter((_, j) => isConstant(priors.coefficients[j])),
    ...auxiliaryOf(family).filter((_, a) => isConstant(priors.auxiliary[a])),
  ]);
}

/** Null if no parameter is constant. */
export function withoutConstants(given: RegressionSpecification): RegressionOfOthers | null {
  if (!hasConstants(given)) return null;
  const { family, data, priors } = given;
  const slopes = priors.coefficients.map(heldAt);
  const intercept = heldAt(priors.intercept);
  const { names, rows, values } = data.predictors;
  const { means, centred } = centrePredictors(data);
  const offset = Float64Array.from({ length: rows }, (_, i) => {
    let sum = (data.offset?.[i] ?? 0) + (intercept ?? 0);
    slopes.forEach((slope, j) => {
      if (slope !== null) sum += slope * centred[i * names.length + j];
    });
    return sum;
  });
  const kept = names.flatMap((_, j) => (slopes[j] === null ? [j] : []));
  // Without its intercept, the regression of the others would not centre them.
  const columns = intercept === null ? values : centred;
  const specification: RegressionSpecification = {
    ...given,
    family: familyOfOthers(family, priors.auxiliary),
    data: {
      ...data,
      offset,
      intercept: data.intercept && intercept === null,
      predictors: {
        names: kept.map((j) => names[j]),
        rows,
        // Where the intercept has its prior, also in a fit to some of the rows.
        ...(data.predictors.centre && { centre: Float64Array.from(kept, (j) => means[j]) }),
        values: Float64Array.from(
          { length: rows * kept.length },
          (_, at) => columns[Math.floor(at / kept.length) * names.length + kept[at % kept.length]],
        ),
      },
    },
    priors: {
      ...priors,
      intercept: intercept === null ? priors.intercept : null,
      coefficients: kept.map((j) => priors.coefficients[j]),
      auxiliary: priors.auxiliary.filter((prior) => heldAt(prior) === null),
    },
  };
  return { specification, restore: restoring(given, specification, means) };
}

function familyOfOthers(family: Family, priors: readonly Prior[]): Family {
  const fixed: Partial<Record<AuxiliaryName, number>> = {};
  auxiliaryOf(family).forEach((name, a) => {
    const value = heldAt(priors[a]);
    if (value !== null) fixed[name] = value;
  });
  return Object.keys(fixed).length === 0 ? family : { ...family, fixed };
}

/** @param means of the predictors; zeros without an intercept */
function restoring(
  given: RegressionSpecification,
  others: RegressionSpecification,
  means: Float64Array,
): RegressionOfOthers['restore'] {
  const { family, priors } = given;
  const [from, to] = [reportedLayout(others), reportedLayout(given)];
  // Coefficients of terms are not among the reported slopes.
  const slopes = priors.coefficients.slice(0, ordinaryColumns(given.data)).map(heldAt);
  const auxiliary = priors.auxiliary.map(heldAt);
  const thresholds = thresholdsOf(family);
  const intercept = heldAt(priors.intercept);
  return (source, target) => {
    let at = from.slopes;
    let constantPart = 0;
    let sampledPart = 0;
    slopes.forEach((value, j) => {
      const slope = value ?? source[at++];
      target[to.slopes + j] = slope;
      if (value === null) sampledPart += slope * means[j];
      else constantPart += slope * means[j];
    });
    // Thresholds are on the other side of the linear predictor.
    for (let k = 0; k < thresholds; k++) target[k] = source[k] + constantPart;
    if (to.intercept === 1) {
      target[0] =
        intercept === null ? source[0] - constantPart : intercept - constantPart - sampledPart;
    }
    target.set(source.subarray(from.sds, from.auxiliary), to.sds);
    at = from.auxiliary;
    auxiliary.forEach((value, a) => {
      target[to.auxiliary + a] = value ?? source[at++];
    });
    target.set(source.subarray(at, from.length), to.auxiliary + auxiliary.length);
  };
}
