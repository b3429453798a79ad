/** Bodies that are nearly those of a known server: whatever is in them, they are read or refused. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { promptRefusal, readCompletion } from '../../../src/harness/client/completion.js';
import { statusFailure } from '../../../src/harness/client/failure.js';
import { oneLine, serverError } from '../../../src/harness/client/sanitize.js';
import { dialects } from '../../support/dialects.js';
import { chatRequest } from './support.js';

const answers = dialects.map(({ answer }) => answer('B', { model: 'm', logprobs: true }));
const errors = dialects.flatMap(({ refusals, unknownModel, wrongKey, filtered, noCredit }) =>
  [...Object.values(refusals), unknownModel, wrongKey, filtered, noCredit].flatMap((said) =>
    said ? [said.body] : [],
  ),
);

type Path = readonly (string | number)[];

function pathsIn(value: unknown, path: Path = []): Path[] {
  if (typeof value !== 'object' || value === null) return [path];
  const entries = Array.isArray(value) ? [...value.entries()] : Object.entries(value);
  return [path, ...entries.flatMap(([key, inner]) => pathsIn(inner, [...path, key]))];
}

function replaced(value: unknown, [key, ...rest]: Path, by: unknown): unknown {
  if (key === undefined) return by;
  const copy = Array.isArray(value) ? [...value] : { ...(value as object) };
  const inner = Reflect.get(copy, key);
  Reflect.set(copy, key, replaced(inner, rest, by));
  return copy;
}

/** Up to four values of a body become others. */
function near(bodies: readonly unknown[]): fc.Arbitrary<string> {
  const value = fc.oneof(
    fc.jsonValue(),
    fc.constantFrom(null, -1, 1e300, 0.5, 'A', '\ud800', '\u0000', [], {}, [[]], { toString: 1 }),
  );
  const changes = fc.array(fc.tuple(fc.nat(), value), { maxLength: 4 });
  return fc.tuple(fc.constantFrom(...bodies), changes).map(([body, list]) => {
    const changed = list.reduce<unknown>((found, [place, by]) => {
      const paths = pathsIn(found);
      return replaced(found, paths[place % paths.length] ?? [], by);
    }, body);
    return JSON.stringify(changed);
  });
}

describe('a body like one of a known server', () => {
  it('is an answer that can be stored, or has a reason why not', () => {
    fc.assert(
      fc.property(near([...answers, ...errors]), (raw) => {
        const read = readCompletion(raw, chatRequest({ labels: ['A', 'B'] }));
        const usage = 'completion' in read ? read.completion.usage : read.usage;
        for (const count of Object.values(usage ?? {})) {
          expect(count === null || (Number.isInteger(count) && count >= 0)).toBe(true);
        }
        if ('malformed' in read) {
          expect(read.malformed).not.toBe('');
          return;
        }
        const { text, finishReason, logprobs } = read.completion;
        expect(Buffer.from(text).toString()).toBe(text);
        expect(typeof finishReason).toBe('string');
        for (const [label, logprob] of logprobs ?? []) {
          expect(['A', 'B']).toContain(label);
          expect(Number.isFinite(logprob)).toBe(true);
        }
      }),
      { seed: 1403, numRuns: 3000 },
    );
  });

  it('is an error with words in one line, and a kind', () => {
    const status = fc.constantFrom(400, 401, 402, 403, 404, 422, 429, 500, 503);
    fc.assert(
      fc.property(near(errors), status, (raw, code) => {
        const error = serverError(raw);
        const { kind, reason } = statusFailure(code, error, null, (text) => text);
        expect(kind).not.toBe('malformed');
        expect(reason).not.toMatch(/[\n\r\0]/);
        if (error) expect(oneLine(error.message)).toBe(reason);
        const refusal = promptRefusal(error);
        if (refusal === null) return;
        expect(readCompletion(refusal, chatRequest())).toMatchObject({
          completion: { text: '', finishReason: 'prompt_refused' },
        });
      }),
      { seed: 1404, numRuns: 3000 },
    );
  });
});
