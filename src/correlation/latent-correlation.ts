/**
 * The correlation of weights with reports when both are measured with error: fits the joint model of
 * choices and reports (models/latent-correlation.ts), and compares correlations within one fit and over
 * several.
 */
import { listed } from '../checks/names.js';
import { requireNames, requireProbability } from '../checks/options.js';
import { badArgument, described, isRecord } from '../checks/values.js';
import { fitOfResult } from '../fit/job.js';
import { runAlone, type SamplingOptions } from '../fit/run.js';
import { type ModelFit, modelFit } from '../fit/sample.js';
import { modelFrame } from '../formula/model-frame.js';
import { parseFormula } from '../formula/parse-formula.js';
import { type Cell, tableOf } from '../formula/table.js';
import { cholesky, solveLower, solveLowerTransposed } from '../linear-algebra/cholesky.js';
import { meanOf } from '../linear-algebra/sums.js';
import { sampleMoments } from '../posterior/convergence.js';
import { parameterDraws } from '../posterior/draws.js';
import { mcseHdi } from '../posterior/interval-errors.js';
import { hdi, type Interval } from '../posterior/intervals.js';
import { fixed, type Printable, printable, textTable } from '../posterior/printable.js';
import { median } from '../posterior/quantiles.js';
import { requireRunOptions } from '../regression/options.js';
import { settingNames } from '../sampler/settings.js';
import {
  type JointDataOptions,
  jointData,
  type ReportFacts,
  type ReportRow,
} from './joint-data.js';

export interface LatentCorrelationOptions
  extends Omit<JointDataOptions, 'reports'>,
    SamplingOptions {
  /** Reports of one reporting model, which is then called `reports`, or of several by name. */
  readonly reports: readonly ReportRow[] | JointDataOptions['reports'];
  /**
   * Name of the fit; random streams are derived from seed, name and chain.
   *
   * @default 'latent correlation'
   */
  readonly name?: string;
  /** Probability of the HDIs of `correlations`, in (0, 1). @default 0.95 */
  readonly mass?: number;
}

/** Posterior of a correlation, or of a difference of correlations. */
export interface CorrelationEstimate {
  readonly mean: number;
  readonly median: number;
  readonly sd: number;
  readonly hdi: Interval;
  /** Monte Carlo standard errors of the ends of `hdi`. */
  readonly hdiMcse: Interval;
}

/** The latent correlation of weights with the reports of one reporting model. */
export interface LatentCorrelation extends CorrelationEstimate {
  /** Number of contexts and attributes with a mean report. */
  readonly n: number;
}

/**
 * The fit. Its parameters: `rho`, `tau_w`, `mu_a`, `tau_a`, `mu_r`, `tau_r`; with several reporting
 * models `rho[NAME]`, `mu_r[NAME]`, `tau_r[NAME]`, and with two of them `cor_r`; `tau_scale` with `contextScales`; `a[CONTEXT]` and
 * `w[CONTEXT,ATTRIBUTE]` with `reportWeights`. Weights are in log-odds for a difference of an
 * attribute's whole range, reports in units of the sd of their means. There is no `loo`.
 */
export interface LatentCorrelationFit extends ModelFit {
  /** By reporting model. */
  readonly correlations: ReadonlyMap<string, LatentCorrelation>;
  /** The spread of single reports and of mean reports, by reporting model. */
  readonly reportFacts: ReadonlyMap<string, ReportFacts>;
  /** One sentence for each thing that a reader must know: what was left out, or taken as exact. */
  readonly notes: readonly string[];
  /**
   * rho of one reporting model minus rho of another. Both read the same weights, so that the error of
   * the weights is shared.
   *
   * @throws WeighbridgeError `bad-argument` if there is no such reporting model
   */
  difference(one: string, other: string): CorrelationEstimate;
}

const optionNames: readonly string[] = [
  'choices',
  'reports',
  'reportRange',
  'reportSd',
  'rescaleReports',
  'reportedContext',
  'contextScales',
  'reportWeights',
  'name',
  'mass',
  ...settingNames,
  'runner',
  'onProgress',
  'signal',
];

/** Name of the reporting model if there is one list of reports. */
const ONLY = 'reports';

/**
 * Fits the joint model of choices and reports.
 *
 * @throws WeighbridgeError `bad-argument`; `bad-data` if choices or reports are all alike, differ in
 *   their number of attributes, or hold values out of range; `interrupted` if `signal` is aborted
 */
