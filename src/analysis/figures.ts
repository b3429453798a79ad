/**
 * Every figure of the paper beside ours, and whether they agree.
 */

import { z } from 'zod';
import type { Interval } from '../posterior/hdi.js';
import type { Setting } from './learned-weights.js';
import type { Reproduction } from './reproduce.js';

const byModel = <T extends z.ZodType>(figure: T) => z.record(z.string(), figure);
const interval = z.tuple([z.number(), z.number()]);
const correlationFigure = z.object({ r: z.number(), hdi95: interval.optional() });

/** The paper's figures, as they stand in `fixtures/paper-figures.json`. */
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
  /** Where it stands in the paper. */
  readonly section: string;
  /** The base model, or null for a figure over all of them. */
  readonly model: string | null;
  readonly label: string;
  /** Null where the paper has no figure for it: another model, or a number it does not report. */
  readonly published: number | null;
  readonly publishedInterval: Interval | null;
  readonly ours: number;
  readonly interval: Interval | null;
  /** Decimals that the paper prints. */
  readonly decimals: number;
}

export type Agreement = 'same' | 'close' | 'differs' | 'not published';

/** What paper and folder have in common: nothing where the base models are other ones. */
export function figuresOf(result: Reproduction, paper: PaperFigures): Figure[] {
  const names = result.models.map((model) => model.name);
  const sameModels =
    names.length === Object.keys(paper.experiment1.learned_vs_target_r).length &&
    names.every((name) => Object.hasOwn(paper.experiment1.learned_vs_target_r, name));
  const effectOf = (setting: Setting, published: Interval) =>
    effectFigure(result, setting, sameModels ? published : null);
  return [
    ...names.flatMap((name) => experiment1(result, paper, name)),
    ...names.map((name) => trainedFigure(result, paper, name)),
    effectOf('instilled', paper.experiment2.training_effect_hdi95),
    ...names.flatMap((name) => experiment3(result, paper, name)),
    effectOf('native', paper.experiment3.training_effect_hdi95),
    ...names.flatMap((name) => appendixD(result, paper, name)),
    ...largestWeightFigures(result, sameModels ? paper : null),
  ];
}

/** What the paper has for a model, which may be called `constructor`. */
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
    ours: correlation?.estimate ?? Number.NaN,
    interval: correlation?.hdi ?? null,
    decimals: 2,
  };
}

function percentRow(
  section: string,
  model: string,
  label: string,
  published: number | undefined,
  ours: number,
): Figure {
  // The paper prints small percentages with one decimal more.
  const decimals = published !== undefined && published < 1 ? 2 : 1;
  return {
    section,
    model,
    label,
    published: published ?? null,
    publishedInterval: null,
    ours,
    interval: null,
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
    correlationRow(
      result,
      section,
      name,
      'native/trained_reports',
      'trained reports, native',
      publishedFor(figures['native/trained_reports'], name),
    ),
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
    interval: effect.hpd,
    decimals: 2,
  };
}

function appendixD(result: Reproduction, paper: PaperFigures, name: string): Figure[] {
  const row = (when: 'before' | 'after', published: number | undefined): Figure => {
    const correlation = result.reportsVsTarget.get(`${name}/${when}`);
    return {
      section: 'Appendix D',
      model: name,
      label: `reports vs target weights, ${when} training`,
      published: published ?? null,
      publishedInterval: null,
      ours: correlation?.estimate ?? Number.NaN,
      interval: correlation?.hdi ?? null,
      decimals: 2,
    };
  };
  return [
    row('before', publishedFor(paper.appendixD.reports_vs_target_r_before_training, name)),
    row('after', publishedFor(paper.appendixD.reports_vs_target_r_after_training, name)),
  ];
}

function largestWeightFigures(result: Reproduction, paper: PaperFigures | null): Figure[] {
  const row = (label: string, ours: number, published: number | null): Figure => ({
    section: 'Appendix D',
    model: null,
    label,
    published,
    publishedInterval: null,
    ours,
    interval: null,
    decimals: 2,
  });
  const { plus_100, plus_and_minus_100 } = result.largestChangeInR;
  const published = paper?.appendixD.excluding_weights_of_100_largest_change_in_r ?? null;
  return [
    row('largest change in r without weights of +100', plus_100, published),
    row('largest change in r without weights of ±100', plus_and_minus_100, null),
  ];
}

/**
 * 'same': every published number comes out in all its printed digits. 'close': every one within
 * one and a half units of its last digit, as a Monte Carlo interval and another rounding may be.
 */
export function agreementOf(figure: Figure): Agreement {
  const { published, publishedInterval, ours, interval, decimals } = figure;
  const pairs: [number, number][] = [];
  if (published !== null) pairs.push([published, ours]);
  if (publishedInterval !== null && interval !== null) {
    pairs.push([publishedInterval[0], interval[0]], [publishedInterval[1], interval[1]]);
  }
  if (pairs.length === 0) return 'not published';
  const unit = 10 ** -decimals;
  const same = pairs.every(([theirs, mine]) => mine.toFixed(decimals) === theirs.toFixed(decimals));
  if (same) return 'same';
  // The last term allows for numbers that binary fractions cannot hold.
  const close = pairs.every(([theirs, mine]) => Math.abs(mine - theirs) <= 1.5 * unit + 1e-9);
  return close ? 'close' : 'differs';
}
