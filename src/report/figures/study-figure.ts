/**
 * Figures 2 and 3 of the paper from a reproduction: scatters of reported against learned weights for
 * each model and stage of training, and the correlations as bars. Figure 2 has the instilled
 * preferences, figure 3 the native ones.
 */

import type { Comparison } from '../../analysis/comparisons.js';
import type { Reproduction } from '../../analysis/reproduce.js';
import { type BandPoint, lineBand } from '../../plots/correlation.js';
import { extent } from '../../plots/density.js';
import { sampleMoments } from '../../posterior/convergence.js';
import { type Draws, parameterDraws } from '../../posterior/draws.js';
import type { Interval } from '../../posterior/intervals.js';
import type { Setting, Study } from '../../study/study.js';

export type Condition = 'off-the-shelf' | 'before training' | 'after training';

export interface ScatterPanel {
  /** For example 'GPT-4o, before introspection training'. */
  readonly title: string;
  /** Weights learned from choices, standardized. */
  readonly learned: ArrayLike<number>;
  /** Reported weights, standardized, in the same order. */
  readonly reported: ArrayLike<number>;
  /** 'context: attribute' of each point. */
  readonly labels: readonly string[];
  /**
   * Draws of the line `reported = intercept + slope × learned`. Those of a regression of weights on
   * reports, from which the paper reads its correlation, are first turned (`turnedLine`).
   */
  readonly intercepts: Float64Array;
  readonly slopes: Float64Array;
  /** Sets the colour of the points. */
  readonly condition?: Condition;
  /** As in the table of figures. @default mean and 95% HDI of the slopes */
  readonly correlation?: { readonly r: number; readonly hdi: Interval };
}

export interface CorrelationBar {
  readonly model: string;
  readonly condition: Condition;
  readonly r: number;
  /** 95% HDI. */
  readonly hdi: Interval;
}

export interface StudyFigure {
  readonly title: string;
  /** By model, each before and then after training. */
  readonly panels: readonly ScatterPanel[];
  readonly bars: readonly CorrelationBar[];
  /** Adds a notice to the figure. */
  readonly simulated: boolean;
  /** For example 'learned weight (standardized)'. */
  readonly xLabel: string;
  readonly yLabel: string;
}

/** A point of a scatter. */
interface FigurePoint {
  readonly context: string;
  readonly attribute: string;
  /** Standardized over all contexts that have it. */
  readonly learned: number;
  readonly reported: number;
}

/** The data of a scatter, as in its CSV. */
interface FigureScatter {
  readonly model: string;
  readonly condition: Condition;
  /** Name of the fit whose line is drawn. */
  readonly fit: string;
  readonly points: readonly FigurePoint[];
}

interface FigureBar extends CorrelationBar {
  readonly n: number;
  readonly pearson: number;
}

export interface FigureData {
  readonly name: 'figure-2' | 'figure-3';
  readonly setting: Setting;
  readonly title: string;
  readonly scatters: readonly FigureScatter[];
  /** With the full names of the models. */
  readonly bars: readonly FigureBar[];
}

const conditionKeys: readonly (readonly [Condition, string])[] = [
  ['off-the-shelf', 'off_the_shelf_reports'],
  ['before training', 'reports'],
  ['after training', 'trained_reports'],
];

export function figureData(result: Reproduction, study: Study): FigureData[] {
  return [
    {
      name: 'figure-2',
      setting: 'instilled',
      title: 'Instilled preferences: reported against learned weights',
      ...scattersAndBars(result, study, 'instilled'),
    },
    {
      name: 'figure-3',
      setting: 'native',
      title: 'Native preferences: reported against native weights',
      ...scattersAndBars(result, study, 'native'),
    },
  ];
}

function scattersAndBars(result: Reproduction, study: Study, setting: Setting) {
  const { neverTrained = [] } = result;
  const compared = result.models.flatMap(({ name: model }) =>
    conditionKeys.flatMap(([condition, what]) => {
      if (condition === 'after training' && neverTrained.includes(model)) return [];
      const key = `${model}/${setting}/${what}`;
      const comparison = result.comparisons.find((one) => one.key === key);
      const correlation = result.correlations.get(key);
      return comparison && correlation ? [{ model, condition, comparison, correlation }] : [];
    }),
  );
  return {
    scatters: compared
      .filter(({ condition }) => condition !== 'off-the-shelf')
      .map(({ model, condition, comparison }) => ({
        model,
        condition,
        fit: comparison.key,
        points: pointsOf(comparison, study),
      })),
    bars: compared.map(({ model, condition, correlation }) => ({
      model,
      condition,
      r: correlation.estimate,
      hdi: correlation.hdi,
      n: correlation.n,
      pearson: correlation.r,
    })),
  };
}

