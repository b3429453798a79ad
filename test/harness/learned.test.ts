/** What a study has learned of its models is kept for its next run, and for no other server. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { learnedLines, learnedOf, learning } from '../../src/harness/learned.js';

function memoryMeta(first: string | null = null) {
  const kept = new Map<string, string>();
  return {
    meta: (key: string) => kept.get(key) ?? first,
    setMeta: (key: string, value: string) => void kept.set(key, value),
  };
}

test('the next run knows it, a run at another server does not', () => {
  const record = memoryMeta();
  learning(record, 'http://a/v1').add('m', ['max_tokens', 'seed']);
  learning(record, 'http://a/v1').add('m', ['logprobs']);
  expect(learnedOf(record, 'm')).toEqual(new Set(['max_tokens', 'seed', 'logprobs']));
  expect(learnedOf(record, 'other')).toEqual(new Set());
  expect(learnedLines(record)).toEqual([
    'm is asked without seed, logprobs, with max_completion_tokens for max_tokens: the server refuses max_tokens, seed, logprobs',
  ]);
  expect(learning(record, 'http://b/v1').of('m')).toEqual(new Set());
  expect(learnedLines(record)).toEqual([]);
});

test('any text in its place is read as nothing known', () => {
  const parts = fc.oneof(
    fc.string(),
    fc.json(),
    fc.json().map((json) => `{"models":${json}}`),
  );
  fc.assert(
    fc.property(parts, (text) => {
      const record = memoryMeta(text);
      expect(learning(record, 'http://a/v1').add('m', ['seed'])).toEqual(['seed']);
      expect(learnedOf(record, 'm')).toContain('seed');
    }),
    { seed: 7 },
  );
});
