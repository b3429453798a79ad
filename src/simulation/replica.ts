/**
 * A replica of the whole study in the authors' layout, simulated from a seed: our own contexts and
 * agents, and simulated choosers instead of language models, calibrated to the paper's figures. It
 * demonstrates the analysis when the authors' data are not available, and is no evidence for
 * anything.
 */
import type { PaperFigures } from '../analysis/figures.js';
import { modelFiles, sharedFiles } from '../authors-files/layout.js';
import { choicesCsv, contextsCsv, reportsCsv, weightsCsv } from '../authors-files/write-study.js';
import { randomStream } from '../random/stream.js';
import { type Candidate, contextFor } from '../study/candidates.js';
import type { Choice, Context, WeightReport } from '../study/context.js';
import type { ModelFile, ReportFile } from '../study/study.js';
import { drawOption, drawTargetWeights } from '../study/trials.js';
import { instilledAgent, nativeAgent } from './replica-agents.js';
import { instilledReports, nativeReports } from './replica-reports.js';
import { CONTEXTS_PER_SETTING, type ReplicaContexts, shuffle } from './replica-tables.js';

interface ReplicaInput {
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
    [sharedFiles.targets, weightsCsv(targets)],
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

/** Attributes per context, in the paper and in our contexts. */
const ATTRIBUTES = 5;

/** Model names: modelled on the authors' fine-tuned models, but not mistakable for them. */
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
): (readonly [string, string])[] {
  const file = (kind: ModelFile) => name + modelFiles[kind].suffix;
  const answers = (kind: ModelFile) => ({
    model: `simulated:${name}${answeredBy[kind].suffix}`,
    version: answeredBy[kind].version,
  });
  const choiceFile = (kind: 'instilledChoices' | 'nativeChoices', made: readonly Choice[]) => {
    const rows = made.map((choice) => ({ ...choice, ...answers(kind) }));
    return [file(kind), choicesCsv(rows, ATTRIBUTES)] as const;
  };
  const reportFile = (kind: ReportFile) => {
    const random = randomStream(seed, 'replica', name, kind, 'options shown');
    const rows = withOptionsShown(reports[kind], contexts, random);
    const full = rows.map((row) => ({ ...row, ...answers(kind) }));
    return [file(kind), reportsCsv(full, ATTRIBUTES)] as const;
  };
  return [
    choiceFile('instilledChoices', choices.instilled),
    choiceFile('nativeChoices', choices.native),
    ...(Object.keys(reports) as ReportFile[]).map(reportFile),
  ];
}

/** A question about weights also shows two options; they do not affect the answer. */
function withOptionsShown(
  reports: readonly WeightReport[],
  contexts: readonly Context[],
  random: { uniform(): number },
) {
  const byName = new Map(contexts.map((context) => [context.name, context]));
  return reports.map((report) => {
    const shown = byName.get(report.context);
    const draw = () => (shown ? drawOption(shown, random) : []);
    return { ...report, a: draw(), b: draw() };
  });
}

interface SimulatedRecord {
  readonly name: string;
  readonly choices: { readonly instilled: Choice[]; readonly native: Choice[] };
  readonly reports: Readonly<Record<ReportFile, WeightReport[]>>;
}

function simulateBaseModel(
  name: string,
  contexts: ReplicaContexts,
  figures: PaperFigures,
  seed: number,
): SimulatedRecord {
  const stream = (purpose: string) => randomStream(seed, 'replica', name, purpose);
  const instilled = instilledAgent(name, contexts, figures, stream);
  const native = nativeAgent(name, contexts, figures, stream);
  return {
    name,
    choices: { instilled: instilled.choices, native: native.choices },
    reports: {
      ...instilledReports(name, contexts, figures, instilled, stream),
      ...nativeReports(name, contexts, figures, native, stream),
    },
  };
}
