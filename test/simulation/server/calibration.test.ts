/**
 * The simulated models against the paper: their figures in the population, those of a study asked
 * through prompts, and the procedure that found the constants.
 */
import { beforeAll, describe, expect, test } from 'vitest';
import { calibrateProfile } from '../../../bench/calibrate-profile.js';
import type { PaperFigures } from '../../../src/analysis/figures.js';
import { weightJob } from '../../../src/analysis/learned-weights.js';
import { meanReports, type WeightTable } from '../../../src/analysis/reported-weights.js';
import { scaleWeights } from '../../../src/analysis/standardize.js';
import { readPaperFigures } from '../../../src/cli/paper-figures.js';
import { modelOf } from '../../../src/fit/specification.js';
import { randomStream } from '../../../src/random/stream.js';
import { posteriorMode } from '../../../src/sampler/normal-approximation.js';
import { correlationBetween } from '../../../src/simulation/replica-tables.js';
import { type SimulatedModel, untrainedModel } from '../../../src/simulation/server/model.js';
import { paperProfiles } from '../../../src/simulation/server/profile.js';
import {
  type TrueCorrelations,
  type TrueFigures,
  trueFigures,
} from '../../../src/simulation/server/true-correlations.js';
import type { Choice, Context } from '../../../src/study/context.js';
import { parseReport } from '../../../src/study/parse-report.js';
import { decisionPrompt, introspectionPrompt } from '../../../src/study/prompts.js';
import { isDeep } from '../../support/deep.js';
import {
  choiceFile,
  drawOptions,
  drawTargets,
  makeContexts,
  makeSharedState,
  PAPER_MODELS,
  reportFile,
  say,
  trained,
} from './support.js';

let paper: PaperFigures;
beforeAll(async () => {
  paper = await readPaperFigures();
});

function profileOf(model: string) {
  const profile = paperProfiles[model];
  if (!profile) throw new Error(`no profile of ${model}`);
  return profile;
}

/** The paper's correlations of a model; where reports are unrelated, none is the nearest there is. */
function published(model: string): TrueCorrelations {
  const { experiment1, experiment2, experiment3 } = paper;
  return {
    learned_vs_target: experiment1.learned_vs_target_r[model],
    'instilled/reports': experiment1['instilled/reports'][model].r,
    'instilled/off_the_shelf_reports': Math.max(
      0,
      experiment1['instilled/off_the_shelf_reports'][model].r,
    ),
    'instilled/trained_reports': experiment2['instilled/trained_reports'][model].r,
    'native/reports': experiment3['native/reports'][model].r,
    'native/trained_reports': experiment3['native/trained_reports'][model].r,
  };
}

/**
 * Every correlation within `errors` standard errors of two samples of so many pairs. Pairs of one
 * context share its luck, which widens the error by a quarter.
 */
function expectClose(
  ours: TrueCorrelations,
  theirs: TrueCorrelations,
  pairs: readonly [number, number],
  errors: number,
): void {
  for (const key of Object.keys(theirs) as (keyof TrueCorrelations)[]) {
    const spread = 1.25 * Math.sqrt(1 / pairs[0] + 1 / pairs[1]);
    const tolerance = errors * (1 - theirs[key] ** 2) * spread;
    expect(Math.abs(ours[key] - theirs[key]), `${key}: ${ours[key]}`).toBeLessThan(tolerance);
  }
}

describe.runIf(isDeep).each(PAPER_MODELS)('%s, simulated', (model) => {
  const CONTEXTS = 1500;
  let truth: TrueFigures;
  beforeAll(() => {
    truth = trueFigures(profileOf(model), {}, { contexts: CONTEXTS, seed: 5 });
  });

  test('has the paper’s correlations in the population', () => {
    // 7,500 pairs here, 25,000 when the constants were found: 4 errors, six correlations of two
    // models, a false alarm once in 1,300 seeds.
    expectClose(truth.correlations, published(model), [5 * CONTEXTS, 25_000], 4);
  });

  test('has the paper’s percentages', () => {
    const { experiment1, experiment3 } = paper;
    // Of 75,000 and 150,000 choices in 1,500 contexts: an error of 0.2 between contexts.
    expect(
      Math.abs(
        truth.choicesAgreeingWithTargetPercent -
          experiment1.choices_agreeing_with_target_pct[model],
      ),
    ).toBeLessThan(0.8);
    expect(
      Math.abs(
        truth.nativeChoicesPredictedPercent - experiment3.native_choices_predicted_pct[model],
      ),
    ).toBeLessThan(0.8);
    // Contexts fail as a whole: 0.4 of a percent in 7,500 of them.
    expect(
      Math.abs(truth.invalidReportsPercent - experiment1.invalid_reports_pct[model]),
    ).toBeLessThan(1.6);
  });

  test('has them near Appendix D’s too, for which nothing was set', () => {
    const { reports_vs_target_r_before_training, reports_vs_target_r_after_training } =
      paper.appendixD;
    const { before, after } = truth.reportsVsTarget;
    expect(Math.abs(before - reports_vs_target_r_before_training[model])).toBeLessThan(0.05);
    expect(Math.abs(after - reports_vs_target_r_after_training[model])).toBeLessThan(0.05);
  });

  test('shows the same correlations when it is asked a study of the paper’s size in prompts', async () => {
    const asked = await askStudy(model, 21);
    // 500 pairs, fewer where reports are invalid: 4 errors, as above.
    expectClose(asked, truth.correlations, [380, 5 * CONTEXTS], 4);
  });
});

