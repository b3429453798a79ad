/** Explainers compared on the same items recover what is true of simulated tables. */
import { describe, expect, it } from 'vitest';
import {
  type CompareOptions,
  compareItems,
  type TaskComparison,
  type Told,
} from '../../../src/analysis/explanations/compare-items.js';
import { readItems } from '../../../src/analysis/explanations/read-items.js';
import { hdi } from '../../../src/posterior/intervals.js';
import { randomStream } from '../../../src/random/stream.js';
import { matchSummary } from '../../../src/report/explanations/match.js';
import { isDeep, powered } from '../../support/deep.js';
import { crossedTable } from './crossed-tables.js';
import { type Cells, populationAccuracy, simulatedItems, tableOf } from './item-tables.js';

const sampling = { chains: 2, warmup: 200, draws: 200 };

async function compared(rows: readonly Cells[], options: CompareOptions = {}) {
  const [task] = await compareItems(readItems([tableOf(rows)]).rows, { ...sampling, ...options });
  if (!task) throw new Error('no task');
  return task;
}

function drawsOf(told: Told | undefined): Float64Array {
  if (!told || 'why' in told) throw new Error(told?.why ?? 'nothing');
  return told.draws;
}

const mean = (values: ArrayLike<number>) =>
  Array.from(values).reduce((sum, value) => sum + value, 0) / values.length;

function holds(draws: ArrayLike<number>, truth: number): boolean {
  const [low, high] = hdi(draws);
  return low <= truth && truth <= high;
}

const accuracyOf = (task: TaskComparison, explainer: string) =>
  drawsOf(task.explainers.find(({ name }) => name === explainer)?.accuracy);

const pair = [
  { cells: { explainer: 'self' }, ability: 0.8 },
  { cells: { explainer: 'other' }, ability: 0 },
];
const clustered = { clusters: 25, itemsOfCluster: 4, sdCluster: 1.2, sdItem: 0.5 };

describe('items in clusters', () => {
  it('have HDIs that hold the truth of the population as often as they say', async () => {
    const sd = Math.hypot(clustered.sdCluster, clustered.sdItem);
    const truth = pair.map(({ ability }) => populationAccuracy(ability, sd));
    const [ofSelf = 0, ofOther = 0] = truth;
    const runs = powered(10, 200);
    const held = { accuracy: 0, difference: 0 };
    for (let seed = 1; seed <= runs; seed++) {
      const task = await compared(simulatedItems(seed, pair, clustered), { seed });
      held.accuracy += Number(holds(accuracyOf(task, 'self'), ofSelf));
      held.difference += Number(holds(drawsOf(task.selfMinusOther), ofSelf - ofOther));
    }
    // With a coverage of 0.95, 6 of 10 or fewer have a probability of 0.001, and 176 of 200 of 0.0001.
    const least = isDeep ? 177 : 7;
    expect(held.accuracy).toBeGreaterThanOrEqual(least);
    expect(held.difference).toBeGreaterThanOrEqual(least);
  });

  it('have wider HDIs than items that are taken as independent', async () => {
    const rows = simulatedItems(1, pair, { ...clustered, sdCluster: 2, sdItem: 0.1 });
    const width = async (of: readonly Cells[]) => {
      const [low, high] = hdi(accuracyOf(await compared(of), 'self'));
      return high - low;
    };
    const independent = rows.map(({ cluster: _, ...row }) => row);
    expect(await width(rows)).toBeGreaterThan(1.2 * (await width(independent)));
  });
});

describe('seeds and targets', () => {
  it('are groups where there are enough of them, and a sentence says so where not', async () => {
    const arms = (seeds: readonly number[]) =>
      seeds.flatMap((seed) =>
        pair.map(({ cells, ability }) => ({
          cells: { ...cells, seed, n: 100 },
          ability: ability + 0.5 * Math.sin(7 * seed),
        })),
      );
    const size = { clusters: 30, itemsOfCluster: 1, sdCluster: 0, sdItem: 1 };
    const three = await compared(simulatedItems(1, arms([1, 2, 3]), size));
    const one = await compared(simulatedItems(1, arms([1]), size));
    expect(three.fits[0]?.fit.formula).toBe(
      'score ~ explainer + (1 | item) + (1 | item_explainer) + (1 | training)',
    );
    expect(three.notes.join()).toMatch(/a group of 6: the intervals hold for others too/);
    expect(one.fits[0]?.fit.formula).toBe('score ~ explainer + (1 | item)');
    expect(one.notes.join()).toMatch(/With 2 trainings the intervals hold for these only/);
    const targets = ['m1', 'm2', 'm3'].flatMap((target, i) =>
      simulatedItems(i, pair, size).map((row) => ({ ...row, target })),
    );
    const several = await compared(targets);
    expect(several.fits[0]?.fit.formula).toMatch(/\(1 \| target\) \+ \(1 \| target_explainer\)$/);
    expect(several.explainers.map(({ items }) => items)).toEqual([90, 90]);
  });
});

