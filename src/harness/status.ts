/** The state of a study, from its record alone: no key, no lock, no request. */

import type { Stage, TrainingStage } from '../packs/design.js';
import { batchState } from './batch/run-batches.js';
import { fineTuneState } from './fine-tuning/fine-tune.js';
import type { Journal } from './journal.js';
import type { PlannedStudy } from './open-study.js';
import { type TrainingProgress, trainedModel, trainingProgress } from './training.js';

export interface StageStatus {
  readonly stage: string;
  readonly kind: Stage['kind'];
  /** `waiting`: for another stage. */
  readonly state: 'waiting' | 'ready' | 'under way' | 'failed' | 'done';
  /** Dependencies of this stage that are not done. */
  readonly waitsFor: readonly string[];
  /** Answers on record and trials in all; null for a training. */
  readonly answers: { readonly done: number; readonly total: number } | null;
  /** Attempts without an answer. */
  readonly failures: number;
  /** The trained model, or the state of the job or the batches; '' if there is none. */
  readonly note: string;
}

export function studyStatus({
  stages,
  record,
}: Pick<PlannedStudy, 'stages' | 'record'>): StageStatus[] {
  const done = new Set<string>();
  const counts = record?.counts();
  return stages.map((stage) => {
    const waitsFor = stage.needs.filter((id) => !done.has(id));
    const found = counts?.get(stage.id) ?? { answers: 0, failures: 0 };
    const one =
      stage.kind === 'training'
        ? trainingStatus(stage, record)
        : {
            state: collectionState(found.answers, stage.trials.length),
            answers: { done: found.answers, total: stage.trials.length },
            note: record ? batchNote(stage.id, record.journal) : '',
          };
    if (one.state === 'done') done.add(stage.id);
    const state = one.state === 'ready' && waitsFor.length > 0 ? 'waiting' : one.state;
    return { stage: stage.id, kind: stage.kind, ...one, state, waitsFor, failures: found.failures };
  });
}

function collectionState(done: number, total: number): StageStatus['state'] {
  if (done === total) return 'done';
  return done > 0 ? 'under way' : 'ready';
}

const DAMAGED = "the journal's entry is damaged: the next run asks the server what there is";

function trainingStatus(
  stage: TrainingStage,
  record: PlannedStudy['record'],
): Pick<StageStatus, 'state' | 'answers' | 'note'> {
  const { id, base, training } = stage;
  const model = trainedModel(base, training, record);
  if (model !== null) return { state: 'done', answers: null, note: model };
  const job = record ? fineTuneState(id, record.journal) : null;
  switch (job?.stage) {
    case 'failed':
      return { state: 'failed', answers: null, note: `${job.jobId}: ${job.reason}` };
    case 'damaged':
      return { state: 'under way', answers: null, note: DAMAGED };
    case 'uploading':
    case 'creating':
      return { state: 'under way', answers: null, note: 'files are on their way' };
    case 'running':
      return {
        state: 'under way',
        answers: null,
        note: `${job.jobId} ${progressText(trainingProgress(job.progress))}`,
      };
    default:
      return { state: 'ready', answers: null, note: '' };
  }
}

/** The progress of a training in one line. */
export function progressText({ status, done, total, loss }: TrainingProgress): string {
  const of = total > 0 ? `/${total}` : '';
  const steps = done + total > 0 ? `, step ${done}${of}` : '';
  return `${status}${steps}${loss === null ? '' : `, loss ${loss.toFixed(3)}`}`;
}

function batchNote(stage: string, journal: Journal): string {
  const open = batchState(stage, journal);
  if (!open) return DAMAGED;
  return open
    .map(({ batchId, requests }) => `${batchId ?? 'a batch'} with ${requests} requests`)
    .join(', ');
}
