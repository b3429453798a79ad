/**
 * What a study shows its models, as files: for training elsewhere, and for the record of a paper.
 */
import { sharedFiles } from '../study/layout.js';
import { contextsCsv, weightsCsv } from '../study/write-study.js';
import type { PlannedStudy } from './open-study.js';
import { trainings } from './plan.js';
import { trainingText } from './training.js';

/** File contents by file name. */
export function stimuliFiles({
  configuration,
  stimuli,
}: Pick<PlannedStudy, 'configuration' | 'stimuli'>): ReadonlyMap<string, string> {
  const files = new Map([
    [sharedFiles.contexts as string, contextsCsv(stimuli.contexts)],
    [sharedFiles.targets as string, weightsCsv(stimuli.targets)],
  ]);
  for (const what of trainings) {
    const { training, validation } = trainingText(configuration, stimuli, what);
    files.set(`${what}.jsonl`, training);
    if (validation !== null) files.set(`${what}_validation.jsonl`, validation);
  }
  return files;
}
