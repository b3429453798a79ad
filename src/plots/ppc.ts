/**
 * Posterior predictive check: what was observed against what the fitted model would produce in
 * its place. Outcomes of 0 and 1 by their proportion, whole (bayesplot's `ppc_stat`) or in groups
 * (`ppc_stat_grouped`, with intervals); others by their density (`ppc_dens_overlay`, ArviZ's
 * `plot_ppc`).
 */
import type { Draws } from '../posterior/draws.js';
import { type DrawnPlot, drawPicture } from './compose.js';
import { badArgument, checkSize, DEFAULT_WIDTH, hdiMassOf, type PlotOptions } from './options.js';
import { densityOverlay } from './ppc-density.js';
import { groupedMeans } from './ppc-groups.js';
import { proportionHistogram } from './ppc-proportion.js';

export interface PpcOptions extends Omit<PlotOptions, 'parameters'> {
  /** Outcomes as they were observed. */
  readonly observed: ArrayLike<number>;
  /** Which group each outcome belongs to; where given, their means are compared by group. */
  readonly groups?: readonly string[];
  /** Proportions where all outcomes are 0 or 1, else densities. */
  readonly kind?: 'proportion' | 'density';
  /** How many replications are drawn as densities. */
  readonly replications?: number;
  /** What the outcomes are, along their axis. */
  readonly label?: string;
}

/** What the three pictures of a check are made from. */
export interface PredictiveCheck {
  readonly observed: Float64Array;
  /** Row-major (replication, outcome). */
  readonly replicated: Float64Array;
  readonly width: number;
  readonly height: number | undefined;
  readonly label: string | undefined;
  readonly mass: number;
}

/**
 * @param replicated draws of the posterior predictive distribution: in place of each parameter
 *   one observation, in the order of `observed`
 * @throws WeighbridgeError `bad-argument`
 */
export function plotPpc(replicated: Draws, options: PpcOptions): DrawnPlot {
  const check = predictiveCheck(replicated, options);
  const binary = check.observed.every((value) => value === 0 || value === 1);
  const kind = options.kind ?? (binary ? 'proportion' : 'density');
  if (kind === 'proportion' && !binary) {
    throw badArgument('proportions are of outcomes that are 0 or 1; these are not');
  }
  if (kind === 'proportion') checkOnesAndZeros(check);
  const parts = options.groups
    ? groupedMeans(check, options.groups, kind === 'proportion' ? 'proportion' : 'mean')
    : kind === 'proportion'
      ? proportionHistogram(check)
      : densityOverlay(check, options.replications ?? 50);
  return drawPicture({
    kind: 'ppc',
    title: options.title,
    theme: options.theme,
    description: `Posterior predictive check of ${check.observed.length} outcomes`,
    ...parts,
  });
}

function predictiveCheck(replicated: Draws, options: PpcOptions): PredictiveCheck {
  const { parameterNames, chains, drawsPerChain, values } = replicated;
  const outcomes = parameterNames.length;
  const observed = Float64Array.from(options.observed);
  if (outcomes === 0 || observed.length !== outcomes) {
    throw badArgument(`${observed.length} outcomes observed, but ${outcomes} replicated`);
  }
  if (options.groups && options.groups.length !== outcomes) {
    throw badArgument(`${options.groups.length} groups named for ${outcomes} outcomes`);
  }
  if (values.length !== chains * drawsPerChain * outcomes) {
    throw badArgument(
      `${values.length} values are not ${chains} chains of ${drawsPerChain} draws of ${outcomes} outcomes`,
    );
  }
  checkOutcomes('observed', observed, outcomes);
  checkOutcomes('replicated', values, outcomes);
  checkSize('width', options.width);
  checkSize('height', options.height);
  return {
    observed,
    replicated: values,
    width: options.width ?? DEFAULT_WIDTH,
    height: options.height,
    label: options.label,
    mass: hdiMassOf(options, chains * drawsPerChain),
  };
}

/** Probabilities of outcomes are easily taken for them: no one among them would count as a one. */
function checkOnesAndZeros({ replicated }: PredictiveCheck): void {
  const other = replicated.find((value) => value !== 0 && value !== 1);
  if (other === undefined) return;
  throw badArgument(
    `replicated outcomes are 0 or 1, not ${other}: expected replicated outcomes, not their probabilities`,
  );
}

function checkOutcomes(name: string, values: Float64Array, outcomes: number): void {
  const at = values.findIndex((value) => !Number.isFinite(value));
  if (at === -1) return;
  throw badArgument(`${name} outcome ${(at % outcomes) + 1} is ${values[at]}`);
}