describe('models that explain several targets', () => {
  const size = { clusters: 8, itemsOfCluster: 1, sdCluster: 0, sdItem: 1 };
  /** Every model explains every target, with the number of models and targets; one arm has no model. */
  const crossed = (targets: number, models: number, more: readonly string[] = []): Cells[] =>
    Array.from({ length: targets }, (_, t) => {
      const arms = Array.from({ length: models }, (_, m) =>
        [1, 2].map((seed) => ({
          cells: { explainer: m === t ? 'self' : 'sibling', model: `m${m}`, seed },
          ability: m === t ? 0.8 : 0,
        })),
      ).flat();
      const others = more.map((explainer) => ({ cells: { explainer, seed: 1 }, ability: 0 }));
      return simulatedItems(t + 1, [...arms, ...others], size).map((row) => ({
        ...row,
        target: `m${t}`,
      }));
    }).flat();
  const groups = async (rows: readonly Cells[]) => {
    const { fits, notes } = await compared(rows, { chains: 1, warmup: 60, draws: 30 });
    const formula = fits[0]?.fit.formula ?? '';
    return {
      notes: notes.join('\n'),
      groups: [...formula.matchAll(/\((\S+(?: \+ \w+)?) \| (\w+)\)/g)].map(([, effect, group]) =>
        effect === '1' ? group : `${effect} | ${group}`,
      ),
    };
  };

  it('are groups, and so are pairs, where three models explain three targets', async () => {
    const all = await groups(crossed(3, 3));
    expect(all.groups).toEqual(expect.arrayContaining(['model', 'target_model']));
    expect(all.notes).toMatch(/a group of 3, and pairs of target and model one of 9/);
    // One explainer to a pair: what its target adds to an explainer cannot be told from the pair's luck.
    expect(all.groups).not.toContain('target_explainer');
    expect(all.groups).toContain('training');
    const some = await groups(crossed(3, 3, ['from scratch']));
    expect(some.groups).toEqual(
      expect.arrayContaining(['0 + modelled | model', '0 + modelled | target_model']),
    );
  });

  it('are not where there are too few to tell apart, and a sentence says so', async () => {
    const two = await groups(crossed(2, 2));
    expect(two.groups.join()).not.toMatch(/model/);
    expect(two.notes).toMatch(
      /2 models that explain several targets, and 4 pairs .* for these only/,
    );
    const three = await groups(crossed(2, 3));
    expect(three.groups).toContain('model');
    expect(three.groups).not.toContain('target_model');
    expect(three.notes).toMatch(/6 pairs of target and model are too few/);
  });

  it('are groups of counts in large tables, where each pair has a line of its own', async () => {
    const rows = [1000, 4000].flatMap((n) => crossedTable(1).map((row) => ({ ...row, n })));
    const { fits, efficiency, notes } = await compared(rows, { chains: 1, warmup: 60, draws: 30 });
    expect(fits.map(({ fit }) => fit.formula)).toEqual([
      'right | trials(answers) ~ explainer + (1 | cluster) + (1 | target) + (1 | model) + (1 | target_model)',
      'right | trials(answers) ~ explainer * log2n + (1 | cluster) + (1 | target) + (1 | model) + (1 | target_model) + (0 + modelled_log2n | target_model)',
    ]);
    expect(notes.join()).toMatch(/The 5400 rows are counts .*The 10800 rows are counts/);
    if ('why' in efficiency) throw new Error(efficiency.why);
    // No answer depends on n: slopes are about 0, of pairs that differ by luck alone.
    for (const { draws } of efficiency.slopes) expect(Math.abs(mean(draws))).toBeLessThan(0.2);
    const without = await compared(
      rows.filter(({ n }) => n === 1000),
      {
        ...{ chains: 1, warmup: 60, draws: 30, hasEfficiency: () => false },
      },
    );
    expect(without.efficiency).toEqual({ why: expect.stringMatching(/not asked for/) });
  });

  it('are no groups where each explains one target', async () => {
    const found = await groups(
      crossed(3, 3, ['text']).filter(({ explainer }) => explainer !== 'sibling'),
    );
    expect(found.groups.join()).not.toMatch(/model/);
    expect(found.notes).not.toMatch(/model/);
  });
});

