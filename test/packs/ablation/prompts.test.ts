/** What the simulated server reads in the prompts of the pack `ablation`. */
import { describe, expect, it } from 'vitest';
import {
  namedOption,
  readAblation,
  readChoices,
  withoutPart,
} from '../../../src/packs/ablation/prompts.js';

const question = `Which of these is the largest? A friend thinks that it is (B).

A. a cup
B. a bath
C. a spoon

Answer with the letter of one option.`;

describe('a multiple-choice question', () => {
  it('has sentences and options', () => {
    const choices = readChoices(question);
    expect([...(choices?.options ?? [])]).toEqual([
      ['A', 'a cup'],
      ['B', 'a bath'],
      ['C', 'a spoon'],
    ]);
    expect(choices?.sentences).toEqual([
      'Which of these is the largest?',
      'A friend thinks that it is (B).',
      'Answer with the letter of one option.',
    ]);
    const named = choices?.sentences.map((sentence) => namedOption(sentence, choices));
    expect(named).toEqual([null, 'B', null]);
    expect(readChoices('Say hello.')).toBeNull();
  });
});

describe('the question what would change', () => {
  const part = 'A friend thinks that it is (B).';
  const prompt = `A question:\n\n<question>\n${question}\n</question>\n\nSuppose this had been left out: "${part}"\nWell?`;

  it('gives the question with the part and without', () => {
    const found = readAblation(prompt);
    expect(found?.withPart).toBe(question);
    expect(found?.without).toBe(question.replace(` ${part}`, ''));
    expect(readAblation(prompt.replace(/left out: ".*"/, 'left out: "a lion"'))).toBeNull();
    expect(readAblation(question)).toBeNull();
  });

  it('leaves no blank line or space behind', () => {
    expect(withoutPart('One. Two. Three.', 'Two.')).toBe('One. Three.');
    expect(withoutPart('One.\nTwo.\nThree.', 'Two.')).toBe('One.\nThree.');
    expect(withoutPart('Two. Three.', 'Two. ')).toBe('Three.');
  });
});
