/**
 * All checks of a fit in one verdict: whether its chains converged, whether it replicates its data,
 * whether LOO holds, whether priors decide the result and, on request, whether the engine is
 * calibrated on this model.
 */
import { numbered } from '../../checks/names.js';
import { badArgument } from '../../checks/values.js';
import type { CancelSignal, FitRunner } from '../../fit/job.js';
import type { Loo } from '../../posterior/loo.js';
import { type Printable, printable, rounded, textTable } from '../../posterior/printable.js';
import { type Diagnostics, shortfallsOf } from '../../posterior/summary.js';
import type { FittedRegression } from '../fitted-regression.js';
import type { Calibration } from './calibrate.js';
import { looOf, type RegressionLoo } from './leave-one-out.js';
import { type PredictiveCheck, predictiveChecks } from './predictive-checks.js';
import {
  hasPriorSensitivity,
  type PriorSensitivity,
  priorSensitivity,
} from './prior-sensitivity.js';
import { calibrateSpecification } from './regression-simulations.js';

export interface CheckOptions {
  /** LOO of this fit, if it is there already. @default by importance sampling alone */
  readonly loo?: RegressionLoo | undefined;
  /**
   * Number of data sets of a simulation-based calibration of this model, as `calibrateRegression`; it
   * needs proper priors. 200 are enough for a verdict.
   *
   * @default none
   */
  readonly calibration?: number;
  /** Runs the fits of the calibration. @default this thread */
  readonly runner?: FitRunner;
  /** Receives the number of finished rows of LOO, then that of finished simulations. */
  readonly onProgress?:
    | ((progress: { readonly done: number; readonly total: number }) => void)
    | undefined;
  /** Stops the checks, which then reject with `interrupted`. */
  readonly signal?: CancelSignal | undefined;
}

/** `doubtful`: the fit holds, but what is named needs thought. `failed`: the fit is not to be trusted. */
export type CheckVerdict = 'passed' | 'doubtful' | 'failed';

export interface CheckPart {
  readonly check: 'convergence' | 'predictions' | 'loo' | 'priors' | 'calibration';
  readonly verdict: CheckVerdict;
  /** What was found, a sentence each; at least one. */
  readonly findings: readonly string[];
}

/** The verdict on a fit, with the results that it follows from. */
export interface FitCheck extends Printable {
  /** True if no part failed. */
  readonly trusted: boolean;
  /** The verdict in one sentence. */
  readonly verdict: string;
  readonly parts: readonly CheckPart[];
  readonly convergence: Diagnostics;
  readonly predictions: readonly PredictiveCheck[];
  readonly loo: RegressionLoo;
  /** null under shrinkage priors and with terms such as mo(x), whose parameters are not among the draws. */
  readonly priors: PriorSensitivity | null;
  readonly calibration: Calibration | null;
}

/**
 * Runs all checks.
 *
 * @throws WeighbridgeError `bad-argument` for a calibration under flat priors, or LOO of another fit; `interrupted` if
 *   `signal` is aborted; the errors of `loo`
 */
export async function checkFit(
  fit: FittedRegression,
  { loo: known, calibration: simulations, runner, onProgress, signal }: CheckOptions = {},
): Promise<FitCheck> {
  const loo = known ? requireOwn(fit, known) : await looOf(fit, { onProgress, signal });
  const predictions = predictiveChecks(fit);
  const priors = hasPriorSensitivity(fit) ? priorSensitivity(fit) : null;
  const calibration =
    simulations === undefined
      ? null
      : await calibrateSpecification(fit.specification, {
          simulations,
          ...(runner && { runner }),
          onProgress,
          signal,
        });
  const parts = [
    convergencePart(fit),
    predictionsPart(fit, predictions),
    looPart(loo, parametersOf(fit)),
    priorsPart(priors),
    ...(calibration ? [calibrationPart(calibration)] : []),
  ];
  const result: FitCheck = {
    trusted: parts.every(({ verdict }) => verdict !== 'failed'),
    verdict: verdictOf(parts),
    parts,
    convergence: fit.diagnostics,
    predictions,
    loo,
    priors,
    calibration,
  };
  return printable(result, () => checkText(result));
}

