/**
 * Saves a complete fit (specification, settings, all draws) as two files. A loaded fit equals the
 * saved one.
 *
 * `fit.json`, UTF-8, for people and programs:
 *
 *     format           "weighbridge-fit"
 *     format_version   1
 *     weighbridge      version of the package that wrote it, or null
 *     parameters, chains, draws_per_chain
 *     numbers          {file, type, bytes, crc32} of `draws.f64`
 *     regression_crc32 of the value of `regression`, written by JSON.stringify without spaces
 *     regression       the FittedRegression: formula, family, priors, frame (the rows that were
 *                      used), settings, fit, notes; values that JSON lacks are encoded as in
 *                      `plain-data.ts`
 *
 * `draws.f64`: little-endian float64s without a header. It starts with the draws, row-major (chain,
 * draw, parameter), followed by the statistics of each transition and by data of more than 1,000
 * numbers; `regression` refers to them as {"at": index, "length": count}.
 *
 * A change that an older reader would misread increments the version.
 */
import { WeighbridgeError } from '../errors.js';
import type { FitData } from '../fit/fit.js';
import { drawsRecord, summarize } from '../posterior/summary.js';
import type { FittedRegression } from '../regression/fitted-regression.js';
import { crc32, float64Bytes, jsonText, stretchReader, textOf, utf8 } from './bytes.js';
import { fittedRegression, requireFit } from './fit-schema.js';
import {
  fromJson,
  isJsonObject,
  type Json,
  type JsonObject,
  type StoreNumbers,
  type Stretch,
  toJson,
} from './plain-data.js';

const FIT_FORMAT = 'weighbridge-fit';
const FIT_VERSION = 1;
export const fitFiles = { fit: 'fit.json', draws: 'draws.f64' } as const;

/**
 * The files of a saved fit, by name.
 * @param options `version`: version of the package, which is stored
 * @throws WeighbridgeError `bad-argument` if the argument is not a fit or has values that are not
 *   plain data
 */
export function encodeFit(
  fit: FittedRegression,
  options: { readonly version?: string } = {},
): Map<string, Uint8Array> {
  requireFit(fit);
  const { store, bytes } = numbersFile(fit.draws.values);
  const regression = toJson(savedFields(fit), { store });
  const draws = bytes();
  const document = {
    format: FIT_FORMAT,
    format_version: FIT_VERSION,
    weighbridge: options.version ?? null,
    ...drawsRecord(fit.draws),
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

/** A fitted regression as it is saved: the results of the chains are in a separate record. */
type SavedRegression = Omit<FittedRegression, keyof FitData> & {
  readonly fit: Omit<FitData, 'parameters'> & { readonly summary: FitData['parameters'] };
};

/** `terminations` is not part of version 1 of the format. */
function savedFields(fit: FittedRegression): SavedRegression {
  const { formula, family, givenPriors, priors, frame, reading, specification, settings, notes } =
    fit;
  const { draws, parameters, diagnostics, warnings, chains } = fit;
  return {
    formula,
    family,
    givenPriors,
    priors,
    frame,
    reading,
    specification,
    settings,
    fit: {
      draws,
      summary: parameters,
      diagnostics,
      warnings,
      chains: chains.map(({ terminations: _terminations, ...chain }) => chain),
    },
    notes,
  };
}

/** Arrays of data longer than this are stored in the file of numbers. */
const LONGEST_INLINE = 1000;

/** Stores arrays with a number per draw in the file of numbers: draws first, each array once. */
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
 * Decodes the files of `encodeFit`.
 * @param files by name; other files are ignored
 * @throws WeighbridgeError `wrong-format` if there is no saved fit, `wrong-version` if the version
 *   of the format is not supported, `damaged` if files are truncated, changed or invalid
 */
export function decodeFit(files: ReadonlyMap<string, Uint8Array>): FittedRegression {
  const document = documentOf(files.get(fitFiles.fit));
  const numbers = checkedNumbers(document, files.get(fitFiles.draws));
  const { regression } = document;
  if (regression === undefined) throw damaged('it has no regression');
  if (crc32(utf8(JSON.stringify(regression))) !== document.regression_crc32) {
    throw damaged('its content differs from its checksum');
  }
  const stored = stretchReader(numbers, fitFiles.draws);
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
    throw new WeighbridgeError('wrong-format', `${fitFiles.fit} is missing: expected a saved fit`);
  }
  const text = textOf(bytes);
  if (text === null) throw damaged('it is not UTF-8');
  let document: Json;
  try {
    document = JSON.parse(text);
  } catch (cause) {
    throw damaged('it is not JSON, or is cut short', cause);
  }
  if (!isWithin(document, MOST_DEPTH)) throw damaged(`it is nested more than ${MOST_DEPTH} deep`);
  if (!isJsonObject(document) || document.format !== FIT_FORMAT) {
    throw new WeighbridgeError(
      'wrong-format',
      `${fitFiles.fit} is not a fit of weighbridge: expected "format": "${FIT_FORMAT}"`,
    );
  }
  const version = document.format_version;
  if (version !== FIT_VERSION) {
    const newer = typeof version === 'number' && version > FIT_VERSION;
    throw new WeighbridgeError(
      'wrong-version',
      newer
        ? `${fitFiles.fit} is of format version ${version}, written by a newer weighbridge: this one reads version ${FIT_VERSION}`
        : `${fitFiles.fit} has format version ${JSON.stringify(version)}: expected ${FIT_VERSION}`,
    );
  }
  return document;
}

/**
 * Maximum depth of nesting, to prevent stack overflow in recursive functions; a fit has about 15.
 */
const MOST_DEPTH = 100;

function isWithin(json: Json, depth: number): boolean {
  if (typeof json !== 'object' || json === null) return true;
  return depth > 0 && Object.values(json).every((value: Json) => isWithin(value, depth - 1));
}

function checkedNumbers(document: JsonObject, bytes: Uint8Array | undefined): Uint8Array {
  const said = document.numbers;
  if (said === undefined || !isJsonObject(said)) throw damaged('it does not describe its draws');
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
  // Returns the input, since the schema drops fields that it does not name.
  const { fit, ...regression } = value as SavedRegression;
  const { summary, ...sampled } = fit;
  // Fits saved by earlier versions have no errors of intervals.
  const complete = summary.every(({ hdiMcse }) => hdiMcse !== undefined);
  const parameters = complete ? summary : summarize(fit.draws);
  return { ...regression, ...sampled, parameters };
}

function damaged(problem: string, cause?: unknown, file: string = fitFiles.fit): WeighbridgeError {
  return new WeighbridgeError('damaged', `${file} is damaged: ${problem}`, { cause });
}
