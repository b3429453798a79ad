/** A trial whose answer can never be read, among others that work; and a server that is down. */
import { expect, onTestFinished, test } from 'vitest';
import { collectionWarnings } from '../../src/harness/begun-study.js';
import type { FailedAttempt } from '../../src/harness/client/chat.js';
import type { Fetch } from '../../src/harness/client/connection.js';
import { Spending } from '../../src/harness/client/spending.js';
import { exportStudy } from '../../src/harness/export-study.js';
import { lookAtStudy, openStudy, type RunningStudy } from '../../src/harness/open-study.js';
import { readAnswer } from '../../src/harness/read-answers.js';
import { runStudy } from '../../src/harness/run-study.js';
import { simulatedStudy } from '../support/simulated-study.js';
import {
  chatRequest,
  completion,
  LimitedClient,
  noLimit,
  nothing,
  rejection,
  sendJson,
  settings,
  smallServer,
  type TestSettings,
} from './client/support.js';

const MODEL = 'simulated-model';

/** Answers with a page where `isBad`, and well otherwise. */
async function clientOf(isBad: (body: string) => boolean, changes: Partial<TestSettings> = {}) {
  const server = await smallServer((response, { body }) =>
    sendJson(response, isBad(body) ? '<html>Sorry</html>' : completion('A')),
  );
  onTestFinished(() => server.close());
  const spending = new Spending(noLimit, nothing);
  const client = new LimitedClient(
    settings({ baseURL: server.baseURL, maxAttempts: 3, spending, ...changes }),
    { random: () => 0 },
  );
  onTestFinished(() => client.close());
  const failed: FailedAttempt[] = [];
  const ask = (content: string) =>
    client.chat(chatRequest({ messages: [{ role: 'user', content }] }), {
      onFailedAttempt: (one) => failed.push(one),
    });
  return { server, spending, failed, ask };
}

test.each([1, 4])(
  'is the outcome of its trial where others work, %i at a time',
  async (concurrency) => {
    const { ask, failed, spending, server } = await clientOf((body) => body.includes('bad'), {
      concurrency,
    });
    await ask('first');
    const [bad, ...good] = await Promise.all(['bad', 'b', 'c', 'd'].map(ask));
    expect(bad).toMatchObject({
      ...{ text: '', finishReason: 'unreadable', raw: '<html>Sorry</html>', attempt: 3 },
      spent: nothing,
    });
    expect(good.map(({ text }) => text)).toEqual(['A', 'A', 'A']);
    expect(failed).toMatchObject(Array(3).fill({ status: 200, spent: { requests: 1 } }));
    expect(server.asked).toHaveLength(1 + 3 + 3);
    expect(spending.spent().requests).toBe(server.asked.length);
  },
);

test('stops everything if no other has ever worked', async () => {
  const { ask } = await clientOf(() => true, { outageMinutes: 1e-4 });
  expect((await rejection(ask('bad'))).message).toMatch(/answered what cannot be read/);
});

test('is the outcome at once where others worked in an earlier run', async () => {
  const { ask } = await clientOf((body) => body.includes('bad'), { hasWorked: true });
  expect(await ask('bad')).toMatchObject({ finishReason: 'unreadable' });
});

test.each([1, 4])('of all requests is an outage, %i at a time', async (concurrency) => {
  let isDown = false;
  const { ask } = await clientOf(() => isDown, { concurrency, outageMinutes: 1e-4 });
  await ask('first');
  isDown = true;
  const outcomes = await Promise.allSettled(Array.from({ length: 12 }, (_, i) => ask(`${i}`)));
  const recorded = outcomes.filter(({ status }) => status === 'fulfilled');
  // Asked one at a time, only the second request shows that it is not the first one's own fault.
  expect(recorded.length).toBeLessThanOrEqual(concurrency === 1 ? 1 : 0);
  expect(outcomes.at(-1)).toMatchObject({ status: 'rejected', reason: { code: 'server' } });
});

const elsewhere = Object.fromEntries(
  ['preferences', 'introspection_first', 'introspection_last', 'introspection_all'].map(
    (training) => [training, MODEL],
  ),
);

async function studyOf(server: object = {}) {
  const simulated = await simulatedStudy({
    models: [{ name: MODEL, trained: elsewhere }],
    configuration: {
      server: { attempts: 2, concurrency: 1, ...server },
      contexts: { instilled: 4, native: 2 },
    },
  });
  onTestFinished(() => simulated.close());
  return simulated;
}

const filesOf = (study: RunningStudy) => {
  const files = new Map(exportStudy(study, 'paper').files);
  files.delete('provenance.json');
  return Object.fromEntries(files);
};

/** Takes the body from answers: live to one prompt, and from the batches' lines of item 3. */
function garbling(prompt: string): Fetch {
  return async (input, init) => {
    const response = await fetch(input, init);
    const text = async () => new Response(await changed(await response.text()), response);
    const changed = async (body: string) =>
      String(input).endsWith('/content') ? body.split('\n').map(withoutBody).join('\n') : '{"id":';
    const isBad = String(input).endsWith('/content') || String(init?.body ?? '').includes(prompt);
    return isBad ? text() : response;
  };
}

function withoutBody(line: string): string {
  if (!line.includes('"custom_id":"3"')) return line;
  const parsed = JSON.parse(line);
  return JSON.stringify({ ...parsed, response: { ...parsed.response, body: {} } });
}

const unreadableOf = ({ stages, record }: RunningStudy) =>
  stages.flatMap((stage) =>
    stage.kind === 'training'
      ? []
      : [...record.answers(stage.id)].filter((answer) => {
          const reading = readAnswer(stage, answer, 'lenient');
          return !reading.valid && reading.reason === 'unreadable';
        }),
  ).length;

test.each(['live', 'batch'])(
  '%s: the study goes on, says so, and asks again if told to',
  async (mode) => {
    const { folder } = await studyOf({ mode });
    const looked = await lookAtStudy(folder);
    const stage = looked.stages.find(({ kind }) => kind === 'choices');
    if (stage?.kind !== 'choices') throw new Error('no choices');
    const prompt = stage.ask(3, () => new Map()).messages.at(-1)?.content ?? '';
    looked.close();
    const study = await openStudy(folder, { fetch: garbling(JSON.stringify(prompt)) });
    await runStudy(study);
    const unreadable = unreadableOf(study);
    expect(unreadable).toBeGreaterThan(0);
    expect(collectionWarnings(study).join()).toMatch(
      /1 of \d+ trials .*nothing that can be read 1/,
    );
    await runStudy(study);
    expect(unreadableOf(study)).toBe(unreadable);
    study.close();
    const again = await openStudy(folder);
    await runStudy(again, { retryFailed: true });
    expect(unreadableOf(again)).toBe(0);
    const undisturbed = await openStudy((await studyOf()).folder);
    await runStudy(undisturbed);
    expect(filesOf(again)).toEqual(filesOf(undisturbed));
    again.close();
    undisturbed.close();
  },
);
