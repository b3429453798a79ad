/**
 * The analysis `causal_weights`: for each model, what an attribute does to its choices when both options
 * are made equal on it, beside its learned and its reported weight.
 */
import { z } from 'zod';
import { type AblatedChoice, weightBridge } from '../../analysis/causal-weights.js';
import type { Correlation } from '../../analysis/correlations.js';
import { badArgument } from '../../checks/values.js';
import type { SamplingOptions } from '../../regression/regression.js';
import type { Section, SectionInterval } from '../../result/sections.js';
import type { Choice, Context, WeightReport } from '../../study/context.js';
import type { AnswerColumns } from '../../table-analysis/analyse-table.js';
import { AnswerRows } from './answer-rows.js';

export const causalSettings = z.strictObject({
  analysis: z.literal('causal_weights'),
  title: z.string().default('What an attribute does'),
  /** The stage of the choices as they are. */
  chosen: z.string(),
  /** The stages of the choices with both options equal on an attribute, in the attributes' order. */
  equal: z.array(z.string()).min(1),
  /** The stage of the reports. */
  reported: z.string(),
  /** Learned weights from a regression for each context, or from one of all contexts. */
  pooling: z.enum(['none', 'partial']).default('none'),
});

type Settings = z.infer<typeof causalSettings>;

/**
 * @param given the entry of `analysis` in `study.yaml`
 * @throws WeighbridgeError `bad-argument` for settings that do not fit
 */
export async function causalSections(
  columns: AnswerColumns,
  given: unknown,
  sampling: SamplingOptions = {},
): Promise<Section[]> {
  const parsed = causalSettings.safeParse(given);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw badArgument(`the analysis 'causal_weights': ${issue?.path.join('.')}: ${issue?.message}`);
  }
  const settings = parsed.data;
  const table = new AnswerRows(columns, settings.analysis);
  const chosen = table.ofStages([settings.chosen]);
  const models = [...new Set(chosen.map((row) => table.text(row, 'model')))];
  const sections = [];
  for (const model of models) sections.push(await sectionOf(table, settings, model, sampling));
  return sections;
}

async function sectionOf(
  table: AnswerRows,
  settings: Settings,
  model: string,
  sampling: SamplingOptions,
): Promise<Section> {
  const rows = (stage: string) =>
    table.ofStages([stage]).filter((row) => table.text(row, 'model') === model);
  const contexts = contextsOf(table, rows(settings.chosen), settings.equal.length);
  const choices = choicesOf(table, rows(settings.chosen), contexts);
  const ablated = settings.equal.flatMap((stage, attribute): AblatedChoice[] =>
    [...choicesOf(table, rows(stage), contexts)].flatMap(([item, without]) => {
      const choice = choices.get(item);
      return choice ? [{ attribute, choice, without }] : [];
    }),
  );
  const reports = reportsOf(table, rows(settings.reported), contexts);
  const data = { contexts, choices: [...choices.values()], ablated, reports };
  const bridge = await weightBridge(model, data, sampling, settings.pooling);
  const { causal, learned, reported, correlations } = bridge;
  const unit = causal.scale === 'log-odds' ? 'in logits a range' : 'as the mean turn of the choice';
  const cells = [...contexts].flatMap(([name, { attributes }]) =>
    attributes.map((attribute, i) => [
      ...[name, attribute.name, causal.weights.get(name)?.[i] ?? null],
      causal.flipped.get(name)?.[i] ?? null,
      learned.get(name)?.[i] ?? null,
      reported.get(name)?.[i] ?? null,
    ]),
  );
  return {
    title: `${settings.title}: ${model}`,
    notes: [
      `${choices.size} choices, ${ablated.length} with both options equal on an attribute, ${reports.length} valid reports.`,
      `A causal weight is what the attribute does to the choices in which it is, ${unit}: each choice is compared with itself. A learned weight is the slope of a regression over the choices as they are, and cannot tell an attribute from what goes with it.`,
      'Correlations are slopes between standardized weights over contexts and attributes, as in Plunkett et al. 2025; the weights count as known.',
      ...bridge.warnings,
    ],
    tables: [
      {
        caption: 'Weights: causal, learned and reported',
        columns: [
          { name: 'context', label: 'context', kind: 'text' },
          { name: 'attribute', label: 'attribute', kind: 'text' },
          { name: 'causal', label: 'causal weight', kind: 'number' },
          { name: 'flipped', label: 'share of choices turned', kind: 'number' },
          { name: 'learned', label: 'learned weight', kind: 'number', decimals: 0 },
          { name: 'reported', label: 'reported weight', kind: 'number', decimals: 0 },
        ],
        rows: cells,
      },
    ],
    intervals: [
      ...correlationInterval('causal and learned weights', correlations.causalVsLearned),
      ...correlationInterval('causal and reported weights', correlations.causalVsReported),
      ...correlationInterval('learned and reported weights', correlations.learnedVsReported),
    ],
    fits: [],
  };
}

