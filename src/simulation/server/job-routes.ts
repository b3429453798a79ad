/** /v1/fine_tuning/jobs: create, list, retrieve, cancel, events, checkpoints. */

import { z } from 'zod';
import { cancelJob, isOver, type Job, jobObject, startJob } from './jobs.js';
import { errorReply, jsonReply, pageOf, type Reply, readBody } from './reply.js';
import type { Call, Route } from './route.js';
import type { Simulator } from './simulator.js';

const PATH = '/v1/fine_tuning/jobs';

/** The routes, and the jobs created through them, oldest first. */
export function jobRoutes(): readonly Route[] {
  const jobs = new Map<string, Job>();
  const one = (suffix: string, method: Route['method'], reply: JobReply): Route => ({
    method,
    path: `${PATH}/:id${suffix}`,
    handle(call, simulator) {
      const id = call.req.param('id') ?? '';
      const job = jobs.get(id);
      return job ? reply(job, simulator, call) : noSuchJob(id);
    },
  });
  return [
    { method: 'POST', path: PATH, handle: (call, simulator) => create(call, simulator, jobs) },
    { method: 'GET', path: PATH, handle: (call, simulator) => list(call, simulator, jobs) },
    one('', 'GET', (job, { shared }) => jsonReply(jobObject(job, shared.seed))),
    one('/cancel', 'POST', cancel),
    one('/events', 'GET', ({ events }, _, call) => {
      const { after, limit } = call.req.query();
      return pageOf(events, { after, limit });
    }),
    // Always empty: a simulated model is trained in one step.
    one('/checkpoints', 'GET', () => pageOf([], { after: undefined, limit: undefined })),
  ];
}

type JobReply = (job: Job, simulator: Simulator, call: Call) => Reply;

async function create(call: Call, simulator: Simulator, jobs: Map<string, Job>): Promise<Reply> {
  const body = await readBody(call.env.incoming, jobSchema);
  if (!body.ok) return body.error;
  const { model, training_file } = body.value;
  const entry = simulator.models.get(model);
  if (!entry) {
    return errorReply(400, {
      message: `Model ${model} is not available for fine-tuning or does not exist.`,
      param: 'model',
      code: 'model_not_available',
    });
  }
  const file = simulator.files.get(training_file);
  if (file?.purpose !== 'fine-tune') {
    return errorReply(400, {
      message: `invalid training_file: ${training_file}`,
      param: 'training_file',
      code: 'invalid_value',
    });
  }
  const job = startJob(jobRequestOf(body.value), entry.model, file, simulator);
  jobs.set(job.id, job);
  return jsonReply(jobObject(job, simulator.shared.seed));
}

/** Filters jobs by `metadata[key]=value`. */
function list(call: Call, { shared }: Simulator, jobs: ReadonlyMap<string, Job>): Reply {
  const query = call.req.query();
  const wanted = Object.entries(query).flatMap(([name, value]) => {
    const key = /^metadata\[(.+)\]$/.exec(name)?.[1];
    return key === undefined ? [] : [{ key, value }];
  });
  const found = [...jobs.values()].filter(({ request: { metadata } }) =>
    wanted.every(({ key, value }) => metadata?.[key] === value),
  );
  const { after, limit } = query;
  return pageOf(
    found.map((job) => jobObject(job, shared.seed)),
    { after, limit },
  );
}

function cancel(job: Job, { shared }: Simulator): Reply {
  if (isOver(job)) {
    return errorReply(400, {
      message: `Job has already completed: ${job.id} is ${job.status}.`,
      code: 'invalid_request_error',
    });
  }
  cancelJob(job);
  return jsonReply(jobObject(job, shared.seed));
}

function noSuchJob(id: string): Reply {
  return errorReply(404, {
    message: `Could not find fine tune: ${id}`,
    param: 'fine_tuning_job_id',
    code: 'fine_tune_not_found',
  });
}

const settingSchema = (number: z.ZodNumber) => z.union([z.literal('auto'), number]).nullish();

const hyperparametersSchema = z.object({
  n_epochs: settingSchema(z.int().min(1).max(50)),
  batch_size: settingSchema(z.int().min(1).max(256)),
  learning_rate_multiplier: settingSchema(z.number().positive()),
});

/** Same limits as OpenAI: sixteen pairs, with short keys and values. */
export const metadataSchema = z
  .record(z.string().max(64), z.string().max(512))
  .refine((pairs) => Object.keys(pairs).length <= 16, { message: 'expected at most 16 pairs' });

const jobSchema = z.object({
  model: z.string(),
  training_file: z.string(),
  validation_file: z.string().nullish(),
  hyperparameters: hyperparametersSchema.nullish(),
  method: z
    .object({
      type: z.literal('supervised', { message: 'only supervised training is simulated' }),
      supervised: z.object({ hyperparameters: hyperparametersSchema.nullish() }).nullish(),
    })
    .nullish(),
  suffix: z.string().max(64).nullish(),
  seed: z.int().nullish(),
  metadata: metadataSchema.nullish(),
});

export interface JobRequest {
  readonly validationFile: string | null;
  readonly hyperparameters: {
    readonly n_epochs: number | 'auto';
    readonly batch_size: number | 'auto';
    readonly learning_rate_multiplier: number | 'auto';
  };
  /** The suffix as used in a model's name. */
  readonly suffix: string;
  readonly seed: number | null;
  readonly metadata: Readonly<Record<string, string>> | null;
}

function jobRequestOf(body: z.infer<typeof jobSchema>): JobRequest {
  const asked = body.method?.supervised?.hyperparameters ?? body.hyperparameters;
  return {
    validationFile: body.validation_file ?? null,
    hyperparameters: {
      n_epochs: asked?.n_epochs ?? 'auto',
      batch_size: asked?.batch_size ?? 'auto',
      learning_rate_multiplier: asked?.learning_rate_multiplier ?? 'auto',
    },
    suffix: (body.suffix ?? '').toLowerCase().replace(/[^a-z0-9-]+/g, '-'),
    seed: body.seed ?? null,
    metadata: body.metadata ?? null,
  };
}