export async function latentCorrelation(
  options: LatentCorrelationOptions,
): Promise<LatentCorrelationFit> {
  requireNames(options, optionNames, 'latentCorrelation');
  requireRunOptions({ ...options });
  const { name = 'latent correlation', mass = 0.95 } = options;
  requireProbability('mass', mass);
  const reports = requireReports(options.reports);
  const { specification, facts, notes } = jointData({ ...options, reports });
  const { result } = await runAlone({ name, specification }, options);
  const data = fitOfResult(result);

  const names = Object.keys(reports);
  const parameter = (one: string) => {
    if (names.includes(one)) return rhoName(one, names.length);
    throw badArgument(`no reporting model '${one}' in this fit: it has ${listed(names)}`, {
      option: 'reports',
      found: one,
    });
  };
  const draws = (one: string) => parameterDraws(data.draws, parameter(one));
  const { chains } = data.draws;
  const correlations = new Map(
    names.map((one): [string, LatentCorrelation] => [
      one,
      { n: facts.get(one)?.n ?? 0, ...estimateOf(draws(one), { chains, mass }) },
    ]),
  );
  const methods = {
    difference(one: string, other: string) {
      const ofOther = draws(other);
      return estimateOf(
        draws(one).map((rho, i) => rho - ofOther[i]),
        { chains, mass },
      );
    },
  };
  const footer = () => [...factLines(facts), ...notes].join('\n');
  return modelFit({ name, ...data, correlations, reportFacts: facts, notes }, { methods, footer });
}

/** The name of a reporting model's rho among the parameters of a fit of `count` reporting models. */
export function rhoName(reports: string, count: number): string {
  return count === 1 ? 'rho' : `rho[${reports}]`;
}

function requireReports(given: unknown): JointDataOptions['reports'] {
  if (Array.isArray(given)) return { [ONLY]: given };
  if (isRecord(given)) {
    const entries = Object.entries(given);
    const wrong = entries.find(([, rows]) => !Array.isArray(rows));
    if (entries.length > 0 && !wrong) return given as JointDataOptions['reports'];
    if (wrong) {
      throw badArgument(
        `the reports of ${wrong[0]} are ${described(wrong[1])}, expected an array of { context, weights }`,
        { option: 'reports', found: wrong[1] },
      );
    }
  }
  throw badArgument(
    `reports are ${isRecord(given) ? 'an empty record' : described(given)}, expected an array of { context, weights }, or several by name`,
    { option: 'reports', found: given },
  );
}

/** @param draws chain after chain */
export function estimateOf(
  draws: Float64Array,
  { chains, mass = 0.95 }: { readonly chains: number; readonly mass?: number },
): CorrelationEstimate {
  const { mean, variance } = sampleMoments(draws);
  return {
    mean,
    median: median(draws),
    sd: Math.sqrt(variance),
    hdi: hdi(draws, mass),
    hdiMcse: mcseHdi(draws, chains, mass),
  };
}

function factLines(facts: ReadonlyMap<string, ReportFacts>): string[] {
  return [...facts].map(([name, { n, reportSd, unit }]) => {
    const single = reportSd === null ? 'unknown' : fixed(reportSd, 2);
    return `${name}: ${n} mean reports with an sd of ${fixed(unit, 2)}; sd of single reports about them ${single}`;
  });
}

/** rho of one reporting model in one fit, with the values of the predictors. */
export interface CorrelationCell {
  readonly fit: LatentCorrelationFit;
  /** The reporting model. @default the only one of the fit */
  readonly reports?: string;
  /** Predictors of the formula, for example `{ trained: true, base_model: 'gpt-4o' }`. */
  readonly predictors: Readonly<Record<string, Cell>>;
}

/** A coefficient on Fisher's z = atanh(rho). */
export interface CorrelationCoefficient extends CorrelationEstimate {
  readonly name: string;
}

/**
 * Coefficients of `rho ~ …` on Fisher's z over correlations of one or several fits, for example
 * `rho ~ trained * base_model`, named and coded as in R. The formula has as many coefficients as there
 * are correlations, so that at every draw z = X b has one solution b. Correlations of one fit share
 * their weights and are paired by draw; fits of different data are independent.
 *
 * @throws WeighbridgeError `bad-argument` if fits differ in their number of draws, if two have one name
 *   and so the same random streams, or if the coefficients are not as many as the correlations;
 *   `bad-formula`
 */
export function correlationCoefficients(
  formula: string,
  cells: readonly CorrelationCell[],
  { mass = 0.95 }: { readonly mass?: number } = {},
): readonly CorrelationCoefficient[] & Printable {
  requireProbability('mass', mass);
  const draws = requireCells(cells).map((rho) => rho.map(Math.atanh));
  const { names, weights } = coefficientWeights(
    formula,
    cells.map(({ predictors }, i) => ({ ...predictors, rho: meanOf(draws[i]) })),
  );
  const rows = names.map((name, row): CorrelationCoefficient => {
    const combined = draws[0].map((_, draw) =>
      draws.reduce((sum, z, cell) => sum + weights[row][cell] * z[draw], 0),
    );
    return { name, ...estimateOf(combined, { chains: cells[0].fit.draws.chains, mass }) };
  });
  return printable(rows, () => coefficientText(rows, mass));
}

