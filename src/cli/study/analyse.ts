/** `weighbridge study analyse`: the paper's analysis on what was collected. */
import type { Command } from 'commander';
import { compareReadings } from '../../analysis/compare-readings.js';
import type { Reproduction } from '../../analysis/reproduce.js';
import { WeighbridgeError } from '../../errors.js';
import { rememberingRunner } from '../../executor/remembering.js';
import { type AnswerCounts, type BegunStudy, exportStudy } from '../../harness/export-study.js';
import { lookAtStudy } from '../../harness/open-study.js';
import { type ReadingNames, readingsTable } from '../../report/readings-table.js';
import type { AnswerPolicy } from '../../study/parse-report.js';
import { readStudyFiles, type Study } from '../../study/read-study.js';
import {
  type Analyse,
  type AnalysisFlags,
  addAnalysisOptions,
  type ResultExtras,
  showAnalysis,
  warn,
  withFits,
} from '../analysis.js';
import { requireWritable } from '../output.js';
import { withResult } from '../result.js';
import { collectedAnswers, collectedReasons } from './answers.js';
import { begun, policyOption, requireFinished } from './export.js';
import { countsTable } from './tables.js';

export interface AnalyseFlags extends AnalysisFlags {
  policy: AnswerPolicy;
}

export function addAnalyse(study: Command): void {
  const command = study
    .command('analyse')
    .description(
      'fit every regression on the collected answers; says what the other reading of them changes',
    )
    .argument('<folder>', 'a folder made by `study init`');
  addAnalyseOptions(command).action(analyseStudy);
}

export function addAnalyseOptions(command: Command): Command {
  return addAnalysisOptions(command.addOption(policyOption()));
}

export async function analyseStudy(folder: string, flags: AnalyseFlags): Promise<void> {
  const started = performance.now();
  if (flags.json !== undefined && flags.json !== '-') await requireWritable(flags.json);
  const study = await lookAtStudy(folder);
  try {
    const answers = begun(study);
    const reading = (policy: AnswerPolicy) => readUnder(policy, answers, folder, flags);
    const used = await reading(flags.policy);
    requireFinished(used.counts, folder);
    if (flags.weighChoices === 'by-probability') requireLogprobs(answers);
    warn(used.data.warnings);
    await withFits(
      flags,
      async (analyse) => {
        const result = await withResult(flags, async (writer) => {
          const made = await analyse(used.data, flags.weighChoices, writer?.observe);
          const seconds = (performance.now() - started) / 1000;
          const extras = writer ? collectedExtras(answers, used, flags.policy) : {};
          await showAnalysis(used.data, made, flags, { seconds, writer, extras });
          return made;
        });
        if (flags.json === '-' && flags.quiet) return;
        const say = (text: string) => {
          if (text !== '')
            (flags.json === '-' ? process.stderr : process.stdout).write(`${text}\n`);
        };
        say(countsTable(used.counts));
        say(await otherPolicy(used, result, flags, reading, analyse));
        if (flags.weighChoices === 'by-probability') {
          const asMade = await analyse(used.data, 'as-made');
          say(
            changes('What weighing choices by probability changes', asMade, result, {
              base: 'as made',
              other: 'by probability',
            }),
          );
        }
      },
      rememberingRunner,
    );
  } finally {
    study.close();
  }
}

/** @throws WeighbridgeError `bad-data` where choices cannot be weighed */
function requireLogprobs({ stages, record }: BegunStudy): void {
  for (const { id, kind } of stages) {
    if (kind !== 'choices' || record.choicesWithoutLogprobs(id) < record.answered(id).size)
      continue;
    throw new WeighbridgeError(
      'bad-data',
      `${id} has no log-probabilities: server.logprobs was not on when it was collected, or the server gave none`,
    );
  }
}

/** What the record knows beside what the authors' layout holds. */
function collectedExtras(
  study: BegunStudy,
  { files, counts }: PolicyReading,
  policy: AnswerPolicy,
): ResultExtras {
  const contexts = new Map(study.stimuli.contexts.map((context) => [context.name, context]));
  return {
    dataFiles: files,
    answers: collectedAnswers(study, policy),
    reasonsOf: collectedReasons(study, counts),
    unitsOf: ({ name }) => contexts.get(name)?.attributes.map(({ units = '' }) => units),
  };
}

/** A study's answers as one policy reads them. */
interface PolicyReading {
  readonly data: Study;
  /** What it was read from: the files of an export, by name. */
  readonly files: ReadonlyMap<string, string>;
  readonly counts: readonly AnswerCounts[];
}

/** Reads the files of an export, so that `export` and `reproduce` give the same figures. */
async function readUnder(
  policy: AnswerPolicy,
  study: BegunStudy,
  folder: string,
  { outOfRange }: AnalyseFlags,
): Promise<PolicyReading> {
  const { files, counts } = exportStudy(study, policy);
  const data = await readStudyFiles(folder, files, { outOfRangeReports: outOfRange });
  return { data, files, counts };
}

/** What the policy that was not used would change; '' where the lenient one mends nothing. */
async function otherPolicy(
  used: PolicyReading,
  result: Reproduction,
  { policy, weighChoices }: AnalyseFlags,
  reading: (policy: AnswerPolicy) => Promise<PolicyReading>,
  analyse: Analyse,
): Promise<string> {
  const other = policy === 'paper' ? 'lenient' : 'paper';
  const otherReading = await reading(other);
  const lenient = policy === 'paper' ? otherReading : used;
  if (!lenient.counts.some(({ repaired }) => repaired > 0)) return '';
  return changes(
    'What another reading of the answers changes',
    result,
    await analyse(otherReading.data, weighChoices),
    { base: policy, other },
  );
}

function changes(
  title: string,
  base: Reproduction,
  other: Reproduction,
  names: ReadingNames,
): string {
  return `${title}:\n${readingsTable(compareReadings(base, other), names)}`;
}
