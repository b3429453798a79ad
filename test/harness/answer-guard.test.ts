/**
 * What counts as a model's answer, from the server's words to the record and back: live and in
 * batches, against a small server that answers as each test says.
 */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { collectionWarnings } from '../../src/harness/begun-study.js';
import { collectChoices, collectReports } from '../../src/harness/collectors.js';
import { exportStudy } from '../../src/harness/export-study.js';
import { openStudy } from '../../src/harness/open-study.js';
import { openRecord } from '../../src/harness/record/record.js';
import { runStudy } from '../../src/harness/run-study.js';
import { parsePrompt } from '../../src/study/prompts.js';
import { type SimulatedStudy, simulatedStudy } from '../support/simulated-study.js';
import { completion } from './client/support.js';

const open: { close(): unknown }[] = [];
afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.close();
});

interface Reply {
  readonly status?: number;
  readonly body: unknown;
}

/** Answers a prompt; `index` counts requests from 0. */
type Model = (prompt: string, index: number) => Reply;

const said = (message: object | string, finish = 'stop', usage: object = {}): Reply => ({
  body: completion('', {
    choices: [
      {
        index: 0,
        message: typeof message === 'string' ? { content: message } : message,
        finish_reason: finish,
      },
    ],
    usage: { prompt_tokens: 20, completion_tokens: 5, ...usage },
  }),
});

