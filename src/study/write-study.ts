/**
 * Writes a study in the authors' layout, so that their scripts and our reader both take it.
 */
import type { Choice, Context, WeightReport } from './context.js';
import { formatCsv } from './csv.js';
import { attributeColumns, probabilityColumn } from './layout.js';
import { formatFloat } from './python-format.js';

/** A choice and the model that made it. */
export interface ChoiceRow extends Choice {
  readonly model: string;
}

/** A report, the model that gave it, and the two options that were shown with the question. */
export interface ReportRow extends WeightReport {
  readonly model: string;
  /** What the authors call the set of contexts: `instilled_100`, `latent_100-200`. */
  readonly version: string;
  readonly a: readonly number[];
  readonly b: readonly number[];
}

export function contextsCsv(contexts: readonly Context[]): string {
  const count = contexts[0]?.attributes.length ?? 0;
  const columns = [
    'scenario',
    'question',
    ...attributeColumns('attr', count),
    ...attributeColumns('attr', count, '_min'),
    ...attributeColumns('attr', count, '_max'),
  ];
  const rows = contexts.map(({ name, question, attributes }) => [
    name,
    question,
    ...attributes.map((attribute) => attribute.name),
    ...attributes.map(({ min }) => formatFloat(min)),
    ...attributes.map(({ max }) => formatFloat(max)),
  ]);
  return formatCsv(columns, rows);
}

/** Target, learned or native weights by context. */
export function weightsCsv(
  weights: ReadonlyMap<string, readonly number[]>,
  prefix: 'attr' | 'b_attr' = 'attr',
): string {
  const [first = []] = weights.values();
  return formatCsv(
    ['scenario', ...attributeColumns(prefix, first.length)],
    [...weights].map(([name, values]) => [name, ...values]),
  );
}

/**
 * `attributes` is their number in each context, so that a file without rows has its header too.
 * Probabilities are a column where any choice has one: the last, as the authors have none.
 */
export function choicesCsv(choices: readonly ChoiceRow[], attributes: number): string {
  const weighed = choices.some(({ probabilityA }) => probabilityA !== undefined);
  return formatCsv(
    [
      'model',
      'scenario',
      'selection',
      ...optionColumns(attributes),
      ...(weighed ? [probabilityColumn] : []),
    ],
    mapped(choices, ({ model, context, choseA, a, b, probabilityA }) => [
      model,
      context,
      choseA ? 'A' : 'B',
      ...[...a, ...b].map(formatFloat),
      ...(weighed ? [probabilityA === undefined ? '' : formatFloat(probabilityA)] : []),
    ]),
  );
}

export function reportsCsv(reports: readonly ReportRow[], attributes: number): string {
  return formatCsv(
    [
      'explaining_model',
      'version',
      'scenario',
      ...attributeColumns('report_attr', attributes),
      ...optionColumns(attributes),
    ],
    mapped(reports, ({ model, version, context, weights, a, b }) => [
      model,
      version,
      context,
      ...weights,
      ...[...a, ...b].map(formatFloat),
    ]),
  );
}

/** Each row as it is asked for: all of them together take many times the memory of their text. */
function* mapped<From, To>(all: Iterable<From>, map: (one: From) => To): Generator<To> {
  for (const one of all) yield map(one);
}

function optionColumns(count: number): string[] {
  return [...attributeColumns('A_attribute_', count), ...attributeColumns('B_attribute_', count)];
}
