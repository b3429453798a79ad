/**
 * Reads the CSV files of CmdStan's sampler, one per chain, into draws. Saved warm-up, thinning, and
 * Unix or Windows line ends are supported.
 * https://mc-stan.org/docs/cmdstan-guide/stan_csv_apdx.html
 */
import { badArgument, badData } from '../checks/values.js';
import type { WeighbridgeError } from '../errors.js';
import { type Draws, joinChains } from '../posterior/draws.js';
import { indexedName } from './variables.js';

export interface CmdstanRun {
  /** Stan's names (`theta[1]`, `L[2,1]`), or brms' names if weighbridge wrote the files. */
  readonly draws: Draws;
  /**
   * Sampler statistics of each kept draw by CmdStan's names (`lp__`, …): row-major (chain, draw).
   */
  readonly samplerStatistics: Readonly<Record<string, Float64Array>>;
  /** Present if save_warmup was set. */
  readonly warmup: Draws | null;
  readonly chains: readonly CmdstanChain[];
}

export interface CmdstanChain {
  /** The arguments of the run from the file's header: `num_samples`, `seed`, `model`. */
  readonly settings: ReadonlyMap<string, string>;
  /** The adapted step size; null if the file has none. */
  readonly stepSize: number | null;
  /** Variances, or a row-major matrix; null if the file has none. */
  readonly inverseMetric: Float64Array | null;
}

/** One parsed file, before it is compared with the files of the other chains. */
interface ChainFile extends CmdstanChain {
  readonly source: string;
  readonly columns: readonly string[];
  /** Line number of the column names, from 1. */
  readonly headerLine: number;
  readonly rows: readonly Float64Array[];
  /** Number of warm-up rows. */
  readonly warmupRows: number;
}

/**
 * @param given one text per chain, or the text of a single chain
 * @param sources file names for messages
 * @throws WeighbridgeError `bad-data`, with the line, if a text is not a CmdStan CSV file, is
 *   truncated, or does not match the others
 */
export function readCmdstanCsv(
  given: string | readonly string[],
  sources: readonly string[] = [],
): CmdstanRun {
  const texts = typeof given === 'string' ? [given] : given;
  if (!Array.isArray(texts) || !texts.every((text) => typeof text === 'string')) {
    throw badArgument(
      'expected the text of a CmdStan CSV file, or an array of such texts, one a chain',
    );
  }
  if (texts.length === 0) {
    throw badData('there are no CmdStan CSV files: expected one a chain');
  }
  const files = texts.map((text, i) => readChain(text, sources[i] ?? `CmdStan CSV ${i + 1}`));
  const [first, ...others] = files;
  for (const file of others) requireAlike(file, first);
  const names = parameterNames(first);
  const statistics = first.columns.filter(isStatistic);
  const kept = (file: ChainFile) => file.rows.slice(file.warmupRows);
  const warmup = (file: ChainFile) => file.rows.slice(0, file.warmupRows);
  return {
    draws: drawsOf(names, files, kept),
    samplerStatistics: Object.fromEntries(
      statistics.map((name) => {
        const place = first.columns.indexOf(name);
        const values = files.flatMap((file) => kept(file).map((row) => row[place]));
        return [name, Float64Array.from(values)];
      }),
    ),
    warmup: first.warmupRows > 0 ? drawsOf(names, files, warmup) : null,
    chains: files.map(({ settings, stepSize, inverseMetric }) => ({
      settings,
      stepSize,
      inverseMetric,
    })),
  };
}

function isStatistic(column: string): boolean {
  return column.endsWith('__');
}

function drawsOf(
  names: readonly string[],
  files: readonly ChainFile[],
  part: (file: ChainFile) => readonly Float64Array[],
): Draws {
  const { columns } = files[0];
  const places = columns.flatMap((column, i) => (isStatistic(column) ? [] : [i]));
  return joinChains(
    names,
    files.map((file) =>
      Float64Array.from(part(file).flatMap((row) => places.map((place) => row[place]))),
    ),
  );
}

function parameterNames({ columns, settings }: ChainFile): string[] {
  const known = brmsNames(settings.get('brms_names'));
  return columns
    .filter((column) => !isStatistic(column))
    .map((column) => known.get(column) ?? indexedName(column));
}

/**
 * The original names, from the comment that weighbridge writes; empty for files of other programs.
 */
