/**
 * The doubling tree on whole numbers. A state is an integer, a span an interval of integers, and
 * what turns, what diverges and what weighs how much is chosen by each test, so that the answers
 * are known without any physics.
 */
import chiSquareCdf from '@stdlib/stats-base-dists-chisquare-cdf';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { randomStream } from '../../src/random/stream.js';
import { logAddExp, type Span, type TreeRandom, treeGrower } from '../../src/sampler/tree.js';

interface IntegerSpan extends Span {
  low: number;
  high: number;
  proposal: number;
}

interface Rules {
  /** Where the interval [low, high] turns back on itself. */
  turns(low: number, high: number): boolean;
  diverges(state: number): boolean;
  logWeight(state: number): number;
}

const freeRules: Rules = { turns: () => false, diverges: () => false, logWeight: () => 0 };

/** One trajectory from `start`: its final span, what it visited, and how it ended. */
function growFrom(start: number, given: Partial<Rules>, maxDepth: number, random: TreeRandom) {
  const rules = { ...freeRules, ...given };
  const visited: number[] = [];
  let front = start;
  let back = start;
  let direction = 1;
  const newSpan = (): IntegerSpan => ({ logWeight: NaN, low: NaN, high: NaN, proposal: NaN });
  const grow = treeGrower<IntegerSpan>(
    {
      newSpan,
      step(leaf) {
        front += direction;
        visited.push(front);
        if (rules.diverges(front)) return false;
        Object.assign(leaf, { low: front, high: front, proposal: front });
        leaf.logWeight = rules.logWeight(front);
        return true;
      },
      join(first, second, joined, takeSecond) {
        // The second half goes on where the first one ends.
        const gap = direction > 0 ? second.low - first.high : first.low - second.high;
        if (gap !== 1) throw new Error(`the halves are ${gap} apart`);
        joined.low = Math.min(first.low, second.low);
        joined.high = Math.max(first.high, second.high);
        joined.proposal = takeSecond ? second.proposal : first.proposal;
        // The contract allows their buffers to be reused.
        Object.assign(first, newSpan());
        Object.assign(second, newSpan());
        return !rules.turns(joined.low, joined.high);
      },
      reverse() {
        [front, back] = [back, front];
        direction = -direction;
      },
    },
    maxDepth,
  );
  const whole = {
    ...newSpan(),
    low: start,
    high: start,
    proposal: start,
    logWeight: rules.logWeight(start),
  };
  const { span, depth, end } = grow(whole, random);
  return { ...span, depth, end, visited };
}

/** Directions and choices fixed in advance. */
function scripted(reversals: readonly boolean[], uniforms: readonly number[] = []): TreeRandom {
  let coin = 0;
  let uniform = 0;
  return {
    coin: () => reversals[coin++] ?? false,
    uniform: () => uniforms[uniform++] ?? 0.5,
  };
}

const reversals = fc.array(fc.boolean(), { minLength: 8, maxLength: 8 });
const depths = fc.integer({ min: 1, max: 7 });

/** The same tree by its definition: double while no dyadic part of the new half is bad. */
function oracle(rules: Rules, maxDepth: number, directions: readonly boolean[]) {
  const bad = (low: number, high: number, size: number): boolean => {
    for (let part = 2; part <= size; part *= 2) {
      for (let at = low; at <= high; at += part) if (rules.turns(at, at + part - 1)) return true;
    }
    for (let state = low; state <= high; state++) if (rules.diverges(state)) return true;
    return false;
  };
  let [low, high, upwards] = [0, 0, true];
  for (let depth = 0; depth < maxDepth; depth++) {
    const size = 2 ** depth;
    upwards = directions[depth] ? !upwards : upwards;
    const half = upwards ? [high + 1, high + size] : [low - size, low - 1];
    if (bad(half[0], half[1], size)) return { low, high, depth, end: 'bad half' };
    low = Math.min(low, half[0]);
    high = Math.max(high, half[1]);
    if (rules.turns(low, high)) return { low, high, depth: depth + 1, end: 'u-turn' };
  }
  return { low, high, depth: maxDepth, end: 'max-depth' };
}

