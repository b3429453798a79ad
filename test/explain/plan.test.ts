/** The studies that ship: what they train, and that more seeds only add to it. */
import { describe, expect, it } from 'vitest';
import { type Cell, cellName, cellsOf } from '../../src/explain/grid.js';
import { defaultSeeds, STUDY_SIZES, studyPlan } from '../../src/explain/plan.js';
import { TASKS } from '../../src/explain/study-exercises.js';

describe.each(STUDY_SIZES)('the plan %s', (size) => {
  const seeds = defaultSeeds(size);
  const plan = studyPlan({ size, seeds, seed: 1 });

  it('has each cell once, in all tasks', () => {
    expect(new Set(plan.cells.map(cellName)).size).toBe(plan.cells.length);
    expect(new Set(plan.cells.map(({ task }) => task))).toEqual(new Set(TASKS));
  });

  it('has every arm that the networks allow', () => {
    const all = cellsOf(plan, { sizes: { patching: [1], features: [1] }, seeds: [1] });
    const armsOf = (cells: readonly Cell[]) => new Set(cells.map(({ arm }) => arm));
    expect(armsOf(plan.cells)).toEqual(armsOf(all));
  });

  it('begins with the cells of fewer seeds', () => {
    const more = studyPlan({ size, seeds: seeds + 1, seed: 1 });
    expect(more.cells.slice(0, plan.cells.length)).toEqual(plan.cells);
    const ofSeed = (seed: number) =>
      more.cells.filter((cell) => cell.seed === seed && cell.arm !== 'own behaviour').length;
    expect(ofSeed(seeds + 1)).toBe(ofSeed(1));
  });

  it('compares self and sibling with the same number of exercises as each other arm', () => {
    for (const task of TASKS) {
      const sizesOf = (isNetwork: boolean) =>
        plan.cells.flatMap((cell) =>
          cell.task === task && cell.size > 0 && (cell.arm === 'network') === isNetwork
            ? cell.size
            : [],
        );
      const shared = new Set(sizesOf(true));
      expect(sizesOf(false).every((n) => shared.has(n))).toBe(true);
      expect(Math.max(...sizesOf(false))).toBe(Math.max(...shared));
    }
  });
});

it('the full study has three targets, three seeds, and 250 to 16,000 exercises', () => {
  const plan = studyPlan({ size: 'full', seeds: defaultSeeds('full'), seed: 1 });
  expect(plan.networks).toHaveLength(3);
  expect(plan.larger).toHaveLength(1);
  expect(new Set(plan.cells.map(({ seed }) => seed))).toEqual(new Set([1, 2, 3]));
  const curve = plan.cells.flatMap(({ arm, task, size }) =>
    arm === 'network' && task === 'patching' ? size : [],
  );
  expect([...new Set(curve)]).toEqual([250, 500, 1000, 2000, 4000, 8000, 16_000]);
});
