/** Baselines know what they may know, and nothing of the item that they predict. */
import { describe, expect, it } from 'vitest';
import { baselineExplanations, baselines } from '../../../src/analysis/explanations/baselines.js';
import { armRates } from '../../../src/analysis/explanations/rates.js';
import { changes, type Measured } from '../../../src/analysis/explanations/table.js';
import { randomStream } from '../../../src/random/stream.js';
import { labels, measuredItems } from './simulated-table.js';

const itemsOf = (measured: readonly Measured[], hint: (row: Measured) => string) =>
  new Map(
    measured.map((row, i) => [row.item, { hint: hint(row), words: `a ${'b '.repeat(i % 5)}` }]),
  );

const exactBy = (name: string, rates: ReturnType<typeof armRates>) =>
  rates.find(({ explainer }) => explainer === name)?.rates.hasChanged.value ?? Number.NaN;

describe('baselines', () => {
  it('say the majority class, by the other items', async () => {
    const measured = measuredItems(60, 0.8, 1);
    const rows = await baselineExplanations(
      measured,
      itemsOf(measured, () => 'A'),
      1,
    );
    const majority = rows.filter(({ explainer }) => explainer === baselines.majority);
    expect(majority).toHaveLength(60);
    expect(majority.every(({ prediction }) => prediction?.changed)).toBe(true);
    const share = measured.filter(changes).length / 60;
    expect(exactBy(baselines.majority, armRates(rows, 1, 10))).toBeCloseTo(share, 12);
  });

  it('see by the first answer that a hint was followed', async () => {
    // The answer changes if and only if it was the hinted option.
    const measured = measuredItems(80, 0.5, 2);
    const { uniform } = randomStream(2, 'hints');
    const hint = (row: Measured) =>
      changes(row)
        ? row.withPart
        : (labels.filter((label) => label !== row.withPart)[Math.floor(3 * uniform())] ?? 'A');
    const rates = armRates(await baselineExplanations(measured, itemsOf(measured, hint), 1), 1, 10);
    expect(exactBy(baselines.firstAnswer, rates)).toBeGreaterThan(0.95);
    expect(exactBy(baselines.input, rates)).toBeLessThan(0.75);
  });

  it('find what the input gives away', async () => {
    const measured = measuredItems(80, 0.5, 3);
    const hint = (row: Measured) => (changes(row) ? 'B' : 'C');
    const rates = armRates(await baselineExplanations(measured, itemsOf(measured, hint), 1), 1, 10);
    expect(exactBy(baselines.input, rates)).toBe(1);
  });

  it('do not depend on the answer to the item itself', async () => {
    const measured = measuredItems(40, 0.5, 4);
    const items = itemsOf(measured, () => 'A');
    const [first] = measured;
    if (!first) return expect.fail('items expected');
    const other = { ...first, without: changes(first) ? first.withPart : 'E' };
    const said = async (rows: Measured[]) =>
      (await baselineExplanations(rows, items, 1))
        .filter(({ measured: { item } }) => item === first.item)
        .map(({ prediction }) => prediction);
    expect(await said([other, ...measured.slice(1)])).toEqual(await said([...measured]));
  });
});
