/** Predictive densities of the choices of one context, against quadrature and against exact refits. */
import { describe, expect, test } from 'vitest';
import { jointData } from '../../src/correlation/joint-data.js';
import {
  type ContextRows,
  EffectPoints,
  type EffectPrior,
} from '../../src/correlation/predictive-density.js';
import { requireDraws, runJob } from '../../src/fit/job.js';
import { type Draws, parameterDraws } from '../../src/posterior/draws.js';
import { randomStream } from '../../src/random/stream.js';
import { completeSettings } from '../../src/sampler/settings.js';
import { isDeep } from '../support/deep.js';

/** Choices of a context with one attribute. */
function simulated(name: string, count: number, weight: number): ContextRows {
  const random = randomStream('predictive density', name);
  const differences = Float64Array.from({ length: count }, () => 2 * random.uniform() - 1);
  const outcomes = differences.map((d) =>
    random.uniform() < 1 / (1 + Math.exp(-0.3 - weight * d)) ? 1 : 0,
  );
  return { differences, outcomes };
}

function logNormal(x: number, mean: number, sd: number): number {
  return -0.5 * ((x - mean) / sd) ** 2 - Math.log(sd) - 0.5 * Math.log(2 * Math.PI);
}

/** p(y_i | a, w). */
function likelihoods({ differences, outcomes }: ContextRows, a: number, w: number): number[] {
  return Array.from(differences, (d, i) => {
    const towards = (outcomes[i] === 1 ? 1 : -1) * (a + w * d);
    return 1 / (1 + Math.exp(-towards));
  });
}

/** ∫ p(y | a, w) p(a, w) over a grid; without choice `left` if one is given. */
function integral(rows: ContextRows, logPrior: (a: number, w: number) => number, left = -1) {
  const step = 0.05;
  let sum = 0;
  for (let a = -8; a <= 8; a += step) {
    for (let w = -14; w <= 14; w += step) {
      let density = Math.exp(logPrior(a, w));
      likelihoods(rows, a, w).forEach((p, i) => {
        if (i !== left) density *= p;
      });
      sum += density;
    }
  }
  return sum * step * step;
}

describe('under a given prior', () => {
  const rows = simulated('grid', 8, 3);
  const prior = { muA: 0.2, tauA: 1, tauW: 2 };
  const logPrior = (a: number, w: number) =>
    logNormal(a, prior.muA, prior.tauA) + logNormal(w, 0, prior.tauW);
  // A rough stand-in for posterior draws: only their mean and covariance are used.
  const random = randomStream('stand-in');
  const draws: Draws = {
    parameterNames: ['a', 'w'],
    chains: 1,
    drawsPerChain: 500,
    values: Float64Array.from({ length: 1000 }, (_, i) =>
      i % 2 === 0 ? 0.3 + 0.8 * random.normal() : 2 + 1.3 * random.normal(),
    ),
  };
  const points = new EffectPoints(rows, draws, randomStream('points'), 20_000);
  const found = points.under(([a = 0, w = 0]) => logPrior(a, w));
  const all = integral(rows, logPrior);
  const each = Array.from(rows.outcomes, (_, i) => Math.log(all / integral(rows, logPrior, i)));

  test('densities are those of quadrature, within 4.5 of the stated errors', () => {
    expect(found.context.mcse).toBeLessThan(0.02);
    expect(Math.abs(found.context.elpd - Math.log(all))).toBeLessThan(4.5 * found.context.mcse);
    const sum = each.reduce((total, one) => total + one, 0);
    expect(found.choices.mcse).toBeLessThan(0.02);
    expect(Math.abs(found.choices.elpd - sum)).toBeLessThan(4.5 * found.choices.mcse);
    expect(found.paretoK).toBeLessThan(0.5);
  });

  test('choices count as predicted where the others give them more than one half', () => {
    // No density is so close to one half that the error could turn it.
    for (const one of each) expect(Math.abs(one - Math.log(0.5))).toBeGreaterThan(0.02);
    expect(found.correct).toBe(each.filter((one) => one > Math.log(0.5)).length);
  });

  test('the stated errors are those of repeated runs', () => {
    const runs = Array.from({ length: 60 }, (_, seed) =>
      new EffectPoints(rows, draws, randomStream('repeated', seed), 400).under(([a = 0, w = 0]) =>
        logPrior(a, w),
      ),
    );
    for (const of of ['context', 'choices'] as const) {
      const values = runs.map((run) => run[of].elpd);
      const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
      const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / 59;
      const stated = runs.reduce((sum, run) => sum + run[of].mcse ** 2, 0) / runs.length;
      // Opposite points make the error smaller than that of independent ones, which is stated. The
      // variance of 60 runs is within a factor of 1.9 (99.9%).
      expect(Math.sqrt(variance / stated)).toBeLessThan(1.4);
      expect(Math.sqrt(variance / stated)).toBeGreaterThan(0.3);
    }
  });
});

