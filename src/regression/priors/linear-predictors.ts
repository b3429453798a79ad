/** The linear predictors of a regression one by one, with names as brms' priors have them. */
import { termsIn } from '../../../models/one-predictor.js';
import {
  columnsOfMean,
  type GroupEffects,
  parameterOfEffect,
} from '../../../models/regression-data.js';
import type { PriorModel } from './default-rows.js';
import type { PriorTarget } from './prior-rows.js';

interface LinearPredictorNames {
  /** The parameter; undefined for the mean. */
  readonly dpar: string | undefined;
  readonly intercept: boolean;
  /** Slopes, without the parameter's name. */
  readonly slopes: readonly string[];
  /** Group terms, with their coefficients in this linear predictor, without the parameter's name. */
  readonly groups: readonly Pick<GroupEffects, 'group' | 'coefficients'>[];
}

/** That of the mean first. */
export function linearPredictors(model: PriorModel): LinearPredictorNames[] {
  const { intercept, predictors, groups, parts = [] } = model;
  const groupsOf = (parameter: string | undefined) =>
    termsIn(model, parameter).map(({ term, places }) => ({
      group: groups[term].group,
      coefficients: places.map((c) => shortName(groups[term].coefficients[c], parameter)),
    }));
  return [
    {
      dpar: undefined,
      intercept,
      slopes: predictors.names.slice(0, columnsOfMean(model)),
      groups: groupsOf(undefined),
    },
    ...parts.map((part) => {
      const first = part.first + (part.intercept ? 1 : 0);
      const names = predictors.names.slice(first, part.first + part.columns);
      return {
        dpar: part.parameter,
        intercept: part.intercept,
        slopes: names.map((name) => shortName(name, part.parameter)),
        groups: groupsOf(part.parameter),
      };
    }),
  ];
}

/** `x` of `sigma_x`. */
export function shortName(name: string, parameter: string | undefined): string {
  return parameter === undefined ? name : name.slice(parameter.length + 1);
}

/** The target of the prior of each column of the predictors. */
export function targetsOfColumns(model: PriorModel): PriorTarget[] {
  return linearPredictors(model).flatMap(({ dpar, intercept, slopes }): PriorTarget[] => [
    ...(dpar !== undefined && intercept ? [{ class: 'Intercept', dpar } as const] : []),
    ...slopes.map((coef) => ({ class: 'b', coef, ...(dpar !== undefined && { dpar }) }) as const),
  ]);
}

/** The target of the prior of each standard deviation of a group term. */
export function targetsOfSds(term: GroupEffects): PriorTarget[] {
  const { group, coefficients } = term;
  return coefficients.map((name, c) => {
    const dpar = parameterOfEffect(term, c);
    return {
      class: 'sd',
      coef: shortName(name, dpar),
      group,
      ...(dpar !== undefined && { dpar }),
    };
  });
}
