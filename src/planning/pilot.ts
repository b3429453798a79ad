/**
 * Assumptions about a study from the data of a pilot.
 *
 * Weights and intercepts of contexts are normal with unknown means and variances, estimated by the EM
 * algorithm: τ² ← mean over weights of E[w²], the mean of the weights being zero. The expectations are over
 * the posterior of each context, by importance sampling from a Student-t around its mode (Wei & Tanner
 * 1990, with the same normals in every round). The posteriors are skewed: a normal approximation would
 * give two thirds of τ on the published data. The noise of reports is the pooled variance within contexts
 * and attributes. The latent correlation is the raw one, divided by the attenuation that a simulation of
 * the pilot's sizes shows: the one with which simulated studies have the pilot's raw correlation.
 */

import { pairWeights } from '../analysis/correlations.js';
import { type ContextChoices, groupByContext } from '../analysis/learned-weights.js';
import { meanReports } from '../analysis/reported-weights.js';
import { scaleWeights } from '../analysis/standardize.js';
import { badData } from '../checks/values.js';
import {
  type BinaryRows,
  drawProposals,
  type ImportanceSample,
  importanceSample,
  type NormalPriors,
  posteriorMoments,
} from '../fit/logistic-mode.js';
import { meanAndSquares, pearson } from '../linear-algebra/sums.js';
import { quickStream } from '../random/quick-stream.js';
import {
  type Choice,
  type Context,
  normalizedDifferences,
  type WeightReport,
} from '../study/context.js';
import { attenuation } from './plan-study.js';
import { learnedMode, type StudyAssumptions, type StudyDesign } from './simulate-study.js';

/** Choices and reports of one base model in one setting. */
export interface StudyPilot {
  readonly contexts: ReadonlyMap<string, Context>;
  readonly choices: readonly Choice[];
  readonly reports: readonly WeightReport[];
  /** Reports of the same model by another reporting model, for example after training. */
  readonly comparedReports?: readonly WeightReport[];
}

/** What a pilot shows. */
export interface PilotEstimates {
  readonly assumptions: StudyAssumptions;
  /** Sizes of the pilot; mean numbers, rounded. */
  readonly sizes: StudyDesign;
  /** The raw correlations from which the latent ones were computed. */
  readonly raw: readonly number[];
}

/** @throws WeighbridgeError `bad-data` if the pilot is too small or does not vary */
export function assumptionsFromPilot(pilot: StudyPilot): PilotEstimates {
  const groups = groupByContext(pilot.choices, pilot.contexts);
  if (groups.length < FEWEST_CONTEXTS) {
    throw badData(
      `the pilot has choices in ${groups.length} contexts, expected at least ${FEWEST_CONTEXTS}`,
    );
  }
  const spread = spreadOfWeights(groups);
  const learned = new Map(
    groups.map((group) => {
      const weights = learnedMode(rowsOf(group), group.context.attributes.length);
      return [group.context.name, scaleWeights(Array.from(weights))];
    }),
  );
  const sides = [pilot.reports, ...(pilot.comparedReports ? [pilot.comparedReports] : [])];
  const found = sides.map((reports) => {
    const means = meanReports(reports);
    const shared = [...means.keys()].filter((context) => learned.has(context)).length;
    if (shared < FEWEST_CONTEXTS) {
      throw badData(
        `the pilot has ${shared} contexts with both choices and reports, expected at least ${FEWEST_CONTEXTS}`,
      );
    }
    const pairs = pairWeights(learned, means);
    return { raw: pearson(pairs.weights, pairs.reports), ...noiseOf(reports) };
  });
  const [first, second] = found;
  if (!first) throw new RangeError('a pilot has reports');
  const mean = (total: number) => Math.round(total / groups.length);
  const sizes = {
    contexts: groups.length,
    choices: mean(groups.reduce((sum, { choices }) => sum + choices.length, 0)),
    reports: Math.round(first.perContext),
    models: 1,
    attributes: mean(groups.reduce((sum, { context }) => sum + context.attributes.length, 0)),
  };
  const base = { ...spread, correlation: 0, comparedWith: null, comparedReportNoise: null };
  const latent = (side: (typeof found)[number]) =>
    clamped(
      side.raw /
        attenuation({ ...base, reportNoise: side.noise }, { ...sizes, reports: side.perContext }),
    );
  return {
    assumptions: {
      ...spread,
      correlation: latent(first),
      comparedWith: second ? latent(second) : null,
      reportNoise: first.noise,
      comparedReportNoise: second ? second.noise : null,
    },
    sizes,
    raw: found.map(({ raw }) => raw),
  };
}

const FEWEST_CONTEXTS = 5;

/** In a small pilot, a correlation divided by its attenuation may exceed 1. */
const LARGEST_CORRELATION = 0.99;

function clamped(r: number): number {
  return Math.max(-LARGEST_CORRELATION, Math.min(LARGEST_CORRELATION, r));
}

function rowsOf({ context, choices }: ContextChoices): BinaryRows {
  return {
    predictors: Float64Array.from(
      choices.flatMap((choice) => normalizedDifferences(context, choice)),
    ),
    outcomes: Uint8Array.from(choices, ({ choseA }) => (choseA ? 1 : 0)),
  };
}

