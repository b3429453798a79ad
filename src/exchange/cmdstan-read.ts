/**
 * The CSV files that CmdStan writes when it samples, one a chain, read into draws: with or without
 * saved warm-up, thinned, with Unix or Windows line ends.
 * https://mc-stan.org/docs/cmdstan-guide/stan_csv_apdx.html
 */
import { WeighbridgeError } from '../errors.js';
import { type Draws, joinChains } from '../posterior/draws.js';
import { indexedName } from './cmdstan-names.js';

export interface CmdstanRun {
  /** By Stan's names: `theta[1]`, `L[2,1]`; by brms' where weighbridge wrote the files. */
  readonly draws: Draws;
  /** What each kept draw's transition told, by CmdStan's names (`lp__`, …): row-major (chain, draw). */
  readonly samplerStatistics: Readonly<Record<string, Float64Array>>;
  /** Where save_warmup was set. */
  readonly warmup: Draws | null;
  readonly chains: readonly CmdstanChain[];
}

export interface CmdstanChain {
  /** The arguments of the run as the file's head has them: `num_samples`, `seed`, `model`. */
  readonly settings: ReadonlyMap<string, string>;
  /** As adapted; null where the file does not tell. */
  readonly stepSize: number | null;
  /** Variances, or row-major a matrix; null where the file does not tell. */
  readonly inverseMetric: Float64Array | null;
}

/** One file, read as far as its own lines go. */
interface ChainFile extends CmdstanChain {
  readonly source: string;
  readonly columns: readonly string[];
  /** Line of the columns, from 1. */
  readonly headerLine: number;
  readonly rows: readonly Float64Array[];
  /** How many of the rows are warm-up. */
  readonly warmupRows: number;
}

/**
 * @param given one text a chain, or the text of the only chain
 * @param sources what to call each in messages: names of files
 * @throws WeighbridgeError `bad-data` for what is no such file, is cut short, or does not belong to
 *   the others; the message has the line
 */
export function readCmdstanCsv(
  given: string | readonly string[],
  sources: readonly string[] = [],
): CmdstanRun {
  const texts = typeof given === 'string' ? [given] : given;
  if (!Array.isArray(texts) || !texts.every((text) => typeof text === 'string')) {
    throw new WeighbridgeError(
      'bad-argument',
      'expected the text of a CmdStan CSV file, or an array of such texts, one a chain',
    );
  }
  if (texts.length === 0) {
    throw new WeighbridgeError('bad-data', 'there are no CmdStan CSV files: expected one a chain');
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

/** What weighbridge wrote down; of another hand, nothing. */
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
    throw new WeighbridgeError(
      'bad-data',
      `${file.source}, line ${file.headerLine}: column ${at + 1} is ${file.columns[at] ?? 'missing'}, expected ${first.columns[at] ?? 'no more'} as in ${first.source}`,
    );
  }
  const kept = (of: ChainFile) => of.rows.length - of.warmupRows;
  if (kept(file) !== kept(first) || file.warmupRows !== first.warmupRows) {
    throw new WeighbridgeError(
      'bad-data',
      `${file.source} has ${kept(file)} draws and ${file.warmupRows} of warm-up, expected ${kept(first)} and ${first.warmupRows} as ${first.source} has`,
    );
  }
}

function readChain(text: string, source: string): ChainFile {
  const lines = text.replace(/^\uFEFF/, '').split(/\r?\n/);
  const headerAt = lines.findIndex((line) => line !== '' && !line.startsWith('#'));
  const header = lines[headerAt]?.split(',').map((name) => name.trim()) ?? [];
  const settings = settingsOf(headerAt === -1 ? lines : lines.slice(0, headerAt));
  requireSampling(settings, header, source);
  if (header[0] !== 'lp__' || header[1] !== 'accept_stat__') {
    const at = headerAt === -1 ? lines.length : headerAt + 1;
    throw new WeighbridgeError(
      'bad-data',
      `${source}, line ${at}: there is no row of names that starts with lp__,accept_stat__: expected a CSV file of CmdStan's method sample`,
    );
  }
  const rows: Float64Array[] = [];
  let lastRow = headerAt;
  for (let i = headerAt + 1; i < lines.length; i++) {
    if (lines[i] === '' || lines[i].startsWith('#')) continue;
    if (i === lines.length - 1) throw cutShort(source, i + 1, 'the line does not end');
    rows.push(numbersOf(lines[i], header, `${source}, line ${i + 1}`));
    lastRow = i;
  }
  const { kept, warmup } = expectedRows(settings, header, rows.length);
  if (rows.length < kept + warmup) {
    const told = `the last of ${rows.length} draws, expected ${kept + warmup}`;
    throw cutShort(source, lastRow + 1, told);
  }
  if (rows.length > kept + warmup) {
    throw new WeighbridgeError(
      'bad-data',
      `${source}, line ${lastRow + 1}: ${rows.length} draws, expected ${kept + warmup} as its head says`,
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

function cutShort(source: string, line: number, told: string): WeighbridgeError {
  return new WeighbridgeError('bad-data', `${source} is cut short at line ${line}: ${told}`);
}

/** `#   num_samples = 1000 (Default)`; of a key that comes twice (`file`), the first. */
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

/** What other methods write, by a column of theirs, for files that lost their head. */
const methodOfColumn: ReadonlyMap<string, string> = new Map([
  ['log_g__', 'variational'],
  ['lp_approx__', 'pathfinder'],
  ['log_q__', 'laplace'],
]);

function requireSampling(
  settings: ReadonlyMap<string, string>,
  header: readonly string[],
  source: string,
): void {
  const told = header.flatMap((column) => methodOfColumn.get(column) ?? [])[0];
  const method = settings.get('method') ?? told;
  if (method !== undefined && method !== 'sample') {
    throw new WeighbridgeError(
      'bad-data',
      `${source} is of CmdStan's method ${method.slice(0, 40)}, which has no chains: expected method sample`,
    );
  }
}

/**
 * As many rows as the head tells of; all that there are, where it tells nothing. Nothing adapts
 * under fixed_param, which has no warm-up to save. CmdStan also takes it for a model without
 * parameters, whatever the head says; such a file has no column stepsize__.
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
  // RStan's own files have iterations, warm-up among them.
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

function numbersOf(line: string, header: readonly string[], place: string): Float64Array {
  const cells = line.split(',');
  if (cells.length !== header.length) {
    throw new WeighbridgeError(
      'bad-data',
      `${place}: ${cells.length} numbers, expected ${header.length} as the header has names`,
    );
  }
  const row = new Float64Array(cells.length);
  for (let i = 0; i < cells.length; i++) {
    const cell = cells[i].trim();
    if (!NUMBER.test(cell)) {
      throw new WeighbridgeError(
        'bad-data',
        `${place}, column ${header[i]}: found '${cell.length > 40 ? `${cell.slice(0, 40)}…` : cell}', expected a number`,
      );
    }
    row[i] = numberOf(cell);
  }
  return row;
}

/** Of what `NUMBER` matches. */
function numberOf(text: string): number {
  if (!/n/i.test(text)) return Number(text);
  if (/nan/i.test(text)) return Number.NaN;
  return text.startsWith('-') ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
}

/** `# Step size = 0.9`, and after a line of its own the inverse mass matrix. */
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
