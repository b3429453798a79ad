/**
 * The summary of a fit: its rows are what the single functions give, its diagnostics the worst of
 * its parts, and its warnings name each way of falling short and nothing else.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ebfmi, rhat, sampleMoments } from '../../src/posterior/convergence.js';
import { type Draws, joinChains, parameterDraws } from '../../src/posterior/draws.js';
import { essBulk, essTail, mcseMean } from '../../src/posterior/fast/convergence.js';
import { mcseHdi } from '../../src/posterior/interval-errors.js';
import { hdi } from '../../src/posterior/intervals.js';
import { mapEstimate } from '../../src/posterior/mode.js';
import { median, quantileOfSorted, sorted } from '../../src/posterior/quantiles.js';
import {
  type Diagnostics,
  diagnose,
  shortfalls,
  summarize,
  summarizeParameter,
  worstDiagnostics,
} from '../../src/posterior/summary.js';
import { randomStream } from '../../src/random/stream.js';

/** Four chains: one parameter normal, one that differs by chain, one constant. */
function someDraws(length = 50): Draws {
  const random = randomStream('summary');
  const chain = (index: number) =>
    Float64Array.from(
      { length: 3 * length },
      (_, i) => [random.normal(), index + random.normal(), 3][i % 3],
    );
  return joinChains(['calm', 'torn', 'constant'], [0, 1, 2, 3].map(chain));
}

const good: Diagnostics = {
  maxRhat: 1.01,
  minEssBulk: 400,
  minEssTail: 400,
  divergences: 0,
  maxDepthHits: 0,
  minEbfmi: 0.3,
  paretoK: null,
};

describe('a row of the summary', () => {
  // Odd chains are halved without their middle draw, which mean, tails and HDI still count.
  it.each([50, 51])(
    'holds what the single functions give for the draws of its parameter: %i a chain',
    (length) => {
      const draws = someDraws(length);
      const rows = summarize(draws);
      expect(rows.map((row) => row.name)).toEqual(['calm', 'torn', 'constant']);
      rows.forEach((row, index) => {
        const values = parameterDraws(draws, row.name);
        const { mean, variance } = sampleMoments(values);
        expect(row).toEqual({
          name: row.name,
          mean,
          median: median(values),
          mode: mapEstimate(values, 4).mode,
          sd: Math.sqrt(variance),
          hdi: hdi(values, 0.95),
          hdiMcse: mcseHdi(values, 4, 0.95),
          q5: quantileOfSorted(sorted(values), 0.05),
          q95: quantileOfSorted(sorted(values), 0.95),
          // The order of its sums is another.
          rhat: Number.isNaN(row.rhat) ? Number.NaN : expect.closeTo(rhat(values, 4), 12),
          essBulk: essBulk(values, 4),
          essTail: essTail(values, 4),
          mcseMean: mcseMean(values, 4),
          mcseMode: mapEstimate(values, 4).mcse,
        });
        expect(summarizeParameter(draws, index)).toEqual(row);
      });
      const [calm, torn, constant] = rows;
      expect(calm.rhat).toBeLessThan(1.1);
      expect(torn.rhat).toBeGreaterThan(1.3);
      expect(constant.rhat).toBeNaN();
    },
  );
});

describe('the summary of a fit', () => {
  it('does not depend on the fits summarized before it, of whatever size', () => {
    const draws = someDraws();
    const alone = summarize(draws);
    const random = randomStream('other fits');
    for (const length of [50, 51, 7, 1000]) {
      const chains = [0, 1].map(() => Float64Array.from({ length: 2 * length }, random.normal));
      summarize(joinChains(['a', 'b'], chains));
      expect(summarize(draws)).toEqual(alone);
    }
    // One chain of 218 and four of 50, with what pads them, take as much room.
    summarize(joinChains(['long'], [Float64Array.from({ length: 218 }, random.normal)]));
    expect(summarize(draws)).toEqual(alone);
    // Nor do rows that were given out change with later ones.
    const kept = structuredClone(alone);
    summarize(
      joinChains(
        ['other'],
        [0, 1, 2, 3].map(() => new Float64Array(50).fill(1)),
      ),
    );
    expect(alone).toEqual(kept);
  });
});