type WeightSpread = Pick<StudyAssumptions, 'weightSd' | 'interceptMean' | 'interceptSd'>;

/** Start of the EM algorithm, near the values of the paper's models. */
const START: WeightSpread = { weightSd: 5, interceptMean: 0, interceptSd: 1 };
/** In log-odds over a whole range; beyond it, choices follow a rule without error. */
const LARGEST_WEIGHT_SD = 100;
const MOST_SAMPLES = 8;
/** New draws, around the modes at the new values, until these change by less than this share. */
const SETTLED = 0.01;

/** @throws WeighbridgeError `bad-data` if the choices do not bound the weights */
function spreadOfWeights(groups: readonly ContextChoices[]): WeightSpread {
  const contexts = groups.map((group, index) => {
    const attributes = group.context.attributes.length;
    return {
      rows: rowsOf(group),
      attributes,
      proposals: drawProposals(attributes + 1, quickStream('pilot', index)),
    };
  });
  let spread = START;
  for (let round = 0; round < MOST_SAMPLES && spread.weightSd < LARGEST_WEIGHT_SD; round++) {
    const samples = contexts.map(({ rows, attributes, proposals }) => ({
      sample: importanceSample(rows, normalPriors(attributes, spread), proposals),
      attributes,
    }));
    const next = converged(samples, spread);
    const change = changeBetween(spread, next);
    spread = next;
    if (change < SETTLED) return spread;
  }
  throw badData(
    'the choices of the pilot do not say how large the weights are: they follow a rule almost without error',
  );
}

interface ContextSample {
  readonly sample: ImportanceSample;
  readonly attributes: number;
}

const MOST_ROUNDS = 200;
/** Some thousandths remain: less than a tenth of the posterior sd of τ in a study of the paper's size. */
const CONVERGED = 2e-4;

/** EM with the same draws in all rounds. */
function converged(samples: readonly ContextSample[], start: WeightSpread): WeightSpread {
  let spread = start;
  for (let round = 0; round < MOST_ROUNDS; round++) {
    const next = improved(samples, spread);
    const change = changeBetween(spread, next);
    spread = next;
    if (change < CONVERGED) break;
  }
  return spread;
}

function changeBetween(before: WeightSpread, after: WeightSpread): number {
  return Math.max(
    Math.abs(after.weightSd / before.weightSd - 1),
    Math.abs(after.interceptSd - before.interceptSd),
    Math.abs(after.interceptMean - before.interceptMean),
  );
}

/** One round of the EM algorithm. */
function improved(samples: readonly ContextSample[], spread: WeightSpread): WeightSpread {
  let weights = 0;
  let squares = 0;
  let interceptSum = 0;
  let interceptSquares = 0;
  for (const { sample, attributes } of samples) {
    const moments = posteriorMoments(sample, normalPriors(attributes, spread));
    interceptSum += moments.means[0] ?? 0;
    interceptSquares += moments.squares[0] ?? 0;
    for (let j = 1; j <= attributes; j++) squares += moments.squares[j] ?? 0;
    weights += attributes;
  }
  const mean = interceptSum / samples.length;
  const variance = interceptSquares / samples.length - mean * mean;
  return {
    weightSd: Math.sqrt(squares / weights),
    interceptMean: mean,
    interceptSd: Math.max(LEAST_INTERCEPT_SD, Math.sqrt(Math.max(0, variance))),
  };
}

/** Intercepts that differ by less make no difference, and EM approaches zero without end. */
const LEAST_INTERCEPT_SD = 0.05;

function normalPriors(
  attributes: number,
  { weightSd, interceptMean, interceptSd }: WeightSpread,
): NormalPriors {
  const means = new Float64Array(attributes + 1);
  const sds = new Float64Array(attributes + 1).fill(weightSd);
  means[0] = interceptMean;
  sds[0] = interceptSd;
  return { means, sds };
}

/**
 * Noise of single reports in standard deviations of latent ones, and the mean number of reports per
 * context. The variance of mean reports is that of latent ones plus s² / k.
 *
 * @throws WeighbridgeError `bad-data` if noise and latent reports cannot be told apart
 */
function noiseOf(reports: readonly WeightReport[]): { noise: number; perContext: number } {
  const byContext = new Map<string, WeightReport[]>();
  for (const report of reports) {
    byContext.set(report.context, [...(byContext.get(report.context) ?? []), report]);
  }
  let squares = 0;
  let freedom = 0;
  for (const group of byContext.values()) {
    (group[0]?.weights ?? []).forEach((_, j) => {
      squares += meanAndSquares(group.map(({ weights }) => weights[j] ?? 0)).squares;
      freedom += group.length - 1;
    });
  }
  if (freedom === 0) {
    throw badData(
      'the pilot has one report a context, expected several: they show the noise of reports',
    );
  }
  const means = [...meanReports(reports).values()].flat();
  const spread = meanAndSquares(means).squares / (means.length - 1);
  const perContext = reports.length / byContext.size;
  const within = squares / freedom;
  const latent = spread - within / perContext;
  if (latent > 0) return { noise: Math.sqrt(within / latent), perContext };
  throw badData(
    'mean reports of the pilot differ no more between contexts and attributes than their noise explains: they show no latent reports',
  );
}
