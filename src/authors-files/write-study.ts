/** Writes a study in the authors' layout, readable by their scripts and by ours. */
import { createHash } from 'node:crypto';
import { formatCsv } from '../data-files/text-table.js';
import { WeighbridgeError } from '../errors.js';
import type { Candidate } from '../study/candidates.js';
import type { Choice, Context, WeightReport } from '../study/context.js';
import { formatFloat } from '../study/python-format.js';
import {
  assignAgents,
  preferenceExamples,
  reportExamples,
  targetWeightsFor,
} from '../study/stimuli.js';
import { attributeColumns, probabilityColumn, sharedFiles } from './layout.js';
import { exampleJsonl } from './training-files.js';

/** A choice and the model that made it. */
export interface ChoiceRow extends Choice {
  readonly model: string;
}

/** A report, the model that gave it, and the two options shown with the question. */
export interface ReportRow extends WeightReport {
  readonly model: string;
  /** The authors' name for the set of contexts: `instilled_100`, `latent_100-200`. */
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
 * `attributes` is their number per context, so that a file without rows still has a header. If any
 * choice has a probability, a column for it comes last, as the authors have none.
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
    mapped(choices, (row) => [row.model, ...choiceCells(row, weighed)]),
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
    mapped(reports, (row) => [row.model, row.version, ...reportCells(row)]),
  );
}

/** The row of a choice, after the model. @param weighed true if there is a probability column */
export function choiceCells(
  { context, choseA, a, b, probabilityA }: Choice,
  weighed: boolean,
): string[] {
  const cells = [context, choseA ? 'A' : 'B', ...[...a, ...b].map(formatFloat)];
  if (weighed) cells.push(probabilityA === undefined ? '' : formatFloat(probabilityA));
  return cells;
}

/** The row of a report, after model and version. */
export function reportCells({ context, weights, a, b }: ReportRow): string[] {
  return [context, ...weights.map(String), ...[...a, ...b].map(formatFloat)];
}

/** Maps rows lazily: all rows together take many times the memory of their text. */
function* mapped<From, To>(all: Iterable<From>, map: (one: From) => To): Generator<To> {
  for (const one of all) yield map(one);
}

function optionColumns(count: number): string[] {
  return [...attributeColumns('A_attribute_', count), ...attributeColumns('B_attribute_', count)];
}

/** Number of contexts in the authors' tables; weights were instilled in the first hundred. */
const PUBLISHED = 1100;
const INSTILLED = 100;

/** The authors read the header of `roles.csv` as an agent: one context asks 'role'. */
const AGENT_OF_THE_HEADER = 'role';

/**
 * @param candidates contents of `candidate_scenarios.json`, at least 1,100
 * @param agents contents of `roles.csv` without its header, at least as many
 * @returns file contents by file name
 */
export function paperStimuli(
  candidates: readonly Candidate[],
  agents: readonly string[],
): Map<string, string> {
  if (Math.min(candidates.length, agents.length) < PUBLISHED) {
    throw new WeighbridgeError(
      'bad-data',
      `${candidates.length} decision contexts and ${agents.length} agents, expected the authors': ${PUBLISHED} at least of both`,
    );
  }
  const contexts = assignAgents(candidates.slice(0, PUBLISHED), [AGENT_OF_THE_HEADER, ...agents]);
  const weights = targetWeightsFor(contexts);
  const instilled = contexts.slice(0, INSTILLED);
  const preferences = preferenceExamples(instilled, weights);
  const reports = reportExamples(instilled, weights);
  const half = INSTILLED / 2;
  return new Map([
    [sharedFiles.contexts, contextsCsv(contexts)],
    [sharedFiles.targets, weightsCsv(weights)],
    ['instill_100_prefs.jsonl', exampleJsonl(preferences.training)],
    // Not one of the authors' files; the name is ours.
    ['instill_100_prefs_validation.jsonl', exampleJsonl(preferences.validation)],
    // The model learns to report on the second half of the contexts and is tested on the first.
    ['instilled_weights_50_training.jsonl', exampleJsonl(reports.slice(half))],
    ['instilled_weights_50_test.jsonl', exampleJsonl(reports.slice(0, half))],
  ]);
}

/** Leaves room for the suffixes in the 255 bytes of a file name. */
const LONGEST_PREFIX = 180;

/**
 * The prefix of a model's file names: its name without characters that could lead to another
 * folder, as in `org/model:8b`. A name that is too long is cut and gets a hash.
 */
export function filePrefix(model: string): string {
  const prefix = model.replace(/[^A-Za-z0-9._-]/g, '_').replace(/^\.+/, '_');
  if (prefix.length <= LONGEST_PREFIX) return prefix;
  const hash = createHash('sha256').update(model).digest('hex').slice(0, 8);
  return `${prefix.slice(0, LONGEST_PREFIX - 9)}-${hash}`;
}
