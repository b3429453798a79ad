/** Whole studies whose server says, on one call or another, what was not asked for. */
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { mostPromptTokens } from '../../src/harness/client/chat.js';
import { fineTune } from '../../src/harness/collectors.js';
import { estimateStudy } from '../../src/harness/estimate-study.js';
import { lookAtStudy, openStudy, type RunningStudy } from '../../src/harness/open-study.js';
import { openRecord } from '../../src/harness/record/record.js';
import { type RunStudyOptions, runStudy } from '../../src/harness/run-study.js';
import { studyStatus } from '../../src/harness/status.js';
import { answersSoFar, requestFor } from '../../src/harness/trial-request.js';
import { trainings } from '../../src/packs/self-interpretability/configuration.js';
import { type Portal, portalBefore } from '../support/portal.js';
import {
  type SimulatedStudy,
  type SimulatedStudyOptions,
  simulatedStudy,
} from '../support/simulated-study.js';

const open: { close(): unknown }[] = [];
afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.close();
});

interface Begun {
  readonly simulated: SimulatedStudy;
  readonly portal: Portal;
}

async function begin({ configuration = {}, ...more }: SimulatedStudyOptions): Promise<Begun> {
  const simulated = await simulatedStudy({
    ...more,
    configuration: {
      counts: { instilled_choices: 2, native_choices: 2, reports: 1 },
      ...configuration,
      server: { attempts: 2, ...configuration.server },
    },
  });
  open.push(simulated);
  const portal = await portalBefore(simulated);
  open.push(portal);
  return { simulated, portal };
}

/** Trained elsewhere, so that a few contexts are enough. */
const asked: SimulatedStudyOptions = {
  models: [
    {
      name: 'simulated-model',
      trained: {
        preferences: 'simulated-model',
        introspection_first: 'simulated-model',
        introspection_last: 'simulated-model',
        introspection_all: 'simulated-model',
      },
    },
  ],
  configuration: { contexts: { instilled: 4, native: 2 }, server: { mode: 'batch' } },
};
const live: SimulatedStudyOptions = {
  ...asked,
  configuration: { contexts: { instilled: 4, native: 2 } },
};

async function run<T>(
  { simulated }: Begun,
  work: (study: RunningStudy, options: RunStudyOptions) => Promise<T>,
  options: RunStudyOptions = {},
): Promise<T> {
  const study = await openStudy(simulated.folder);
  try {
    return await work(study, options);
  } finally {
    study.close();
  }
}

const page = '<!doctype html><html><title>Sign in</title><body>Accept the terms</body></html>';
const loginPage = () => new Response(page, { headers: { 'content-type': 'text/html' } });

type Work = (study: RunningStudy, options: RunStudyOptions) => Promise<unknown>;

const oneTraining: Work = (study, { signal }) =>
  fineTune(study, 'gpt-4o-2024-08-06', 'preferences', { signal });