describe('diagnostics', () => {
  it('are the worst of the parameters and the totals of the chains', () => {
    const [calm, torn] = summarize(someDraws());
    const chains = [
      { energy: Float64Array.of(0, 1, 0, 1), divergences: 2, maxDepthHits: 0 },
      { energy: Float64Array.of(0, 1, 2, 3), divergences: 1, maxDepthHits: 5 },
    ];
    expect(diagnose([calm, torn], chains)).toEqual({
      maxRhat: torn.rhat,
      minEssBulk: torn.essBulk,
      minEssTail: Math.min(calm.essTail, torn.essTail),
      divergences: 3,
      maxDepthHits: 5,
      // Steps 1 + 1 + 1 over squares 9/4 + 1/4 + 1/4 + 9/4.
      minEbfmi: ebfmi(chains[1].energy),
      paretoK: null,
    });
    expect(ebfmi(chains[1].energy)).toBeCloseTo(0.6, 14);
  });

  it('without a value for one parameter have none for the fit', () => {
    const { maxRhat, minEssBulk, minEssTail } = diagnose(summarize(someDraws()), []);
    expect([maxRhat, minEssBulk, minEssTail]).toEqual([Number.NaN, Number.NaN, Number.NaN]);
  });

  it('of several fits are the worst of each', () => {
    const other = { ...good, maxRhat: 1.2, minEssTail: 90, divergences: 2, minEbfmi: 0.1 };
    const third = { ...good, minEssBulk: 50, divergences: 1, maxDepthHits: 7 };
    const worst = {
      maxRhat: 1.2,
      minEssBulk: 50,
      minEssTail: 90,
      divergences: 3,
      maxDepthHits: 7,
      minEbfmi: 0.1,
      paretoK: null,
    };
    expect(worstDiagnostics([good, other, third])).toEqual(worst);
    expect(worstDiagnostics([third, good, other])).toEqual(worst);
    expect(worstDiagnostics([other])).toEqual(other);
  });
});

describe('shortfalls', () => {
  it('are none for a fit at the very bounds: R-hat 1.01, ESS 400, E-BFMI 0.3', () => {
    expect(shortfalls(good)).toEqual([]);
  });

  const ways: [way: string, worse: Partial<Diagnostics>, line: RegExp][] = [
    ['chains that disagree', { maxRhat: 1.0234 }, /^R-hat is 1\.023, above 1\.01/],
    ['an R-hat without a value', { maxRhat: Number.NaN }, /^R-hat is NaN/],
    ['a low bulk ESS', { minEssBulk: 123.4 }, /^bulk ESS is 123, below 400/],
    ['a low tail ESS', { minEssTail: 99 }, /^tail ESS is 99, below 400/],
    ['the lower of two ESS', { minEssBulk: 99, minEssTail: 100 }, /^bulk ESS is 99/],
    ['a bulk ESS without a value', { minEssBulk: Number.NaN }, /^bulk ESS is NaN/],
    ['a tail ESS without a value', { minEssTail: Number.NaN }, /^tail ESS is NaN/],
    ['divergences', { divergences: 3 }, /^divergent transitions: 3/],
    ['truncated trajectories', { maxDepthHits: 12 }, /^trajectories at the maximum tree depth: 12/],
    ['a low E-BFMI', { minEbfmi: 0.214 }, /^E-BFMI is 0\.21, below 0\.3/],
  ];
  it.each(ways)('name %s, and nothing else', (_, worse, line) => {
    const lines = shortfalls({ ...good, ...worse });
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(line);
    expect(lines[0]).not.toContain('\n');
  });

  it('are as many as the ways in which the fit falls short', () => {
    const unsound = fc.record({
      maxRhat: fc.constantFrom(1, 1.005, 1.02, 3, Number.NaN, Number.POSITIVE_INFINITY),
      minEssBulk: fc.constantFrom(5, 399.9, 400, 4000, Number.NaN),
      minEssTail: fc.constantFrom(5, 399.9, 400, 4000, Number.NaN),
      divergences: fc.nat(2),
      maxDepthHits: fc.nat(2),
      minEbfmi: fc.constantFrom(0.1, 0.29, 0.3, 1),
      paretoK: fc.constantFrom(null, 0.1),
    });
    fc.assert(
      fc.property(unsound, (diagnostics) => {
        const short = [
          !(diagnostics.maxRhat <= 1.01),
          !(diagnostics.minEssBulk >= 400) || !(diagnostics.minEssTail >= 400),
          diagnostics.divergences > 0,
          diagnostics.maxDepthHits > 0,
          diagnostics.minEbfmi < 0.3,
        ];
        expect(shortfalls(diagnostics)).toHaveLength(short.filter(Boolean).length);
      }),
      { seed: 2025, numRuns: 300 },
    );
  });
});
