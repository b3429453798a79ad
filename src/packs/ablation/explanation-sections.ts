/**
 * The analysis `explanations`: what the part did to each model's answers, how well each explainer says
 * so, and the comparisons with intervals.
 */
import { z } from 'zod';
import { baselineExplanations, isBaseline } from '../../analysis/explanations/baselines.js';
import {
  type ArmRates,
  armRates,
  rateDifference,
  shareChanged,
} from '../../analysis/explanations/rates.js';
import {
  dataEfficiency,
  type ExplanationFit,
  examplesAdded,
  explainersCompared,
  gradedEffects,
} from '../../analysis/explanations/regressions.js';
import {
  changes,
  type Explanation,
  groupBy,
  type Measured,
} from '../../analysis/explanations/table.js';
import { badArgument } from '../../checks/values.js';
import type { SamplingOptions } from '../../regression/regression.js';
import type { Section, SectionTable } from '../../result/sections.js';
import type { AnswerColumns } from '../../table-analysis/analyse-table.js';
import { intervalOf, sectionFit } from '../../table-analysis/section-fit.js';
import { type ExplanationSettings, readExplanations } from './read-explanations.js';

export const explanationSettings = z.strictObject({
  analysis: z.literal('explanations'),
  title: z.string().optional(),
  with: z.string(),
  without: z.string(),
  explained: z.array(z.string()).min(1),
  trained_on: z.record(z.string(), z.int().min(1)).default({}),
  policy: z.enum(['strict', 'lenient']).default('lenient'),
  labels: z.array(z.string()).min(2).optional(),
});

/**
 * @param given the entry of `analysis` in `study.yaml`
 * @throws WeighbridgeError `bad-argument` for settings that do not fit
 */
export async function explanationSections(
  columns: AnswerColumns,
  given: unknown,
  sampling: SamplingOptions = {},
): Promise<Section[]> {
  const { seed = 1 } = sampling;
  const settings = settingsFrom(given);
  const { measured, explanations, items, unmeasured } = readExplanations(columns, settings);
  const targets = [...measured.values()];
  const rows = [...explanations];
  for (const ofTarget of targets) {
    const explained = new Set(
      explanations.flatMap((row) => (row.target === ofTarget[0]?.target ? row.measured.item : [])),
    );
    const tested = ofTarget.filter(({ item }) => explained.has(item));
    if (tested.length >= LEAST_ITEMS)
      rows.push(...(await baselineExplanations(tested, items, seed)));
  }
  const arms = armRates(rows, seed);
  return [
    effectSection(targets, unmeasured, seed),
    scoreSection(arms),
    ...(await comparisonSections(rows, arms, sampling)),
  ].map((section) => ({
    ...section,
    title: titled(section.title, settings),
    fits: section.fits.map((fit) => ({ ...fit, name: titled(fit.name, settings) })),
  }));
}

function titled(text: string, { title }: ExplanationSettings): string {
  return title === undefined ? text : `${title}: ${text.charAt(0).toLowerCase()}${text.slice(1)}`;
}

/** With fewer items, a baseline by cross-validation says nothing. */
const LEAST_ITEMS = 10;

function settingsFrom(settings: unknown): ExplanationSettings {
  const parsed = explanationSettings.safeParse(settings);
  if (parsed.success) {
    const { trained_on: trainedOn, ...rest } = parsed.data;
    return { ...rest, trainedOn };
  }
  const [issue] = parsed.error.issues;
  throw badArgument(`the analysis 'explanations': ${issue?.path.join('.')}: ${issue?.message}`);
}

const text = (name: string, label: string) => ({ name, label, kind: 'text' }) as const;
const counted = (name: string, label: string) => ({ name, label, kind: 'count' }) as const;
const number = (name: string, label: string, decimals = 3) =>
  ({ name, label, kind: 'number', decimals }) as const;

function effectSection(
  targets: readonly (readonly Measured[])[],
  unmeasured: ReadonlyMap<string, number>,
  seed: number | string,
): Section {
  const shares = targets.map((rows) => ({
    target: rows[0]?.target ?? '',
    rows,
    share: shareChanged(rows, seed),
    effects: rows.flatMap(({ effect }) => effect ?? []),
  }));
  const graded = shares.some(({ effects }) => effects.length > 0);
  return {
    title: 'What the part did',
    notes: [
      'Each model was asked with the part and without it; an item has changed if the two answers differ.',
      graded
        ? 'The effect is the fall of the log-probability of the answer with the part when the part is removed, in nats.'
        : 'The server gave no log-probabilities, so that effects are not graded.',
      'An answer that would vary by itself, at a temperature above 0, also counts as changed.',
    ],
    tables: [
      {
        caption: 'Measured answers',
        columns: [
          text('model', 'model'),
          counted('items', 'items'),
          counted('not_measured', 'not measured'),
          counted('changed', 'changed'),
          number('share', 'share'),
          number('mean_effect', 'mean effect', 2),
        ],
        rows: shares.map(({ target, rows, effects }) => [
          ...[target, rows.length, unmeasured.get(target) ?? 0, rows.filter(changes).length],
          rows.filter(changes).length / rows.length,
          effects.length > 0 ? effects.reduce((sum, one) => sum + one, 0) / effects.length : null,
        ]),
      },
    ],
    intervals: shares.map(({ target, share }) =>
      intervalOf(target, share, { group: 'share of answers that change' }),
    ),
    fits: [],
  };
}