describe('a login page', () => {
  it.each<[string, RegExp, SimulatedStudyOptions, Work]>([
    ['a question', /^POST \/chat\/completions$/, live, runStudy],
    ['an upload', /^POST \/files$/, {}, oneTraining],
    ['the creation of a job', /^POST \/fine_tuning\/jobs$/, {}, oneTraining],
    ['jobs, created and listed', /^\w+ \/fine_tuning\/jobs$/, {}, oneTraining],
    ['the look at a job', /^GET \/fine_tuning\/jobs\/[^/]+$/, {}, oneTraining],
    ['the creation of a batch', /^POST \/batches$/, asked, runStudy],
    ['batches, created and listed', /^\w+ \/batches$/, asked, runStudy],
    ['the look at a batch', /^GET \/batches\/[^/]+$/, asked, runStudy],
    ['a file of answers', /^GET \/files\/[^/]+\/content$/, asked, runStudy],
  ])('in place of %s leaves a study that goes on to its end', async (_, calls, options, work) => {
    const begun = await begin(options);
    const { portal, simulated } = begun;
    const stop = new AbortController();
    let pages = 0;
    portal.intercept = (call) => {
      if (!calls.test(call)) return null;
      // Whoever watches has seen enough, if the run itself has not.
      if (++pages === 2) stop.abort();
      return loginPage();
    };
    const stopped = await run(begun, work, { signal: stop.signal }).catch(
      (error: unknown) => error,
    );
    expect(stopped).toMatchObject({ code: expect.stringMatching(/^(server|interrupted)$/) });
    expect(pages).toBeGreaterThan(0);
    portal.intercept = () => null;
    const states = await run(begun, async (study, opened) => {
      await work(study, opened);
      return studyStatus(study).map(({ state }) => state);
    });
    const { paidAnswers, requests } = simulated.server.stats();
    if (work === oneTraining) {
      expect(states).toContain('done');
      expect(requests['POST /v1/fine_tuning/jobs']).toEqual({ 200: 1 });
    } else {
      expect(new Set(states)).toEqual(new Set(['done']));
      expect(paidAnswers).toBe(simulated.answers);
    }
  });
});

/** What servers have said where a count was expected. */
const absurd = [-1e9, 1e300, 9e18, 0.5, '12', null, [], true];

/** The most that all answers of a study can be counted as. */
function mostTokens({ stages }: RunningStudy): number {
  let tokens = 0;
  for (const stage of stages) {
    if (stage.kind === 'training') continue;
    stage.trials.forEach((_, item) => {
      const { messages, maxTokens } = requestFor(stage, item, 'm', answersSoFar([], null));
      tokens += mostPromptTokens(messages) + maxTokens;
    });
  }
  return tokens;
}

describe('an impossible count', () => {
  /** Each usage of an answer is another impossible one. */
  async function withAbsurdUsage(ask: () => Promise<Response>): Promise<Response> {
    const response = await ask();
    let n = 0;
    const lines = (await response.text()).trim().split('\n');
    const changed = lines.map((text) =>
      JSON.stringify(JSON.parse(text), (name, value) => {
        if (name !== 'usage') return value;
        const count = absurd[n++ % absurd.length];
        return { prompt_tokens: count, completion_tokens: count };
      }),
    );
    return new Response(`${changed.join('\n')}\n`, response);
  }

  it.each<[string, RegExp, SimulatedStudyOptions]>([
    ['live', /chat/, live],
    ['in batches', /content/, asked],
  ])('of an answer counts as the most it can have cost, %s', async (_, calls, options) => {
    const begun = await begin(options);
    begun.portal.intercept = (call, ask) => (calls.test(call) ? withAbsurdUsage(ask) : null);
    await run(begun, async (study) => {
      await runStudy(study);
      expect(study.record.spent()).toMatchObject({
        requests: begun.simulated.answers,
        tokens: mostTokens(study),
      });
    });
  });

  it('of trained tokens counts as what was set aside', async () => {
    const begun = await begin({});
    const jobs: string[] = [];
    begun.portal.intercept = async (call, ask) => {
      if (!/^GET \/fine_tuning\/jobs\/[^/]+$/.test(call)) return null;
      const job = JSON.parse(await (await ask()).text());
      const { id } = job;
      if (!jobs.includes(id)) jobs.push(id);
      return Response.json({ ...job, trained_tokens: absurd[jobs.indexOf(id)] });
    };
    await run(begun, async (study) => {
      const { record, spending } = study;
      for (const training of trainings) await fineTune(study, 'gpt-4o-2024-08-06', training);
      expect(jobs).toHaveLength(4);
      const setAside = estimateStudy({ ...study, record: null }).map((stage) =>
        stage.kind === 'training' ? stage.setAside.tokens : 0,
      );
      const sum = setAside.reduce((tokens, one) => tokens + one);
      expect(sum).toBeGreaterThan(0);
      // The estimate rounds each training once more.
      expect(Math.abs(record.spent().tokens - sum)).toBeLessThanOrEqual(2 * 4);
      expect(spending.spent().tokens).toBe(record.spent().tokens);
    });
  });
});

