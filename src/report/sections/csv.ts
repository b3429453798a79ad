/** Sections as CSV files. */
import { formatSafeCsv } from '../../data-files/text-table.js';
import type { AnswersDocument } from '../../result/answers-format.js';
import type { ShownSection } from './shown.js';

type Cell = string | number;

/** Numbers that do not exist are empty cells. */
function cell(value: string | number | null | undefined): Cell {
  return value === null || value === undefined || Number.isNaN(value) ? '' : value;
}

/** By name: one file for each table, and one for all intervals, parameters and fits. */
export function sectionsCsv(sections: readonly ShownSection[]): Map<string, string> {
  return new Map([
    ['intervals.csv', intervalsCsv(sections)],
    ['parameters.csv', parametersCsv(sections)],
    ['convergence.csv', convergenceCsv(sections)],
    ...tableFiles(sections),
  ]);
}

/** The files of a described study: those of its sections, and the stages. */
export function answersCsv({
  sections,
  stages,
}: Pick<AnswersDocument, 'stages'> & { readonly sections: readonly ShownSection[] }): Map<
  string,
  string
> {
  return new Map([['stages.csv', stagesCsv(stages)], ...sectionsCsv(sections)]);
}

function stagesCsv(stages: AnswersDocument['stages']): string {
  return formatSafeCsv(
    ['stage', 'task', 'model', 'after', 'asked', 'answered', 'valid', 'invalid', 'reasons'],
    stages.map(({ stage, task, model, after, asked, answered, valid, invalid }) => [
      ...[stage, task, model, cell(after), asked, answered, valid, answered - valid],
      reasonsText(invalid),
    ]),
  );
}

/** `no-number 15; empty 5`. */
export function reasonsText(invalid: Readonly<Record<string, number>>, separator = '; '): string {
  return Object.entries(invalid)
    .map(([reason, count]) => `${reason} ${count}`)
    .join(separator);
}

function intervalsCsv(sections: readonly ShownSection[]): string {
  return formatSafeCsv(
    [
      'section',
      'group',
      'label',
      'mean',
      'hdi_low',
      'hdi_high',
      'mass',
      'reference',
      'above',
      'hdi_low_mcse',
      'hdi_high_mcse',
    ],
    sections.flatMap(({ title, intervals }) =>
      intervals.map(({ group, label, mean, lower, upper, mcse, mass, reference, above }) => [
        ...[title, cell(group), label, cell(mean), cell(lower), cell(upper), mass],
        ...[cell(reference), cell(above), cell(mcse?.[0]), cell(mcse?.[1])],
      ]),
    ),
  );
}

function parametersCsv(sections: readonly ShownSection[]): string {
  return formatSafeCsv(
    [
      ...['section', 'fit', 'formula', 'family', 'parameter', 'mean', 'sd', 'median'],
      ...['hdi_low', 'hdi_high', 'rhat', 'ess_bulk', 'ess_tail', 'mcse_mean'],
      ...['hdi_low_mcse', 'hdi_high_mcse', 'mode', 'mcse_mode'],
    ],
    sections.flatMap(({ title, fits }) =>
      fits.flatMap(({ name, formula, family, summary }) =>
        summary.map((row) => [
          ...[title, name, formula, family, row.name],
          ...[row.mean, row.sd, row.median, row.hdi[0], row.hdi[1]].map(cell),
          ...[row.rhat, row.ess_bulk, row.ess_tail, row.mcse_mean].map(cell),
          ...[row.hdi_mcse?.[0], row.hdi_mcse?.[1], row.mode, row.mcse_mode].map(cell),
        ]),
      ),
    ),
  );
}

function convergenceCsv(sections: readonly ShownSection[]): string {
  return formatSafeCsv(
    [
      ...['section', 'fit', 'rows', 'max_rhat', 'min_ess_bulk', 'min_ess_tail', 'divergences'],
      ...['max_depth_hits', 'min_ebfmi', 'pareto_k', 'warnings'],
    ],
    sections.flatMap(({ title, fits }) =>
      fits.map(({ name, rows, diagnostics: found, warnings }) => [
        ...[title, name, rows, cell(found.max_rhat), cell(found.min_ess_bulk)],
        ...[cell(found.min_ess_tail), found.divergences, found.max_depth_hits],
        ...[cell(found.min_ebfmi), cell(found.pareto_k), warnings.join('; ')],
      ]),
    ),
  );
}

/** `table-SECTION-TABLE.csv`, both numbered from 1. */
function tableFiles(sections: readonly ShownSection[]): [string, string][] {
  return sections.flatMap(({ tables }, s) =>
    tables.map(({ columns, rows }, t): [string, string] => [
      `table-${s + 1}-${t + 1}.csv`,
      formatSafeCsv(
        columns.map(({ name }) => name),
        rows.map((row) => columns.map((_, i) => cell(row[i]))),
      ),
    ]),
  );
}
