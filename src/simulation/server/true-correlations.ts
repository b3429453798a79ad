/**
 * The results of an infinitely large study of a simulated model: the correlations of the paper in
 * the population of all contexts, from a large simulation without server, prompts or sampling. A
 * study's intervals should cover them.
 *
 * Learned weights are the modes of the same regressions whose means the analysis samples, as in
 * the replica. With C contexts of k attributes the Monte Carlo error of a correlation is about (1
 * − r²)/√(C·k), at most 0.01 for 2,000 contexts of five.
 */

import { choicesPredictedPercent } from '../../analysis/agreement.js';
import { weightJob } from '../../analysis/learned-weights.js';
import { correlation, scaleWeights } from '../../analysis/standardize.js';
import { modelOf } from '../../fit/specification.js';
import { meanAndSquares } from '../../linear-algebra/sums.js';
import { posteriorMode } from '../../sampler/normal-approximation.js';
import { type Choice, differencesIn } from '../../study/context.js';
import {
  breakingShare,
  feltLogOdds,
  insightAfter,
  invalidPropensity,
  learnWeights,
  reportedWeights,
} from './behaviour.js';
import { scalesFrom } from './model.js';
import {
  drawPopulation,
  type Member,
  type Population,
  paperDesign,
  type StudyDesign,
} from './population.js';
import type { ModelProfile } from './profile.js';

/** Keyed like the comparisons of the analysis. */
export interface TrueCorrelations {
  readonly learned_vs_target: number;
  readonly 'instilled/reports': number;
  readonly 'instilled/off_the_shelf_reports': number;
  readonly 'instilled/trained_reports': number;
  readonly 'native/reports': number;
  readonly 'native/trained_reports': number;
}

export interface TrueFigures {
  readonly correlations: TrueCorrelations;
  /** Appendix D. */
  readonly reportsVsTarget: { readonly before: number; readonly after: number };
  readonly choicesAgreeingWithTargetPercent: number;
  readonly nativeChoicesPredictedPercent: number;
  readonly invalidReportsPercent: number;
}

export interface PopulationSize {
  /** Number of contexts in each setting. @default 2000 */
  readonly contexts?: number;
  readonly seed?: number;
}

/** The population values of the paper's figures, for a study of the given design. */
export function trueFigures(
  profile: ModelProfile,
  design: Partial<StudyDesign> = {},
  { contexts = 2000, seed = 1 }: PopulationSize = {},
): TrueFigures {
  const full = { ...paperDesign, ...design };
  const population = drawPopulation(full, contexts, seed);
  const instilled = instilledAgents(population, profile);
  const native = nativeAgents(population, profile);
  const reports = reportsOf(instilled, native, profile, full);
  const learned = (agents: readonly Agent[]) => agents.map((agent) => agent.learned);
  const targets = instilled.map(({ member }) => member.targets);
  return {
    correlations: {
      learned_vs_target: correlationOf(learned(instilled), targets),
      'instilled/reports': correlationOf(learned(instilled), reports.before.means),
      'instilled/off_the_shelf_reports': correlationOf(
        learned(instilled),
        reports.offTheShelf.means,
      ),
      'instilled/trained_reports': correlationOf(learned(instilled), reports.after.means),
      'native/reports': correlationOf(learned(native), reports.native.means),
      'native/trained_reports': correlationOf(learned(native), reports.nativeAfter.means),
    },
    reportsVsTarget: {
      before: correlationOf(targets, reports.before.means),
      after: correlationOf(targets, reports.after.means),
    },
    choicesAgreeingWithTargetPercent: predictedPercent(instilled, ({ member }) => member.targets),
    nativeChoicesPredictedPercent: predictedPercent(native, ({ slopes }) => slopes),
    invalidReportsPercent: meanAndSquares(
      Object.values(reports).map(({ invalidPercent }) => invalidPercent),
    ).mean,
  };
}

/**
 * The correlation of an untrained model's reports with its native weights, in the population of all
 * contexts.
 */
export function trueReportCorrelation(
  profile: ModelProfile,
  design: Pick<StudyDesign, 'nativeChoices' | 'reports'>,
  { contexts = 2000, seed = 1 }: PopulationSize = {},
): number {
  const agents = nativeAgents(
    drawPopulation({ ...paperDesign, ...design }, contexts, seed),
    profile,
  );
  const { means } = reportsBy(agents, {
    which: 0,
    weightsOf: ({ used }) => used,
    insight: profile.insight.native.untrained,
    invalid: profile.invalidReports.untrained,
  });
  return correlationOf(
    agents.map(({ learned }) => learned),
    means,
  );
}

/** A member of the population after learning and choosing. */
export interface Agent {
  readonly member: Member;
  /** The weights it uses. */
  readonly used: readonly number[];
  readonly choices: readonly Choice[];
  /** The weights estimated from its choices, before and after scaling. */
  readonly slopes: readonly number[];
  readonly learned: readonly number[];
}