function brmsNames(json: string | undefined): Map<string, string> {
  try {
    const names: Readonly<Record<string, unknown>> = JSON.parse(json ?? '{}');
    return new Map(
      Object.entries(names).flatMap(([column, name]) =>
        typeof name === 'string' ? [[column, name]] : [],
      ),
    );
  } catch {
    return new Map();
  }
}

function requireAlike(file: ChainFile, first: ChainFile): void {
  const place = file.columns.findIndex((column, i) => column !== first.columns[i]);
  if (place !== -1 || file.columns.length !== first.columns.length) {
    const at = place === -1 ? file.columns.length : place;
    throw badData(
      `${file.source}, line ${file.headerLine}: column ${at + 1} is ${file.columns[at] ?? 'missing'}, expected ${first.columns[at] ?? 'no more'} as in ${first.source}`,
    );
  }
  const kept = (of: ChainFile) => of.rows.length - of.warmupRows;
  if (kept(file) !== kept(first) || file.warmupRows !== first.warmupRows) {
    throw badData(
      `${file.source} has ${kept(file)} draws and ${file.warmupRows} of warm-up, expected ${kept(first)} and ${first.warmupRows} as ${first.source} has`,
    );
  }
}

function readChain(text: string, source: string): ChainFile {
  const lines = text.replace(/^\uFEFF/, '').split(/\r?\n/);
  const headerAt = lines.findIndex((line) => line !== '' && !line.startsWith('#'));
  const header = lines[headerAt]?.split(',').map((name) => name.trim()) ?? [];
  const settings = settingsOf(headerAt === -1 ? lines : lines.slice(0, headerAt));
  if (headerAt === -1 && isCutMethod(settings.get('method'))) {
    throw cutShort(source, lines.length, 'there is no row of names');
  }
  requireSampling(settings, header, source);
  if (header[0] !== 'lp__' || header[1] !== 'accept_stat__') {
    const at = headerAt === -1 ? lines.length : headerAt + 1;
    throw badData(
      `${source}, line ${at}: there is no row of names that starts with lp__,accept_stat__: expected a CSV file of CmdStan's method sample`,
      { file: source, line: at },
    );
  }
  const rows: Float64Array[] = [];
  let lastRow = headerAt;
  for (let i = headerAt + 1; i < lines.length; i++) {
    if (lines[i] === '' || lines[i].startsWith('#')) continue;
    if (i === lines.length - 1) throw cutShort(source, i + 1, 'the line does not end');
    rows.push(numbersOf(lines[i], header, source, i + 1));
    lastRow = i;
  }
  const { kept, warmup } = expectedRows(settings, header, rows.length);
  if (rows.length < kept + warmup) {
    const problem = `the last of ${rows.length} draws, expected ${kept + warmup}`;
    throw cutShort(source, lastRow + 1, problem);
  }
  if (rows.length > kept + warmup) {
    throw badData(
      `${source}, line ${lastRow + 1}: ${rows.length} draws, expected ${kept + warmup} as its head says`,
      { file: source, line: lastRow + 1, found: rows.length },
    );
  }
  const adapted = adaptation(lines);
  return {
    source,
    columns: header,
    headerLine: headerAt + 1,
    settings,
    rows,
    warmupRows: warmup,
    ...adapted,
  };
}

function cutShort(source: string, line: number, problem: string): WeighbridgeError {
  return badData(`${source} is cut short at line ${line}: ${problem}`, { file: source, line });
}

/**
 * Parses `#   num_samples = 1000 (Default)`. The first value of a repeated key (`file`) is kept.
 */
function settingsOf(lines: readonly string[]): Map<string, string> {
  const settings = new Map<string, string>();
  for (const line of lines) {
    const equals = line.indexOf('=');
    if (!line.startsWith('#') || equals === -1) continue;
    const key = line.slice(1, equals).trim();
    const value = line.slice(equals + 1).trim();
    if (settings.has(key)) continue;
    settings.set(key, value.endsWith(DEFAULT) ? value.slice(0, -DEFAULT.length).trim() : value);
  }
  return settings;
}

const DEFAULT = '(Default)';

/**
 * Output of CmdStan's other methods, recognized by a column name if the header comments are
 * missing.
 */
