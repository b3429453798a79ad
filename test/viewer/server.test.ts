/** What the viewer's server answers, to whom, and with which headers. */
import { request } from 'node:http';
import { networkInterfaces } from 'node:os';
import fc from 'fast-check';
import { afterEach, describe, expect, test } from 'vitest';
import { WeighbridgeError } from '../../src/errors.js';
import { decisionPrompt, introspectionPrompt, systemPrompt } from '../../src/study/prompts.js';
import { studyContext } from '../../src/viewer/look-up.js';
import { serve, type Viewer } from '../../src/viewer/server.js';
import type {
  CheckReply,
  ErrorReply,
  FitReply,
  FitsReply,
  PromptReply,
  ReportsReply,
  ResultReply,
  TrialsReply,
} from '../../src/viewer/wire.js';
import { attic, fakeFolder, fitRecord, MODEL } from './fake-folder.js';

const page = new Map([
  ['/', { type: 'text/html; charset=utf-8', bytes: new TextEncoder().encode('<!doctype html>') }],
  ['/assets/page.js', { type: 'text/javascript', bytes: new TextEncoder().encode('"page"') }],
]);

let viewer: Viewer;
afterEach(() => viewer?.close());

async function start(changes: Parameters<typeof fakeFolder>[0] = {}): Promise<void> {
  viewer = await serve(fakeFolder(changes), { page });
}

const get = (path: string, init: RequestInit = {}) => fetch(new URL(path, viewer.url), init);
const json = async <T>(path: string) => (await (await get(path)).json()) as T;

/** fetch sets Host by itself. */
function withHost(host: string, path = '/api/result'): Promise<number | undefined> {
  const { port } = new URL(viewer.url);
  return new Promise((resolve, reject) => {
    request({ host: '127.0.0.1', port, path, headers: { host } }, (response) => {
      response.resume();
      resolve(response.statusCode);
    })
      .on('error', reject)
      .end();
  });
}

const place = (more: Record<string, string> = {}) =>
  new URLSearchParams({ model: MODEL, setting: 'instilled', context: 'attic', ...more });

describe('who is answered', () => {
  test.each([
    ['127.0.0.1', 200],
    ['127.0.0.1:1', 200],
    ['localhost:8080', 200],
    ['LOCALHOST', 200],
    ['[::1]:80', 200],
    ['evil.example', 403],
    ['127.0.0.1.evil.example', 403],
    ['localhost.evil.example:80', 403],
    ['evil.example:127.0.0.1', 400],
    ['192.168.0.1', 403],
  ])('a request to the host %s gets %i', async (host, status) => {
    await start();
    expect(await withHost(host)).toBe(status);
    expect(await withHost(host, '/')).toBe(status);
  });

  const outside = Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .find(({ family, internal }) => family === 'IPv4' && !internal);
  test.skipIf(!outside)(
    `nobody on another address${outside ? '' : ' (skipped: this machine has no other)'}`,
    async () => {
      await start();
      const { port } = new URL(viewer.url);
      await expect(fetch(`http://${outside?.address}:${port}/`)).rejects.toThrow();
    },
  );

  test('a port that is taken is told in one line', async () => {
    await start();
    const port = Number(new URL(viewer.url).port);
    await expect(serve(fakeFolder(), { page, port })).rejects.toThrow(
      new WeighbridgeError(
        'bad-argument',
        `cannot listen on 127.0.0.1 port ${port}: the port is taken`,
        { details: { option: 'port', found: port } },
      ),
    );
  });

  test('nothing but reading is served', async () => {
    await start();
    for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS']) {
      const response = await get('/api/result', { method });
      expect(response.status).toBe(405);
      expect(response.headers.get('allow')).toBe('GET, HEAD');
    }
  });
});