/** Chat completions, files and batches: as little of a server as the harness needs. */
async function modelServer(model: { answer: Model }) {
  let requests = 0;
  const files: string[] = [];
  const batches: { id: string; body: Record<string, unknown>; output: string }[] = [];
  const reply = (body: { messages: { content: string }[] }) => {
    const { status = 200, body: answer } = model.answer(
      body.messages.at(-1)?.content ?? '',
      requests++,
    );
    return { status, answer };
  };
  const outputOf = (lines: string) => {
    const made = lines.split('\n').flatMap((line) => {
      if (line.trim() === '') return [];
      const { custom_id, body } = JSON.parse(line);
      const { status, answer } = reply(body);
      return [JSON.stringify({ custom_id, response: { status_code: status, body: answer } })];
    });
    return `${made.join('\n')}\n`;
  };
  const server: Server = createServer(async (request, response) => {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    const text = Buffer.concat(parts).toString();
    const send = (body: unknown, status = 200) => {
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(typeof body === 'string' ? body : JSON.stringify(body));
    };
    const path = (request.url ?? '').replace(/^\/v1/, '').replace(/\?.*/, '');
    if (path === '/chat/completions') {
      const { status, answer } = reply(JSON.parse(text));
      return send(answer, status);
    }
    if (path === '/files' && request.method === 'POST') {
      files.push(text.slice(text.indexOf('{"custom_id"'), text.lastIndexOf('}\n') + 2));
      return send({ id: `file-${files.length}`, object: 'file', bytes: text.length });
    }
    if (path === '/batches' && request.method === 'POST') {
      const body = JSON.parse(text);
      const lines = files[Number(body.input_file_id.slice(5)) - 1] ?? '';
      const id = `batch-${batches.length + 1}`;
      batches.push({ id, body, output: outputOf(lines) });
      return send(batchOf(id, body));
    }
    const batch = batches.find(({ id }) => path === `/batches/${id}`);
    if (batch) return send(batchOf(batch.id, batch.body));
    const output = batches.find(({ id }) => path.replace('/content', '') === `/files/out-${id}`);
    if (output && path.endsWith('/content')) return send(output.output);
    if (output)
      return send({ id: `out-${output.id}`, object: 'file', bytes: output.output.length });
    return send({ object: 'list', data: [], has_more: false });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const one = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    requests: () => requests,
    batches: () => batches.length,
    close: () =>
      new Promise((resolve) => {
        server.close(resolve);
        server.closeAllConnections();
      }),
  };
  open.push(one);
  return one;
}

const batchOf = (id: string, body: object) => ({
  id,
  object: 'batch',
  status: 'completed',
  output_file_id: `out-${id}`,
  error_file_id: null,
  request_counts: { total: 1, completed: 1, failed: 0 },
  created_at: 1,
  ...body,
});

const TRAINED = {
  preferences: 'm',
  introspection_first: 'm',
  introspection_last: 'm',
  introspection_all: 'm',
};

/** Two contexts of each kind; 2 × 30 and 2 × 2 choices, and 1 report a context. */
async function studyOf(answer: Model, server: object = {}) {
  const model = { answer };
  const stub = await modelServer(model);
  const study: SimulatedStudy = await simulatedStudy({
    models: [{ name: 'm', trained: TRAINED }],
    configuration: {
      server: { concurrency: 4, attempts: 3, base_url: stub.url, ...server },
      contexts: { instilled: 2, native: 2 },
      counts: { instilled_choices: 30, native_choices: 2, reports: 1 },
    },
  });
  open.push(study);
  return { study, stub, model };
}

async function opened({ study }: { readonly study: SimulatedStudy }) {
  const running = await openStudy(study.folder);
  open.push(running);
  return running;
}

/** What was asked for: a letter, or an object of weights. */
const good: Model = (prompt) => {
  const { task, attributes } = parsePrompt(prompt) ?? { task: 'decision', attributes: [] };
  if (task === 'decision') return said('A');
  return said(JSON.stringify(Object.fromEntries(attributes.map(({ name }) => [name, 1]))));
};

/** Every choice, as `reason: text` or as the letter. */
async function choicesOf(
  running: Awaited<ReturnType<typeof opened>>,
  options: Parameters<typeof collectChoices>[1] = {},
): Promise<string[]> {
  const list: string[] = [];
  for await (const choice of collectChoices(running, options)) {
    if (choice.valid) list.push(choice.choseA ? 'A' : 'B');
    else list.push(`${choice.reason}: ${choice.text}`);
  }
  return list;
}

const azure = {
  error: {
    message: 'The response was filtered',
    code: 'bad_request',
    innererror: { code: 'ResponsibleAIPolicyViolation' },
  },
};
const openRouter = {
  error: { message: 'no', code: 403, metadata: { reasons: ['x'], flagged_input: 'y' } },
};

describe('a prompt that a content filter refuses', () => {
  test.each<[string, string, number, object]>([
    ['OpenAI', 'live', 400, { error: { message: 'no', code: 'content_filter' } }],
    ['Azure', 'live', 400, azure],
    ['OpenRouter', 'live', 403, openRouter],
    ['with status 200', 'live', 200, { error: { message: 'no', code: 'content_filter' } }],
    ['Azure', 'batch', 400, azure],
    ['with status 200', 'batch', 200, { error: { message: 'no', code: 'content_filter' } }],
  ])('is the outcome of its trial: %s, %s', async (_, mode, status, body) => {
    let bad = '';
    const made = await studyOf(
      (prompt, index) => {
        if (index === 2) bad ||= prompt;
        return prompt === bad ? { status, body } : said('A');
      },
      { mode },
    );
    const running = await opened(made);
    const list = await choicesOf(running);
    expect(list.toSorted()).toEqual([...Array(63).fill('A'), 'content_filter: ']);
    expect(made.stub.requests()).toBe(64);
    // Run after run.
    expect((await choicesOf(running)).toSorted()).toEqual(list.toSorted());
    expect(made.stub.requests()).toBe(64);
    // Until it is asked for.
    made.model.answer = () => said('B');
    const again = await choicesOf(running, { retryInvalid: true });
    expect(again.filter((one) => one === 'B')).toHaveLength(1);
    expect(made.stub.requests()).toBe(65);
  });
});

test('words about a content filter are not enough: a code decides', async () => {
  const body = { error: { message: 'content_filter: filtered by policy', code: 'bad_request' } };
  const made = await studyOf((_, index) => (index === 2 ? { status: 400, body } : said('A')));
  await expect(choicesOf(await opened(made))).rejects.toMatchObject({ code: 'server' });
});

describe.each(['live', 'batch'])('a model that answers nothing, %s,', (mode) => {
  test('stops the stage with the reason and an example', async () => {
    const usage = { completion_tokens_details: { reasoning_tokens: 5 } };
    const made = await studyOf(() => said({ content: null, reasoning: 'Hm.' }, 'length', usage), {
      mode,
    });
    const running = await opened(made);
    await expect(choicesOf(running)).rejects.toMatchObject({
      code: 'invalid-answers',
      message: expect.stringMatching(
        /^m\/choices-instilled: 20 answers hold no text.*\(length 20; the model spends up to 5 tokens.*trial \d+ was .*Hm\..*--retry-invalid, .* --keep-going/,
      ),
    });
    // Twenty, and what was in flight; or the one batch that was at the server.
    if (mode === 'live') expect(made.stub.requests()).toBeLessThanOrEqual(20 + 4);
    else expect(made.stub.batches()).toBe(1);
    expect(running.record.answered('m/choices-instilled').size).toBe(made.stub.requests());
    expect(running.record.answered('m/choices-native').size).toBe(0);
  });

  test('is asked again where that is wanted, and its new answers take the place', async () => {
    const made = await studyOf(() => said('', 'length'), { mode });
    const running = await opened(made);
    await expect(runStudy(running)).rejects.toMatchObject({ code: 'invalid-answers' });
    const before = made.stub.requests();
    const unanswered = [...running.record.counts().values()].reduce((n, one) => n + one.answers, 0);
    made.model.answer = good;
    if (mode === 'live') {
      // Not without being told to.
      await runStudy(running);
      const { counts } = exportStudy(running, 'paper');
      expect(counts.reduce((n, one) => n + one.answered - one.valid, 0)).toBe(unanswered);
    }
    // Batches that were at the server at the stop bring their void answers to the first of these.
    for (const _ of [1, 2]) await runStudy(running, { retryInvalid: true });
    const mended = exportStudy(running, 'paper');
    for (const { asked, valid } of mended.counts) expect(valid).toBe(asked);
    // The old attempts are kept, and the export says that there was a second chance.
    expect(running.record.spent().requests).toBe(made.stub.requests());
    expect(made.stub.requests()).toBeGreaterThan(before);
    const { trials_asked_again } = JSON.parse(mended.files.get('provenance.json') ?? '');
    expect(trials_asked_again).toBeGreaterThanOrEqual(unanswered);
  });
});

describe('a stage whose first 20 answers are all invalid', () => {
  test.each<[string, Model, RegExp]>([
    [
      'nonsense',
      () => said('well'),
      /the first 20 answers are all invalid \(neither-a-nor-b 20\); .* trial \d+ was "well" \(expected A or B/,
    ],
    [
      'refusals',
      () => said({ content: null, refusal: 'I cannot' }),
      /\(refusal 20\); .* was "I cannot" \(the model refused\)\. .* --keep-going$/,
    ],
    [
      'for several reasons, the commonest of which has the example',
      (_, index) =>
        [said('well'), said('no', 'length'), said('why'), said('')][index % 4] ?? said(''),
      /\(neither-a-nor-b \d+, [^)]*length 5[^)]*\); .* was "(well|why)"/,
    ],
  ])('ends the run: %s', async (_, model, message) => {
    const made = await studyOf(model);
    const running = await opened(made);
    await expect(choicesOf(running)).rejects.toMatchObject({
      code: 'invalid-answers',
      message: expect.stringMatching(message),
    });
    expect(made.stub.requests()).toBeLessThanOrEqual(20 + 4);
    // The answers are data: they are kept, and the run may go on with them.
    const paid = made.stub.requests();
    expect(await choicesOf(running, { keepGoing: true })).toHaveLength(64);
    expect(made.stub.requests()).toBe(64);
    expect(running.record.answered('m/choices-instilled').size).toBeGreaterThanOrEqual(paid);
  });

  test('is not one of fewer answers: a warning says that none is valid', async () => {
    const running = await opened(await studyOf(() => said('well')));
    for await (const _ of collectReports(running));
    expect(collectionWarnings(running)).toContain(
      'm/reports-native: none of the answers is valid (not-json 2)',
    );
  });

  test('is not one that had a valid answer in an earlier run', async () => {
    const made = await studyOf((_, index) => said(index === 0 ? 'A' : 'well'));
    const running = await opened(made);
    const stop = new AbortController();
    const first = collectChoices(running, { signal: stop.signal });
    await first.next();
    stop.abort();
    for await (const _ of first);
    expect(made.stub.requests()).toBeLessThan(20);
    expect(await choicesOf(running)).toHaveLength(64);
  });
});

test('a model that falls silent later on stops the stage too', async () => {
  const made = await studyOf((_, index) => (index < 10 ? said('A') : said('')));
  await made.study.rewrite((text) =>
    text.replace('instilled_choices: 30', 'instilled_choices: 200'),
  );
  await expect(choicesOf(await opened(made))).rejects.toMatchObject({
    code: 'invalid-answers',
    message: expect.stringContaining('of the last 100 answers hold no text'),
  });
  expect(made.stub.requests()).toBeLessThanOrEqual(10 + 100 + 4);
});

test.each<[string, Model]>([
  ['is silent in every third answer', (_, index) => said(index % 3 === 0 ? '' : 'A')],
  ['answers with nonsense but once', (_, index) => said(index === 15 ? 'A' : 'well')],
  ['has all prompts of one context refused', firstContextFiltered()],
])('a model that %s goes on', async (_, model) => {
  const made = await studyOf(model);
  expect(await choicesOf(await opened(made))).toHaveLength(64);
});

function firstContextFiltered(): Model {
  let first = '';
  const body = { error: { message: 'no', code: 'content_filter' } };
  return (prompt) => {
    const question = parsePrompt(prompt)?.question ?? '';
    first ||= question;
    return question === first ? { status: 400, body } : said('A');
  };
}

test('a stage of few trials that are all void ends with an error, unless void answers are kept', async () => {
  const made = await studyOf(() => said(''));
  const running = await opened(made);
  await expect(
    (async () => {
      for await (const _ of collectReports(running));
    })(),
  ).rejects.toMatchObject({ code: 'invalid-answers', message: /all 2 answers hold no text/ });
  expect(await choicesOf(running, { keepGoing: true })).toHaveLength(64);
});

test('a stage of few trials that a filter refuses in all contexts ends with an error', async () => {
  const body = { error: { message: 'no', code: 'content_filter' } };
  const made = await studyOf(() => ({ status: 400, body }));
  const running = await opened(made);
  await expect(
    (async () => {
      for await (const _ of collectReports(running));
    })(),
  ).rejects.toMatchObject({ code: 'invalid-answers', message: /all 2 answers hold no text/ });
});

const READ: readonly [string, Reply, string][] = [
  ['a refusal', said({ content: null, refusal: 'I cannot' }), 'refusal: I cannot'],
  ['a refusal that is a letter', said({ content: null, refusal: 'A' }), 'refusal: A'],
  ['parts', said({ content: [{ type: 'text', text: 'A' }] }), 'A'],
  [
    'parts of several kinds',
    said({
      content: [
        { type: 'thinking', text: 'B' },
        { type: 'output_text', text: 'A' },
      ],
    }),
    'A',
  ],
  ['a refusal among parts', said({ content: [{ type: 'refusal', refusal: 'No' }] }), 'refusal: No'],
  ['prose cut off', said('Let me think', 'length'), 'length: Let me think'],
  ['a letter at the limit', said('A', 'length'), 'A'],
  ['an answer cut by a filter', said('A', 'content_filter'), 'content_filter: A'],
  ['a NUL', said('A\u0000 would be wrong'), 'neither-a-nor-b: A\u0000 would be wrong'],
  ['half a surrogate pair', said('A\ud800'), 'neither-a-nor-b: A\ufffd'],
  [
    'thoughts, under the paper’s policy',
    said('<think></think>A'),
    'neither-a-nor-b: <think></think>A',
  ],
];

test('every kind of answer is read live as from the record', async () => {
  const made = await studyOf((_, index) => READ[index]?.[1] ?? said('B'));
  const running = await opened(made);
  const live = await choicesOf(running);
  for (const [, , expected] of READ) expect(live).toContain(expected);
  expect((await choicesOf(running)).toSorted()).toEqual(live.toSorted());
});

test('an error in place of an answer is a failed attempt, and made again', async () => {
  const broken = [
    said('A', 'error'),
    { body: { choices: [{ message: { content: 'A' }, error: { code: 502, message: 'down' } }] } },
    { body: { ...completion('A'), error: { message: 'down' } } },
  ];
  const made = await studyOf((_, index) => broken[index] ?? said('B'));
  const running = await opened(made);
  expect(new Set(await choicesOf(running))).toEqual(new Set(['B']));
  expect(made.stub.requests()).toBe(64 + broken.length);
  expect(running.record.counts().get('m/choices-instilled')?.failures).toBe(broken.length);
});

test('older records, which hold no text of refusals and parts, are read from the response', async () => {
  const made = await studyOf(() => said('B'));
  const running = await opened(made);
  await choicesOf(running);
  running.close();
  const record = openRecord(`${made.study.folder}/record.sqlite`);
  const put = (item: number, reply: Reply) =>
    record.answer(
      { stage: 'm/choices-native', item, model: 'm', prompt: '' },
      {
        text: '',
        raw: JSON.stringify(reply.body),
        model: 'm',
        fingerprint: null,
        finishReason: 'stop',
        usage: null,
        logprobs: null,
        attempt: 1,
        latencyMs: 1,
      },
      { requests: 1, tokens: 1, usd: 0 },
      'replace',
    );
  await put(0, said({ content: [{ type: 'text', text: 'A' }] }));
  await put(1, said({ content: null, refusal: 'I cannot' }));
  record.close();
  const list = await choicesOf(await opened(made));
  expect(list.slice(60, 62)).toEqual(['A', 'refusal: I cannot']);
});
