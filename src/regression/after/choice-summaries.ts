/**
 * What users of choice models ask of a fit: the share of the choices that options of each kind have, and how
 * much of one attribute makes up for another.
 */
import { nameOf } from '../../../models/families/family.js';
import { requireProbability } from '../../checks/options.js';
import { badArgument, described } from '../../checks/values.js';
import { type DataInput, hasColumn, labelsOf, type Table, tableOf } from '../../formula/table.js';
import { parameterDraws } from '../../posterior/draws.js';
import {
  estimateLines,
  type PointSummary,
  type PointSummaryOptions,
  pointSummary,
} from '../../posterior/point-summary.js';
import { fixed, type Printable, printable } from '../../posterior/printable.js';
import type { FittedRegression } from '../fitted-regression.js';
import { isChoice } from './choices.js';
import { layoutOf } from './layout.js';
import type { LinearPredictorOptions } from './linear-predictor.js';
import { predictedData } from './new-data.js';
import { eachRow, meanOutcomes } from './predictions.js';

export interface SharesOptions extends PointSummaryOptions, LinearPredictorOptions {
  /** The column whose values are the kinds of options: `brand`. */
  readonly by: string;
  /** Whole choice sets, with the columns of the formula and `by`. @default the rows of the fit */
  readonly data?: DataInput;
}

/** The share of the choices that options of a kind have. */
export interface ChoiceShare extends PointSummary {
  /** Value of the column `by`. */
  readonly level: string;
  /** Their share among the choices of the fit; absent for other data. */
  readonly observed?: number;
}

/**
 * The share of the choice sets in which an option of each kind is chosen: the sum of their probabilities over
 * the options, divided by the number of sets.
 *
 * @throws WeighbridgeError `bad-argument` for a family without choice sets, or a column that is not there
 */
export function shares(
  fit: FittedRegression,
  options: SharesOptions,
): readonly ChoiceShare[] & Printable {
  const { by, mass = 0.95, robust = false, ...others } = options;
  requireProbability('mass', mass);
  const { labels } = kindsOf(fit, 'shares', options);
  const sets = predictedData(fit, options.data, options.groups ?? 'all').sets()?.count ?? 0;
  const sums = new Map<string, Float64Array>();
  const chosen = new Map<string, number>();
  const outcomes = fit.frame.response.values;
  eachRow(fit, meanOutcomes, others, (row, probabilities) => {
    const label = labels[row];
    const sum = sums.get(label) ?? new Float64Array(probabilities.length);
    for (let s = 0; s < sum.length; s++) sum[s] += probabilities[s] / sets;
    sums.set(label, sum);
    chosen.set(label, (chosen.get(label) ?? 0) + (outcomes[row] === 1 ? 1 / sets : 0));
  });
  const rows = [...sums].map(
    ([level, draws]): ChoiceShare => ({
      level,
      ...(options.data === undefined && { observed: chosen.get(level) ?? 0 }),
      ...pointSummary(draws, { mass, robust }),
    }),
  );
  return printable(rows, () => shareLines(rows, mass).join('\n'));
}

/**
 * The rows of choice sets, and the kind of option of each.
 *
 * @param asked for messages
 * @throws WeighbridgeError `bad-argument` for a family without choice sets, or a column that is not there
 */
export function kindsOf(
  fit: FittedRegression,
  asked: string,
  { by, data }: Pick<SharesOptions, 'by' | 'data'>,
): { readonly table: Table; readonly labels: readonly string[] } {
  if (!isChoice(fit)) {
    throw badArgument(
      `${asked} is for choices, which a ${nameOf(fit.family)} regression has not: expected conditional_logit`,
    );
  }
  const table = data === undefined ? fit.frame.table : tableOf(data);
  if (typeof by !== 'string' || !hasColumn(table, by)) {
    const found =
      typeof by === 'string' ? `by is ${by}, which is no column` : `by is ${described(by)}`;
    throw badArgument(`${found}; expected a column of ${columnsTold(fit, data === undefined)}`);
  }
  return { table, labels: labelsOf(table.columns[by]).map((label) => label ?? '') };
}

function columnsTold({ frame }: FittedRegression, isOwn: boolean): string {
  if (!isOwn) return 'data';
  return `the formula, ${Object.keys(frame.table.columns).join(', ')}, or of the option data`;
}

function shareLines(rows: readonly ChoiceShare[], mass: number): string[] {
  return estimateLines({
    rows,
    mass,
    label: ({ level }) => level,
    leading: (shown) =>
      shown.some(({ observed }) => observed !== undefined)
        ? [{ head: 'Observed', cells: shown.map(({ observed = 0 }) => fixed(observed, 4)) }]
        : [],
  });
}

export interface TradeOffOptions extends Pick<PointSummaryOptions, 'mass'> {
  /** The predictor in whose unit the others are measured: `price`. */
  readonly per: string;
}

/** How much of the predictor `per` makes up for one unit of another. */
export interface TradeOff extends PointSummary {
  /** The other predictor. */
  readonly name: string;
}

/**
 * Trade-off ratios of population-level coefficients, −b_j / b_per: the change of `per` after which an option is
 * as good as before one more unit of predictor j; with a price, the willingness to pay. For any family.
 * Estimates are medians, because a ratio has no mean where its denominator may be zero.
 *
 * @throws WeighbridgeError `bad-argument` for a predictor that the fit has not
 */
export function tradeOffs(
  fit: FittedRegression,
  options: TradeOffOptions,
): readonly TradeOff[] & Printable & { readonly notes: readonly string[] } {
  const { per, mass = 0.95 } = options;
  requireProbability('mass', mass);
  const { coefficients, intercepts } = layoutOf(fit);
  const names = coefficients.slice(intercepts);
  const { parts = [] } = fit.specification.data;
  const isIntercept = (place: number) =>
    parts.some(({ intercept, first }) => intercept && first === place);
  const denominator = names.indexOf(per);
  if (denominator < 0) {
    throw badArgument(`per is ${described(per)}, expected a predictor: ${names.join(', ')}`);
  }
  const drawsOf = (place: number) => parameterDraws(fit.draws, intercepts + place);
  const below = drawsOf(denominator);
  const rows = names.flatMap((name, place): TradeOff[] => {
    if (place === denominator || isIntercept(place)) return [];
    const ratios = drawsOf(place).map((value, s) => -value / below[s]);
    return [{ name, ...pointSummary(ratios, { mass, robust: true }) }];
  });
  const positive = below.filter((value) => value > 0).length / below.length;
  const sure = Math.max(positive, 1 - positive);
  const notes =
    sure >= (1 + mass) / 2
      ? []
      : [
          `the sign of b_${per} is certain to ${fixed(sure, 3)} only: ratios to it may have any size`,
        ];
  const told = { notes };
  return Object.assign(
    printable(rows, () =>
      [...estimateLines({ rows, mass, label: ({ name }) => name }), ...notes].join('\n'),
    ),
    told,
  );
}
