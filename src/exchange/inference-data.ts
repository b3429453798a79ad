/**
 * A fit in a Zarr store (format version 2), which Python reads by `xarray.open_datatree(folder,
 * engine='zarr')` as the DataTree of ArviZ 1.x, and by `arviz.from_zarr(folder)` as the InferenceData of
 * ArviZ up to 0.23. Groups, names and attributes follow ArviZ' schema,
 * https://python.arviz.org/en/stable/schema/schema.html.
 *
 * Dimensions: chain and draw for draws; `__obs__` (bambi's name) for rows of data, with the row
 * number in the user's data as coordinate; the grouping factor for group effects, with its levels
 * as coordinates.
 */
import { badArgument } from '../checks/values.js';
import type { Column } from '../formula/table.js';
import { posteriorPredict } from '../regression/after/predictions.js';
import type { FittedRegression } from '../regression/fitted-regression.js';
import { logLikelihoodOfFit } from '../regression/validation/criteria.js';
import { logPriorsBy } from '../regression/validation/prior-sensitivity.js';
import { requireFit } from './fit-schema.js';
import type { JsonObject } from './plain-data.js';
import { variablesOf } from './variables.js';
import {
  type Deflate,
  type ZarrArray,
  type ZarrGroup,
  type ZarrValues,
  zarrStore,
} from './zarr.js';

export interface InferenceDataOptions {
  /** Row-major (chain, draw, row): log p(y_i | draw). */
  readonly logLikelihood?: Float64Array | undefined;
  /** Row-major (chain, draw, row): outcomes simulated from each draw. */
  readonly posteriorPredictive?: Float64Array | undefined;
  /** Creation time of the fit. @default now */
  readonly createdAt?: Date | undefined;
  /** Version of weighbridge. */
  readonly version?: string | undefined;
  readonly samplingSeconds?: number | undefined;
  /** Compresses the chunks in the format of zlib, as Node's `deflateSync`. @default not compressed */
  readonly deflate?: Deflate | undefined;
}

/** Dimension of the rows of data. */
const ROWS = '__obs__';

/**
 * The files of the store, by path.
 * @throws WeighbridgeError `bad-argument` if the argument is not a fit, or if the size of the log
 *   likelihood or predictions is not chains × draws × rows
 */
export function inferenceData(
  fitted: FittedRegression,
  options: InferenceDataOptions = {},
): Map<string, Uint8Array> {
  requireFit(fitted);
  const attributes = attributesOf(fitted, options);
  const groups = new Map<string, ZarrGroup>();
  const add = (name: string, arrays: Map<string, ZarrArray>) =>
    groups.set(name, { attributes, arrays });
  add('posterior', posterior(fitted));
  add('sample_stats', sampleStatistics(fitted));
  add('log_prior', logPrior(fitted));
  if (options.logLikelihood) {
    add('log_likelihood', byRow(fitted, options.logLikelihood, 'logLikelihood'));
  }
  if (options.posteriorPredictive) {
    add('posterior_predictive', byRow(fitted, options.posteriorPredictive, 'posteriorPredictive'));
  }
  add('observed_data', observedData(fitted));
  add('constant_data', constantData(fitted));
  return zarrStore({}, groups, options.deflate);
}

function attributesOf(
  { formula, family, settings, chains }: FittedRegression,
  { createdAt = new Date(), version, samplingSeconds }: InferenceDataOptions,
): JsonObject {
  return {
    created_at: createdAt.toISOString(),
    creation_library: 'weighbridge',
    creation_library_language: 'TypeScript',
    inference_library: 'weighbridge',
    ...(version !== undefined && {
      creation_library_version: version,
      inference_library_version: version,
    }),
    ...(samplingSeconds !== undefined && { sampling_time: samplingSeconds }),
    tuning_steps: chains[0]?.warmup ?? settings.warmup,
    formula,
    family: family.family,
    link: family.link,
  };
}

function counted(name: string, length: number): [string, ZarrArray] {
  const values = Array.from({ length }, (_, i) => i);
  return [name, { data: { type: 'int64', values }, shape: [length], dimensions: [name] }];
}

