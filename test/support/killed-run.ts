/** `weighbridge study run` in a process of its own, to be killed while it works. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import OpenAI from 'openai';
import { vi } from 'vitest';
import { openRecord } from '../../src/harness/record/record.js';
import type { SimulatedServer } from '../../src/simulation/server/server.js';
import { cli, plainEnvironment } from '../e2e/support.js';

export function startRun(folder: string) {
  const child = spawn(process.execPath, [cli, 'study', 'run', folder], {
    env: plainEnvironment(),
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let stderr = '';
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  return { child, ended: once(child, 'close'), stderr: () => stderr };
}

/**
 * Until the server has answered so many in all, or is at work on something else, as on a training. The
 * wait begins with the first request: a busy machine takes seconds to start the process.
 */
export async function someAnswers(server: SimulatedServer, wanted: number): Promise<void> {
  const requests = () => JSON.stringify(server.stats().requests);
  const before = requests();
  for (let waits = 0; requests() === before && waits < 24_000; waits++) {
    await setTimeout(5);
  }
  for (let waits = 0; server.stats().paidAnswers < wanted && waits < 400; waits++) {
    await setTimeout(5);
  }
}

export function answersOnRecord(folder: string): number {
  const record = openRecord(join(folder, 'record.sqlite'), 'read');
  try {
    return [...record.counts().values()].reduce((sum, { answers }) => sum + answers, 0);
  } finally {
    record.close();
  }
}

/**
 * The number of training jobs on the server. Asks again if the answer is cut or malformed, which the `openai` package
 * does not: the server's faults hit this request too.
 */
export const trainingJobs = (server: SimulatedServer): Promise<number> =>
  vi.waitFor(
    async () => {
      const api = new OpenAI({ baseURL: server.url, apiKey: 'none' });
      let jobs = 0;
      for await (const _ of api.fineTuning.jobs.list()) jobs++;
      return jobs;
    },
    { timeout: 30_000 },
  );
