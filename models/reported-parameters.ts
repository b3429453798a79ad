/**
 * The reported parameters of a regression, with brms' names and order, and the linear predictor of a
 * row for given parameters,
 *
 *     η_i = offset_i + b_Intercept + Σ_j b_j x_ij + Σ_terms Σ_c r[level of i, c] z_ic
 *
 * with the intercept at predictors of zero. A row of draws holds all of these for every sampling
 * method.
 *
 * The order: b_Intercept, or the thresholds b_Intercept[k] of an ordinal family, and b_NAME; of all group terms sd_GROUP__NAME, then of all
 * cor_GROUP__NAME__OTHER, pairs as (1,2), (1,3), (2,3), …; the family's own (sigma, nu, shape);
 * then r_GROUP[LEVEL,NAME], all levels of the first coefficient before the next.
 */

import { logProbabilityOfChoices, stagesOf } from './families/conditional-logit.js';
import {
  auxiliaryOf,
  isCategoryPredictor,
  isPredictable,
  type PredictedName,
  withoutPredicted,
} from './families/family.js';
import { responseDistribution } from './families/index.js';
import { type ParameterLink, parameterLink } from './families/parameter-links.js';
import { thresholdsOf } from './families/thresholds.js';
import {
  type GroupEffects,
  membersOf,
  outcomesOf,
  predictorsPerRow,
  type RegressionData,
  type RegressionSpecification,
} from './regression-data.js';

/** Positions of the reported parameters, from 0. */
interface ReportedLayout {
  /** 1 with an intercept, which then comes first; otherwise 0. */
  readonly intercept: number;
  /** Number of thresholds, which come first in place of an intercept. */
  readonly thresholds: number;
  /** Start of the slopes b_NAME. */
  readonly slopes: number;
  readonly sds: number;
  readonly correlations: number;
  readonly auxiliary: number;
  /** Start of r_GROUP[…] of each group term. */
  readonly groupEffects: readonly number[];
  /** Number of reported parameters. */
  readonly length: number;
}

/** A specification without its priors: what predictions need. */
type Predicted = Pick<RegressionSpecification, 'family' | 'data'>;

export function reportedLayout({ family, data }: Predicted): ReportedLayout {
  const thresholds = thresholdsOf(family);
  const intercept = data.intercept && thresholds === 0 ? 1 : 0;
  const slopes = intercept + thresholds;
  const sds = slopes + data.predictors.names.length;
  const correlations = sds + sumOver(data.groups, ({ coefficients }) => coefficients.length);
  const auxiliary = correlations + sumOver(data.groups, numberOfCorrelations);
  let length = auxiliary + auxiliaryOf(family).length;
  const groupEffects = data.groups.map(({ coefficients, levels }) => {
    const start = length;
    length += coefficients.length * levels.length;
    return start;
  });
  return {
    intercept,
    thresholds,
    slopes,
    sds,
    correlations,
    auxiliary,
    groupEffects,
    length,
  };
}

/** Where a parameter of the family's distribution comes from. */
type ParameterSource =
  | { readonly kind: 'reported'; readonly place: number }
  /** The place of its linear predictor among those of a row, from 1, and its link. */
  | { readonly kind: 'predicted'; readonly of: number; readonly link: ParameterLink };

/** The sources of the parameters that the family's distribution takes: thresholds, the auxiliary ones, disc. */
export function distributionSources(predicted: Predicted): ParameterSource[] {
  const { family } = predicted;
  const { thresholds, auxiliary } = reportedLayout(predicted);
  const constant = auxiliaryOf(family);
  const reported = (place: number): ParameterSource => ({ kind: 'reported', place });
  const ofPredicted = (name: PredictedName): ParameterSource => ({
    kind: 'predicted',
    of: 1 + (family.predicted ?? []).indexOf(name),
    link: parameterLink(name),
  });
  return [
    ...Array.from({ length: thresholds }, (_, k) => reported(k)),
    ...auxiliaryOf(withoutPredicted(family)).map((name) =>
      isPredictable(name) && !constant.includes(name)
        ? ofPredicted(name)
        : reported(auxiliary + constant.indexOf(name)),
    ),
    ...(family.predicted ?? [])
      .filter((name) => name === 'disc' || isCategoryPredictor(name))
      .map(ofPredicted),
  ];
}