describe('under other contexts', () => {
  const contexts = ['ash', 'birch', 'cedar', 'elm', 'fir', 'gum'];
  const weights = [3, -2, 1, -4, 2.5, 0.5];
  const rows = contexts.map((name, c) => simulated(name, 12, weights[c] ?? 0));
  const drawsOf = (kept: readonly number[]) => {
    const choices = kept.flatMap((c) =>
      Array.from(rows[c]?.outcomes ?? [], (outcome, i) => ({
        context: contexts[c] ?? '',
        differences: [rows[c]?.differences[i] ?? 0],
        choseA: outcome,
      })),
    );
    const { specification } = jointData({ choices, reports: {}, reportWeights: true });
    return requireDraws(
      runJob({ name: kept.join(), specification, keepDraws: true }, completeSettings({ seed: 3 })),
    );
  };
  const priorsOf = (draws: Draws, step: number): EffectPrior[] => {
    const column = (name: string) => parameterDraws(draws, name);
    const [muA, tauA, tauW] = [column('mu_a'), column('tau_a'), column('tau_w')];
    return Array.from(muA, (value, s) => ({
      muA: value,
      tauA: tauA[s] ?? 0,
      tauW: tauW[s] ?? 0,
    })).filter((_, s) => s % step === 0);
  };
  const everything = drawsOf(contexts.map((_, c) => c));

  test('a prior too narrow for every point is left out, and k̂ says so', () => {
    const [own] = rows;
    if (!own) throw new Error('no context');
    const values = new Float64Array(200);
    randomStream('effects').normals(values);
    const draws: Draws = { parameterNames: ['a', 'w'], chains: 1, drawsPerChain: 100, values };
    const points = new EffectPoints(own, draws, randomStream('narrow'));
    const wide = priorsOf(everything, 40);
    const found = points.underOthers([...wide, { muA: 0, tauA: 1e-9, tauW: 1 }]);
    const { context, choices, correct } = points.underOthers(wide);
    expect(found).toEqual({ context, choices, correct, paretoK: Number.POSITIVE_INFINITY });
    expect(context.elpd).toBeLessThan(0);
  });

  test.each(isDeep ? [0, 3] : [3])(
    'the density of context %i is that of a fit without it',
    (left) => {
      const own = rows[left];
      if (!own) throw new Error('no context');
      const effects = ['a', 'w'].map((kind) => {
        const name = contexts[left];
        return parameterDraws(everything, kind === 'a' ? `a[${name}]` : `w[${name},1]`);
      });
      const values = new Float64Array(2 * (effects[0]?.length ?? 0));
      effects.forEach((column, j) => {
        column.forEach((value, s) => {
          values[2 * s + j] = value;
        });
      });
      const { chains, drawsPerChain } = everything;
      const draws = { parameterNames: ['a', 'w'], chains, drawsPerChain, values };
      const points = new EffectPoints(own, draws, randomStream('left out', left), 4000);
      const found = points.underOthers(priorsOf(everything, 4));
      expect(found.paretoK).toBeLessThan(0.7);
      // Exactly: draws of θ without the context, and of the context's effects given θ.
      const random = randomStream('refit', left);
      const others = priorsOf(drawsOf(contexts.map((_, c) => c).filter((c) => c !== left)), 1);
      const densities = others.map(({ muA, tauA, tauW }) => {
        let sum = 0;
        for (let k = 0; k < 100; k++) {
          const a = muA + tauA * random.normal();
          const w = tauW * random.normal();
          sum += likelihoods(own, a, w).reduce((product, p) => product * p, 1);
        }
        return sum / 100;
      });
      const mean = densities.reduce((sum, one) => sum + one, 0) / densities.length;
      const squares = densities.reduce((sum, one) => sum + (one / mean - 1) ** 2, 0);
      // Draws count as independent; the errors of θ in the estimate, from 1,000 draws, are of the same
      // order as those of the refit.
      const refitError = Math.sqrt(squares) / densities.length;
      const error = Math.hypot(found.context.mcse, 2 * refitError);
      expect(error).toBeLessThan(0.06);
      expect(Math.abs(found.context.elpd - Math.log(mean))).toBeLessThan(4.5 * error);
    },
  );
});
