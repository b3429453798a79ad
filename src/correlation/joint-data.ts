/**
 * The data of the joint model of choices and reports: choices in the order of their contexts, mean
 * reports in units of their standard deviation with standard errors.
 *
 * Single reports outside the range are left out, one attribute at a time. A context and attribute keeps
 * the mean m of its k remaining reports. With var the variance of the reports in a cell,
 *
 *     s² = Σ (k − 1) var / Σ (k − 1)    over cells with k > 1,    se = s / √k,
 *
 * and m and se are divided by the standard deviation of the means.
 */
import type {
  LatentCorrelationSpecification,
  MeanReports,
} from '../../models/latent-correlation.js';
import { requireOneOf } from '../checks/options.js';
import { badArgument, badData, described, isRecord } from '../checks/values.js';
import { WeighbridgeError } from '../errors.js';
import { meanAndSquares, meanOf, pearson } from '../linear-algebra/sums.js';
import { sampleMoments } from '../posterior/convergence.js';
import type { Interval } from '../posterior/intervals.js';

/** One choice between two options. */
export interface ChoiceRow {
  readonly context: string;
  /** Differences A − B of the options' attributes, each divided by the attribute's range. */
  readonly differences: readonly number[];
  /** True if A was chosen; or the probability of A, from 0 to 1. */
  readonly choseA: boolean | number;
}

/** One report of a context's attribute weights. */
export interface ReportRow {
  readonly context: string;
  /** One weight per attribute; null where the report has none. */
  readonly weights: readonly (number | null)[];
}

export interface JointDataOptions {
  readonly choices: readonly ChoiceRow[];
  /** Reports of each reporting model, keyed by its name; may be empty. */
  readonly reports: Readonly<Record<string, readonly ReportRow[]>>;
  /** Single reports outside are left out. @default [-100, 100] */
  readonly reportRange?: Interval;
  /** s for reporting models whose contexts have one report each. @default estimated */
  readonly reportSd?: number;
  /**
   * If true, the reports of a context are divided by the largest absolute mean report of the context,
   * as learned weights are, so that only their relation within the context counts.
   *
   * @default false
   */
  readonly rescaleReports?: boolean;
  /**
   * 'other' gives the reports of each context to the next one: the correlation that reports have
   * with weights that they are not about.
   *
   * @default 'own'
   */
  readonly reportedContext?: 'own' | 'other';
  /** If true, choices are more or less deterministic by context. @default false */
  readonly contextScales?: boolean;
  /** If true, `a[CONTEXT]` and `w[CONTEXT,ATTRIBUTE]` are reported. @default false */
  readonly reportWeights?: boolean;
}

/** Facts about the reports of one reporting model. */
export interface ReportFacts {
  /** Number of contexts and attributes with a mean report. */
  readonly n: number;
  /** s, in the reports' units; null if no context has two reports and `reportSd` is not given. */
  readonly reportSd: number | null;
  /** Standard deviation of the mean reports, in their units. */
  readonly unit: number;
}

interface JointData {
  readonly specification: LatentCorrelationSpecification;
  /** By reporting model. */
  readonly facts: ReadonlyMap<string, ReportFacts>;
  /** One sentence for each thing that a reader must know: what was left out, or taken as exact. */
  readonly notes: readonly string[];
}

const REPORT_RANGE: Interval = [-100, 100];

/**
 * @throws WeighbridgeError `bad-argument`; `bad-data` if choices or reports are all alike, differ in their number of
 *   attributes, or hold values out of range; `improper-posterior` if exact reports of two reporting
 *   models lie on a line
 */
export function jointData(options: JointDataOptions): JointData {
  const { contextScales = false, reportWeights = false } = options;
  requireReportOptions(options);
  const { contexts, attributes, choices, notes } = choicesByContext(options.choices);
  if (options.reportedContext === 'other' && contexts.length < 2) {
    throw badData(
      `there is one context, ${contexts[0]}: expected others for reportedContext 'other'`,
    );
  }
  const facts = new Map<string, ReportFacts>();
  const reports = Object.entries(options.reports).map(([name, rows]) => {
    const cells = reportsByCell(name, rows, { contexts, attributes, options });
    const used = meanReports(name, cells, options.reportSd);
    facts.set(name, used.facts);
    notes.push(...outsideNotes(name, rows, options.reportRange));
    notes.push(...reportNotes(name, rows, cells, used.facts, contexts));
    return used.reports;
  });
  requireHeld(reports);
  const specification: LatentCorrelationSpecification = {
    model: 'latent-correlation',
    contexts,
    attributes,
    choices,
    reports,
    scales: contextScales,
    reportWeights,
  };
  return { specification, facts, notes };
}

