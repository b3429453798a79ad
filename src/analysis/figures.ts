/** Every figure of the paper next to ours, and whether they agree. */

import { z } from 'zod';
import type { Interval } from '../posterior/intervals.js';
import type { Setting } from '../study/study.js';
import type { LargestWeights } from './comparisons.js';
import type { Correlation } from './correlations.js';
import type { Reproduction } from './reproduce.js';

const byModel = <T extends z.ZodType>(figure: T) => z.record(z.string(), figure);
const interval = z.tuple([z.number(), z.number()]);
const correlationFigure = z.object({ r: z.number(), hdi95: interval.optional() });

/** The paper's figures, as in `fixtures/paper-figures.json`. */
export const paperFiguresSchema = z.object({
  paper: z.string(),
  experiment1: z.object({
    learned_vs_target_r: byModel(z.number()),
    choices_agreeing_with_target_pct: byModel(z.number()),
    'instilled/reports': byModel(correlationFigure),
    'instilled/off_the_shelf_reports': byModel(correlationFigure),
    invalid_reports_pct: byModel(z.number()),
  }),
  experiment2: z.object({
    'instilled/trained_reports': byModel(correlationFigure),
    training_effect_hdi95: interval,
  }),
  experiment3: z.object({
    'native/reports': byModel(correlationFigure),
    'native/trained_reports': byModel(correlationFigure),
    training_effect_hdi95: interval,
    native_choices_predicted_pct: byModel(z.number()),
  }),
  appendixD: z.object({
    reports_vs_target_r_before_training: byModel(z.number()),
    reports_vs_target_r_after_training: byModel(z.number()),
    excluding_weights_of_100_largest_change_in_r: z.number(),
  }),
});

export type PaperFigures = z.infer<typeof paperFiguresSchema>;

export interface Figure {
  /** Section of the paper. */
  readonly section: string;
  /** The base model; null for a figure over all of them. */
  readonly model: string | null;
  readonly label: string;
  /** Null if the paper has no such figure, for example for another base model. */
  readonly published: number | null;
  readonly publishedInterval: Interval | null;
  readonly ours: number;
  /** Error of `ours`: numerical, and from weights whose rounding is uncertain. */
  readonly mcse: number;
  readonly interval: Interval | null;
  /** Errors of the ends of `interval`. */
  readonly intervalMcse: Interval | null;
  /** Number of decimals printed in the paper. */
  readonly decimals: number;
}

export type Agreement =
  | 'same'
  | 'Monte Carlo'
  | 'close'
  | 'within HDI'
  | 'differs'
  | 'not published';

/**
 * The paper's figures of a result, with the published ones for the paper's own models. Figures about
 * training are left out for models that were never trained, and those over all models if one was not.
 */
export function figuresOf(result: Reproduction, paper: PaperFigures): Figure[] {
  const names = result.models.map((model) => model.name);
  const sameModels =
    names.length === Object.keys(paper.experiment1.learned_vs_target_r).length &&
    names.every((name) => Object.hasOwn(paper.experiment1.learned_vs_target_r, name));
  const trained = names.filter((name) => isTrained(result, name));
  const effectOf = (setting: Setting, published: Interval) =>
    trained.length === names.length
      ? [effectFigure(result, setting, sameModels ? published : null)]
      : [];
  return [
    ...names.flatMap((name) => experiment1(result, paper, name)),
    ...trained.map((name) => trainedFigure(result, paper, name)),
    ...effectOf('instilled', paper.experiment2.training_effect_hdi95),
    ...names.flatMap((name) => experiment3(result, paper, name)),
    ...effectOf('native', paper.experiment3.training_effect_hdi95),
    ...names.flatMap((name) => appendixD(result, paper, name)),
    ...largestWeightFigures(result, sameModels ? paper : null),
  ];
}

function isTrained({ neverTrained = [] }: Reproduction, model: string): boolean {
  return !neverTrained.includes(model);
}

/** The paper's entry for a model. Checks own properties: a model may be called `constructor`. */
function publishedFor<T>(table: Readonly<Record<string, T>>, model: string): T | undefined {
  return Object.hasOwn(table, model) ? table[model] : undefined;
}

function correlationRow(
  result: Reproduction,
  section: string,
  model: string,
  key: string,
  label: string,
  published: z.infer<typeof correlationFigure> | undefined,
): Figure {
  const correlation = result.correlations.get(`${model}/${key}`);
  return {
    section,
    model,
    label,
    published: published?.r ?? null,
    publishedInterval: published?.hdi95 ?? null,
    ...estimateOf(correlation),
    decimals: 2,
  };
}

