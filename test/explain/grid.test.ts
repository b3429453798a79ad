/** The grid: its cells, what they learn from and are tested on, and that their order does not matter. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { explainerName, readItems } from '../../src/analysis/explanations/read-items.js';
import { type ArmName, arms } from '../../src/explain/explainers.js';
import { type Cell, cellName, cellsOf, type Prediction, runCell } from '../../src/explain/grid.js';
import type { Exercise } from '../../src/explain/questions.js';
import { alikeFeatures, ExplanationStudy, TASKS } from '../../src/explain/study-exercises.js';
import { trainTarget } from '../../src/explain/target.js';
import { finished } from '../../src/posterior/steps.js';
import { smallWorld } from './small-world.js';

const size = { width: 16, layers: 3, heads: 2, hidden: 24, steps: 300, rate: 1e-2 };
const networks = [1, 2].map((seed) => finished(trainTarget(smallWorld, { size, seed })));
const wide = { ...size, width: 24, steps: 100 };
const larger = [finished(trainTarget(smallWorld, { size: wide, seed: 3 }))];
const options = { seed: 1, questionSets: 8, stateSets: 1, dictionaries: 1, directions: 24 };
const createStudy = () =>
  new ExplanationStudy(smallWorld, networks, larger, {
    ...options,
    dictionarySteps: 100,
    leastScore: 0.3,
    tests: 30,
  });
const study = createStudy();
const learning = { rate: 3e-3, epochs: 2, leastSteps: 10 };
const sizes = { ablation: [64], patching: [64, 128], features: [32] };
const cells = cellsOf(study, { sizes, seeds: [1, 2] });
const runAll = (some: readonly Cell[], of = createStudy()) =>
  new Map(some.map((cell) => [cellName(cell), finished(runCell(of, cell, { learning }))] as const));

describe('cells', () => {
  it('are every explainer in every arm that the task has, each once', () => {
    expect(new Set(cells.map(cellName)).size).toBe(cells.length);
    const count = (arm: ArmName, task: string) =>
      cells.filter((cell) => cell.arm === arm && cell.task === task && cell.seed === 1).length;
    // Two targets: pairs of networks, self alone, the other alone; two sizes in patching.
    expect([count('network', 'features'), count('network', 'patching')]).toEqual([4, 8]);
    expect([count('rotated', 'features'), count('fitted map', 'features')]).toEqual([2, 2]);
    expect([count('untrained', 'patching'), count('larger', 'features')]).toEqual([2, 2]);
    const inAblation = new Set(cells.flatMap(({ task, arm }) => (task === 'ablation' ? arm : [])));
    expect([...inAblation].toSorted()).toEqual([
      'from scratch',
      'larger',
      'network',
      'own behaviour',
      'untrained',
    ]);
    expect([count('own behaviour', 'patching'), count('own behaviour', 'features')]).toEqual([
      2, 0,
    ]);
    expect(new Set(cells.map(({ arm }) => arm))).toEqual(new Set(Object.keys(arms)));
  });

  it('own behaviour is the truth where a network is asked about itself', () => {
    for (const task of ['ablation', 'patching'] as const) {
      const own = study.behaviour(task, 1);
      for (const { name, answer } of study.exercises(task, 1).pool) {
        expect(own.get(name)).toEqual(answer);
      }
      const other = study.behaviour(task, 0);
      const asked = study.exercises(task, 1).parts['held-out'];
      expect(asked.every(({ name }) => other.has(name))).toBe(true);
      expect(asked.some(({ name, answer }) => other.get(name)?.join() !== answer.join())).toBe(
        true,
      );
    }
  });

  it('give a row for each item, with different keys, on the items that all explainers get', () => {
    const chosen = cells.filter(
      ({ seed, size: n, target }) => seed === 1 && n < 100 && target === 0,
    );
    const results = runAll(chosen, study);
    const rows = [...results.values()].flat();
    const keyOf = ({ item, target, explainer, vector, task, seed, n }: Prediction) =>
      [item, target, explainer, vector, task, seed, n].join(';');
    expect(new Set(rows.map(keyOf)).size).toBe(rows.length);
    for (const cell of chosen) {
      const { task, target } = cell;
      const { 'held-out': held, seen } = study.exercises(task, target).parts;
      const own = results.get(cellName(cell)) ?? [];
      const names = [...held, ...seen].map(({ name }) => `network ${target + 1}: ${name}`);
      expect(own.map(({ item }) => item)).toEqual(names);
      expect(new Set(own.map((row) => row.task))).toEqual(
        new Set(task === 'features' ? [task] : [task, `${task}, seen`]),
      );
      const { explainer, arm } = cell;
      const kind = arm === 'larger' ? 'larger network' : 'network';
      const model = explainer === null ? null : `${kind} ${explainer + 1}`;
      expect(new Set(own.map((row) => row.model))).toEqual(new Set([model]));
      for (const { score, truth, answer } of own) {
        if (task === 'features') expect(Math.abs(score)).toBeLessThanOrEqual(1);
        else expect(score).toBe(truth === answer ? 1 : 0);
      }
    }
    // The analysis of tables reads them as they are.
    const [first] = rows;
    const names = Object.keys(first ?? {}) as (keyof Prediction)[];
    const columns = Object.fromEntries(names.map((name) => [name, rows.map((row) => row[name])]));
    const read = readItems([{ file: 'rows', columns }]);
    expect(read.notes).toEqual([]);
    expect(read.rows).toHaveLength(rows.length);
    expect([...new Set(read.rows.map(explainerName))].toSorted()).toEqual([
      'from scratch',
      'larger',
      'nearest neighbour',
      'self',
      'self, untrained',
      'self, vector aligned',
      'self, vector none',
      'self, vector rotated',
      'sibling',
      'sibling, learned map',
      'sibling, own behaviour',
      'sibling, vector aligned',
      'sibling, vector none',
    ]);
  });

  it('give the same rows in any order, and beside one another', () => {
    const names: readonly ArmName[] = ['network', 'fitted map', 'learned map'];
    const some = cells.filter(
      ({ arm, target, task, seed, size: n }) =>
        names.includes(arm) && target === 1 && task !== 'features' && seed === 2 && n < 100,
    );
    expect(some.length).toBeGreaterThan(4);
    const [one, other] = [runAll(some), runAll(some.toReversed())];
    for (const [name, rows] of one) expect(other.get(name)).toEqual(rows);
    // Two trainings that take turns.
    const both = some.slice(0, 2).map((cell) => runCell(study, cell, { learning }));
    const results: Prediction[][] = [];
    while (results.length < 2) {
      for (const training of both) {
        const step = training.next();
        if (step.done && step.value) results.push(step.value);
      }
    }
    expect(results).toEqual(some.slice(0, 2).map((cell) => one.get(cellName(cell))));
  });

  it('refuse more exercises than the target has', () => {
    const [cell] = cells;
    if (!cell) throw new Error('no cell');
    expect(() => runCell(study, { ...cell, size: 1e6 }).next()).toThrow(
      expect.objectContaining({ code: 'bad-argument' }),
    );
  });
});

describe('exercises of a study', () => {
  it('need a network, and options that there are', () => {
    const bad = [
      () => new ExplanationStudy(smallWorld, [], [], { seed: 1 }),
      () => new ExplanationStudy(smallWorld, networks, [], { seed: 1, ...{ sets: 3 } }),
    ];
    for (const create of bad) {
      expect(create).toThrow(expect.objectContaining({ code: 'bad-argument' }));
    }
  });

  it('share no fact between those that are learned from and those held out', () => {
    for (const task of TASKS) {
      for (const target of [0, 1]) {
        const { pool, parts } = study.exercises(task, target);
        const clusters = (some: readonly Exercise[]) =>
          new Set(some.map(({ cluster, name }) => cluster ?? name));
        const learned = clusters(pool);
        expect(pool.length).toBeGreaterThan(20);
        expect(parts['held-out'].length).toBeGreaterThan(4);
        for (const cluster of clusters(parts['held-out'])) expect(learned).not.toContain(cluster);
        for (const cluster of clusters(parts.validation)) {
          expect(learned).not.toContain(cluster);
          expect(clusters(parts['held-out'])).not.toContain(cluster);
        }
        if (task === 'features') continue;
        for (const cluster of clusters(parts.seen)) expect(learned).toContain(cluster);
        const names = new Set(pool.map(({ name }) => name));
        for (const { name } of parts.seen) expect(names).not.toContain(name);
      }
    }
  });

  it('ask every target of ablation about the same held-out facts', () => {
    const facts = [0, 1].map((target) => {
      const { parts } = study.exercises('ablation', target);
      return new Set(parts['held-out'].map(({ cluster }) => cluster));
    });
    const union = new Set(facts.flatMap((some) => [...some]));
    // A quarter of 24 facts.
    expect(union.size).toBeLessThanOrEqual(6);
  });

  it('keep features that are alike together, and no others', () => {
    const angles = fc.array(fc.tuple(fc.nat(2), fc.integer({ min: 0, max: 359 })), {
      minLength: 1,
      maxLength: 40,
    });
    fc.assert(
      fc.property(angles, (drawn) => {
        const features = drawn.map(([layer, degrees]) => {
          const angle = (degrees * Math.PI) / 180;
          return { layer, degrees, vector: Float32Array.of(Math.cos(angle), Math.sin(angle)) };
        });
        const groups = alikeFeatures(features);
        expect(groups.flat().length).toBe(features.length);
        expect(new Set(groups.flat())).toEqual(new Set(features));
        const groupOf = new Map(
          groups.flatMap((group, g) => group.map((one) => [one, g] as const)),
        );
        for (const one of features) {
          for (const other of features) {
            if (one === other) continue;
            const apart = Math.abs(one.degrees - other.degrees);
            // A cosine of 0.95 is an angle of 18.19 degrees.
            const alike = one.layer === other.layer && Math.min(apart, 360 - apart) <= 18;
            if (alike) expect(groupOf.get(one)).toBe(groupOf.get(other));
            if (one.layer !== other.layer) expect(groupOf.get(one)).not.toBe(groupOf.get(other));
          }
        }
        for (const group of groups.filter(({ length }) => length > 1)) {
          for (const one of group) {
            const near = group.some((other) => {
              const apart = Math.abs(one.degrees - other.degrees);
              return other !== one && Math.min(apart, 360 - apart) <= 18;
            });
            expect(near).toBe(true);
          }
        }
      }),
    );
  });
});
