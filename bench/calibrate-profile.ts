/**
 * Finds the profile whose population shows the paper's figures: the procedure by which the constants
 * of the base models were found, to be repeated by anyone. The same luck is used for all candidates,
 * and each setting is solved for the figure that it decides.
 */
import type { PaperFigures } from '../src/analysis/figures.js';
import { solveMonotone } from '../src/simulation/calibrate.js';
import { figure, validReports } from '../src/simulation/replica-tables.js';
import { insightAfter } from '../src/simulation/server/behaviour.js';
import {
  drawPopulation,
  type Population,
  paperDesign,
} from '../src/simulation/server/population.js';
import type { InsightLevels, ModelProfile } from '../src/simulation/server/profile.js';
import {
  type Agent,
  correlationOf,
  instilledAgents,
  nativeAgents,
  type PopulationSize,
  predictedPercent,
  reportsBy,
  truthOfTargets,
} from '../src/simulation/server/true-correlations.js';

/** Rounds of solving settings that each move the others' figures a little. */
const ROUNDS = 5;
const HALVINGS = 14;

/** What the search starts from, and what it leaves as it is. */
const start: ModelProfile = {
  sharpness: { instilled: 8, native: 8 },
  misreading: 0.12,
  retention: 0.5,
  insight: {
    instilled: { untrained: 0.55, trained: 0.8 },
    native: { untrained: 0.5, trained: 0.8 },
  },
  invalidReports: { untrained: 0, instilled: 0, native: 0, introspective: 0 },
  fenced: 0.02,
};

/** @param name a base model of the paper */
export function calibrateProfile(
  name: string,
  figures: PaperFigures,
  { contexts = 2000, seed = 1 }: PopulationSize = {},
): ModelProfile {
  const population = drawPopulation(paperDesign, contexts, seed);
  const withShares = { ...start, invalidReports: invalidShares(name) };
  const withNative = calibrateNative(withShares, population, name, figures);
  const withTraining = calibrateInstilled(withNative, population, name, figures);
  return calibrateInsight(withTraining, population, name, figures);
}

/** Counts of the published files. */
function invalidShares(name: string): ModelProfile['invalidReports'] {
  const files = figure(validReports, name);
  const share = (asked: number, ...kinds: (keyof typeof files)[]) =>
    1 - kinds.reduce((sum, kind) => sum + files[kind].rows, 0) / asked;
  return {
    untrained: share(1000, 'offTheShelfReports'),
    instilled: share(1000, 'instilledReports'),
    native: share(1000, 'nativeReports'),
    introspective: share(
      2000,
      'firstHalfTrainedReports',
      'lastHalfTrainedReports',
      'nativeTrainedReports',
    ),
  };
}

/** Sharpness by how many choices are predicted, then insight by the reports before training. */
function calibrateNative(
  profile: ModelProfile,
  population: Population,
  name: string,
  { experiment3 }: PaperFigures,
): ModelProfile {
  const withSharpness = (native: number): ModelProfile => ({
    ...profile,
    sharpness: { ...profile.sharpness, native },
  });
  const sharpness = solveMonotone(
    (candidate) =>
      predictedPercent(nativeAgents(population, withSharpness(candidate)), (one) => one.slopes),
    figure(experiment3.native_choices_predicted_pct, name),
    1,
    40,
    HALVINGS,
  );
  const sharp = withSharpness(sharpness);
  const agents = nativeAgents(population, sharp);
  const untrained = solveInsight(agents, 0, sharp.invalidReports.native, {
    wanted: figure(experiment3['native/reports'], name).r,
    insightOf: (level) => level,
  });
  return withInsight(sharp, 'native', { ...sharp.insight.native, untrained });
}

/**
 * Misreading by how near learned weights come to targets, sharpness by how many choices agree with
 * targets, retention by what the untrained model's reports have to do with the learned weights.
 */
