/** Servers that cannot train say so in many ways, and a study says it in its own words. */
import { expect, onTestFinished, test } from 'vitest';
import { realClock } from '../../../src/harness/client/clock.js';
import { ModelClient } from '../../../src/harness/client/model-client.js';
import { type FineTuneRequest, fineTune } from '../../../src/harness/fine-tuning/fine-tune.js';
import { openStudy } from '../../../src/harness/open-study.js';
import { runStudy } from '../../../src/harness/run-study.js';
import { memoryJournal } from '../../support/memory-journal.js';
import { simulatedStudy } from '../../support/simulated-study.js';
import { apiError, sendJson, settings, smallServer } from '../client/support.js';

const WORDS =
  /^http:\/\/127\.0\.0\.1:\d+\/v1 has no fine-tuning API: .* under `trained` in study\.yaml$/;

const request: FineTuneRequest = {
  key: 'm/train-preferences',
  study: '5f0c',
  model: 'm',
  suffix: 'preferences',
  trainingFile: { name: 'preferences.jsonl', text: '{"messages": []}\n' },
  hyperparameters: { epochs: 3, learningRateMultiplier: 1.8, batchSize: 10 },
};

/** What a training ends with at a server that answers to these paths with these statuses. */
async function endOf(statuses: Record<string, number>): Promise<string> {
  const server = await smallServer((response, { request: { method, url = '' } }) => {
    const path = `${method} ${new URL(url, 'http://x').pathname.replace('/v1/', '')}`;
    const status = statuses[path] ?? 200;
    if (status !== 200) sendJson(response, apiError('its words'), status);
    else if (method === 'GET') sendJson(response, { object: 'list', data: [], has_more: false });
    else sendJson(response, { id: 'file-1', object: 'file', bytes: 1 });
  });
  onTestFinished(() => server.close());
  const client = new ModelClient(settings({ baseURL: server.baseURL }), { random: () => 0 });
  onTestFinished(() => client.close());
  const context = { call: client.call, journal: memoryJournal(), clock: realClock, pollSeconds: 1 };
  const ended = await fineTune(request, context).catch(String);
  return String(ended).replace(/^\w+: /, '');
}

test.each([404, 405, 501])('a server without files: %i', async (status) => {
  expect(await endOf({ 'POST files': status })).toMatch(WORDS);
});

test.each([404, 405, 501])('a server with files and without jobs: %i', async (status) => {
  const statuses = { 'POST fine_tuning/jobs': status, 'GET fine_tuning/jobs': status };
  expect(await endOf(statuses)).toMatch(WORDS);
});

test('a server that has jobs and does not know the model says that', async () => {
  expect(await endOf({ 'POST fine_tuning/jobs': 404 })).toContain('(404: its words)');
});

test('a study on such a server ends with these words', async () => {
  const simulated = await simulatedStudy({ server: { fineTuning: false } });
  onTestFinished(() => simulated.close());
  const study = await openStudy(simulated.folder);
  onTestFinished(() => study.close());
  await expect(runStudy(study)).rejects.toMatchObject({
    code: 'server',
    message: expect.stringMatching(WORDS),
  });
});
