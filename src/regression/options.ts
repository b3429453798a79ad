/**
 * Checks of the options of a regression, before they are read.
 */

import {
  type Family,
  type FamilyName,
  familyNames,
  type LinkName,
  type ThresholdKind,
} from '../../models/families/family.js';
import { linksOf, requireFamily } from '../../models/families/index.js';
import { requireNames } from '../checks/options.js';
import { badArgument, described, isRecord } from '../checks/values.js';
import { WeighbridgeError } from '../errors.js';
import { settingNames } from '../sampler/settings.js';
import type { PriorRow } from './priors/prior-rows.js';
import { parsePrior } from './priors/prior-text.js';

/** A prior with its target, or the same as text, for example `normal(0, 1) class=b`. */
export type PriorInput = PriorRow | string;

/** The options of `regression`. */
export const regressionOptionNames: readonly string[] = [
  'formula',
  'family',
  'data',
  'prior',
  'missing',
  'levels',
  ...settingNames,
  'runner',
  'onProgress',
  'signal',
];

/**
 * @param others names of options that are valid in addition to those of a regression
 * @param of owner of the options, for messages
 * @throws WeighbridgeError `bad-argument`
 */
export function requireOptions(
  given: unknown,
  others: readonly string[] = [],
  of = 'regression',
): void {
  if (!isRecord(given)) {
    const expected = "for example { formula: 'y ~ x', data: rows }";
    throw badArgument(`expected options, ${expected}, found ${described(given)}`);
  }
  requireNames(given, [...regressionOptionNames, ...others], of);
  const { missing, levels } = given;
  if (missing !== undefined && missing !== 'drop' && missing !== 'fail') {
    throw badArgument(`missing is ${described(missing)}, but must be drop or fail`);
  }
  if (levels !== undefined) requireLevels(levels);
  requireRunOptions(given);
}

/** Checks the options for progress and cancellation. @throws WeighbridgeError `bad-argument` */
export function requireRunOptions({
  runner,
  onProgress,
  signal,
}: Readonly<Record<string, unknown>>): void {
  for (const [name, value] of Object.entries({ runner, onProgress })) {
    if (value !== undefined && typeof value !== 'function') {
      throw badArgument(`${name} is ${described(value)}, but must be a function`);
    }
  }
  if (signal !== undefined && !isSignal(signal)) {
    throw badArgument(
      `signal is ${described(signal)}, but must be an AbortSignal: the signal of an AbortController`,
    );
  }
}

function requireLevels(levels: unknown): void {
  const sound =
    isRecord(levels) &&
    Object.values(levels).every(
      (one) => Array.isArray(one) && one.every((level) => typeof level === 'string'),
    );
  if (sound) return;
  throw badArgument("levels are texts by column, expected for example { g: ['a', 'b'] }");
}

function isSignal(value: unknown): boolean {
  return (
    typeof value === 'object' &&
    value !== null &&
    'aborted' in value &&
    'addEventListener' in value &&
    typeof value.addEventListener === 'function'
  );
}

/** Throws if `data` is not a table at all; its shape is checked when it is read. */
export function requireData(data: unknown): void {
  const found = Array.isArray(data)
    ? data.length === 0 && 'the data have no rows'
    : !isRecord(data)
      ? `data is ${described(data)}, expected an array of records or a record of columns`
      : Object.keys(data).length === 0 && 'the data have no columns';
  if (found) throw new WeighbridgeError('bad-data', found);
}

/** Converts priors to rows; text is parsed. */
export function priorsFrom(given: PriorInput | readonly PriorInput[]): readonly PriorRow[] {
  return (Array.isArray(given) ? given : [given]).map((one: unknown) => {
    if (typeof one === 'string') return parsePrior(one);
    if (isPriorRow(one)) return one;
    throw badArgument(
      isRecord(one) && 'distribution' in one
        ? `a prior ${one.distribution} does not say what it is for: expected for example normal(0, 1).on('b')`
        : `a prior is ${described(one)}, expected for example normal(0, 1).on('b') or 'normal(0, 1) class=b'`,
    );
  });
}

function isPriorRow(value: unknown): value is PriorRow {
  return isRecord(value) && isRecord(value.prior) && typeof value.class === 'string';
}

export interface FamilyOptions {
  /** @default the family's default link */
  readonly link?: LinkName;
  /**
   * How the thresholds of ordered categories lie: with a place each, at the same distance from each other, or around 0.
   *
   * @default 'flexible'
   */
  readonly threshold?: ThresholdKind | 'flexible';
}

/** `{ link: 'probit' }`, or only the link, as in brms: `bernoulli('probit')`. */
export type FamilyChoice = FamilyOptions | LinkName;

/** A family by name. @throws WeighbridgeError `bad-argument` for an unknown name, link or option */
export function familyOf(family: FamilyName, choice: FamilyChoice = {}): Family {
  const known = familyNames.find((name) => name === family);
  if (known === undefined) {
    const expected = familyNames.join(', ');
    throw badArgument(`family is ${described(family)}, expected one of ${expected}`);
  }
  if (typeof choice === 'string') return requireFamily({ family: known, link: choice });
  requireNames(choice, ['link', 'threshold'], known);
  const { link = linksOf(known)[0], threshold } = choice;
  if (typeof link === 'string') return requireFamily({ family: known, link, threshold });
  throw badArgument(`link of the family ${known} is ${described(link)}, expected its name`);
}

/** A real outcome with normal errors. Links identity (default), log, inverse. */
export const gaussian = (link?: FamilyChoice): Family => familyOf('gaussian', link);

/** A real outcome with Student-t errors: robust to outliers. Links as `gaussian`. */
export const student = (link?: FamilyChoice): Family => familyOf('student', link);

/** An outcome of 0 or 1. Links logit (default), probit, cloglog, cauchit, log. */
export const bernoulli = (link?: FamilyChoice): Family => familyOf('bernoulli', link);

/** Successes of `y | trials(n)`. Links as `bernoulli`. */
export const binomial = (link?: FamilyChoice): Family => familyOf('binomial', link);

/** Counts. Links log (default), identity, sqrt. */
export const poisson = (link?: FamilyChoice): Family => familyOf('poisson', link);

/** Overdispersed counts: variance μ + μ²/shape. Links as `poisson`. */
export const negbinomial = (link?: FamilyChoice): Family => familyOf('negbinomial', link);

/**
 * Ordered categories by thresholds on a latent scale: P(y ≤ k) = F(τ_k − η). Outcomes are whole numbers
 * from 1, or text whose levels ascend (the option levels). Links logit (default), probit, cloglog, cauchit.
 */
export const cumulative = (link?: FamilyChoice): Family => familyOf('cumulative', link);

/** Ordered categories reached in steps: P(y = k | y ≥ k) = F(τ_k − η). Outcomes, links as `cumulative`. */
export const sratio = (link?: FamilyChoice): Family => familyOf('sratio', link);

/** Ordered categories left in steps: P(y > k | y ≥ k) = F(η − τ_k). Outcomes, links as `cumulative`. */
export const cratio = (link?: FamilyChoice): Family => familyOf('cratio', link);

/**
 * Ordered categories, each against the next: P(y > k | y is k or k + 1) = F(η − τ_k). Outcomes, links as
 * `cumulative`.
 */
export const acat = (link?: FamilyChoice): Family => familyOf('acat', link);