function estimateOf(
  correlation: Correlation | undefined,
): Pick<Figure, 'ours' | 'mcse' | 'interval' | 'intervalMcse'> {
  return {
    ours: correlation?.estimate ?? Number.NaN,
    mcse: correlation?.estimateMcse ?? 0,
    interval: correlation?.hdi ?? null,
    intervalMcse: correlation?.hdiMcse ?? null,
  };
}

function percentRow(
  section: string,
  model: string,
  label: string,
  published: number | undefined,
  ours: number,
): Figure {
  // The paper prints percentages below 1 with one more decimal.
  const decimals = published !== undefined && published < 1 ? 2 : 1;
  return {
    section,
    model,
    label,
    published: published ?? null,
    publishedInterval: null,
    ours,
    mcse: 0,
    interval: null,
    intervalMcse: null,
    decimals,
  };
}

function modelOf(result: Reproduction, name: string) {
  const model = result.models.find((candidate) => candidate.name === name);
  if (!model) throw new RangeError(`no model named ${name}`);
  return model;
}

function experiment1(result: Reproduction, paper: PaperFigures, name: string): Figure[] {
  const section = 'Experiment 1';
  const figures = paper.experiment1;
  const model = modelOf(result, name);
  const learnedVsTarget = publishedFor(figures.learned_vs_target_r, name);
  return [
    correlationRow(
      result,
      section,
      name,
      'learned_vs_target',
      'learned vs target weights',
      learnedVsTarget === undefined ? undefined : { r: learnedVsTarget },
    ),
    percentRow(
      section,
      name,
      'choices agreeing with target, %',
      publishedFor(figures.choices_agreeing_with_target_pct, name),
      model.choicesAgreeingWithTargetPercent,
    ),
    correlationRow(
      result,
      section,
      name,
      'instilled/reports',
      'reports, instilled',
      publishedFor(figures['instilled/reports'], name),
    ),
    correlationRow(
      result,
      section,
      name,
      'instilled/off_the_shelf_reports',
      'off-the-shelf reports, instilled',
      publishedFor(figures['instilled/off_the_shelf_reports'], name),
    ),
    percentRow(
      section,
      name,
      'invalid reports, %',
      publishedFor(figures.invalid_reports_pct, name),
      model.invalidReportsPercent,
    ),
  ];
}

function trainedFigure(result: Reproduction, paper: PaperFigures, name: string): Figure {
  return correlationRow(
    result,
    'Experiment 2',
    name,
    'instilled/trained_reports',
    'trained reports, instilled',
    publishedFor(paper.experiment2['instilled/trained_reports'], name),
  );
}

function experiment3(result: Reproduction, paper: PaperFigures, name: string): Figure[] {
  const section = 'Experiment 3';
  const figures = paper.experiment3;
  return [
    correlationRow(
      result,
      section,
      name,
      'native/reports',
      'reports, native',
      publishedFor(figures['native/reports'], name),
    ),
    ...(isTrained(result, name)
      ? [
          correlationRow(
            result,
            section,
            name,
            'native/trained_reports',
            'trained reports, native',
            publishedFor(figures['native/trained_reports'], name),
          ),
        ]
      : []),
    percentRow(
      section,
      name,
      'native choices predicted, %',
      publishedFor(figures.native_choices_predicted_pct, name),
      modelOf(result, name).nativeChoicesPredictedPercent,
    ),
  ];
}

function effectFigure(result: Reproduction, setting: Setting, published: Interval | null): Figure {
  const effect = result.effects[setting];
  return {
    section: setting === 'instilled' ? 'Experiment 2' : 'Experiment 3',
    model: null,
    label: `effect of introspection training, ${setting}`,
    published: null,
    publishedInterval: published,
    ours: effect.median,
    mcse: effect.medianMcse,
    interval: effect.hpd,
    intervalMcse: effect.hpdMcse,
    decimals: 2,
  };
}

function appendixD(result: Reproduction, paper: PaperFigures, name: string): Figure[] {
  const row = (when: 'before' | 'after', published: number | undefined): Figure => {
    const correlation = result.reportsVsTarget.get(`${name}/${when}`);
    return {
      section: 'Appendix D',
      model: name,
      label: `reports vs target weights${isTrained(result, name) ? `, ${when} training` : ''}`,
      published: published ?? null,
      publishedInterval: null,
      ...estimateOf(correlation),
      decimals: 2,
    };
  };
  return [
    row('before', publishedFor(paper.appendixD.reports_vs_target_r_before_training, name)),
    ...(isTrained(result, name)
      ? [row('after', publishedFor(paper.appendixD.reports_vs_target_r_after_training, name))]
      : []),
  ];
}