/** @throws WeighbridgeError `bad-argument` for LOO of other outcomes */
function requireOwn({ specification }: FittedRegression, loo: RegressionLoo): RegressionLoo {
  const { outcomes } = specification.data;
  const own =
    loo.outcomes.length === outcomes.length && loo.outcomes.every((y, i) => y === outcomes[i]);
  if (own) return loo;
  throw badArgument(
    'loo is of a fit to other outcomes: expected the result of fit.loo() of this fit',
  );
}

function parametersOf({ draws }: FittedRegression): number {
  return draws.parameterNames.length;
}

function convergencePart({ diagnostics, warnings }: FittedRegression): CheckPart {
  const { maxRhat, minEssBulk, minEssTail, divergences, minEbfmi } = diagnostics;
  const found = shortfallsOf(diagnostics);
  if (found.length > 0) {
    const verdict = found.some(({ isFault }) => isFault) ? 'failed' : 'doubtful';
    // Those of the fit say where transitions diverged.
    const findings = warnings.length > 0 ? warnings : found.map(({ text }) => text);
    return { check: 'convergence', verdict, findings };
  }
  const ess = Math.floor(Math.min(minEssBulk, minEssTail));
  const text = `R-hat is at most ${maxRhat.toFixed(3)}, ESS at least ${ess}, E-BFMI at least ${minEbfmi.toFixed(2)}, divergent transitions: ${divergences}`;
  return { check: 'convergence', verdict: 'passed', findings: [text] };
}

/** p-values below this are a misfit; with several statistics, few good fits have one. */
const LEAST_P = 0.01;

function predictionsPart(
  { specification }: FittedRegression,
  predictions: readonly PredictiveCheck[],
): CheckPart {
  const misses = predictions.filter(({ p }) => p < LEAST_P);
  if (misses.length > 0) {
    return { check: 'predictions', verdict: 'failed', findings: misses.map(missText) };
  }
  if (predictions.length === 0) {
    return {
      check: 'predictions',
      verdict: 'passed',
      findings: [
        specification.data.limits
          ? 'no statistic is compared, because outcomes are censored and replications are not: see ppc'
          : 'no statistic of such outcomes is known: see ppc for the numbers of each category',
      ],
    };
  }
  const names = predictions.map(({ statistic, p }) => `${statistic} (p ${pText(p)})`);
  const findings = [`replications are like the data in ${names.join(', ')}`];
  return { check: 'predictions', verdict: 'passed', findings };
}

function missText({ statistic, observed, lower, upper, p }: PredictiveCheck): string {
  const number = (value: number) => String(Number(value.toPrecision(3)));
  return `${statistic} of the data is ${number(observed)}, but 95% of the replications are from ${number(lower)} to ${number(upper)} (p ${pText(p)}): ${remedies[statistic]}`;
}

/** With its relation: `= 0.02`. */
function pText(p: number): string {
  return p < 0.001 ? '< 0.001' : `= ${p < 0.1 ? rounded(p, 3) : rounded(p, 2)}`;
}

const remedies: Readonly<Record<PredictiveCheck['statistic'], string>> = {
  dispersion:
    'outcomes vary otherwise than the family allows; use one with a parameter for it (negbinomial, beta_binomial) or group effects',
  mean: 'the model misses the level of the outcomes; add predictors or another link',
  sd: 'the model misses their spread; use a family with a parameter for it (negbinomial, beta_binomial, student) or group effects',
  skewness:
    'the family has no such tail; use skew_normal, gamma or lognormal, or transform the outcome',
  min: 'the family does not reach so low, or not so seldom; use one with other tails (student), or look at the outliers',
  max: 'the family does not reach so high, or not so seldom; use one with other tails (student, negbinomial), or look at the outliers',
  zeros: 'use a family with zeros of their own (zero_inflated_…, hurdle_…)',
  miscalibration:
    'expected and observed outcomes differ along the scale; add interactions or curves, or use another link',
};

/**
 * High k̂ alone mean that LOO is unreliable. With an effective number of parameters above the actual
 * number, by more than its standard error, they mean a wrong model (Vehtari, Gelman & Gabry 2017,
 * section 5.3).
 */
