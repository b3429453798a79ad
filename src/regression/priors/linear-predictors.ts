/** The linear predictors of a regression one by one, with names as brms' priors have them. */
import type { SpecialTerm } from '../../../models/coefficient-blocks.js';
import { type Family, isThresholdPredictor } from '../../../models/families/family.js';
import { thresholdSpans } from '../../../models/families/thresholds.js';
import { termsIn } from '../../../models/one-predictor.js';
import {
  columnsOfMean,
  type GroupEffects,
  parameterOfEffect,
} from '../../../models/regression-data.js';
import type { PriorModel } from './default-rows.js';
import type { PriorTarget } from './prior-rows.js';

/** A spline or a Gaussian process. */
export type SmoothTerm = Exclude<SpecialTerm, { readonly kind: 'monotonic' }>;

export function isSmooth(term: SpecialTerm): term is SmoothTerm {
  return term.kind !== 'monotonic';
}

interface LinearPredictorNames {
  /** The parameter; undefined for the mean, and for effects on single thresholds, which have its priors. */
  readonly dpar: string | undefined;
  readonly intercept: boolean;
  /** Slopes, without the parameter's name. */
  readonly slopes: readonly string[];
  /** Names of monotonic effects mo(x), whose columns have no coefficients of their own; without the parameter's name. */
  readonly terms: readonly string[];
  readonly smooths: readonly SmoothTerm[];
  /** Group terms, with their coefficients in this linear predictor, without the parameter's name. */
  readonly groups: readonly Pick<GroupEffects, 'group' | 'coefficients'>[];
}

/** That of the mean first. */
export function linearPredictors(model: PriorModel): LinearPredictorNames[] {
  const { intercept, predictors, groups, parts = [], terms = [] } = model;
  const termsOf = (parameter: string | undefined) =>
    terms
      .filter((term) => term.kind === 'monotonic' && term.parameter === parameter)
      .map(({ name }) => shortName(name, parameter));
  const smoothsOf = (parameter: string | undefined) =>
    terms.filter(isSmooth).filter((term) => term.parameter === parameter);
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
      terms: termsOf(undefined),
      smooths: smoothsOf(undefined),
      groups: groupsOf(undefined),
    },
    ...parts.map((part) => {
      const first = part.first + (part.intercept ? 1 : 0);
      const names = predictors.names.slice(first, part.first + part.columns);
      return {
        dpar: isThresholdPredictor(part.parameter) ? undefined : part.parameter,
        intercept: part.intercept,
        slopes: names.map((name) => shortName(name, part.parameter)),
        terms: termsOf(part.parameter),
        smooths: smoothsOf(part.parameter),
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

/** The target of the prior of the size of a special term. */
export function targetOfTerm({ name, parameter }: SpecialTerm): PriorTarget {
  const coef = shortName(name, parameter);
  return { class: 'b', coef, ...(parameter !== undefined && { dpar: parameter }) };
}

/** The target of the prior of the shares of a monotonic effect's steps. */
export function targetOfShares({ name, parameter }: SpecialTerm): PriorTarget {
  const coef = `${shortName(name, parameter)}1`;
  return { class: 'simo', coef, ...(parameter !== undefined && { dpar: parameter }) };
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

/** The target of the prior of each threshold: of equidistant ones, those of a group have one. */
export function targetsOfThresholds(family: Family): PriorTarget[] {
  const isAlone = family.threshold === 'equidistant';
  return thresholdSpans(family).flatMap(({ name, count }) =>
    Array.from({ length: count }, (_, k) => ({
      class: 'Intercept' as const,
      ...(!isAlone && { coef: String(k + 1) }),
      ...(name !== null && { group: name }),
    })),
  );
}

/** The name of a spline's coefficient without a penalty, without that of the parameter: `sx_1`. */
export function lineName({ name, parameter }: SmoothTerm): string {
  return `${shortName(name, parameter)}_1`;
}

interface SmoothTargets {
  /** Target of the coefficient without a penalty; null for a term that has none. */
  readonly line: PriorTarget | null;
  /** Targets of a spline's standard deviation, or of a Gaussian process' standard deviation and length-scale. */
  readonly further: readonly PriorTarget[];
}

/** The targets of the priors of a smooth term. As in brms, the levels of `by` share the prior of class sds. */
export function targetsOfSmooth(term: SmoothTerm): SmoothTargets {
  const { name, parameter } = term;
  const of = parameter === undefined ? {} : { dpar: parameter };
  if (term.kind === 'process') {
    const coef = shortName(name, parameter);
    return {
      line: null,
      further: [
        { class: 'sdgp', coef, ...of },
        { class: 'lscale', coef, ...of },
      ],
    };
  }
  return {
    line: { class: 'b', coef: lineName(term), ...of },
    further: [{ class: 'sds', coef: term.text, ...of }],
  };
}
