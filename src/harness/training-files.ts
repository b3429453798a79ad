/** Training files of a described study, for training elsewhere. */
import { filePrefix } from '../authors-files/write-study.js';
import { WeighbridgeError } from '../errors.js';
import type { TrainingStage } from '../packs/design.js';
import type { PlannedStudy } from './open-study.js';
import { answersSoFar } from './trial-request.js';

/**
 * JSON lines of each training of each model, by file name.
 * @throws WeighbridgeError `bad-argument` if the study trains no model, or answers that a training
 * is made of are not on record
 */
export function trainingFiles(
  study: Pick<PlannedStudy, 'folder' | 'stages' | 'record'>,
): Map<string, string> {
  const { folder, stages, record } = study;
  const trainings = stages.filter((stage) => stage.kind === 'training');
  if (trainings.length === 0) {
    throw new WeighbridgeError(
      'bad-argument',
      `${folder} trains no model, so it has no training files`,
    );
  }
  const answers = answersSoFar(stages, record);
  const files = new Map<string, string>();
  for (const stage of trainings) {
    requireMeasured(stage, study);
    const { training, validation } = stage.text(answers);
    const name = `${filePrefix(stage.base.name)}_${stage.training}`;
    files.set(`${name}.jsonl`, training);
    if (validation !== null) files.set(`${name}_validation.jsonl`, validation);
  }
  return files;
}

function requireMeasured(
  { id, needs }: TrainingStage,
  { folder, stages, record }: Pick<PlannedStudy, 'folder' | 'stages' | 'record'>,
): void {
  for (const stage of stages) {
    if (stage.kind === 'training' || !needs.includes(stage.id)) continue;
    const { size } = record?.answered(stage.id) ?? new Set();
    if (size === stage.trials.length) continue;
    throw new WeighbridgeError(
      'bad-argument',
      `${id} is made of the answers of ${stage.id}, which has ${size} of ${stage.trials.length}: collect them with \`weighbridge study run ${folder}\``,
    );
  }
}
