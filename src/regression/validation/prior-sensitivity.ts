/**
 * Sensitivity of the posterior to its prior. Prior and likelihood are each raised to a power near
 * 1, and the change of the marginal posteriors is measured (src/posterior/power-scaling.ts; the R
 * package priorsense 1.2). All priors are scaled together, or those of a class or of a tag; among them
 * those of the standard deviations of group effects, but not the distribution of the group effects,
 * which is part of the model.
 */

import { columnsOfTerms } from '../../../models/coefficient-blocks.js';
import { auxiliaryOf } from '../../../models/families/family.js';
import {
  isJoint,
  lkjLogDensity,
  type Prior,
  priorDensity,
} from '../../../models/prior-distributions.js';
import {
  centrePredictors,
  columnsOfMean,
  type RegressionSpecification,
} from '../../../models/regression-data.js';
import { latentLayout } from '../../../models/reported-latents.js';
import { reportedLayout } from '../../../models/reported-parameters.js';
import { requireOneOf } from '../../checks/options.js';
import { badArgument, described } from '../../checks/values.js';
import { parametersNamed } from '../../fit/intervals.js';
import { parameterDraws } from '../../posterior/draws.js';
import {
  type PowerScaling,
  powerScaling,
  powerSensitivity,
} from '../../posterior/power-scaling.js';
import { type Printable, printable, rounded, textTable } from '../../posterior/printable.js';
import { THRESHOLDS } from '../../posterior/thresholds.js';
import type { FittedRegression } from '../fitted-regression.js';
import {
  isSmooth,
  targetsOfColumns,
  targetsOfSds,
  targetsOfThresholds,
} from '../priors/linear-predictors.js';
import type { PriorClass, PriorTarget } from '../priors/prior-rows.js';
import { keyOf } from '../priors/slots.js';
import { eachDraw, isPartOfEffect, totalLogLikelihood } from './criteria.js';

export type SensitivityDiagnosis =
  /** Both change the posterior: they conflict, or both are informative. */
  | 'prior-data conflict'
  /** The prior changes the posterior, the likelihood hardly does. */
  | 'strong prior / weak likelihood'
  | '-';

export interface SensitivityRow {
  readonly name: string;
  /** The priors that were scaled: `all`, a class, or a tag (`untagged` for those without one). */
  readonly priors: string;
  /** Distance from the posterior per unit of log₂ of the prior's power; at least 0. */
  readonly prior: number;
  /** The same for the likelihood's power. */
  readonly likelihood: number;
  readonly diagnosis: SensitivityDiagnosis;
}

/** Prints in the format of priorsense. */
export interface PriorSensitivity extends Printable {
  /** Threshold above which a sensitivity is reported. @default 0.05 */
  readonly threshold: number;
  readonly rows: readonly SensitivityRow[];
  /**
   * The larger k̂ of the importance weights at both powers; above 0.7, the results are unreliable.
   * null for a constant component, for example a flat prior. `prior` is the largest of all classes or
   * tags.
   */
  readonly paretoK: { readonly prior: number | null; readonly likelihood: number | null };
  readonly warnings: readonly string[];
}

export interface PriorSensitivityOptions {
  /**
   * Priors to scale together: all; those of each class; or those of each tag, which
   * `normal(0, 1).on('b', { tag: 'weights' })` gives them.
   *
   * @default 'all'
   */
  readonly by?: 'all' | 'class' | 'tag';
  /** Names of parameters; coefficients with or without `b_`. @default all but the group effects */
  readonly parameters?: string | readonly string[];
  /** @default 0.05 */
  readonly threshold?: number;
}

/** As in priorsense: the posterior moves by about a quarter of its sd if a power is doubled. */
const THRESHOLD = 0.05;

