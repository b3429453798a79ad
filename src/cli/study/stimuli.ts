/** `weighbridge study stimuli`: contexts, target weights and training files, before any model is asked. */
import type { Command } from 'commander';
import { WeighbridgeError } from '../../errors.js';
import { lookAtStudy } from '../../harness/open-study.js';
import { stimuliFiles } from '../../harness/stimuli-files.js';
import { readAgents, readCandidates } from '../../study/candidates.js';
import { paperStimuli } from '../../study/paper-stimuli.js';
import { writeFiles } from '../../study/write-files.js';

interface StimuliFlags {
  readonly of?: string;
  readonly paper?: true;
  readonly candidates?: string;
  readonly roles?: string;
}

export function addStimuli(study: Command): void {
  study
    .command('stimuli')
    .description(
      'write contexts, target weights and training files: of a study (--of), or the paper’s own (--paper)',
    )
    .argument('<out>', 'where to write them; files of the same names are replaced')
    .option('--of <folder>', 'a folder made by `study init`')
    .option('--paper', "the paper's own stimuli, byte for byte, from the authors' two files:")
    .option('--candidates <file>', "the authors' candidate_scenarios.json")
    .option('--roles <file>', "the authors' roles.csv")
    .action(writeStimuli);
}

async function writeStimuli(out: string, flags: StimuliFlags): Promise<void> {
  const files = await filesFor(flags);
  await writeFiles(out, files);
  process.stdout.write(`${[...files.keys()].join('\n')}\n${files.size} files written to ${out}\n`);
}

async function filesFor({
  of,
  paper,
  candidates,
  roles,
}: StimuliFlags): Promise<ReadonlyMap<string, string>> {
  if (of !== undefined && !paper) {
    const study = await lookAtStudy(of);
    study.close();
    return stimuliFiles(study);
  }
  if (!paper || of !== undefined || !candidates || !roles) {
    throw new WeighbridgeError(
      'bad-argument',
      "say --of FOLDER for a study's stimuli, or --paper --candidates candidate_scenarios.json --roles roles.csv for the paper's",
    );
  }
  return paperStimuli(await readCandidates(candidates), await readAgents(roles));
}
