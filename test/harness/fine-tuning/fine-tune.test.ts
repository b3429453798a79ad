/** One job a stage, whatever happens: stops, lost responses, refusals, failures, changes of mind. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Job } from '../../../src/harness/client/server-api.js';
import {
  cancelFineTune,
  type FineTuneContext,
  type FineTuneEstimate,
  type FineTuneProgress,
  type FineTuneRequest,
  fineTune,
  fineTuneState,
} from '../../../src/harness/fine-tuning/fine-tune.js';
import { memoryJournal } from '../../support/memory-journal.js';
import { JOB_STEPS, type JobServerOptions, jobServer, virtualClock } from '../jobs/job-server.js';
import { Killed, mortal, plainCall, retryingCall } from '../jobs/mortal.js';

const example = (answer: string) =>
  JSON.stringify({
    messages: [
      { role: 'user', content: 'Which of the two houseboats do you prefer?' },
      { role: 'assistant', content: answer },
    ],
  });

const request: FineTuneRequest = {
  key: 'gpt-4o/train-preferences',
  study: '5f0c',
  model: 'gpt-4o',
  suffix: 'preferences',
  trainingFile: { name: 'preferences.jsonl', text: `${example('A')}\n${example('B')}\n` },
  validationFile: { name: 'validation.jsonl', text: `${example('A')}\n` },
  hyperparameters: { epochs: 3, learningRateMultiplier: 1.8, batchSize: 10 },
  seed: 7,
};

const succeeded = {
  model: 'ft:gpt-4o:lab:preferences:ftjob-1',
  jobId: 'ftjob-1',
  trainedTokens: 1234,
  finalLoss: 1 / JOB_STEPS,
};

/** A server with its clock, a journal, and a context that works on them. */
function bench(options: Partial<JobServerOptions> = {}) {
  const clock = virtualClock();
  const server = jobServer({ clock, ...options });
  const journal = memoryJournal();
  const context: FineTuneContext = {
    call: plainCall(server.api),
    journal,
    clock,
    pollSeconds: 30,
  };
  return { clock, server, journal, context };
}

