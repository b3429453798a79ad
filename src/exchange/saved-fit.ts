/**
 * A fit as two files, whole: what was fitted, by what, and every draw, so that a fit that was read
 * back is the fit that was saved.
 *
 * `fit.json`, UTF-8, for people and programs:
 *
 *     format           "weighbridge-fit"
 *     format_version   1
 *     weighbridge      version of the package that wrote it, where known
 *     parameters, chains, draws_per_chain
 *     numbers          {file, type, bytes, crc32} of the file beside it
 *     regression_crc32 of the value of `regression`, written by JSON.stringify without spaces
 *     regression       the FittedRegression: formula, family, priors, frame (the rows that were
 *                      used), settings, fit, notes; what JSON cannot say as `plain-data.ts` has it
 *
 * `draws.f64`: little-endian float64s without a header. It starts with the draws, row-major (chain,
 * draw, parameter), and goes on with what each transition told and with data of more than 1,000
 * numbers; `regression` says which numbers are whose, as {"at": place, "length": how many}.
 *
 * A change that an older reader would misread raises the version.
 */
import { WeighbridgeError } from '../errors.js';
import type { FittedRegression } from '../regression/fitted-regression.js';
import { crc32, float64Bytes, readFloat64, textOf, utf8 } from './bytes.js';
import { fittedRegression } from './fit-schema.js';
import { requireFit } from './given-fit.js';
import { jsonText } from './json-text.js';
import {
  fromJson,
  isJsonObject,
  type Json,
  type JsonObject,
  type StoreNumbers,
  type Stretch,
  toJson,
} from './plain-data.js';

export const FIT_FORMAT = 'weighbridge-fit';
export const FIT_VERSION = 1;
export const fitFiles = { fit: 'fit.json', draws: 'draws.f64' } as const;

/**
 * The files of a saved fit, by name.
 * @param options `version`: of the package, to be written down
 * @throws WeighbridgeError `bad-argument` for what is no fit, or not plain data
 */
export function encodeFit(
  fit: FittedRegression,
  options: { readonly version?: string } = {},
): Map<string, Uint8Array> {
  requireFit(fit);
  const { store, bytes } = numbersFile(fit.fit.draws.values);
  const regression = toJson(fieldsOf(fit), store);
  const draws = bytes();
  const document = {
    format: FIT_FORMAT,
    format_version: FIT_VERSION,
    weighbridge: options.version ?? null,
    parameters: fit.fit.draws.parameterNames,
    chains: fit.fit.draws.chains,
    draws_per_chain: fit.fit.draws.drawsPerChain,
    numbers: {
      file: fitFiles.draws,
      type: 'float64, little-endian',
      bytes: draws.length,
      crc32: crc32(draws),
    },
    regression_crc32: crc32(utf8(JSON.stringify(regression))),
    regression,
  };
  return new Map([
    [fitFiles.fit, utf8(jsonText(document))],
    [fitFiles.draws, draws],
  ]);
}

/**
 * The fields that are saved. A fit that `regression` returned has its draws and warnings a second
 * time, for its user. `terminations` is not part of version 1 of the format.
 */
function fieldsOf(fit: FittedRegression): FittedRegression {
  const { formula, family, givenPriors, priors, frame, reading, specification, settings, notes } =
    fit;
  const fields: Required<FittedRegression> = {
    formula,
    family,
    givenPriors,
    priors,
    frame,
    reading,
    specification,
    settings,
    fit: {
      ...fit.fit,
      chains: fit.fit.chains.map(({ terminations: _terminations, ...chain }) => chain),
    },
    notes,
  };
  return fields;
}

/** Data of more numbers than a person reads go to the file of numbers too. */
const LONGEST_INLINE = 1000;

/** What a fit holds for each draw goes to the file of numbers, first its draws, each array once. */
function numbersFile(draws: Float64Array): { store: StoreNumbers; bytes: () => Uint8Array } {
  const places = new Map<ArrayLike<number>, Stretch>([[draws, { at: 0, length: draws.length }]]);
  let end = draws.length;
  const store: StoreNumbers = (values, [part]) => {
    const known = places.get(values);
    if (known) return known;
    if (part !== 'fit' && values.length <= LONGEST_INLINE) return null;
    const stretch = { at: end, length: values.length };
    places.set(values, stretch);
    end += values.length;
    return stretch;
  };
  const bytes = () => {
    const all = new Float64Array(end);
    for (const [values, { at }] of places) all.set(values, at);
    return float64Bytes(all);
  };
  return { store, bytes };
}

