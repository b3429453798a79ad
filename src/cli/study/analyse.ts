/** `weighbridge study analyse`: the paper's analysis on what was collected. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Command } from 'commander';
import { compareReadings } from '../../analysis/compare-readings.js';
import type { Reproduction } from '../../analysis/reproduce.js';
import { exportStudy } from '../../harness/export-study.js';
import { lookAtStudy } from '../../harness/open-study.js';
import { type ReadingNames, readingsTable } from '../../report/readings-table.js';
import type { AnswerPolicy } from '../../study/parse-report.js';
import { readStudy } from '../../study/read-study.js';
import { writeFiles } from '../../study/write-files.js';
import {
  type AnalysisFlags,
  addAnalysisOptions,
  showAnalysis,
  warn,
  withFits,
} from '../analysis.js';
import { requireWritable } from '../output.js';
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
  const scratch = await mkdtemp(join(tmpdir(), 'weighbridge-analyse-'));
  try {
    const exported = (policy: AnswerPolicy) => exportStudy(begun(study), policy);
    /** By way of files, so that whoever exports and reproduces gets the same figures. */
    const read = async (policy: AnswerPolicy) => {
      const out = join(scratch, policy);
      await writeFiles(out, exported(policy).files);
      return readStudy(out, { outOfRangeReports: flags.outOfRange });
    };
    const lenient = exported('lenient');
    requireFinished(lenient, folder);
    const data = { ...(await read(flags.policy)), folder };
    warn(data.warnings);

    await withFits(flags, async (analyse) => {
      const result = await analyse(data, flags.weighChoices);
      await showAnalysis(data, result, flags, (performance.now() - started) / 1000);
      if (flags.json === '-' && flags.quiet) return;
      const say = (text: string) => {
        (flags.json === '-' ? process.stderr : process.stdout).write(`${text}\n`);
      };
      say(countsTable(exported(flags.policy).counts));
      if (lenient.counts.some(({ repaired }) => repaired > 0)) {
        const other = flags.policy === 'paper' ? 'lenient' : 'paper';
        const changed = await analyse(await read(other), flags.weighChoices);
        say(
          changes('What another reading of the answers changes', result, changed, {
            base: flags.policy,
            other,
          }),
        );
      }
      if (flags.weighChoices === 'by-probability') {
        const asMade = await analyse(data, 'as-made');
        say(
          changes('What weighing choices by probability changes', asMade, result, {
            base: 'as made',
            other: 'by probability',
          }),
        );
      }
    });
  } finally {
    study.close();
    await rm(scratch, { recursive: true, force: true });
  }
}

function changes(
  title: string,
  base: Reproduction,
  other: Reproduction,
  names: ReadingNames,
): string {
  return `${title}:\n${readingsTable(compareReadings(base, other), names)}`;
}