describe('a doubling tree that nothing stops', () => {
  it('covers a run of 2^maxDepth integers around its start, and visits each of them once', () => {
    fc.assert(
      fc.property(reversals, depths, fc.integer({ min: -50, max: 50 }), (coins, depth, start) => {
        const tree = growFrom(start, {}, depth, scripted(coins));
        expect(tree.high - tree.low + 1).toBe(2 ** depth);
        expect(tree.low <= start && start <= tree.high).toBe(true);
        expect(tree.proposal >= tree.low && tree.proposal <= tree.high).toBe(true);
        const run = Array.from({ length: 2 ** depth }, (_, i) => tree.low + i);
        expect([start, ...tree.visited].sort((a, b) => a - b)).toEqual(run);
        expect(tree).toMatchObject({ depth, end: 'max-depth' });
      }),
      { seed: 2025, numRuns: 300 },
    );
  });

  it('sums the weights of all its states', () => {
    const logWeight = (state: number) => Math.sin(state);
    const tree = growFrom(0, { logWeight }, 5, scripted([false, true, true, false, true]));
    const states = Array.from({ length: 32 }, (_, i) => tree.low + i);
    const sum = states.reduce((total, state) => total + Math.exp(logWeight(state)), 0);
    // 31 additions of logarithms below 5, each right to a rounding of 2^-53 · 5 or so.
    expect(Math.abs(tree.logWeight - Math.log(sum))).toBeLessThan(31 * 5 * 2 ** -52);
  });
});

describe('a doubling tree with an end', () => {
  it('stops at the first turn: with length L, at the first power of two that reaches L', () => {
    fc.assert(
      fc.property(reversals, fc.integer({ min: 2, max: 128 }), (coins, length) => {
        const turns = (low: number, high: number) => high - low + 1 >= length;
        const tree = growFrom(0, { turns }, 8, scripted(coins));
        expect(tree.depth).toBe(Math.ceil(Math.log2(length)));
        expect(tree.high - tree.low + 1).toBe(2 ** tree.depth);
      }),
      { seed: 2025, numRuns: 200 },
    );
  });

  it('keeps what it had where the new half turns within itself', () => {
    const turns = (low: number) => low > 0;
    // Uniforms: take state 1 at the first doubling; the second one, [2, 3], turns within itself.
    const tree = growFrom(0, { turns }, 5, scripted([false, false], [0, 0, 0]));
    expect(tree).toMatchObject({ low: 0, high: 1, proposal: 1, depth: 1, end: 'u-turn' });
    expect(tree.visited).toEqual([1, 2, 3]);
  });

  it('keeps what it had where the new half diverges, and goes no further', () => {
    const diverges = (state: number) => state === -2;
    const tree = growFrom(0, { diverges }, 5, scripted([false, true], [0, 0, 0]));
    expect(tree).toMatchObject({ low: 0, high: 1, proposal: 1, depth: 1, end: 'divergence' });
    expect(tree.visited).toEqual([1, -1, -2]);
  });

  it('may still move to the new half where only the whole turns', () => {
    const turns = (low: number, high: number) => high - low === 3;
    const tree = growFrom(0, { turns }, 5, scripted([false, false], [0.9, 0, 0]));
    expect(tree).toMatchObject({ low: 0, high: 3, proposal: 3, depth: 2 });
  });

  it('agrees with its definition for any turns, divergences and directions', () => {
    const parameters = fc.tuple(fc.integer({ min: 2, max: 40 }), fc.integer({ min: -60, max: 60 }));
    fc.assert(
      fc.property(reversals, depths, parameters, (coins, depth, [modulus, cliff]) => {
        const rules: Rules = {
          turns: (low, high) => high - low > 1 && (3 * low + 5 * high + cliff) % modulus === 0,
          diverges: (state) => state === cliff && cliff !== 0,
          logWeight: () => 0,
        };
        const tree = growFrom(0, rules, depth, scripted(coins));
        const { low, high, depth: reached, end } = oracle(rules, depth, coins);
        expect([tree.low, tree.high, tree.depth]).toEqual([low, high, reached]);
        // A half ends at its first bad state or part; a divergent state is the last one visited.
        const diverged = rules.diverges(tree.visited.at(-1) ?? 0);
        const badHalf = diverged ? 'divergence' : 'u-turn';
        expect(tree.end).toBe(end === 'bad half' ? badHalf : end);
      }),
      { seed: 2025, numRuns: 1000 },
    );
  });
});

