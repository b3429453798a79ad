/**
 * The analyses of a study's configuration: each is a regression over the flat table of answers, and
 * becomes a section.
 */
import { familyNames } from '../../models/families/family.js';
import { requireFamily } from '../../models/families/index.js';
import { isOrdinal } from '../../models/families/thresholds.js';
import { badArgument } from '../checks/values.js';
import type { TableCell } from '../data-files/table-rows.js';
import { isWeighbridgeError, WeighbridgeError } from '../errors.js';
import type { DataInput } from '../formula/table.js';
import { populationColumns } from '../regression/after/grid.js';
import { meanDraws } from '../regression/after/trends.js';
import { familyOf } from '../regression/options.js';
import { priorClasses } from '../regression/priors/prior-rows.js';
import { type RegressionFit, regression, type SamplingOptions } from '../regression/regression.js';
import type { Section, SectionInterval } from '../result/sections.js';
import { intervalOf, sectionFit } from './section-fit.js';

/** The flat table: its columns by name, all of one length. */
export type AnswerColumns = ReadonlyMap<string, readonly TableCell[]>;

/** One entry of `analysis:` in `study.yaml`. */
export interface TableAnalysis {
  /** @default the formula */
  readonly title?: string | undefined;
  readonly formula: string;
  /** A family, with its link in parentheses if it is not the default one: `bernoulli(probit)`. */
  readonly family: string;
  /** Priors by class (`b`, `Intercept`, `sd`, …) or by coefficient: `{ b: 'normal(0, 1)' }`. */
  readonly prior?: Readonly<Record<string, string>> | undefined;
  /** A column of the formula whose levels are compared in pairs. */
  readonly compare?: string | undefined;
  /** Only answers of these stages. @default all */
  readonly stages?: readonly string[] | undefined;
  /** Only rows with these values, by column. */
  readonly where?: Readonly<Record<string, string | number | boolean>> | undefined;
}

export interface AnalyseOptions extends SamplingOptions {
  /** Tasks whose values are grades of an ordinal scale. */
  readonly ordinalTasks?: ReadonlySet<string>;
}

/**
 * Runs the analyses one after another.
 * @throws WeighbridgeError `bad-formula`, `bad-argument` for an analysis that is wrong whatever the
 *   answers are. An analysis that these answers do not allow becomes a section that says so.
 */
export async function analyseTable(
  columns: AnswerColumns,
  analyses: readonly TableAnalysis[],
  options: AnalyseOptions = {},
): Promise<Section[]> {
  const sections: Section[] = [];
  for (const [i, analysis] of analyses.entries()) {
    const place = `analysis ${i + 1} (${analysis.formula})`;
    sections.push(await formulaSection(columns, analysis, place, options));
  }
  return sections;
}

/** One analysis as a section. @param place of the analysis, for messages */
export async function formulaSection(
  columns: AnswerColumns,
  analysis: TableAnalysis,
  place: string,
  { ordinalTasks = new Set(), ...sampling }: AnalyseOptions,
): Promise<Section> {
  const { formula, compare, title = formula } = analysis;
  const chosen = chosenRows(columns, analysis, place);
  const about = { title, notes: chosen.notes, tables: [], intervals: [], fits: [] };
  if (chosen.rows.length === 0) {
    return { ...about, notes: [...chosen.notes, 'There is nothing to analyse.'] };
  }
  try {
    const fit = await regression({
      formula,
      family: familyFromText(analysis.family),
      data: dataOf(columns, chosen.rows, formula),
      prior: priorLines(analysis.prior ?? {}),
      ...sampling,
    });
    const compared = compare === undefined ? null : comparison(fit, compare);
    const grades = isGraded(columns, chosen.rows, fit, ordinalTasks);
    return {
      title,
      notes: [
        ...chosen.notes,
        ...fit.notes.map(asSentence),
        ...(grades ? [gradesNote] : []),
        ...(compared?.notes ?? []),
      ],
      tables: [],
      intervals: compared?.intervals ?? [],
      fits: [sectionFit(title, fit)],
    };
  } catch (error) {
    if (isWeighbridgeError(error, 'bad-data') || isWeighbridgeError(error, 'improper-posterior')) {
      return {
        ...about,
        notes: [...chosen.notes, `These answers do not allow it: ${error.message}.`],
      };
    }
    throw atPlace(error, place);
  }
}

const gradesNote =
  'Grades of an ordinal scale are treated as numbers: the steps between them count as equal.';

function asSentence(text: string): string {
  const sentence = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(sentence) ? sentence : `${sentence}.`;
}

/** Names the analysis in an error of its formula, family, priors or comparison. */
function atPlace(error: unknown, place: string): unknown {
  if (isWeighbridgeError(error, 'bad-formula') || isWeighbridgeError(error, 'bad-argument')) {
    const { code, details, message } = error;
    return new WeighbridgeError(code, `${place}: ${message}`, { details, cause: error });
  }
  return error;
}

interface ChosenRows {
  readonly rows: readonly number[];
  readonly notes: readonly string[];
}

