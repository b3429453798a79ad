/** The simulated model: it chooses by its weights and reports what it sees of them. */
import { describe, expect, test } from 'vitest';
import { correlation } from '../../src/analysis/standardize.js';
import { randomStream } from '../../src/random/stream.js';
import { shuffle } from '../../src/simulation/replica-tables.js';
import {
  choose,
  drawTrials,
  type ReportLuck,
  report,
} from '../../src/simulation/simulated-model.js';
import type { Context } from '../../src/study/context.js';

const context: Context = {
  name: 'house',
  question: 'Which?',
  attributes: [
    { name: 'size', min: 0, max: 100 },
    { name: 'age', min: 10, max: 60 },
  ],
};

describe('choices', () => {
  const trials = drawTrials([context], 2000, randomStream(2025, 'trials'));

  test('follow the logistic rule', () => {
    const weights = [1, -0.5];
    const choices = choose(trials, () => weights, 3);
    // Trials sorted by predicted probability into ten bins: a chi-squared test at 1e-4 (df 10).
    const predicted = trials.map(({ differences }) => {
      const logOdds = 3 * (1 * (differences[0] ?? 0) - 0.5 * (differences[1] ?? 0));
      return 1 / (1 + Math.exp(-logOdds));
    });
    let statistic = 0;
    for (let bin = 0; bin < 10; bin++) {
      const members = predicted.flatMap((p, i) =>
        p >= bin / 10 && p < (bin + 1) / 10 ? [{ p, a: choices[i]?.choseA ? 1 : 0 }] : [],
      );
      const expected = members.reduce((sum, { p }) => sum + p, 0);
      const variance = members.reduce((sum, { p }) => sum + p * (1 - p), 0);
      const observed = members.reduce((sum, { a }) => sum + a, 0);
      statistic += (observed - expected) ** 2 / variance;
    }
    expect(statistic).toBeLessThan(35.6);
  });

  test('are coin flips at zero sharpness and certain at a great one', () => {
    const share = (sharpness: number) => {
      const choices = choose(trials, () => [1, 0], sharpness);
      const agreeing = trials.filter(
        ({ differences }, i) => (differences[0] ?? 0) > 0 === choices[i]?.choseA,
      );
      return agreeing.length / trials.length;
    };
    // Binomial(2000, 1/2): four standard deviations are 4.5%.
    expect(Math.abs(share(0) - 0.5)).toBeLessThan(0.045);
    // All but ties, which B takes, and differences of a hundredth.
    expect(share(1e6)).toBeGreaterThan(0.98);
  });
});

describe('reports', () => {
  const random = randomStream(2025, 'reports');
  const contexts = Array.from({ length: 400 }, (_, i) => ({ ...context, name: `context ${i}` }));
  const signal = new Map(contexts.map(({ name }) => [name, [random.normal(), random.normal()]]));
  const luck: ReportLuck[] = contexts.map((one) => ({
    context: one,
    view: [random.normal(), random.normal()],
    slips: [[random.normal(), random.normal()]],
  }));
  const correlationAt = (insight: number) => {
    const reports = report(luck, (name) => signal.get(name) ?? [], insight);
    return correlation(
      reports.flatMap(({ weights }) => weights),
      reports.flatMap(({ context: name }) => signal.get(name) ?? []),
    );
  };

  test('correlate with what the reporter looks at as its insight says', () => {
    // Slips and the ends of the scale take a little: a tenth of the correlation at most, beside
    // the sampling error of 800 pairs, 0.035.
    expect(Math.abs(correlationAt(0))).toBeLessThan(4 * 0.036);
    expect(correlationAt(0.7)).toBeGreaterThan(0.63 - 4 * 0.036);
    expect(correlationAt(0.7)).toBeLessThan(0.7 + 4 * 0.036);
    expect(correlationAt(-1)).toBeLessThan(-0.9);
  });

  test('are multiples of five within ±100', () => {
    for (const { weights } of report(luck, (name) => signal.get(name) ?? [], 0.5)) {
      for (const weight of weights) {
        expect(Math.abs(weight)).toBeLessThanOrEqual(100);
        expect(Math.abs(weight % 5)).toBe(0);
      }
    }
  });
});

describe('shuffle', () => {
  test('gives every order of three equally often', () => {
    const random = randomStream(2025, 'shuffle');
    const counts = new Map<string, number>();
    for (let i = 0; i < 6000; i++) {
      const order = shuffle(['a', 'b', 'c'], random).join('');
      counts.set(order, (counts.get(order) ?? 0) + 1);
    }
    expect(counts.size).toBe(6);
    const statistic = [...counts.values()].reduce((sum, n) => sum + (n - 1000) ** 2 / 1000, 0);
    // Chi-squared with 5 degrees of freedom at 1e-4.
    expect(statistic).toBeLessThan(25.7);
  });
});