const methodOfColumn: ReadonlyMap<string, string> = new Map([
  ['log_g__', 'variational'],
  ['lp_approx__', 'pathfinder'],
  ['log_q__', 'laplace'],
]);

/** True of `sam`: the file ends within the name of the method. */
function isCutMethod(method: string | undefined): boolean {
  return method !== undefined && method !== 'sample' && 'sample'.startsWith(method);
}

function requireSampling(
  settings: ReadonlyMap<string, string>,
  header: readonly string[],
  source: string,
): void {
  const byColumns = header.flatMap((column) => methodOfColumn.get(column) ?? [])[0];
  const method = settings.get('method') ?? byColumns;
  if (method !== undefined && method !== 'sample') {
    throw badData(
      `${source} is of CmdStan's method ${method.slice(0, 40)}, which has no chains: expected method sample`,
    );
  }
}

/**
 * The number of rows according to the header, or all rows if it has none. fixed_param does not
 * adapt and has no warm-up to save. CmdStan also uses it for a model without parameters, even if
 * the header names another algorithm; such a file has no column stepsize__.
 */
function expectedRows(
  settings: ReadonlyMap<string, string>,
  header: readonly string[],
  found: number,
): { kept: number; warmup: number } {
  const whole = (name: string) => {
    const text = settings.get(name);
    return text !== undefined && /^\d+$/.test(text) ? Number(text) : null;
  };
  const thin = Math.max(1, whole('thin') ?? 1);
  // RStan's own files state iterations, including warm-up.
  const warmupIterations = whole('num_warmup') ?? whole('warmup') ?? 0;
  const iterations = whole('iter');
  const samples =
    whole('num_samples') ?? (iterations === null ? null : iterations - warmupIterations);
  const saved = /^(1|true)$/.test(settings.get('save_warmup') ?? '');
  const adapts = settings.get('algorithm') !== 'fixed_param' && header.includes('stepsize__');
  const warmup = saved && adapts ? Math.ceil(warmupIterations / thin) : 0;
  return { kept: samples === null ? found - warmup : Math.ceil(samples / thin), warmup };
}

const NUMBER = /^[+-]?(?:(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?|inf(?:inity)?|nan)$/i;

function numbersOf(
  text: string,
  header: readonly string[],
  file: string,
  line: number,
): Float64Array {
  const cells = text.split(',');
  if (cells.length !== header.length) {
    throw badData(
      `${file}, line ${line}: ${cells.length} numbers, expected ${header.length} as the header has names`,
      { file, line, found: cells.length, expected: `${header.length} numbers` },
    );
  }
  const row = new Float64Array(cells.length);
  for (let i = 0; i < cells.length; i++) {
    const cell = cells[i].trim();
    if (!NUMBER.test(cell)) {
      const shown = cell.length > 40 ? `${cell.slice(0, 40)}…` : cell;
      throw badData(
        `${file}, line ${line}, column ${header[i]}: found '${shown}', expected a number`,
        {
          file,
          line,
          column: header[i],
          found: cell,
          expected: 'a number',
        },
      );
    }
    row[i] = numberOf(cell);
  }
  return row;
}

/** The numeric value of text that matches `NUMBER`. */
function numberOf(text: string): number {
  if (!/n/i.test(text)) return Number(text);
  if (/nan/i.test(text)) return Number.NaN;
  return text.startsWith('-') ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
}

/** Parses `# Step size = 0.9` and the inverse mass matrix, which follows a heading line. */
function adaptation(lines: readonly string[]): Pick<CmdstanChain, 'stepSize' | 'inverseMetric'> {
  const step = lines.flatMap((line) => /^#\s*Step size\s*=\s*(\S+)/.exec(line)?.[1] ?? [])[0];
  const title = lines.findIndex((line) => /^#.*lements of inverse mass matrix:/.test(line));
  const numbers: number[] = [];
  if (title !== -1) {
    for (const line of lines.slice(title + 1)) {
      const cells = line
        .slice(1)
        .split(',')
        .map((cell) => cell.trim());
      if (!line.startsWith('#') || !cells.every((cell) => NUMBER.test(cell))) break;
      numbers.push(...cells.map(numberOf));
    }
  }
  return {
    stepSize: step === undefined ? null : numberOf(step),
    inverseMetric: numbers.length > 0 ? Float64Array.from(numbers) : null,
  };
}
