/** All answers of a study, of any pack, as one flat table: one row an answer. */
import type { TableCell, TableColumn, TableKind, TableRow } from '../data-files/table-rows.js';
import {
  columnsBefore,
  columnsOfAnswer,
  columnsOfCost,
  columnsOfTrial,
} from '../packs/described/columns.js';
import { type AnswerReading, type CollectionStage, stageName } from '../packs/design.js';
import type { AnswerPolicy } from '../study/parse-report.js';
import type { BegunStudy } from './export-study.js';
import { readAnswer } from './read-answers.js';
import type { RecordedAnswer } from './record/stored.js';

export interface AnswerTable {
  readonly columns: readonly TableColumn[];
  readonly rows: readonly TableRow[];
}

/**
 * Reads every recorded answer under a policy. Columns: study, stage, task, item; the item's fields;
 * model, about, after, shots, bank, trial, repeat, order; answer_text, value (or value_KEY), valid,
 * reason; logprob_LABEL; prompt_tokens, completion_tokens, reasoning_tokens, latency_ms, at. A column
 * that no row fills is left out.
 */
export function answerTable(
  { stages, record, configuration }: Pick<BegunStudy, 'stages' | 'record' | 'configuration'>,
  policy: AnswerPolicy,
): AnswerTable {
  const cells: ReadonlyMap<string, TableCell>[] = [];
  for (const stage of stages) {
    if (stage.kind === 'training') continue;
    for (const answer of record.answers(stage.id)) {
      const reading = readAnswer(stage, answer, policy);
      cells.push(rowOf(configuration.study, stage, answer, reading));
    }
  }
  const names = orderedNames(cells);
  return {
    columns: names.map((name) => ({ name, kind: kindOf(cells, name) })),
    rows: cells.map((row) => names.map((name) => row.get(name) ?? null)),
  };
}

/** The columns of a table by name. */
export function columnsByName({
  columns,
  rows,
}: AnswerTable): ReadonlyMap<string, readonly TableCell[]> {
  return new Map(columns.map(({ name }, i) => [name, rows.map((row) => row[i] ?? null)]));
}

function rowOf(
  study: string,
  stage: CollectionStage,
  answer: RecordedAnswer,
  reading: AnswerReading,
): ReadonlyMap<string, TableCell> {
  const trial = answer.item;
  const logprobs = [...(answer.logprobs ?? [])].map(
    ([label, logprob]) => [`logprob_${stage.labelled(trial, label)}`, logprob] as const,
  );
  return new Map<string, TableCell>([
    ['study', study],
    ['stage', stageName(stage)],
    ['task', stage.task],
    ['item', stage.itemOf(trial)],
    ...stage.shown(trial),
    ['model', stage.base.name],
    ['after', stage.after],
    ['trial', trial],
    ['answer_text', answer.text],
    ...(reading.valid ? stage.cells(reading.value) : []),
    ['valid', reading.valid],
    ['reason', reading.valid ? null : reading.reason],
    ...logprobs,
    ['prompt_tokens', answer.promptTokens],
    ['completion_tokens', answer.completionTokens],
    ['reasoning_tokens', answer.reasoningTokens],
    ['latency_ms', answer.latencyMs],
    ['at', answer.at],
  ]);
}

/** Names of columns that any row fills, in the order of the table. */
function orderedNames(rows: readonly ReadonlyMap<string, TableCell>[]): string[] {
  const filled = new Set<string>();
  for (const row of rows) {
    for (const [name, cell] of row) if (cell !== null) filled.add(name);
  }
  const values = [...filled].filter((name) => name.startsWith('value_'));
  const logprobs = [...filled].filter((name) => name.startsWith('logprob_'));
  const after = [
    ...columnsOfTrial,
    ...columnsOfAnswer.flatMap((name) => (name === 'value' ? [name, ...values] : [name])),
    ...logprobs,
    ...columnsOfCost,
  ];
  const others = new Set<string>([...columnsBefore, ...after]);
  return [...columnsBefore, ...[...filled].filter((name) => !others.has(name)), ...after].filter(
    (name) => filled.has(name),
  );
}

function kindOf(rows: readonly ReadonlyMap<string, TableCell>[], name: string): TableKind {
  const kinds = new Set<string>();
  let isWhole = true;
  for (const row of rows) {
    const cell = row.get(name) ?? null;
    if (cell === null) continue;
    kinds.add(typeof cell);
    if (!Number.isSafeInteger(cell)) isWhole = false;
  }
  if (kinds.size !== 1 || kinds.has('string')) return 'text';
  if (kinds.has('boolean')) return 'boolean';
  return isWhole ? 'integer' : 'number';
}