/** The coordinates shared by all groups of draws. */
function chainsAndDraws({ draws }: FittedRegression): Map<string, ZarrArray> {
  return new Map([counted('chain', draws.chains), counted('draw', draws.drawsPerChain)]);
}

function posterior(fitted: FittedRegression): Map<string, ZarrArray> {
  const { chains, drawsPerChain, parameterNames, values } = fitted.draws;
  const arrays = chainsAndDraws(fitted);
  const nameOf = distinctNames(new Set(arrays.keys()));
  const named = variablesOf(fitted).map((variable) => ({ variable, name: nameOf(variable.name) }));
  const dimensionOf = levelDimensions(nameOf);
  for (const { variable, name } of named) {
    const places = variable.kind === 'scalar' ? [variable.parameter] : variable.parameters;
    const columns = new Float64Array(chains * drawsPerChain * places.length);
    for (let row = 0; row < chains * drawsPerChain; row++) {
      for (let i = 0; i < places.length; i++) {
        columns[row * places.length + i] = values[row * parameterNames.length + places[i]];
      }
    }
    const data: ZarrValues = { type: 'float64', values: columns };
    const attributes = { brms_name: variable.name };
    if (variable.kind === 'scalar') {
      const shape = [chains, drawsPerChain];
      arrays.set(name, { data, shape, dimensions: ['chain', 'draw'], attributes });
      continue;
    }
    const levels = dimensionOf(variable.group, variable.levels);
    const shape = [chains, drawsPerChain, places.length];
    arrays.set(name, { data, shape, dimensions: ['chain', 'draw', levels], attributes });
    arrays.set(levels, {
      data: { type: 'text', values: variable.levels },
      shape: [places.length],
      dimensions: [levels],
    });
  }
  return arrays;
}

/**
 * One dimension per grouping factor, with its name; terms of the same factor share it. The
 * dimension is renamed if a variable has that name, since xarray would identify the two.
 */
function levelDimensions(nameOf: (name: string) => string) {
  const dimensions = new Map<string, string>();
  return (group: string, levels: readonly string[]): string => {
    const key = JSON.stringify([group, levels]);
    const known = dimensions.get(key);
    if (known !== undefined) return known;
    const name = nameOf(group);
    dimensions.set(key, name);
    return name;
  };
}

/**
 * Unique names that are valid in Zarr, where a name is a segment of a file path or URL.
 */