const rateColumns = [
  ['hasChangedF1', 'has_changed_f1', 'has-changed macro F1'],
  ['content', 'content', 'content match'],
  ['exact', 'exact', 'exact match'],
] as const;

function scoreSection(arms: readonly ArmRates[]): Section {
  const table: SectionTable = {
    caption: 'Scores, with 95% HDIs',
    columns: [
      text('target', 'answers of'),
      text('explainer', 'explained by'),
      counted('rows', 'explanations'),
      counted('invalid', 'invalid'),
      counted('banks', 'draws of examples'),
      ...rateColumns.flatMap(([, name, label]) => [
        number(name, label),
        number(`${name}_low`, 'HDI low'),
        number(`${name}_high`, 'HDI high'),
      ]),
    ],
    rows: arms.map(({ target, name, rows, invalid, banks, rates }) => [
      ...[target, name, rows, invalid, banks],
      ...rateColumns.flatMap(([rate]) => [rates[rate].value, ...rates[rate].hdi]),
    ]),
  };
  return {
    title: 'How well it is explained',
    notes: [
      'Content: the explanation names the answer without the part. Exact: it also says rightly whether the answer changes. Invalid explanations count as wrong.',
      'Intervals are of a Bayesian bootstrap over items, and over draws of examples.',
      'The majority class, the regression on the input, and the same with the first answer are baselines by cross-validation: they know nothing of the model but answers to other items.',
    ],
    tables: [table],
    intervals: arms.map(({ target, name, draws }) =>
      intervalOf(name, draws.exact, { group: `exact match, answers of ${target}` }),
    ),
    fits: [],
  };
}

async function comparisonSections(
  rows: readonly Explanation[],
  arms: readonly ArmRates[],
  sampling: SamplingOptions,
): Promise<Section[]> {
  const compared: (ExplanationFit | null)[] = [];
  const examples: (ExplanationFit | null)[] = [];
  const sizes: (ExplanationFit | null)[] = [];
  const graded: (ExplanationFit | null)[] = [];
  for (const [target, ofTarget] of groupBy(rows, (row) => row.target)) {
    const baselines = ofTarget.filter(({ explainer }) => isBaseline(explainer));
    const models = ofTarget.filter((row) => !baselines.includes(row));
    for (const condition of groupBy(models, conditionOf).values()) {
      const { shots = 0, trainedOn = 0 } = condition[0] ?? {};
      const arm = { target, shots, trainedOn };
      compared.push(await explainersCompared([...condition, ...baselines], arm, sampling));
      graded.push(await gradedEffects(condition, arm, sampling));
    }
    for (const [explainer, own] of groupBy(models, (row) => row.explainer)) {
      const untrained = own.filter(({ trainedOn }) => trainedOn === 0);
      examples.push(await examplesAdded(untrained, { target, explainer, trainedOn: 0 }, sampling));
    }
    const withoutExamples = models.filter(({ shots }) => shots === 0);
    sizes.push(await dataEfficiency(withoutExamples, { target, shots: 0 }, sampling));
  }
  return [
    sectionOf('Does the model itself explain better?', compared, selfNotes, f1Differences(arms)),
    sectionOf('What worked examples add', examples, []),
    sectionOf('What training examples add', sizes, []),
    sectionOf('Does it follow graded effects?', graded, gradedNotes),
  ].filter((section) => section !== null);
}

const selfNotes = [
  'Differences are of the model itself minus another explainer, of the same items. The probability of an exact match is averaged over the items; logits are at the share of items that changed.',
  'A model that beats another explainer may share its coordinates of the task and not look into itself; a model that does not beat the baselines shows no knowledge of itself.',
];

const gradedNotes = [
  'The slope is how much likelier an explainer is to say that the answer changes where the measured effect is larger.',
];

function conditionOf({ shots, trainedOn }: Explanation): string {
  return `${shots} ${trainedOn}`;
}

/** One section of several fits; null if there are none. */
function sectionOf(
  title: string,
  found: readonly (ExplanationFit | null)[],
  notes: readonly string[],
  more: Section['intervals'] = [],
): Section | null {
  const fits = found.filter((one) => one !== null);
  if (fits.length === 0) return null;
  const estimates = fits.flatMap((fit) => fit.estimates);
  return {
    title,
    notes: [...new Set([...notes, ...fits.flatMap((fit) => fit.notes)])],
    tables: [],
    intervals: [
      ...estimates.map(({ label, unit, draws, reference }) =>
        intervalOf(label, draws, {
          group: unit,
          ...(reference !== null && { reference }),
        }),
      ),
      ...more,
    ],
    fits: fits.map(({ name, fit }) => sectionFit(name, fit)),
  };
}

/** Paired differences of the has-changed F1, which is not an average over items. */
function f1Differences(arms: readonly ArmRates[]): Section['intervals'] {
  const self = arms.filter(({ explainer, target }) => explainer === target);
  return self.flatMap((own) =>
    arms
      .filter(
        ({ target, explainer, shots, trainedOn }) =>
          target === own.target &&
          explainer !== own.explainer &&
          (isBaseline(explainer) || (shots === own.shots && trainedOn === own.trainedOn)),
      )
      .map((other) =>
        intervalOf(`${own.name} − ${other.name}`, rateDifference(own, other, 'hasChangedF1'), {
          ...{ group: 'difference in has-changed macro F1', reference: 0 },
        }),
      ),
  );
}