function largestWeightFigures(result: Reproduction, paper: PaperFigures | null): Figure[] {
  const row = (label: string, which: LargestWeights, published: number | null): Figure => ({
    section: 'Appendix D',
    model: null,
    label,
    published,
    publishedInterval: null,
    ours: result.largestChangeInR[which],
    mcse: result.largestChangeMcse[which],
    interval: null,
    intervalMcse: null,
    decimals: 2,
  });
  const published = paper?.appendixD.excluding_weights_of_100_largest_change_in_r ?? null;
  return [
    row('largest change in r without weights of +100', 'plus_100', published),
    row('largest change in r without weights of ±100', 'plus_and_minus_100', null),
  ];
}

/**
 * `same`: every published number agrees in all printed digits. `Monte Carlo`: the differences are within
 * the error of the published figures, of 4,000 draws each; ours have none. `close`: figures that are not
 * estimated from draws, within one and a half units of the last digit. `within HDI`: the published value,
 * or the middle of an interval that is published alone, is in our 95% HDI. `differs`: none of these.
 */
export function agreementOf(figure: Figure): Agreement {
  const { published, publishedInterval, ours, interval, decimals } = figure;
  const unit = 10 ** -decimals;
  const sd = interval === null ? null : (interval[1] - interval[0]) / NORMAL_WIDTH;
  /** Theirs, ours, and the error of theirs. */
  const pairs: [number, number, number][] = [];
  if (published !== null) pairs.push([published, ours, (sd ?? 0) / Math.sqrt(DRAWS)]);
  if (publishedInterval !== null && interval !== null && sd !== null) {
    publishedInterval.forEach((end, i) => {
      pairs.push([end, interval[i] ?? Number.NaN, END_ERROR * sd]);
    });
  }
  if (pairs.length === 0) return 'not published';
  const same = pairs.every(([theirs, mine]) => mine.toFixed(decimals) === theirs.toFixed(decimals));
  if (same) return 'same';
  // The last term allows for decimals without an exact binary representation.
  const allowed = (error: number) => (sd === null ? 1.5 * unit : BOUND * error + unit / 2) + 1e-9;
  const near = pairs.every(([theirs, mine, error]) => Math.abs(mine - theirs) <= allowed(error));
  if (near) return sd === null ? 'close' : 'Monte Carlo';
  if (interval === null || Number.isNaN(ours)) return 'differs';
  const value = published ?? middleOf(publishedInterval);
  const within = interval[0] <= value && value <= interval[1];
  return within ? 'within HDI' : 'differs';
}

/** Width of the 95% interval of a normal distribution, in standard deviations. */
const NORMAL_WIDTH = 3.92;
/** The published figures are from 4 chains of 1,000 draws. */
const DRAWS = 4000;
/**
 * Monte Carlo error of an end of a 95% HDI of that many independent draws from a normal distribution, in
 * standard deviations of the posterior: measured, for bayestestR's and coda's intervals alike
 * (test/analysis/figures.test.ts). It falls with the cube root of the number of draws only. An end of a
 * central interval has .042.
 */
const END_ERROR = 0.075;
/** Three standard deviations hold 99.7% of a normal distribution. */
const BOUND = 3;

/** Decimals to which a figure is certain: those of the paper, and `precision` if it has a posterior. */
export function decimalsOf({ decimals, interval }: Figure, precision: number): number {
  return interval === null ? decimals : Math.max(decimals, precision);
}

/** Errors of a figure that its rounding is certain beyond. */
const CERTAIN = 4;

/** True if the error of each number of a figure is too small to change its digits. */
export function isCertain(
  { ours, mcse, interval, intervalMcse }: Figure,
  decimals: number,
): boolean {
  const certain = (value: number, error: number) => {
    const units = Math.abs(value) * 10 ** decimals;
    const toBoundary = Math.abs(units - Math.floor(units) - 0.5) / 10 ** decimals;
    return Number.isNaN(value) || !(toBoundary < CERTAIN * error);
  };
  const [low, high] = intervalMcse ?? [0, 0];
  return (
    certain(ours, mcse) &&
    (interval === null || (certain(interval[0], low) && certain(interval[1], high)))
  );
}

function middleOf(interval: Interval | null): number {
  return interval === null ? Number.NaN : (interval[0] + interval[1]) / 2;
}

/** True if the paper publishes a value for one of these figures. */
export function anyPublished(figures: readonly Pick<Figure, 'published'>[]): boolean {
  return figures.some(({ published }) => published !== null);
}