function calibrateInstilled(
  profile: ModelProfile,
  population: Population,
  name: string,
  { experiment1 }: PaperFigures,
): ModelProfile {
  let current = profile;
  const solve = (
    change: (value: number) => ModelProfile,
    measure: (agents: readonly Agent[]) => number,
    wanted: number,
    low: number,
    high: number,
  ) => {
    const value = solveMonotone(
      (candidate) => measure(instilledAgents(population, change(candidate))),
      wanted,
      low,
      high,
      HALVINGS,
    );
    current = change(value);
  };
  for (let round = 0; round < ROUNDS; round++) {
    solve(
      (misreading) => ({ ...current, misreading }),
      (agents) =>
        correlationOf(
          agents.map(({ learned }) => learned),
          agents.map(({ member }) => member.targets),
        ),
      figure(experiment1.learned_vs_target_r, name),
      0,
      0.4,
    );
    solve(
      (instilled) => ({ ...current, sharpness: { ...current.sharpness, instilled } }),
      (agents) => predictedPercent(agents, ({ member }) => member.targets),
      figure(experiment1.choices_agreeing_with_target_pct, name),
      1,
      40,
    );
    solve(
      (retention) => ({ ...current, retention }),
      (agents) => offTheShelfCorrelation(agents, current),
      // Native weights that resist training can only raise it: from a negative figure to none.
      Math.max(0, figure(experiment1['instilled/off_the_shelf_reports'], name).r),
      0,
      3,
    );
  }
  return current;
}

function offTheShelfCorrelation(agents: readonly Agent[], profile: ModelProfile): number {
  const { means } = reportsBy(agents, {
    which: 0,
    weightsOf: ({ member }) => member.nativeWeights,
    insight: profile.insight.native.untrained,
    invalid: profile.invalidReports.untrained,
  });
  return correlationOf(
    agents.map(({ learned }) => learned),
    means,
  );
}

/** The rest of insight: of instilled weights before training, of both kinds after it. */
function calibrateInsight(
  profile: ModelProfile,
  population: Population,
  name: string,
  { experiment1, experiment2, experiment3 }: PaperFigures,
): ModelProfile {
  const instilled = instilledAgents(population, profile);
  const native = nativeAgents(population, profile);
  const { half, all } = paperDesign.introspectionExamples;
  const truth = truthOfTargets(instilled);
  const { invalidReports } = profile;
  const before = solveInsight(instilled, 1, invalidReports.instilled, {
    wanted: figure(experiment1['instilled/reports'], name).r,
    insightOf: (level) => level,
  });
  const after = solveInsight(instilled, 2, invalidReports.introspective, {
    wanted: figure(experiment2['instilled/trained_reports'], name).r,
    insightOf: (trained) => insightAfter({ untrained: before, trained }, half * truth),
  });
  const { untrained } = profile.insight.native;
  const nativeAfter = solveInsight(native, 1, invalidReports.introspective, {
    wanted: figure(experiment3['native/trained_reports'], name).r,
    insightOf: (trained) => insightAfter({ untrained, trained }, all * truth),
  });
  const withInstilled = withInsight(profile, 'instilled', { untrained: before, trained: after });
  return withInsight(withInstilled, 'native', { untrained, trained: nativeAfter });
}

function solveInsight(
  agents: readonly Agent[],
  which: number,
  invalid: number,
  { wanted, insightOf }: { wanted: number; insightOf: (level: number) => number },
): number {
  const learned = agents.map((agent) => agent.learned);
  return solveMonotone(
    (level) => {
      const insight = Math.min(1, insightOf(level));
      const { means } = reportsBy(agents, {
        which,
        weightsOf: ({ used }) => used,
        insight,
        invalid,
      });
      return correlationOf(learned, means);
    },
    wanted,
    0,
    1,
    HALVINGS,
  );
}

function withInsight(
  profile: ModelProfile,
  setting: keyof ModelProfile['insight'],
  levels: InsightLevels,
): ModelProfile {
  return { ...profile, insight: { ...profile.insight, [setting]: levels } };
}
