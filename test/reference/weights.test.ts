/**
 * All 400 weight regressions on the authors' data against Stan's posteriors of the same program
 * (4 chains of 5,000 draws each), and against the weights that the authors published.
 *
 * Monte Carlo errors: a mean's is its MCSE; differences of means have the two added in squares.
 * Of 2,400 means, 0.15 are expected beyond 4 of these; a fit that is wrong shows in hundreds.
 */
import { beforeAll, describe, expect, test } from 'vitest';
import type { Interval } from 'weighbridge';
import { workerPool } from 'weighbridge/node';
import type { FitResult } from 'weighbridge/paper';
import type { ControlledMean } from 'weighbridge/posterior';
import { completeSettings } from 'weighbridge/sampler';
import { groupByContext, learnedWeights, weightJob } from '../../src/analysis/learned-weights.js';
import { readStudy } from '../../src/authors-files/read-study.js';
import { hdi } from '../../src/posterior/intervals.js';
import { randomStream } from '../../src/random/stream.js';
import { isDeep } from '../support/deep.js';
import {
  hasPublished,
  publishedFolder,
  type ReferenceParameter,
  type ReferenceWeightFit,
  readAuthorsWeights,
  readReference,
  skipReason,
} from './shared.js';

interface Compared {
  readonly key: string;
  /** The mean with control variates. */
  readonly controlled: ControlledMean;
  readonly ours: { mean: number; sd: number; hdi: Interval; mcseMean: number };
  readonly reference: ReferenceParameter;
}

const SETTINGS = ['instilled', 'native'] as const;
const PARAMETERS = ['intercept', 'b1', 'b2', 'b3', 'b4', 'b5'] as const;

/** Fits every `every`-th context of all four sets, each parameter beside its reference. */
async function fitWeights(draws: number, every: number) {
  const study = await readStudy(publishedFolder);
  const cases = study.models.flatMap((model) =>
    SETTINGS.flatMap((setting) => {
      const choices = setting === 'native' ? model.nativeChoices : model.instilledChoices;
      const references = readReference<ReferenceWeightFit[]>(`${model.name}_${setting}.json`);
      return groupByContext(choices, study.contexts)
        .filter((_, i) => i % every === 0)
        .map((group) => ({
          group,
          model: model.name,
          setting,
          reference: references.find(({ scenario }) => scenario === group.context.name),
        }));
    }),
  );
  const pool = workerPool(2);
  const jobs = cases.map(({ group, model, setting }) =>
    weightJob(`${model}/${setting}/${group.context.name}`, group),
  );
  const fits = await pool.runner(jobs, completeSettings({ draws }));
  await pool.close();
  return { cases, fits };
}

function compare(
  reference: ReferenceWeightFit | undefined,
  fit: FitResult | undefined,
): Compared[] {
  if (!reference || !fit) throw new Error('a fit without a reference');
  return PARAMETERS.map((parameter, i) => {
    const ours = fit.parameters[i];
    if (!ours) throw new Error(`${fit.name} has no ${parameter}`);
    const controlled = fit.controlledMeans?.[i];
    if (!controlled) throw new Error(`${fit.name} has no controlled mean of ${parameter}`);
    return { key: `${fit.name} ${parameter}`, ours, controlled, reference: reference[parameter] };
  });
}

const rootMeanSquare = (values: readonly number[]) =>
  Math.sqrt(values.reduce((sum, value) => sum + value * value, 0) / values.length);

