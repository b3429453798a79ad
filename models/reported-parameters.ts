/**
 * The reported parameters of a regression, with brms' names and order, and the linear predictor of a
 * row for given parameters,
 *
 *     η_i = offset_i + b_Intercept + Σ_j b_j x_ij + Σ_terms Σ_c r[level of i, c] z_ic
 *
 * with the intercept at predictors of zero. A row of draws holds all of these for every sampling
 * method.
 *
 * The order: b_Intercept, or the thresholds b_Intercept[k] of an ordinal family, by group b_Intercept[GROUP,k]; b_NAME,
 * and bcs_NAME[k] at threshold k; of all group terms sd_GROUP__NAME, then of all
 * cor_GROUP__NAME__OTHER, pairs as (1,2), (1,3), (2,3), …; the family's own (sigma, nu, shape); those of terms
 * (bsp_NAME, simo_NAME1[k]), which are reported in place of the coefficients of their columns;
 * those of priors (a scale that slopes share); then r_GROUP[LEVEL,NAME], all levels of the first coefficient before the
 * next; then those of latent predictors (reported-latents.ts), whose slopes are bsp_NAME among the b_NAME.
 */

import { termFunction } from './coefficient-blocks.js';
import { logProbabilityOfChoices, stagesOf } from './families/conditional-logit.js';
import {
  auxiliaryOf,
  isCategoryPredictor,
  isPredictable,
  isThresholdPredictor,
  type PredictedName,
  withoutPredicted,
} from './families/family.js';
import { limitedLogDensities, responseDistribution } from './families/index.js';
import { type ParameterLink, parameterLink } from './families/parameter-links.js';
import {
  mostThresholds,
  thresholdNames,
  thresholdSpans,
  thresholdsOf,
} from './families/thresholds.js';
import {
  type GroupEffects,
  membersOf,
  ordinaryColumns,
  outcomesOf,
  parameterOfEffect,
  predictorsPerRow,
  type RegressionData,
  type RegressionSpecification,
} from './regression-data.js';
import { addLatents, latentLayout, latentNames } from './reported-latents.js';

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
  /** Start of the parameters of each of the data's terms. */
  readonly terms: readonly number[];
  /** Start of the parameters of priors. */
  readonly priorParameters: number;
  /** Start of r_GROUP[…] of each group term. */
  readonly groupEffects: readonly number[];
  /** Start of those of latent predictors. */
  readonly latents: number;
  /** Number of reported parameters. */
  readonly length: number;
}

/** A specification without its priors: what predictions need. */
type Predicted = Pick<RegressionSpecification, 'family' | 'data'>;

export function reportedLayout({ family, data }: Predicted): ReportedLayout {
  const thresholds = thresholdsOf(family);
  const intercept = data.intercept && thresholds === 0 ? 1 : 0;
  const slopes = intercept + thresholds;
  const sds = slopes + ordinaryColumns(data);
  const correlations = sds + sumOver(data.groups, ({ coefficients }) => coefficients.length);
  const auxiliary = correlations + sumOver(data.groups, numberOfCorrelations);
  let length = auxiliary + auxiliaryOf(family).length;
  const terms = (data.terms ?? []).map((term) => {
    const start = length;
    length += termFunction(term).names.length;
    return start;
  });
  const priorParameters = length;
  length += data.priorParameters?.length ?? 0;
  const groupEffects = data.groups.map(({ coefficients, levels }) => {
    const start = length;
    length += coefficients.length * levels.length;
    return start;
  });
  const latents = length;
  if (data.latents) length += latentLayout(data.latents).length;
  return {
    latents,
    intercept,
    thresholds,
    slopes,
    sds,
    correlations,
    auxiliary,
    terms,
    priorParameters,
    groupEffects,
    length,
  };
}