/** Sets the parameters of the family's distribution for a row, from reported parameters and η of all rows. */
export function parametersOfRow(
  predicted: Predicted,
): (row: number, parameters: Float64Array, eta: Float64Array, target: Float64Array) => void {
  const sources = distributionSources(predicted);
  const height = predictorsPerRow(predicted.data);
  return (row, parameters, eta, target) => {
    sources.forEach((source, a) => {
      target[a] =
        source.kind === 'reported'
          ? parameters[source.place]
          : source.link.inverse(eta[row * height + source.of]);
    });
  };
}

/** Names in the order of the layout. */
export function reportedNames({ family, data }: Predicted): string[] {
  const { groups, predictors } = data;
  const thresholds = thresholdsOf(family);
  const intercepts = thresholds === 0 && data.intercept ? ['b_Intercept'] : [];
  return [
    ...intercepts,
    ...Array.from({ length: thresholds }, (_, k) => `b_Intercept[${k + 1}]`),
    ...predictors.names.map((name) => `b_${name}`),
    ...groups.flatMap(({ group, coefficients }) => coefficients.map((c) => `sd_${group}__${c}`)),
    ...groups.flatMap(correlationNames),
    ...auxiliaryOf(family),
    ...groups.flatMap(effectNames),
  ];
}

/** `r_g[a,x]`; of a parameter's linear predictor `r_g__sigma[a,x]`. */
function effectNames({ group, coefficients, levels, parameter }: GroupEffects): string[] {
  const term = parameter === undefined ? group : `${group}__${parameter}`;
  const prefix = parameter === undefined ? 0 : parameter.length + 1;
  return coefficients.flatMap((c) =>
    // As in brms, names have no white space.
    levels.map((level) => `r_${term}[${level.replaceAll(/[ \t\r\n]/g, '.')},${c.slice(prefix)}]`),
  );
}

/** (1,2), (1,3), (2,3), …; empty for a term without correlations. */
function correlationNames({ group, coefficients, correlated }: GroupEffects): string[] {
  if (!correlated) return [];
  return coefficients.flatMap((second, j) =>
    coefficients.slice(0, j).map((first) => `cor_${group}__${first}__${second}`),
  );
}

function numberOfCorrelations({ coefficients, correlated }: GroupEffects): number {
  return correlated ? (coefficients.length * (coefficients.length - 1)) / 2 : 0;
}

function sumOver<T>(items: readonly T[], count: (item: T) => number): number {
  return items.reduce((sum, item) => sum + count(item), 0);
}

/** Writes η of all rows, including group effects, for reported parameters; of several linear predictors, all of row after row. */
type LinearPredictor = (parameters: Float64Array, eta: Float64Array) => void;

/**
 * The linear predictor of rows: those of a fit, or new ones with the same columns and group terms.
 * A row with an unknown level (`levelOf` −1) has no effect of that group.
 */
export function etaOf(predicted: Predicted): LinearPredictor {
  const { data } = predicted;
  const layout = reportedLayout(predicted);
  const { rows } = data.predictors;
  return (parameters, eta) => {
    for (let i = 0; i < rows; i++) eta[i] = data.offset ? data.offset[i] : 0;
    addPopulation(data, layout, parameters, eta);
    data.groups.forEach((group, term) => {
      addGroup(group, parameters, layout.groupEffects[term], eta);
    });
  };
}

function addPopulation(
  data: RegressionData,
  { intercept, slopes }: ReportedLayout,
  parameters: Float64Array,
  eta: Float64Array,
): void {
  const { predictors } = data;
  const k = predictors.names.length;
  const height = predictorsPerRow(data);
  for (let i = 0; i < predictors.rows; i++) {
    let sum = intercept === 1 && i % height === 0 ? parameters[0] : 0;
    for (let j = 0; j < k; j++) sum += parameters[slopes + j] * predictors.values[i * k + j];
    eta[i] += sum;
  }
}

