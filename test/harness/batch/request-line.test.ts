/** Whatever stands in a line of a batch's files, reading it gives a value. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readLine } from '../../../src/harness/batch/request-line.js';
import { completion } from '../client/support.js';

const asked = { model: 'm', attempt: 2 };
const read = (line: unknown) => readLine(JSON.stringify(line), asked);
const answered = (body: unknown, status: unknown = 200) => ({
  custom_id: '7',
  response: { status_code: status, body },
  error: null,
});

describe('a line', () => {
  it('with an answer gives it with its usage', () => {
    expect(read(answered(completion('B')))).toMatchObject({
      id: '7',
      answer: { text: 'B', attempt: 2, usage: { promptTokens: 20, completionTokens: 1 } },
    });
  });

  it.each([null, 1e300, 200.5, '200', -1])('with %j for a status is read by its body', (status) => {
    expect(read(answered(completion('B'), status))).toMatchObject({ answer: { text: 'B' } });
    expect(read(answered('x', status))).toMatchObject({ failed: { status: null }, again: 'yes' });
  });

  it.each([
    [{ response: 'x' }, 'no response'],
    [{ response: [] }, 'no response'],
    [{ error: 'x' }, 'no response'],
    [{ error: { code: 7, message: 'too late' } }, 'too late'],
    [{ error: { code: 'batch_expired', message: null } }, 'batch_expired'],
  ])('of another shape still names its item: %j', (line, reason) => {
    expect(read({ custom_id: '7', ...line })).toMatchObject({ id: '7', failed: { reason } });
  });

  it.each([{ prompt_tokens: 1e300 }, { prompt_tokens: 9e18 }, { prompt_tokens: -5 }, 'x', null])(
    'with %j for its usage does not count',
    (usage) => {
      const body = completion('B', { usage: { completion_tokens: 1, ...Object(usage) } });
      expect(read(answered(body))).toMatchObject({ answer: { text: 'B', usage: null } });
    },
  );

  it('that is very deep is read, and kept as it came', () => {
    const deep = `${'['.repeat(50_000)}${']'.repeat(50_000)}`;
    const line = (status: number) =>
      JSON.stringify(answered({ ...completion('B'), extra: 'deep' }, status)).replace(
        '"deep"',
        deep,
      );
    expect(readLine(line(200), asked)).toMatchObject({ answer: { text: 'B', raw: line(200) } });
    expect(readLine(line(500), asked)).toMatchObject({ failed: { status: 500 }, again: 'yes' });
    expect(readLine(deep, asked)).toBeNull();
  });

  it('of any text, or any JSON around an id, gives a value', () => {
    const line = fc.record({
      custom_id: fc.string({ unit: 'binary' }),
      response: fc.oneof(
        fc.jsonValue(),
        fc.record({ status_code: fc.jsonValue(), body: fc.jsonValue() }),
      ),
      error: fc.jsonValue(),
    });
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ unit: 'binary' }),
          line.map((one) => JSON.stringify(one)),
        ),
        (text) => {
          const found = readLine(text, asked);
          expect(found === null || typeof found.id === 'string').toBe(true);
        },
      ),
      { seed: 8, numRuns: 200 },
    );
  });
});
