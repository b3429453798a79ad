/** The band and the tests of uniform ranks: exact where they can be, by simulation where not. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  binomialProbabilities,
  binomialTails,
  clopperPearson,
  coverageOf,
  uniformBand,
  uniformity,
} from '../../src/posterior/uniformity.js';
import { quickStream } from '../../src/random/quick-stream.js';

/** All ways in which `count` ranks can fall on `possible` values, as counts below 1, 2, …, L. */
function* allPaths(
  count: number,
  possible: number,
): Generator<{ below: number[]; weight: number }> {
  const ranks = new Array<number>(count).fill(0);
  for (let code = 0; code < possible ** count; code++) {
    let rest = code;
    for (let i = 0; i < count; i++) {
      ranks[i] = rest % possible;
      rest = Math.floor(rest / possible);
    }
    const below = Array.from(
      { length: possible - 1 },
      (_, k) => ranks.filter((r) => r <= k).length,
    );
    yield { below, weight: possible ** -count };
  }
}

describe('the probability of staying within bounds', () => {
  it('is the share of all paths that do', () => {
    const [count, possible] = [4, 5];
    const bound = fc.tuple(fc.nat(count), fc.nat(count));
    fc.assert(
      fc.property(
        fc.array(bound, { minLength: possible - 1, maxLength: possible - 1 }),
        (pairs) => {
          const bounds = pairs.map(([a, b]): [number, number] => [Math.min(a, b), Math.max(a, b)]);
          let share = 0;
          for (const { below, weight } of allPaths(count, possible)) {
            if (
              bounds.every(([low, high], k) => low <= (below[k] ?? -1) && (below[k] ?? -1) <= high)
            ) {
              share += weight;
            }
          }
          expect(coverageOf(bounds, count, possible)).toBeCloseTo(share, 12);
        },
      ),
      { seed: 2025, numRuns: 50 },
    );
  });

  it('is 1 without bounds, for many ranks too', () => {
    const bounds = Array.from({ length: 99 }, (): [number, number] => [0, 500]);
    expect(coverageOf(bounds, 500, 100)).toBeCloseTo(1, 10);
  });
});

describe('the band of uniform ranks', () => {
  it('is left with the probability that it says, and hardly a narrower one is', () => {
    const band = uniformBand(200, 100);
    const coverage = coverageOf(band.bounds, 200, 100);
    expect(coverage).toBeGreaterThanOrEqual(0.95);
    // Counts are whole: the next narrower band may lose up to the mass of single counts.
    expect(coverage).toBeLessThan(0.96);
    // Wider than a pointwise band: at the middle 1.96 sd of √50 are 13.9.
    const [low, high] = band.bounds[49] ?? expect.fail();
    expect(high - low).toBeGreaterThan(2 * 1.96 * Math.sqrt(50));
    expect(low + high).toBe(200);
  });

  it('holds simulated uniform ranks as often as it says', () => {
    const band = uniformBand(100, 20);
    const exact = coverageOf(band.bounds, 100, 20);
    const random = quickStream('uniform ranks');
    let within = 0;
    let rejected = 0;
    const runs = 4000;
    for (let run = 0; run < runs; run++) {
      const ranks = Array.from({ length: 100 }, () => Math.floor(20 * random.uniform()));
      const { ecdf, pValue } = uniformity(ranks, band);
      const inside = ecdf.difference.every(
        (d, i) => (ecdf.low[i] ?? 0) <= d && d <= (ecdf.high[i] ?? 0),
      );
      if (inside) within++;
      if (pValue <= 0.05) rejected++;
    }
    // Five standard errors of a share: one false alarm in a million.
    const error = 5 * Math.sqrt((0.05 * 0.95) / runs);
    expect(Math.abs(within / runs - exact)).toBeLessThan(error);
    // p is discrete: at most 5%, and not far below.
    expect(rejected / runs).toBeLessThan(0.05 + error);
    expect(rejected / runs).toBeGreaterThan(0.025);
  });
});

