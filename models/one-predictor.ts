/** One of the linear predictors of a regression that has several, as a regression of its own. */
import { withoutPredicted } from './families/family.js';
import {
  columnsOfMean,
  type GroupEffects,
  type Membership,
  parameterOfEffect,
  predictorsPerRow,
  type RegressionData,
  type RegressionSpecification,
} from './regression-data.js';

/**
 * With its columns, offset, group terms and their priors. Parameters with linear predictors have no priors
 * there, nor others in their place.
 *
 * @param of 0 for that of the mean, from 1 for those of parameters
 */
export function onePredictor(
  specification: RegressionSpecification,
  of: number,
): RegressionSpecification {
  const { family, data, priors } = specification;
  const { parts: all, ...whole } = data;
  if (!all) return specification;
  const { rows, offset, predictors } = data;
  const height = predictorsPerRow(data);
  const part = of === 0 ? null : all[of - 1];
  const intercept = part ? part.intercept : data.intercept;
  const start = part ? part.first : 0;
  const first = part?.intercept ? start + 1 : start;
  const end = part ? start + part.columns : columnsOfMean(data);
  const width = predictors.names.length;
  const own = end - first;
  const terms = termsIn(data, part?.parameter);
  return {
    family: withoutPredicted(family),
    data: {
      ...whole,
      intercept,
      offset: offset && Float64Array.from({ length: rows }, (_, i) => offset[i * height + of]),
      predictors: {
        names: predictors.names.slice(first, end),
        rows,
        values: Float64Array.from({ length: rows * own }, (_, at) => {
          const row = Math.floor(at / own) * height + of;
          return predictors.values[row * width + first + (at % own)];
        }),
      },
      groups: terms.map((one) => groupOf(data, one, of)),
    },
    priors: {
      ...priors,
      intercept: part?.intercept ? priors.coefficients[start] : part ? null : priors.intercept,
      coefficients: priors.coefficients.slice(first, end),
      sds: terms.map(({ term, places }) => places.map((c) => priors.sds[term][c])),
      correlations: terms.map(({ term, places }) => {
        const eta = priors.correlations[term];
        // Some of the rows of a correlation matrix that is LKJ (Lewandowski et al. 2009).
        const rest = data.groups[term].coefficients.length - places.length;
        return eta === null || places.length === 1 ? null : eta + rest / 2;
      }),
    },
  };
}

/** A group term with coefficients in a linear predictor. */
interface TermIn {
  /** Index among the terms of the regression. */
  readonly term: number;
  /** Indices of those coefficients. */
  readonly places: readonly number[];
}

/** The group terms with coefficients in a linear predictor. @param parameter undefined for the mean */
export function termsIn(
  { groups }: Pick<RegressionData, 'groups'>,
  parameter: string | undefined,
): TermIn[] {
  return groups.flatMap((group, term) => {
    const places = group.coefficients.flatMap((_, c) =>
      parameterOfEffect(group, c) === parameter ? [c] : [],
    );
    return places.length === 0 ? [] : [{ term, places }];
  });
}

function groupOf(data: RegressionData, { term, places }: TermIn, of: number): GroupEffects {
  const height = predictorsPerRow(data);
  const group = data.groups[term];
  const width = group.coefficients.length;
  const own = places.length;
  const alone = ({ levelOf, values }: Membership): Membership => ({
    levelOf: Int32Array.from({ length: data.rows }, (_, i) => levelOf[i * height + of]),
    values: Float64Array.from({ length: data.rows * own }, (_, at) => {
      const row = Math.floor(at / own) * height + of;
      return values[row * width + places[at % own]];
    }),
  });
  const { parameters } = group;
  return {
    ...group,
    ...alone(group),
    coefficients: places.map((c) => group.coefficients[c]),
    correlated: group.correlated && own > 1,
    ...(parameters && { parameters: places.map((c) => parameters[c]) }),
    ...(group.further && { further: group.further.map(alone) }),
  };
}