function distinctNames(taken: Set<string>): (name: string) => string {
  return (name) => {
    const plain = name.replaceAll(/[/\\?#%*"<>|\p{Cc}]/gu, '_').replace(/^(?=\.|$)/, '_');
    let distinct = plain;
    for (let i = 2; taken.has(distinct); i++) distinct = `${plain}_${i}`;
    taken.add(distinct);
    return distinct;
  };
}

/** ArviZ' names of Stan's lp__, divergent__ and so on. */
function sampleStatistics(fitted: FittedRegression): Map<string, ZarrArray> {
  const { chains, drawsPerChain } = fitted.draws;
  const reports = fitted.chains;
  const arrays = chainsAndDraws(fitted);
  const add = (name: string, type: 'float64' | 'int64' | 'bool', of: ChainNumbers) => {
    const values = new Float64Array(chains * drawsPerChain);
    reports.forEach((chain, c) => {
      values.set(of(chain), c * drawsPerChain);
    });
    const dimensions = ['chain', 'draw'];
    arrays.set(name, { data: { type, values }, shape: [chains, drawsPerChain], dimensions });
  };
  add('lp', 'float64', ({ transitions }) => transitions.logDensity);
  add('energy', 'float64', ({ energy }) => energy);
  add('acceptance_rate', 'float64', ({ transitions }) => transitions.acceptance);
  add('step_size', 'float64', ({ stepSize }) => new Float64Array(drawsPerChain).fill(stepSize));
  add('tree_depth', 'int64', ({ transitions }) => transitions.treeDepth);
  add('n_steps', 'int64', ({ transitions }) => transitions.leapfrogSteps);
  add('diverging', 'bool', ({ transitions }) => transitions.divergent);
  return arrays;
}

type ChainNumbers = (chain: FittedRegression['chains'][number]) => ArrayLike<number>;

/** Log prior densities of each class, by which ArviZ' `psense` scales priors. */
function logPrior(fitted: FittedRegression): Map<string, ZarrArray> {
  const { chains, drawsPerChain } = fitted.draws;
  const arrays = chainsAndDraws(fitted);
  for (const [name, values] of logPriorsBy(fitted, 'class')) {
    const data = { type: 'float64', values } as const;
    arrays.set(name, { data, shape: [chains, drawsPerChain], dimensions: ['chain', 'draw'] });
  }
  return arrays;
}

function rowNumbers({ frame }: FittedRegression): [string, ZarrArray] {
  const { usedRows } = frame;
  return [
    ROWS,
    { data: { type: 'int64', values: usedRows }, shape: [usedRows.length], dimensions: [ROWS] },
  ];
}

function byRow(
  fitted: FittedRegression,
  values: Float64Array,
  option: keyof InferenceDataOptions,
): Map<string, ZarrArray> {
  const { chains, drawsPerChain } = fitted.draws;
  const shape = [chains, drawsPerChain, fitted.frame.response.values.length];
  const expected = shape.reduce((product, length) => product * length, 1);
  if (values.length !== expected) {
    throw badArgument(
      `${option} has ${values.length} numbers, expected ${shape.join(' × ')} (chain, draw, row)`,
      { option, found: values.length },
    );
  }
  const arrays = chainsAndDraws(fitted).set(...rowNumbers(fitted));
  const name = distinctNames(new Set(arrays.keys()))(fitted.frame.response.name);
  const dimensions = ['chain', 'draw', ROWS];
  return arrays.set(name, { data: { type: 'float64', values }, shape, dimensions });
}

function observedData(fitted: FittedRegression): Map<string, ZarrArray> {
  const { name, values, levels } = fitted.frame.response;
  const arrays = new Map([rowNumbers(fitted)]);
  return arrays.set(distinctNames(new Set(arrays.keys()))(name), {
    data: { type: 'float64', values },
    shape: [values.length],
    dimensions: [ROWS],
    ...(levels && { attributes: { zero: levels[0], one: levels[1] } }),
  });
}

/** Columns of the data that the formula uses, except the outcome. */
function constantData(fitted: FittedRegression): Map<string, ZarrArray> {
  const { table, response } = fitted.frame;
  const arrays = new Map([rowNumbers(fitted)]);
  const nameOf = distinctNames(new Set(arrays.keys()));
  for (const [name, column] of Object.entries(table.columns)) {
    if (name === response.name) continue;
    arrays.set(nameOf(name), {
      data: columnValues(column),
      shape: [table.rows],
      dimensions: [ROWS],
    });
  }
  return arrays;
}

function columnValues(column: Column): ZarrValues {
  switch (column.kind) {
    case 'numeric':
      return { type: 'float64', values: column.values };
    case 'boolean':
      return { type: 'bool', values: column.codes };
    case 'factor':
      return {
        type: 'text',
        values: Array.from(column.codes, (code) => column.levels[code] ?? ''),
      };
  }
}

/** Both row-major (chain, draw, row). */
export interface RowDraws {
  readonly logLikelihood: Float64Array;
  readonly posteriorPredictive: Float64Array;
}

/** The length of each array of `rowDraws`. */
export function rowDrawsSize({ draws, specification }: FittedRegression): number {
  return draws.chains * draws.drawsPerChain * specification.data.rows;
}

/** Rows per block, which limits memory. */
const BLOCK = 64;

/** @throws WeighbridgeError `bad-argument` if the argument is not a fit */
export function rowDraws(fitted: FittedRegression): RowDraws {
  requireFit(fitted);
  const { rows, chains, drawsPerChain, block } = logLikelihoodOfFit(fitted);
  const draws = chains * drawsPerChain;
  const logLikelihood = new Float64Array(draws * rows);
  const byRow = new Float64Array(draws * Math.min(BLOCK, rows));
  for (let first = 0; first < rows; first += BLOCK) {
    const count = Math.min(BLOCK, rows - first);
    block(first, count, byRow);
    for (let i = 0; i < count; i++) {
      for (let draw = 0; draw < draws; draw++) {
        logLikelihood[draw * rows + first + i] = byRow[i * draws + draw];
      }
    }
  }
  return { logLikelihood, posteriorPredictive: posteriorPredict(fitted).values };
}
