/**
 * Choices depend on the differences between the options of a set alone: adding a number to all linear
 * predictors of a set changes nothing. Predictors, group predictors and offsets are therefore sampled as
 * deviations from the mean of their set, where the information about them is nearest to diagonal.
 */
import { deviationsWithin, isSameWithin } from '../src/linear-algebra/within-groups.js';
import type { Cells } from './families/family.js';
import { type GroupEffects, membersOf, type RegressionSpecification } from './regression-data.js';

/** The same regression with the columns of choice sets as deviations; any other as it is. */
export function withinSets(specification: RegressionSpecification): RegressionSpecification {
  const { data } = specification;
  const { sets } = data;
  if (!sets) return specification;
  return {
    ...specification,
    data: {
      ...data,
      offset: data.offset && deviationsWithin(data.offset, 1, sets),
      predictors: {
        ...data.predictors,
        values: deviationsWithin(data.predictors.values, data.predictors.names.length, sets),
      },
      groups: data.groups.map((group) => groupWithinSets(group, sets)),
    },
  };
}

/** Effects cancel only where all options of a set share them: a level that varies within sets stays as it is. */
function groupWithinSets(group: GroupEffects, sets: Cells): GroupEffects {
  if (!membersOf(group).every(({ levelOf }) => isSameWithin(sets, levelOf))) return group;
  const within = (values: Float64Array) =>
    deviationsWithin(values, group.coefficients.length, sets);
  return {
    ...group,
    values: within(group.values),
    ...(group.further && {
      further: group.further.map((one) => ({ ...one, values: within(one.values) })),
    }),
  };
}