/** The draws of rho of each cell. */
function requireCells(cells: readonly CorrelationCell[]): Float64Array[] {
  if (!Array.isArray(cells)) {
    throw badArgument(`cells are ${described(cells)}, expected an array of { fit, predictors }`);
  }
  const byName = new Map<string, LatentCorrelationFit>();
  const draws = cells.map((cell: CorrelationCell, i) => {
    if (!isRecord(cell) || !(cell.fit?.correlations instanceof Map)) {
      const found = isRecord(cell) ? `fit ${described(cell.fit)}` : described(cell);
      throw badArgument(`correlation ${i + 1} has ${found}, expected a fit of latentCorrelation`);
    }
    const { fit, reports } = cell;
    if (byName.has(fit.name) && byName.get(fit.name) !== fit) {
      throw badArgument(
        `two fits are named '${fit.name}' and would share random streams, expected a name for each: give latentCorrelation the option name`,
        { option: 'name', found: fit.name },
      );
    }
    byName.set(fit.name, fit);
    const known = [...fit.correlations.keys()];
    const asked = reports ?? (known.length === 1 ? known[0] : undefined);
    if (asked !== undefined && known.includes(asked)) {
      return parameterDraws(fit.draws, rhoName(asked, known.length));
    }
    throw badArgument(
      `reports of ${fit.name} are ${described(reports)}, expected one of ${listed(known)}`,
      { option: 'reports', found: reports },
    );
  });
  const other = draws.findIndex(({ length }) => length !== draws[0].length);
  if (draws.length > 0 && other < 0) return draws;
  throw badArgument(
    draws.length === 0
      ? 'there are no correlations, expected some'
      : `correlation 1 has ${draws[0].length} draws, correlation ${other + 1} has ${draws[other].length}: expected as many of each`,
  );
}

/** The names of the coefficients, and b = X⁻¹ z as weights of the cells: one row per coefficient. */
function coefficientWeights(
  formula: string,
  rows: readonly Readonly<Record<string, Cell>>[],
): { readonly names: readonly string[]; readonly weights: readonly Float64Array[] } {
  const { design, encoded } = modelFrame(parseFormula(formula), tableOf(rows), {
    missing: 'fail',
    outcome: 'real',
  });
  const { population, groups, offset, terms } = encoded;
  if (groups.length > 0 || offset !== null || terms) {
    throw badArgument(
      `${formula}: expected predictors only, no group terms, no mo() and no offset`,
    );
  }
  const names = [...(design.intercept ? ['Intercept'] : []), ...population.names];
  const size = names.length;
  const first = design.intercept ? 1 : 0;
  const entry = (row: number, column: number) =>
    column < first ? 1 : population.values[row * (size - first) + column - first];
  // XᵀX is well conditioned: X has a few columns of small numbers.
  const products = new Float64Array(size * size);
  for (let i = 0; i < size; i++) {
    for (let j = 0; j < size; j++) {
      for (let row = 0; row < rows.length; row++) {
        products[i * size + j] += entry(row, i) * entry(row, j);
      }
    }
  }
  const lower = size === rows.length ? cholesky(products, size) : null;
  if (lower === null) {
    throw badArgument(
      `${formula} has ${size} coefficients for ${rows.length} correlations, expected one independent coefficient for each`,
    );
  }
  const byCell = rows.map((_, row) => {
    const column = Float64Array.from(names, (_name, j) => entry(row, j));
    solveLower(lower, column);
    solveLowerTransposed(lower, column);
    return column;
  });
  return { names, weights: names.map((_, i) => Float64Array.from(byCell, (column) => column[i])) };
}

function coefficientText(rows: readonly CorrelationCoefficient[], mass: number): string {
  const percent = `${Number((100 * mass).toFixed(4))}%`;
  const column = (head: string, value: (row: CorrelationCoefficient) => number) => ({
    head,
    cells: rows.map((row) => fixed(value(row), 2)),
  });
  return textTable(
    rows.map(({ name }) => name),
    [
      column('Mean', ({ mean }) => mean),
      column('SD', ({ sd }) => sd),
      column(`l-${percent} HDI`, ({ hdi: ends }) => ends[0]),
      column(`u-${percent} HDI`, ({ hdi: ends }) => ends[1]),
    ],
  ).join('\n');
}
