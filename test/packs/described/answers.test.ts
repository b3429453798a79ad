import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type AnswerContext, readKind, schemaOf } from '../../../src/packs/described/answers.js';
import type { AnswerKind } from '../../../src/packs/described/configuration.js';

const plain: AnswerContext = { options: [], keys: new Map(), expected: null };

const reading = (
  kind: AnswerKind,
  text: string,
  policy: 'paper' | 'lenient' = 'lenient',
  context = plain,
) => readKind(kind, context, { text, logprobs: null }, policy);

const value = (...all: Parameters<typeof reading>) => {
  const read = reading(...all);
  return read.valid ? read.value : read.reason;
};

const scale: AnswerKind = { kind: 'ordinal', from: 1, to: 7 };
const words: AnswerKind = { kind: 'ordinal', labels: ['poor', 'fair', 'very good'] };
const number: AnswerKind = { kind: 'number', min: -5, max: 10 };
const choice: AnswerKind = { kind: 'choice', labels: ['yes', 'no', 'not sure'] };

describe('a grade', () => {
  test.each([
    ['7', 7],
    ['Rating: 7', 7],
    ['**6**', 6],
    ['My answer is 5.', 5],
    ['7/7', 7],
    ['3 out of 7', 3],
    ['<think>perhaps 4</think>2', 2],
    ['{"answer": 4}', 4],
    ['7/10', 'not-a-number'],
    ['8', 'out-of-range'],
    ['0', 'out-of-range'],
    ['5.5', 'not-a-grade'],
    ['somewhere between 3 and 4', 'not-a-number'],
    ['-3', 'out-of-range'],
  ])('%s is read as %s', (text, expected) => {
    expect(value(scale, text)).toBe(expected);
  });

  test('by a label counts from 1', () => {
    expect(value(words, 'Very good.')).toBe(3);
    expect(value(words, 'poor', 'paper')).toBe(1);
    expect(value(words, 'Poor', 'paper')).toBe('not-a-label');
    expect(value(words, 'good')).toBe('not-a-label');
  });
});

test('under the strict policy only the bare number counts', () => {
  fc.assert(
    fc.property(fc.integer({ min: -5, max: 10 }), fc.constantFrom('', ' ', '\n'), (n, space) => {
      expect(value(number, `${space}${n}${space}`, 'paper')).toBe(n);
      expect(value(number, `Answer: ${n}`, 'paper')).toBe('not-a-number');
      expect(value(number, `Answer: ${n}`)).toBe(n);
    }),
    { seed: 1 },
  );
});

describe('a choice', () => {
  test('is one of the labels, in any decoration', () => {
    expect(value(choice, 'Not sure.')).toBe('not sure');
    expect(value(choice, '"no"')).toBe('no');
    expect(value(choice, 'My final answer is: Yes')).toBe('yes');
    expect(value(choice, 'yes and no')).toBe('not-a-label');
    expect(value(choice, '')).toBe('not-a-label');
  });

  const labels = fc.uniqueArray(fc.stringMatching(/^[A-Za-z0-9.+*?()[\]{}|^$/-]{1,6}$/), {
    minLength: 2,
    maxLength: 6,
    comparator: (a, b) => bare(a) === bare(b),
  });
  const bare = (label: string) => label.replace(/[()[\]{}*]/g, '').toLowerCase();

  test('of any labels is found by its label, also with signs that a pattern would read', () => {
    fc.assert(
      fc.property(labels, fc.nat(), (all, pick) => {
        const label = all[pick % all.length] ?? '';
        const kind: AnswerKind = { kind: 'choice', labels: all };
        expect(value(kind, label, 'paper')).toBe(label);
        expect(value(kind, `  ${label}\n`, 'paper')).toBe(label);
      }),
      { seed: 2 },
    );
  });

  test('never becomes a label that was not said', () => {
    fc.assert(
      fc.property(labels, fc.string(), (all, text) => {
        const read = value({ kind: 'choice', labels: all }, text);
        if (all.includes(String(read))) {
          expect(bare(text)).toContain(bare(String(read)));
        } else expect(read).toBe('not-a-label');
      }),
      { seed: 3 },
    );
  });
});

describe('numbers by key', () => {
  const keys = new Map([
    ['price', { min: -100, max: 100 }],
    ['seat width', { min: 0, max: 10 }],
  ]);
  const kind: AnswerKind = { kind: 'json', keys: Object.fromEntries(keys) };
  const read = (text: string, policy: 'paper' | 'lenient' = 'lenient') =>
    value(kind, text, policy, { ...plain, keys });

  test('are read in the order of the keys', () => {
    expect(read('{"seat width": 3, "price": -20}', 'paper')).toEqual(
      new Map([
        ['price', -20],
        ['seat width', 3],
      ]),
    );
    expect(read('```json\n{"Seat_Width": 3, "price": -20}\n```')).toEqual(
      new Map([
        ['price', -20],
        ['seat width', 3],
      ]),
    );
  });

  test('are invalid with the reason', () => {
    expect(read('{"price": 1}')).toBe('wrong-number-of-keys');
    expect(read('{"price": 1, "seat width": 11}')).toBe('out-of-range');
    expect(read('no')).toBe('not-json');
  });
});

describe('a text', () => {
  const scored = (scorer: 'exact' | 'includes' | 'matches', expected: string, text: string) =>
    value({ kind: 'text', scorer, expected }, text, 'lenient', { ...plain, expected });

  test('is kept, or scored by what is expected', () => {
    expect(value({ kind: 'text' }, '<think>x</think> Paris ')).toBe('Paris');
    expect(scored('exact', 'Paris', 'paris')).toBe(1);
    expect(scored('exact', 'Paris', 'Paris, France')).toBe(0);
    expect(scored('includes', 'paris', 'It is Paris.')).toBe(1);
    expect(scored('matches', '^pa.is$', 'Paris')).toBe(1);
    expect(scored('matches', '^pa.is$', 'Paris!')).toBe(0);
  });
});

test('an answer that keeps to the schema is read', () => {
  const samples: [AnswerKind, unknown, unknown][] = [
    [scale, 3, 3],
    [words, 'fair', 2],
    [number, 2.5, 2.5],
    [choice, 'no', 'no'],
  ];
  for (const [kind, answer, expected] of samples) {
    expect(schemaOf(kind, plain)?.schema).toMatchObject({ required: ['answer'] });
    expect(value(kind, JSON.stringify({ answer }))).toBe(expected);
  }
  expect(schemaOf({ kind: 'text' }, plain)).toBeNull();
});
