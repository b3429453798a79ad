/** Results as text: numbers as C and R write them, tables, and what carries its text with it. */
import { describe, expect, it } from 'vitest';
import {
  commonWidth,
  fixed,
  leastDecimals,
  printable,
  rounded,
  significant,
  textTable,
} from '../../src/posterior/printable.js';

describe('text of numbers', () => {
  it('rounds exact halves to the even digit, as C does, and all else to the nearest', () => {
    const cases: [number, number, string][] = [
      [0.125, 2, '0.12'],
      [0.375, 2, '0.38'],
      [-0.125, 2, '-0.12'],
      [2.5, 0, '2'],
      [3.5, 0, '4'],
      [-0.5, 0, '-0'],
      // 1.005 is a little less than it looks, 0.045 a little less, 0.145 a little less than half.
      [1.005, 2, '1.00'],
      [0.615, 2, '0.61'],
      [1234.5, 0, '1234'],
      [-0.001, 2, '-0.00'],
      [Number.NaN, 2, 'NA'],
      [Number.POSITIVE_INFINITY, 2, 'Inf'],
      [Number.NEGATIVE_INFINITY, 2, '-Inf'],
    ];
    for (const [value, digits, text] of cases) expect(fixed(value, digits)).toBe(text);
  });

  it('has as few decimals as a column needs', () => {
    expect(leastDecimals([1.5, 2, 0.25], 2)).toEqual(['1.50', '2.00', '0.25']);
    expect(leastDecimals([1.5, 2, Number.NaN], 2)).toEqual(['1.5', '2.0', 'NA']);
    expect(leastDecimals([1, 2.001, Number.POSITIVE_INFINITY], 2)).toEqual(['1', '2', 'Inf']);
    expect(leastDecimals([-0.001], 2)).toEqual(['0']);
  });

  it('has no minus zero where R rounds', () => {
    expect([-0.04, 0.04, -0.06, Number.NaN].map((value) => rounded(value, 1))).toEqual([
      ...['0.0', '0.0', '-0.1', 'NA'],
    ]);
  });

  // format(x, digits = 4) of R 4.2, but for R's spelling of NaN.
  it.each([
    [[1.23456, 0.00123, 12.3], '1.23456 0.00123 12.30000'],
    [[251.4012, 1.034, -0.5], '251.401 1.034 -0.500'],
    [[0.1, -0.2, Number.NaN], '0.1 -0.2 NA'],
    [[2, 3, 4], '2 3 4'],
    [[123456.789, 2.5], '123456.8 2.5'],
    [[0.99996, 0.5], '1.0 0.5'],
    [[Number.POSITIVE_INFINITY, 0.25], 'Inf 0.25'],
  ])('of the column %j has as many decimals as its smallest number needs', (values, expected) => {
    expect(significant(values, 4).join(' ')).toBe(expected);
  });

  it('too wide for a column has powers of ten', () => {
    expect(significant([1e-13, 0.5], 4)).toEqual(['1.000e-13', '5.000e-1']);
    expect(significant([2e15, Number.NaN], 4)).toEqual(['2.000e+15', 'NA']);
  });

  it('is padded to a common width', () => {
    expect(commonWidth(['1', '-10'])).toEqual(['  1', '-10']);
    expect(commonWidth([])).toEqual([]);
  });

  it('stands under its head, by characters', () => {
    expect(textTable(['a', '💡b'], [{ head: 'Estimate', cells: ['1', '22'] }])).toEqual([
      '   Estimate',
      'a         1',
      '💡b       22',
    ]);
  });
});

describe('a printable record', () => {
  it('has its text, which is no part of its data', () => {
    const record = printable({ a: 1 }, () => 'one');
    expect(String(record)).toBe('one');
    expect(Object.keys(record)).toEqual(['a']);
    expect(structuredClone(record)).toEqual({ a: 1 });
    expect(JSON.stringify(printable([1], () => 'list'))).toBe('[1]');
  });
});
