/** Chat completions out and in: OpenAI's words, other servers' accents, and rubbish. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  completionBody,
  promptRefusal,
  readCompletion,
} from '../../../src/harness/client/completion.js';
import type { Parameter } from '../../../src/harness/client/parameters.js';
import { chatRequest, completion } from './support.js';

const request = chatRequest();
const choiceLabels = ['A', 'B'];

function read(body: unknown, changes = {}) {
  const raw = JSON.stringify(body);
  const result = readCompletion(raw, chatRequest(changes));
  if ('malformed' in result) throw new Error(result.malformed);
  return result.completion;
}

const withChoice = (choice: object) => completion('', { choices: [choice] });

describe('a request', () => {
  it('is sent with temperature 0 and the limit by the name that is wanted', () => {
    expect(completionBody(request, new Set())).toEqual({
      model: 'm',
      messages: [{ role: 'user', content: 'A or B?' }],
      temperature: 0,
      max_tokens: 5,
    });
    expect(completionBody(chatRequest({ labels: choiceLabels }), new Set(['max_tokens']))).toEqual({
      model: 'm',
      messages: [{ role: 'user', content: 'A or B?' }],
      temperature: 0,
      max_completion_tokens: 5,
      logprobs: true,
      top_logprobs: 20,
    });
  });

  it('says what else is set, and its limit has room for the reasoning', () => {
    const schema = { name: 'weights', schema: { type: 'object' } };
    const all = chatRequest({
      temperature: 0.7,
      seed: 3,
      reasoningEffort: 'low',
      reasoningTokens: 2000,
      jsonSchema: schema,
      labels: choiceLabels,
    });
    expect(completionBody(all, new Set())).toMatchObject({
      temperature: 0.7,
      max_tokens: 2005,
      seed: 3,
      reasoning_effort: 'low',
      response_format: { type: 'json_schema', json_schema: schema },
    });
    const refused: Parameter[] = ['temperature', 'logprobs', 'seed', 'reasoning_effort'];
    expect(Object.keys(completionBody(all, new Set([...refused, 'response_format'])))).toEqual([
      'model',
      'messages',
      'max_tokens',
    ]);
    expect(completionBody(all, new Set(['top_logprobs']))).toMatchObject({ top_logprobs: 5 });
    expect(completionBody(chatRequest({ temperature: null }), new Set())).not.toHaveProperty(
      'temperature',
    );
  });
});

describe('a response', () => {
  it('is an answer with what the server tells of itself', () => {
    const body = completion('B');
    expect(read(body)).toEqual({
      text: 'B',
      raw: JSON.stringify(body),
      model: 'm-2024',
      fingerprint: 'fp_1',
      finishReason: 'stop',
      usage: { promptTokens: 20, completionTokens: 1, reasoningTokens: null },
      logprobs: null,
    });
  });

  it('may tell next to nothing', () => {
    const { text, model, fingerprint, finishReason, usage } = read({
      choices: [{ message: { content: 'B' } }],
    });
    expect({ text, model, fingerprint, finishReason, usage }).toEqual({
      text: 'B',
      model: 'm',
      fingerprint: null,
      finishReason: 'unknown',
      usage: null,
    });
  });

  it('may be a refusal, or empty', () => {
    const refusal = read(withChoice({ message: { content: null, refusal: 'I cannot' } }));
    expect(refusal).toMatchObject({ text: 'I cannot', finishReason: 'refusal' });
    const empty = read(withChoice({ message: { content: null }, finish_reason: 'length' }));
    expect(empty).toMatchObject({ text: '', finishReason: 'length' });
  });

  it.each([
    ['', 'not a JSON object: ""'],
    ['<html>', 'not a JSON object: "<html>"'],
    ['{"id": "chatcmpl', 'not a JSON object: "{\\"id\\": \\"chatcmpl"'],
    ['[1]', 'not a JSON object: "[1]"'],
    ['{}', 'it holds no message'],
    ['{"choices": []}', 'it holds no message'],
    ['{"choices": [{}]}', 'it holds no message'],
    ['{"choices": "A"}', 'it holds no message'],
    ['{"error": {"message": "overloaded"}}', 'overloaded'],
  ])('%s is none', (raw, malformed) => {
    expect(readCompletion(raw, request)).toEqual({ malformed, usage: null });
  });

  it('without an answer may have been counted all the same', () => {
    const { usage } = completion();
    expect(readCompletion(JSON.stringify({ choices: [], usage }), request)).toMatchObject({
      usage: { promptTokens: 20, completionTokens: 1 },
    });
  });

  it('gives an answer or a reason for any JSON and any text', () => {
    const value = fc.jsonValue();
    const nearly = fc.record(
      {
        choices: fc.oneof(
          value,
          fc.array(
            fc.record(
              {
                message: fc.oneof(value, fc.record({ content: value, refusal: value })),
                finish_reason: value,
                logprobs: fc.oneof(value, fc.record({ content: fc.array(value) })),
              },
              { requiredKeys: [] },
            ),
          ),
        ),
        model: value,
        usage: fc.oneof(value, fc.record({ prompt_tokens: value, completion_tokens: value })),
        error: value,
      },
      { requiredKeys: [] },
    );
    const anything = fc.oneof(
      fc.string(),
      nearly.map((body) => JSON.stringify(body)),
    );
    fc.assert(
      fc.property(anything, fc.constantFrom(null, choiceLabels), (raw, labels) => {
        const result = readCompletion(raw, chatRequest({ labels }));
        if ('malformed' in result) expect(result.malformed).not.toBe('');
        else expect(typeof result.completion.text).toBe('string');
      }),
      { seed: 381, numRuns: 1000 },
    );
  });
});

describe('an answer among strange fields', () => {
  it.each(['content_filter', 'content_filter: PROHIBITED_CONTENT', 'SAFETY'])(
    'that a filter took away with its message is one without text: %s',
    (finish_reason) => {
      expect(read(withChoice({ index: 0, finish_reason }))).toMatchObject({
        text: '',
        finishReason: finish_reason,
      });
    },
  );

  it('without a message is none where no filter took it', () => {
    const raw = JSON.stringify(withChoice({ index: 0, finish_reason: 'stop' }));
    expect(readCompletion(raw, request)).toMatchObject({ malformed: 'it holds no message' });
  });

  it('is the choice of index 0, wherever it stands', () => {
    const choices = ['B', 'A'].map((content, i) => ({ index: 1 - i, message: { content } }));
    expect(read(completion('', { choices })).text).toBe('A');
    const unnumbered = ['B', 'A'].map((content) => ({ message: { content } }));
    expect(read(completion('', { choices: unnumbered })).text).toBe('B');
  });

  it.each([0, 200])('is not lost to an error of code %i, which is none', (code) => {
    expect(read(completion('A', { error: { code, message: '' } })).text).toBe('A');
  });
});

describe('a content filter’s refusal of a prompt', () => {
  it.each<[string, object]>([
    ['OpenAI', { code: 'content_filter' }],
    ['OpenAI, flagged', { code: 'invalid_prompt' }],
    ['Azure', { code: null, innererror: { code: 'ResponsibleAIPolicyViolation' } }],
    ['Azure, by findings', { innererror: { content_filter_result: { hate: { filtered: true } } } }],
    ['OpenRouter', { code: 403, metadata: { reasons: ['x'], flagged_input: 'y' } }],
    ['DashScope', { code: 'data_inspection_failed' }],
    ['by its type', { type: 'content_filter' }],
    ['Zhipu', { code: '1301' }],
    ['Bedrock, through a gateway', { code: 'guardrail_intervened' }],
    [
      'LiteLLM',
      { code: '400', provider_specific_fields: { innererror: { code: 'content_filter' } } },
    ],
  ])('is known by codes and typed fields: %s', (_, error) => {
    const raw = promptRefusal(error);
    expect(readCompletion(raw ?? '', request)).toMatchObject({
      completion: { text: '', finishReason: 'prompt_refused' },
    });
  });

  it.each<[string, unknown]>([
    ['words', { message: 'content_filter: ResponsibleAIPolicyViolation', code: 'bad_request' }],
    ['findings that found nothing', { content_filter_result: { hate: { filtered: false } } }],
    ['a text', 'content_filter'],
    ['nothing', undefined],
  ])('is not seen in %s', (_, error) => {
    expect(promptRefusal(error)).toBeNull();
  });
});

describe('log-probabilities', () => {
  const top = (
    alternatives: readonly (readonly [string, unknown])[],
    chosen = 'A',
    labels: readonly string[] = choiceLabels,
  ) => {
    const list = alternatives.map(([token, logprob]) => ({ token, logprob, bytes: null }));
    const first = { token: chosen, logprob: Math.log(0.5), bytes: null, top_logprobs: list };
    const choice = { message: { content: chosen }, logprobs: { content: [first] } };
    return Object.fromEntries(read(withChoice(choice), { labels }).logprobs ?? []);
  };

  it('are summed over all spellings of a letter', () => {
    const found = top([
      ['A', Math.log(0.5)],
      [' A', Math.log(0.2)],
      ['B', Math.log(0.1)],
      ['▁B', Math.log(0.05)],
      ['ĠB', Math.log(0.025)],
      ['B\n', Math.log(0.025)],
      ['a', Math.log(0.05)],
      ['AB', Math.log(0.05)],
    ]);
    expect(Math.exp(found.A ?? 0)).toBeCloseTo(0.7, 12);
    expect(Math.exp(found.B ?? 0)).toBeCloseTo(0.2, 12);
  });

  it('count the chosen token once, listed among the alternatives or not', () => {
    expect(top([['B', Math.log(0.3)]])).toEqual({ A: Math.log(0.5), B: Math.log(0.3) });
    expect(top([['A', Math.log(0.5)]])).toEqual({ A: Math.log(0.5) });
  });

  it('hold where they are so small that their exponentials are zero', () => {
    const found = top([
      ['B', -9999],
      [' B', -9999],
    ]);
    expect(found.B).toBeCloseTo(-9999 + Math.log(2), 9);
  });

  it('are never larger than one, nor less than the largest of them', () => {
    const spelling = fc.constantFrom('A', ' A', '  A', 'A\n', '▁A');
    const shares = fc.uniqueArray(
      fc.tuple(spelling, fc.double({ min: 1e-300, max: 1, noNaN: true })),
      {
        selector: ([token]) => token,
        minLength: 1,
      },
    );
    fc.assert(
      fc.property(shares, (drawn) => {
        const sum = drawn.reduce((total, [, share]) => total + share, 0);
        const alternatives = drawn.map(([token, share]) => [token, Math.log(share / sum)] as const);
        const found = top(alternatives, 'C').A ?? Number.NaN;
        expect(found).toBeLessThanOrEqual(1e-12);
        expect(found).toBeGreaterThanOrEqual(Math.max(...alternatives.map(([, one]) => one)));
      }),
      { seed: 382 },
    );
  });

  it('of a label of several tokens are those of its first, where that is no other label’s', () => {
    const labels = ['Agree', 'Disagree', 'Neither'];
    const first: [string, number][] = [
      ['Ag', -1],
      [' Ag', -1],
      ['A', -3],
      ['Dis', -2],
      ['N/A', -4],
    ];
    expect(top(first, 'Ag', labels)).toEqual({
      Agree: expect.closeTo(-1 + Math.log(2), 9),
      Disagree: -2,
    });
    expect(top([['Option', -0.1]], 'Option', ['Option A', 'Option B'])).toEqual({});
  });

  it('of 1 and 10 are known only where both are tokens', () => {
    const labels = ['1', '2', '10'];
    const withTen: [string, number][] = [
      ['1', -1],
      ['10', -2],
      ['2', -3],
    ];
    expect(top(withTen, '1', labels)).toEqual({ 1: -1, 2: -3, 10: -2 });
    expect(top(withTen.toSpliced(1, 1), '1', labels)).toEqual({ 2: -3 });
  });

  it('of two labels never come from one token', () => {
    const word = fc.string({ unit: fc.constantFrom('a', 'b', '1', ' '), maxLength: 4 });
    fc.assert(
      fc.property(
        fc.uniqueArray(word, { maxLength: 8 }),
        fc.uniqueArray(
          word.filter((one) => one.trim() === one && one !== ''),
          { minLength: 1, maxLength: 5 },
        ),
        (tokens, labels) => {
          // Each token has its own bit, so that a sum tells which tokens are in it.
          const alternatives = tokens.map((one, i) => [one, Math.log(2 ** i / 256)] as const);
          const found = Object.values(top(alternatives, 'chosen', labels));
          const bits = found.map((one) => Math.round(256 * Math.exp(one)));
          const together = bits.reduce((all, one) => all | one, 0);
          expect(bits.reduce((sum, one) => sum + one, 0)).toBe(together);
        },
      ),
      { seed: 383, numRuns: 500 },
    );
  });

  it('are null where the server gave none, or no numbers', () => {
    const without = read(completion('A'), { labels: choiceLabels });
    expect(without.logprobs).toBeNull();
    expect(top([['B', null]])).toEqual({ A: Math.log(0.5) });
  });
});
