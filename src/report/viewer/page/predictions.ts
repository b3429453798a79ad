/**
 * What a weight regression predicts of the choices it was fitted to: for each draw a probability
 * of A in each trial, logit⁻¹(b_Intercept + Σ bᵢ dᵢ) with dᵢ = (Aᵢ − Bᵢ) / range, and replicated
 * choices by these probabilities (Gelman, Meng & Stern 1996). The generator of random numbers is
 * seeded, so that the same result shows the same picture each time.
 */
import { type Draws, parameterDraws } from '../../../posterior/draws.js';
import { hdi } from '../../../posterior/hdi.js';
import type { ContextRecord, TrialRecord } from '../wire.js';

export interface TrialPrediction {
  /** Number of the trial, from 1. */
  readonly trial: number;
  readonly choseA: boolean;
  /** Posterior mean of P(A). */
  readonly mean: number;
  /** 95% HDI of P(A). */
  readonly interval: readonly [number, number];
}

export interface Predictions {
  /** By their predicted probability, ascending. */
  readonly trials: readonly TrialPrediction[];
  /** Share of A among the choices. */
  readonly observedShare: number;
  /** Replicated choices (1: A), a row a draw, in place of each parameter a trial. */
  readonly replicated: Draws;
  /** Choices that the more probable option agrees with, in percent. */
  readonly agreeingPercent: number;
}

/** Enough for a histogram and an interval; every so-many-th draw is taken. */
const MOST_DRAWS = 1000;

/** null where no trial has a choice. */
export function predict(
  context: ContextRecord,
  trials: readonly TrialRecord[],
  draws: Draws,
): Predictions | null {
  const made = trials.flatMap(({ a, b, choice }, i) =>
    choice ? [{ trial: i + 1, choseA: choice === 'A', row: differences(context, a, b) }] : [],
  );
  if (made.length === 0) return null;
  const step = Math.ceil((draws.chains * draws.drawsPerChain) / MOST_DRAWS);
  const columns = draws.parameterNames.map((_, i) => everyNth(parameterDraws(draws, i), step));
  const size = columns[0]?.length ?? 0;
  const predicted = made
    .map(({ trial, choseA, row }) => {
      const probabilities = probabilitiesOfA(columns, row, size);
      const mean = probabilities.reduce((sum, value) => sum + value, 0) / size;
      return { trial, choseA, mean, interval: hdi(probabilities), probabilities };
    })
    .sort((one, other) => one.mean - other.mean);
  const agreeing = predicted.filter(({ mean, choseA }) => mean > 0.5 === choseA);
  return {
    trials: predicted.map(({ probabilities: _, ...prediction }) => prediction),
    observedShare: made.filter(({ choseA }) => choseA).length / made.length,
    replicated: {
      parameterNames: predicted.map(({ trial }) => `trial ${trial}`),
      chains: 1,
      drawsPerChain: size,
      values: replicate(predicted.map(({ probabilities }) => probabilities)),
    },
    agreeingPercent: (100 * agreeing.length) / made.length,
  };
}

/** A choice (1: A) for each draw and trial, row-major. */
function replicate(trials: readonly Float64Array[]): Float64Array {
  const uniform = seededUniform(trials.length);
  const draws = trials[0]?.length ?? 0;
  const choices = new Float64Array(draws * trials.length);
  trials.forEach((probabilities, trial) => {
    probabilities.forEach((probability, draw) => {
      choices[draw * trials.length + trial] = uniform() < probability ? 1 : 0;
    });
  });
  return choices;
}

function differences(
  { attributes }: ContextRecord,
  a: readonly number[],
  b: readonly number[],
): number[] {
  return attributes.map(({ range: [min, max] }, i) => ((a[i] ?? 0) - (b[i] ?? 0)) / (max - min));
}

/** The first parameter is the intercept, then come the slopes. */
function probabilitiesOfA(
  [intercepts, ...slopes]: readonly Float64Array[],
  row: readonly number[],
  size: number,
): Float64Array {
  return Float64Array.from({ length: size }, (_, draw) => {
    let logit = intercepts?.[draw] ?? 0;
    slopes.forEach((slope, i) => {
      logit += (slope[draw] ?? 0) * (row[i] ?? 0);
    });
    return 1 / (1 + Math.exp(-logit));
  });
}

function everyNth(values: Float64Array, step: number): Float64Array {
  return Float64Array.from(
    { length: Math.ceil(values.length / step) },
    (_, i) => values[i * step] ?? 0,
  );
}

/** Mulberry32: 32 bits of state are plenty for a picture. */
function seededUniform(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/**
 * For each trial the group that it is checked in: trials of a like predicted probability of A, in
 * about equal numbers, named by the range of that probability. The trials are in its order. Groups
 * whose ranges round alike are told apart by a number: of one name they would be one group.
 */
export function probabilityGroups(trials: readonly TrialPrediction[], most = 8): string[] {
  const count = Math.min(most, Math.max(1, Math.floor(trials.length / 8)));
  const alike = new Map<string, number>();
  return Array.from({ length: count }, (_, group) => {
    const members = trials.slice(
      Math.floor((group * trials.length) / count),
      Math.floor(((group + 1) * trials.length) / count),
    );
    const range = `P(A) ${percent(members[0])} to ${percent(members.at(-1))}%`;
    const number = (alike.get(range) ?? 0) + 1;
    alike.set(range, number);
    const name = number === 1 ? range : `${range} (${number})`;
    return members.map(() => name);
  }).flat();
}

function percent(prediction: TrialPrediction | undefined): string {
  return (100 * (prediction?.mean ?? 0)).toFixed(0);
}
