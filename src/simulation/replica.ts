/**
 * A replica of the whole study in the authors' layout, simulated from a seed: our own contexts and
 * agents, and models without a language model in them, calibrated to the paper's figures. It
 * shows the analysis at work where the authors' data are not at hand, and is no evidence for
 * anything.
 */
import type { PaperFigures } from '../analysis/figures.js';
import { randomStream } from '../random/stream.js';
import { type Candidate, contextFor } from '../study/candidates.js';
import type { Choice, Context, WeightReport } from '../study/context.js';
import { formatCsv } from '../study/csv.js';
import {
  attributeColumns,
  type ModelFile,
  modelFiles,
  type ReportFile,
  sharedFiles,
} from '../study/layout.js';
import { drawOption, drawTargetWeights, formatFloat } from '../study/trials.js';
import { type SimulatedRecord, simulateBaseModel } from './replica-model.js';
import { CONTEXTS_PER_SETTING } from './replica-plan.js';
import { type ReplicaContexts, shuffle } from './replica-tables.js';

export interface ReplicaInput {
  readonly candidates: readonly Candidate[];
  readonly agents: readonly string[];
  readonly figures: PaperFigures;
  readonly seed: number;
}

/** File contents by file name. The same input gives the same bytes. */
export function replicaFiles(input: ReplicaInput): Map<string, string> {
  const { figures, seed } = input;
  const all = contextsOf(input);
  const targets = targetsOf(all, seed);
  const contexts: ReplicaContexts = {
    instilled: all.slice(0, CONTEXTS_PER_SETTING),
    native: all.slice(CONTEXTS_PER_SETTING, 2 * CONTEXTS_PER_SETTING),
    targets,
  };
  const files = new Map<string, string>([
    [sharedFiles.provenance, provenanceText(seed)],
    [sharedFiles.contexts, contextsCsv(all)],
    [sharedFiles.targets, targetsCsv(targets)],
  ]);
  for (const name of Object.keys(figures.experiment1.learned_vs_target_r)) {
    const record = simulateBaseModel(name, contexts, figures, seed);
    for (const [file, text] of recordFiles(record, all, seed)) files.set(file, text);
  }
  return files;
}

function contextsOf({ candidates, agents, seed }: ReplicaInput): Context[] {
  const random = randomStream(seed, 'replica', 'contexts');
  const shuffledAgents = shuffle(agents, random);
  return shuffle(candidates, random).map((candidate, i) =>
    contextFor(candidate, shuffledAgents[i % shuffledAgents.length] ?? ''),
  );
}

function targetsOf(contexts: readonly Context[], seed: number): Map<string, number[]> {
  const random = randomStream(seed, 'replica', 'targets');
  return new Map(
    contexts.map(({ name, attributes }) => [name, drawTargetWeights(attributes.length, random)]),
  );
}

function provenanceText(seed: number): string {
  const provenance = {
    simulated: true,
    description:
      "a simulated replica made by weighbridge, calibrated to the paper's figures; no language model made these choices or reports",
    seed,
  };
  return `${JSON.stringify(provenance, null, 2)}\n`;
}

/** The paper has five in every context, and so have ours. */
const ATTRIBUTES = 5;

const optionColumns = [
  ...attributeColumns('A_attribute_', ATTRIBUTES),
  ...attributeColumns('B_attribute_', ATTRIBUTES),
];

function contextsCsv(contexts: readonly Context[]): string {
  const columns = [
    'scenario',
    'question',
    ...attributeColumns('attr', ATTRIBUTES),
    ...attributeColumns('attr', ATTRIBUTES, '_min'),
    ...attributeColumns('attr', ATTRIBUTES, '_max'),
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

function targetsCsv(targets: ReadonlyMap<string, readonly number[]>): string {
  return formatCsv(
    ['scenario', ...attributeColumns('attr', ATTRIBUTES)],
    [...targets].map(([name, weights]) => [name, ...weights]),
  );
}

/** Who answered, after the authors' fine-tuned models, but never to be mistaken for one. */
const answeredBy: Record<ModelFile, { suffix: string; version: string }> = {
  instilledChoices: { suffix: ':preferences', version: '' },
  nativeChoices: { suffix: ':preferences', version: '' },
  offTheShelfReports: { suffix: '', version: 'instilled_100' },
  instilledReports: { suffix: ':preferences', version: 'instilled_100' },
  firstHalfTrainedReports: { suffix: ':introspection-first-50', version: 'instilled_100' },
  lastHalfTrainedReports: { suffix: ':introspection-last-50', version: 'instilled_100' },
  nativeReports: { suffix: ':preferences', version: 'latent_100-200' },
  nativeTrainedReports: { suffix: ':introspection-all-100', version: 'latent_100-200' },
};

function recordFiles(
  { name, choices, reports }: SimulatedRecord,
  contexts: readonly Context[],
  seed: number,
): [string, string][] {
  const speaker = (kind: ModelFile) => `simulated:${name}${answeredBy[kind].suffix}`;
  const file = (kind: ModelFile) => name + modelFiles[kind].suffix;
  const reportKinds = Object.keys(reports) as ReportFile[];
  return [
    [file('instilledChoices'), choicesCsv(choices.instilled, speaker('instilledChoices'))],
    [file('nativeChoices'), choicesCsv(choices.native, speaker('nativeChoices'))],
    ...reportKinds.map((kind): [string, string] => {
      const random = randomStream(seed, 'replica', name, kind, 'options shown');
      const leading = [speaker(kind), answeredBy[kind].version];
      return [file(kind), reportsCsv(reports[kind], contexts, leading, random)];
    }),
  ];
}

function choicesCsv(choices: readonly Choice[], speaker: string): string {
  return formatCsv(
    ['model', 'scenario', 'selection', ...optionColumns],
    choices.map(({ context, choseA, a, b }) => [
      speaker,
      context,
      choseA ? 'A' : 'B',
      ...[...a, ...b].map(formatFloat),
    ]),
  );
}

/** A question about weights shows two options too; they have no part in the answer. */
function reportsCsv(
  reports: readonly WeightReport[],
  contexts: readonly Context[],
  leading: readonly string[],
  random: { uniform(): number },
): string {
  const byName = new Map(contexts.map((context) => [context.name, context]));
  const rows = reports.map(({ context, weights }) => {
    const shown = byName.get(context);
    const options = shown ? [...drawOption(shown, random), ...drawOption(shown, random)] : [];
    return [...leading, context, ...weights, ...options.map(formatFloat)];
  });
  const columns = [
    'explaining_model',
    'version',
    'scenario',
    ...attributeColumns('report_attr', ATTRIBUTES),
  ];
  return formatCsv([...columns, ...optionColumns], rows);
}
