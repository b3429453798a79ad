/** The demo of a described pack: its example study, on simulated models. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseDocument } from 'yaml';
import { answerTable, columnsByName } from '../../harness/answer-table.js';
import { requireBegun } from '../../harness/begun-study.js';
import { createStudy } from '../../harness/create-study.js';
import type { BegunStudy } from '../../harness/export-study.js';
import { lookAtStudy } from '../../harness/open-study.js';
import { askedModel } from '../../harness/training.js';
import { answersSoFar, requestFor } from '../../harness/trial-request.js';
import { explanationSettings } from '../../packs/ablation/explanation-sections.js';
import { readExplanations } from '../../packs/ablation/read-explanations.js';
import { analyseAnswers } from '../../packs/analyses.js';
import { isDescribed } from '../../packs/configuration/configuration.js';
import { studyFiles } from '../../packs/configuration/read-configuration.js';
import type { AnalysisConfiguration } from '../../packs/described/configuration.js';
import { type CollectionStage, stageName } from '../../packs/design.js';
import { weightSettings } from '../../packs/native-weights/weight-sections.js';
import { type KnobValues, profileWith } from '../../simulation/server/knobs.js';
import type { Truth } from '../../simulation/server/latent.js';
import { trueReportCorrelation } from '../../simulation/server/true-correlations.js';
import {
  type TrueAnswer,
  trueMeans,
  trueRates,
  truthOfInterval,
} from '../../simulation/true-answers.js';
import type { AnswerColumns } from '../../table-analysis/analyse-table.js';
import { type AnalyseFlags, analyseStudy } from './analyse.js';
import { type DemoServer, startDemoServer } from './demo-server.js';
import type { Checked } from './demo-truth.js';
import { collectStudy } from './run.js';

/** The models of a demo differ in what its packs measure. */
const knobsByModel: readonly KnobValues[] = [
  { insight: 0.75, self_knowledge: 0.5 },
  { insight: 0.35, self_knowledge: 0.2 },
  { insight: 0.55, self_knowledge: 0.3 },
];

function knobsOf(model: number): KnobValues {
  return knobsByModel[model % knobsByModel.length] ?? {};
}

/** Collects and analyses the example of a pack; returns what can be held against the truth. */
export async function runPackDemo(
  pack: string,
  folder: string,
  { flags, say }: { readonly flags: AnalyseFlags; readonly say: (line: string) => void },
): Promise<Checked[]> {
  await createStudy(folder, undefined, { pack });
  const models = await useSimulatedModels(join(folder, studyFiles.configuration));
  const knobs = models.flatMap((name, i) =>
    Object.entries(knobsOf(i)).flatMap(([knob, value]) => ['--knob', `${name}:${knob}=${value}`]),
  );
  const server = await startDemoServer(['--study', folder, ...knobs]);
  try {
    say(`${pack}: simulated model server at ${server.url}`);
    await useServer(join(folder, studyFiles.configuration), server.url);
    await collectStudy(folder, { quiet: flags.quiet });
    say('fitting');
    await analyseStudy(folder, flags);
    say('asking the simulator what is true');
    return await heldAgainstTruth(folder, server);
  } finally {
    server.stop();
  }
}

/** Renames the models of a configuration, so that none is taken for a real one. */
async function useSimulatedModels(path: string): Promise<string[]> {
  let text = await readFile(path, 'utf8');
  const { models = [] }: { models?: { name: string }[] } = parseDocument(text).toJS();
  const names = models.map(({ name }, i) => [name, `simulated-${i + 1}`] as const);
  for (const [name, simulated] of names.toSorted(([a], [b]) => b.length - a.length)) {
    text = text.replaceAll(name, simulated);
  }
  await writeFile(path, text);
  return names.map(([, simulated]) => simulated);
}

async function useServer(path: string, url: string): Promise<void> {
  const document = parseDocument(await readFile(path, 'utf8'));
  const settings = {
    base_url: url,
    key_variable: null,
    requests_per_minute: null,
    tokens_per_minute: null,
    poll_seconds: 0.1,
    concurrency: 32,
  };
  for (const [key, value] of Object.entries(settings)) document.setIn(['server', key], value);
  await writeFile(path, document.toString());
}

/** Short: what is shown is the way, and an interval of 1,000 draws is near enough. */
const sampling = { seed: 1, chains: 2, draws: 500, warmup: 300 };