describe('every answer', () => {
  test.each(['/', '/assets/page.js', '/api/result', '/api/nothing', '/api/fits/none/draws'])(
    'to %s has a strict policy, and none opens it to other pages',
    async (path) => {
      await start();
      const { headers } = await get(path, { headers: { origin: 'https://evil.example' } });
      const policy = headers.get('content-security-policy') ?? '';
      expect(policy).toContain("default-src 'none'");
      expect(policy).not.toMatch(/unsafe|\*|https?:/);
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(headers.get('cross-origin-resource-policy')).toBe('same-origin');
      expect(headers.get('access-control-allow-origin')).toBeNull();
    },
  );
});

describe('the result', () => {
  test('comes without what only one context needs', async () => {
    await start();
    const { result, folder } = await json<ResultReply>('/api/result');
    expect(folder).toBe('no-such-folder');
    expect(result).toMatchObject({ models: [MODEL], data: { simulated: true } });
    expect(result).not.toHaveProperty('weights');
  });

  test('lists its fits without their parameters', async () => {
    await start();
    const { fits } = await json<FitsReply>('/api/fits');
    expect(fits[0]).toMatchObject({ name: `${MODEL}/instilled/attic`, context: 'attic' });
    expect(fits[0]).not.toHaveProperty('summary');
  });

  test('gives a fit whole, with the weights that the result has of it', async () => {
    await start();
    const { fit, weights } = await json<FitReply>(
      `/api/fits/${encodeURIComponent(`${MODEL}/instilled/attic`)}`,
    );
    expect(fit).toEqual(fitRecord(`${MODEL}/instilled/attic`));
    expect(weights).toMatchObject({ scenario: 'attic', scaled: [-100, 33], scale: 100 / 1.5 });
  });

  test('has no picture where the folder has none', async () => {
    await start();
    expect((await get('/pictures/figure-2.svg')).status).toBe(404);
    expect((await get('/pictures/..%2f..%2fpackage.json')).status).toBe(404);
  });
});

describe('draws', () => {
  test('are the bytes of the fit that was asked for, whatever its name', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.string({ unit: 'grapheme', minLength: 1 }),
        fc.nat(1_000_000),
        async (name, offset) => {
          const viewed = await serve(
            fakeFolder({
              fits: [fitRecord(`not ${name}`), fitRecord(name, { offset: offset * 8 })],
            }),
            { page },
          );
          try {
            const address = `api/fits/${encodeURIComponent(name)}/draws`;
            const response = await fetch(new URL(address, viewed.url));
            expect(response.headers.get('content-type')).toBe('application/octet-stream');
            const values = new Float64Array(await response.arrayBuffer());
            expect(values).toEqual(Float64Array.from({ length: 18 }, (_, i) => offset * 8 + i / 7));
          } finally {
            await viewed.close();
          }
        },
      ),
      { seed: 2, numRuns: 25 },
    );
  });

  test('that cannot be read are told in one line', async () => {
    const told = 'draws.f64 ends within the draws of a fit';
    await start({ draws: () => Promise.reject(new WeighbridgeError('damaged', told)) });
    const response = await get(`/api/fits/${encodeURIComponent(`${MODEL}/instilled/attic`)}/draws`);
    expect(response.status).toBe(500);
    expect(await response.json()).toEqual({ error: { code: 'damaged', message: told } });
  });
});

