/** Large crossed tables as counts: no answer is lost, and small or uncrossed tables stay as they are. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { countsOf, isCrossed } from '../../../src/analysis/explanations/item-counts.js';
import { explainerName, readItems } from '../../../src/analysis/explanations/read-items.js';
import { crossedTable } from './crossed-tables.js';
import { tableOf } from './item-tables.js';

const rowsOf = (seed: number, design: Parameters<typeof crossedTable>[1] = {}) =>
  readItems([tableOf(crossedTable(seed, design))]).rows.map((row) => ({
    ...row,
    arm: explainerName(row),
  }));
const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);

describe('counts', () => {
  it('keep every answer, by target, cluster, explainer and model', () => {
    fc.assert(
      fc.property(fc.nat(100), (seed) => {
        const rows = rowsOf(seed);
        const counts = countsOf(rows);
        if (!counts) throw new Error('not counted');
        // 3 targets, 25 clusters, 3 models; 8 items and 3 seeds in each.
        expect(counts.rows).toHaveLength(3 * 25 * 3);
        expect(new Set(counts.rows.map(({ answers }) => answers))).toEqual(new Set([8 * 3]));
        for (const arm of ['self', 'sibling']) {
          const right = counts.rows
            .filter((row) => row.arm === arm)
            .map(({ score, answers }) => score * answers);
          const given = rows.filter((row) => row.arm === arm).map(({ score }) => score);
          expect(sum(right)).toBeCloseTo(sum(given), 8);
        }
        expect(counts.units).toHaveLength(3 * 25);
        expect(sum(counts.units.map(({ items }) => items))).toBe(3 * 25 * 8);
        // Self and sibling share a cluster's effect.
        const [unit] = counts.units;
        expect(unit?.rowOf('self').cluster).toBe(unit?.rowOf('sibling').cluster);
      }),
      { numRuns: 3 },
    );
  });

  it('have effects of their own for explainers that are right on other items', () => {
    const rows = rowsOf(1).flatMap((row) => [
      row,
      { ...row, arm: `${row.arm}, vector none`, vector: 'none' as const },
      { ...row, arm: 'untrained', n: 0 },
      { ...row, arm: 'from scratch', model: null },
    ]);
    const [unit] = countsOf(rows)?.units ?? [];
    const clusters = ['self', 'sibling, vector none', 'untrained', 'from scratch'].map(
      (arm) => unit?.rowOf(arm).cluster,
    );
    expect(new Set(clusters).size).toBe(4);
    expect(unit?.rowOf('self, vector none').cluster).toBe(clusters[1]);
  });

  it('are not made of few rows, or where no model explains several targets', () => {
    expect(countsOf(rowsOf(1, { itemsOfCluster: 2 }))).toBeNull();
    const large = rowsOf(1);
    const unnamed = large.map((row) => ({ ...row, model: null }));
    const alone = large.map((row) => ({ ...row, model: `${row.model} of ${row.target}` }));
    expect([large, unnamed, alone].map(isCrossed)).toEqual([true, false, false]);
    expect([countsOf(unnamed), countsOf(alone)]).toEqual([null, null]);
  });
});
