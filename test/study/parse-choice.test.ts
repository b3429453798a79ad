/** Reading a choice: the letter that was asked for, or the letter in other dress, and never prose. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseChoice } from '../../src/study/parse-choice.js';

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