describe('the proposal of a doubling tree', () => {
  it('has the probabilities of biased progressive sampling, by enumeration', () => {
    // States 0 to 3 with weights 4, 2, 1, 2, grown upwards. The first doubling moves to 1 with
    // probability 2/4; the subtree {2, 3} proposes 3 with probability 2/3; the second doubling
    // moves there with probability 3/6. All thresholds are sixths, so that sixths are enough.
    const weights = [4, 2, 1, 2];
    const sixths = [0, 1, 2, 3, 4, 5].map((k) => (k + 0.5) / 6);
    const counts = [0, 0, 0, 0];
    for (const a of sixths) {
      for (const b of sixths) {
        for (const c of sixths) {
          const logWeight = (state: number) => Math.log(weights[state]);
          counts[growFrom(0, { logWeight }, 2, scripted([], [a, b, c])).proposal]++;
        }
      }
    }
    // 216 times (1/4, 1/4, 1/6, 1/3).
    expect(counts).toEqual([54, 54, 36, 72]);
  });

  it('leaves the weights as they are: from the target, one transition leads to the target (false alarms 1 in 1,000)', () => {
    // Starts are independent draws from the weights, so that the counts of the ends are
    // multinomial with the same weights, and Pearson's statistic is chi-squared.
    const weights = Array.from({ length: 24 }, (_, state) => 2 + Math.sin(state) + state / 12);
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    const rules = {
      turns: (low: number, high: number) => (7 * low + 3 * high) % 5 === 0 || high - low > 10,
      diverges: (state: number) => state < 0 || state >= weights.length,
      logWeight: (state: number) => Math.log(weights[state]),
    };
    const random = randomStream('tree', 2025);
    const ends = weights.map(() => 0);
    const runs = 60_000;
    for (let run = 0; run < runs; run++) {
      let start = 0;
      for (let left = random.uniform() * total; left > weights[start]; start++) {
        left -= weights[start];
      }
      ends[growFrom(start, rules, 5, random).proposal]++;
    }
    const statistic = ends.reduce((sum, count, state) => {
      const expected = (runs * weights[state]) / total;
      return sum + (count - expected) ** 2 / expected;
    }, 0);
    expect(1 - chiSquareCdf(statistic, weights.length - 1)).toBeGreaterThan(1e-3);
  });
});

describe('logAddExp', () => {
  it('is the logarithm of a sum, whatever the size of its parts', () => {
    const part = fc.double({ min: -1e4, max: 1e4, noNaN: true });
    fc.assert(
      fc.property(part, part, (a, b) => {
        const high = Math.max(a, b);
        const sum = high + Math.log(Math.exp(a - high) + Math.exp(b - high));
        // Each side rounds at 2^-53 of its size, and the sum in (1, 2] at 2^-52.
        expect(Math.abs(logAddExp(a, b) - sum)).toBeLessThan(2 ** -51 * (1 + Math.abs(high)));
        expect(logAddExp(a, b)).toBe(logAddExp(b, a));
      }),
      { seed: 2025, numRuns: 1000 },
    );
  });

  it('of nothing and a part is the part', () => {
    const nothing = Number.NEGATIVE_INFINITY;
    expect(logAddExp(nothing, 3)).toBe(3);
    expect(logAddExp(3, nothing)).toBe(3);
    expect(logAddExp(nothing, nothing)).toBe(nothing);
  });
});