describe('a fine-tuning job', () => {
  it('brings the model, its loss and the tokens it was trained on', async () => {
    const { context } = bench();
    expect(await fineTune(request, context)).toEqual(succeeded);
  });

  it('is asked for with the settings, the files and labels by which it can be found', async () => {
    const { server, context } = bench();
    await fineTune(request, context);
    expect(server.jobs.map(({ body }) => body)).toEqual([
      {
        model: 'gpt-4o',
        suffix: 'preferences',
        training_file: 'file-1',
        validation_file: 'file-2',
        method: {
          type: 'supervised',
          supervised: {
            hyperparameters: { n_epochs: 3, learning_rate_multiplier: 1.8, batch_size: 10 },
          },
        },
        seed: 7,
        metadata: {
          weighbridge_study: '5f0c',
          weighbridge_stage: 'gpt-4o/train-preferences',
          weighbridge_checksum: expect.stringMatching(/^[0-9a-f]{64}$/),
          weighbridge_attempt: '1',
        },
      },
    ]);
    expect([...server.files.values()]).toEqual([
      {
        id: 'file-1',
        purpose: 'fine-tune',
        filename: 'preferences.jsonl',
        text: request.trainingFile.text,
      },
      {
        id: 'file-2',
        purpose: 'fine-tune',
        filename: 'validation.jsonl',
        text: request.validationFile?.text,
      },
    ]);
  });

  it('leaves out what its request does not say', async () => {
    const { server, context } = bench();
    const { validationFile: _file, seed: _seed, ...least } = request;
    await fineTune(
      {
        ...least,
        hyperparameters: { epochs: 1, learningRateMultiplier: 'auto', batchSize: 'auto' },
      },
      context,
    );
    expect(Object.keys(server.jobs[0]?.body ?? {}).sort()).toEqual([
      'metadata',
      'method',
      'model',
      'suffix',
      'training_file',
    ]);
    expect(server.files.size).toBe(1);
  });

  it('tells each event once and in order, though the server lists the newest first', async () => {
    const { server, context } = bench();
    const told: FineTuneProgress[] = [];
    await fineTune(request, { ...context, onProgress: (progress) => told.push(progress) });
    const spoken = told.filter(({ message }, i) => message !== told[i - 1]?.message);
    expect(spoken.map(({ step }) => step)).toEqual([null, 1, 2, 3, 4, 5]);
    expect(told.at(-1)).toEqual({
      ...{ status: 'succeeded', step: JOB_STEPS, totalSteps: JOB_STEPS, loss: 1 / JOB_STEPS },
      message: `Step ${JOB_STEPS}/${JOB_STEPS}: training loss=${1 / JOB_STEPS}`,
    });
    expect([...new Set(told.map(({ status }) => status))]).toEqual([
      'validating_files',
      'running',
      'succeeded',
    ]);
    // Pages of two, five looks, of which only the third finds more news than a page holds.
    expect(server.requests.filter((line) => line.includes('/events'))).toHaveLength(6);
  });

  it('is polled as often as told and not after its end', async () => {
    const { clock, server, context } = bench();
    await fineTune(request, { ...context, pollSeconds: 40 });
    expect(clock.slept).toEqual([40_000, 40_000, 40_000]);
    expect(server.requests.filter((line) => line.endsWith('/ftjob-1'))).toHaveLength(4);
  });

  /** A server whose word on the job is changed, a number of times. */
  function saying(times: number, change: Partial<Job>) {
    const { context, server } = bench();
    let left = times;
    const call: FineTuneContext['call'] = async (what, work, signal) => {
      const result = await context.call(what, work, signal);
      const isChanged =
        typeof result === 'object' &&
        result !== null &&
        'status' in result &&
        (change.status ? result.status === 'running' : result.status === 'succeeded');
      return isChanged && left-- > 0 ? { ...result, ...change } : result;
    };
    return { server, context: { ...context, call } };
  }

  it('that succeeded without naming its model is looked at again', async () => {
    const { server, context } = saying(4, { fine_tuned_model: null });
    expect(await fineTune(request, context)).toEqual(succeeded);
    expect(server.jobs).toHaveLength(1);
  });

  it('that never names its model ends in a line, and is found by the next run', async () => {
    const { server, context } = saying(5, { fine_tuned_model: null });
    await expect(fineTune(request, context)).rejects.toMatchObject({
      code: 'server',
      message: `fine-tuning ${request.key}: the server says that job ftjob-1 succeeded, but names no model; run again to look once more`,
    });
    expect(await fineTune(request, context)).toEqual(succeeded);
    expect(server.jobs).toHaveLength(1);
  });

  it('of a status that nobody knows is running, and the status is shown', async () => {
    const { context } = saying(2, { status: 'warming_up' });
    const statuses = new Set<string>();
    const onProgress = ({ status }: FineTuneProgress) => void statuses.add(status);
    expect(await fineTune(request, { ...context, onProgress })).toEqual(succeeded);
    expect([...statuses]).toContain('warming_up');
  });

  it('that succeeded is never made again, nor asked about', async () => {
    const { server, context } = bench();
    await fineTune(request, context);
    const before = server.requests.length;
    expect(await fineTune(request, context)).toEqual(succeeded);
    expect(server.requests).toHaveLength(before);
  });

  it('goes on at the server when watching is called off, and is found by the next run', async () => {
    const { server, context } = bench();
    const stop = new AbortController();
    const reason = new Error('Ctrl-C');
    const onProgress = ({ step }: FineTuneProgress) => step === 3 && stop.abort(reason);
    await expect(fineTune(request, { ...context, onProgress, signal: stop.signal })).rejects.toBe(
      reason,
    );
    expect(server.jobs.map(({ cancelled }) => cancelled)).toEqual([false]);
    expect(fineTuneState(request.key, context.journal)).toMatchObject({
      stage: 'running',
      jobId: 'ftjob-1',
      progress: { step: 3, totalSteps: JOB_STEPS },
    });
    expect(await fineTune(request, context)).toEqual(succeeded);
    expect(server.jobs).toHaveLength(1);
  });

  it('can be trained by a server that keeps no events', async () => {
    const { context } = bench({ keepsNoEvents: true });
    expect(await fineTune(request, context)).toEqual({ ...succeeded, finalLoss: null });
  });
});

