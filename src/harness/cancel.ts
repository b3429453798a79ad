/**
 * Calls off what a study has under way at the server: training jobs and batches. What they have
 * brought so far is kept; nothing new is paid for.
 */
import { batchState } from './batch/run-batches.js';
import { cancelFineTune, fineTuneState } from './fine-tuning/fine-tune.js';
import type { RunningStudy } from './open-study.js';

/** @returns the stages whose jobs or batches were called off */
export async function cancelStudy(study: RunningStudy, signal?: AbortSignal): Promise<string[]> {
  const cancelled: string[] = [];
  for (const stage of study.stages) {
    const cancel = stage.kind === 'training' ? cancelTraining : cancelBatches;
    if (await cancel(study, stage.id, signal)) cancelled.push(stage.id);
  }
  return cancelled;
}

async function cancelTraining(
  { client, record }: RunningStudy,
  stage: string,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  const { stage: state } = fineTuneState(stage, record.journal);
  if (state !== 'running' && state !== 'creating') return false;
  await cancelFineTune(stage, { call: client.call, journal: record.journal, signal });
  return true;
}

async function cancelBatches(
  { client, record }: RunningStudy,
  stage: string,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  const open = batchState(stage, record.journal);
  for (const { batchId } of open) {
    if (batchId === null) continue;
    const { status } = await client.call(
      `look at batch ${batchId}`,
      (api, options) => api.batches.retrieve(batchId, options),
      signal,
    );
    if (status !== 'in_progress' && status !== 'validating') continue;
    await client.call(
      `cancel batch ${batchId}`,
      (api, options) => api.batches.cancel(batchId, options),
      signal,
    );
  }
  return open.length > 0;
}
