/** LOO, WAIC and their comparison against the R package loo (test/reference/loo.R), and by definition. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { WeighbridgeError } from '../../src/errors.js';
import { eachObservation, logLikelihoodOf } from '../../src/posterior/log-likelihood.js';
import { loo, paretoKIds } from '../../src/posterior/loo.js';
import { looCompare } from '../../src/posterior/loo-compare.js';
import { psis, relativeEfficiency } from '../../src/posterior/psis.js';
import { paretoKThreshold } from '../../src/posterior/thresholds.js';
import { waic } from '../../src/posterior/waic.js';
import { quickStream } from '../../src/random/quick-stream.js';
import reference from '../reference/loo.json' with { type: 'json' };

/** What the issue asks for; sums of a thousand terms, in another order, differ by less than 1e-11. */
const TOLERANCE = 1e-8;

type Given = number | string | null;

/** Relative, or absolute below 1; null is no number, text an infinite one. */
function expectAgreement(ours: ArrayLike<number>, theirs: readonly Given[]): void {
  expect(ours.length).toBe(theirs.length);
  theirs.forEach((value, i) => {
    if (value === null) expect(ours[i]).toBeNaN();
    else if (typeof value === 'string') expect(ours[i]).toBe(Number(value));
    else {
      expect(Math.abs((ours[i] ?? Number.NaN) - value)).toBeLessThanOrEqual(
        TOLERANCE * Math.max(1, Math.abs(value)),
      );
    }
  });
}

const sets = reference.sets.map((set) => ({
  ...set,
  likelihood: logLikelihoodOf(Float64Array.from(set.logLikelihood), set.rows, set.chains),
}));

describe('loo against R', () => {
  it.each(sets)('pointwise and in sum: $name', ({ likelihood, ...expected }) => {
    const result = loo(likelihood);
    expectAgreement(result.diagnostics.relativeEfficiency, expected.relativeEfficiency);
    expectAgreement(result.pointwise.elpdLoo, expected.elpdLoo);
    expectAgreement(result.pointwise.mcseElpdLoo, expected.mcseElpdLoo);
    expectAgreement(result.pointwise.pLoo, expected.pLoo);
    expectAgreement(result.pointwise.looic, expected.looic);
    expectAgreement(result.pointwise.influenceParetoK, expected.paretoK);
    expectAgreement(result.diagnostics.paretoK, expected.paretoK);
    expectAgreement(result.diagnostics.ess, expected.ess);
    expectAgreement([result.mcseElpdLoo], [expected.mcse]);
    const threshold = 1 - 1 / Math.log10(result.draws);
    expect(result.diagnostics.paretoKThreshold).toBe(threshold);
    const untrusted = expected.paretoK.filter((k) => Number(k) > threshold).length;
    expect(result.warnings.join()).toMatch(untrusted ? new RegExp(`^${untrusted} of`) : /^$/);
    const { elpdLoo, pLoo, looic } = result;
    expectAgreement(
      [elpdLoo, pLoo, looic].flatMap(({ estimate, se }) => [estimate, se]),
      expected.estimates,
    );
  });

  it.each(sets)('weights of an observation: $name', ({ likelihood, rows, ...expected }) => {
    eachObservation(likelihood, (column, i) => {
      if (i !== rows - 1) return;
      const weights = psis(
        column.map((value) => -value),
        expected.relativeEfficiency[i],
      );
      expectAgreement(weights.logWeights(), expected.weights);
    });
  });

  it.each(sets)('as it is printed: $name', ({ likelihood, printed }) => {
    const { mcseElpdLoo, diagnostics } = loo(likelihood);
    const trimmed = (text: string) => text.split('\n').map((line) => line.trimEnd());
    const ours = trimmed(loo(likelihood).toString());
    // R's last line names its help page; ours says what to do, if anything.
    const numbers = paretoKIds(diagnostics).map((i) => i + 1);
    const advice =
      numbers.length === 0
        ? []
        : [expect.stringMatching(`fit without it: ${numbers.join(', ')}\\.$`)];
    expect(printed.at(-1)).toContain('See help');
    expect(ours).toEqual([...printed.slice(0, -1).map((line) => line.trimEnd()), ...advice]);
    expect(ours.join()).toContain(Number.isNaN(mcseElpdLoo) ? 'elpd_loo is NA.' : 'elpd_loo is ');
    const { relativeEfficiency } = loo(likelihood, { relativeEfficiency: 1 }).diagnostics;
    expect(relativeEfficiency.every((one) => one === 1)).toBe(true);
    expect(String(loo(likelihood, { relativeEfficiency: 1 }))).toContain(
      '\nMCSE and ESS estimates assume independent draws (r_eff=1).\n',
    );
  });
});

