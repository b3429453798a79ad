import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  decimalsFor,
  formatInterval,
  formatNumber,
  hdiName,
  printable,
  textWidth,
  widest,
  wrapLabel,
} from '../../src/plots/label.js';

const text = fc.string({ unit: 'grapheme', maxLength: 80 }).map(printable);

describe('a wrapped label', () => {
  it('has lines no wider than they may be, unless a single letter is', () => {
    fc.assert(
      fc.property(text, fc.integer({ min: 10, max: 300 }), (label, width) => {
        for (const line of wrapLabel(label, width)) {
          if ([...line].length > 1) expect(textWidth(line)).toBeLessThanOrEqual(width);
        }
      }),
      { seed: 1 },
    );
  });

  it('leaves nothing out but spaces at the ends of lines', () => {
    const bare = (label: string) => label.replaceAll(/\s/g, '');
    fc.assert(
      fc.property(text, fc.integer({ min: 10, max: 300 }), (label, width) => {
        expect(bare(wrapLabel(label, width).join(''))).toBe(bare(label));
      }),
      { seed: 2 },
    );
  });

  it('may be of any length, and have line ends', () => {
    const label = `${'a'.repeat(100_000)}\n`;
    expect(wrapLabel(label, 1e9)).toEqual([label.trimEnd()]);
  });

  it('breaks between words rather than within them, and never within a number', () => {
    expect(wrapLabel('b_the_price of tea', 60)).toEqual(['b_the_', 'price of', 'tea']);
    expect(wrapLabel('share 48.1%', 45)).toEqual(['share', '48.1%']);
  });
});

describe('the width of text', () => {
  it('is that of the widest among several', () => {
    expect(widest(['i', 'mm', 'l'])).toBe(textWidth('mm'));
    expect(widest([])).toBe(0);
  });

  it('is greater for ideographs, and nothing for marks over letters', () => {
    expect(textWidth('価')).toBeGreaterThan(textWidth('a'));
    expect(textWidth('e\u0301')).toBe(textWidth('e'));
  });
});

describe('numbers on plots', () => {
  it('have a true minus sign, but none before zero', () => {
    expect(formatNumber(-1.234, 2)).toBe('\u22121.23');
    expect(formatNumber(-0.001, 2)).toBe('0.00');
    expect(formatNumber(1234567.8, 1)).toBe('1,234,567.8');
    expect(formatInterval([-0.5, 1], 1)).toBe('[\u22120.5,\u00a01.0]');
  });

  it('show the second digit of the spread', () => {
    expect(decimalsFor(0.33)).toBe(2);
    expect(decimalsFor(0.051)).toBe(3);
    expect(decimalsFor(12)).toBe(0);
    expect(decimalsFor(0)).toBe(2);
    expect(decimalsFor(Number.NaN)).toBe(2);
  });

  it('name the mass of an interval in percent', () => {
    expect(hdiName(0.95)).toBe('95% HDI');
    expect(hdiName(0.999)).toBe('99.9% HDI');
  });
});