async function heldAgainstTruth(folder: string, server: DemoServer): Promise<Checked[]> {
  const planned = await lookAtStudy(folder);
  try {
    const study = requireBegun(planned);
    const { configuration } = study;
    if (!isDescribed(configuration)) throw new RangeError('expected a described study');
    const columns = columnsByName(answerTable(study, 'paper'));
    const answers = await trueAnswers(study, server);
    const checked: Checked[] = [];
    for (const analysis of configuration.analysis) {
      const sections = await analyseAnswers(columns, [analysis], sampling);
      const truths = truthsOf(analysis, columns, answers);
      for (const interval of sections.flatMap(({ intervals }) => intervals)) {
        const truth = truthOfInterval(interval, truths);
        const { group = '', label, mean: estimate, lower, upper } = interval;
        if (truth !== null && estimate !== null && lower !== null && upper !== null) {
          checked.push({ what: `${group}: ${label}`, truth, estimate, lower, upper });
        }
      }
    }
    return checked;
  } finally {
    planned.close();
  }
}

function truthsOf(
  analysis: AnalysisConfiguration,
  columns: AnswerColumns,
  answers: readonly TrueAnswer[],
): ReadonlyMap<string, number> {
  if (!('analysis' in analysis)) return trueMeans(answers, analysis.stages ?? null);
  const weights = weightSettings.safeParse(analysis);
  if (weights.success) return trueCorrelations(columns, weights.data);
  const settings = explanationSettings.safeParse(analysis);
  if (!settings.success) return new Map();
  const { trained_on: trainedOn, ...rest } = settings.data;
  return trueRates(
    answers,
    readExplanations(columns, { ...rest, trainedOn }).explanations,
    trainedOn,
  );
}

/** Correlations of reports with native weights, for each model, and their differences. */
function trueCorrelations(
  columns: AnswerColumns,
  { choices, reports }: { readonly choices: string; readonly reports: string },
): ReadonlyMap<string, number> {
  const cells = (name: string) => columns.get(name) ?? [];
  const models = [...new Set(cells('model').map(String))];
  const perContext = (stage: string) => {
    const rows = cells('stage').flatMap((one, row) =>
      one === stage && cells('model')[row] === models[0] ? [String(cells('context')[row])] : [],
    );
    return Math.round(rows.length / new Set(rows).size);
  };
  const design = { nativeChoices: perContext(choices), reports: perContext(reports) };
  const truths = new Map<string, number>();
  const found = models.map((model, i) => {
    const truth = trueReportCorrelation(profileWith(model, knobsOf(i)), design, { contexts: 800 });
    truths.set(`correlation of reports with native weights\n${model}`, truth);
    return [model, truth] as const;
  });
  for (const [one, truth] of found) {
    for (const [other, subtracted] of found) {
      truths.set(`difference between correlations\n${one} − ${other}`, truth - subtracted);
    }
  }
  return truths;
}

/** Questions that are asked at once. */
const AT_ONCE = 32;

/** What is true of each answer that was collected. */
async function trueAnswers(study: BegunStudy, server: DemoServer): Promise<TrueAnswer[]> {
  const { stages, record } = study;
  const asked = answersSoFar(stages, record);
  const found: TrueAnswer[] = [];
  for (const stage of stages) {
    if (stage.kind === 'training') continue;
    const model = askedModel(stage.base, stage.after, record);
    const trials = [...stage.trials.keys()];
    for (let start = 0; start < trials.length; start += AT_ONCE) {
      const some = trials.slice(start, start + AT_ONCE);
      const truths = await Promise.all(
        some.map((trial) => server.truth(requestFor(stage, trial, model, asked))),
      );
      for (const [i, truth] of truths.entries()) {
        if (truth) found.push(trueAnswer(stage, some[i] ?? 0, truth));
      }
    }
  }
  return found;
}

function trueAnswer(stage: CollectionStage, trial: number, truth: Truth): TrueAnswer {
  const shown = stage.shown(trial);
  const bank = shown.get('bank') ?? null;
  return {
    stage: stageName(stage),
    item: stage.itemOf(trial),
    model: stage.base.name,
    about: String(shown.get('about') ?? stage.base.name),
    after: stage.after,
    shots: Number(shown.get('shots') ?? 0),
    bank: bank === null ? null : String(bank),
    mean: 'means' in truth ? (truth.means[''] ?? null) : meanValue(stage, trial, truth.answers),
    texts: 'answers' in truth ? truth.answers : null,
  };
}

/** The mean of the values that texts are read as; null if one of them is no number. */
function meanValue(
  stage: CollectionStage,
  trial: number,
  answers: Readonly<Record<string, number>>,
): number | null {
  let [sum, valid] = [0, 0];
  for (const [text, probability] of Object.entries(answers)) {
    const reading = stage.read(trial, { text, logprobs: null }, 'paper');
    if (!reading.valid) continue;
    if (typeof reading.value !== 'number') return null;
    sum += probability * reading.value;
    valid += probability;
  }
  return valid > 0 ? sum / valid : null;
}
