/** Draws, summaries and diagnostics as files and `--json` have them. */
import { describe, expect, it } from 'vitest';
import { float64Bytes, readFloat64 } from '../../src/exchange/bytes.js';
import {
  diagnose,
  diagnosticsRecord,
  drawsOfRecord,
  drawsRecord,
  summarize,
  summaryRecord,
} from '../../src/posterior/summary.js';

const draws = {
  parameterNames: ['a', 'b'],
  chains: 2,
  drawsPerChain: 4,
  values: Float64Array.from({ length: 16 }, (_, i) => Math.sin(i)),
};

describe('records', () => {
  it('of draws hold all but the numbers, which are little-endian bytes', () => {
    const bytes = float64Bytes(draws.values);
    expect(new DataView(bytes.buffer).getFloat64(8 * 5, true)).toBe(Math.sin(5));
    // Buffers may lie anywhere in a larger one.
    const file = Buffer.concat([Buffer.from([1, 2, 3]), bytes]).subarray(3);
    expect(drawsOfRecord(drawsRecord(draws), readFloat64(file))).toEqual(draws);
    expect(readFloat64(file, 14, 2)).toEqual(draws.values.subarray(14));
  });

  it('of summaries and diagnostics have each field once, in snake case', () => {
    const summary = summarize(draws);
    const snake = (name: string) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
    for (const row of summary) {
      const expected = Object.entries(row).map(([key, value]) => [snake(key), value]);
      expect(summaryRecord(row)).toEqual(Object.fromEntries(expected));
    }
    const chain = { energy: draws.values, divergences: 1, maxDepthHits: 2 };
    const { paretoK: _, ...diagnostics } = diagnose(summary, [chain, chain]);
    const expected = Object.entries(diagnostics).map(([key, value]) => [snake(key), value]);
    expect(diagnosticsRecord({ ...diagnostics, paretoK: null })).toEqual(
      Object.fromEntries(expected),
    );
  });
});
