/**
 * A simulated language model in the paper's paradigm. It has weights that it really uses and
 * chooses by a logistic rule on them; asked for its weights, it reports what it sees of them
 * through noise. No language model is involved.
 */
import type { RandomStream } from '../random/stream.js';
import {
  type Choice,
  type Context,
  normalizedDifferences,
  utilityDifference,
  type WeightReport,
} from '../study/context.js';
import { drawOption } from '../study/trials.js';

/** A trial with the luck that decides it: fixed, so that calibration compares like with like. */
export interface Trial {
  readonly context: Context;
  readonly a: readonly number[];
  readonly b: readonly number[];
  readonly differences: readonly number[];
  /** Uniform on [0, 1): option A is chosen where its probability is above. */
  readonly luck: number;
}

export function drawTrials(
  contexts: readonly Context[],
  perContext: number,
  random: RandomStream,
): Trial[] {
  return contexts.flatMap((context) =>
    Array.from({ length: perContext }, () => {
      const options = { a: drawOption(context, random), b: drawOption(context, random) };
      return {
        context,
        ...options,
        differences: normalizedDifferences(context, options),
        luck: random.uniform(),
      };
    }),
  );
}

/** P(A) = logit⁻¹(sharpness · Σ w_i d_i). */
export function choose(
  trials: readonly Trial[],
  weightsOf: (context: string) => readonly number[],
  sharpness: number,
): Choice[] {
  return trials.map(({ context, a, b, differences, luck }) => {
    const logOdds = sharpness * utilityDifference(weightsOf(context.name), differences);
    return { context: context.name, a, b, choseA: luck < 1 / (1 + Math.exp(-logOdds)) };
  });
}

/** Luck of a reporter: a view of each weight that it keeps, and a slip for each report. */
export interface ReportLuck {
  readonly context: Context;
  /** Standard normal, one per attribute. */
  readonly view: readonly number[];
  /** Standard normal, reports × attributes; only the reports that will be valid. */
  readonly slips: readonly (readonly number[])[];
}

/** On the scale of reports, -100 to 100. */
const SPREAD = 50;
const SLIP = 12;
/** Language models like round numbers. */
const STEP = 5;

/**
 * Reports whose latent value correlates by `insight` (−1 to 1) with `signalOf`, the standardized
 * weights that the reporter looks at.
 */
export function report(
  luck: readonly ReportLuck[],
  signalOf: (context: string) => readonly number[],
  insight: number,
): WeightReport[] {
  const blur = Math.sqrt(1 - insight * insight);
  return luck.flatMap(({ context, view, slips }) => {
    const signal = signalOf(context.name);
    const latent = view.map((noise, i) => SPREAD * (insight * (signal[i] ?? 0) + blur * noise));
    return slips.map((slip) => ({
      context: context.name,
      weights: latent.map((value, i) => roundReport(value + SLIP * (slip[i] ?? 0))),
    }));
  });
}

function roundReport(value: number): number {
  const rounded = STEP * Math.round(value / STEP);
  // + 0 turns a negative zero into zero.
  return Math.max(-100, Math.min(100, rounded)) + 0;
}
