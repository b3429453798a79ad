/**
 * Sampling until the printed digits are certain: means and ends of 95% HDIs of the population-level
 * coefficients. More draws continue the same chains: those of a longer fit begin with those of a shorter
 * one of the same seed and warm-up.
 */
import { badArgument } from '../checks/values.js';
import { type HdiMethod, hdiByScore, preciseMean } from '../fit/score-intervals.js';
import type { Interval } from '../posterior/intervals.js';
import { rounded, textTable } from '../posterior/printable.js';
import { layoutOf } from './after/layout.js';
import type { FittedRegression } from './fitted-regression.js';

interface PreciseEstimate {
  readonly name: string;
  /** With control variates. */
  readonly mean: number;
  readonly mcseMean: number;
  /** 95%, by the score where that is sound. */
  readonly hdi: Interval;
  readonly hdiMcse: Interval;
  readonly method: HdiMethod;
  /** Whether mean and ends are certain to the digits. */
  readonly certain: boolean;
}

export interface Precision {
  readonly digits: number;
  /** Whether all estimates are certain. */
  readonly certain: boolean;
  /** Kept draws per chain of the last round. */
  readonly draws: number;
  readonly seconds: number;
  readonly estimates: readonly PreciseEstimate[];
}

/** An error this much smaller than a unit is certain enough at a boundary between two roundings. */
const NEGLIGIBLE = 1 / 20;

/**
 * Whether a value with this Monte Carlo error is certain to a number of decimals: two errors to either
 * side round to the same, or the error is below a twentieth of a unit. The latter stops the sampling for
 * values that lie between two roundings, which no number of draws would decide.
 */
export function isCertain(value: number, mcse: number, digits: number): boolean {
  const unit = 10 ** -digits;
  if (mcse < NEGLIGIBLE * unit) return true;
  const units = (end: number) => Math.round(end / unit);
  return units(value - 2 * mcse) === units(value + 2 * mcse);
}

function preciseEstimates(fit: FittedRegression, digits: number): PreciseEstimate[] {
  const { draws } = fit;
  const names = draws.parameterNames.slice(0, layoutOf(fit).coefficients.length);
  if (names.length === 0) {
    throw badArgument('the formula has no coefficients: a precision is for these', {
      option: 'precision',
    });
  }
  return names.map((name) => {
    const { mean, mcse: mcseMean } = preciseMean(draws, name);
    const { interval, mcse, method } = hdiByScore(draws, name, 0.95);
    const certain =
      isCertain(mean, mcseMean, digits) &&
      interval.every((end, i) => isCertain(end, mcse[i], digits));
    return { name, mean, mcseMean, hdi: interval, hdiMcse: mcse, method, certain };
  });
}

interface PrecisionOptions {
  /** Decimals, from 0 to 6. */
  readonly digits: number;
  /** Seconds after which no further round starts. @default 60 */
  readonly seconds?: number;
  /** The time in seconds, from any origin. */
  readonly now: () => number;
}

/** A million draws of 50 parameters fill 400 MB. */
const MOST_NUMBERS = 50_000_000;
/** Rounds that add less are not worth their time. */
const LEAST_GROWTH = 1.25;
/** As errors fall with the root of the draws at best, and their estimates are noisy. */
const MARGIN = 1.2;
const MOST_GROWTH = 8;

/**
 * Fits with more and more draws until all estimates are certain, or a limit is reached. A round is not
 * started if it would, at the speed of the last one, end after the limit.
 *
 * @param sample fits the regression with this number of draws per chain
 * @throws WeighbridgeError `bad-argument` for a regression without coefficients
 */
export async function sampleToPrecision<Fit extends FittedRegression>(
  draws: number,
  sample: (draws: number) => Promise<Fit>,
  { digits, seconds: limit = 60, now }: PrecisionOptions,
): Promise<{ readonly fit: Fit; readonly precision: Precision }> {
  const started = now();
  let count = draws;
  for (;;) {
    const before = now();
    const fit = await sample(count);
    const estimates = preciseEstimates(fit, digits);
    const seconds = now() - started;
    const certain = estimates.every((one) => one.certain);
    const affordable = (count * (limit - seconds)) / Math.max(now() - before, 1e-3);
    const { chains, parameterNames } = fit.draws;
    const most = Math.min(affordable, MOST_NUMBERS / (chains * parameterNames.length));
    const next = Math.floor(Math.min(count * growthOf(estimates, digits), most));
    if (certain || next < LEAST_GROWTH * count) {
      return { fit, precision: { digits, certain, draws: count, seconds, estimates } };
    }
    count = next;
  }
}

/** The factor by which the draws must grow for the worst error to be negligible, within bounds. */
function growthOf(estimates: readonly PreciseEstimate[], digits: number): number {
  const needed = NEGLIGIBLE * 10 ** -digits;
  const ratios = estimates
    .filter(({ certain }) => !certain)
    .flatMap(({ mcseMean, hdiMcse, method }) => [
      (mcseMean / needed) ** 2,
      // The error of a narrowest window falls with the cube root.
      ...hdiMcse.map((error) => (error / needed) ** (method === 'score' ? 2 : 3)),
    ]);
  const worst = ratios.reduce((most, ratio) => (ratio > most ? ratio : most), 2);
  return Math.min(MARGIN * worst, MOST_GROWTH);
}

/** A table of the estimates, and a line that says what is certain. */
export function precisionText(precision: Precision): string {
  const { digits, estimates } = precision;
  const column = (head: string, value: (one: PreciseEstimate) => number) => ({
    head,
    cells: estimates.map((one) => rounded(value(one), digits)),
  });
  const table = textTable(
    estimates.map(({ name }) => name),
    [
      column('Mean', ({ mean }) => mean),
      column('l-95% HDI', ({ hdi }) => hdi[0]),
      column('u-95% HDI', ({ hdi }) => hdi[1]),
    ],
  );
  return [...table, precisionLine(precision)].join('\n');
}

function precisionLine({ digits, certain, draws, seconds, estimates }: Precision): string {
  const effort = `${draws} draws a chain, ${seconds.toFixed(1)} s`;
  const decimals = `${digits} ${digits === 1 ? 'decimal' : 'decimals'}`;
  if (certain) return `Means and HDIs of all coefficients are certain to ${decimals} (${effort}).`;
  const names = estimates.filter((one) => !one.certain).map(({ name }) => name);
  return `Not certain to ${decimals}: ${names.join(', ')} (${effort}).`;
}

export function precisionJson({ digits, certain, draws, seconds, estimates }: Precision) {
  return {
    digits,
    certain,
    draws,
    seconds,
    uncertain: estimates.filter((one) => !one.certain).map(({ name }) => name),
    estimates: Object.fromEntries(
      estimates.map(({ name, mean, mcseMean, hdi, hdiMcse, method, certain: ofOne }) => [
        name,
        { mean, mcse_mean: mcseMean, hdi, hdi_mcse: hdiMcse, method, certain: ofOne },
      ]),
    ),
  };
}
