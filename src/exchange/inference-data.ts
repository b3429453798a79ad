/**
 * A fit as ArviZ' InferenceData in a Zarr store: `arviz.from_zarr(folder)` in Python, and every plot
 * and check of ArviZ from there. Groups, names and attributes are those of ArviZ' schema,
 * https://python.arviz.org/en/stable/schema/schema.html.
 *
 * Draws have the dimensions chain and draw; rows of data `__obs__`, as bambi calls it, with the
 * row's number in the user's data as its coordinate; group effects their grouping factor, with its
 * levels.
 */
import { WeighbridgeError } from '../errors.js';
import type { Column } from '../formula/table.js';
import type { FittedRegression } from '../regression/fitted-regression.js';
import { requireFit } from './given-fit.js';
import type { JsonObject } from './plain-data.js';
import { variablesOf } from './variables.js';
import { type ZarrArray, type ZarrGroup, type ZarrValues, zarrStore } from './zarr.js';

export interface InferenceDataOptions {
  /** Row-major (chain, draw, row): log p(y_i | draw). */
  readonly logLikelihood?: Float64Array | undefined;
  /** Row-major (chain, draw, row): outcomes simulated from each draw. */
  readonly posteriorPredictive?: Float64Array | undefined;
  /** When the fit was made; now where absent. */
  readonly createdAt?: Date | undefined;
  /** Of weighbridge. */
  readonly version?: string | undefined;
  readonly samplingSeconds?: number | undefined;
}

/** Dimension of the rows of data. */
const ROWS = '__obs__';

/**
 * The files of the store, by path.
 * @throws WeighbridgeError `bad-argument` for what is no fit, and for a log likelihood or predictions
 *   of another size than chains times draws times rows
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
  if (options.logLikelihood) {
    add('log_likelihood', byRow(fitted, options.logLikelihood, 'logLikelihood'));
  }
  if (options.posteriorPredictive) {
    add('posterior_predictive', byRow(fitted, options.posteriorPredictive, 'posteriorPredictive'));
  }
  add('observed_data', observedData(fitted));
  add('constant_data', constantData(fitted));
  return zarrStore({}, groups);
}

function attributesOf(
  { formula, family, settings, fit }: FittedRegression,
  { createdAt = new Date(), version, samplingSeconds }: InferenceDataOptions,
): JsonObject {
  return {
    created_at: createdAt.toISOString(),
    creation_library: 'weighbridge',
    inference_library: 'weighbridge',
    ...(version !== undefined && {
      creation_library_version: version,
      inference_library_version: version,
    }),
    ...(samplingSeconds !== undefined && { sampling_time: samplingSeconds }),
    tuning_steps: fit.chains[0]?.warmup ?? settings.warmup,
    formula,
    family: family.family,
    link: family.link,
  };
}

function counted(name: string, length: number): [string, ZarrArray] {
  const values = Array.from({ length }, (_, i) => i);
  return [name, { data: { type: 'int64', values }, shape: [length], dimensions: [name] }];
}

/** The coordinates that every group of draws has. */
function chainsAndDraws({ fit }: FittedRegression): Map<string, ZarrArray> {
  return new Map([counted('chain', fit.draws.chains), counted('draw', fit.draws.drawsPerChain)]);
}

function posterior(fitted: FittedRegression): Map<string, ZarrArray> {
  const { chains, drawsPerChain, parameterNames, values } = fitted.fit.draws;
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
 * One dimension a grouping factor, named as it: two terms of a factor share it. A name that a
 * variable has already is another one, since xarray would take the two for the same thing.
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
 * Names as Zarr can have them: a name is a step of a path, on disk or in an address, and no two are
 * the same.
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

/** ArviZ' names of what Stan calls lp__, divergent__ and so on. */
function sampleStatistics(fitted: FittedRegression): Map<string, ZarrArray> {
  const { chains, drawsPerChain } = fitted.fit.draws;
  const told = fitted.fit.chains;
  const arrays = chainsAndDraws(fitted);
  const add = (name: string, type: 'float64' | 'int64' | 'bool', of: ChainNumbers) => {
    const values = new Float64Array(chains * drawsPerChain);
    told.forEach((chain, c) => {
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

type ChainNumbers = (chain: FittedRegression['fit']['chains'][number]) => ArrayLike<number>;

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
  const { chains, drawsPerChain } = fitted.fit.draws;
  const shape = [chains, drawsPerChain, fitted.frame.response.values.length];
  const expected = shape.reduce((product, length) => product * length, 1);
  if (values.length !== expected) {
    throw new WeighbridgeError(
      'bad-argument',
      `${option} has ${values.length} numbers, expected ${shape.join(' × ')} (chain, draw, row)`,
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

/** Columns of the data that the formula uses, but the outcome itself. */
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