/** Runs that die one after another, then one that lives. */
async function runThroughDeaths(
  deaths: readonly number[],
  options: Partial<JobServerOptions> = {},
) {
  const { server, journal, context, clock } = bench(options);
  const reservations: string[] = [];
  let survived = false;
  for (const last of [...deaths, Number.POSITIVE_INFINITY]) {
    const life = mortal(context.call, journal, clock, last);
    const beforeCreate = ({ reservation }: FineTuneEstimate) => {
      life.moment();
      reservations.push(reservation);
    };
    const run = fineTune(request, { ...context, ...life, beforeCreate });
    if (last === Number.POSITIVE_INFINITY)
      return { result: await run, server, survived, reservations };
    const died = await run.then(
      () => false,
      (error) => error instanceof Killed,
    );
    survived ||= !died;
  }
  throw new Error('unreachable');
}

describe('a stage that is killed', () => {
  it('at any moment has one job and one result in the end', async () => {
    let moments = 0;
    for (let n = 1; ; n++) {
      const { result, server, survived, reservations } = await runThroughDeaths([n]);
      expect(result).toEqual(succeeded);
      expect(server.jobs).toHaveLength(1);
      expect(new Set(reservations)).toEqual(new Set([`${request.key}#1`]));
      if (survived) break;
      moments = n;
    }
    // Uploads, intent, creation, five polls with events and notes: none of them was left out.
    expect(moments).toBeGreaterThan(25);
  });

  it('again and again has one job and one result in the end', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 1, max: 12 }), { maxLength: 8 }),
        fc.boolean(),
        async (deaths, forgetsLabels) => {
          const { result, server } = await runThroughDeaths(deaths, { forgetsLabels });
          expect(result).toEqual(succeeded);
          expect(server.jobs).toHaveLength(1);
        },
      ),
      { seed: 81, numRuns: 100 },
    );
  });

  it('finds its own job among those of others', async () => {
    const { server, journal, context, clock } = bench();
    for (const key of ['one', 'two', 'three']) {
      await fineTune({ ...request, key }, { ...context, journal: memoryJournal() });
    }
    const withoutAnswer = mortal(context.call, journal, clock, Number.POSITIVE_INFINITY);
    const dies: FineTuneContext = {
      ...context,
      call: async (what, call, signal) => {
        const result = await withoutAnswer.call(what, call, signal);
        if (what.startsWith('create')) throw new Killed();
        return result;
      },
    };
    await expect(fineTune(request, dies)).rejects.toThrow(Killed);
    for (const key of ['four', 'five']) {
      await fineTune({ ...request, key }, { ...context, journal: memoryJournal() });
    }
    expect(await fineTune(request, context)).toMatchObject({ jobId: 'ftjob-4' });
    expect(server.jobs).toHaveLength(6);
  });
});

describe('creating a job', () => {
  it('once is enough when the response is lost and the client tries again', async () => {
    let lost = 0;
    const { server, context } = bench({
      losesResponse: (line) => line === 'POST /fine_tuning/jobs' && lost++ < 2,
    });
    expect(await fineTune(request, { ...context, call: retryingCall(server.api) })).toEqual(
      succeeded,
    );
    expect(server.jobs).toHaveLength(1);
  });

  it('that the server refuses leaves no trace, and files are sent anew by the next run', async () => {
    const refusals = [400];
    const { server, context } = bench({ refuse: () => refusals.shift() ?? null });
    await expect(fineTune(request, context)).rejects.toThrow('refused with 400');
    expect(fineTuneState(request.key, context.journal)).toEqual({ stage: 'uploading' });
    server.files.delete('file-1');
    expect(await fineTune(request, context)).toEqual(succeeded);
    expect(server.jobs).toHaveLength(1);
    expect(server.requests).not.toContain('GET /fine_tuning/jobs?limit=100');
  });

  it('that may have happened is not done again before looking', async () => {
    const { server, context } = bench({
      losesResponse: (line) => line === 'POST /fine_tuning/jobs',
    });
    await expect(fineTune(request, context)).rejects.toThrow();
    expect(await fineTune(request, context)).toEqual(succeeded);
    expect(server.jobs).toHaveLength(1);
  });

  it('comes after money was set aside, and not at all where there is none', async () => {
    const { server, context } = bench();
    const estimates: FineTuneEstimate[] = [];
    const beforeCreate = (estimate: FineTuneEstimate) => {
      estimates.push(estimate);
      throw new Error('the budget is spent');
    };
    await expect(fineTune(request, { ...context, beforeCreate })).rejects.toThrow('budget');
    expect(server.requests).toEqual([]);
    const [{ trainedTokens, mostTrainedTokens, ...named }] = estimates;
    expect(named).toEqual({ reservation: `${request.key}#1`, key: request.key, model: 'gpt-4o' });
    // Two examples of 43 characters, three epochs: some 4 characters a token, at least 1.
    expect(trainedTokens).toBeGreaterThan((3 * 2 * 43) / 5);
    expect(mostTrainedTokens).toBeGreaterThanOrEqual(3 * 2 * 43);
    expect(trainedTokens).toBeLessThan(mostTrainedTokens);
  });
});