/**
 * The fit that these files were made of.
 * @param files by name; files beside those of a fit are not looked at
 * @throws WeighbridgeError `no-fit` where there is none, `fit-version` for one of another version
 *   of the format, `damaged-fit` for one that is cut short, changed or not what it should be
 */
export function decodeFit(files: ReadonlyMap<string, Uint8Array>): FittedRegression {
  const document = documentOf(files.get(fitFiles.fit));
  const numbers = checkedNumbers(document, files.get(fitFiles.draws));
  const { regression } = document;
  if (regression === undefined) throw damaged('it has no regression');
  if (crc32(utf8(JSON.stringify(regression))) !== document.regression_crc32) {
    throw damaged('what it says differs from its checksum');
  }
  const available = numbers.length / 8;
  const stored = ({ at, length }: Stretch): Float64Array => {
    const whole = Number.isSafeInteger(at) && Number.isSafeInteger(length);
    if (!whole || at < 0 || length < 0 || at + length > available) {
      throw new Error(`numbers ${at} to ${at + length} are not in ${fitFiles.draws}`);
    }
    return readFloat64(numbers, at, length);
  };
  let value: unknown;
  try {
    value = fromJson(regression, stored);
  } catch (cause) {
    throw damaged(cause instanceof Error ? cause.message : String(cause), cause);
  }
  return checkedFit(value);
}

function documentOf(bytes: Uint8Array | undefined): JsonObject {
  if (!bytes) {
    throw new WeighbridgeError('no-fit', `${fitFiles.fit} is missing: expected a saved fit`);
  }
  const text = textOf(bytes);
  if (text === null) throw damaged('it is not UTF-8');
  let document: Json;
  try {
    document = JSON.parse(text);
  } catch (cause) {
    throw damaged('it is not JSON, or cut short', cause);
  }
  if (!isWithin(document, MOST_DEPTH)) throw damaged(`it is nested more than ${MOST_DEPTH} deep`);
  if (!isJsonObject(document) || document.format !== FIT_FORMAT) {
    throw new WeighbridgeError(
      'no-fit',
      `${fitFiles.fit} is no fit of weighbridge: expected "format": "${FIT_FORMAT}"`,
    );
  }
  const version = document.format_version;
  if (version !== FIT_VERSION) {
    const newer = typeof version === 'number' && version > FIT_VERSION;
    throw new WeighbridgeError(
      'fit-version',
      newer
        ? `${fitFiles.fit} is of format version ${version}, written by a newer weighbridge: this one reads version ${FIT_VERSION}`
        : `${fitFiles.fit} has format version ${JSON.stringify(version)}: expected ${FIT_VERSION}`,
    );
  }
  return document;
}

/** A fit has some 15; what recurses over one is to keep its stack. */
const MOST_DEPTH = 100;

function isWithin(json: Json, depth: number): boolean {
  if (typeof json !== 'object' || json === null) return true;
  return depth > 0 && Object.values(json).every((value: Json) => isWithin(value, depth - 1));
}

function checkedNumbers(document: JsonObject, bytes: Uint8Array | undefined): Uint8Array {
  const said = document.numbers;
  if (said === undefined || !isJsonObject(said)) throw damaged('it does not say what draws it has');
  if (!bytes) throw damaged('the file is missing', undefined, fitFiles.draws);
  if (bytes.length !== said.bytes) {
    const problem = `${bytes.length} bytes, expected ${JSON.stringify(said.bytes)} as ${fitFiles.fit} says`;
    throw damaged(problem, undefined, fitFiles.draws);
  }
  if (crc32(bytes) !== said.crc32) {
    throw damaged('its numbers differ from their checksum', undefined, fitFiles.draws);
  }
  return bytes;
}

function checkedFit(value: unknown): FittedRegression {
  const checked = fittedRegression.safeParse(value);
  if (!checked.success) {
    const [first] = checked.error.issues;
    throw damaged(`regression.${first.path.map(String).join('.')}: ${first.message}`);
  }
  // Not what the schema made of it, which knows no fields but its own.
  return value as FittedRegression;
}

function damaged(problem: string, cause?: unknown, file: string = fitFiles.fit): WeighbridgeError {
  return new WeighbridgeError('damaged-fit', `${file} is damaged: ${problem}`, { cause });
}
