/** `weighbridge study`: collecting a study from a model. */
import type { Command } from 'commander';
import { addAnalyse } from './analyse.js';
import { addCancel } from './cancel.js';
import { addDemo } from './demo.js';
import { addExport } from './export.js';
import { addInit } from './init.js';
import { addRun } from './run.js';
import { addStatus } from './status.js';
import { addStimuli } from './stimuli.js';

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