/** The paper's three experiments, asked of models by prompts alone. */
async function askStudy(model: string, seed: number): Promise<TrueCorrelations> {
  const contexts = makeContexts(200);
  const [instilled, native] = [contexts.slice(0, 100), contexts.slice(100)];
  const [firstHalf, lastHalf] = [instilled.slice(0, 50), instilled.slice(50)];
  const targets = drawTargets(instilled, seed);
  const shared = makeSharedState(seed, 200);
  const base = untrainedModel(model, profileOf(model));
  const preferring = await trained(base, shared, choiceFile(instilled, targets, 50, seed), 'p');
  const introspecting = (of: readonly Context[], name: string) =>
    trained(preferring, shared, reportFile(of, targets, seed), name);
  const onFirst = await introspecting(firstHalf, 'first');
  const onLast = await introspecting(lastHalf, 'last');
  const onAll = await introspecting(instilled, 'all');

  const random = randomStream(seed, 'asked');
  const learnedIn = (of: readonly Context[], count: number): WeightTable =>
    new Map(of.map((context) => [context.name, learned(context, choices(context, count))]));
  const choices = (context: Context, count: number): Choice[] =>
    Array.from({ length: count }, () => {
      const { a, b } = drawOptions(context, random);
      const said = say(preferring, shared, decisionPrompt(context, { a, b }));
      return { context: context.name, a, b, choseA: said === 'A' };
    });
  const reportsOf = (model: SimulatedModel, of: readonly Context[]): WeightTable =>
    meanReports(
      of.flatMap((context) =>
        Array.from({ length: 10 }, () => {
          const text = say(
            model,
            shared,
            introspectionPrompt(context, drawOptions(context, random)),
          );
          const names = context.attributes.map(({ name }) => name);
          const report = parseReport(text, names, 'paper');
          return report.ok ? [{ context: context.name, weights: report.weights }] : [];
        }).flat(),
      ),
    );

  const learnedInstilled = learnedIn(instilled, 50);
  const learnedNative = learnedIn(native, 100);
  return {
    learned_vs_target: correlationBetween(learnedInstilled, targets),
    'instilled/reports': correlationBetween(learnedInstilled, reportsOf(preferring, instilled)),
    'instilled/off_the_shelf_reports': correlationBetween(
      learnedInstilled,
      reportsOf(base, instilled),
    ),
    'instilled/trained_reports': correlationBetween(
      learnedInstilled,
      new Map([...reportsOf(onLast, firstHalf), ...reportsOf(onFirst, lastHalf)]),
    ),
    'native/reports': correlationBetween(learnedNative, reportsOf(preferring, native)),
    'native/trained_reports': correlationBetween(learnedNative, reportsOf(onAll, native)),
  };
}

function learned(context: Context, choices: readonly Choice[]): number[] {
  const { specification } = weightJob(context.name, { context, choices });
  const [, ...slopes] = posteriorMode(modelOf(specification));
  return scaleWeights(slopes);
}

test.runIf(isDeep)(
  'calibration finds a profile that shows the figures in its own population',
  () => {
    const [model] = PAPER_MODELS;
    const population = { contexts: 60, seed: 3 };
    const profile = calibrateProfile(model, paper, population);
    const { correlations, choicesAgreeingWithTargetPercent } = trueFigures(profile, {}, population);
    const wanted = published(model);
    for (const key of Object.keys(wanted) as (keyof TrueCorrelations)[]) {
      // Choices are steps, and settings move one another: near, not equal.
      expect(Math.abs(correlations[key] - wanted[key]), key).toBeLessThan(0.02);
    }
    const agreeing = paper.experiment1.choices_agreeing_with_target_pct[model];
    expect(Math.abs(choicesAgreeingWithTargetPercent - agreeing)).toBeLessThan(0.3);
  },
);

describe('a study of another design', () => {
  test('has truer learned weights where more examples and more choices are asked for', () => {
    const profile = profileOf('gpt-4o-2024-08-06');
    const size = { contexts: 150, seed: 8 };
    const r = [10, 50, 250].map(
      (n) =>
        trueFigures(profile, { examples: n, instilledChoices: n }, size).correlations
          .learned_vs_target,
    );
    expect(r).toEqual([...r].sort((x, y) => x - y));
    expect((r[2] ?? 0) - (r[0] ?? 0)).toBeGreaterThan(0.3);
  });

  test('has as many attributes as it likes', () => {
    const profile = profileOf('gpt-4o-2024-08-06');
    for (const attributes of [2, 20]) {
      const { correlations } = trueFigures(profile, { attributes }, { contexts: 100, seed: 8 });
      expect(correlations['instilled/trained_reports']).toBeGreaterThan(
        correlations['instilled/reports'],
      );
      expect(correlations['instilled/reports']).toBeGreaterThan(0.3);
    }
  });
});
