/**
 * brms' default priors (2.18): flat for coefficients; Student-t with 3 degrees of freedom for the
 * intercept and standard deviations of group effects, located and scaled by the outcomes on the scale
 * of the linear predictor where the link can be applied to them, and for σ by the outcomes; gamma for ν and the shape;
 * LKJ with η = 1 for correlations.
 */
import {
  type AuxiliaryName,
  auxiliaryOf,
  type Family,
  type LinkName,
} from '../../../models/families/family.js';
import type { Prior } from '../../../models/prior-distributions.js';
import type { RegressionData } from '../../../models/regression-data.js';
import { median } from '../../posterior/order.js';
import { defaultScale, oneDecimal } from '../default-priors.js';
import type { PriorRow } from './prior-rows.js';

/** What of a regression's data its default priors and the rules of resolving them depend on. */
export type PriorModel = Pick<
  RegressionData,
  'outcomes' | 'offset' | 'intercept' | 'predictors' | 'groups'
> & {
  /** Whether the outcome is a factor, boolean or text: then no link is applied to its codes. */
  readonly categorical?: boolean;
};

/** Rows of whole classes, of those classes that the model has. */
export function defaultRows(model: PriorModel, family: Family): PriorRow[] {
  const { location, scale } = locationAndScale(model, family.link);
  const studentT = (at: number, width: number): Prior => ({
    distribution: 'student_t',
    df: 3,
    location: at,
    scale: width,
  });
  const auxiliary: Readonly<Record<AuxiliaryName, Prior>> = {
    // σ is on the scale of the outcomes, whatever the link of the mean.
    sigma: studentT(0, locationAndScale(model, 'identity').scale),
    nu: { distribution: 'gamma', shape: 2, rate: 0.1 },
    shape: { distribution: 'gamma', shape: 0.01, rate: 0.01 },
  };
  const rows: PriorRow[] = [];
  if (model.predictors.names.length > 0) {
    rows.push({ class: 'b', prior: { distribution: 'flat' } });
  }
  if (model.intercept) rows.push({ class: 'Intercept', prior: studentT(location, scale) });
  if (model.groups.length > 0) rows.push({ class: 'sd', prior: studentT(0, scale) });
  if (model.groups.some(hasCorrelations)) {
    rows.push({ class: 'cor', prior: { distribution: 'lkj', eta: 1 } });
  }
  for (const name of auxiliaryOf(family)) rows.push({ class: name, prior: auxiliary[name] });
  return rows;
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

/** brms' `def_scale_prior`. The mean of the offset is taken off after rounding, as there. */
function locationAndScale({ outcomes, offset, categorical = false }: PriorModel, name: LinkName) {
  const link = links[name];
  if (link === undefined || categorical) return { location: 0, scale: 2.5 };
  const linked = outcomes.map(link);
  // A NaN, as the log of a negative outcome, makes both what they are without data. 0 for −0.
  const middle = oneDecimal(median(linked)) + 0;
  const location = Number.isFinite(middle) ? middle : 0;
  return { location: asPrinted(location - meanOf(offset)), scale: asPrinted(defaultScale(linked)) };
}

function meanOf(offset: Float64Array | null): number {
  if (offset === null) return 0;
  const first = sum(offset) / offset.length;
  if (!Number.isFinite(first)) return 0;
  // R's mean is exact to the last digit by a second pass over what the first has left.
  return first + sum(offset.map((value) => value - first)) / offset.length;
}

function sum(values: Float64Array): number {
  return values.reduce((total, value) => total + value, 0);
}

/** With 15 significant digits: brms' priors are text, of numbers as R prints them. */
function asPrinted(value: number): number {
  return Number(value.toPrecision(15));
}
