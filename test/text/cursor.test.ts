/** A position that moves over a text, and errors that name the character. */
import { describe, expect, it } from 'vitest';
import { isWeighbridgeError } from '../../src/errors.js';
import { characterAt, failIn, foundAt, TextCursor } from '../../src/text/cursor.js';

describe('a cursor', () => {
  it('takes what a pattern matches, and passes over white space', () => {
    const cursor = new TextCursor('  ab 12\n', 'formula');
    expect(cursor.place).toBe(2);
    expect(cursor.take(/\d+/y)).toBeNull();
    expect(cursor.take(/[a-z]+/y)).toBe('ab');
    expect(cursor.place).toBe(5);
    expect(cursor.isAtEnd).toBe(false);
    expect(cursor.take(/\d+/y)).toBe('12');
    expect(cursor.isAtEnd).toBe(true);
  });

  it('has a white space of its own for a language', () => {
    const cursor = new TextCursor('a\u00a0b', 'JSON', /[ \t\n\r]*/y);
    expect(cursor.take(/a/y)).toBe('a');
    expect(cursor.place).toBe(1);
  });

  it('goes 200 levels deep and no further', () => {
    const cursor = new TextCursor('x', 'prior');
    const down = (levels: number): number =>
      levels === 0 ? 0 : cursor.nested(0, () => 1 + down(levels - 1));
    expect(down(200)).toBe(200);
    expect(() => down(201)).toThrow("prior 'x', character 1: nested deeper than 200 levels");
  });
});

describe('an error', () => {
  it('counts characters as readers do, and has the offset in its details', () => {
    try {
      failIn('hypothesis', '😀 > x')(5, 'no x');
    } catch (error) {
      if (!isWeighbridgeError(error, 'bad-formula')) throw error;
      expect(error.message).toBe("hypothesis '😀 > x', character 5: no x");
      expect(error.details).toEqual({ formula: '😀 > x', offset: 5 });
    }
    expect(characterAt('😀b', 2)).toBe(2);
    expect(foundAt('😀b', 0)).toBe("'😀'");
    expect(foundAt('b', 1)).toBe('the end');
  });

  it('is one line, and shows a long text around the place', () => {
    const text = `${'a\n'.repeat(200)}!${'b'.repeat(500)}`;
    expect(() => failIn('formula', text)(400, 'a\nproblem')).toThrow(
      `formula '…${'a '.repeat(30)}!${'b'.repeat(59)}…', character 401: a problem`,
    );
  });
});
