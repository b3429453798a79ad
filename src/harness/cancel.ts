/**
 * Calls off what a study has under way at the server: training jobs and batches. What they have
 * brought so far is kept; nothing new is paid for.
 */
import { batchState, cancelBatches } from './batch/run-batches.js';
import { cancelFineTune, fineTuneState } from './fine-tuning/fine-tune.js';
import type { RunningStudy } from './open-study.js';

interface CancelOptions {
  readonly signal: AbortSignal | undefined;
  readonly onWarning: ((line: string) => void) | undefined;
}

/**
 * @param onWarning receives one line for each problem that was handled
 * @returns the stages whose jobs or batches were called off
 */
export async function cancelStudy(
  study: RunningStudy,
  signal?: AbortSignal,
  onWarning?: (line: string) => void,
): Promise<string[]> {
  const cancelled: string[] = [];
  for (const stage of study.stages) {
    const cancel = stage.kind === 'training' ? cancelTraining : cancelCollection;
    if (await cancel(study, stage.id, { signal, onWarning })) cancelled.push(stage.id);
  }
  return cancelled;
}

async function cancelTraining(
  { id: study, client, record }: RunningStudy,
  key: string,
  options: CancelOptions,
): Promise<boolean> {
  const { stage } = fineTuneState(key, record.journal);
  if (stage !== 'running' && stage !== 'creating' && stage !== 'damaged') return false;
  await cancelFineTune({ key, study }, { ...options, call: client.call, journal: record.journal });
  return true;
}

async function cancelCollection(
  { id: study, client, record, clock, configuration }: RunningStudy,
  key: string,
  options: CancelOptions,
): Promise<boolean> {
  if (batchState(key, record.journal)?.length === 0) return false;
  return cancelBatches(key, {
    ...options,
    study,
    call: client.call,
    journal: record.journal,
    clock,
    pollSeconds: configuration.server.poll_seconds,
  });
}
