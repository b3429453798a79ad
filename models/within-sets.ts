/**
 * Choices depend on the differences between the options of a set alone: adding a number to all linear
 * predictors of a set changes nothing. Predictors, group predictors and offsets are therefore sampled as
 * deviations from the mean of their set, where the information about them is nearest to diagonal.
 */
import type { Cells } from './families/family.js';
import type { RegressionSpecification } from './regression-data.js';

/** The same regression with the columns of choice sets as deviations; any other as it is. */
export function withinSets(specification: RegressionSpecification): RegressionSpecification {
  const { data } = specification;
  const { sets } = data;
  if (!sets) return specification;
  return {
    ...specification,
    data: {
      ...data,
      offset: data.offset && deviationsFromSets(data.offset, 1, sets),
      predictors: {
        ...data.predictors,
        values: deviationsFromSets(data.predictors.values, data.predictors.names.length, sets),
      },
      groups: data.groups.map((group) => ({
        ...group,
        values: deviationsFromSets(group.values, group.coefficients.length, sets),
      })),
    },
  };
}

/**
 * Values minus the mean of their set, which are zero where all options of the set are equal.
 *
 * @param values row-major (row, column), `width` columns
 */
export function deviationsFromSets(
  values: Float64Array,
  width: number,
  { count, of }: Cells,
): Float64Array {
  const options = new Float64Array(count);
  for (const set of of) options[set]++;
  const firsts = new Float64Array(count * width);
  const isSeen = new Uint8Array(count);
  const sums = new Float64Array(count * width);
  // From the set's first option, so that equal values have no rounding error.
  for (let i = 0; i < of.length; i++) {
    const set = of[i];
    for (let j = 0; j < width; j++) {
      const value = values[i * width + j];
      if (isSeen[set] === 0) firsts[set * width + j] = value;
      sums[set * width + j] += value - firsts[set * width + j];
    }
    isSeen[set] = 1;
  }
  return values.map((value, at) => {
    const set = of[Math.floor(at / width)];
    const column = set * width + (at % width);
    return value - firsts[column] - sums[column] / options[set];
  });
}
