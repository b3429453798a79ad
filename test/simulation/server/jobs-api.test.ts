/** Fine-tuning jobs as OpenAI's own client sees them. */
import type OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { SimulatedServer } from '../../../src/simulation/server/server.js';
import { ask, contexts, errorOf, model, startApi, until, upload } from './api-support.js';
import { choiceFile, drawTargets } from './support.js';

const targets = drawTargets(contexts, 3);
let server: SimulatedServer;
let api: OpenAI;
beforeAll(async () => {
  ({ server, api } = await startApi());
});
afterAll(() => server.close());

describe('a fine-tuning job', () => {
  const over = ({ status }: { status: string }) =>
    ['succeeded', 'failed', 'cancelled'].includes(status);
  const finish = (id: string, of = api) => until(() => of.fineTuning.jobs.retrieve(id), over);

  test('goes its way to a model that has learned, with events on the way', async () => {
    const file = await upload(api, choiceFile(contexts, targets, 20), 'fine-tune');
    const hyperparameters = { n_epochs: 3, batch_size: 10, learning_rate_multiplier: 2 };
    const job = await api.fineTuning.jobs.create({
      model,
      training_file: file.id,
      suffix: 'My Preferences',
      method: { type: 'supervised', supervised: { hyperparameters } },
      metadata: { stage: 'preferences' },
    });
    expect(job).toMatchObject({
      object: 'fine_tuning.job',
      status: 'validating_files',
      fine_tuned_model: null,
      finished_at: null,
      hyperparameters,
      metadata: { stage: 'preferences' },
    });
    const statuses = new Set<string>();
    const done = await until(
      () => api.fineTuning.jobs.retrieve(job.id),
      (seen) => {
        statuses.add(seen.status);
        return over(seen);
      },
    );
    expect(done.status).toBe('succeeded');
    expect(statuses).toContain('running');
    expect(done.trained_tokens).toBeGreaterThan(1000);
    expect(done.fine_tuned_model).toMatch(
      /^ft:gpt-4o-2024-08-06:simulated:my-preferences:[0-9a-f]{8}$/,
    );

    const events = [];
    for await (const event of api.fineTuning.jobs.listEvents(job.id, { limit: 7 })) {
      events.push(event);
    }
    expect(events[0]?.message).toMatch(/successfully completed/);
    const metrics = events.filter(({ type }) => type === 'metrics').map(({ data }) => data);
    const steps = metrics.map((data) => (data as { step: number }).step);
    // 80 examples in tens, three times.
    expect(steps).toEqual(Array.from({ length: 24 }, (_, i) => 24 - i));
    const losses = metrics.map((data) => (data as { train_loss: number }).train_loss).reverse();
    expect(losses.at(-1)).toBeLessThan(losses[0] ?? 0);
    expect((await api.fineTuning.jobs.checkpoints.list(job.id)).data).toEqual([]);

    const name = done.fine_tuned_model ?? '';
    expect((await api.models.retrieve(name)).owned_by).toBe('simulated');
    const answered = await api.chat.completions.create({ ...ask(6), model: name });
    expect(answered.model).toBe(name);

    const again = await api.fineTuning.jobs.create({
      model,
      training_file: file.id,
      suffix: 'My Preferences',
      hyperparameters,
    });
    expect((await finish(again.id)).fine_tuned_model).toBe(name);
    expect(await api.models.delete(name)).toMatchObject({ deleted: true });
  });

  test('is listed, newest first, in pages and by metadata', async () => {
    const file = await upload(api, choiceFile(contexts, targets, 3), 'fine-tune');
    const create = (mark: string) =>
      api.fineTuning.jobs.create({ model, training_file: file.id, metadata: { mark } });
    const first = await create('one');
    const second = await create('two');
    const ids: string[] = [];
    for await (const job of api.fineTuning.jobs.list({ limit: 1 })) ids.push(job.id);
    expect(ids.slice(0, 2)).toEqual([second.id, first.id]);
    const found = await api.fineTuning.jobs.list({ metadata: { mark: 'one' } });
    expect(found.data.map(({ id }) => id)).toEqual([first.id]);
  });

  test('can be cancelled, once', async () => {
    // Jobs take so long that a busy machine cancels one before its end.
    const slow = await startApi({ jobSeconds: 1.5 });
    try {
      const { jobs } = slow.api.fineTuning;
      const file = await upload(slow.api, choiceFile(contexts, targets, 3), 'fine-tune');
      const { id } = await jobs.create({ model, training_file: file.id });
      expect((await jobs.cancel(id)).status).toBe('cancelled');
      expect((await errorOf(jobs.cancel(id))).status).toBe(400);
      // When a later job is done, this one would be.
      const later = await jobs.create({ model, training_file: file.id });
      expect((await finish(later.id, slow.api)).status).toBe('succeeded');
      expect(await jobs.retrieve(id)).toMatchObject({
        status: 'cancelled',
        fine_tuned_model: null,
      });
    } finally {
      await slow.server.close();
    }
  });

  test('fails with the reason where its file is malformed', async () => {
    const file = await upload(
      api,
      `${choiceFile(contexts, targets, 3)}\n{"messages": [`,
      'fine-tune',
    );
    const { id } = await api.fineTuning.jobs.create({ model, training_file: file.id });
    expect(await finish(id)).toMatchObject({
      status: 'failed',
      fine_tuned_model: null,
      error: {
        code: 'invalid_training_file',
        message: expect.stringMatching(/line 13: not JSON/),
        param: 'training_file',
      },
    });
  });

  test('is refused for an unknown model, file or id', async () => {
    const file = await upload(api, choiceFile(contexts, targets, 3), 'fine-tune');
    const { jobs } = api.fineTuning;
    expect(await errorOf(jobs.create({ model: 'gpt-9', training_file: file.id }))).toMatchObject({
      status: 400,
      param: 'model',
      code: 'model_not_available',
    });
    expect(await errorOf(jobs.create({ model, training_file: 'file-none' }))).toMatchObject({
      status: 400,
      param: 'training_file',
    });
    expect((await errorOf(jobs.retrieve('ftjob-none'))).status).toBe(404);
  });
});
