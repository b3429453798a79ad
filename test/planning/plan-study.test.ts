/** Plans of studies against closed forms, the exact regression, and the published figures. */
import normalCdf from '@stdlib/stats-base-dists-normal-cdf';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { trainingEffectJob } from '../../src/analysis/training-effect.js';
import { isWeighbridgeError } from '../../src/errors.js';
import { sampleFit } from '../../src/fit/fit.js';
import { linearPosterior } from '../../src/fit/linear-posterior.js';
import { modelOf } from '../../src/fit/specification.js';
import { pearson } from '../../src/linear-algebra/sums.js';
import { contrastOf } from '../../src/planning/correlation-estimate.js';
import { type PlanTarget, plannedText, verdictOf } from '../../src/planning/plan.js';
import { attenuation, planStudy, type StudyPlanOptions } from '../../src/planning/plan-study.js';
import {
  learnedMode,
  nestedStudies,
  paperAssumptions,
  type SimulatedStudy,
} from '../../src/planning/simulate-study.js';
import { quickStream } from '../../src/random/quick-stream.js';
import { logisticSpecification } from '../../src/regression/columns.js';
import { normal } from '../../src/regression/priors/constructors.js';
import { completeSettings } from '../../src/sampler/settings.js';

const small = { contexts: [20], choices: [20], reports: [3] } as const;
const only = <T>([first, ...others]: readonly T[]): T => {
  if (first === undefined || others.length > 0) throw new RangeError('expected one');
  return first;
};
const failsWith = async (options: StudyPlanOptions, message: RegExp) => {
  const error: unknown = await planStudy(options).catch((thrown: unknown) => thrown);
  expect(isWeighbridgeError(error, 'bad-argument')).toBe(true);
  expect(String(error)).toMatch(message);
};

describe('the estimate of a simulated study', () => {
  it('is the exact posterior of the regression that the paper runs', () => {
    const pair = fc.tuple(fc.integer(), fc.integer({ min: 15, max: 120 }));
    const standardizedPairs = (seed: number, n: number, shared: number) => {
      const random = quickStream('pairs', seed);
      const x = Array.from({ length: n }, () => random.normal());
      const y = x.map((value) => shared * value + random.normal());
      const standard = (values: readonly number[]) => {
        const mean = values.reduce((sum, value) => sum + value, 0) / n;
        const square = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
        return values.map((value) => (value - mean) / Math.sqrt(square / (n - 1)));
      };
      return { reports: standard(x), weights: standard(y) };
    };
    fc.assert(
      fc.property(pair, fc.integer({ min: 1, max: 3 }), ([seed, n], models) => {
        const pairs = Array.from({ length: models }, (_, model) => ({
          untrained: standardizedPairs(seed + model, n, 0.4),
          trained: standardizedPairs(seed - model - 1, n, 0.9),
        }));
        const { specification } = trainingEffectJob('effect', pairs);
        if ('joint' in specification) throw new RangeError('a regression');
        const weights = Object.fromEntries([
          ['report:trained', 1],
          ...Array.from({ length: models - 1 }, (_, m) => [
            `report:trained:model${m + 1}`,
            1 / models,
          ]),
        ]);
        const exact = linearPosterior(specification)?.contrast(weights);
        const cells = pairs.flatMap(({ untrained, trained }) =>
          [untrained, trained].map((one, i) => ({
            r: pearson(one.weights, one.reports),
            n,
            weight: (i === 0 ? -1 : 1) / models,
          })),
        );
        const found = contrastOf(cells);
        const [low = Number.NaN, high = Number.NaN] = exact?.hdi() ?? [];
        expect(found.estimate).toBeCloseTo(exact?.mean ?? Number.NaN, 8);
        // brms' priors instead of flat ones: they narrow the interval by a fraction of a percent.
        const ratio = (found.hdi[1] - found.hdi[0]) / (high - low);
        expect(ratio).toBeGreaterThan(0.999);
        expect(ratio).toBeLessThan(1.02);
      }),
      { seed: 2025, numRuns: 25 },
    );
  });

  it('has learned weights that correlate by .9999 with posterior means of the weight regressions', () => {
    const study = nestedStudies(
      { assumptions: paperAssumptions, compared: 'reports', seed: 1, index: 0 },
      { contexts: 12, choices: 50, reports: 1, models: 1, attributes: 5 },
    )({ contexts: 12, choices: 50, reports: 1, models: 1, attributes: 5 });
    const contexts = study.sides[0]?.[0] ?? [];
    const modes = contexts.flatMap(({ choices }) => [...learnedMode(choices, 5)]);
    const means = contexts.flatMap(({ choices }, c) => {
      const specification = logisticSpecification(
        { names: ['d1', 'd2', 'd3', 'd4', 'd5'], rows: 50, values: choices.predictors },
        choices.outcomes,
        { slopePrior: normal(0, 1) },
      );
      const settings = completeSettings({ seed: 1, draws: 500 });
      const { fit } = sampleFit(modelOf(specification), settings, `context ${c}`);
      return fit.parameters.slice(1).map(({ mean }) => mean);
    });
    expect(pearson(modes, means)).toBeGreaterThan(0.9998);
  });
});

