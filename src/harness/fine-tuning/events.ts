/**
 * What a job tells of itself while it runs. The server lists events newest first, a page at a time;
 * only those after the last one seen are fetched, and they are told in the order they happened.
 */
import type { ApiCall } from '../client/api-call.js';
import { asObject } from '../client/json.js';
import { type JobEvent, MalformedAnswer } from '../client/server-answers.js';
import { statusOf } from '../jobs/create-once.js';
import { listing } from '../jobs/listing.js';
import type { FineTuneProgress } from './entry.js';

/** The newest are enough to tell how far a job is; a server may have no end of them. */
const MOST_EVENTS = 2000;

/** Oldest first; none where the server keeps no events. */
export async function newEvents(
  jobId: string,
  lastEvent: string | null,
  call: ApiCall,
  signal: AbortSignal | undefined,
): Promise<JobEvent[]> {
  const fetched = await call(
    `read the events of fine-tuning job ${jobId}`,
    async (api, options) => {
      const events: JobEvent[] = [];
      const { jobs } = api.fineTuning;
      const pages = listing((query, own) => jobs.listEvents(jobId, query, own), options);
      try {
        for await (const event of pages) {
          if (event.id === lastEvent || events.length === MOST_EVENTS) break;
          events.push({ ...event, data: metricsOf(event.data) });
        }
      } catch (error) {
        // News can wait: the next look at the job brings all of them.
        if (error instanceof MalformedAnswer) return [];
        // A server without this endpoint can train all the same.
        if (![404, 405, 501].includes(statusOf(error) ?? 0)) throw error;
      }
      return events;
    },
    signal,
  );
  return fetched.reverse();
}

/** Progress after an event: what it does not say stays as it was. */
export function afterEvent(
  before: FineTuneProgress,
  { message, data }: Pick<JobEvent, 'message' | 'data'>,
): FineTuneProgress {
  const metrics = { ...metricsInText(message), ...metricsInData(data) };
  return { ...before, ...metrics, message };
}

type Metrics = Partial<Pick<FineTuneProgress, 'step' | 'totalSteps' | 'loss'>>;

function metricsInData(data: unknown): Metrics {
  const { step, total_steps, train_loss } = metricsOf(data);
  return {
    ...(isNumber(step) ? { step } : {}),
    ...(isNumber(total_steps) ? { totalSteps: total_steps } : {}),
    ...(isNumber(train_loss) ? { loss: train_loss } : {}),
  };
}

function metricsOf(data: unknown) {
  const { step, total_steps, train_loss } = asObject(data) ?? {};
  return { step, total_steps, train_loss };
}

/** 'Step 80/150: training loss=0.67, …': older events say it in words alone. */
function metricsInText(message: string): Metrics {
  const found = /^Step (\d+)\/(\d+): training loss=([\d.]+(?:e-?\d+)?)/.exec(message);
  if (!found) return {};
  return { step: Number(found[1]), totalSteps: Number(found[2]), loss: Number(found[3]) };
}

function isNumber(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value);
}