describe('rows whose likelihood is the same at all draws', () => {
  it.each([0, -1.5, -1e5])('add their log density, %s, and nothing to distrust', (constant) => {
    const { uniform } = quickStream(7);
    const draws = 200;
    const values = Float64Array.from({ length: 3 * draws }, (_, i) =>
      i % 3 === 1 ? constant * (1 + 1e-15 * (i % 2)) : -1 - 0.2 * uniform(),
    );
    const result = loo(logLikelihoodOf(values, 3, 2));
    const others = loo(
      logLikelihoodOf(
        values.filter((_, i) => i % 3 !== 1),
        2,
        2,
      ),
    );
    expect(result.warnings).toEqual([]);
    expect(result.diagnostics.paretoK[1]).toBe(0);
    expect(result.pointwise.elpdLoo[1]).toBeCloseTo(constant, 6);
    expect(result.pointwise.pLoo[1]).toBe(0);
    expect(result.pointwise.mcseElpdLoo[1]).toBe(0);
    expect(result.elpdLoo.estimate - constant).toBeCloseTo(others.elpdLoo.estimate, 6);
    expect(result.pLoo.estimate).toBeCloseTo(others.pLoo.estimate, 10);
    expect(result.mcseElpdLoo).toBeCloseTo(others.mcseElpdLoo, 10);
    expect(result.paretoKTable.reduce((sum, { count }) => sum + count, 0)).toBe(3);
  });
});

describe('waic against R', () => {
  it.each(sets)('in numbers and in print: $name', ({ likelihood, waic: expected }) => {
    const result = waic(likelihood);
    expectAgreement(result.pointwise.elpdWaic, expected.elpdWaic);
    expectAgreement(result.pointwise.pWaic, expected.pWaic);
    expectAgreement(result.pointwise.waic, expected.waic);
    const { elpdWaic, pWaic, waic: criterion } = result;
    expectAgreement(
      [elpdWaic, pWaic, criterion].flatMap(({ estimate, se }) => [estimate, se]),
      expected.estimates,
    );
    expect(result.toString().split('\n')).toEqual(expected.printed.map((line) => line.trimEnd()));
    expect(result.warnings.length).toBe(result.pointwise.pWaic.some((p) => p > 0.4) ? 1 : 0);
  });
});

