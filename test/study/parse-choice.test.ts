/** Reading a choice: the letter that was asked for, or the letter in other dress, and never prose. */
import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { isVoid, parseChoice, withoutThinking } from '../../src/study/parse-choice.js';
import { parseReport } from '../../src/study/parse-report.js';

const letter = fc.constantFrom('A' as const, 'B' as const);

describe('the paper’s policy', () => {
  it('takes the letter and white space around it, and nothing else', () => {
    const space = fc.stringMatching(/^\s{0,5}$/);
    fc.assert(
      fc.property(letter, space, space, (chosen, before, after) => {
        expect(parseChoice(before + chosen + after, 'paper')).toBe(chosen);
      }),
      { seed: 2025, numRuns: 200 },
    );
    for (const text of ['', 'a', '"A"', 'A.', 'Option A', '**B**', 'AB', 'A B', 'C', 'А']) {
      expect(parseChoice(text, 'paper')).toBeNull();
    }
  });
});

describe('the lenient policy', () => {
  it.each([
    '"A"',
    "'A'",
    '“A”',
    'A.',
    '"A".',
    'a',
    'Option A',
    'option a.',
    '**A**',
    '**Option A**',
    '`A`',
    '```\nA\n```',
    '(A)',
    'A)',
    '[A]',
    'A:',
    '# A',
    'Answer: A',
    'My answer is "A".',
    'The final answer is: Option A',
    'Final answer:\n\n**A**',
    'My choice: A',
  ])('takes the letter in other dress: %j', (text) => {
    expect(parseChoice(text, 'lenient')).toBe('A');
    // The word `answer` has no B in it, and no dress has a letter of its own.
    const other = text.replace(/(?<!\p{L})[Aa](?!\p{L})/gu, 'B');
    expect(parseChoice(other, 'lenient')).toBe('B');
  });

  it.each([
    '',
    'C',
    'AB',
    'A or B',
    'A, B',
    'A/B',
    '"A" or "B"',
    'Both A and B',
    'Option A is better than Option B',
    'A better option is B',
    'A is better',
    'I would take A',
    'Not A',
    'A?',
    'A\n\nBecause it is cheaper.',
    'Option A: Option B',
    'Answer: A Answer: B',
    'I cannot choose.',
    'А', // Cyrillic
    `${' "'.repeat(100)}A${'" '.repeat(100)}`,
  ])('finds none in %j', (text) => {
    expect(parseChoice(text, 'lenient')).toBeNull();
  });

  it('never guesses from a text that names both', () => {
    const words = fc.constantFrom(
      'A',
      'B',
      'Option',
      'answer',
      'is',
      'or',
      'and',
      '"',
      '.',
      ':',
      '*',
      '\n',
    );
    fc.assert(
      fc.property(fc.array(words, { maxLength: 8 }), (parts) => {
        const text = parts.join(' ');
        if (parts.includes('A') && parts.includes('B')) {
          expect(parseChoice(text, 'lenient')).toBeNull();
        }
      }),
      { seed: 2025, numRuns: 3000 },
    );
  });

  it('takes what the paper’s takes, and any text gives A, B or nothing', () => {
    const dressed = fc
      .tuple(fc.string({ maxLength: 5 }), letter, fc.string({ maxLength: 5 }))
      .map((parts) => parts.join(''));
    fc.assert(
      fc.property(fc.oneof(dressed, fc.string({ unit: 'binary', maxLength: 80 })), (text) => {
        const [paper, lenient] = [parseChoice(text, 'paper'), parseChoice(text, 'lenient')];
        expect(['A', 'B', null]).toContain(lenient);
        if (paper !== null) expect(lenient).toBe(paper);
      }),
      { seed: 2025, numRuns: 3000 },
    );
  });
});

describe('thoughts before an answer', () => {
  test.each([
    ['<think></think>A', 'A'],
    ['<think>\n\n</think>\n\nA', '\n\nA'],
    ['<think>B seems better</think>A', 'A'],
    ['<thinking>B?</thinking> A', ' A'],
    [' \n<THINK>B?</THINK>A', 'A'],
    ['[THINK]B?[/THINK]A', 'A'],
    ['<think>one</think><think>two</think>A', 'A'],
    ['the opening tag stood in the prompt</think>A', 'A'],
    ['<think>Let me', ''],
    ['<think>', ''],
    ['A', 'A'],
    ['I think <b>A</b>', 'I think <b>A</b>'],
    ['A <think>', 'A <think>'],
  ])('%j leaves %j', (text, left) => {
    expect(withoutThinking(text)).toBe(left);
  });

  test('are taken out by the lenient policy alone, and marked as a repair', () => {
    const names = ['price', 'size'];
    const report = '{"price": 1, "size": 2}';
    const thought = `<think>Is it {"price": 9}?</think>\n${report}`;
    expect(parseReport(thought, names, 'paper')).toMatchObject({ ok: false, reason: 'not-json' });
    const lenient = parseReport(thought, names, 'lenient');
    expect(lenient).toMatchObject({ ok: true, weights: [1, 2] });
    expect(lenient.ok && lenient.repairs).not.toEqual([]);
    expect(parseChoice('<think>B!</think>A', 'paper')).toBeNull();
    expect(parseChoice(`<think>${'B! '.repeat(100)}</think>Option A.`, 'lenient')).toBe('A');
    expect(parseChoice('<think>A', 'lenient')).toBeNull();
  });

  test('within a report that is one as it stands are its own', () => {
    const text = '{"a</think>b": 1}';
    expect(parseReport(text, ['a</think>b'], 'lenient')).toMatchObject({ ok: true, repairs: [] });
  });

  test('change nothing of what follows them', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (thought, text) => {
        fc.pre(withoutThinking(text) === text);
        expect(withoutThinking(`<think>${thought}</think>${text}`)).toBe(text);
      }),
      { seed: 5 },
    );
  });

  test('of any length are read in one pass', () => {
    const long = `${'<think>'.repeat(200_000)}${'</think'.repeat(200_000)}`;
    expect(isVoid(long)).toBe(true);
  });
});