describe('the files of a batch of an earlier run', () => {
  const line = (id: string, response: unknown, error: unknown = null) =>
    JSON.stringify({ id: 'r', custom_id: id, response, error });
  const depth = 50_000;
  const deep = (text: string) => `${'['.repeat(depth)}${text}${']'.repeat(depth)}`;

  it('give their answers, whatever else stands in them', async () => {
    const begun = await begin(asked);
    const { portal, simulated } = begun;
    const stop = new AbortController();
    portal.intercept = async (call, ask) => {
      const response = await ask();
      if (call === 'POST /batches') stop.abort();
      return response;
    };
    await expect(run(begun, runStudy, { signal: stop.signal })).rejects.toMatchObject({
      code: 'interrupted',
    });
    portal.intercept = async (call, ask) => {
      if (!call.endsWith('/content')) return null;
      const answers = (await (await ask()).text()).trim().split('\n');
      const [first = ''] = answers;
      // An answer with something very deep beside it is still an answer.
      const nested = first.replace('"choices"', `"extra":${deep('1')},"choices"`);
      const strange = [
        ...['99999', '-1', '1e3', '0x1', ' 1', '', '__proto__', 'a\u0000b', '\ud800'].map((id) =>
          line(id, { status_code: 500, body: { error: { message: 'boom' } } }),
        ),
        line('4294967296', null, { code: 'batch_expired', message: 'too late' }),
        line('77777', { status_code: 200, body: {} }),
        `{"custom_id":"88888","response":{"status_code":400,"body":${deep('')}}}`,
        line('3', { status_code: 1e300, body: 'x' }),
        line('2', 'not a response', 'nor an error'),
        first,
      ];
      return new Response([nested, ...answers.slice(1), ...strange, ''].join('\n'));
    };
    const warnings: string[] = [];
    await run(begun, async (study) => {
      await runStudy(study, { onWarning: (text) => void warnings.push(text) });
      expect(studyStatus(study).every(({ state }) => state === 'done')).toBe(true);
    });
    expect(simulated.server.stats().paidAnswers).toBe(simulated.answers);
    expect(warnings.join('\n')).toMatch(/lines with ids that no trial has, which were skipped/);
    expect(warnings.join('\n')).toMatch(/lines of the files of batch .* were skipped/);
  });
});

describe('a journal that an older version damaged', () => {
  it('shows in the status, and its paid batches are found again', async () => {
    const begun = await begin(asked);
    const { portal, simulated } = begun;
    const stop = new AbortController();
    portal.intercept = async (call, ask) => {
      const response = await ask();
      if (call === 'POST /batches') stop.abort();
      return response;
    };
    await run(begun, runStudy, { signal: stop.signal }).catch(() => {});
    portal.intercept = () => null;
    const path = join(simulated.folder, 'record.sqlite');
    const record = openRecord(path);
    const planned = await lookAtStudy(simulated.folder);
    const keys = planned.stages.map(({ id }) => `batch/${id}`);
    const damaged = keys.filter((key) => record.journal.get(key) !== null);
    expect(damaged.length).toBeGreaterThan(0);
    for (const key of damaged) record.journal.put(key, '{"next":1,"open":[{}]}');
    expect(studyStatus(planned).map(({ note }) => note)).toContain(
      "the journal's entry is damaged: the next run asks the server what there is",
    );
    planned.close();
    record.close();
    const warnings: string[] = [];
    const states = await run(begun, async (study) => {
      await runStudy(study, { onWarning: (text) => void warnings.push(text) });
      return studyStatus(study).map(({ state }) => state);
    });
    expect(new Set(states)).toEqual(new Set(['done']));
    expect(warnings).toHaveLength(damaged.length);
    expect(simulated.server.stats().paidAnswers).toBe(simulated.answers);
  });
});
