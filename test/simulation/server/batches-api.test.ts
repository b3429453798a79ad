/** Batches as OpenAI's own client sees them. */
import type OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { SimulatedServer } from '../../../src/simulation/server/server.js';
import { ask, errorOf, startApi, until, upload } from './api-support.js';

let server: SimulatedServer;
let api: OpenAI;
beforeAll(async () => {
  ({ server, api } = await startApi());
});
afterAll(() => server.close());

describe('a batch', () => {
  const over = ({ status }: { status: string }) =>
    ['completed', 'failed', 'cancelled'].includes(status);
  const line = (custom_id: string, body: object) =>
    JSON.stringify({ custom_id, method: 'POST', url: '/v1/chat/completions', body });
  const start = async (text: string, at = api) => {
    const file = await upload(at, text, 'batch');
    return at.batches.create({
      input_file_id: file.id,
      endpoint: '/v1/chat/completions',
      completion_window: '24h',
      metadata: { part: '1' },
    });
  };
  const finish = (id: string, at = api) => until(() => at.batches.retrieve(id), over);
  const linesOf = async (id: string | null | undefined, at = api) => {
    const text = await (await at.files.content(id ?? '')).text();
    return text
      .trim()
      .split('\n')
      .map((one) => JSON.parse(one));
  };

  test('answers as live requests are answered, and tells errors apart', async () => {
    const wrong = { ...ask(12), model: 'gpt-9' };
    const { id, status } = await start(
      [line('ten', ask(10)), line('eleven', ask(11)), line('wrong', wrong)].join('\n'),
    );
    expect(status).toBe('validating');
    const statuses = new Set<string>();
    const done = await until(
      () => api.batches.retrieve(id),
      (seen) => {
        statuses.add(seen.status);
        return over(seen);
      },
    );
    expect(statuses).toContain('in_progress');
    expect(done).toMatchObject({
      status: 'completed',
      request_counts: { total: 3, completed: 2, failed: 1 },
      metadata: { part: '1' },
    });
    const answers = await linesOf(done.output_file_id);
    expect(answers.map(({ custom_id }) => custom_id)).toEqual(['ten', 'eleven']);
    const live = await api.chat.completions.create(ask(11));
    expect(answers[1].response).toMatchObject({
      status_code: 200,
      body: { choices: live.choices },
    });
    const [failure] = await linesOf(done.error_file_id);
    expect(failure).toMatchObject({
      custom_id: 'wrong',
      response: { status_code: 404, body: { error: { code: 'model_not_found' } } },
    });
    expect((await api.batches.list()).data[0]?.id).toBe(id);
  });

  test('fails as a whole where its file is no batch', async () => {
    const { id } = await start([line('one', ask(1)), '{"custom', line('one', ask(2))].join('\n'));
    const failed = await finish(id);
    expect(failed.status).toBe('failed');
    expect(failed.errors?.data?.map(({ code, line: number }) => [code, number])).toEqual([
      ['invalid_json_line', 2],
      ['duplicate_custom_id', 3],
    ]);
    const empty = await start('\n');
    expect((await finish(empty.id)).errors?.data?.[0]?.code).toBe('empty_file');
  });

  test('can be cancelled, and gives what it has', async () => {
    const requests = Array.from({ length: 900 }, (_, i) => line(String(i), ask(1000 + i)));
    // Batches take so long that a busy machine cancels one at work.
    const slow = await startApi({ jobSeconds: 1.5 });
    try {
      const { batches } = slow.api;
      const { id } = await start(requests.join('\n'), slow.api);
      await until(
        () => batches.retrieve(id),
        ({ request_counts }) => (request_counts?.completed ?? 0) > 0,
      );
      expect((await batches.cancel(id)).status).toBe('cancelling');
      const cancelled = await finish(id, slow.api);
      expect(cancelled.status).toBe('cancelled');
      const answers = await linesOf(cancelled.output_file_id, slow.api);
      expect(answers.length).toBe(cancelled.request_counts?.completed);
      expect(answers.length).toBeLessThan(900);
      expect((await errorOf(batches.cancel(id))).status).toBe(409);
    } finally {
      await slow.server.close();
    }
  });

  test('is refused for a file that is not there, and another endpoint', async () => {
    const create = (input_file_id: string, endpoint: '/v1/chat/completions' | '/v1/embeddings') =>
      api.batches.create({ input_file_id, endpoint, completion_window: '24h' });
    expect(await errorOf(create('file-none', '/v1/chat/completions'))).toMatchObject({
      status: 400,
      param: 'input_file_id',
    });
    const file = await upload(api, '{}', 'batch');
    expect(await errorOf(create(file.id, '/v1/embeddings'))).toMatchObject({
      status: 400,
      param: 'endpoint',
    });
    expect((await errorOf(api.batches.retrieve('batch_none'))).status).toBe(404);
  });
});