describe('looCompare', () => {
  const { names, rows, chains, logLikelihoods } = reference.comparison;
  const likelihoods = logLikelihoods.map((values) =>
    logLikelihoodOf(Float64Array.from(values), rows, chains),
  );
  const models = <T>(criterion: (likelihood: (typeof likelihoods)[number]) => T) =>
    Object.fromEntries(names.map((name, i) => [name, criterion(likelihoods[i] ?? expect.fail())]));

  it.each(['loo', 'waic'] as const)('is that of R, by %s', (criterion) => {
    const expected = reference.comparison[criterion];
    const result = looCompare(
      criterion === 'loo' ? models((likelihood) => loo(likelihood)) : models(waic),
    );
    expect(result.rows.map(({ model }) => model)).toEqual(expected.models);
    expectAgreement(
      result.rows.flatMap(({ elpdDiff, seDiff, pWorse, elpd, p, ic }) => [
        ...[elpdDiff, seDiff, pWorse],
        ...[elpd, p, ic].flatMap(({ estimate, se }) => [estimate, se]),
      ]),
      expected.values,
    );
    expect(result.rows.map(({ diagDiff }) => diagDiff)).toEqual(expected.diagDiff);
    expect(result.rows.map(({ diagElpd }) => diagElpd)).toEqual(expected.diagElpd);
    const table = expected.printed.length;
    const lines = String(result)
      .split('\n')
      .map((line) => line.trimEnd());
    expect(lines.slice(0, table)).toEqual(expected.printed.map((line) => line.trimEnd()));
    expect(lines.slice(table)).toEqual([
      '',
      'diag_diff: p_worse is likely too large.',
      ...(criterion === 'loo' ? [expect.stringContaining('a high Pareto k')] : []),
    ]);
  });

  it('says nothing of a hundred observations that differ enough, and which differences are small', () => {
    const alike = { rows: 100, chains: 2, drawsPerChain: 50 };
    const shifted = (by: (i: number) => number) =>
      waic({
        ...alike,
        block(first, count, target) {
          for (let i = 0; i < count; i++) target.fill(by(first + i), 100 * i, 100 * (i + 1));
        },
      });
    const { rows } = looCompare({
      best: shifted(() => -1),
      near: shifted((i) => (i === 0 ? -4.9 : -1)),
      far: shifted((i) => (i === 0 ? -5.1 : -1)),
    });
    expect(rows.map(({ diagDiff }) => diagDiff)).toEqual(['', '|elpd_diff| < 4', '']);
  });

  it.each(reference.comparison.many)('takes the best of many for chance as R does (%#)', (set) => {
    const [likelihood] = likelihoods;
    if (!likelihood) return expect.fail();
    const shiftedBy = (shift: number) =>
      waic({
        ...likelihood,
        block(first, count, target) {
          likelihood.block(first, count, target);
          target.forEach((value, i) => {
            target[i] = value + shift;
          });
        },
      });
    const shifted = Object.fromEntries(
      set.shifts.map((shift, i) => [`model ${i}`, shiftedBy(shift)]),
    );
    expect(looCompare(shifted).warnings.length).toBe(set.warned);
  });

  it('refuses other numbers of observations, other criteria, and a single model', () => {
    const [one] = likelihoods;
    const [other] = sets;
    if (!one || !other) return expect.fail();
    expect(() => looCompare({ a: loo(one), b: loo(other.likelihood) })).toThrow(
      /'a' has 7 observations and 'b' 6/,
    );
    expect(() => looCompare({ a: loo(one), b: waic(one) })).toThrow(
      /'a' is by loo and 'b' by waic/,
    );
    expect(() => looCompare({ a: loo(one) })).toThrow(WeighbridgeError);
  });

  it('warns of other outcomes', () => {
    const [one] = likelihoods;
    if (!one) return expect.fail();
    const result = loo(one);
    const outcomes = Array.from({ length: rows }, (_, i) => i);
    const others = outcomes.toReversed();
    expect(looCompare({ a: { ...result, outcomes }, b: { ...result, outcomes } }).warnings).toEqual(
      [],
    );
    expect(
      looCompare({ a: { ...result, outcomes }, b: { ...result, outcomes: others } }).warnings,
    ).toHaveLength(1);
  });
});

