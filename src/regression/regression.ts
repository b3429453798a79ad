/**
 * A regression as brms' `brm` makes it: a formula, a family, a data set and priors in, a fit out.
 */
import { completeSettings, type SamplerSettings, settingNames } from '../sampler/settings.js';
import { type ChainRunner, fitByChains, type RunOptions, runChainsHere } from './chains.js';
import { requireNames } from './check-options.js';
import type { Fit } from './fit.js';
import type { FittedRegression } from './fitted-regression.js';
import { regressionOptionNames } from './options.js';
import { modelOnce } from './planned-model.js';
import {
  type Preparation,
  type Prepared,
  type PriorOrigin,
  prepare,
  prepareTable,
} from './prepare.js';
import { requireProper } from './propriety.js';
import { type RegressionFit as AnyFit, withMethods } from './regression-fit.js';
import { updatedFormula } from './update-formula.js';

/** How and where a regression is sampled. */
export interface SamplingOptions extends Partial<SamplerSettings>, RunOptions {
  /**
   * Where chains run: this thread, chain after chain, where absent. `workerPool(n).runChains` of
   * `weighbridge/node` and `webWorkers({...})` of `weighbridge/web-workers` run them beside one
   * another. Draws are the same wherever they run.
   */
  readonly runner?: ChainRunner;
}

export interface RegressionOptions extends Preparation, SamplingOptions {}

/** What `update` may change; a dot in `formula` stands for the fit's own side: `. ~ . - x`. */
export type RegressionChanges = Partial<RegressionOptions>;

export type RegressionFit = AnyFit<RegressionChanges>;

/**
 * Fits a Bayesian regression.
 *
 * @throws WeighbridgeError `bad-formula`, `bad-data`, `bad-argument`; `improper-posterior` where
 *   flat priors leave coefficients without a bound; `interrupted` where `signal` was given
 */
export async function regression(options: RegressionOptions): Promise<RegressionFit> {
  return fitOf(options, 'own');
}

async function fitOf(options: RegressionOptions, origin: PriorOrigin): Promise<RegressionFit> {
  const fitted = await sampled(prepare(options, [], 'regression', origin), options);
  // Priors that were left out are not inherited once more.
  const own = origin === 'own' ? options : { ...options, prior: fitted.givenPriors };
  return withMethods(fitted, async (changes = {}) =>
    fitOf({ ...own, ...changesOf(fitted, changes) }, originOf(changes)),
  );
}

function originOf({ prior }: RegressionChanges): PriorOrigin {
  return prior === undefined ? 'inherited' : 'own';
}

/** The methods of a fit that was read back: what `update` needs is in it. */
export function revived(data: FittedRegression, runner?: ChainRunner): RegressionFit {
  const own = {
    formula: data.formula,
    family: data.family,
    prior: data.givenPriors,
    ...data.reading,
    ...data.settings,
    ...(runner && { runner }),
  };
  return withMethods(data, async (given = {}) => {
    const changes = changesOf(data, given);
    const asked = { ...own, ...changes };
    const origin = originOf(given);
    if (changes.data) return fitOf({ ...asked, data: changes.data }, origin);
    const prepared = prepareTable(asked, data.frame.table, origin);
    return revived(await sampled(prepared, asked), asked.runner);
  });
}

/** With dots of a formula as those of R's `update`: `. ~ . - x`. */
function changesOf({ formula }: FittedRegression, changes: RegressionChanges): RegressionChanges {
  requireNames(changes, regressionOptionNames, 'update');
  if (typeof changes.formula !== 'string') return changes;
  return { ...changes, formula: updatedFormula(formula, changes.formula) };
}

async function sampled(prepared: Prepared, options: SamplingOptions): Promise<FittedRegression> {
  const { runner = runChainsHere, onProgress, signal } = options;
  const settings = completeSettings(settingsIn(options));
  const { specification } = prepared;
  requireProper(specification, prepared.frame.facts);
  const fit = await fitByChains(FIT, specification, settings, runner, { onProgress, signal });
  return fittedRegression(prepared, settings, fit);
}

/** Streams of random numbers are derived from the seed and this name. */
const FIT = 'regression';

/** The sampler's settings among other options; undefined ones are absent ones. */
function settingsIn(options: SamplingOptions): Partial<SamplerSettings> {
  return Object.fromEntries(
    settingNames.filter((name) => options[name] !== undefined).map((name) => [name, options[name]]),
  );
}

function fittedRegression(
  { frame, family, reading, givenPriors, priors, specification }: Prepared,
  settings: SamplerSettings,
  fit: Fit,
): FittedRegression {
  const { sampledAs = null } = modelOnce(specification);
  return {
    formula: frame.design.formula.text,
    family,
    givenPriors,
    priors,
    frame,
    reading,
    specification,
    settings,
    fit,
    notes: sampledAs === null ? frame.notes : [...frame.notes, sampledAs],
  };
}
