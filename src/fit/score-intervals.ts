/**
 * Estimates of a fit that use the gradients at its draws: means with control variates, and highest-density
 * intervals by the score of the marginal density. Both have a fraction of the Monte Carlo error of
 * those from the draws alone.
 */
import { controlledMean } from '../posterior/control-variates.js';
import { type Draws, parameterDraws } from '../posterior/draws.js';
import { mcseMean } from '../posterior/fast/convergence.js';
import { mcseHdi } from '../posterior/interval-errors.js';
import { hdi, type Interval } from '../posterior/intervals.js';
import { type LinearResponse, scoreInterval } from '../posterior/score-density.js';

/** What the chains knew at their draws. */
export interface FitGradients {
  /** Row-major (draw, unconstrained parameter), chain after chain. */
  readonly values: Float64Array;
  /** One entry per reported parameter. */
  readonly responses: readonly (LinearResponse | null)[];
}

/**
 * Gradients are no part of a fit's data, which is saved, compared and cloned: they are kept beside its
 * draws for as long as these are in use.
 */
const kept = new WeakMap<Draws, FitGradients>();

export function keepGradientsOf(draws: Draws, gradients: FitGradients | undefined): void {
  if (gradients) kept.set(draws, gradients);
}

/** `draws`: the narrowest window of the draws (bayestestR); `score`: see `scoreInterval`. */
export type HdiMethod = 'draws' | 'score';

interface HdiEstimate {
  readonly interval: Interval;
  /** Monte Carlo standard errors of the ends. */
  readonly mcse: Interval;
  /** How it was estimated. */
  readonly method: HdiMethod;
}

/**
 * The HDI of a parameter by its score; from the draws if the fit has no gradients (it was loaded, or has
 * more than 64 unconstrained parameters), if the score does not describe the parameter, or if the
 * error would not be smaller.
 */
export function hdiByScore(draws: Draws, name: string, mass: number): HdiEstimate {
  const values = parameterDraws(draws, name);
  const plain = {
    interval: hdi(values, mass),
    mcse: mcseHdi(values, draws.chains, mass),
    method: 'draws',
  } as const;
  const gradients = kept.get(draws);
  const response = gradients?.responses[draws.parameterNames.indexOf(name)];
  if (!gradients || !response) return plain;
  const found = scoreInterval(values, gradients.values, response, mass);
  const better = found?.mcse.every((error, i) => error < plain.mcse[i]);
  return found && better ? { interval: found.interval, mcse: found.mcse, method: 'score' } : plain;
}

/** The mean of a parameter, with control variates if the fit has gradients. */
export function preciseMean(draws: Draws, name: string): { mean: number; mcse: number } {
  const values = parameterDraws(draws, name);
  const gradients = kept.get(draws);
  if (gradients) return controlledMean(values, gradients.values, draws.chains);
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return { mean, mcse: mcseMean(values, draws.chains) };
}
