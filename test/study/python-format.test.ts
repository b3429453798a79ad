/** Numbers and JSON as Python writes them, against what Python 3.11 wrote. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  formatFloat,
  type JsonValue,
  pythonJson,
  roundHalfEven,
} from '../../src/study/python-format.js';

const finite = fc.double({ noNaN: true, noDefaultInfinity: true });

describe('a number as Python prints a float', () => {
  // repr(value)
  it.each([
    [0, '0.0'],
    [-0, '-0.0'],
    [5, '5.0'],
    [-40, '-40.0'],
    [1e6, '1000000.0'],
    [0.3, '0.3'],
    [-1.25, '-1.25'],
    [1 / 3, '0.3333333333333333'],
    [0.1 + 0.2, '0.30000000000000004'],
    [0.0001, '0.0001'],
    [0.00009999999999999999, '9.999999999999999e-05'],
    [1e-5, '1e-05'],
    [-2.5e-7, '-2.5e-07'],
    [1.5e-10, '1.5e-10'],
    [5e-324, '5e-324'],
    [2 ** 53, '9007199254740992.0'],
    [9999999999999998, '9999999999999998.0'],
    [1e16, '1e+16'],
    [-1.25e16, '-1.25e+16'],
    [123456789012345680, '1.2345678901234568e+17'],
    [1e21, '1e+21'],
    [1e100, '1e+100'],
    [Number.MAX_VALUE, '1.7976931348623157e+308'],
    [Number.NaN, 'nan'],
    [Number.NEGATIVE_INFINITY, '-inf'],
  ])('%d is %s', (value, text) => {
    expect(formatFloat(value)).toBe(text);
  });

  it('has every digit that tells it from other numbers', () => {
    fc.assert(
      fc.property(finite, (value) => {
        expect(Number(formatFloat(value))).toBe(value);
      }),
      { seed: 44 },
    );
  });

  it('has a point and no exponent from 1e-4 up to 1e16, and two digits of exponent beyond', () => {
    fc.assert(
      fc.property(finite, (value) => {
        const size = Math.abs(value);
        const plain = size === 0 || (size >= 1e-4 && size < 1e16);
        expect(formatFloat(value)).toMatch(plain ? /^-?\d+\.\d+$/ : /^-?\d(\.\d+)?e[+-]\d{2,3}$/);
      }),
      { seed: 45 },
    );
  });
});

describe('rounding as Python rounds', () => {
  // round(value, digits)
  it.each([
    [0.5, 0, 0],
    [1.5, 0, 2],
    [2.5, 0, 2],
    [-0.5, 0, -0],
    [-2.5, 0, -2],
    [-0.3, 0, -0],
    [-0, 1, -0],
    [1234.5, 0, 1234],
    [2 ** 51 + 0.5, 0, 2 ** 51],
    [0.25, 1, 0.2],
    [0.35, 1, 0.3],
    [99.95, 1, 100],
    [0.125, 2, 0.12],
    [0.375, 2, 0.38],
    [-0.125, 2, -0.12],
    [2.675, 2, 2.67],
    [1.005, 2, 1],
    [0.045, 2, 0.04],
    [9.995, 2, 9.99],
    [0.0005, 3, 0.001],
    [1e22, 2, 1e22],
    [Number.MAX_VALUE, 3, Number.MAX_VALUE],
    [5e-324, 20, 0],
  ])('%d to %i decimals is %d', (value, digits, rounded) => {
    expect(roundHalfEven(value, digits)).toBe(rounded);
  });

  const decimals = fc.nat({ max: 8 });

  it('takes true ties to the even neighbour', () => {
    const odd = fc.integer({ min: -(2 ** 40), max: 2 ** 40 }).map((k) => 2 * k + 1);
    fc.assert(
      fc.property(odd, decimals, (k, digits) => {
        // In units of the last digit a tie lies at n + 1/2: here those n where it is a double too.
        const tie = k / 2 ** (digits + 1);
        const units = BigInt(k) * 5n ** BigInt(digits);
        const below = units >= 0n ? units / 2n : units / 2n - 1n;
        const even = below % 2n === 0n ? below : below + 1n;
        expect(roundHalfEven(tie, digits) + 0).toBe(Number(`${even}e-${digits}`) + 0);
      }),
      { seed: 46 },
    );
  });

  it('moves a number by half a unit of its last decimal at most, and only once', () => {
    fc.assert(
      fc.property(fc.double({ min: -1e6, max: 1e6, noNaN: true }), decimals, (value, digits) => {
        const rounded = roundHalfEven(value, digits);
        expect(Math.abs(rounded - value)).toBeLessThanOrEqual(0.5 * 10 ** -digits + 1e-9);
        expect(roundHalfEven(rounded, digits)).toBe(rounded);
        expect(rounded.toString()).toMatch(new RegExp(`^-?\\d+(\\.\\d{1,${digits || 1}})?$|e-`));
      }),
      { seed: 47 },
    );
  });

  it('treats a number and its negative alike', () => {
    fc.assert(
      fc.property(finite, decimals, (value, digits) => {
        expect(roundHalfEven(-value, digits)).toBe(-roundHalfEven(value, digits));
      }),
      { seed: 48 },
    );
  });
});

describe('JSON as Python writes it', () => {
  const table: [JsonValue, string][] = [
    [{}, '{}'],
    [[], '[]'],
    [
      { messages: [{ role: 'user', content: 'x' }] },
      '{"messages": [{"role": "user", "content": "x"}]}',
    ],
    [[1, -2, 0.5, 1e-7, 1e16, true, false, null], '[1, -2, 0.5, 1e-07, 1e+16, true, false, null]'],
    ['"\\/\b\f\n\r\t\0\u001f\u007f', String.raw`"\"\\/\b\f\n\r\t\u0000\u001f\u007f"`],
    ['é Dvořák 𝄞 \u2028', String.raw`"\u00e9 Dvo\u0159\u00e1k \ud834\udd1e \u2028"`],
    ['\ud834', String.raw`"\ud834"`],
    [-0, '-0.0'],
    [Number.NaN, 'NaN'],
    [Number.NEGATIVE_INFINITY, '-Infinity'],
  ];

  // json.dumps(value)
  it.each(table)('%j is %s', (value, text) => {
    expect(pythonJson(value)).toBe(text);
  });

  it('keeps the order of keys that are numbers where they come in a Map', () => {
    const value = new Map<string, JsonValue>([
      ['10', 1],
      ['2', 2],
      ['ů', []],
    ]);
    expect(pythonJson(value)).toBe(String.raw`{"10": 1, "2": 2, "\u016f": []}`);
  });

  it('is ASCII that reads back as the value', () => {
    const text = fc.string({ unit: 'binary' });
    const anything = fc.jsonValue({ stringUnit: 'binary' }).map((value) => value as JsonValue);
    fc.assert(
      fc.property(fc.oneof(text, anything), (value) => {
        const json = pythonJson(value);
        expect(json).toMatch(/^[ -~]*$/);
        expect(JSON.parse(json)).toEqual(value);
      }),
      { seed: 49 },
    );
  });
});
