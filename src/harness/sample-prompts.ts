/** One request of each task as a run would send it, to be read before money is spent. */
import type { CollectionStage } from '../packs/design.js';
import { completionBody } from './client/completion.js';
import { learnedOf } from './learned.js';
import type { PlannedStudy } from './open-study.js';
import { trainedModel } from './training.js';
import { answersSoFar, missingItems, requestFor } from './trial-request.js';

export interface SamplePrompt {
  readonly task: string;
  readonly stage: string;
  /** The item of the trial. */
  readonly item: string;
  /** Stages whose answers the request will hold, and which are not all on record. */
  readonly without: readonly string[];
  /** The request's JSON, by what is known of the server so far. */
  readonly body: ReturnType<typeof completionBody>;
}

/** The first trial of each kind of stage and task that is not answered yet, else the first of all. */
export function samplePrompts({
  stages,
  record,
}: Pick<PlannedStudy, 'stages' | 'record'>): SamplePrompt[] {
  const answers = answersSoFar(stages, record);
  const shown = new Map<string, SamplePrompt>();
  for (const stage of stages) {
    if (stage.kind === 'training' || stage.trials.length === 0) continue;
    const key = JSON.stringify([stage.kind, stage.task]);
    if (shown.has(key)) continue;
    const answered = record?.answered(stage.id) ?? new Set();
    const [trial = 0] = missingItems(stage, answered);
    const request = requestFor(stage, trial, modelName(stage, record), answers);
    shown.set(key, {
      task: stage.task,
      stage: stage.id,
      item: stage.itemOf(trial),
      without: stage.needs.filter((id) => isUnanswered(id, stages, record)),
      body: completionBody(request, learnedOf(record, request.model)),
    });
  }
  return [...shown.values()];
}

function isUnanswered(
  id: string,
  stages: PlannedStudy['stages'],
  record: PlannedStudy['record'],
): boolean {
  const stage = stages.find((one) => one.id === id);
  if (!stage || stage.kind === 'training') return false;
  return (record?.answered(id).size ?? 0) < stage.trials.length;
}

function modelName({ base, after }: CollectionStage, record: PlannedStudy['record']): string {
  if (after === null) return base.name;
  return trainedModel(base, after, record) ?? `${base.name} after ${after}`;
}