/** @throws WeighbridgeError `bad-argument` */
function requireReportOptions({
  reportRange = REPORT_RANGE,
  reportSd = 0,
  reportedContext = 'own',
  ...others
}: JointDataOptions): void {
  requireOneOf('reportedContext', reportedContext, ['own', 'other']);
  const [low = Number.NaN, high = Number.NaN] = Array.isArray(reportRange) ? reportRange : [];
  if (!(low < high)) {
    const found = Array.isArray(reportRange)
      ? `[${reportRange.join(', ')}]`
      : described(reportRange);
    throw badArgument(`reportRange is ${found}, expected two numbers, the lesser first`, {
      option: 'reportRange',
      found: reportRange,
    });
  }
  if (!(Number.isFinite(reportSd) && reportSd >= 0)) {
    throw badArgument(`reportSd is ${described(reportSd)}, expected a number of at least 0`, {
      option: 'reportSd',
      found: reportSd,
    });
  }
  for (const option of ['rescaleReports', 'contextScales', 'reportWeights'] as const) {
    const found: unknown = others[option];
    if (found === undefined || typeof found === 'boolean') continue;
    throw badArgument(`${option} is ${described(found)}, expected true or false`, {
      option,
      found,
    });
  }
}

interface OrderedChoices
  extends Pick<LatentCorrelationSpecification, 'contexts' | 'attributes' | 'choices'> {
  readonly notes: string[];
}

/** Choices in the order of their contexts, contexts by first appearance. */
function choicesByContext(rows: readonly ChoiceRow[]): OrderedChoices {
  if (!Array.isArray(rows)) {
    throw badArgument(
      `choices are ${described(rows)}, expected an array of { context, differences, choseA }`,
      { option: 'choices', found: rows },
    );
  }
  if (rows.length === 0) throw badData('there are no choices: expected some');
  const attributes = rows[0]?.differences?.length ?? 0;
  const groups = new Map<string, ChoiceRow[]>();
  rows.forEach((row, i) => {
    requireChoice(row, i, attributes);
    const group = groups.get(row.context);
    if (group) group.push(row);
    else groups.set(row.context, [row]);
  });
  const contexts = [...groups.keys()];
  const ordered = [...groups.values()];
  const outcomes = Float64Array.from(ordered.flat(), ({ choseA }) => Number(choseA));
  requireVariety(outcomes, ordered);
  const starts = new Int32Array(contexts.length + 1);
  ordered.forEach((group, c) => {
    starts[c + 1] = starts[c] + group.length;
  });
  const notes = choiceNotes(outcomes, ordered);
  const differences = Float64Array.from(
    ordered.flatMap((group) => group.flatMap((row) => row.differences)),
  );
  return { contexts, attributes, choices: { starts, differences, outcomes }, notes };
}

function choiceNotes(outcomes: Float64Array, groups: readonly (readonly ChoiceRow[])[]): string[] {
  const notes: string[] = [];
  const alike = groups.filter((rows) =>
    rows.every(({ choseA }) => Number(choseA) === Number(rows[0].choseA)),
  );
  if (alike.length > 0) {
    notes.push(
      `all choices are alike in ${counted(alike.length, 'context')}, for example ${alike[0][0].context}: its weights come from the other contexts and its reports`,
    );
  }
  if (outcomes.some((outcome) => outcome > 0 && outcome < 1)) {
    notes.push(
      'a probability counts as one choice, which is noisier: weights are taken as less certain than they are, and rho is somewhat too far from 0',
    );
  }
  return notes;
}

/** Choices that are all alike, or between options that are, say nothing about any weight. */
function requireVariety(outcomes: Float64Array, groups: readonly (readonly ChoiceRow[])[]): void {
  const [first] = outcomes;
  if (outcomes.every((outcome) => outcome === first)) {
    const what = first === 1 ? 'A' : first === 0 ? 'B' : `A with probability ${first}`;
    throw badData(`all ${outcomes.length} choices are ${what}: expected some of each option`);
  }
  const alike = groups.every((rows) =>
    rows.every(({ differences }) => differences.every((d) => d === 0)),
  );
  if (alike) throw badData('all differences are 0: expected options that differ');
}

/** Larger differences would overflow in the curvature of the log density. */
const LARGEST_DIFFERENCE = 1e100;

