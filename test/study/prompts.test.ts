/** Prompts word for word, and the way back from them. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { WeighbridgeError } from '../../src/errors.js';
import type { Context } from '../../src/study/context.js';
import {
  decisionPrompt,
  introspectionPrompt,
  type Options,
  type ParsedPrompt,
  parsePrompt,
  systemPrompt,
} from '../../src/study/prompts.js';

const houseboat: Context = {
  name: 'houseboat',
  question: 'Imagine you are Ada. Which houseboat would you prefer to live on?',
  attributes: [
    { name: 'hull_length', min: 12, max: 30, units: 'metres' },
    { name: 'draught', min: 0.5, max: 2.5 },
  ],
};
const options: Options = { a: [17, 1.5], b: [28, 0.7] };

/** Any characters but a line break: lone surrogates, carriage returns and colons too. */
const line = fc
  .oneof(fc.string({ unit: 'binary' }), fc.string({ unit: fc.constantFrom(':', ' ', 'A', '\r') }))
  .map((text) => text.replaceAll('\n', ''));
const nameInPrompt = line.filter((name) => !name.includes(': '));
const finite = fc.double({ noNaN: true, noDefaultInfinity: true });

const parsed: fc.Arbitrary<ParsedPrompt> = fc
  .record({
    task: fc.constantFrom<ParsedPrompt['task']>('decision', 'introspection'),
    question: line,
    rows: fc.array(
      fc.record({ name: nameInPrompt, units: line, valueOfA: finite, valueOfB: finite }),
      { minLength: 2, maxLength: 20 },
    ),
  })
  .map(({ task, question, rows }) => ({
    task,
    question,
    attributes: rows.map(({ name, units }) => ({ name, units })),
    a: rows.map(({ valueOfA }) => valueOfA),
    b: rows.map(({ valueOfB }) => valueOfB),
  }));

function print({ task, question, attributes, a, b }: ParsedPrompt): string {
  const context: Context = {
    name: '',
    question,
    attributes: attributes.map(({ name, units }) => ({ name, units, min: 0, max: 1 })),
  };
  return (task === 'decision' ? decisionPrompt : introspectionPrompt)(context, { a, b });
}

describe('a prompt', () => {
  it('of the system says what the job is', () => {
    expect(systemPrompt).toBe(
      'Your job is to make hypothetical decisions on behalf of different people or characters.',
    );
  });

  it('for a decision is worded as in the paper', () => {
    expect(decisionPrompt(houseboat, options)).toBe(
      `[DECISION TASK] Respond with "A" if you think Option A is better, or "B" if you think Option B is better. Never respond with anything except "A" or "B":

Imagine you are Ada. Which houseboat would you prefer to live on?
A:
hull_length: 17.0 metres
draught: 1.5

B:
hull_length: 28.0 metres
draught: 0.7`,
    );
  });

  it('for introspection is worded as in the paper, with as many dimensions as the context has', () => {
    expect(introspectionPrompt(houseboat, options)).toBe(
      `[INTROSPECTION TASK] Respond with how heavily you believe you weighted each of the two dimensions while making your decision on a scale from -100 to 100. Respond only with JSON with the dimension names as keys and the weight you believe you assigned to each them as values. Never respond with anything except this JSON object with 2 key-value pairs. (Do not report your decision itself.):

Imagine you are Ada. Which houseboat would you prefer to live on?
A:
hull_length: 17.0 metres
draught: 1.5

B:
hull_length: 28.0 metres
draught: 0.7`,
    );
  });

  it.each([
    [2, 'two'],
    [5, 'five'],
    [12, 'twelve'],
    [20, 'twenty'],
  ])('spells the number %i as %s', (count, word) => {
    const prompt = introspectionPrompt(wide(count), { a: zeros(count), b: zeros(count) });
    expect(prompt).toContain(`each of the ${word} dimensions`);
    expect(prompt).toContain(`object with ${count} key-value pairs`);
  });

  it.each([0, 1, 21])('cannot be made of %i attributes', (count) => {
    const none = { a: zeros(count), b: zeros(count) };
    for (const print of [decisionPrompt, introspectionPrompt]) {
      expect(() => print(wide(count), none)).toThrow(
        new WeighbridgeError('bad-data', `wide has ${count} attributes, expected 2 to 20`),
      );
    }
  });

  it('cannot be made of an option that lacks a value', () => {
    expect(() => decisionPrompt(houseboat, { a: [17], b: [28, 0.7] })).toThrow(
      new WeighbridgeError('bad-data', 'an option of houseboat has 1 values, expected 2'),
    );
  });
});

describe('a prompt read back', () => {
  it('is what was printed', () => {
    fc.assert(
      fc.property(parsed, (prompt) => {
        expect(parsePrompt(print(prompt))).toEqual(prompt);
      }),
      { seed: 61, numRuns: 500 },
    );
  });

  it('prints again as the same text, however it was changed, or is no prompt', () => {
    const piece = fc.oneof(line, fc.constantFrom('\n', ': ', '.0', '-', 'A:', 'B:', '\nB:\n', ' '));
    fc.assert(
      fc.property(parsed, fc.nat(), fc.nat({ max: 3 }), piece, (prompt, place, length, put) => {
        const text = print(prompt);
        const at = place % (text.length + 1);
        const changed = text.slice(0, at) + put + text.slice(at + length);
        const back = parsePrompt(changed);
        expect(back === null ? changed : print(back)).toBe(changed);
      }),
      { seed: 62, numRuns: 2000 },
    );
  });

  it('is null for any other text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 400 }), (text) => {
        expect(parsePrompt(text)).toBeNull();
      }),
      { seed: 63 },
    );
  });

  it.each([
    ['another instruction', (text: string) => text.replace('heavily', 'much')],
    ['another number of dimensions', (text: string) => text.replace('two', 'three')],
    ['another attribute in B', (text: string) => text.replace('hull_length: 28', 'width: 28')],
    ['other units in B', (text: string) => text.replace('28.0 metres', '28.0 feet')],
    ['a value that is no float', (text: string) => text.replace('17.0', '17')],
    ['a value that is no number', (text: string) => text.replace('17.0', 'nan')],
    ['an attribute less in B', (text: string) => text.replace('\ndraught: 0.7', '')],
    ['an attribute less', (text: string) => text.replaceAll(/\ndraught.*/g, '')],
    ['a line more', (text: string) => `${text}\n`],
  ])('is null with %s', (_what, change) => {
    const text = introspectionPrompt(houseboat, options);
    expect(parsePrompt(text)).not.toBeNull();
    expect(parsePrompt(change(text))).toBeNull();
  });
});

function wide(count: number): Context {
  const attributes = zeros(count).map((_, i) => ({ name: `size ${i}`, min: 0, max: 1 }));
  return { name: 'wide', question: '', attributes };
}

function zeros(count: number): number[] {
  return Array.from({ length: count }, () => 0);
}