/** @throws WeighbridgeError `bad-argument` for a parameter that the fit does not have */
export function priorSensitivity(
  fit: FittedRegression,
  { by = 'all', parameters, threshold = THRESHOLD }: PriorSensitivityOptions = {},
): PriorSensitivity {
  if (!(typeof threshold === 'number' && threshold >= 0)) {
    throw badArgument(`threshold is ${described(threshold)}, but must be a number of at least 0`);
  }
  requireOneOf('by', by, ['all', 'class', 'tag']);
  if (!hasPriorSensitivity(fit)) {
    throw badArgument(
      'the sensitivity to a shrinkage prior such as horseshoe(), or with terms such as mo(x), cannot be found from draws, which lack the parameters that have the priors: expected a fit without them',
    );
  }
  const { draws } = fit;
  const likelihood = powerScaling(totalLogLikelihood(fit), draws.chains);
  const components = [...logPriorsBy(fit, by)].map(([priors, logPriors]) => ({
    priors,
    scaling: powerScaling(logPriors, draws.chains),
  }));
  const names = namesOf(fit, parameters);
  const rows = components.flatMap(({ priors, scaling }) =>
    names.map((name): SensitivityRow => {
      const values = parameterDraws(draws, name);
      const ofPrior = scaling ? powerSensitivity(values, scaling) : 0;
      const ofLikelihood = likelihood ? powerSensitivity(values, likelihood) : 0;
      const diagnosis = diagnose(ofPrior >= threshold, ofLikelihood >= threshold);
      return { name, priors, prior: ofPrior, likelihood: ofLikelihood, diagnosis };
    }),
  );
  const paretoK = {
    prior: components.reduce<number | null>((worst, { scaling }) => {
      const k = worstK(scaling);
      return k === null ? worst : Math.max(worst ?? k, k);
    }, null),
    likelihood: worstK(likelihood),
  };
  const result: PriorSensitivity = {
    threshold,
    rows,
    paretoK,
    warnings: Object.entries(paretoK).flatMap(([component, k]) =>
      k !== null && !(k <= THRESHOLDS.paretoK)
        ? [
            `Pareto k of the ${component}'s weights is ${k.toFixed(2)}, above ${THRESHOLDS.paretoK}: its sensitivities are not to be trusted`,
          ]
        : [],
    ),
  };
  return printable(result, () => print(result));
}

function namesOf(
  { draws }: FittedRegression,
  wanted: PriorSensitivityOptions['parameters'],
): readonly string[] {
  const { parameterNames } = draws;
  if (wanted !== undefined) return parametersNamed(wanted, parameterNames);
  return parameterNames.filter((name) => !isPartOfEffect(name));
}

function diagnose(byPrior: boolean, byLikelihood: boolean): SensitivityDiagnosis {
  if (!byPrior) return '-';
  return byLikelihood ? 'prior-data conflict' : 'strong prior / weak likelihood';
}

function worstK(scaling: PowerScaling | null): number | null {
  return scaling && Math.max(scaling.lower.paretoK, scaling.upper.paretoK);
}

function print({ rows, warnings }: PriorSensitivity): string {
  const priors = rows.some((row) => row.priors !== 'all')
    ? [{ head: 'priors', cells: rows.map((row) => row.priors) }]
    : [];
  return [
    'Sensitivity based on cjs_dist',
    '',
    ...textTable(
      rows.map(({ name }) => name),
      [
        ...priors,
        { head: 'prior', cells: rows.map(({ prior }) => rounded(prior, 3)) },
        { head: 'likelihood', cells: rows.map(({ likelihood }) => rounded(likelihood, 3)) },
        { head: 'diagnosis', cells: rows.map(({ diagnosis }) => diagnosis) },
      ],
      'variable',
    ),
    ...(warnings.length ? ['', ...warnings] : []),
  ].join('\n');
}