function requireChoice(row: ChoiceRow, i: number, attributes: number): void {
  const { context, differences, choseA } = requireContext(row, `choice ${i + 1}`, i);
  const isChoice = typeof choseA === 'boolean' || typeof choseA === 'number';
  if (!isChoice || !(Number(choseA) >= 0 && Number(choseA) <= 1)) {
    throw badData(
      `choice ${i + 1} (${context}): choseA is ${described(choseA)}, expected true, false or a probability`,
      { row: i + 1, column: 'choseA', found: choseA },
    );
  }
  const sound =
    Array.isArray(differences) &&
    differences.every((d) => Number.isFinite(d) && Math.abs(d) <= LARGEST_DIFFERENCE);
  if (sound && differences.length === attributes && attributes > 0) return;
  const found = Array.isArray(differences) ? `[${differences.join(', ')}]` : described(differences);
  throw badData(
    `choice ${i + 1} (${context}): differences are ${found}, expected an array of ${attributes || 'some'} numbers, each divided by the attribute's range`,
    { row: i + 1, column: 'differences', found: differences },
  );
}

/** The row, if it is a record that names its context. */
function requireContext<Row extends { readonly context: string }>(
  row: Row,
  what: string,
  i: number,
): Row {
  if (!isRecord(row)) {
    throw badData(`${what} is ${described(row)}, expected a record`, { row: i + 1, found: row });
  }
  const { context }: { readonly context: unknown } = row;
  if (typeof context === 'string') return row;
  throw badData(`${what}: context is ${described(context)}, expected a text`, {
    row: i + 1,
    column: 'context',
    found: context,
  });
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

/** The reports of one context and attribute within the range. */
type Cells = readonly (readonly number[])[];

interface ReportedOn {
  readonly contexts: readonly string[];
  readonly attributes: number;
  readonly options: JointDataOptions;
}

/** Single reports by context and attribute: row-major (context, attribute). */
function reportsByCell(
  name: string,
  rows: readonly ReportRow[],
  { contexts, attributes, options }: ReportedOn,
): Cells {
  const { reportRange: [low, high] = REPORT_RANGE, reportedContext = 'own' } = options;
  const places = new Map(contexts.map((context, c) => [context, c]));
  const shift = reportedContext === 'other' ? 1 : 0;
  const cells = contexts.flatMap(() => Array.from({ length: attributes }, (): number[] => []));
  rows.forEach((row, i) => {
    const { context, weights } = requireReport(row, i, name, attributes);
    const own = places.get(context);
    if (own === undefined) return;
    const target = (own + shift) % contexts.length;
    weights.forEach((weight, j) => {
      if (weight !== null && weight >= low && weight <= high) {
        cells[target * attributes + j].push(weight);
      }
    });
  });
  return options.rescaleReports ? rescaled(cells, attributes) : cells;
}

function requireReport(row: ReportRow, i: number, name: string, attributes: number): ReportRow {
  const what = `report ${i + 1} of ${name}`;
  const { context, weights } = requireContext(row, what, i);
  if (!Array.isArray(weights) || weights.length !== attributes) {
    const found = Array.isArray(weights) ? `${weights.length} numbers` : described(weights);
    throw badData(
      `${what} (${context}): weights are ${found}, expected an array of ${attributes}`,
      { row: i + 1, column: 'weights', found: weights },
    );
  }
  const wrong = weights.findIndex(
    (weight: unknown) => weight !== null && (typeof weight !== 'number' || Number.isNaN(weight)),
  );
  if (wrong < 0) return row;
  throw badData(
    `${what} (${context}): weight ${wrong + 1} is ${described(weights[wrong])}, expected a number, or null`,
    { row: i + 1, column: 'weights', found: weights[wrong] },
  );
}

/** Divides the reports of each context by its largest absolute mean report, times 100. */
function rescaled(cells: Cells, attributes: number): Cells {
  return cells.map((cell, at) => {
    const first = at - (at % attributes);
    const ofContext = cells.slice(first, first + attributes).filter(({ length }) => length > 0);
    const largest = Math.max(0, ...ofContext.map((reports) => Math.abs(meanOf(reports))));
    return largest === 0 ? cell : cell.map((report) => (100 * report) / largest);
  });
}

function meanReports(
  name: string,
  cells: Cells,
  givenSd: number | undefined,
): { readonly reports: MeanReports; readonly facts: ReportFacts } {
  const means = Float64Array.from(cells, (cell) => (cell.length > 0 ? meanOf(cell) : Number.NaN));
  const present = means.filter((mean) => !Number.isNaN(mean));
  if (present.length === 0) {
    throw badData(`${name}: no report is about a context with choices, expected some`);
  }
  if (present.length === 1) {
    throw badData(`${name}: there is one mean report, ${present[0]}, expected two or more`);
  }
  const unit = Math.sqrt(sampleMoments(present).variance);
  const largest = present.reduce((a, b) => Math.max(a, Math.abs(b)), 0);
  if (!Number.isFinite(unit)) {
    throw badData(`${name}: mean reports reach ${largest}, expected numbers below 1e150 in size`);
  }
  // Means of equal numbers differ by their rounding.
  if (unit <= 1e-12 * largest) {
    throw badData(`${name}: all mean reports are ${present[0]}, expected some that differ`);
  }
  const reportSd = pooledSd(cells) ?? givenSd ?? null;
  return {
    reports: {
      name,
      means: means.map((mean) => mean / unit),
      se: Float64Array.from(cells, ({ length }) =>
        reportSd === null ? 0 : reportSd / Math.sqrt(Math.max(1, length)) / unit,
      ),
    },
    facts: { n: present.length, reportSd, unit },
  };
}

/**
 * Mean reports without errors of two reporting models that lie on a line: the density then grows
 * without bound as both rho go to 1.
 */
function requireHeld(reports: readonly MeanReports[]): void {
  const exact = reports.filter(({ se }) => se.every((one) => one === 0));
  exact.forEach((one, k) => {
    for (const other of exact.slice(0, k)) {
      const both = Array.from(one.means, (mean, i) => [mean, other.means[i]]).filter(
        (means) => !means.some(Number.isNaN),
      );
      const r =
        both.length < 3
          ? 0
          : pearson(
              both.map(([a]) => a),
              both.map(([, b]) => b),
            );
      if (!(1 - r * r < 1e-12)) continue;
      throw new WeighbridgeError(
        'improper-posterior',
        `the mean reports of ${other.name} and ${one.name} are taken as exact and lie on a line, so that rho is not held below 1: expected several reports a context, or reportSd`,
        { details: { parameter: `rho[${one.name}]` } },
      );
    }
  });
}

/** s over cells with at least two reports; null if there are none. */
function pooledSd(cells: Cells): number | null {
  let squares = 0;
  let freedom = 0;
  for (const cell of cells) {
    if (cell.length < 2) continue;
    squares += meanAndSquares(cell).squares;
    freedom += cell.length - 1;
  }
  return freedom === 0 ? null : Math.sqrt(squares / freedom);
}

/** A sentence about reported weights that are left out because of their size. */
function outsideNotes(
  name: string,
  rows: readonly ReportRow[],
  [low, high]: Interval = REPORT_RANGE,
): string[] {
  const outside = rows
    .flatMap(({ weights }) => weights)
    .filter((weight) => weight !== null && !(weight >= low && weight <= high));
  if (outside.length === 0) return [];
  return [
    `${name}: ${counted(outside.length, 'reported weight')} outside [${low}, ${high}] left out`,
  ];
}

function reportNotes(
  name: string,
  rows: readonly ReportRow[],
  cells: Cells,
  { reportSd }: ReportFacts,
  contexts: readonly string[],
): string[] {
  const attributes = cells.length / contexts.length;
  const notes: string[] = [];
  const known = new Set(contexts);
  const unknown = rows.filter(({ context }) => !known.has(context));
  if (unknown.length > 0) {
    notes.push(
      `${name}: ${counted(unknown.length, 'report')} left out, about contexts without choices, for example ${unknown[0].context}`,
    );
  }
  const silent = contexts.filter((_, c) =>
    cells.slice(c * attributes, (c + 1) * attributes).every(({ length }) => length === 0),
  );
  if (silent.length > 0) {
    notes.push(
      `${name}: no report of ${counted(silent.length, 'context')}, for example ${silent[0]}; only the choices there are used`,
    );
  }
  if (reportSd === 0 && cells.some(({ length }) => length > 1)) {
    notes.push(
      `${name}: all reports of a context are equal, so that mean reports are taken as exact`,
    );
  }
  if (reportSd === null) {
    notes.push(
      `${name}: one report a context, so that their error cannot be estimated; mean reports are taken as exact, and rho is attenuated by it (latentCorrelation has the option reportSd for it)`,
    );
  }
  return notes;
}