describe('a job that failed', () => {
  const reason = 'The job failed due to an unsafe training file.\n';
  const failing = { jobFailure: () => reason };
  const line =
    'fine-tuning gpt-4o/train-preferences: job ftjob-1 failed: The job failed due to an unsafe training file; to train, and pay, once more, run again with --retry-failed';

  it('says why, and how to try again', async () => {
    const { context } = bench(failing);
    await expect(fineTune(request, context)).rejects.toMatchObject({
      code: 'job-failed',
      message: line,
    });
    expect(fineTuneState(request.key, context.journal)).toEqual({
      stage: 'failed',
      jobId: 'ftjob-1',
      reason: reason.trim(),
    });
  });

  it('is not paid for again by itself, and the server is not asked', async () => {
    const { server, context } = bench(failing);
    await expect(fineTune(request, context)).rejects.toThrow(line);
    const before = server.requests.length;
    await expect(fineTune(request, context)).rejects.toThrow(line);
    expect(server.requests).toHaveLength(before);
  });

  it('is forgotten on request, and another one is made from its own file', async () => {
    const { server, journal, context, clock } = bench(failing);
    await expect(fineTune(request, context)).rejects.toThrow(line);
    const reservations: string[] = [];
    const again = fineTune(request, {
      ...context,
      retryFailed: true,
      beforeCreate: ({ reservation }) => void reservations.push(reservation),
    });
    await expect(again).rejects.toThrow('job ftjob-2 failed');
    expect(reservations).toEqual([`${request.key}#2`]);
    expect(server.jobs.map(({ body }) => body.training_file)).toEqual(['file-1', 'file-3']);
    expect(clock.now()).toBeGreaterThan(200_000);
    expect(journal.get(`fine-tune/${request.key}`)).toContain('ftjob-2');
  });

  it('and is tried anew through any death has one more job', async () => {
    for (let n = 1; ; n++) {
      const jobFailure = (id: string) => (id === 'ftjob-1' ? 'bad luck' : null);
      const { server, journal, context, clock } = bench({ jobFailure });
      await expect(fineTune(request, context)).rejects.toThrow('bad luck');
      const life = mortal(context.call, journal, clock, n);
      await fineTune(request, { ...context, ...life, retryFailed: true }).catch(() => {});
      const retryFailed = fineTuneState(request.key, journal).stage === 'failed';
      expect(await fineTune(request, { ...context, retryFailed })).toMatchObject({
        jobId: 'ftjob-2',
      });
      expect(server.jobs).toHaveLength(2);
      if (life.alive()) break;
    }
  });

  it('says so when it was cancelled', async () => {
    const { server, context } = bench();
    const stop = new AbortController();
    const onProgress = () => stop.abort();
    await fineTune(request, { ...context, onProgress, signal: stop.signal }).catch(() => {});
    await cancelFineTune(request, context);
    expect(server.jobs.map(({ cancelled }) => cancelled)).toEqual([true]);
    await expect(fineTune(request, context)).rejects.toThrow(
      'job ftjob-1 failed: it was cancelled',
    );
    expect(await fineTune(request, { ...context, retryFailed: true })).toMatchObject({
      jobId: 'ftjob-2',
    });
  });
});