function correlationInterval(label: string, correlation: Correlation | null): SectionInterval[] {
  if (!correlation) return [];
  const { estimate, hdi } = correlation;
  const interval = { mean: estimate, lower: hdi[0], upper: hdi[1], mass: 0.95 };
  return [{ label, group: 'correlation', ...interval, reference: 0 }];
}

/** Contexts whose options are given by their normalized differences: ranges are 1. */
function contextsOf(
  table: AnswerRows,
  rows: readonly number[],
  attributes: number,
): Map<string, Context> {
  const contexts = new Map<string, Context>();
  for (const row of rows) {
    const name = table.text(row, 'context');
    if (contexts.has(name)) continue;
    const names = Array.from({ length: attributes }, (_, i) =>
      table.text(row, `attribute_${i + 1}`),
    );
    const last = table.text(row, `attribute_${attributes + 1}`);
    if (names.includes('') || last !== '') {
      throw badArgument(
        `the analysis 'causal_weights' has ${attributes} stages under equal: expected one for each attribute of ${name || 'a context'}`,
      );
    }
    const range = { min: 0, max: 1 };
    contexts.set(name, {
      ...{ name, question: '' },
      attributes: names.map((attribute) => ({ name: attribute, ...range })),
    });
  }
  return contexts;
}

/** Valid choices by item; the first of several repeats. */
function choicesOf(
  table: AnswerRows,
  rows: readonly number[],
  contexts: ReadonlyMap<string, Context>,
): Map<string, Choice> {
  const choices = new Map<string, Choice>();
  for (const row of rows) {
    const item = table.text(row, 'item');
    const context = table.text(row, 'context');
    const { attributes = [] } = contexts.get(context) ?? {};
    if (!table.isValid(row) || choices.has(item) || attributes.length === 0) continue;
    const [logA, logB] = [table.cell(row, 'logprob_A'), table.cell(row, 'logprob_B')];
    const known = typeof logA === 'number' && typeof logB === 'number';
    choices.set(item, {
      context,
      choseA: table.text(row, 'value') === 'A',
      a: attributes.map((_, i) => Number(table.cell(row, `d_${i + 1}`))),
      b: attributes.map(() => 0),
      ...(known && { probabilityA: 1 / (1 + Math.exp(logB - logA)) }),
    });
  }
  return choices;
}

function reportsOf(
  table: AnswerRows,
  rows: readonly number[],
  contexts: ReadonlyMap<string, Context>,
): WeightReport[] {
  return rows.flatMap((row): WeightReport[] => {
    const context = table.text(row, 'context');
    const { attributes = [] } = contexts.get(context) ?? {};
    if (!table.isValid(row) || attributes.length === 0) return [];
    const weights = attributes.map((_, i) => table.cell(row, `value_${i + 1}`));
    return weights.every((weight) => typeof weight === 'number') ? [{ context, weights }] : [];
  });
}
