/**
 * What a user hands over to a regression, checked before it is read.
 */
import { type Family, familyNames } from '../../models/families/family.js';
import { linksOf, requireFamily, unknownFamily } from '../../models/families/index.js';
import { WeighbridgeError } from '../errors.js';
import { settingNames } from '../sampler/settings.js';
import { badArgument, described, isRecord, requireNames } from './check-options.js';
import type { PriorRow } from './priors/prior-rows.js';
import { parsePrior } from './priors/prior-text.js';

/** A prior with the parameters that it is for, or the same as text: `normal(0, 1) class=b`. */
export type PriorInput = PriorRow | string;

/** What `regression` takes. */
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
 * @param others options beside those of a regression
 * @param of whose options, for messages
 * @throws WeighbridgeError `bad-argument`
 */
export function requireOptions(
  given: unknown,
  others: readonly string[] = [],
  of = 'regression',
): void {
  if (!isRecord(given)) {
    const expected = "{ formula: 'y ~ x', data: rows } say";
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

/** How a run is watched and stopped. @throws WeighbridgeError `bad-argument` */
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
  throw badArgument("levels are texts by column, expected { g: ['a', 'b'] } say");
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

/** A table's shape is looked at where it is read; here, what nobody would take for a table. */
export function requireData(data: unknown): void {
  const found = Array.isArray(data)
    ? data.length === 0 && 'the data have no rows'
    : !isRecord(data)
      ? `data is ${described(data)}, expected an array of records or a record of columns`
      : Object.keys(data).length === 0 && 'the data have no columns';
  if (found) throw new WeighbridgeError('bad-data', found);
}

/** A family, or one by its name with its default link. */
export function familyFrom(given: unknown): Family {
  const known = familyNames.find((name) => name === given);
  if (known) return requireFamily({ family: known, link: linksOf(known)[0] });
  if (isRecord(given)) return requireFamily(given);
  if (typeof given === 'string') throw badArgument(unknownFamily(given));
  throw badArgument(
    `family is ${described(given)}, expected a family, bernoulli() say, or one of ${familyNames.join(', ')}`,
  );
}

/** Rows of priors, those that are text read. */
export function priorsFrom(given: PriorInput | readonly PriorInput[]): readonly PriorRow[] {
  return (Array.isArray(given) ? given : [given]).map((one: unknown) => {
    if (typeof one === 'string') return parsePrior(one);
    if (isPriorRow(one)) return one;
    throw badArgument(
      isRecord(one) && 'distribution' in one
        ? `a prior ${one.distribution} does not say what it is for: expected normal(0, 1).on('b') say`
        : `a prior is ${described(one)}, expected normal(0, 1).on('b') or 'normal(0, 1) class=b' say`,
    );
  });
}

function isPriorRow(value: unknown): value is PriorRow {
  return isRecord(value) && isRecord(value.prior) && typeof value.class === 'string';
}
