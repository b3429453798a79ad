/** /v1/fine_tuning/jobs: create, list, look at, cancel, events, checkpoints. */
import { jobRequestOf, jobSchema } from './job-request.js';
import { cancelJob, isOver, type Job, jobObject, startJob } from './jobs.js';
import { pageOf } from './pagination.js';
import { errorReply, jsonReply, type Reply } from './reply.js';
import { readBody } from './request-body.js';
import type { Call, Route } from './route.js';
import type { Simulator } from './simulator.js';

const PATH = '/v1/fine_tuning/jobs';

/** The routes, and the jobs that they made, oldest first. */
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
    one('', 'GET', (job, { world }) => jsonReply(jobObject(job, world.seed))),
    one('/cancel', 'POST', cancel),
    one('/events', 'GET', ({ events }, _, call) => {
      const { after, limit } = call.req.query();
      return pageOf(events, { after, limit });
    }),
    // None are kept: a simulated model is learned in one go.
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
  const job = startJob(jobRequestOf(body.value), entry.mind, file, simulator);
  jobs.set(job.id, job);
  return jsonReply(jobObject(job, simulator.world.seed));
}

/** `metadata[key]=value` keeps the jobs that have it. */
function list(call: Call, { world }: Simulator, jobs: ReadonlyMap<string, Job>): Reply {
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
    found.map((job) => jobObject(job, world.seed)),
    { after, limit },
  );
}

function cancel(job: Job, { world }: Simulator): Reply {
  if (isOver(job)) {
    return errorReply(400, {
      message: `Job has already completed: ${job.id} is ${job.status}.`,
      code: 'invalid_request_error',
    });
  }
  cancelJob(job);
  return jsonReply(jobObject(job, world.seed));
}

function noSuchJob(id: string): Reply {
  return errorReply(404, {
    message: `Could not find fine tune: ${id}`,
    param: 'fine_tuning_job_id',
    code: 'fine_tune_not_found',
  });
}