/** Log prior densities at all draws, chain after chain, of all priors or of each class or tag. */
export function logPriorsBy(
  { specification, priors, draws }: Pick<FittedRegression, 'specification' | 'priors' | 'draws'>,
  by: 'all' | 'class' | 'tag',
): ReadonlyMap<string, Float64Array> {
  const tags = new Map(priors.map((row) => [keyOf(row), row.tag]));
  const nameOf = ({ target }: PriorTerm): string =>
    by === 'all' ? 'all' : by === 'class' ? target.class : (tags.get(keyOf(target)) ?? 'untagged');
  const found = new Map<string, Float64Array>();
  const terms = priorTermsOf(specification).map((term) => {
    const name = nameOf(term);
    const sums = found.get(name) ?? new Float64Array(draws.chains * draws.drawsPerChain);
    found.set(name, sums);
    return { sums, logDensity: term.logDensity };
  });
  eachDraw(draws, (values, draw) => {
    for (const { sums, logDensity } of terms) sums[draw] += logDensity(values);
  });
  return found;
}

/** Returns the log prior density as a function of the parameters; flat priors have density 1. */
export function logPriorOf(
  specification: RegressionSpecification,
): (parameters: Float64Array) => number {
  const terms = priorTermsOf(specification);
  return (parameters) => {
    let sum = 0;
    for (const { logDensity } of terms) sum += logDensity(parameters);
    return sum;
  };
}

/** The prior of one parameter, or of one correlation matrix. */
interface PriorTerm {
  readonly target: PriorTarget;
  logDensity(parameters: Float64Array): number;
}

function priorTermsOf(specification: RegressionSpecification): PriorTerm[] {
  const { data, priors, family } = specification;
  const layout = reportedLayout(specification);
  const { means } = centrePredictors(data);
  // Equidistant thresholds: the first and the gap are the only ones of their class.
  const placed = (k: number) => (family.threshold === 'equidistant' ? {} : { coef: String(k + 1) });
  const ofThresholds = targetsOfThresholds(family);
  /** The prior of an intercept is of its value at the means of the predictors, the columns from `first` to `end`. */
  const atMeans = (
    parameters: Float64Array,
    place: number,
    sign: 1 | -1,
    first = 0,
    end = columnsOfMean(data),
  ) => {
    let value = parameters[place];
    for (let j = first; j < end; j++) value += sign * parameters[layout.slopes + j] * means[j];
    return value;
  };
  const term = (
    target: PriorTarget,
    prior: Prior,
    of: (parameters: Float64Array) => number,
  ): PriorTerm => {
    const density = priorDensity(prior);
    return { target, logDensity: (parameters) => density.logDensity(of(parameters)) };
  };
  const single = (target: PriorTarget, prior: Prior, place: number) =>
    term(target, prior, (parameters) => parameters[place]);
  let sd = layout.sds;
  return [
    ...(priors.intercept
      ? [term({ class: 'Intercept' }, priors.intercept, (all) => atMeans(all, 0, 1))]
      : []),
    ...(priors.thresholds ?? []).map((prior, k) =>
      term(ofThresholds[k], prior, (all) =>
        atMeans(all, k, -1, 0, data.intercept ? columnsOfMean(data) : 0),
      ),
    ),
    ...(priors.gaps ?? []).map((prior, j) =>
      term({ class: 'delta', ...placed(j) }, prior, (all) => all[j + 1] - all[j]),
    ),
    ...targetsOfColumns(data).map((target, j) => {
      const part = data.parts?.find(({ first, intercept }) => intercept && first === j);
      const place = layout.slopes + j;
      if (!part) return single(target, priors.coefficients[j], place);
      return term(target, priors.coefficients[j], (all) =>
        atMeans(all, place, 1, j + 1, j + part.columns),
      );
    }),
    ...data.groups.flatMap((group, t) =>
      targetsOfSds(group).map((target, c) => single(target, priors.sds[t][c], sd++)),
    ),
    ...priors.auxiliary.map((prior, a) =>
      single({ class: auxiliaryOf(family)[a] }, prior, layout.auxiliary + a),
    ),
    ...smoothPriors(specification).map(({ name, prior, place }) =>
      single({ class: name }, prior, place),
    ),
    ...correlationPlaces(specification).map(({ eta, group, from, to }) => ({
      target: { class: 'cor', group } as const,
      logDensity: (parameters: Float64Array) => lkjLogDensity(eta, parameters.subarray(from, to)),
    })),
    ...latentTerms(specification),
  ];
}