/** The pairs of a comparison, with their names. */
function pointsOf({ weights, reports }: Comparison, { contexts }: Study): FigurePoint[] {
  return [...weights].flatMap(([context, ofContext]) =>
    ofContext.flatMap((learned, i) => {
      const reported = reports.get(context)?.[i];
      const attribute = contexts.get(context)?.attributes[i]?.name ?? `attribute ${i + 1}`;
      return reported === undefined ? [] : [{ context, attribute, learned, reported }];
    }),
  );
}

/** @param drawsOf the draws of a fit of a correlation, by its name */
export function studyFigure(
  { title, setting, scatters, bars }: FigureData,
  { simulated, drawsOf }: { simulated: boolean; drawsOf: (fit: string) => Draws },
): StudyFigure {
  const panels = scatters.map(({ model, condition, fit, points }): ScatterPanel => {
    const bar = bars.find((one) => one.model === model && one.condition === condition);
    const pairs = {
      learned: points.map((point) => point.learned),
      reported: points.map((point) => point.reported),
    };
    return {
      title: `${displayName(model)}, ${titleOf[condition]}`,
      condition,
      ...pairs,
      labels: points.map(({ context, attribute }) => `${context}: ${attribute}`),
      ...turnedLine(fittedLine(drawsOf(fit)), pairs),
      ...(bar && { correlation: { r: bar.r, hdi: bar.hdi } }),
    };
  });
  const what = setting === 'instilled' ? 'Learned' : 'Native';
  return {
    title,
    panels,
    bars: bars.map(({ model, condition, r, hdi }) => ({
      model: displayName(model),
      condition,
      r,
      hdi,
    })),
    simulated,
    xLabel: `${what} weight (standardized)`,
    yLabel: 'Mean reported weight (standardized)',
  };
}

/** The line of the fitted regression, of weights on reports. */
function fittedLine(draws: Draws): LineDraws {
  return {
    intercepts: parameterDraws(draws, 'b_Intercept'),
    slopes: parameterDraws(draws, 'b_report'),
  };
}

const titleOf: Readonly<Record<Condition, string>> = {
  'off-the-shelf': 'off the shelf',
  'before training': 'before introspection training',
  'after training': 'after introspection training',
};

/** The paper's name: GPT-4o for 'gpt-4o-2024-08-06'. */
export function displayName(model: string): string {
  return model.replace(/-\d{4}-\d{2}-\d{2}$/, '').replace(/^gpt-/, 'GPT-');
}

/** Draws of a line, intercepts and slopes in the same order. */
type LineDraws = Pick<ScatterPanel, 'intercepts' | 'slopes'>;

/**
 * Turns draws of the regression that was fitted, of weights on reports, into draws of the regression
 * of reports on weights, which is the line that a reader expects in such a scatter. Both follow from
 * the same pairs, and with flat priors (those of the fit nearly are) their posteriors are the same in
 * units of the pairs: the slope scales by var(y) / var(x), and the height of the line above the
 * middle of the pairs by sd(y) / sd(x). Means and variances are those of the pairs themselves: what
 * was standardized over all contexts is not exactly standard over those with reports.
 *
 * @param fitted of `learned = intercept + slope × reported`
 * @returns of `reported = intercept + slope × learned`
 */
export function turnedLine(
  { intercepts, slopes }: LineDraws,
  { learned, reported }: Pick<ScatterPanel, 'learned' | 'reported'>,
): LineDraws {
  const x = sampleMoments(learned);
  const y = sampleMoments(reported);
  const scale = y.variance / x.variance;
  return {
    slopes: slopes.map((slope) => slope * scale),
    intercepts: intercepts.map((intercept, draw) => {
      const slope = slopes[draw] ?? Number.NaN;
      const heightAtMiddle = intercept + slope * y.mean - x.mean;
      return y.mean + heightAtMiddle * Math.sqrt(scale) - slope * scale * x.mean;
    }),
  };
}

/** From the least to the greatest learned weight. */
export function panelBand({
  learned,
  intercepts,
  slopes,
}: LineDraws & Pick<ScatterPanel, 'learned'>): BandPoint[] {
  const { low, high } = extent(learned);
  return lineBand(intercepts, slopes, low <= high ? [low, high] : [0, 0]);
}