/** Where a parameter of the family's distribution comes from. */
type ParameterSource =
  | { readonly kind: 'reported'; readonly place: number }
  /** The place for rows of each group of thresholds; −1 for a group that has fewer. */
  | { readonly kind: 'by-group'; readonly places: readonly number[] }
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
    link: parameterLink(name, family),
  });
  const spans = thresholdSpans(family);
  const ofThresholds = family.thresholdGroups
    ? Array.from(
        { length: mostThresholds(family) },
        (_, k): ParameterSource => ({
          kind: 'by-group',
          places: spans.map(({ first, count }) => (k < count ? first + k : -1)),
        }),
      )
    : Array.from({ length: thresholds }, (_, k) => reported(k));
  return [
    ...ofThresholds,
    ...auxiliaryOf(withoutPredicted(family)).map((name) =>
      isPredictable(name) && !constant.includes(name)
        ? ofPredicted(name)
        : reported(auxiliary + constant.indexOf(name)),
    ),
    ...(family.predicted ?? [])
      .filter((name) => name === 'disc' || isCategoryPredictor(name) || isThresholdPredictor(name))
      .map(ofPredicted),
  ];
}

/** True if a parameter of the family's distribution differs by row. */
export function variesByRow(predicted: Predicted): boolean {
  return distributionSources(predicted).some(({ kind }) => kind !== 'reported');
}

/** Sets the parameters of the family's distribution for a row, from reported parameters and η of all rows. */
export function parametersOfRow(
  predicted: Predicted,
): (row: number, parameters: Float64Array, eta: Float64Array, target: Float64Array) => void {
  const sources = distributionSources(predicted);
  const { data } = predicted;
  const height = predictorsPerRow(data);
  return (row, parameters, eta, target) => {
    sources.forEach((source, a) => {
      if (source.kind === 'predicted') {
        target[a] = source.link.inverse(eta[row * height + source.of]);
        return;
      }
      const place =
        source.kind === 'reported' ? source.place : source.places[data.thresholdGroup?.[row] ?? 0];
      target[a] = place < 0 ? Number.POSITIVE_INFINITY : parameters[place];
    });
  };
}

/** Names in the order of the layout. */
export function reportedNames({ family, data }: Predicted): string[] {
  const { groups, terms = [], priorParameters = [] } = data;
  const intercepts = thresholdsOf(family) === 0 && data.intercept ? ['b_Intercept'] : [];
  return [
    ...intercepts,
    ...thresholdNames(family).map((name) => `b_${name}`),
    ...slopeNames(data),
    ...groups.flatMap(({ group, coefficients }) => coefficients.map((c) => `sd_${group}__${c}`)),
    ...groups.flatMap(correlationNames),
    ...auxiliaryOf(family),
    ...terms.flatMap((term) => termFunction(term).names),
    ...priorParameters,
    ...groups.flatMap(effectNames),
    ...(data.latents ? latentNames(data.latents) : []),
  ];
}

/** The slopes: `b_x`; at threshold k `bcs_x[k]`; of a latent predictor `bsp_mexs`. */
export function slopeNames(data: RegressionData): string[] {
  const { predictors, parts = [] } = data;
  const latent = new Set(data.latents?.terms.map(({ column }) => column));
  return predictors.names.slice(0, ordinaryColumns(data)).map((name, j) => {
    if (latent.has(j)) return `bsp_${name}`;
    const part = parts.find(({ first, columns }) => j >= first && j < first + columns);
    if (part === undefined || !isThresholdPredictor(part.parameter)) return `b_${name}`;
    const threshold = part.parameter.slice('cs'.length);
    return `bcs_${name.slice(part.parameter.length + 1)}[${threshold}]`;
  });
}

