import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseChoice } from '../../src/study/parse-choice.js';
import { parseReport } from '../../src/study/parse-report.js';
import { isVoid, withoutThinking } from '../../src/study/thinking.js';

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
