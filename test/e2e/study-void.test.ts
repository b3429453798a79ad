/** A model that answers nothing, and a record that is gone, as whoever types commands meets them. */

import { rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { type SimulatedStudy, simulatedStudy } from '../support/simulated-study.js';
import { errorLines, STACK_LINE, warningLines, weighbridge } from './support.js';

const open: { close(): unknown }[] = [];
afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.close();
});

/** Says the same to all. */
async function studyOf(model: { text: (index: number) => string }) {
  let requests = 0;
  const server = createServer(async (request, response) => {
    for await (const _ of request);
    const content = model.text(requests++);
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(
      JSON.stringify({
        choices: [{ index: 0, message: { role: 'assistant', content }, finish_reason: 'stop' }],
        usage: { prompt_tokens: 50, completion_tokens: 2 },
      }),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  open.push({ close: () => server.closeAllConnections() }, server);
  const trained = Object.fromEntries(
    ['preferences', 'introspection_first', 'introspection_last', 'introspection_all'].map((of) => [
      of,
      'm',
    ]),
  );
  const study: SimulatedStudy = await simulatedStudy({
    models: [{ name: 'm', trained }],
    configuration: {
      server: {
        base_url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
        concurrency: 4,
      },
    },
  });
  open.push(study);
  return { study, requests: () => requests };
}

test('a model that answers nothing ends the run with a reason, and is asked again when told', async () => {
  const model = { text: (_: number) => '' };
  const { study, requests } = await studyOf(model);
  const stopped = await weighbridge(['study', 'run', study.folder, '--quiet']);
  expect(stopped.code).toBe(2);
  expect(stopped.stderr).not.toMatch(STACK_LINE);
  expect(errorLines(stopped)).toEqual([
    expect.stringMatching(
      /m\/\S+: (20|all \d+) answers hold no text.*\(empty \d+\).*--retry-invalid/,
    ),
  ]);
  const paid = requests();
  // Two stages or more may have been at it, with four requests in flight in all.
  expect(paid).toBeLessThan(study.answers / 2);

  // One answer in fifty without text is told at the end.
  model.text = (index) => (index % 50 === 0 ? '' : 'A');
  const again = ['study', 'run', study.folder, '--quiet', '--retry-invalid', '--keep-going'];
  const mended = await weighbridge(again);
  expect(mended.code).toBe(0);
  expect(warningLines(mended).join('\n')).toMatch(
    /\d+ of \d+ trials have no answer of the model \(no text \d+\); --retry-invalid asks them again/,
  );
  expect(requests()).toBe(paid + study.answers);

  model.text = () => 'B';
  const last = await weighbridge(again);
  expect(last.code).toBe(0);
  // No letter is a report.
  const others = warningLines(last).filter((line) => !/none of the answers is valid/.test(line));
  expect(others).toEqual([]);
  const before = requests();

  // What is lost is not paid for again without a word.
  await rm(join(study.folder, 'record.sqlite'));
  for (const command of ['run', 'status', 'export', 'analyse']) {
    const out = command === 'export' ? [join(study.root, 'out')] : [];
    const refused = await weighbridge(['study', command, study.folder, ...out]);
    expect(refused.code).toBe(2);
    expect(errorLines(refused)).toEqual([
      expect.stringMatching(/record\.sqlite is missing or empty, and held \d+ attempts in 3 runs/),
    ]);
  }
  expect(requests()).toBe(before);
  await weighbridge(['study', 'run', study.folder, '--quiet', '--accept-loss', '--keep-void']);
  expect(requests()).toBe(before + study.answers);
});
