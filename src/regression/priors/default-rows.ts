/**
 * brms' default priors (2.23): flat for coefficients; Student-t with 3 degrees of freedom for the
 * intercept, standard deviations of group effects and σ; gamma for ν, φ and shapes, but inverse gamma for the shape of counts (since 2.21, #1614, #1819); LKJ with η = 1
 * for correlations. Location and scale of the Student-t are those of the outcomes, on the scale of
 * the linear predictor if the link applies to them; for σ, always on the scale of the outcomes.
 */
import {
  type AuxiliaryName,
  auxiliaryOf,
  type CategoryPredictor,
  type Family,
  isCategoryPredictor,
  isThresholdPredictor,
  type LinkName,
  type PredictedName,
  type ThresholdPredictor,
  traitsOf,
} from '../../../models/families/family.js';
import { parameterLink } from '../../../models/families/parameter-links.js';
import { gapsOf, hasOrder } from '../../../models/families/thresholds.js';
import type { Prior } from '../../../models/prior-distributions.js';
import { correlatedLatents, type RegressionData } from '../../../models/regression-data.js';
import { meanOf } from '../../linear-algebra/sums.js';
import { median, medianAbsoluteDeviation } from '../../posterior/quantiles.js';
import { lengthScalePrior } from './length-scale.js';
import {
  isSmooth,
  linearPredictors,
  type SmoothTerm,
  targetOfShares,
  targetsOfSmooth,
} from './linear-predictors.js';
import type { PriorRow } from './prior-rows.js';

/** The properties of a regression's data that default priors and their resolution depend on. */
export type PriorModel = Pick<
  RegressionData,
  'outcomes' | 'offset' | 'intercept' | 'predictors' | 'groups' | 'parts' | 'terms' | 'latents'
> & {
  /** True if the outcome is a factor, boolean or text; no link is applied to its codes. */
  readonly categorical?: boolean;
  /** True if σ is 0, and has no prior: the errors of the outcomes are known. */
  readonly hasKnownScale?: boolean;
};

const anyShare: Prior = { distribution: 'beta', alpha: 1, beta: 1 };
const cut: Prior = { distribution: 'normal', mean: 0, sd: 3 };
const wideGamma: Prior = { distribution: 'gamma', shape: 0.01, rate: 0.01 };

const onLogScale: Prior = { distribution: 'student_t', df: 3, location: 0, scale: 2.5 };
const onLogitScale: Prior = { distribution: 'logistic', location: 0, scale: 1 };

/** Default priors of the intercepts of parameters' linear predictors, on the scales of their links. */
const defaultIntercepts: Readonly<
  Record<Exclude<PredictedName, CategoryPredictor | ThresholdPredictor>, Prior>
> = {
  sigma: onLogScale,
  nu: { distribution: 'normal', mean: 2.7, sd: 0.8 },
  shape: onLogScale,
  phi: onLogScale,
  zi: onLogitScale,
  hu: onLogitScale,
  zoi: onLogitScale,
  coi: onLogitScale,
  alpha: { distribution: 'normal', mean: 0, sd: 4 },
  disc: { distribution: 'normal', mean: 0, sd: 1 },
  kappa: { distribution: 'normal', mean: 5, sd: 0.8 },
  quantile: onLogitScale,
};

function defaultIntercept(name: PredictedName, family: Family): Prior {
  if (isCategoryPredictor(name) || isThresholdPredictor(name)) return onLogScale;
  if (family.custom)
    return parameterLink(name, family).name === 'logit' ? onLogitScale : onLogScale;
  return defaultIntercepts[name];
}

