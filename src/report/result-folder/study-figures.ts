/**
 * Figures 2 and 3 of the paper from a reproduction: which comparison is which panel and which bar.
 * Figure 2 has the instilled preferences, figure 3 the native ones.
 */
import type { Comparison } from '../../analysis/comparisons.js';
import type { Setting } from '../../analysis/learned-weights.js';
import type { Reproduction } from '../../analysis/reproduce.js';
import { type Draws, parameterDraws } from '../../posterior/draws.js';
import type { Study } from '../../study/read-study.js';
import { type LineDraws, turnedLine } from '../figures/regression-line.js';
import type {
  Condition,
  CorrelationBar,
  ScatterPanel,
  StudyFigure,
} from '../figures/study-figure.js';

/** A point of a scatter with what it is of. */
export interface FigurePoint {
  readonly context: string;
  readonly attribute: string;
  /** Standardized over all contexts that have them. */
  readonly learned: number;
  readonly reported: number;
}

/** A scatter before it is a panel: what its CSV has. */
export interface FigureScatter {
  readonly model: string;
  readonly condition: Condition;
  /** The name of the regression whose line it shows. */
  readonly fit: string;
  readonly points: readonly FigurePoint[];
}

export interface FigureBar extends CorrelationBar {
  readonly n: number;
  readonly pearson: number;
}

export interface FigureData {
  readonly name: 'figure-2' | 'figure-3';
  readonly setting: Setting;
  readonly title: string;
  readonly scatters: readonly FigureScatter[];
  /** With the models' own names. */
  readonly bars: readonly FigureBar[];
}

const conditions: readonly (readonly [Condition, string])[] = [
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
  const compared = result.models.flatMap(({ name: model }) =>
    conditions.flatMap(([condition, what]) => {
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

/** The pairs of a comparison once more, with their names. */
function pointsOf({ weights, reports }: Comparison, { contexts }: Study): FigurePoint[] {
  return [...weights].flatMap(([context, ofContext]) =>
    ofContext.flatMap((learned, i) => {
      const reported = reports.get(context)?.[i];
      const attribute = contexts.get(context)?.attributes[i]?.name ?? `attribute ${i + 1}`;
      return reported === undefined ? [] : [{ context, attribute, learned, reported }];
    }),
  );
}

/** @param drawsOf the draws of a correlation's regression, by its name */
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

/** Of weights on reports, as the regression has it. */
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

/** 'gpt-4o-2024-08-06' as the paper writes it: GPT-4o. */
export function displayName(model: string): string {
  return model.replace(/-\d{4}-\d{2}-\d{2}$/, '').replace(/^gpt-/, 'GPT-');
}