describe('a context', () => {
  test('has its trials and its reports, file by file', async () => {
    await start();
    const { trials } = await json<TrialsReply>(`/api/trials?${place()}`);
    expect(trials.map(({ choice }) => choice)).toEqual(['A', null]);
    const { reports } = await json<ReportsReply>(`/api/reports?${place()}`);
    expect(reports).toEqual([
      {
        file: 'instilledReports',
        stage: 'before introspection training',
        reports: [{ weights: [-80, 20] }, { weights: null, raw: 'no' }],
      },
    ]);
    expect(await json(`/api/trials?${place({ context: 'cellar/of "wine" & 50%' })}`)).toEqual({
      trials: [],
    });
  });

  test('has a check of its weights against its choices, without answers that were neither', async () => {
    const draws = async () => new Float64Array(18);
    await start({ draws });
    const { check } = await json<CheckReply>(`/api/check?${place()}`);
    expect(check?.trials).toMatchObject([{ trial: 1, choseA: true, mean: 0.5 }]);
    expect(check?.replicated.join('')).toMatch(/^[01]{6}$/);
    await viewer.close();
    const neither = { a: [2, 30], b: [3.5, 7], choice: null };
    await start({ draws, trials: async () => [neither] });
    expect(await json(`/api/check?${place()}`)).toEqual({ check: null });
  });

  test('has the prompts of a trial, word for word', async () => {
    await start();
    const context = {
      name: attic.name,
      question: attic.question,
      attributes: [
        { name: 'height', units: 'metres', min: 1, max: 5 },
        { name: 'mice', units: '', min: 0, max: 100 },
      ],
    };
    const options = { a: [2, 30], b: [3.5, 7] };
    expect(await json(`/api/prompt?${place({ trial: '1' })}`)).toEqual({
      system: systemPrompt,
      decision: decisionPrompt(context, options),
      introspection: introspectionPrompt(context, options),
    });
  });

  test('has the question for a report, word for word, of its options', async () => {
    const reports = [
      { weights: [1, 2] },
      { weights: null, a: [2, 30], b: [3.5, 7], raw: 'I would rather not.' },
    ];
    await start({ reports: async (_model, file) => (file === 'instilledReports' ? reports : []) });
    const at = { file: 'instilledReports', report: '2' };
    const { introspection, decision } = await json<PromptReply>(`/api/prompt?${place(at)}`);
    const context = studyContext(attic);
    expect(introspection).toBe(introspectionPrompt(context, { a: [2, 30], b: [3.5, 7] }));
    expect(decision).toBeNull();
    const unknown = await get(`/api/prompt?${place({ ...at, report: '1' })}`);
    expect(unknown.status).toBe(404);
    expect(((await unknown.json()) as ErrorReply).error.message).toMatch(
      /do not hold which options/,
    );
  });

  test.each([
    ['/api/trials', /^no model named \(none given\): expected one of a-model$/],
    [`/api/trials?${place({ model: 'constructor' })}`, /^no model named "constructor"/],
    [`/api/trials?${place({ setting: 'other' })}`, /^no setting named "other": expected/],
    [`/api/reports?${place({ context: '__proto__' })}`, /^no context named "__proto__"$/],
    [`/api/prompt?${place({ trial: '3' })}`, /^no trial "3" of attic: expected 1 to 2$/],
    [`/api/prompt?${place({ trial: '0' })}`, /^no trial "0" of attic/],
    [`/api/prompt?${place({ trial: '1e0' })}`, /^no trial "1e0" of attic/],
    [
      `/api/prompt?${place({ setting: 'native', trial: '1' })}`,
      /a-model made no native choices in it$/,
    ],
    [
      `/api/prompt?${place({ file: 'instilledReports', report: '3' })}`,
      /^no report "3" in instilledReports of attic: expected 1 to 2$/,
    ],
    [
      `/api/prompt?${place({ file: '__proto__', report: '1' })}`,
      /^no reports "__proto__" of attic: expected instilledReports$/,
    ],
    [`/api/prompt?${place({ report: '1' })}`, /^no reports \(none given\) of attic/],
    [`/api/check?${place({ setting: 'native' })}`, /^no weights of a-model in attic, native$/],
    ['/api/fits/unknown', /^no fit named "unknown"$/],
    ['/nowhere', /^no page or data at \/nowhere$/],
  ])('or anything else that %s names and the result has not, is told', async (path, line) => {
    await start();
    const response = await get(path);
    expect(response.status).toBe(404);
    const { error } = (await response.json()) as ErrorReply;
    expect(error.message).toMatch(line);
    expect(error.message).not.toContain('\n');
  });
});

test('the folder is closed with the server', async () => {
  let closed = 0;
  await start({
    close: async () => {
      closed++;
    },
  });
  await viewer.close();
  expect(closed).toBe(1);
  await expect(get('/')).rejects.toThrow();
});