/** `r_g[a,x]`; of a parameter's linear predictor `r_g__sigma[a,x]`. */
function effectNames(term: GroupEffects): string[] {
  const { group, coefficients, levels } = term;
  return coefficients.flatMap((name, c) => {
    const parameter = parameterOfEffect(term, c);
    const of = parameter === undefined ? group : `${group}__${parameter}`;
    const short = parameter === undefined ? name : name.slice(parameter.length + 1);
    // As in brms, names have no white space.
    return levels.map((level) => `r_${of}[${level.replaceAll(/[ \t\r\n]/g, '.')},${short}]`);
  });
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
  const { slopes, latents } = layout;
  const add = addLatents(data, { slopes, first: latents, height: predictorsPerRow(data) });
  return (parameters, eta) => {
    for (let i = 0; i < rows; i++) eta[i] = data.offset ? data.offset[i] : 0;
    addPopulation(data, layout, parameters, eta);
    add(parameters, eta);
    data.groups.forEach((group, term) => {
      addGroup(group, parameters, layout.groupEffects[term], eta);
    });
  };
}

function addPopulation(
  data: RegressionData,
  layout: ReportedLayout,
  parameters: Float64Array,
  eta: Float64Array,
): void {
  const { predictors } = data;
  const k = predictors.names.length;
  const height = predictorsPerRow(data);
  const coefficients = new Float64Array(k);
  writeSlopes(data, layout, parameters, coefficients);
  for (let i = 0; i < predictors.rows; i++) {
    let sum = layout.intercept === 1 && i % height === 0 ? parameters[0] : 0;
    for (let j = 0; j < k; j++) sum += coefficients[j] * predictors.values[i * k + j];
    eta[i] += sum;
  }
}

/** Writes the coefficient of each column of the predictors, of terms too, from the reported parameters of a draw. */
function writeSlopes(
  data: RegressionData,
  { slopes, sds, terms }: Pick<ReportedLayout, 'slopes' | 'sds' | 'terms'>,
  parameters: Float64Array,
  coefficients: Float64Array,
): void {
  coefficients.set(parameters.subarray(slopes, sds));
  let place = sds - slopes;
  data.terms?.forEach((term, t) => {
    const { names, fromReported } = termFunction(term);
    const reported = parameters.subarray(terms[t], terms[t] + names.length);
    fromReported(reported, coefficients.subarray(place, place + term.columns));
    place += term.columns;
  });
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
 * `log_lik` has it. Of a censored row log P(from < Y ≤ to), and of a truncated one less the log probability of its
 * bounds.
 *
 * @returns a function of `aux`: one array per parameter of `distributionSources`, each with one number per η
 */
export function rowDensities({
  family,
  data,
}: Predicted): (aux: readonly Float64Array[]) => RowDensities {
  const { outcomes, trials, weights, errors, limits } = data;
  const weighted =
    (write: RowDensities): RowDensities =>
    (row, eta) => {
      write(row, eta);
      if (weights) for (let s = 0; s < eta.length; s++) eta[s] *= weights[row];
    };
  if (limits) {
    const logDensities = limitedLogDensities(family, { values: outcomes, trials, limits });
    return (aux) => {
      const write = logDensities(aux);
      return weighted((row, eta) => write(row, 1, eta));
    };
  }
  const { logDensities } = responseDistribution(family);
  return (aux) => {
    const write = logDensities(aux);
    const auxOf = auxiliaryOfRows(errors, aux);
    return weighted((row, eta) =>
      (errors ? logDensities(auxOf(row)) : write)(outcomes[row], trials ? trials[row] : 1, eta),
    );
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
  const varies = variesByRow(predicted);
  const eta = new Float64Array(height * rows);
  const one = new Float64Array(1);
  const writeEta = etaOf(predicted);
  const writeOwn = parametersOfRow(predicted);
  const own = new Float64Array(distributionSources(predicted).length);
  const densities = rowDensities(predicted);
  const write = (row: number, parameters: Float64Array) => {
    writeOwn(row, parameters, eta, own);
    return densities(Array.from(own, (value) => Float64Array.of(value)));
  };
  return (parameters, target) => {
    writeEta(parameters, eta);
    const ofAll = varies ? null : write(0, parameters);
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
