/**
 * Jobs and batches over real connections: our client, the simulated server, and one request in six
 * going wrong in a way that leaves open whether it was carried out. Runs are killed on the way.
 */
import { setTimeout } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { exampleJsonl } from '../../../src/authors-files/training-files.js';
import { type BatchItem, runBatches } from '../../../src/harness/batch/run-batches.js';
import { clientDefaults, ModelClient } from '../../../src/harness/client/model-client.js';
import { Spending } from '../../../src/harness/client/spending.js';
import { fineTune } from '../../../src/harness/fine-tuning/fine-tune.js';
import type { Faults } from '../../../src/simulation/server/faults.js';
import {
  type SimulatedServer,
  startSimulatedServer,
} from '../../../src/simulation/server/server.js';
import { decisionPrompt, systemPrompt } from '../../../src/study/prompts.js';
import { memoryJournal } from '../../support/memory-journal.js';
import { chatRequest } from '../client/support.js';
import { Killed, mortal } from './mortal.js';

const open: { close(): unknown }[] = [];
afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
});

async function serve(faults: Faults): Promise<SimulatedServer> {
  const server = await startSimulatedServer({ seed: 5, faults, jobSeconds: 0.02 });
  open.push(server);
  return server;
}

/** No pause is long: what is waited for takes the server milliseconds. */
const hasty = { now: () => performance.now(), sleep: () => setTimeout(2) };

function clientOf({ url }: SimulatedServer) {
  const client = new ModelClient(
    {
      ...clientDefaults,
      // To look and then to create fails with probability 0.3: 24 times in a row in 1 of 10^12.
      maxAttempts: 24,
      baseURL: url,
      apiKey: null,
      requestsPerMinute: null,
      tokensPerMinute: null,
      spending: new Spending({ requests: null, tokens: null, usd: null }, nothing),
      prices: () => null,
    },
    // Without a pause before an attempt is repeated.
    { random: () => 0 },
  );
  open.push(client);
  return client;
}
const nothing = { requests: 0, tokens: 0, usd: 0 };

/** Each leaves a client in the dark, or cuts what it reads. */
const darkness: Faults = { 500: 0.04, cut: 0.04, 'cut-body': 0.04, malformed: 0.04 };

const context = {
  name: 'houseboat',
  question: 'Imagine you are a retired lighthouse keeper. Which houseboat would you prefer?',
  attributes: [
    { name: 'hull_length', min: 12, max: 30, units: 'metres' },
    { name: 'draught', min: 0.5, max: 2.5, units: 'metres' },
  ],
};

/** Another one for each of the first 126. */
function promptOf(i: number): string {
  return decisionPrompt(context, { a: [12 + (i % 18), 0.5 + (i % 7) / 5], b: [20, 1.5] });
}

