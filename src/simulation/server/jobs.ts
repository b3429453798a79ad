/**
 * Fine-tuning jobs: validating_files, queued, running, then succeeded, failed or cancelled, with
 * events on the way. The resulting model is named after its base, training file and settings, so
 * that the same training always makes the same model.
 */
import { newId, nowInSeconds, type StoredFile } from './files.js';
import type { JobRequest } from './job-routes.js';
import type { SimulatedModel } from './model.js';
import { digestOf } from './randomness.js';
import { inBackground, pause, type Simulator, yieldToRequests } from './simulator.js';
import { readTrainingFile, type Training, type TrainingFile, train } from './training.js';

type JobStatus = 'validating_files' | 'queued' | 'running' | 'succeeded' | 'failed' | 'cancelled';

interface JobEvent {
  readonly id: string;
  readonly object: 'fine_tuning.job.event';
  readonly created_at: number;
  readonly level: 'info' | 'error';
  readonly message: string;
  readonly type: 'message' | 'metrics';
  readonly data: Readonly<Record<string, number>> | null;
}

/** A running job; changed by its work and by cancellation. */
export interface Job {
  readonly id: string;
  readonly request: JobRequest;
  readonly base: SimulatedModel;
  readonly file: StoredFile;
  readonly createdAt: number;
  readonly events: JobEvent[];
  status: JobStatus;
  finishedAt: number | null;
  error: { readonly code: string; readonly message: string; readonly param: string | null } | null;
  fineTunedModel: string | null;
  trainedTokens: number | null;
}

/** Creates a job and starts its work. */
export function startJob(
  request: JobRequest,
  base: SimulatedModel,
  file: StoredFile,
  simulator: Simulator,
): Job {
  const job: Job = {
    id: newId('ftjob-'),
    request,
    base,
    file,
    createdAt: nowInSeconds(),
    events: [],
    status: 'validating_files',
    finishedAt: null,
    error: null,
    fineTunedModel: null,
    trainedTokens: null,
  };
  tell(job, `Created fine-tuning job: ${job.id}`);
  tell(job, `Validating training file: ${file.id}`);
  inBackground(
    simulator,
    () => work(job, simulator),
    (reason) => fail(job, internalError(reason)),
  );
  return job;
}

export function isOver({ status }: Job): boolean {
  return status === 'succeeded' || status === 'failed' || status === 'cancelled';
}

export function cancelJob(job: Job): void {
  end(job, 'cancelled');
  tell(job, 'Fine-tuning job cancelled.');
}

/** Shares of a job's total time. */
const VALIDATING = 0.15;
const QUEUED = 0.15;
const RUNNING = 0.7;

/** Runs the job through its stages; stops at any stage once it is cancelled. */
async function work(job: Job, simulator: Simulator): Promise<void> {
  const milliseconds = 1000 * simulator.jobSeconds;
  const file = readTrainingFile(job.file.text);
  await pause(simulator, VALIDATING * milliseconds);
  if (isOver(job)) return;
  if (!file.ok) return fail(job, invalidFile(file.reason));

  job.status = 'queued';
  tell(job, 'Files validated, moving job to queued state');
  await pause(simulator, QUEUED * milliseconds);
  if (isOver(job)) return;

  job.status = 'running';
  tell(job, 'Fine-tuning job started');
  const failing = simulator.faults.work('job');
  const name = trainedName(job);
  const training = await train(job.base, simulator.shared, file.lessons, {
    name,
    yieldToRequests: () => yieldToRequests(simulator),
  });
  const steps = stepsOf(job.request, file);
  await run(job, training, steps, failing ? 0.5 : 1, simulator);
  if (isOver(job)) return;
  if (failing) return fail(job, internalError('a fault on request'));

  simulator.models.add(training.model, nowInSeconds());
  job.fineTunedModel = name;
  job.trainedTokens = file.tokens * epochsOf(job.request);
  end(job, 'succeeded');
  tell(job, `New fine-tuned model created: ${name}`);
  tell(job, 'The job has successfully completed');
}