/** The valid answers that an analysis is about, and a sentence about the others. */
function chosenRows(columns: AnswerColumns, analysis: TableAnalysis, place: string): ChosenRows {
  const cells = (name: string) => requireColumn(columns, name, place);
  const valid = cells('valid');
  // A table whose answers are all valid has no such column.
  const reasons = columns.get('reason') ?? [];
  const stage = cells('stage');
  const conditions = Object.entries(analysis.where ?? {}).map(([name, wanted]) => ({
    found: cells(name),
    wanted: String(wanted),
  }));
  const asked = valid.flatMap((_, row) => {
    const ofStage = analysis.stages?.includes(String(stage[row])) ?? true;
    const meets = conditions.every(({ found, wanted }) => String(found[row]) === wanted);
    return ofStage && meets ? [row] : [];
  });
  const rows = asked.filter((row) => valid[row] === true);
  const left = counted(asked.flatMap((row) => (valid[row] === true ? [] : [reasons[row]])));
  const invalid = asked.length - rows.length;
  const because =
    invalid === 0
      ? ''
      : ` ${invalid} ${invalid === 1 ? 'was' : 'were'} left out as invalid: ${left}.`;
  const of = [
    ...(analysis.stages ? [`of ${analysis.stages.join(', ')}`] : []),
    ...Object.entries(analysis.where ?? {}).map(([name, wanted]) => `with ${name} ${wanted}`),
  ].join(' ');
  return {
    rows,
    notes: [`Rows: ${rows.length} of ${asked.length} answers${of && ` ${of}`}.${because}`],
  };
}

/** `no-number 15, empty 5`, the commonest first. */
function counted(reasons: readonly (TableCell | undefined)[]): string {
  const counts = new Map<string, number>();
  for (const reason of reasons) {
    const name = String(reason ?? 'unknown');
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  const sorted = [...counts].sort(([, one], [, other]) => other - one);
  return sorted.map(([name, count]) => `${name} ${count}`).join(', ');
}

function requireColumn(columns: AnswerColumns, name: string, place: string): readonly TableCell[] {
  const found = columns.get(name);
  if (found) return found;
  throw badArgument(
    `${place}: the table of answers has no column '${name}', expected one of ${[...columns.keys()].join(', ')}`,
  );
}

/** A dot that stands for all other columns. */
const LONE_DOT = /(?<![\w.])\.(?![\w.])/;

/** The columns that a formula may name. A value is text in one task and a number in another. */
function dataOf(columns: AnswerColumns, rows: readonly number[], formula: string): DataInput {
  const all = LONE_DOT.test(formula);
  const named = [...columns].filter(([name]) => all || formula.includes(name));
  // Without columns, the error would be about the data and not about the formula.
  const used = named.length > 0 ? named : [...columns];
  return Object.fromEntries(used.map(([name, cells]) => [name, rows.map((row) => cells[row])]));
}

export function familyFromText(text: string) {
  const [, name = '', link] = /^\s*(\w+)\s*(?:\(\s*(\w+)?\s*\))?\s*$/.exec(text) ?? [];
  const family = familyNames.find((known) => known === name);
  if (!family) {
    throw badArgument(`family is ${text}, expected one of ${familyNames.join(', ')}`);
  }
  return link === undefined ? familyOf(family) : requireFamily({ family, link });
}

export function priorLines(prior: Readonly<Record<string, string>>): string[] {
  const classes: readonly string[] = priorClasses;
  return Object.entries(prior).map(([target, distribution]) => {
    if (target.includes('=')) return `${distribution} ${target}`;
    if (classes.includes(target)) return `${distribution} class=${target}`;
    return `${distribution} class=b coef=${JSON.stringify(target)}`;
  });
}

function isGraded(
  columns: AnswerColumns,
  rows: readonly number[],
  { formula, family }: RegressionFit,
  ordinalTasks: ReadonlySet<string>,
): boolean {
  if (isOrdinal(family)) return false;
  const tasks = columns.get('task');
  return /^\s*value\b/.test(formula) && rows.some((row) => ordinalTasks.has(String(tasks?.[row])));
}

interface Comparison {
  readonly notes: readonly string[];
  readonly intervals: readonly SectionInterval[];
}

/** Expected outcomes at each level of a column, and the differences of all pairs. */
function comparison(fit: RegressionFit, column: string): Comparison {
  const outcome = fit.formula.split('~')[0]?.trim() ?? 'outcome';
  const means = meanDraws(fit, column).map(({ at, draws }) => ({
    level: String(at[column]),
    draws,
  }));
  const levels = means.map(({ level, draws }) =>
    intervalOf(level, draws, { group: `expected ${outcome}` }),
  );
  const differences = means.flatMap((one, i) =>
    means.slice(i + 1).map((other) =>
      intervalOf(
        `${one.level} - ${other.level}`,
        one.draws.map((value, s) => value - (other.draws[s] ?? Number.NaN)),
        { group: `difference in ${outcome}`, reference: 0 },
      ),
    ),
  );
  return {
    notes: [comparisonNote(fit, column)],
    intervals: [...levels, ...differences],
  };
}

function comparisonNote({ frame, specification }: RegressionFit, column: string): string {
  const others = specification.data.groups.length > 0 ? ' Group effects are at zero.' : '';
  const alone = populationColumns(frame.design).every((name) => name === column);
  const rest = alone ? '' : ', other predictors averaged over their levels or at their means';
  return `Levels of ${column} are compared by the expected outcome${rest}.${others}`;
}