/** @param start of the term's effects among the parameters, [coefficient][level] */
function addGroup(
  group: GroupEffects,
  parameters: Float64Array,
  start: number,
  eta: Float64Array,
): void {
  const { coefficients, levels } = group;
  const width = coefficients.length;
  for (const { levelOf, values } of membersOf(group)) {
    for (let i = 0; i < levelOf.length; i++) {
      const level = levelOf[i];
      if (level < 0) continue;
      for (let c = 0; c < width; c++) {
        eta[i] += parameters[start + c * levels.length + level] * values[i * width + c];
      }
    }
  }
}

/**
 * The auxiliary parameters of a row's own distribution: with the known standard error s, σ is √(σ² + s²).
 *
 * @param errors of the rows, if they have them
 * @param aux one array per auxiliary parameter, σ first
 * @returns arrays that are valid until the next row
 */
export function auxiliaryOfRows(
  errors: Float64Array | null | undefined,
  aux: readonly Float64Array[],
): (row: number) => readonly Float64Array[] {
  if (!errors) return () => aux;
  const [sigmas] = aux;
  const own = [new Float64Array(sigmas.length)];
  return (row) => {
    for (let s = 0; s < sigmas.length; s++) {
      own[0][s] = Math.sqrt(sigmas[s] * sigmas[s] + errors[row] * errors[row]);
    }
    return own;
  };
}

/** Overwrites each η_s of a row by the row's log likelihood at it. */
export type RowDensities = (row: number, eta: Float64Array) => void;

/**
 * The log likelihoods of rows, with all constants: log p(y_i | η, aux), times the row's weight, as brms'
 * `log_lik` has it.
 *
 * @param aux one array per parameter of `distributionSources`, each with one number per η
 */
export function rowDensities(
  { family, data }: Predicted,
  aux: readonly Float64Array[],
): RowDensities {
  const { outcomes, trials, weights, errors } = data;
  const { logDensities } = responseDistribution(family);
  const write = logDensities(aux);
  const auxOf = auxiliaryOfRows(errors, aux);
  return (row, eta) => {
    (errors ? logDensities(auxOf(row)) : write)(outcomes[row], trials ? trials[row] : 1, eta);
    if (weights) for (let s = 0; s < eta.length; s++) eta[s] *= weights[row];
  };
}

/** Writes log p(y_i | parameters) of all rows, with all constants, for reported parameters. */
type RowLogLikelihood = (parameters: Float64Array, target: Float64Array) => void;

/**
 * The terms of LOO, WAIC and power-scaling, group effects included. The log likelihood of a choice set
 * stands at its first row, and the other rows have 0.
 */
export function rowLogLikelihood(predicted: Predicted): RowLogLikelihood {
  if (predicted.data.sets) return setLogLikelihood(predicted);
  const { data } = predicted;
  const { rows } = data;
  const height = predictorsPerRow(data);
  const eta = new Float64Array(height * rows);
  const one = new Float64Array(1);
  const writeEta = etaOf(predicted);
  const writeOwn = parametersOfRow(predicted);
  const own = new Float64Array(distributionSources(predicted).length);
  const write = (row: number, parameters: Float64Array) => {
    writeOwn(row, parameters, eta, own);
    return rowDensities(
      predicted,
      Array.from(own, (value) => Float64Array.of(value)),
    );
  };
  return (parameters, target) => {
    writeEta(parameters, eta);
    const ofAll = height === 1 ? write(0, parameters) : null;
    for (let i = 0; i < rows; i++) {
      const ofRow = ofAll ?? write(i, parameters);
      one[0] = eta[height * i];
      ofRow(i, one);
      target[i] = one[0];
    }
  };
}

function setLogLikelihood(predicted: Predicted): RowLogLikelihood {
  const { options, starts, chosen } = stagesOf(outcomesOf(predicted.data));
  const eta = new Float64Array(options.length);
  const writeEta = etaOf(predicted);
  return (parameters, target) => {
    writeEta(parameters, eta);
    const ordered = Float64Array.from(options, (row) => eta[row]);
    target.fill(0);
    for (let set = 0; set < chosen.length; set++) {
      const first = options.subarray(starts[set], starts[set + 1]).reduce((a, b) => Math.min(a, b));
      const own = ordered.subarray(starts[set], starts[set + 1]);
      target[first] = logProbabilityOfChoices(own, chosen[set]);
    }
  };
}
