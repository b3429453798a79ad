/** Fine-tuning files: the bytes that Python writes, and the way back. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { exampleJsonl, parseTrainingFile } from '../../src/authors-files/training-files.js';
import { WeighbridgeError } from '../../src/errors.js';
import type { TrainingExample } from '../../src/study/stimuli.js';

const example: TrainingExample = {
  messages: [
    { role: 'system', content: 'Decide.' },
    { role: 'user', content: 'Antonín, "A" or "B":\n\nA:' },
    { role: 'assistant', content: 'A' },
  ],
};
const line = String.raw`{"messages": [{"role": "system", "content": "Decide."}, {"role": "user", "content": "Anton\u00edn, \"A\" or \"B\":\n\nA:"}, {"role": "assistant", "content": "A"}]}`;

const examples = fc.array(
  fc.record({
    messages: fc.array(
      fc.record({
        role: fc.constantFrom<'system' | 'user' | 'assistant'>('system', 'user', 'assistant'),
        content: fc.string({ unit: 'binary' }),
      }),
      { minLength: 1, maxLength: 4 },
    ),
  }),
);

describe('a training file', () => {
  it('has an example a line and no line end after the last', () => {
    expect(exampleJsonl([example, example])).toBe(`${line}\n${line}`);
  });

  it('reads back as the examples it was made of', () => {
    fc.assert(
      fc.property(examples, (written) => {
        expect(parseTrainingFile(exampleJsonl(written))).toEqual(written);
      }),
      { seed: 71 },
    );
  });

  it('may end its lines as others do, and hold keys of theirs', () => {
    const other = '{"weight": 1, "messages": [{"role": "user", "content": "A?", "name": "x"}]}';
    expect(parseTrainingFile(`${line}\r\n${other}\r\n`)).toEqual([
      example,
      { messages: [{ role: 'user', content: 'A?' }] },
    ]);
  });

  it.each([
    ['no JSON', '{"messages": [', ': not JSON'],
    ['an empty line', '', ': not JSON'],
    ['no messages', '{"prompt": "A?"}', ', at messages: '],
    ['an empty conversation', '{"messages": []}', ', at messages: '],
    [
      'an unknown role',
      '{"messages": [{"role": "oracle", "content": ""}]}',
      ', at messages.0.role: ',
    ],
    ['no content', '{"messages": [{"role": "user"}]}', ', at messages.0.content: '],
    ['a number in place of an example', '5', ': '],
  ])('is told the line that has %s', (_what, broken, place) => {
    const read = () => parseTrainingFile(`${line}\n${broken}\n${line}`);
    expect(read).toThrow(WeighbridgeError);
    expect(read).toThrow(`training file, line 2${place}`);
  });
});
