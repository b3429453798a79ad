/**
 * A simulated language model in the paper's paradigm. It chooses by a logistic rule on its
 * weights; asked for its weights, it reports a noisy perception of them. No language model is
 * involved.
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

/** A trial with its random number: fixed, so that calibration compares like with like. */
export interface Trial {
  readonly context: Context;
  readonly a: readonly number[];
  readonly b: readonly number[];
  readonly differences: readonly number[];
  /** Uniform on [0, 1): option A is chosen if its probability is larger. */
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
    return { context: context.name, a, b, choseA: luck < probabilityOf(logOdds) };
  });
}

/** logit⁻¹ */
export function probabilityOf(logOdds: number): number {
  return 1 / (1 + Math.exp(-logOdds));
}

/** A reporter's random numbers: a lasting error per weight, and an error per report. */
export interface ReportLuck {
  readonly context: Context;
  /** Standard normal, one per attribute. */
  readonly view: readonly number[];
  /** Standard normal, reports × attributes; only the reports that will be valid. */
  readonly slips: readonly (readonly number[])[];
}

/** Standard deviation of latent reports and of their errors on the scale from -100 to 100. */
const REPORT_SPREAD = 50;
const SLIP = 12;
/** Language models prefer round numbers. */
const STEP = 5;

/**
 * One report: the reporter's perception of its weights with `insight` from -1 to 1, plus an error
 * that is constant in the context and an error per report.
 *
 * @param signal the weights on a standard scale
 * @param view standard normal, one per attribute
 * @param slip standard normal, one per attribute
 */
export function reportOf(
  signal: readonly number[],
  insight: number,
  view: readonly number[],
  slip: readonly number[],
): number[] {
  const blur = Math.sqrt(1 - insight * insight);
  return view.map((noise, i) => {
    const latent = REPORT_SPREAD * (insight * (signal[i] ?? 0) + blur * noise);
    const said = STEP * Math.round((latent + SLIP * (slip[i] ?? 0)) / STEP);
    // + 0 turns a negative zero into zero.
    return Math.max(-100, Math.min(100, said)) + 0;
  });
}

/** Reports of a whole study. @param signalOf standardized weights by context */
export function report(
  luck: readonly ReportLuck[],
  signalOf: (context: string) => readonly number[],
  insight: number,
): WeightReport[] {
  return luck.flatMap(({ context, view, slips }) => {
    const signal = signalOf(context.name);
    return slips.map((slip) => ({
      context: context.name,
      weights: reportOf(signal, insight, view, slip),
    }));
  });
}