describe('log likelihoods', () => {
  it('give the same in blocks of one observation and all at once', () => {
    // 3,000 draws of 1,500 observations: more than a block.
    const random = quickStream('blocks');
    const values = Float64Array.from({ length: 3000 * 3 }, () => random.normal());
    const few = logLikelihoodOf(values, 3, 2);
    const sizes: number[] = [];
    const many = {
      rows: 1500,
      chains: 2,
      drawsPerChain: 1500,
      block(first: number, count: number, target: Float64Array) {
        sizes.push(count);
        const three = new Float64Array(3 * 3000);
        few.block(0, 3, three);
        for (let i = 0; i < count; i++) {
          const row = (first + i) % 3;
          target.set(three.subarray(row * 3000, (row + 1) * 3000), i * 3000);
        }
      },
    };
    const whole = waic(many).pointwise.elpdWaic;
    const three = waic(few).pointwise.elpdWaic;
    expect(sizes.length).toBeGreaterThan(1);
    expect(sizes.reduce((a, b) => a + b)).toBe(1500);
    whole.forEach((elpd, i) => {
      expect(elpd).toBe(three[i % 3]);
    });
  });

  it('that are not finite are refused, with their observation and draw', () => {
    const values = new Float64Array(40).fill(-1);
    values[2 * 4 + 1] = Number.NEGATIVE_INFINITY;
    const likelihood = logLikelihoodOf(values, 4, 1);
    for (const criterion of [loo, waic]) {
      expect(() => criterion(likelihood)).toThrow(
        'observation 2: its log likelihood is -Infinity at draw 3, expected a finite number',
      );
    }
    expect(() => loo(logLikelihoodOf(new Float64Array(0), 1, 1))).toThrow(/0 draws of 1 obs/);
    const without = { ...logLikelihoodOf(new Float64Array(4), 1, 1), drawsPerChain: Number.NaN };
    expect(() => loo(without)).toThrow(/NaN draws of 1 obs/);
    expect(() => logLikelihoodOf(values, 7, 1)).toThrow(/each of 7 observations/);
  });
});

describe('smoothed weights', () => {
  const ratios = fc.array(fc.double({ min: -30, max: 30, noNaN: true }), {
    minLength: 25,
    maxLength: 200,
  });
  it('add up to 1, keep their order, and stay below the largest raw one', () => {
    fc.assert(
      fc.property(ratios, (given) => {
        const raw = Float64Array.from(given);
        const { logWeights: logs, ess } = psis(raw);
        const logWeights = logs();
        expect(logWeights.reduce((sum, w) => sum + Math.exp(w), 0)).toBeCloseTo(1, 10);
        // 1 / Σ w² is between 1 and S.
        expect(ess).toBeGreaterThanOrEqual(1 - 1e-10);
        expect(ess).toBeLessThanOrEqual(raw.length * (1 + 1e-10));
        const order = [...raw.keys()].sort((a, b) => (raw[a] ?? 0) - (raw[b] ?? 0));
        order.slice(1).forEach((i, place) => {
          const before = order[place] ?? expect.fail();
          expect(logWeights[i]).toBeGreaterThanOrEqual((logWeights[before] ?? 0) - 1e-9);
        });
      }),
      { seed: 2025 },
    );
  });

  it('stay as they are, without a shape, where the largest are all the same', () => {
    const raw = Float64Array.from({ length: 400 }, (_, i) => (i < 340 ? -3 + (3 * i) / 339 : 1));
    const { weights, paretoK, ess } = psis(raw);
    // loo 2.10.1: psis(c(seq(-3, 0, length.out = 340), rep(1, 60)), r_eff = 1)
    expect(paretoK).toBe(Number.POSITIVE_INFINITY);
    expect(ess).toBeCloseTo(146.8177798919155, 8);
    expect(Math.log(weights[399] ?? 0)).toBeCloseTo(-4.60210614649032, 10);
  });

  it('estimate a mean under the target from draws of a narrower proposal better than raw ones', () => {
    // Proposal normal(0, 0.75), target normal(0, 1): the tail has the shape 1 − 0.75² = 0.44, and
    // the mean of x² is 1. Mean squared errors over 300 repetitions of 400 draws each: smoothed by
    // raw ones is 0.35 to 0.57 over five seeds.
    const random = quickStream('smoothing');
    let smoothed = 0;
    let rawErrors = 0;
    for (let repetition = 0; repetition < 300; repetition++) {
      const x = Float64Array.from({ length: 400 }, () => 0.75 * random.normal());
      const ratios = x.map((value) => 0.5 * value * value * (1 / 0.75 ** 2 - 1));
      const logWeights = psis(ratios).logWeights();
      const estimate = x.reduce((sum, v, i) => sum + v * v * Math.exp(logWeights[i] ?? 0), 0);
      const total = ratios.reduce((sum, ratio) => sum + Math.exp(ratio), 0);
      const plain = x.reduce((sum, v, i) => sum + (v * v * Math.exp(ratios[i] ?? 0)) / total, 0);
      smoothed += (estimate - 1) ** 2;
      rawErrors += (plain - 1) ** 2;
    }
    expect(smoothed).toBeLessThan(rawErrors);
  });
});

