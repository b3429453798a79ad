/**
 * `weighbridge study analyse`: the paper's analysis of the collected answers, or those of a described
 * study.
 */
import type { Command } from 'commander';
import { compareReadings } from '../../analysis/compare-readings.js';
import type { Reproduction } from '../../analysis/reproduce.js';
import { rememberingRunner } from '../../distribution/remembering.js';
import { OtherShards } from '../../fit/other-shards.js';
import { requireBegun, requireFinished, requireLogprobs } from '../../harness/begun-study.js';
import { collectedAnswers, collectedReasons } from '../../harness/collected-answers.js';
import {
  type BegunPaperStudy,
  exportFiles,
  isDescribedStudy,
  requirePaperStudy,
  type StudyAnswers,
  studyAnswers,
  studyFromAnswers,
} from '../../harness/export-study.js';
import { lookAtStudy } from '../../harness/open-study.js';
import { type ReadingNames, readingsTable } from '../../report/text-tables.js';
import type { AnswerPolicy } from '../../study/parse-report.js';
import type { Study } from '../../study/study.js';
import {
  type Analyse,
  analysisFlags,
  moreOf,
  type ResultExtras,
  showAnalysis,
  withFits,
  withResult,
} from '../analysis.js';
import { addFlags, choiceFlag, type FlagValues } from '../flags.js';
import { requireWritable, STANDARD_OUTPUT, warn } from '../output.js';
import { inShard, shardFlag } from '../shards.js';
import { analyseDescribed, describedSections } from './analyse-described.js';
import { countsTable } from './tables.js';

export const policyFlag = choiceFlag<AnswerPolicy>(
  '--policy <which>',
  'how answers are read: strictly as in the paper, or leniently, which repairs near-matches of names',
  ['paper', 'lenient'],
  'paper',
);

export const analyseFlags = { policy: policyFlag, ...analysisFlags };

export type AnalyseFlags = FlagValues<typeof analyseFlags>;

const commandFlags = { ...analyseFlags, shard: shardFlag };

export function addAnalyse(study: Command): void {
  const command = study
    .command('analyse')
    .description('run the analyses of a study on its collected answers, and print what they found')
    .argument('<folder>', 'a folder made by `study init`');
  addFlags(command, commandFlags).action(analyse);
}

async function analyse(folder: string, flags: FlagValues<typeof commandFlags>): Promise<void> {
  const { shard } = flags;
  if (shard === undefined) return analyseStudy(folder, flags);
  await inShard({ ...flags, shard }, () => shardOf(folder, flags));
}

export async function analyseStudy(folder: string, flags: AnalyseFlags): Promise<void> {
  const started = performance.now();
  await requireWritable(flags.json);
  const planned = await lookAtStudy(folder);
  try {
    const begun = requireBegun(planned);
    if (isDescribedStudy(begun)) return await analyseDescribed(begun, flags, started);
    const study = requirePaperStudy(begun);
    const used = await readUnder(flags.policy, study, folder, flags);
    requireFinished(used.answers.counts, folder);
    if (flags.weighChoices === 'by-probability') requireLogprobs(study);
    warn(...used.data.warnings);
    await withFits(
      flags,
      async (analyse) => {
        const result = await withResult(flags, async (writer) => {
          const made = await analyse(used.data, flags.weighChoices, moreOf(flags, writer));
          const seconds = (performance.now() - started) / 1000;
          const extras = writer ? collectedExtras(study, used) : {};
          await showAnalysis(used.data, made, flags, { seconds, writer, extras });
          return made;
        });
        if (flags.json === STANDARD_OUTPUT && flags.quiet) return;
        const output = flags.json === STANDARD_OUTPUT ? process.stderr : process.stdout;
        const print = (text: string) => text !== '' && output.write(`${text}\n`);
        print(countsTable(used.answers.counts));
        print(await policyChanges(used, result, flags, study, analyse));
        print(await weighingChanges(used, result, flags, analyse));
      },
      rememberingRunner,
    );
  } finally {
    planned.close();
  }
}

/** Fits of all analyses of the command, as far as a shard goes. */
async function shardOf(folder: string, flags: AnalyseFlags): Promise<void> {
  const planned = await lookAtStudy(folder);
  try {
    const begun = requireBegun(planned);
    if (isDescribedStudy(begun)) {
      await describedSections(begun, flags);
      return;
    }
    const study = requirePaperStudy(begun);
    const used = await readUnder(flags.policy, study, folder, flags);
    requireFinished(used.answers.counts, folder);
    const byProbability = flags.weighChoices === 'by-probability';
    if (byProbability) requireLogprobs(study);
    const other = await readOther(used, flags, study);
    await withFits(flags, async (fits) => {
      const shards = new OtherShards();
      // The result folder has all draws.
      const observe = () => () => {};
      const { latent, weighChoices } = flags;
      await shards.goOn(() => fits(used.data, weighChoices, { latent, observe }));
      if (other !== null) await shards.goOn(() => fits(other.data, weighChoices));
      if (byProbability) await shards.goOn(() => fits(used.data, 'as-made'));
      shards.end();
    });
  } finally {
    planned.close();
  }
}

/** Data in the record beyond the authors' layout. */
function collectedExtras(study: BegunPaperStudy, { answers }: PolicyReading): ResultExtras {
  const contexts = new Map(study.design.stimuli.contexts.map((context) => [context.name, context]));
  return {
    dataFiles: exportFiles(study, answers),
    answers: collectedAnswers(study, answers.policy),
    reasonsOf: collectedReasons(study, answers.counts),
    unitsOf: ({ name }) => contexts.get(name)?.attributes.map(({ units = '' }) => units),
  };
}

/** A study's answers as read under one policy. */
interface PolicyReading {
  readonly answers: StudyAnswers;
  readonly data: Study;
}

async function readUnder(
  policy: AnswerPolicy,
  study: BegunPaperStudy,
  folder: string,
  { outOfRange }: AnalyseFlags,
): Promise<PolicyReading> {
  const answers = studyAnswers(study, policy);
  const options = { outOfRangeReports: outOfRange };
  return { answers, data: await studyFromAnswers(folder, study, answers, options) };
}

/** The other reading of the answers; null if the lenient one repairs nothing. */
async function readOther(
  used: PolicyReading,
  flags: AnalyseFlags,
  study: BegunPaperStudy,
): Promise<PolicyReading | null> {
  const other = flags.policy === 'paper' ? 'lenient' : 'paper';
  const reading = await readUnder(other, study, used.data.folder, flags);
  const lenient = flags.policy === 'paper' ? reading : used;
  return lenient.answers.counts.some(({ repaired }) => repaired > 0) ? reading : null;
}

/** The effect of the other policy; '' if the lenient one repairs nothing. */
async function policyChanges(
  used: PolicyReading,
  result: Reproduction,
  flags: AnalyseFlags,
  study: BegunPaperStudy,
  analyse: Analyse,
): Promise<string> {
  const { policy, weighChoices } = flags;
  const other = await readOther(used, flags, study);
  if (other === null) return '';
  return changes(
    'What another reading of the answers changes',
    result,
    await analyse(other.data, weighChoices),
    { base: policy, other: other.answers.policy },
  );
}

/** The effect of --weigh-choices by-probability; '' without it. */
async function weighingChanges(
  used: PolicyReading,
  result: Reproduction,
  { weighChoices }: AnalyseFlags,
  analyse: Analyse,
): Promise<string> {
  if (weighChoices !== 'by-probability') return '';
  return changes(
    'What weighing choices by probability changes',
    await analyse(used.data, 'as-made'),
    result,
    { base: 'as made', other: 'by probability' },
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
