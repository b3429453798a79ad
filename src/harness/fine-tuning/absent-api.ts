/** A server without a fine-tuning API is told by what it answers to an upload or a job. */
import { WeighbridgeError } from '../../errors.js';
import type { ApiCall } from '../client/server-api.js';
import { statusOf } from '../server-jobs.js';

/** Statuses of a path that a server does not have. */
const absent: ReadonlySet<number> = new Set([404, 405, 501]);

/** @throws WeighbridgeError `server` in words of the study if the server cannot train; else the error */
export async function uploaded<T>(upload: Promise<T>): Promise<T> {
  return upload.catch((error: unknown) => {
    throw isAbsent(error) ? noApi(error) : error;
  });
}

/**
 * As `uploaded`. A job may also be refused because the server does not know its model, so the server
 * is asked for its jobs.
 */
export async function created<T>(
  creation: Promise<T>,
  call: ApiCall,
  signal: AbortSignal | undefined,
): Promise<T> {
  return creation.catch(async (error: unknown) => {
    if (!isAbsent(error)) throw error;
    const jobs = call(
      'list fine-tuning jobs',
      (api, options) => api.fineTuning.jobs.list({ limit: 1 }, options),
      signal,
    );
    const hasNone = await jobs.then(() => false, isAbsent);
    throw hasNone ? noApi(error) : error;
  });
}

/** Whether the server does not have what was called. */
export function isAbsent(error: unknown): boolean {
  const status = error instanceof WeighbridgeError ? error.details.status : statusOf(error);
  return typeof status === 'number' && absent.has(status);
}

function noApi(error: unknown): WeighbridgeError {
  const { details } = error instanceof WeighbridgeError ? error : { details: {} };
  const server = 'baseURL' in details ? details.baseURL : 'the server';
  return new WeighbridgeError(
    'server',
    `${server} has no fine-tuning API: train the models elsewhere and name them under \`trained\` in study.yaml`,
    { details },
  );
}
