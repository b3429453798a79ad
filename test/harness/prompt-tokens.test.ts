/** Tokens of a prompt: about so many, and never more than so many. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mostPromptTokens } from '../../src/harness/client/chat.js';
import { estimatePromptTokens } from '../../src/harness/prompt-tokens.js';
import { decisionPrompt, introspectionPrompt, systemPrompt } from '../../src/study/prompts.js';

const context = {
  name: 'houseboat',
  question: 'Imagine you are a lighthouse keeper. Which houseboat would you prefer?',
  attributes: ['hull length', 'draught', 'berths', 'age', 'price'].map((name) => ({
    name,
    min: 0,
    max: 100,
    units: 'units',
  })),
};
const options = { a: [10, 20, 30, 40, 50], b: [11, 21, 31, 41, 51] };
const asked = (content: string) => [
  { role: 'system' as const, content: systemPrompt },
  { role: 'user' as const, content },
];

describe('an estimate', () => {
  it('is the measured characters a token, and the marks around messages', () => {
    const decision = decisionPrompt(context, options);
    const fixed = 15 + 2 * 4 + 3;
    expect(estimatePromptTokens(asked(decision))).toBe(Math.ceil(decision.length / 3.4 + fixed));
    const introspection = introspectionPrompt(context, options);
    expect(estimatePromptTokens(asked(introspection))).toBe(
      Math.ceil(introspection.length / 3.85 + fixed),
    );
  });

  it('never passes the bound, which no tokenizer of bytes can pass', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'grapheme' }), { maxLength: 5 }), (contents) => {
        const messages = contents.map((content) => ({ role: 'user' as const, content }));
        const most = mostPromptTokens(messages);
        expect(estimatePromptTokens(messages)).toBeLessThanOrEqual(most);
        const bytes = new TextEncoder().encode(contents.join('')).length;
        expect(most).toBeGreaterThanOrEqual(bytes + 8 * contents.length);
      }),
      { seed: 371 },
    );
  });
});