describe('cancelling', () => {
  it('a stage without a job, or with one that is done, does nothing', async () => {
    const { server, context } = bench();
    await cancelFineTune(request, context);
    expect(server.requests).toEqual([]);
    await fineTune(request, context);
    await cancelFineTune(request, context);
    expect(fineTuneState(request.key, context.journal)).toMatchObject({ stage: 'succeeded' });
    expect(server.jobs.map(({ cancelled }) => cancelled)).toEqual([false]);
  });

  it('finds a job whose id never arrived', async () => {
    const { server, context } = bench({
      losesResponse: (line) => line === 'POST /fine_tuning/jobs',
    });
    await expect(fineTune(request, context)).rejects.toThrow();
    await cancelFineTune(request, context);
    expect(server.jobs.map(({ cancelled }) => cancelled)).toEqual([true]);
    expect(fineTuneState(request.key, context.journal)).toMatchObject({ stage: 'failed' });
  });
});

describe('a job that the server no longer knows', () => {
  async function abandoned() {
    const parts = bench();
    const stop = new AbortController();
    const onProgress = () => stop.abort();
    const context = { ...parts.context, onProgress, signal: stop.signal };
    await fineTune(request, context).catch(() => {});
    parts.server.jobs.splice(0);
    return parts;
  }

  it('ends in one clear line, each time', async () => {
    const { context } = await abandoned();
    for (const _ of [1, 2]) {
      await expect(fineTune(request, context)).rejects.toMatchObject({
        code: 'job-failed',
        message: expect.stringContaining('the server does not know job ftjob-1'),
      });
    }
  });

  it('is replaced on request', async () => {
    const { server, context } = await abandoned();
    await fineTune(request, { ...context, retryFailed: true });
    expect(server.jobs).toHaveLength(1);
    expect(server.jobs[0]?.body.metadata).toMatchObject({ weighbridge_attempt: '2' });
  });
});

describe('a stage whose examples or settings have changed', () => {
  const changed: FineTuneRequest = { ...request, suffix: 'others' };

  it('is not taken for trained', async () => {
    const { server, context } = bench();
    await fineTune(request, context);
    await expect(fineTune(changed, context)).rejects.toMatchObject({
      code: 'study-changed',
      message:
        'fine-tuning gpt-4o/train-preferences: its examples or settings are not those that job ftjob-1 was made with; restore them, or begin a new study',
    });
    expect(server.jobs).toHaveLength(1);
  });

  it('may still change before the job is made, and sends its own files', async () => {
    const { server, context } = bench();
    const stops: FineTuneContext['call'] = async (what, call, signal) => {
      if (what.startsWith('upload validation')) throw new Killed();
      return context.call(what, call, signal);
    };
    await expect(fineTune(request, { ...context, call: stops })).rejects.toThrow(Killed);
    await fineTune(changed, context);
    expect(server.jobs.map(({ body }) => body.training_file)).toEqual(['file-2']);
  });

  it.each([
    ['the model', { model: 'gpt-4o-mini' }],
    ['the examples', { trainingFile: { name: 'preferences.jsonl', text: example('A') } }],
    ['the validation', { validationFile: { name: 'validation.jsonl', text: example('B') } }],
    ['the epochs', { hyperparameters: { ...request.hyperparameters, epochs: 4 } }],
    ['the seed', { seed: 8 }],
  ])('is known by %s', async (_, change) => {
    const { context } = bench();
    await fineTune(request, context);
    await expect(fineTune({ ...request, ...change }, context)).rejects.toMatchObject({
      code: 'study-changed',
    });
  });
});

describe('a request', () => {
  it.each([
    [
      'a suffix of 65 characters',
      { suffix: 'x'.repeat(65) },
      'has 65 characters, expected at most 64',
    ],
    ['no examples', { trainingFile: { name: 'none.jsonl', text: '\n' } }, 'none.jsonl is empty'],
  ])('with %s is turned down before anything is sent', async (_, change, message) => {
    const { server, context } = bench();
    await expect(fineTune({ ...request, ...change }, context)).rejects.toMatchObject({
      code: 'bad-argument',
      message: expect.stringContaining(message),
    });
    expect(server.requests).toEqual([]);
  });
});

describe('the journal', () => {
  it('tells how far a stage is without the server', async () => {
    const { context } = bench();
    expect(fineTuneState(request.key, context.journal)).toEqual({ stage: 'not started' });
    const result = await fineTune(request, context);
    expect(fineTuneState(request.key, context.journal)).toEqual({ stage: 'succeeded', result });
  });
});
