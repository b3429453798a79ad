/** A reasoning model, structured output, and servers that lack something, as a client sees them. */
import fc from 'fast-check';
import OpenAI from 'openai';
import { afterEach, describe, expect, test } from 'vitest';
import { defaultProfile, reasoningProfile } from '../../../src/simulation/server/profile.js';
import {
  type SimulatedServer,
  type SimulatedServerOptions,
  startSimulatedServer,
} from '../../../src/simulation/server/server.js';
import { structuredText } from '../../../src/simulation/server/structured.js';
import { introspectionPrompt } from '../../../src/study/prompts.js';
import { ask, errorOf, upload } from './api-support.js';
import { makeCandidates } from './support.js';

let server: SimulatedServer;
afterEach(() => server?.close());

async function start(options: SimulatedServerOptions = {}): Promise<OpenAI> {
  server = await startSimulatedServer({
    knowledge: makeCandidates(4),
    reasoningModels: ['thinker'],
    ...options,
  });
  return new OpenAI({ baseURL: server.url, apiKey: 'none', maxRetries: 0 });
}

type Changes = Partial<OpenAI.ChatCompletionCreateParamsNonStreaming>;

/** A choice of the study, asked as a reasoning model must be asked. */
const think = (api: OpenAI, seed: number, changes: Changes = {}) =>
  api.chat.completions.create({
    ...ask(seed),
    model: 'thinker',
    temperature: 1,
    max_completion_tokens: 4000,
    ...changes,
  });

const thoughts = ({ usage }: OpenAI.ChatCompletion) =>
  usage?.completion_tokens_details?.reasoning_tokens ?? Number.NaN;

describe('a reasoning model', () => {
  test.each<[string, Changes, object]>([
    [
      'a temperature',
      { temperature: 0 },
      { status: 400, param: 'temperature', code: 'unsupported_value' },
    ],
    [
      'max_tokens',
      { max_tokens: 5, max_completion_tokens: null },
      { status: 400, param: 'max_tokens', code: 'unsupported_parameter' },
    ],
    [
      'logprobs',
      { logprobs: true, top_logprobs: 5 },
      { status: 400, param: 'logprobs', code: 'unsupported_parameter' },
    ],
    [
      'an unknown effort',
      { reasoning_effort: 'xhigh' },
      { status: 400, param: 'reasoning_effort' },
    ],
  ])('refuses %s', async (_, changes, error) => {
    expect(await errorOf(think(await start(), 1, changes))).toMatchObject(error);
  });

  test('answers without them, and counts what it thought as part of the answer', async () => {
    const api = await start();
    for (let seed = 0; seed < 5; seed++) {
      const completion = await think(api, seed);
      const [choice] = completion.choices;
      expect(choice?.message.content).toMatch(/^[AB]$/);
      expect(thoughts(completion)).toBeGreaterThan(0);
      expect(completion.usage?.completion_tokens).toBe(thoughts(completion) + 1);
    }
  });

  test('thinks more at a higher effort', async () => {
    const api = await start();
    const spent: Record<string, number> = {};
    for (const effort of ['low', 'medium', 'high'] as const) {
      for (let seed = 0; seed < 5; seed++) {
        const completion = await think(api, seed, { reasoning_effort: effort });
        spent[effort] = (spent[effort] ?? 0) + thoughts(completion);
      }
    }
    expect(spent.medium).toBeGreaterThan(2 * (spent.low ?? 0));
    expect(spent.high).toBeGreaterThan(2 * (spent.medium ?? 0));
  });

  test('says nothing if the limit leaves no room after its thoughts', async () => {
    const api = await start();
    const completion = await think(api, 1, { max_completion_tokens: 5 });
    expect(completion.choices[0]).toMatchObject({
      message: { content: '' },
      finish_reason: 'length',
    });
    expect(completion.usage?.completion_tokens).toBe(5);
    expect(thoughts(completion)).toBe(5);
  });

  test('may be any profile, and one that refuses a seed', async () => {
    const { refuses = [] } = reasoningProfile();
    const profile = { ...reasoningProfile(defaultProfile), refuses: [...refuses, 'seed' as const] };
    const api = await start({ profiles: { picky: profile } });
    expect(await errorOf(think(api, 1, { model: 'picky', seed: 1 }))).toMatchObject({
      param: 'seed',
      code: 'unsupported_parameter',
    });
    expect(await errorOf(think(api, 1, { model: 'simulated-model', reasoning_effort: 'low' })))
      // OpenAI names no parameter here.
      .toMatchObject({
        status: 400,
        param: null,
        message: expect.stringMatching('reasoning_effort'),
      });
  });
});