/** The default prior of each class of parameters, whether or not the model has it. */
export function defaultPriors(
  model: PriorModel,
  family: Family,
): Readonly<Record<'b' | 'Intercept' | 'sd' | AuxiliaryName, Prior>> {
  const { hasScale, isLogarithmic, outcome } = traitsOf(family);
  const { location, scale } = locationAndScale(model, isLogarithmic ? 'log' : family.link);
  // σ is on the scale of the outcomes for every link of the mean.
  const scaleOfOutcomes =
    family.link === 'identity' || !hasScale ? scale : locationAndScale(model, 'identity').scale;
  const studentT = (at: number, width: number): Prior => ({
    distribution: 'student_t',
    df: 3,
    location: at,
    scale: width,
  });
  return {
    b: { distribution: 'flat' },
    Intercept: studentT(location, scale),
    sd: studentT(0, scale),
    sigma: studentT(0, scaleOfOutcomes),
    nu: { distribution: 'gamma', shape: 2, rate: 0.1 },
    shape: outcome === 'count' ? { distribution: 'inv_gamma', shape: 0.4, scale: 0.3 } : wideGamma,
    phi: wideGamma,
    zi: anyShare,
    hu: anyShare,
    zoi: anyShare,
    coi: anyShare,
    alpha: { distribution: 'normal', mean: 0, sd: 4 },
    cutzero: cut,
    cutgap: cut,
    quantile: anyShare,
    kappa: { distribution: 'gamma', shape: 2, rate: 0.01 },
    ...Object.fromEntries(
      (family.custom?.parameters ?? []).map(({ name, prior }) => [name, prior]),
    ),
  };
}

/** One row per class of parameters in the model. */
export function defaultRows(model: PriorModel, family: Family): PriorRow[] {
  const priors = defaultPriors(model, family);
  const rows: PriorRow[] = [];
  const { predicted = [] } = family;
  linearPredictors(model).forEach(({ dpar, intercept, slopes, terms, smooths, groups }, p) => {
    const of = dpar === undefined ? {} : { dpar };
    const atMeans = p === 0 ? priors.Intercept : defaultIntercept(predicted[p - 1], family);
    const isKnown = dpar === undefined && rows.some((row) => row.class === 'b');
    const splines = smooths.filter(({ kind }) => kind === 'spline');
    const count = slopes.length + terms.length + splines.length;
    if (count > 0 && !isKnown) rows.push({ class: 'b', prior: priors.b, ...of });
    if (intercept) rows.push({ class: 'Intercept', prior: atMeans, ...of });
    if (groups.length > 0) rows.push({ class: 'sd', prior: priors.sd, ...of });
    rows.push(...rowsOfSmooths(smooths, priors.sd, of));
  });
  if (model.groups.some(hasCorrelations)) {
    rows.push({ class: 'cor', prior: { distribution: 'lkj', eta: 1 } });
  }
  for (const term of model.terms ?? []) {
    if (isSmooth(term)) continue;
    rows.push({
      ...targetOfShares(term),
      prior: { distribution: 'dirichlet', concentration: [1] },
    });
  }
  if (hasGaps(family)) rows.push({ class: 'delta', prior: { distribution: 'flat' } });
  for (const name of auxiliaryOf(family)) rows.push({ class: name, prior: priors[name] });
  return [...rows, ...latentRows(model)];
}

/**
 * Of noisy predictors flat ones, as in brms; of a predictor with missing values those of a regression of its own, with
 * location and scale from what is observed.
 */
function latentRows({ latents }: PriorModel): PriorRow[] {
  if (!latents) return [];
  const isNoisy = latents.variables.some(({ kind }) => kind === 'noisy');
  const flat: Prior = { distribution: 'flat' };
  return [
    ...(correlatedLatents(latents) > 0
      ? [{ class: 'corme', prior: { distribution: 'lkj', eta: 1 } } as const]
      : []),
    ...(isNoisy
      ? [{ class: 'meanme', prior: flat } as const, { class: 'sdme', prior: flat } as const]
      : []),
    ...latents.variables.flatMap((variable): PriorRow[] => {
      const { kind, name: resp, intercept, predictors, observed, errors } = variable;
      if (kind === 'noisy') return [];
      const known = observed.filter((_, unit) => Number.isFinite(errors[unit]));
      const model = { outcomes: known, offset: null };
      const { location, scale } = locationAndScale(model, 'identity');
      const prior: Prior = { distribution: 'student_t', df: 3, location, scale };
      return [
        ...(predictors.names.length > 0 ? [{ class: 'b', prior: flat, resp } as const] : []),
        ...(intercept ? [{ class: 'Intercept', prior, resp } as const] : []),
        { class: 'sigma', prior: { ...prior, location: 0 }, resp },
      ];
    }),
  ];
}