/** False if parameters with priors of their own are not reported, as under horseshoe() or with mo(x). */
export function hasPriorSensitivity({
  specification: { data, priors },
}: Pick<FittedRegression, 'specification'>): boolean {
  return !priors.coefficients.some(isJoint) && (data.terms ?? []).every(isSmooth);
}

/** The slopes and scales of smooth terms, by their places among the reported parameters. */
function smoothPriors(specification: RegressionSpecification) {
  const { data, priors } = specification;
  const layout = reportedLayout(specification);
  const columns = columnsOfTerms(data).map(([first]) => first);
  return (data.terms ?? []).flatMap(({ kind }, t) => {
    const first = layout.terms[t];
    const further = priors.terms?.[t] ?? [];
    const of = (name: PriorClass, k: number, place: number) => ({ name, prior: further[k], place });
    if (kind === 'spline') {
      return [
        { name: 'b' as const, prior: priors.coefficients[columns[t]], place: first },
        of('sds', 0, first + 1),
      ];
    }
    return kind === 'process' ? [of('sdgp', 0, first), of('lscale', 1, first + 1)] : [];
  });
}

/** The priors of the parameters of latent predictors; their distribution is part of the model. */
function latentTerms(specification: RegressionSpecification): PriorTerm[] {
  const { data, priors } = specification;
  const { latents } = data;
  if (!latents || !priors.latents) return [];
  const { correlation, variables } = priors.latents;
  const layout = latentLayout(latents);
  const first = reportedLayout(specification).latents;
  const from = first + layout.correlations;
  const to = first + layout.variables[0].values;
  const ofVariables = latents.variables.flatMap((variable, k): PriorTerm[] => {
    const { kind, name, intercept, predictors } = variable;
    const own = variables[k];
    const mean = first + layout.variables[k].mean;
    const slopes = mean + Number(intercept);
    const { means } = centrePredictors(variable);
    const isNoisy = kind === 'noisy';
    const atMeans = (all: Float64Array) =>
      means.reduce((sum, value, j) => sum + value * all[slopes + j], all[mean]);
    const term = (
      target: PriorTarget,
      prior: Prior,
      of: (all: Float64Array) => number,
    ): PriorTerm => {
      const density = priorDensity(prior);
      return { target, logDensity: (all) => density.logDensity(of(all)) };
    };
    return [
      ...(own.intercept
        ? [
            term(
              isNoisy ? { class: 'meanme', coef: name } : { class: 'Intercept', resp: name },
              own.intercept,
              atMeans,
            ),
          ]
        : []),
      ...own.coefficients.map((prior, j) =>
        term(
          { class: 'b', coef: predictors.names[j], resp: name },
          prior,
          (all) => all[slopes + j],
        ),
      ),
      term(
        isNoisy ? { class: 'sdme', coef: name } : { class: 'sigma', resp: name },
        own.sd,
        (all) => all[first + layout.variables[k].sd],
      ),
    ];
  });
  const ofCorrelations: PriorTerm = {
    target: { class: 'corme' },
    logDensity: (all) => lkjLogDensity(correlation ?? 1, all.subarray(from, to)),
  };
  return correlation === null ? ofVariables : [...ofVariables, ofCorrelations];
}

/** Offsets of the correlations of each group term that has any. */
function correlationPlaces(specification: RegressionSpecification) {
  const { data, priors } = specification;
  let from = reportedLayout(specification).correlations;
  return data.groups.flatMap(({ group, coefficients }, term) => {
    const eta = priors.correlations[term];
    if (eta === null) return [];
    const start = from;
    from += (coefficients.length * (coefficients.length - 1)) / 2;
    return [{ eta, group, from: start, to: from }];
  });
}