describe('what the vector and its alignment add', () => {
  it('is told apart from self minus other', async () => {
    const rows = simulatedItems(
      3,
      [
        { cells: { explainer: 'model', vector: null }, ability: 2 },
        { cells: { explainer: 'self', vector: 'none' }, ability: -1 },
        { cells: { explainer: 'sibling', vector: 'given' }, ability: -1 },
        { cells: { explainer: 'sibling', vector: 'aligned' }, ability: 2 },
      ],
      { clusters: 120, itemsOfCluster: 1, sdCluster: 0, sdItem: 0.5 },
    );
    const task = await compared(rows);
    expect(task.explainers.map(({ name }) => name)).toEqual([
      'self',
      'self, vector none',
      'sibling',
      'sibling, vector aligned',
    ]);
    const truth = populationAccuracy(2, 0.5) - populationAccuracy(-1, 0.5);
    for (const told of [task.selfMinusOther, task.vector, task.aligned]) {
      // Differences of about 0.55 with sd 0.055.
      expect(Math.abs(mean(drawsOf(told)) - truth)).toBeLessThan(4 * 0.055);
      expect(holds(drawsOf(told), 0)).toBe(false);
    }
    expect(Math.abs(mean(drawsOf(task.selfMinusAligned)))).toBeLessThan(4 * 0.05);
  });

  it('is not told without its rows, with a reason', async () => {
    const size = { clusters: 20, itemsOfCluster: 1, sdCluster: 0, sdItem: 1 };
    const task = await compared(simulatedItems(1, pair, size));
    expect(task.vector).toEqual({ why: expect.stringMatching(/no rows without the vector/) });
    expect(task.aligned).toEqual({ why: expect.stringMatching(/aligned/) });
    expect(task.efficiency).toEqual({ why: expect.stringMatching(/column n/) });
    const renamed = simulatedItems(
      1,
      pair.map(({ cells, ability }) => ({
        cells: { explainer: `my ${cells.explainer}` },
        ability,
      })),
      size,
    );
    const without = await compared(renamed);
    expect(without.selfMinusOther).toEqual({ why: expect.stringMatching(/target itself/) });
    expect(without.differences.map(({ one, other }) => [one, other])).toEqual([
      ['my other', 'my self'],
    ]);
  });
});

describe('training examples', () => {
  const line = (explainer: string, start: number, sizes: readonly number[]) =>
    sizes.map((n) => ({
      cells: { explainer, n },
      ability: start + 0.6 * Math.log2(n / 50),
    }));
  const size = { clusters: 80, itemsOfCluster: 1, sdCluster: 0, sdItem: 1 };

  it('have intervals that hold the slopes, and the number that the other needs', async () => {
    const sizes = [50, 100, 200, 400];
    const arms = [...line('self', 0.2, sizes), ...line('other', -0.4, sizes)];
    const runs = powered(4, 60);
    const held = { self: 0, other: 0, needed: 0 };
    for (let seed = 1; seed <= runs; seed++) {
      const task = await compared(simulatedItems(seed, arms, size), { seed });
      expect(task.size).toBe(400);
      if ('why' in task.efficiency) throw new Error(task.efficiency.why);
      const { slopes, matches } = task.efficiency;
      const [self, other] = slopes.map(({ draws }) => Number(holds(draws, 0.6)));
      held.self += self ?? 0;
      held.other += other ?? 0;
      const [match] = matches;
      expect([match?.explainer, match?.n]).toEqual(['other', 400]);
      // One doubling more than self has.
      const { lower, upper } = matchSummary(match?.needed ?? new Float64Array());
      held.needed += Number((lower ?? 0) <= 800 && (upper ?? Number.POSITIVE_INFINITY) >= 800);
    }
    // With a coverage of 0.95, 1 of 4 or none has a probability of 0.0005, and 49 of 60 or fewer of 0.0003.
    const least = isDeep ? 50 : 2;
    for (const count of Object.values(held)) expect(count).toBeGreaterThanOrEqual(least);
  });

  it('that explainers do not share leave them uncompared', async () => {
    const rows = simulatedItems(2, [...line('self', 0, [100]), ...line('other', 0, [50])], size);
    const task = await compared(rows);
    expect(task.selfMinusOther).toEqual({ why: expect.stringMatching(/share no number/) });
    expect(task.differences).toEqual([]);
  });

  it('of one explainer are compared with each other', async () => {
    const rows = simulatedItems(2, [...line('self', 0, [50, 400])], size);
    const task = await compared(rows);
    expect(task.differences.map(({ one, other }) => [one, other])).toEqual([
      ['self, n = 400', 'self, n = 50'],
    ]);
    expect(task.selfMinusOther).toEqual({ why: expect.stringMatching(/There is one explainer/) });
  });
});

