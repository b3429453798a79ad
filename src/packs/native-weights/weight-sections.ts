/**
 * The analysis `weights`: how well each model's reports describe the weights by which it chooses, which
 * model does it best, and whether anything that knows less of the model does it as well.
 */
import { z } from 'zod';
import { pairWeights } from '../../analysis/correlations.js';
import {
  agreeingPercent,
  nativeWeights,
  PairedCorrelations,
  reportRegression,
  scaledWeights,
} from '../../analysis/native-weights.js';
import type { Pooling } from '../../analysis/pooled-weights.js';
import {
  meanReports,
  standardizeTable,
  type WeightTable,
} from '../../analysis/reported-weights.js';
import { badArgument } from '../../checks/values.js';
import { parameterDraws } from '../../posterior/draws.js';
import type { SamplingOptions } from '../../regression/regression.js';
import type { Section, SectionInterval } from '../../result/sections.js';
import type { AnswerColumns } from '../../table-analysis/analyse-table.js';
import { intervalOf, sectionFit } from '../../table-analysis/section-fit.js';
import { baselineSection, comparisonSection, type Weighed } from './comparison-sections.js';
import { type ModelAnswers, readWeights, type WeightSettings } from './read-weights.js';

export const weightSettings = z.strictObject({
  analysis: z.literal('weights'),
  /** Goes before the titles of its sections. */
  title: z.string().optional(),
  choices: z.string(),
  reports: z.string(),
  /** The answer that stands for option A. */
  option_a: z.union([z.string(), z.number().transform(String)]).default('A'),
  /** Weights from a regression for each context, or from one of all contexts of a model. */
  pooling: z.enum(['none', 'partial']).default('none'),
});

/**
 * @param settings the entry of `analysis` in `study.yaml`
 * @throws WeighbridgeError `bad-argument` for settings or stages that do not fit
 */
export async function weightSections(
  columns: AnswerColumns,
  settings: unknown,
  sampling: SamplingOptions = {},
): Promise<Section[]> {
  const { title, pooling, ...wanted } = settingsFrom(settings);
  const models = await weighed(readWeights(columns, wanted), sampling, pooling);
  const correlations = new PairedCorrelations(sampling.seed ?? 1);
  const sections = [
    choiceSection(models, pooling),
    await reportSection(models, sampling),
    comparisonSection(models, correlations),
    baselineSection(models, correlations),
  ].filter((section) => section !== null);
  if (title === undefined) return sections;
  return sections.map((section) => ({ ...section, title: `${title}: ${section.title}` }));
}

function settingsFrom(
  settings: unknown,
): WeightSettings & { readonly title?: string | undefined; readonly pooling: Pooling } {
  const parsed = weightSettings.safeParse(settings);
  if (parsed.success) {
    const { choices, reports, option_a: optionA, title, pooling } = parsed.data;
    return { choices, reports, optionA, title, pooling };
  }
  const [issue] = parsed.error.issues;
  throw badArgument(`the analysis 'weights': ${issue?.path.join('.')}: ${issue?.message}`);
}

async function weighed(
  answers: readonly ModelAnswers[],
  sampling: SamplingOptions,
  pooling: Pooling,
): Promise<Weighed[]> {
  const learned = await nativeWeights(
    new Map(answers.map(({ name, groups }) => [name, groups])),
    sampling,
    pooling,
  );
  return answers.map((model) => {
    const weights = learned.get(model.name) ?? [];
    return {
      ...model,
      weights: standardizedIfVaried(scaledWeights(weights)),
      reported: standardizedIfVaried(meanReports(model.reports)),
      agreeing: weights.length > 0 ? agreeingPercent(model.groups, weights) : null,
    };
  });
}

function standardizedIfVaried(table: WeightTable): WeightTable | null {
  const [first, ...others] = [...table.values()].flat();
  return others.some((value) => value !== first) ? standardizeTable(table) : null;
}

const REGRESSIONS: Readonly<Record<Pooling, string>> = {
  none: 'in each context a Bayesian logistic regression of its choices on the differences between the options in ranges, with slopes normal(0, 1)',
  partial:
    'one multilevel logistic regression of its choices in all contexts on the differences between the options in ranges, with weights normal(0, tau) and tau estimated (partial pooling)',
};

function choiceSection(models: readonly Weighed[], pooling: Pooling): Section {
  const percentInvalid = ({ asked, valid }: { asked: number; valid: number }) =>
    asked === 0 ? null : (100 * (asked - valid)) / asked;
  const counted = (name: string, label: string) => ({ name, label, kind: 'count' }) as const;
  const percent = (name: string, label: string) =>
    ({ name, label, kind: 'number', decimals: 1 }) as const;
  return {
    title: 'Choices and native weights',
    notes: [
      `Native weights are those by which a model chooses: ${REGRESSIONS[pooling]}, scaled to a largest weight of ±100 in each context.`,
      'Agreeing choices are those of the option that the fitted weights prefer. They are the choices that were fitted, so that some agreement is due to chance: near 50% the weights say little.',
    ],
    tables: [
      {
        caption: 'Answers by model',
        columns: [
          { name: 'model', label: 'model', kind: 'text' },
          counted('contexts', 'contexts'),
          counted('choices', 'choices'),
          percent('choices_invalid', '% invalid choices'),
          percent('choices_agreeing', '% agreeing'),
          counted('reports', 'reports'),
          percent('reports_invalid', '% invalid reports'),
          counted('contexts_reported', 'contexts reported'),
        ],
        rows: models.map(({ name, groups, counts, agreeing, reports }) => [
          ...[name, groups.length, counts.choices.valid, percentInvalid(counts.choices), agreeing],
          ...[counts.reports.valid, percentInvalid(counts.reports)],
          new Set(reports.map(({ context }) => context)).size,
        ]),
      },
    ],
    intervals: [],
    fits: [],
  };
}

async function reportSection(
  models: readonly Weighed[],
  sampling: SamplingOptions,
): Promise<Section> {
  const intervals: SectionInterval[] = [];
  const fits: Section['fits'][number][] = [];
  const notes = [
    'A correlation is the slope of a Bayesian regression of standardized native weights on standardized mean reports, over all attributes of all contexts.',
    'It is near 0 for reports that say nothing of the weights. Noise in choices and in reports makes it smaller: few choices or few reports look like a lack of self-knowledge.',
    'It does not say how a model comes to its reports: what most people would guess from the question can be right as well. See the baselines.',
    'No model was trained for this: a correlation describes the model as it is.',
  ];
  for (const { name, weights, reported } of models) {
    const pairs = weights && reported ? pairWeights(weights, reported) : null;
    const fit = pairs && (await reportRegression(pairs, sampling));
    if (!fit) {
      notes.push(`${name} is left out: ${whyLeftOut(weights, reported)}.`);
      continue;
    }
    intervals.push(
      intervalOf(name, parameterDraws(fit.draws, 'b_report'), {
        ...{ group: 'correlation of reports with native weights', reference: 0 },
      }),
    );
    fits.push(sectionFit(`weights of ${name} on its reports`, fit));
  }
  return { title: 'How well reports describe the weights', notes, tables: [], intervals, fits };
}

function whyLeftOut(weights: WeightTable | null, reported: WeightTable | null): string {
  if (!weights) return 'it has no valid choices whose weights differ';
  return reported
    ? 'too few contexts have both weights and reports'
    : 'it has no valid reports that differ';
}