/**
 * Standard deviations of smooth terms have the prior of those of group effects. That of each length-scale depends on
 * its variable.
 */
function rowsOfSmooths(
  smooths: readonly SmoothTerm[],
  sd: Prior,
  of: Pick<PriorRow, 'dpar'>,
): PriorRow[] {
  const processes = smooths.flatMap((term) => (term.kind === 'process' ? [term] : []));
  return [
    ...(smooths.length > processes.length ? [{ class: 'sds', prior: sd, ...of } as const] : []),
    ...(processes.length > 0
      ? ([
          { class: 'sdgp', prior: sd, ...of },
          { class: 'lscale', prior: { distribution: 'flat' }, ...of },
        ] as const)
      : []),
    ...processes.map((term) => {
      const [, target] = targetsOfSmooth(term).further;
      return { ...target, prior: lengthScalePrior(term) };
    }),
  ];
}

/** True if the gaps between the family's thresholds can have priors: they ascend, or are equidistant, in one group. */
export function hasGaps(family: Family): boolean {
  const isOne = family.thresholdGroups === undefined;
  return isOne && (hasOrder(family) || family.threshold === 'equidistant') && gapsOf(family) > 0;
}

export function hasCorrelations(group: RegressionData['groups'][number]): boolean {
  return group.correlated && group.coefficients.length > 1;
}

/** The outcome as a linear predictor, for links that are defined for all outcomes. */
const links: { readonly [L in LinkName]?: (outcome: number) => number } = {
  identity: (y) => y,
  log: (y) => Math.log(y === 0 ? 0.1 : y),
  inverse: (y) => 1 / (y === 0 ? 0.1 : y),
  sqrt: Math.sqrt,
};

/** brms' `def_scale_prior`. As there, the mean of the offset is subtracted after rounding. */
function locationAndScale(
  model: Pick<PriorModel, 'outcomes' | 'offset' | 'categorical'>,
  name: LinkName,
) {
  const { outcomes, categorical = false } = model;
  const link = links[name];
  if (link === undefined || categorical) return { location: 0, scale: LEAST_SCALE };
  const linked = outcomes.map(link);
  // NaN, for example log of a negative outcome, gives the values without data. + 0 turns −0 into 0.
  const middle = oneDecimal(median(linked)) + 0;
  const location = Number.isFinite(middle) ? middle : 0;
  return {
    location: asPrinted(location - meanOffset(model)),
    scale: asPrinted(defaultScale(linked)),
  };
}

function meanOffset({ offset, outcomes }: Pick<PriorModel, 'outcomes' | 'offset'>): number {
  if (offset === null) return 0;
  const height = offset.length / outcomes.length;
  const mean = meanOf(outcomes.map((_, i) => offset[i * height]));
  return Number.isFinite(mean) ? mean : 0;
}

/** Rounds to 15 significant digits: brms' priors are text, with numbers as R prints them. */
function asPrinted(value: number): number {
  return Number(value.toPrecision(15));
}

const LEAST_SCALE = 2.5;

/** max(2.5, mad(y)) of outcomes on the scale of the linear predictor; 2.5 if any is not finite. */
function defaultScale(outcomes: ArrayLike<number>): number {
  const scale = oneDecimal(medianAbsoluteDeviation(outcomes));
  return Number.isFinite(scale) ? Math.max(LEAST_SCALE, scale) : LEAST_SCALE;
}

/** Rounds to the nearest decimal, ties to even, as R 4's `round(x, 1)`. */
function oneDecimal(value: number): number {
  const tenths = Math.floor(value * 10);
  const low = tenths / 10;
  const high = Math.ceil(value * 10) / 10;
  const down = value - low;
  const up = high - value;
  return down < up || (down === up && tenths % 2 === 0) ? low : high;
}