describe('the threshold of Pareto k', () => {
  it('is that of Vehtari et al. (2024, section 3.2.4): 0.5, 0.6, 0.67, 0.7, and never more', () => {
    const rounded = [100, 320, 1000, 2200, 4000, 10_000].map((draws) =>
      Number(paretoKThreshold(draws).toFixed(2)),
    );
    expect(rounded).toEqual([0.5, 0.6, 0.67, 0.7, 0.7, 0.7]);
  });
});

describe('LOO by importance', () => {
  it('is the exact one, for a normal mean with a flat prior', () => {
    // y_i | μ ~ normal(μ, 1): without y_i, y_i ~ normal(mean of the others, √(1 + 1/(n − 1))).
    const y = [-1.1, -0.4, 0, 0.3, 0.8, 1.3, -0.6, 0.2];
    const mean = y.reduce((a, b) => a + b) / y.length;
    const random = quickStream('exact loo');
    const draws = 40_000;
    const values = new Float64Array(draws * y.length);
    for (let s = 0; s < draws; s++) {
      const mu = mean + random.normal() / Math.sqrt(y.length);
      y.forEach((yi, i) => {
        values[s * y.length + i] = -0.5 * Math.log(2 * Math.PI) - 0.5 * (yi - mu) ** 2;
      });
    }
    const result = loo(logLikelihoodOf(values, y.length, 4));
    y.forEach((yi, i) => {
      const others = (mean * y.length - yi) / (y.length - 1);
      const variance = 1 + 1 / (y.length - 1);
      const exact = -0.5 * Math.log(2 * Math.PI * variance) - (yi - others) ** 2 / (2 * variance);
      const mcse = result.pointwise.mcseElpdLoo[i] ?? 0;
      // Five standard errors for eight numbers: one false alarm in 200,000.
      expect(Math.abs((result.pointwise.elpdLoo[i] ?? 0) - exact)).toBeLessThan(5 * mcse);
      expect(mcse).toBeLessThan(0.01);
    });
    expect(paretoKIds(result.diagnostics)).toEqual([]);
  });

  it('does not lose digits where likelihoods are too small for numbers', () => {
    const [set] = sets;
    if (!set) return expect.fail();
    const shifted = Float64Array.from(set.logLikelihood, (value) => value - 4096);
    const far = loo(logLikelihoodOf(shifted, set.rows, set.chains));
    const near = loo(set.likelihood);
    far.pointwise.elpdLoo.forEach((elpd, i) => {
      expect(elpd + 4096).toBeCloseTo(near.pointwise.elpdLoo[i] ?? 0, 9);
      expect(far.diagnostics.ess[i]).toBeCloseTo(near.diagnostics.ess[i] ?? 0, 6);
      expect(far.pointwise.mcseElpdLoo[i]).toBeCloseTo(near.pointwise.mcseElpdLoo[i] ?? 0, 9);
    });
  });

  it('takes relative efficiencies that are given', () => {
    const [set] = sets;
    if (!set) return expect.fail();
    const given = new Float64Array(set.rows).fill(0.25);
    const result = loo(set.likelihood, { relativeEfficiency: given });
    expect(result.diagnostics.relativeEfficiency).toEqual(given);
    expect(result.diagnostics.ess[0]).not.toBeCloseTo(set.ess[0] ?? 0, 2);
  });
});

describe('relative efficiency', () => {
  it('does not depend on a factor, and is 1 where there is nothing to tell', () => {
    const random = quickStream('efficiency');
    const values = Float64Array.from({ length: 303 }, () => random.normal());
    expect(
      relativeEfficiency(
        values.map((v) => 8 * v),
        3,
      ),
    ).toBe(relativeEfficiency(values, 3));
    expect(relativeEfficiency(new Float64Array(100).fill(0.1), 4)).toBe(1);
  });
});