describe('the p value of ranks', () => {
  it('is the share of paths with an excursion as unlikely', () => {
    const [count, possible] = [4, 4];
    const band = uniformBand(count, possible);
    const unlikelihood = (below: readonly number[]) =>
      Math.min(
        1,
        ...band.tails.map(({ upTo, from }, k) =>
          Math.min(2 * (upTo[below[k] ?? 0] ?? 0), 2 * (from[below[k] ?? 0] ?? 0)),
        ),
      );
    const paths = [...allPaths(count, possible)];
    for (const ranks of [
      [0, 0, 0, 0],
      [0, 1, 2, 3],
      [3, 3, 1, 3],
      [1, 1, 2, 2],
      [2, 0, 0, 0],
    ]) {
      const below = [1, 2, 3].map((k) => ranks.filter((rank) => rank < k).length);
      const own = unlikelihood(below);
      const share = paths
        .filter((path) => unlikelihood(path.below) <= own)
        .reduce((sum, { weight }) => sum + weight, 0);
      expect(uniformity(ranks, band).pValue).toBeCloseTo(share, 10);
    }
  });

  it('is small for ranks that lie to one side, in the middle, or at both ends', () => {
    const band = uniformBand(200, 100);
    const random = quickStream('shapes');
    const ranks = (map: (u: number) => number) =>
      Array.from({ length: 200 }, () => Math.min(99, Math.floor(100 * map(random.uniform()))));
    const middle = (u: number) => 0.5 + 0.35 * (2 * u - 1);
    const ends = (u: number) => 0.5 - 0.5 * Math.cos(Math.PI * u);
    for (const map of [(u: number) => u ** 1.6, middle, ends]) {
      const { pValue, chiSquare } = uniformity(ranks(map), band);
      expect(pValue).toBeLessThan(1e-3);
      expect(chiSquare.pValue).toBeLessThan(1e-3);
    }
  });
});

describe('the histogram of ranks', () => {
  it('has equal bins of about twenty ranks, with all ranks in it', () => {
    const band = uniformBand(200, 100);
    const ranks = Array.from({ length: 200 }, (_, i) => i % 100);
    const { histogram, chiSquare } = uniformity(ranks, band);
    expect(histogram.edges).toEqual([0, 10, 20, 30, 40, 50, 60, 70, 80, 90, 100]);
    expect(histogram.counts).toEqual(new Array(10).fill(20));
    // R: qbinom(c(0.005, 0.995), 200, 0.1) is 10 and 32.
    expect(histogram.band).toEqual([10, 32]);
    expect(chiSquare).toEqual({ statistic: 0, df: 9, pValue: 1 });
  });

  it('has a chi-square test as that of R', () => {
    const counts = [30, 14, 20, 25, 16, 15, 20, 19, 21, 20];
    const ranks = counts.flatMap((count, bin) => new Array<number>(count).fill(10 * bin + 3));
    const { chiSquare } = uniformity(ranks, uniformBand(200, 100));
    // R: chisq.test(c(30, 14, 20, 25, 16, 15, 20, 19, 21, 20))
    expect(chiSquare.statistic).toBeCloseTo(10.2, 10);
    expect(chiSquare.pValue).toBeCloseTo(0.334538151634006, 10);
  });
});

describe('binomial probabilities and intervals', () => {
  it('are those of R', () => {
    // R: dbinom(c(0, 3, 10), 10, 0.3)
    const probabilities = binomialProbabilities(10, 0.3);
    expect(probabilities[0]).toBeCloseTo(0.0282475249, 12);
    expect(probabilities[3]).toBeCloseTo(0.266827932, 12);
    expect(probabilities[10]).toBeCloseTo(5.9049e-6, 12);
    expect([...binomialProbabilities(3, 1)]).toEqual([0, 0, 0, 1]);
    const { upTo, from } = binomialTails(10, 0.3);
    expect(upTo[10]).toBeCloseTo(1, 12);
    expect((upTo[3] ?? 0) + (from[4] ?? 0)).toBeCloseTo(1, 12);
    // R: binom.test(93, 100)$conf.int
    const [low, high] = clopperPearson(93, 100);
    expect(low).toBeCloseTo(0.861080271544143, 8);
    expect(high).toBeCloseTo(0.971394711092561, 8);
    expect(clopperPearson(0, 10)[0]).toBe(0);
    expect(clopperPearson(10, 10)[1]).toBe(1);
  });
});