export function instilledAgents(
  { instilled }: Population,
  { misreading, retention, sharpness }: ModelProfile,
): Agent[] {
  return instilled.map((member) => {
    const scales = scalesFrom(member.examples.flatMap(({ a, b }) => [a, b]));
    const examples = member.examples.map(({ a, b, choseA, luck }) => ({
      differences: differencesIn({ a, b }, scales),
      choseA: choseA !== luck < misreading,
    }));
    const used = learnWeights(examples, member.nativeWeights, retention);
    return agentOf(member, used, scales, sharpness.instilled);
  });
}

export function nativeAgents({ native }: Population, { sharpness }: ModelProfile): Agent[] {
  return native.map((member) => {
    const scales = member.context.attributes.map(({ min, max }) => max - min);
    return agentOf(member, member.nativeWeights, scales, sharpness.native);
  });
}

function agentOf(
  member: Member,
  used: readonly number[],
  scales: readonly number[],
  sharpness: number,
): Agent {
  const { context, trials } = member;
  const choices = trials.map(({ a, b, luck }) => ({
    context: context.name,
    a,
    b,
    choseA: feltLogOdds(used, differencesIn({ a, b }, scales), sharpness, luck) > 0,
  }));
  const [, ...slopes] = posteriorMode(
    modelOf(weightJob(context.name, { context, choices }).specification),
  );
  return { member, used, choices, slopes, learned: scaleWeights(slopes) };
}

/** One of a member's reporters, the weights it reports on, and its insight. */
interface Reporter {
  readonly which: number;
  readonly weightsOf: (agent: Agent) => readonly number[];
  readonly insight: number;
  /** Share of its reports that are invalid. */
  readonly invalid: number;
}

interface MeanReports {
  /** Means of the valid reports; null if a context has none. */
  readonly means: readonly (readonly number[] | null)[];
  readonly invalidPercent: number;
}

export function reportsBy(agents: readonly Agent[], reporter: Reporter): MeanReports {
  let invalid = 0;
  let asked = 0;
  const means = agents.map((agent) => {
    const { view, reporters } = agent.member;
    const { proneness = 0, slips = [] } = reporters[reporter.which] ?? {};
    const propensity = invalidPropensity(proneness, reporter.invalid);
    const valid = slips.filter(({ breaking }) => breaking >= propensity);
    asked += slips.length;
    invalid += slips.length - valid.length;
    if (valid.length === 0) return null;
    const weights = reporter.weightsOf(agent);
    const reports = valid.map(({ normals }) =>
      reportedWeights(weights, reporter.insight, view, normals),
    );
    return weights.map((_, i) => meanAndSquares(reports.map((report) => report[i] ?? 0)).mean);
  });
  return { means, invalidPercent: (100 * invalid) / asked };
}

/** All the reports of the study, by reporter. */
function reportsOf(
  instilled: readonly Agent[],
  native: readonly Agent[],
  profile: ModelProfile,
  { introspectionExamples }: StudyDesign,
) {
  const { insight, invalidReports } = profile;
  const own = ({ used }: Agent) => used;
  const half = introspectionExamples.half * truthOfTargets(instilled);
  const all = introspectionExamples.all * truthOfTargets(instilled);
  return {
    offTheShelf: reportsBy(instilled, {
      which: 0,
      // An untrained model has insight only into its native weights.
      weightsOf: ({ member }) => member.nativeWeights,
      insight: insight.native.untrained,
      invalid: invalidReports.untrained,
    }),
    before: reportsBy(instilled, {
      which: 1,
      weightsOf: own,
      insight: insight.instilled.untrained,
      invalid: invalidReports.instilled,
    }),
    after: reportsBy(instilled, {
      which: 2,
      weightsOf: own,
      insight: insightAfter(insight.instilled, half),
      invalid: breakingShare(invalidReports.instilled, invalidReports.introspective, half),
    }),
    native: reportsBy(native, {
      which: 0,
      weightsOf: own,
      insight: insight.native.untrained,
      invalid: invalidReports.native,
    }),
    nativeAfter: reportsBy(native, {
      which: 1,
      weightsOf: own,
      insight: insightAfter(insight.native, all),
      invalid: breakingShare(invalidReports.native, invalidReports.introspective, all),
    }),
  };
}

/** Introspection is trained on target weights: how accurate they are of the used weights. */
export function truthOfTargets(instilled: readonly Agent[]): number {
  return correlationOf(
    instilled.map(({ used }) => used),
    instilled.map(({ member }) => member.targets),
  );
}

/** Correlation over all contexts for which both tables have values. */
export function correlationOf(
  x: readonly (readonly number[] | null)[],
  y: readonly (readonly number[] | null)[],
): number {
  const both = x.flatMap((values, i) => {
    const others = y[i];
    return values && others ? [{ values, others }] : [];
  });
  return correlation(
    both.flatMap(({ values }) => values),
    both.flatMap(({ others }) => others),
  );
}

export function predictedPercent(
  agents: readonly Agent[],
  weightsOf: (agent: Agent) => readonly number[],
): number {
  const groups = agents.map(({ member, choices }) => ({ context: member.context, choices }));
  const weights = new Map(agents.map((agent) => [agent.member.context.name, weightsOf(agent)]));
  return choicesPredictedPercent(groups, (context) => weights.get(context));
}
