/**
 * Explanations from the table of answers of a study: the measured answers with the part and without,
 * and what each model says would change.
 */
import type { Explanation, Measured } from '../../analysis/explanations/table.js';
import { badArgument } from '../../checks/values.js';
import type { TableCell } from '../../data-files/table-rows.js';
import type { AnswerColumns } from '../../table-analysis/analyse-table.js';
import { answerColumns } from '../described/columns.js';
import { AnswerRows } from './answer-rows.js';
import { readPrediction } from './frames.js';

export interface ExplanationSettings {
  /** Before the titles of the sections, to tell several analyses apart. */
  readonly title?: string | undefined;
  /** Stage of the answers with the part. */
  readonly with: string;
  /** Stage of the answers without. */
  readonly without: string;
  /** Stages of the explanations. */
  readonly explained: readonly string[];
  /** Numbers of training examples, by training. */
  readonly trainedOn: Readonly<Record<string, number>>;
  readonly policy: 'strict' | 'lenient';
  /** Answers that an explanation may name. @default those that were measured */
  readonly labels?: readonly string[] | undefined;
}

interface ReadExplanations {
  /** By model asked. */
  readonly measured: ReadonlyMap<string, readonly Measured[]>;
  readonly explanations: readonly Explanation[];
  /** Columns of the items that were explained. */
  readonly items: ReadonlyMap<string, Readonly<Record<string, TableCell>>>;
  /** Items without a valid answer to one of the two questions, by model asked. */
  readonly unmeasured: ReadonlyMap<string, number>;
}

/**
 * An explanation whose prompt shows nothing of one model's answers (its `about` is the model that
 * explains, or empty, and it has no examples and no training) is taken as an explanation of every model
 * asked: the prompt is the same.
 */
export function readExplanations(
  columns: AnswerColumns,
  settings: ExplanationSettings,
): ReadExplanations {
  const table = new AnswerRows(columns, 'explanations');
  const first = measurements(table, settings.with);
  const second = measurements(table, settings.without);
  const measured = new Map<string, Measured[]>();
  const unmeasured = new Map<string, number>();
  for (const [target, ofTarget] of first) {
    for (const [item, { label, logprobs }] of ofTarget) {
      const other = second.get(target)?.get(item);
      if (label === null || !other || other.label === null) {
        unmeasured.set(target, (unmeasured.get(target) ?? 0) + 1);
        continue;
      }
      const [before, after] = [logprobs.get(label), other.logprobs.get(label)];
      const effect = before === undefined || after === undefined ? null : before - after;
      const row = { item, target, withPart: label, without: other.label, effect };
      measured.set(target, [...(measured.get(target) ?? []), row]);
    }
  }
  return {
    ...{ measured, unmeasured },
    explanations: explanationsOf(table, settings, measured),
    items: itemsOf(table, settings.explained),
  };
}

interface Measurement {
  /** Null: no valid answer. */
  readonly label: string | null;
  readonly logprobs: ReadonlyMap<string, number>;
}

/** The first answer of each model to each item of a stage. */
function measurements(table: AnswerRows, stage: string): Map<string, Map<string, Measurement>> {
  const found = new Map<string, Map<string, Measurement>>();
  const logprobColumns = table.names.filter((name) => name.startsWith('logprob_'));
  for (const row of table.ofStages([stage])) {
    // A trained model is another model, and this pack explains the answers of those that are not.
    if (table.text(row, 'after') !== '') continue;
    const model = table.text(row, 'model');
    const ofModel = found.get(model) ?? new Map<string, Measurement>();
    found.set(model, ofModel);
    const item = table.text(row, 'item');
    if (ofModel.has(item)) continue;
    const logprobs = new Map(
      logprobColumns.flatMap((name) => {
        const value = table.cell(row, name);
        return typeof value === 'number' ? [[name.slice('logprob_'.length), value] as const] : [];
      }),
    );
    ofModel.set(item, { label: table.isValid(row) ? table.text(row, 'value') : null, logprobs });
  }
  return found;
}

function explanationsOf(
  table: AnswerRows,
  settings: ExplanationSettings,
  measured: ReadonlyMap<string, readonly Measured[]>,
): Explanation[] {
  const byItem = new Map(
    [...measured].map(([target, rows]) => [target, new Map(rows.map((row) => [row.item, row]))]),
  );
  const labels = settings.labels ?? [
    ...new Set(
      [...measured.values()].flat().flatMap(({ withPart, without }) => [withPart, without]),
    ),
  ];
  return table.ofStages(settings.explained).flatMap((row) => {
    const explainer = table.text(row, 'model');
    const training = table.text(row, 'after');
    const shots = Number(table.cell(row, 'shots') ?? 0);
    const about = table.text(row, 'about');
    const general = shots === 0 && training === '';
    const targets = general && (about === '' || about === explainer) ? [...byItem.keys()] : [about];
    const reading = readPrediction(table.text(row, 'answer_text'), labels, settings.policy);
    return targets.flatMap((named): Explanation[] => {
      const target = named === '' ? explainer : named;
      const ofItem = byItem.get(target)?.get(table.text(row, 'item'));
      if (!ofItem) return [];
      return [
        {
          ...{ target, explainer, shots, measured: ofItem },
          trainedOn: training === '' ? 0 : sizeOf(training, settings),
          bank: shots === 0 ? null : `${table.text(row, 'stage')}, ${table.text(row, 'bank')}`,
          prediction: 'prediction' in reading ? reading.prediction : null,
        },
      ];
    });
  });
}

function sizeOf(training: string, { trainedOn }: ExplanationSettings): number {
  const size = trainedOn[training];
  if (size !== undefined) return size;
  throw badArgument(
    `the analysis 'explanations' does not say on how many examples '${training}' was trained: expected it under trained_on`,
  );
}

function itemsOf(table: AnswerRows, stages: readonly string[]): ReadExplanations['items'] {
  const names = table.names.filter(
    (name) => !answerColumns.includes(name) && !/^(logprob|value)_/.test(name),
  );
  return new Map(
    table
      .ofStages(stages)
      .map((row) => [
        table.text(row, 'item'),
        Object.fromEntries(names.map((name) => [name, table.cell(row, name)])),
      ]),
  );
}
