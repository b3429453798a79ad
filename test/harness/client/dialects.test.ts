/** The servers of test/support/dialects.ts, asked as a study asks them. */
import { afterEach, describe, expect, it } from 'vitest';
import type { FailedAttempt } from '../../../src/harness/client/chat.js';
import { ModelClient } from '../../../src/harness/client/model-client.js';
import { type Dialect, dialects, startDialect } from '../../support/dialects.js';
import { chatRequest, rejection, settings } from './support.js';

const key = 'sk-right-0123456789abcdef';
const opened: { close(): unknown }[] = [];

afterEach(async () => {
  for (const one of opened.splice(0).reverse()) await one.close();
});

async function clientOf(dialect: Dialect, apiKey = key) {
  const server = await startDialect(dialect, key);
  opened.push(server);
  const client = new ModelClient(settings({ baseURL: server.baseURL, apiKey, maxAttempts: 4 }), {
    random: () => 0,
  });
  opened.push(client);
  return { client, asked: server.asked };
}

/** Settings with a parameter that each of the servers refuses. */
const everything = { temperature: 0, seed: 7, labels: ['A', 'B'], reasoningEffort: 'low' };

/** A request of which the server refuses nothing but perhaps the name of the limit. */
const accepted = (dialect: Dialect, model = 'm') =>
  chatRequest({
    model,
    temperature: 'temperature' in dialect.refusals ? null : 0,
    seed: 'seed' in dialect.refusals ? null : 7,
    labels: 'logprobs' in dialect.refusals ? null : ['A', 'B'],
  });

/** Requests until the limit has the name that the server takes. */
const requestsOf = (dialect: Dialect) => ('max_tokens' in dialect.refusals ? 2 : 1);

describe.each(dialects)('$name', (dialect) => {
  it('answers, without its reasoning, and its tokens are read right', async () => {
    const { client } = await clientOf(dialect);
    const answer = await client.chat(accepted(dialect));
    expect(answer).toMatchObject({ text: 'B', model: 'm', finishReason: 'stop', status: 200 });
    const [promptTokens, completionTokens, reasoningTokens] = dialect.usage;
    expect(answer.usage).toEqual({ promptTokens, completionTokens, reasoningTokens });
    expect(answer.spent.tokens).toBe(promptTokens + completionTokens);
  });

  it('gives log-probabilities, or none', async () => {
    const { client } = await clientOf(dialect);
    const { logprobs } = await client.chat(accepted(dialect));
    if (!dialect.givesLogprobs) return expect(logprobs).toBeNull();
    expect(Object.fromEntries(logprobs ?? [])).toEqual({ A: Math.log(0.25), B: Math.log(0.75) });
  });

  it('is asked again without what it refuses, once for each parameter', async () => {
    const { client, asked } = await clientOf(dialect);
    const refused = Object.keys(dialect.refusals);
    const first = await client.chat(chatRequest(everything));
    expect(first.text).toBe('B');
    const last = asked.at(-1) ?? {};
    for (const name of refused) expect(last).not.toHaveProperty(name);
    for (const name of Object.keys(asked[0] ?? {})) {
      const isKept = name in last || refused.includes(name) || name === 'top_logprobs';
      expect(isKept, name).toBe(true);
    }
    if ('top_logprobs' in last) expect(last.top_logprobs).toBe(dialect.mostAlternatives?.[0] ?? 20);
    expect('max_tokens' in last || 'max_completion_tokens' in last).toBe(true);
    const lessons = refused.length + (dialect.mostAlternatives ? 1 : 0);
    expect(asked.length).toBeLessThanOrEqual(1 + lessons);
    const before = asked.length;
    await client.chat(chatRequest(everything));
    expect(asked.length).toBe(before + 1);
  });

  it('says in its own words that it does not know the model', async () => {
    const { client, asked } = await clientOf(dialect);
    const { message, code } = await rejection(client.chat(accepted(dialect, 'gone')));
    const [words, expected] = dialect.unknownModelIs;
    expect(message).toContain(words);
    expect(message).not.toMatch(/[\n{]/);
    expect({ code, asked: asked.length }).toEqual({ code: expected, asked: 1 });
  });

  it('refuses a wrong key, which stops everything at once', async () => {
    const { client, asked } = await clientOf(dialect, 'sk-wrong-0123456789abcdef');
    const { message } = await rejection(client.chat(accepted(dialect)));
    expect(message).toMatch(/API key/);
    expect(message).not.toMatch(/[\n{]/);
    expect(asked).toHaveLength(1);
  });
});

describe.each(dialects.filter(({ filtered }) => filtered))('$name', (dialect) => {
  it('refuses a prompt by its filter, which is the outcome of the trial', async () => {
    const { client, asked } = await clientOf(dialect);
    const { text, finishReason } = await client.chat(accepted(dialect, 'filtered'));
    expect({ text, asked: asked.length }).toEqual({ text: '', asked: requestsOf(dialect) });
    expect(finishReason).toMatch(/^(prompt_refused$|content_filter)/);
  });
});

describe.each(dialects.filter(({ noCredit }) => noCredit))('$name', (dialect) => {
  it('has no credit left, which stops everything at once', async () => {
    const { client, asked } = await clientOf(dialect);
    const { message } = await rejection(client.chat(accepted(dialect, 'broke')));
    expect(message).toContain('the account has no credit left');
    expect(asked).toHaveLength(requestsOf(dialect));
  });
});

describe.each(dialects.filter(({ starting }) => starting))('$name', (dialect) => {
  it('is asked again while it starts', async () => {
    const { client } = await clientOf(dialect);
    const failed: FailedAttempt[] = [];
    const options = { onFailedAttempt: (one: FailedAttempt) => failed.push(one) };
    expect((await client.chat(accepted(dialect, 'starting'), options)).attempt).toBe(3);
    expect(failed.map(({ reason }) => reason)).toEqual(Array(2).fill('faulty: Loading model'));
  });
});
