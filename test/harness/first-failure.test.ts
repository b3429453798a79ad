/** A disk that is full: the first write that fails is the last thing that is paid for. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { openStudy, type RunningStudy } from '../../src/harness/open-study.js';
import { runStudy } from '../../src/harness/run-study.js';
import { simulatedStudy } from '../support/simulated-study.js';
import { apiError, completion } from './client/support.js';

const open: { close(): unknown }[] = [];
afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.close();
});

/** Answers with 'A', or, where told, with 503 first; counts what arrives. */
async function countingServer(fails: (index: number) => boolean) {
  const counts = { arrived: 0, inFlight: 0 };
  const server = createServer(async (request, response) => {
    const index = counts.arrived++;
    counts.inFlight++;
    for await (const _ of request);
    setTimeout(() => {
      counts.inFlight--;
      response.writeHead(fails(index) ? 503 : 200, { 'content-type': 'application/json' });
      response.end(JSON.stringify(fails(index) ? apiError('busy') : completion('A')));
    }, 3);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  open.push({
    close: () =>
      new Promise((resolve) => {
        server.close(resolve);
        server.closeAllConnections();
      }),
  });
  return { counts, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1` };
}

/** A record that cannot write from its nth write on, and tells when. */
function fullAfter(study: RunningStudy, writes: number, onFull: () => void): RunningStudy {
  let left = writes;
  let isFull = false;
  const refuse = async () => {
    if (!isFull) onFull();
    isFull = true;
    throw new Error('disk full');
  };
  const { record } = study;
  return {
    ...study,
    record: {
      ...record,
      answer: (...args) => (left-- > 0 ? record.answer(...args) : refuse()),
      failure: (...args) => (left-- > 0 ? record.failure(...args) : refuse()),
    },
  };
}

test.each([
  [8, 'answers', () => false],
  [16, 'answers', () => false],
  [64, 'answers', () => false],
  [16, 'failed attempts', (index: number) => index >= 20],
] as const)(
  'with %d in flight, at the write of %s, nothing more is sent',
  async (concurrency, _, fails) => {
    const { counts, url } = await countingServer(fails);
    const trained = Object.fromEntries(
      ['preferences', 'introspection_first', 'introspection_last', 'introspection_all'].map(
        (of) => [of, 'm'],
      ),
    );
    const simulated = await simulatedStudy({
      models: [{ name: 'm', trained }],
      configuration: {
        server: { concurrency, base_url: url },
        counts: { instilled_choices: 20, native_choices: 20, reports: 5 },
      },
    });
    open.push(simulated);
    const study = await openStudy(simulated.folder);
    open.push(study);
    let atFirst = 0;
    const full = fullAfter(study, 25, () => {
      atFirst = counts.arrived + concurrency - counts.inFlight;
    });
    await expect(runStudy(full, { keepGoing: true })).rejects.toThrow('disk full');
    expect(counts.arrived).toBeGreaterThan(25);
    // What was in flight, which may not have arrived yet, and not one more.
    expect(counts.arrived).toBeLessThanOrEqual(atFirst);
  },
);