/** Maximum number of progress reports. */
const MOST_METRICS = 50;

/** Runs the steps, or the first of them, and reports the loss on the way. */
async function run(
  job: Job,
  { loss }: Training,
  steps: number,
  share: number,
  simulator: Simulator,
): Promise<void> {
  const reports = Math.min(steps, MOST_METRICS);
  const milliseconds = (1000 * simulator.jobSeconds * RUNNING) / reports;
  for (let i = 1; i <= reports * share; i++) {
    await pause(simulator, milliseconds);
    if (isOver(job)) return;
    const step = Math.round((steps * i) / reports);
    // The loss falls quickly at first, and ends at the loss after training.
    const left = 1 - (1 - Math.exp((-4 * step) / steps)) / (1 - Math.exp(-4));
    const trainLoss = loss.after + (loss.before - loss.after) * left;
    tell(job, `Step ${step}/${steps}: training loss=${trainLoss.toFixed(4)}`, {
      step,
      train_loss: Number(trainLoss.toFixed(6)),
      total_steps: steps,
    });
  }
}

const USUAL_EPOCHS = 3;

function epochsOf({ hyperparameters: { n_epochs } }: JobRequest): number {
  return n_epochs === 'auto' ? USUAL_EPOCHS : n_epochs;
}

function stepsOf(request: JobRequest, { lessons }: TrainingFile & { ok: true }): number {
  const { batch_size } = request.hyperparameters;
  // OpenAI's default: 1/500 of the examples.
  const size = batch_size === 'auto' ? Math.ceil(lessons.length / 500) : batch_size;
  return Math.max(1, epochsOf(request) * Math.ceil(lessons.length / size));
}

/** ft:BASE:simulated:SUFFIX:HASH */
function trainedName({ base, request, file }: Job): string {
  const settings = JSON.stringify(request.hyperparameters);
  const hash = digestOf(base.name, file.text, settings).slice(0, 8);
  return `ft:${base.family}:simulated:${request.suffix}:${hash}`;
}

function invalidFile(reason: string): NonNullable<Job['error']> {
  return {
    code: 'invalid_training_file',
    message: `The job failed due to an invalid training file. ${reason}`,
    param: 'training_file',
  };
}

function internalError(reason: string): NonNullable<Job['error']> {
  return {
    code: 'server_error',
    message: `The job failed due to an internal error: ${reason}.`,
    param: null,
  };
}

function fail(job: Job, error: NonNullable<Job['error']>): void {
  job.error = error;
  end(job, 'failed');
  tell(job, error.message);
}

function end(job: Job, status: 'succeeded' | 'failed' | 'cancelled'): void {
  job.status = status;
  job.finishedAt = nowInSeconds();
}

function tell(job: Job, message: string, metrics: JobEvent['data'] = null): void {
  job.events.push({
    id: `ftevent-${job.id.slice('ftjob-'.length)}-${job.events.length}`,
    object: 'fine_tuning.job.event',
    created_at: nowInSeconds(),
    level: job.status === 'failed' ? 'error' : 'info',
    message,
    type: metrics ? 'metrics' : 'message',
    data: metrics,
  });
}

/** The job in the API's shape. */
export function jobObject(job: Job, seed: number) {
  const { request } = job;
  return {
    object: 'fine_tuning.job',
    id: job.id,
    model: job.base.name,
    created_at: job.createdAt,
    finished_at: job.finishedAt,
    fine_tuned_model: job.fineTunedModel,
    organization_id: 'org-simulated',
    result_files: [],
    status: job.status,
    validation_file: request.validationFile,
    training_file: job.file.id,
    hyperparameters: request.hyperparameters,
    trained_tokens: job.trainedTokens,
    error: job.error ?? {},
    user_provided_suffix: request.suffix || null,
    seed: request.seed ?? seed,
    estimated_finish: null,
    integrations: [],
    metadata: request.metadata,
    method: { type: 'supervised', supervised: { hyperparameters: request.hyperparameters } },
  };
}