describe.skipIf(!hasPublished)(`the 400 weight regressions at the defaults${skipReason}`, () => {
  let result: Awaited<ReturnType<typeof fitWeights>>;
  let compared: Compared[];

  beforeAll(async () => {
    result = await fitWeights(1000, 1);
    compared = result.cases.flatMap(({ reference }, i) => compare(reference, result.fits[i]));
  }, 600_000);

  test.each<[string, (one: Compared) => ControlledMean]>([
    ['plain', ({ ours }) => ({ mean: ours.mean, mcse: ours.mcseMean })],
    // Hardly any error of our own: this holds the means to Stan's error alone.
    ['by integration', ({ controlled }) => controlled],
  ])('every posterior mean, %s, is within Monte Carlo error of Stan', (_, meanOf) => {
    const z = compared.map((one) => {
      const { mean, mcse } = meanOf(one);
      const { reference } = one;
      return (mean - reference.mean) / Math.hypot(mcse, reference.mcse_mean ?? 0);
    });
    expect(z).toHaveLength(2400);
    // Binomial(2400, 6.3e-5): three or more beyond 4 have probability 5e-4; one beyond 6, 5e-6.
    expect(z.filter((value) => Math.abs(value) > 4).length).toBeLessThanOrEqual(2);
    expect(Math.max(...z.map(Math.abs))).toBeLessThan(6);
    // The z-scores of right fits have a mean square of 1; the six of a fit are correlated at most
    // fully, which leaves 400: sd of the mean square sqrt(2 / 400) = 0.07. Four of these.
    expect(rootMeanSquare(z) ** 2).toBeGreaterThan(1 - 4 * Math.sqrt(2 / 400));
    expect(rootMeanSquare(z) ** 2).toBeLessThan(1 + 4 * Math.sqrt(2 / 400));
  });

  test('posterior standard deviations are those of Stan, without bias', () => {
    const ratios = compared.map(({ ours, reference }) => ours.sd / reference.sd - 1);
    // The sd of 4,000 near-normal draws with an ESS of about 2,000 for squares has a relative
    // error of sqrt(1 / (2 · 2,000)) = 1.6%: 5% is more than three of these.
    const beyond = ratios.filter((ratio) => Math.abs(ratio) > 0.05).length;
    expect(beyond / ratios.length).toBeLessThan(0.01);
    expect(Math.max(...ratios.map(Math.abs))).toBeLessThan(0.1);
    // The mean over 400 independent fits: 1.6% / 20, four of these.
    const bias = ratios.reduce((sum, ratio) => sum + ratio, 0) / ratios.length;
    expect(Math.abs(bias)).toBeLessThan((4 * 0.016) / 20);
  });

  test('all chains converged', () => {
    for (const fit of result.fits) expect(fit.warnings, fit.name).toEqual([]);
  });

  test("scaled weights are the authors' own: all within 2, 98% within 1", () => {
    const differences = result.cases.flatMap(({ group, model, setting }, i) => {
      const fit = result.fits[i];
      const theirs = readAuthorsWeights(model, setting).get(group.context.name) ?? [];
      if (!fit) throw new Error('a context without a fit');
      return learnedWeights(group, fit).scaled.map((weight, attribute) =>
        Math.abs(weight - (theirs[attribute] ?? Number.NaN)),
      );
    });
    expect(differences).toHaveLength(2000);
    expect(Math.max(...differences)).toBeLessThanOrEqual(2);
    expect(differences.filter((d) => d <= 1).length / differences.length).toBeGreaterThan(0.98);
  });
});

describe.runIf(hasPublished && isDeep)(
  `weight regressions at 4 x 10,000 draws${skipReason}`,
  () => {
    let compared: Compared[];

    beforeAll(async () => {
      const { cases, fits } = await fitWeights(10_000, 10);
      compared = cases.flatMap(({ reference }, i) => compare(reference, fits[i]));
    }, 600_000);

    test('posterior standard deviations are within 5% of Stan', () => {
      for (const { key, ours, reference } of compared) {
        expect(Math.abs(ours.sd / reference.sd - 1), key).toBeLessThan(0.05);
      }
    });

    test('HDI ends are those of Stan, as far as an HDI of so many draws can tell', () => {
      const low = compared.map(
        ({ ours, reference }) => (ours.hdi[0] - reference.hdi_low) / reference.sd,
      );
      const high = compared.map(
        ({ ours, reference }) => (ours.hdi[1] - reference.hdi_high) / reference.sd,
      );
      // The place of a shortest interval converges with the cube root of the draws: between 40,000
      // and 20,000 independent normal draws its ends differ by about 5% of a posterior sd (rms), so
      // that no single end can be held to 5%. The spread of all can be held to what independent
      // draws of that number give, and their means, which no noise moves, to a tenth of 5%.
      const expected = hdiNoise();
      // 480 ends, of 240 nearly independent intervals: relative error of an rms sqrt(1 / 480).
      expect(rootMeanSquare([...low, ...high])).toBeLessThan(
        expected * (1 + 4 * Math.sqrt(1 / 480)),
      );
      for (const ends of [low, high]) {
        const mean = ends.reduce((sum, value) => sum + value, 0) / ends.length;
        expect(Math.abs(mean)).toBeLessThan((4 * expected) / Math.sqrt(ends.length));
      }
    });
  },
);

/**
 * Root mean square difference between the HDI ends of two independent normal samples with the
 * effective sizes of the two fits: NUTS draws here are worth about 0.6 of independent ones in the
 * tails.
 */
function hdiNoise(): number {
  const random = randomStream(2025, 'hdi noise');
  const ends = (draws: number) => hdi(Float64Array.from({ length: draws }, random.normal));
  const differences = Array.from({ length: 100 }, () => {
    const [ours, theirs] = [ends(0.6 * 40_000), ends(0.6 * 20_000)];
    return [ours[0] - theirs[0], ours[1] - theirs[1]];
  });
  return rootMeanSquare(differences.flat());
}
