/** The linear predictors of a regression one by one, with names as brms' priors have them. */
import { termsIn } from '../../../models/one-predictor.js';
import {
  columnsOfMean,
  type GroupEffects,
  parameterOfEffect,
} from '../../../models/regression-data.js';
import type { SmoothDesign } from '../../formula/design.js';
import { coefficientName } from '../../formula/names.js';
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
  readonly smooths: readonly SmoothDesign[];
}

/** That of the mean first. */
export function linearPredictors(model: PriorModel): LinearPredictorNames[] {
  const { intercept, predictors, groups, parts = [], smooths = [] } = model;
  const smoothsOf = (of: string | undefined) => smooths.filter(({ parameter }) => parameter === of);
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
      smooths: smoothsOf(undefined),
    },
    ...parts.map((part) => {
      const first = part.first + (part.intercept ? 1 : 0);
      const names = predictors.names.slice(first, part.first + part.columns);
      return {
        dpar: part.parameter,
        intercept: part.intercept,
        slopes: names.map((name) => shortName(name, part.parameter)),
        groups: groupsOf(part.parameter),
        smooths: smoothsOf(part.parameter),
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

/** brms' name of a smooth term, without that of its parameter: `sx`, `sx:ga` for a level, `gpx`, `gpxga`. */
export function smoothName({ kind, label }: Pick<SmoothDesign, 'kind' | 'label'>): string {
  const name = coefficientName(label);
  return kind === 'spline' ? name : name.replaceAll(':', '');
}

/** The name of a spline's coefficient without a penalty. */
export function lineName(spline: SmoothDesign): string {
  return `${smoothName(spline)}_1`;
}

interface SmoothTargets {
  /** Of the coefficient without a penalty, which a spline has. */
  readonly line: PriorTarget | null;
  /** Of the standard deviation of a spline; of those of a Gaussian process and its length-scale. */
  readonly further: readonly PriorTarget[];
}

/** The targets of the priors of a smooth term. As in brms, the levels of `by` share the standard deviation's prior. */
export function targetsOfSmooth(smooth: SmoothDesign): SmoothTargets {
  const { kind, text, parameter } = smooth;
  const of = parameter === undefined ? {} : { dpar: parameter };
  if (kind === 'process') {
    const coef = smoothName(smooth);
    return {
      line: null,
      further: [
        { class: 'sdgp', coef, ...of },
        { class: 'lscale', coef, ...of },
      ],
    };
  }
  return {
    line: { class: 'b', coef: lineName(smooth), ...of },
    further: [{ class: 'sds', coef: text, ...of }],
  };
}
