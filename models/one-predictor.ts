/** One of the linear predictors of a regression that has several, as a regression of its own. */
import { withoutPredicted } from './families/family.js';
import {
  columnsOfMean,
  type Membership,
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
  const terms = data.groups.flatMap(({ parameter }, term) =>
    parameter === part?.parameter ? [term] : [],
  );
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
      groups: terms.map((term) => groupOf(data, term, of)),
    },
    priors: {
      ...priors,
      intercept: part?.intercept ? priors.coefficients[start] : part ? null : priors.intercept,
      coefficients: priors.coefficients.slice(first, end),
      sds: terms.map((term) => priors.sds[term]),
      correlations: terms.map((term) => priors.correlations[term]),
    },
  };
}

function groupOf(data: RegressionData, term: number, of: number) {
  const height = predictorsPerRow(data);
  const group = data.groups[term];
  const width = group.coefficients.length;
  const alone = ({ levelOf, values }: Membership): Membership => ({
    levelOf: Int32Array.from({ length: data.rows }, (_, i) => levelOf[i * height + of]),
    values: Float64Array.from({ length: data.rows * width }, (_, at) => {
      const row = Math.floor(at / width) * height + of;
      return values[row * width + (at % width)];
    }),
  });
  return {
    ...group,
    ...alone(group),
    ...(group.further && { further: group.further.map(alone) }),
  };
}