describe('a plan of a study', () => {
  it('expects the raw correlation that attenuation gives: ρ √(rel_w rel_u), and so for differences', async () => {
    for (const [choices, reports] of [
      [20, 3],
      [60, 12],
    ] as const) {
      const design = { choices, reports, attributes: 5 };
      const factor = attenuation(paperAssumptions, design);
      const plan = await planStudy({
        assumptions: { correlation: 0.3, comparedWith: 0.7 },
        sizes: { contexts: [60], choices: [choices], reports: [reports] },
        simulations: 60,
      });
      const { estimate } = only(plan.designs);
      // The error of the factor itself: ±.003.
      expect(Math.abs(estimate.mean - 0.4 * factor)).toBeLessThan(4 * estimate.mcse + 0.004);
    }
  });

  it('takes raw correlations, and gives them back', async () => {
    const plan = await planStudy({
      assumptions: { correlation: 0.54 },
      scale: 'raw',
      sizes: { contexts: [100], choices: [50], reports: [10] },
      simulations: 60,
    });
    const { estimate } = only(plan.designs);
    expect(plan.assumptions.correlation).toBeGreaterThan(0.59);
    expect(Math.abs(estimate.mean - 0.54)).toBeLessThan(4 * estimate.mcse + 0.004);
  });

  it("foresees the paper's raw correlation and the width of its HDI from the latent one", async () => {
    // gpt-4o, instilled, before training: r = .54, HDI [.46, .61].
    const plan = await planStudy({
      sizes: { contexts: [100], choices: [50], reports: [10] },
      simulations: 60,
    });
    const { estimate, width } = only(plan.designs);
    expect(Math.abs(estimate.mean - 0.54)).toBeLessThan(4 * estimate.mcse + 0.005);
    expect(Math.abs(width.mean - 0.15)).toBeLessThan(0.01);
  });

  it("decides as often as Fisher's z says", async () => {
    const contexts = 8;
    const plan = await planStudy({
      assumptions: { correlation: 0.5 },
      sizes: { contexts: [contexts], choices: [50], reports: [10] },
      simulations: 400,
    });
    const { power } = only(plan.designs);
    const r = 0.5 * attenuation(paperAssumptions, { choices: 50, reports: 10, attributes: 5 });
    // P(z > 1.96) with z ~ normal(atanh(r) √(n − 3), 1), and scaling within contexts leaves n = 40 pairs.
    const z = Math.atanh(r) * Math.sqrt(5 * contexts - 3) - 1.96;
    const expected = normalCdf(z, 0, 1);
    // Fisher's z and t differ by less than .02 here; pairs of one context are not quite independent.
    expect(Math.abs(power.mean - expected)).toBeLessThan(3 * power.mcse + 0.03);
  });

  it('raises false alarms as often as normal theory says if correlations are equal', async () => {
    const plan = await planStudy({
      assumptions: { correlation: 0.5, comparedWith: 0.5 },
      sizes: { contexts: [20], choices: [20], reports: [5] },
      compared: 'models',
      simulations: 500,
    });
    const { power } = only(plan.designs);
    // The sampling sd of r is (1 − r²) / √n, the regression's √(1 − r²) / √n: fewer alarms than 5%.
    const r = 0.5 * attenuation(paperAssumptions, { choices: 20, reports: 5, attributes: 5 });
    const expected = 2 * normalCdf(-1.96 / Math.sqrt(1 - r * r), 0, 1);
    expect(Math.abs(power.mean - expected)).toBeLessThan(4 * power.mcse);
  });

  it('gives a design the same figures whatever else is in the grid', async () => {
    const alone = await planStudy({ sizes: small, simulations: 20 });
    const among = await planStudy({
      sizes: { contexts: [20, 35], choices: [10, 20, 40], reports: [3, 8], models: [1, 2] },
      simulations: 20,
    });
    const { contexts, choices, reports, models, ...figures } = only(alone.designs);
    const same = among.designs.find(
      (one) =>
        one.contexts === contexts &&
        one.choices === choices &&
        one.reports === reports &&
        one.models === models,
    );
    expect(same).toMatchObject(figures);
  });

  it('narrows with every size, and counts requests and costs', async () => {
    const plan = await planStudy({
      assumptions: { comparedWith: 0.8 },
      sizes: { contexts: [20, 40], choices: [15, 60], reports: [2, 10], models: [1, 2] },
      prices: { choice: 0.001, report: 0.01 },
      simulations: 30,
    });
    expect(plan.designs).toHaveLength(16);
    for (const one of plan.designs) {
      for (const other of plan.designs) {
        const smaller = (['contexts', 'choices', 'reports', 'models'] as const).every(
          (size) => one[size] <= other[size],
        );
        if (smaller && one !== other) {
          expect(other.width.mean).toBeLessThan(one.width.mean);
          expect(other.cost).toBeGreaterThan(one.cost ?? Number.NaN);
        }
      }
      const { contexts, choices, reports, models, requests, cost } = one;
      expect(requests).toEqual({
        choices: contexts * choices * models,
        reports: 2 * contexts * reports * models,
      });
      expect(cost).toBeCloseTo(0.001 * requests.choices + 0.01 * requests.reports, 10);
    }
  });

  it('recommends the cheapest design that reaches the target, or names the best', async () => {
    const sizes = { contexts: [20, 40, 80], choices: [20], reports: [3, 6] };
    const free = await planStudy({ sizes, simulations: 30 });
    expect(free.recommended).toBeNull();
    const width = free.designs.find((one) => one.contexts === 40 && one.reports === 6)?.width.mean;
    const plan = await planStudy({
      sizes,
      simulations: 30,
      target: { width: (width ?? 0) + 1e-6 },
    });
    const reaching = plan.designs.filter((one) => one.width.mean <= (width ?? 0) + 1e-6);
    const requests = (one: (typeof plan.designs)[number]) =>
      one.requests.choices + one.requests.reports;
    expect(reaching.length).toBeGreaterThan(1);
    expect(plan.recommended).not.toBeNull();
    for (const one of reaching) {
      expect(requests(one)).toBeGreaterThanOrEqual(
        plan.recommended ? requests(plan.recommended) : 0,
      );
    }
    expect(plan.notes.join()).toMatch(/less than two Monte Carlo errors/);
    const impossible = await planStudy({ sizes, simulations: 30, target: { width: 0.01 } });
    expect(impossible.recommended).toBeNull();
    expect(impossible.notes.join()).toMatch(
      /no design of the grid reaches a width of 0.01: the best is .* 80 contexts/,
    );
  });

  it('names only the targets that no design reaches', () => {
    const sure = (mean: number) => ({ mean, mcse: 0.001 });
    const narrow = { estimate: sure(0), width: sure(0.1), power: sure(0.5) };
    const decisive = { estimate: sure(0), width: sure(0.3), power: sure(0.9) };
    const notesOf = (target: PlanTarget) =>
      verdictOf(
        [narrow, decisive],
        target,
        () => 1,
        (one) => (one === narrow ? 'the narrow one' : 'the decisive one'),
      ).notes;
    expect(notesOf({ width: 0.05, power: 0.8 })).toEqual([
      expect.stringMatching(/reaches a width of 0.05: the best is .* the narrow one/),
    ]);
    expect(notesOf({ width: 0.2, power: 0.8 })).toEqual([
      'no design of the grid reaches both a width of 0.2 and a power of 0.8',
    ]);
  });

  it('plans for any estimator of the simulated data', async () => {
    const seen: SimulatedStudy[] = [];
    const plan = await planStudy({
      sizes: small,
      simulations: 20,
      estimator: (study) => {
        seen.push(study);
        return { estimate: 0.5, hdi: [0.25, 0.75] };
      },
    });
    expect(only(plan.designs).width).toEqual({ mean: 0.5, mcse: 0 });
    const [context] = seen[0]?.sides[0]?.[0] ?? [];
    expect(seen).toHaveLength(20);
    expect(context?.choices.outcomes).toHaveLength(20);
    expect(context?.choices.predictors).toHaveLength(100);
    expect(context?.reports).toHaveLength(15);
    expect(context?.meanReport).toHaveLength(5);
    expect(Math.max(...(context?.learned.map(Math.abs) ?? []))).toBe(100);
  });

  it('reports progress and stops on request', async () => {
    const done: number[] = [];
    await planStudy({ sizes: small, simulations: 20, onProgress: (one) => done.push(one.done) });
    expect(done).toEqual(Array.from({ length: 20 }, (_, i) => i + 1));
    const stop = new AbortController();
    const stopped = planStudy({
      sizes: small,
      simulations: 20,
      signal: stop.signal,
      onProgress: ({ done }) => done === 3 && stop.abort(),
    });
    await expect(stopped).rejects.toMatchObject({ code: 'interrupted' });
  });

  it('says in one line what cannot be planned', async () => {
    await failsWith({ target: { width: -1 } }, /width is -1, but must be above 0/);
    await failsWith({ target: { power: 1 } }, /power is 1, but must be in \(0, 1\)/);
    await failsWith({ simulations: 3 }, /simulations is 3/);
    await failsWith({ sizes: { contexts: [] } }, /contexts is an empty list/);
    await failsWith({ sizes: { choices: [2.5] } }, /choices is 2.5/);
    await failsWith({ sizes: { contexts: [1] } }, /the smallest design has 5 weights/);
    await failsWith({ sizes: { attributes: [1] } }, /attributes is 1/);
    await failsWith({ sizes: { contexts: [1e7] } }, /the largest sizes of the grid are/);
    await failsWith({ sizes: { reports: [1e9] } }, /name fewer contexts, choices, reports/);
    await failsWith({ sizes: { attributes: [2000] } }, /name fewer contexts/);
    await failsWith({ simulations: 100_000 }, /simulations is 100000, but .* at most \d+ are/);
    await failsWith({ assumptions: { reportNoise: 1e300 } }, /must be from 0 to 1000/);
    await failsWith({ assumptions: { interceptMean: 1e300 } }, /must be from -1000 to 1000/);
    const many = Array.from({ length: 30 }, (_, i) => i + 10);
    await failsWith({ sizes: { contexts: many, choices: many } }, /1800 designs/);
    await failsWith({ assumptions: { correlation: 1 } }, /correlation is 1/);
    await failsWith({ assumptions: { weightSd: 0 } }, /weightSd is 0/);
    await failsWith(
      { assumptions: { correlation: 0.98 }, scale: 'raw' },
      /a raw correlation of 0.98 is impossible/,
    );
    await failsWith({ prices: { choice: Number.NaN, report: 0 } }, /choice is NaN/);
    await failsWith({ scale: 'raw', rawAt: { reports: 0 } }, /rawAt.reports is 0/);
    const equal = { correlation: 0.5, comparedWith: 0.5 };
    await failsWith({ assumptions: equal, target: { power: 0.8 } }, /both correlations are 0.5/);
  });
});

it('a planned figure is printed to the digit of its error', () => {
  expect(plannedText({ mean: 0.13394, mcse: 0.0053 })).toBe('0.134 ± 0.005');
  expect(plannedText({ mean: 0.94, mcse: 0.017 })).toBe('0.94 ± 0.02');
  expect(plannedText({ mean: 0.19505, mcse: 0.00027 })).toBe('0.1951 ± 0.0003');
  expect(plannedText({ mean: 0.5, mcse: 0 })).toBe('0.500 ± 0.000');
});
