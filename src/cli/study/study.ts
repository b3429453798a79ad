/** `weighbridge study`: collects a study from a model. */

import { join } from 'node:path';
import type { Command } from 'commander';
import { readAgents, readCandidates } from '../../authors-files/read-candidates.js';
import { paperStimuli } from '../../authors-files/write-study.js';
import { writeFiles } from '../../data-files/write-files.js';
import { WeighbridgeError } from '../../errors.js';
import { createStudy, paperPack, shippedPacks } from '../../harness/create-study.js';
import { stimuliFiles } from '../../harness/export-study.js';
import { lookAtStudy, openStudy } from '../../harness/open-study.js';
import { cancelStudy } from '../../harness/run-study.js';
import { studyFiles } from '../../packs/configuration/read-configuration.js';
import { addFlags, type FlagValues, flag, optionalFlag, switchFlag } from '../flags.js';
import { warn } from '../output.js';
import { addAnalyse } from './analyse.js';
import { addDemo } from './demo.js';
import { addExport } from './export.js';
import { addRun, type TrustFlags, trustFlags, trustOptions } from './run.js';
import { addStatus } from './status.js';

export function addStudy(program: Command): void {
  const study = program
    .command('study')
    .description('collect choices and reports from a model: init, run, status, analyse, export');
  addInit(study);
  addRun(study);
  addStatus(study);
  addCancel(study);
  addExport(study);
  addAnalyse(study);
  addDemo(study);
  addStimuli(study);
}

const initFlags = {
  pack: flag('--pack <name>', 'the study to begin with, one of those below', String, paperPack),
};

export function addInit(study: Command): void {
  const command = study
    .command('init')
    .description('begin a study: write a commented configuration, and the files it names, to edit')
    .argument('<folder>', 'where the study will live');
  addFlags(command, initFlags).addHelpText('after', packsHelp).action(initStudy);
}

function packsHelp(): string {
  const packs = shippedPacks();
  const width = Math.max(...packs.map(({ name }) => name.length));
  const lines = packs.map(({ name, about }) => `  ${name.padEnd(width)}  ${about}`);
  return ['', 'Packs:', ...lines, ''].join('\n');
}

async function initStudy(folder: string, { pack }: FlagValues<typeof initFlags>): Promise<void> {
  const written = await createStudy(folder, undefined, { pack });
  process.stdout.write(`${written.join('\n')}
edit ${join(folder, studyFiles.configuration)}, then:
  weighbridge study run ${folder} --dry-run
  weighbridge study run ${folder}
`);
}

export function addCancel(study: Command): void {
  const command = study
    .command('cancel')
    .description(
      'call off training jobs and batches at the server (run --retry-failed begins them anew)',
    )
    .argument('<folder>', 'a folder made by `study init`');
  addFlags(command, trustFlags).action(cancel);
}

async function cancel(folder: string, flags: TrustFlags): Promise<void> {
  const study = await openStudy(folder, trustOptions(flags));
  try {
    const cancelled = await cancelStudy(study, { onWarning: warn });
    const lines = cancelled.map((stage) => `${stage}: cancelled`);
    process.stdout.write(`${lines.join('\n') || 'nothing is under way at the server'}\n`);
  } finally {
    study.close();
  }
}

const stimuliFlags = {
  of: optionalFlag('--of <folder>', 'a folder made by `study init`'),
  paper: switchFlag(
    '--paper',
    "the paper's own stimuli, byte for byte; needs --candidates and --roles",
  ),
  candidates: optionalFlag('--candidates <file>', "the authors' candidate_scenarios.json"),
  roles: optionalFlag('--roles <file>', "the authors' roles.csv"),
};

type StimuliFlags = FlagValues<typeof stimuliFlags>;

export function addStimuli(study: Command): void {
  const command = study
    .command('stimuli')
    .description(
      'write training files, and the contexts and target weights of the paper’s pack: of a study (--of), or the paper’s own (--paper)',
    )
    .argument('<out>', 'where to write them; files of the same names are replaced');
  addFlags(command, stimuliFlags).action(writeStimuli);
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
    try {
      return stimuliFiles(study);
    } finally {
      study.close();
    }
  }
  if (!paper || of !== undefined || !candidates || !roles) {
    throw new WeighbridgeError(
      'bad-argument',
      "say --of FOLDER for a study's stimuli, or --paper --candidates candidate_scenarios.json --roles roles.csv for the paper's",
    );
  }
  return paperStimuli(await readCandidates(candidates), await readAgents(roles));
}
