/**
 * Posterior predictive check of a weight regression (Gelman, Meng & Stern 1996): for each draw the
 * probability of A in each trial, logit⁻¹(b_Intercept + Σ bᵢ dᵢ) with dᵢ = (Aᵢ − Bᵢ) / range, and
 * choices replicated by these probabilities.
 */
import { type Draws, parameterDraws } from '../posterior/draws.js';
import { hdi, type Interval } from '../posterior/intervals.js';
import { randomStream } from '../random/stream.js';
import { type Choice, type Context, normalizedDifferences } from '../study/context.js';

/** A trial with a choice between A and B. */
export interface ChosenTrial extends Pick<Choice, 'a' | 'b' | 'choseA'> {
  /** Number of the trial in its context, from 1. */
  readonly trial: number;
}

interface TrialPrediction {
  readonly trial: number;
  readonly choseA: boolean;
  /** Posterior mean of P(A). */
  readonly mean: number;
  /** 95% HDI of P(A). */
  readonly interval: Interval;
  /** Name of the trial's group; groups collect trials with similar P(A). */
  readonly group: string;
}

export interface ChoiceCheck {
  /** Sorted by predicted probability, ascending. */
  readonly trials: readonly TrialPrediction[];
  readonly observedShare: number;
  /** Percentage of choices of the option with the higher predicted probability. */
  readonly agreeingPercent: number;
  /** Replicated choices (1 = A), one row per draw; each trial is a "parameter". */
  readonly replicated: Draws;
}

/** Draws are thinned to this number, which is enough for a histogram and an interval. */
const MOST_DRAWS = 1000;
const MOST_GROUPS = 8;
const LEAST_IN_GROUP = 8;

/**
 * @param draws of the intercept, then of one slope per attribute
 * @param seed of the replicated choices
 * @returns null if there are no trials
 */
export function checkChoices(
  context: Context,
  trials: readonly ChosenTrial[],
  draws: Draws,
  seed: number | string,
): ChoiceCheck | null {
  if (trials.length === 0) return null;
  const columns = thinned(draws);
  const size = columns[0]?.length ?? 0;
  const predicted = trials
    .map((trial) => {
      const differences = normalizedDifferences(context, trial);
      const probabilities = probabilitiesOfA(columns, differences, size);
      const mean = probabilities.reduce((sum, value) => sum + value, 0) / size;
      return { ...trial, mean, interval: hdi(probabilities), probabilities };
    })
    .sort((one, other) => one.mean - other.mean);
  const groups = probabilityGroups(predicted.map(({ mean }) => mean));
  const agreeing = predicted.filter(({ mean, choseA }) => mean > 0.5 === choseA);
  return {
    trials: predicted.map(({ trial, choseA, mean, interval }, i) => ({
      ...{ trial, choseA, mean, interval },
      group: groups[i] ?? '',
    })),
    observedShare: trials.filter(({ choseA }) => choseA).length / trials.length,
    agreeingPercent: (100 * agreeing.length) / trials.length,
    replicated: {
      parameterNames: predicted.map(({ trial }) => `trial ${trial}`),
      chains: 1,
      drawsPerChain: size,
      values: replicate(
        predicted.map(({ probabilities }) => probabilities),
        randomStream(seed, 'choice check').uniform,
      ),
    },
  };
}

/** At most `MOST_DRAWS` draws of each parameter. */
function thinned(draws: Draws): Float64Array[] {
  const step = Math.ceil((draws.chains * draws.drawsPerChain) / MOST_DRAWS);
  return draws.parameterNames.map((_, i) =>
    parameterDraws(draws, i).filter((_draw, place) => place % step === 0),
  );
}

function probabilitiesOfA(
  [intercepts, ...slopes]: readonly Float64Array[],
  differences: readonly number[],
  size: number,
): Float64Array {
  return Float64Array.from({ length: size }, (_, draw) => {
    let logit = intercepts?.[draw] ?? 0;
    slopes.forEach((slope, i) => {
      logit += (slope[draw] ?? 0) * (differences[i] ?? 0);
    });
    return 1 / (1 + Math.exp(-logit));
  });
}

/** One choice (1 = A) per draw and trial, row-major. */
function replicate(trials: readonly Float64Array[], uniform: () => number): Float64Array {
  const draws = trials[0]?.length ?? 0;
  const choices = new Float64Array(draws * trials.length);
  trials.forEach((probabilities, trial) => {
    probabilities.forEach((probability, draw) => {
      choices[draw * trials.length + trial] = uniform() < probability ? 1 : 0;
    });
  });
  return choices;
}

/**
 * Groups of about equal size, named by their range of P(A). Groups whose ranges round to the same
 * name are numbered.
 *
 * @param means of P(A), ascending
 * @returns the group name of each mean
 */
export function probabilityGroups(means: readonly number[]): string[] {
  const count = Math.min(MOST_GROUPS, Math.max(1, Math.floor(means.length / LEAST_IN_GROUP)));
  const found = new Map<string, number>();
  return Array.from({ length: count }, (_, group) => {
    const members = means.slice(
      Math.floor((group * means.length) / count),
      Math.floor(((group + 1) * means.length) / count),
    );
    const range = `P(A) ${percent(members[0])} to ${percent(members.at(-1))}%`;
    const number = (found.get(range) ?? 0) + 1;
    found.set(range, number);
    const name = number === 1 ? range : `${range} (${number})`;
    return members.map(() => name);
  }).flat();
}

function percent(probability = 0): string {
  return (100 * probability).toFixed(0);
}