describe('graded scores', () => {
  const rows = (sign: number): Cells[] => {
    const { normal } = randomStream(4, 'graded');
    return Array.from({ length: 60 }, (_, i) => {
      const ease = 0.1 * normal();
      const score = (level: number) => sign * Math.min(1, Math.max(-1, level + ease));
      return [
        { item: i, target: 'm', task: 'features', explainer: 'self', score: score(0.5) },
        {
          ...{ item: i, target: 'm', task: 'features', explainer: 'other' },
          score: score(0.3 + 0.02 * normal()),
        },
      ];
    }).flat();
  };

  it('are compared in pairs: what an item adds to both cancels', async () => {
    const task = await compared(rows(1));
    expect(task.kind).toBe('graded');
    const draws = drawsOf(task.selfMinusOther);
    const [low, high] = hdi(draws);
    // 60 differences of sd 0.02: a standard error of 0.0026; unpaired it would be 0.018.
    expect(Math.abs(mean(draws) - 0.2)).toBeLessThan(4 * 0.0026);
    expect(high - low).toBeLessThan(2 * 4 * 0.0026);
  });

  it('keep their signs: a description of the opposite earns nothing', async () => {
    const task = await compared(rows(-1));
    expect(mean(accuracyOf(task, 'self'))).toBeLessThan(-0.4);
    expect(mean(drawsOf(task.selfMinusOther))).toBeCloseTo(-0.2, 1);
  });

  it('that are all equal have no interval', async () => {
    const equal = rows(1).map((row) => ({ ...row, score: 0.5 }));
    const task = await compared(equal);
    expect(task.selfMinusOther).toEqual({ why: expect.stringMatching(/are 0: the mean has no/) });
  });
});

describe('several answers to an item', () => {
  it('count by their mean, not by the best', async () => {
    const { uniform } = randomStream(5, 'samples');
    const rows = Array.from({ length: 80 }, (_, item) => [
      { item, target: 'm', task: 'patching', explainer: 'self', score: Number(uniform() < 0.5) },
      ...[1, 2, 3, 4, 5].map((sample) => ({
        ...{ item, target: 'm', task: 'patching', explainer: 'SelfIE', sample },
        score: Number(uniform() < 0.5),
      })),
    ]).flat();
    const { rows: read, notes } = readItems([tableOf(rows)]);
    expect(notes.join()).toMatch(/SelfIE gave several answers.*mean/);
    const [task] = await compareItems(read, sampling);
    // The best of five would be right in 97%.
    expect(task?.explainers.map(({ answers }) => answers)).toEqual([80, 400]);
    expect(holds(drawsOf(task?.selfMinusOther), 0)).toBe(true);
  });
});

describe('saying that the output changes', () => {
  it('has a precision of those said to change, and a recall of those that change', async () => {
    // 40 items change; self says so of 30 of them and of 10 others: precision 3/4; the other of 20 and 0.
    const rows = Array.from({ length: 100 }, (_, item) =>
      ['self', 'other'].map((explainer) => {
        const changed = item < 40;
        const says = explainer === 'self' ? (changed ? item < 30 : item < 50) : item < 20;
        return {
          ...{ item, target: 'm', task: 'patching', explainer, changed, says_changed: says },
          score: Number(says === changed),
        };
      }),
    ).flat();
    const { changed } = await compared(rows);
    const rates = changed?.map((arm) => [
      arm.explainer,
      arm.rates.precision.value,
      arm.rates.recall.value,
    ]);
    expect(rates).toEqual([
      ['self', 30 / 40, 30 / 40],
      ['other', 1, 0.5],
    ]);
    const [, other] = changed ?? [];
    expect(other && holds(other.draws.recall, 0.5)).toBe(true);
  });
});
