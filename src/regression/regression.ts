/**
 * Bayesian regression, as brms' `brm`: fits a formula, family, data set and priors.
 */

import { isNominal } from '../../models/families/thresholds.js';
import { requireNames } from '../checks/options.js';
import { divergenceSites } from '../fit/divergence-sites.js';
import { type FitResult, type FitRunner, fitOfResult } from '../fit/job.js';
import { requireProper } from '../fit/propriety.js';
import { runAlone, type SamplingOptions } from '../fit/run.js';
import { updatedFormula, withoutCategories } from '../formula/update-formula.js';
import { shortfallsOf } from '../posterior/summary.js';
import { randomStream } from '../random/stream.js';
import type { SamplerSettings } from '../sampler/settings.js';
import type { FittedRegression } from './fitted-regression.js';
import { regressionOptionNames } from './options.js';
import {
  type Preparation,
  type Prepared,
  type PriorOrigin,
  prepare,
  prepareTable,
} from './prepare.js';
import { processNotes } from './process-notes.js';
import { type RegressionFit as AnyFit, withMethods } from './regression-fit.js';
import { causeOfDivergences, type DivergenceCause } from './validation/divergences.js';

export type { SamplingOptions } from '../fit/run.js';

export interface RegressionOptions extends Preparation, SamplingOptions {}

/** Options of `update`; a dot in `formula` means that side of the fit's formula: `. ~ . - x`. */
export type RegressionChanges = Partial<RegressionOptions>;

export type RegressionFit = AnyFit<RegressionChanges>;

/**
 * Fits a Bayesian regression.
 *
 * @throws WeighbridgeError `bad-formula`, `bad-data`, `bad-argument`; `improper-posterior` if
 *   the data do not bound coefficients with flat priors; `interrupted` if `signal` is aborted
 */
export async function regression(options: RegressionOptions): Promise<RegressionFit> {
  return fitOf(options, 'own');
}

async function fitOf(options: RegressionOptions, origin: PriorOrigin): Promise<RegressionFit> {
  const fitted = await sampled(prepare(options, [], 'regression', origin), options);
  // Priors that were left out are not inherited by later updates.
  const own = origin === 'own' ? options : { ...options, prior: fitted.givenPriors };
  return withMethods(
    fitted,
    async (changes = {}) => fitOf({ ...own, ...changesOf(fitted, changes) }, originOf(changes)),
    options.runner,
  );
}

function originOf({ prior }: RegressionChanges): PriorOrigin {
  return prior === undefined ? 'inherited' : 'own';
}

/** Adds the methods to a saved fit; it contains all that `update` needs. */
export function fitFromData(data: FittedRegression, runner?: FitRunner): RegressionFit {
  const own = {
    formula: data.formula,
    family: data.family,
    prior: data.givenPriors,
    ...data.reading,
    ...data.settings,
    ...(runner && { runner }),
  };
  return withMethods(
    data,
    async (given = {}) => {
      const changes = changesOf(data, given);
      const asked = { ...own, ...changes };
      const origin = originOf(given);
      if (changes.data) return fitOf({ ...asked, data: changes.data }, origin);
      const prepared = prepareTable(asked, data.frame.table, origin);
      return fitFromData(await sampled(prepared, asked), asked.runner);
    },
    runner,
  );
}

/** Expands dots in a formula as R's `update` does: `. ~ . - x`. */
function changesOf(
  { formula, family }: FittedRegression,
  changes: RegressionChanges,
): RegressionChanges {
  requireNames(changes, regressionOptionNames, 'update');
  if (typeof changes.formula !== 'string') return changes;
  const own = isNominal(family) ? withoutCategories(formula) : formula;
  return { ...changes, formula: updatedFormula(own, changes.formula) };
}

/** @param name random streams are derived from the seed and this name */
export async function fitPrepared(
  prepared: Prepared,
  options: SamplingOptions,
  name: string,
): Promise<RegressionFit> {
  return fitFromData(await sampled(prepared, options, name), options.runner);
}

async function sampled(
  prepared: Prepared,
  options: SamplingOptions,
  name = FIT,
): Promise<FittedRegression> {
  const { specification } = prepared;
  requireProper(specification, prepared.frame.facts);
  const job = { name, specification, keepGradients: true };
  const { settings, result } = await runAlone(job, options);
  const fit = explained(fittedRegression(prepared, settings, result), name);
  // What the user asked for, and what smaller steps do not help, is left as it is.
  if (options.targetAcceptance !== undefined || fit.cause === null) return fit.fitted;
  if (fit.cause === 'boundary') return fit.fitted;
  const careful = { ...options, targetAcceptance: CAREFUL };
  const again = await runAlone(job, careful);
  return better(
    fit.fitted,
    explained(fittedRegression(prepared, again.settings, again.result), name).fitted,
  );
}

/** Target acceptance of the second try of a fit with divergent transitions. */
const CAREFUL = 0.99;

/** The fit with fewer divergent transitions, and a note on both. */
function better(first: FittedRegression, second: FittedRegression): FittedRegression {
  const [before, after] = [first, second].map(({ diagnostics }) => diagnostics.divergences);
  const kept = after < before ? second : first;
  const total = first.draws.chains * first.draws.drawsPerChain;
  const note =
    `${before} of ${total} transitions diverged at a target acceptance of ${first.settings.targetAcceptance}; ` +
    (after < before
      ? `the fit was made again at ${CAREFUL}, where ${after} did`
      : `made again at ${CAREFUL}, ${after} did, so that the first fit was kept`);
  return { ...kept, notes: [...kept.notes, note] };
}

/** Says in the warnings where transitions diverged, and why. */
function explained(
  fitted: FittedRegression,
  name: string,
): { readonly fitted: FittedRegression; readonly cause: DivergenceCause['cause'] | null } {
  const { diagnostics, chains, settings, specification } = fitted;
  if (diagnostics.divergences === 0) return { fitted, cause: null };
  const random = randomStream(settings.seed, name, 'divergence sites');
  const sites = divergenceSites(specification, settings, name, chains, random);
  const { cause, text } = causeOfDivergences(fitted, sites);
  const warnings = shortfallsOf(diagnostics).map((shortfall) =>
    shortfall.measure === 'divergences'
      ? `divergent transitions: ${diagnostics.divergences}, ${text}`
      : shortfall.text,
  );
  return { fitted: { ...fitted, warnings }, cause };
}

/** Random streams are derived from the seed and this name. */
const FIT = 'regression';

/** The fit of what was prepared, as plain data. */
export function fittedRegression(
  { frame, family, reading, givenPriors, priors, specification }: Prepared,
  settings: SamplerSettings,
  result: FitResult | undefined,
): FittedRegression {
  const { sampledAs } = result ?? {};
  const fit = fitOfResult(result);
  return {
    formula: frame.design.formula.text,
    family,
    givenPriors,
    priors,
    frame,
    reading,
    specification,
    settings,
    ...fit,
    notes: [
      ...frame.notes,
      ...(sampledAs ? [sampledAs] : []),
      ...processNotes(specification.data.terms ?? [], fit.draws),
    ],
  };
}