function looPart({ pLoo, elpdLoo, refitted, warnings }: Loo, parameters: number): CheckPart {
  const number = rounded(pLoo.estimate, 1);
  if (warnings.length === 0) {
    const text = `elpd is ${rounded(elpdLoo.estimate, 1)} (se ${rounded(elpdLoo.se, 1)}), and every observation is predicted reliably without itself${exactly(refitted)}`;
    return { check: 'loo', verdict: 'passed', findings: [text] };
  }
  if (pLoo.estimate - pLoo.se > parameters) {
    const text = `the effective number of parameters is ${number} (se ${rounded(pLoo.se, 1)}), above the ${parameters} that the model has: the model fits some observations badly`;
    return { check: 'loo', verdict: 'failed', findings: [...warnings, text] };
  }
  return { check: 'loo', verdict: 'doubtful', findings: warnings };
}

function exactly(refitted: readonly number[]): string {
  return refitted.length === 0 ? '' : `, ${numbered(refitted)} by fits without them`;
}

function priorsPart(priors: PriorSensitivity | null): CheckPart {
  if (!priors) {
    const text =
      'sensitivity is not available for shrinkage priors such as horseshoe(), or with terms such as mo(x): fit again with other priors to see whether they decide the result';
    return { check: 'priors', verdict: 'passed', findings: [text] };
  }
  const { rows, warnings } = priors;
  const named = (diagnosis: string) =>
    rows.filter((row) => row.diagnosis === diagnosis).map(({ name }) => name);
  const conflict = named('prior-data conflict');
  const strong = named('strong prior / weak likelihood');
  const findings = [
    ...warnings,
    ...(conflict.length > 0
      ? [`prior and data disagree on ${conflict.join(', ')}: widen the prior, or say why it holds`]
      : []),
    ...(strong.length > 0
      ? [`the prior decides ${strong.join(', ')}, the data hardly do: report it with the result`]
      : []),
  ];
  if (findings.length > 0) return { check: 'priors', verdict: 'doubtful', findings };
  const text = 'no parameter changes notably if all priors are made weaker or stronger';
  return { check: 'priors', verdict: 'passed', findings: [text] };
}

function calibrationPart({
  calibrated,
  parameters,
  simulations,
  warnings,
}: Calibration): CheckPart {
  if (calibrated) {
    const text = `ranks of the true values are uniform in ${simulations} simulated fits`;
    const verdict = warnings.length > 0 ? 'doubtful' : 'passed';
    return { check: 'calibration', verdict, findings: [text, ...warnings] };
  }
  const wrong = parameters.filter((parameter) => !parameter.calibrated);
  const findings = wrong.map(
    ({ name, shape }) =>
      `ranks of ${name} are not uniform in ${simulations} simulated fits: ${shape}`,
  );
  return { check: 'calibration', verdict: 'failed', findings };
}

const titles: Readonly<Record<CheckPart['check'], string>> = {
  convergence: 'Convergence',
  predictions: 'Predictions',
  loo: 'Leave-one-out',
  priors: 'Priors',
  calibration: 'Calibration',
};

function verdictOf(parts: readonly CheckPart[]): string {
  const named = (verdict: CheckVerdict) =>
    parts
      .filter((part) => part.verdict === verdict)
      .map(({ check }) => titles[check].toLowerCase());
  const failed = named('failed');
  if (failed.length > 0) return `This fit is not to be trusted: ${failed.join(' and ')} failed.`;
  const doubtful = named('doubtful');
  if (doubtful.length > 0) {
    return `This fit can be used with care: ${doubtful.join(' and ')} ${doubtful.length > 1 ? 'are' : 'is'} doubtful.`;
  }
  return 'This fit can be trusted: it passed all checks.';
}

function checkText({ verdict, parts }: FitCheck): string {
  const lines = parts.flatMap(({ check, verdict: own, findings }) =>
    findings.map((finding, i) => (i === 0 ? [titles[check], own, finding] : ['', '', finding])),
  );
  const column = (place: number) => ({
    head: '',
    cells: lines.map((line) => line[place] ?? ''),
    align: 'left' as const,
  });
  const [, ...rows] = textTable(
    lines.map(([title = '']) => title),
    [column(1), column(2)],
  );
  return [verdict, '', ...rows.map((row) => row.trimEnd())].join('\n');
}