describe('repetitions of a question', () => {
  const answers = async (api: OpenAI, changes: (repeat: number) => Changes) => {
    const texts: (string | null | undefined)[] = [];
    for (let repeat = 0; repeat < 12; repeat++) {
      const { choices } = await api.chat.completions.create({
        ...ask(3, introspectionPrompt),
        ...changes(repeat),
      });
      texts.push(choices[0]?.message.content);
    }
    return texts;
  };

  test('are new draws above temperature 0, the same ones with the same seeds', async () => {
    const api = await start();
    const drawn = await answers(api, () => ({ temperature: 1 }));
    expect(new Set(drawn).size).toBeGreaterThan(3);
    const seeded = (repeat: number) => ({ temperature: 1, seed: repeat });
    const first = await answers(api, seeded);
    expect(new Set(first).size).toBeGreaterThan(3);
    expect(await answers(api, seeded)).toEqual(first);
    expect(new Set(await answers(api, () => ({ temperature: 0 }))).size).toBe(1);
  });
});

describe('structured output', () => {
  test('of a report is an object of the names, from a model that else breaks the format', async () => {
    const invalid = { untrained: 1, instilled: 1, native: 1, introspective: 1 };
    const sloppy = { ...defaultProfile, invalidReports: invalid };
    const api = await start({ profiles: { sloppy } });
    const names = Array.from({ length: 5 }, (_, i) => `aspect_1_of_${i}`);
    const weight = { type: 'integer', minimum: -100, maximum: 100 };
    const schema = {
      type: 'object',
      properties: Object.fromEntries(names.map((name) => [name, weight])),
      required: names,
      additionalProperties: false,
    };
    const { choices } = await api.chat.completions.create({
      ...ask(1, introspectionPrompt),
      model: 'sloppy',
      response_format: {
        type: 'json_schema',
        json_schema: { name: 'weights', strict: true, schema },
      },
    });
    const report = JSON.parse(choices[0]?.message.content ?? '');
    expect(Object.keys(report)).toEqual(names);
    for (const value of Object.values(report)) expect(value).toSatisfy(Number.isInteger);
  });

  test('keeps the choice that the model makes', async () => {
    const api = await start();
    const schema = { type: 'object', properties: { choice: { enum: ['A', 'B'] } } };
    for (let seed = 0; seed < 6; seed++) {
      const plain = await api.chat.completions.create(ask(seed));
      const { choices } = await api.chat.completions.create({
        ...ask(seed),
        response_format: { type: 'json_schema', json_schema: { name: 'choice', schema } },
      });
      expect(JSON.parse(choices[0]?.message.content ?? '')).toEqual({
        choice: plain.choices[0]?.message.content,
      });
    }
  });

  test('is within the schema, whatever the model says', () => {
    const number = fc
      .tuple(fc.integer({ min: -50, max: 50 }), fc.integer({ min: 0, max: 50 }))
      .map(([minimum, width]) => ({ type: 'integer', minimum, maximum: minimum + width }));
    const labels = fc
      .uniqueArray(fc.string({ minLength: 1 }), { minLength: 1, maxLength: 4 })
      .map((all) => ({ enum: all }));
    const said = fc.oneof(fc.string(), fc.double().map(String), fc.json());
    fc.assert(
      fc.property(number, labels, said, fc.string(), (range, one, text, luck) => {
        const schema = {
          type: 'object',
          properties: { score: range, label: one, flag: { type: 'boolean' } },
        };
        const { score, label, flag } = JSON.parse(structuredText(text, schema, luck));
        expect(score).toBeGreaterThanOrEqual(range.minimum);
        expect(score).toBeLessThanOrEqual(range.maximum);
        expect(score).toSatisfy(Number.isInteger);
        expect(one.enum).toContain(label);
        expect(typeof flag).toBe('boolean');
      }),
      { seed: 95 },
    );
  });
});

test('a server without fine-tuning has no files, jobs or batches', async () => {
  const api = await start({ fineTuning: false });
  const calls = [
    () => upload(api, 'x', 'fine-tune'),
    () => api.fineTuning.jobs.create({ model: 'simulated-model', training_file: 'file-1' }),
    () => api.batches.list(),
  ];
  for (const call of calls) expect(await errorOf(call())).toMatchObject({ status: 404 });
  expect((await think(api, 1)).choices).toHaveLength(1);
});

test('the truth of a question can be read: probabilities, or means of valid answers', async () => {
  const api = await start();
  const truth = async (seed: number, task: Parameters<typeof ask>[1]) => {
    const response = await fetch(new URL('/simulator/truth', server.url), {
      method: 'POST',
      body: JSON.stringify({ ...ask(seed, task), model: 'simulated-model', temperature: 1 }),
    });
    return JSON.parse(await response.text());
  };
  const { answers } = await truth(1, undefined);
  expect(Object.keys(answers)).toEqual(['A', 'B']);
  expect(answers.A + answers.B).toBeCloseTo(1, 9);
  const { means, valid } = await truth(1, introspectionPrompt);
  expect(Object.keys(means)).toHaveLength(5);
  expect(valid).toBeGreaterThan(0);
  expect((await api.models.list()).data).not.toEqual([]);
});