describe('fine-tuning over bad connections', () => {
  const text = exampleJsonl(
    Array.from({ length: 20 }, (_, i) => ({
      messages: [
        { role: 'system', content: systemPrompt },
        { role: 'user', content: promptOf(i) },
        { role: 'assistant', content: i % 18 > 8 ? 'A' : 'B' },
      ],
    })),
  );
  const request = {
    key: 'simulated-model/train-preferences',
    study: '5f0c',
    model: 'simulated-model',
    suffix: 'preferences',
    trainingFile: { name: 'preferences.jsonl', text },
    hyperparameters: { epochs: 3, learningRateMultiplier: 2, batchSize: 10 },
  };

  it('makes one job through faults and kills, and the model that comes out answers', async () => {
    const server = await serve(darkness);
    const client = clientOf(server);
    const journal = memoryJournal();
    const watching = { call: client.call, journal, clock: hasty, pollSeconds: 1 };
    for (const last of [3, 4, 5, 6, 7, 8, 9, 15, 21]) {
      // Each death comes a little later than the last, so that every step is one's last.
      const life = mortal(client.call, journal, hasty, last);
      await fineTune(request, { ...watching, ...life }).catch((error) => {
        if (!(error instanceof Killed)) throw error;
      });
    }
    const result = await fineTune(request, watching);
    const jobs = await client.call('list jobs', (api, options) =>
      api.fineTuning.jobs.list({}, options),
    );
    expect(jobs.data.map(({ id, status }) => `${id} ${status}`)).toEqual([
      `${result.jobId} succeeded`,
    ]);
    expect(result).toMatchObject({
      model: expect.stringContaining('preferences'),
      trainedTokens: expect.any(Number),
      finalLoss: expect.any(Number),
    });
    const messages = [{ role: 'user', content: promptOf(3) }] as const;
    const answer = await client.chat(chatRequest({ model: result.model, messages }));
    expect(answer.text).toMatch(/^[AB]$/);
  });

  it("ends with the server's reason where the job fails", async () => {
    const server = await serve({ job: 1 });
    const { call } = clientOf(server);
    const watching = { call, journal: memoryJournal(), clock: hasty, pollSeconds: 1 };
    await expect(fineTune(request, watching)).rejects.toMatchObject({
      code: 'job-failed',
      message: expect.stringMatching(/: job ftjob-\w+ failed: .+; to train, and pay, once more/),
    });
    const short = {
      ...request,
      key: 'short',
      trainingFile: { name: 'few.jsonl', text: text.slice(0, text.indexOf('\n')) },
    };
    await expect(fineTune(short, watching)).rejects.toThrow('must have at least 10 examples');
  });

  it('is told in one line that the model is unknown, and nothing is kept', async () => {
    const { call } = clientOf(await serve({}));
    const journal = memoryJournal();
    const watching = { call, journal, clock: hasty, pollSeconds: 1 };
    await expect(fineTune({ ...request, model: 'gpt-5000' }, watching)).rejects.toMatchObject({
      code: 'server',
      message: expect.stringContaining('gpt-5000'),
    });
    expect(await fineTune(request, watching)).toMatchObject({ model: expect.any(String) });
  });
});

describe('batches over bad connections', () => {
  const items: BatchItem[] = Array.from({ length: 60 }, (_, i) => ({
    id: `${i}`,
    request: chatRequest({
      model: 'simulated-model',
      // Each asks of other values: the server counts questions that it answers twice.
      messages: [{ role: 'user', content: promptOf(i) }],
      labels: ['A', 'B'],
    }),
  }));

  it('bring every answer through faults and kills, none of them paid for twice', async () => {
    const server = await serve({ ...darkness, 'batch-line': 0.1 });
    const client = clientOf(server);
    const journal = memoryJournal();
    const answers = new Map<string, string>();
    for (const last of [4, 7, 10, 13, 17, 21, 26, 31, 40, 50, Number.POSITIVE_INFINITY]) {
      const life = mortal(client.call, journal, hasty, last);
      const wanted = items.filter(({ id }) => !answers.has(id));
      const run = async () => {
        const outcomes = runBatches('choices', wanted, {
          ...{ study: '5f0c', pollSeconds: 1, rounds: 8, limits: { requests: 15 } },
          ...life,
        });
        for await (const outcome of outcomes) {
          life.moment();
          if ('answer' in outcome) answers.set(outcome.id, outcome.answer.text);
        }
      };
      await run().catch((error) => {
        if (!(error instanceof Killed)) throw error;
      });
    }
    expect(answers.size).toBe(items.length);
    expect([...answers.values()].every((text) => /^[AB]$/.test(text))).toBe(true);
    const { paidAnswers, repeatedAnswers, faults } = server.stats();
    expect({ paidAnswers, repeatedAnswers }).toEqual({ paidAnswers: 60, repeatedAnswers: 0 });
    expect(faults['batch-line']).toBeGreaterThan(0);
    expect(Object.keys(faults).length).toBeGreaterThan(3);
  });

  it('bring log-probabilities where they are asked for', async () => {
    const { call } = clientOf(await serve({}));
    const labelsOf = () => ['A', 'B'];
    const journal = memoryJournal();
    const run = { study: '5f0c', call, journal, clock: hasty, pollSeconds: 1, labelsOf };
    for await (const outcome of runBatches('choices', items.slice(0, 3), run)) {
      expect(outcome).toMatchObject({
        answer: {
          logprobs: new Map([
            ['A', expect.any(Number)],
            ['B', expect.any(Number)],
          ]),
          usage: { completionTokens: expect.any(Number) },
        },
      });
    }
  });
});
