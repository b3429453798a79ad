/** Events of a job, at servers that have no end of them. */
import { describe, expect, it } from 'vitest';
import { ModelClient } from '../../../src/harness/client/model-client.js';
import { newEvents } from '../../../src/harness/fine-tuning/watch.js';
import { jsonResponse, settings } from '../client/support.js';

describe('the events of a job', () => {
  it('are the newest ones, each cut to its essence, where the server has no end of them', async () => {
    let pages = 0;
    const fetch = async () => {
      const page = pages++;
      const data = Array.from({ length: 100 }, (_, i) => ({
        id: `event-${1e9 - 100 * page - i}`,
        message: `Step ${i}/100: training loss=0.5 ${'x'.repeat(5000)}`,
        data: { step: i, waste: 'x'.repeat(5000) },
      }));
      return jsonResponse({ object: 'list', data, has_more: true });
    };
    const { call } = new ModelClient(settings(), { fetch });
    const events = await newEvents('job-1', null, call, undefined);
    expect(events).toHaveLength(2000);
    expect(events.at(-1)?.id).toBe('event-1000000000');
    expect(pages).toBeLessThan(25);
    expect(JSON.stringify(events[0]).length).toBeLessThan(1500);
    expect(events[7]).toMatchObject({ message: expect.stringMatching(/^Step 92\/100/) });
  });
});
