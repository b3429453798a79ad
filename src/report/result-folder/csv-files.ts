/**
 * Everything that figures and report show as CSV, for whoever draws it anew.
 */
import { formatSafeCsv } from '../../study/csv.js';
import type { DrawnFigure } from './draw-figures.js';
import type { ContextRecord, FitRecord, ResultDocument } from './format.js';
import { splitKey } from './key.js';
import type { FigureData } from './study-figures.js';

type Cell = string | number;

/** Where a number does not exist its cell is empty. */
function cell(value: string | number | null | undefined): Cell {
  return value === null || value === undefined || Number.isNaN(value) ? '' : value;
}

export function csvFiles(
  result: ResultDocument,
  fits: readonly FitRecord[],
  contexts: readonly ContextRecord[],
  figures: readonly Pick<DrawnFigure, 'data' | 'lines'>[],
): Map<string, string> {
  return new Map([
    ...figures.flatMap(({ data, lines }): [string, string][] => [
      [`${data.name}-points.csv`, pointsCsv(data)],
      [`${data.name}-bars.csv`, barsCsv(data)],
      [`${data.name}-lines.csv`, linesCsv(lines)],
    ]),
    ['weights.csv', weightsCsv(result, contexts)],
    ['convergence.csv', convergenceCsv(fits)],
    ['figures-against-paper.csv', figuresCsv(result)],
    ['reports.csv', reportsCsv(result)],
  ]);
}

function pointsCsv({ scatters }: FigureData): string {
  return formatSafeCsv(
    ['model', 'condition', 'scenario', 'attribute', 'learned_z', 'reported_z'],
    scatters.flatMap(({ model, condition, points }) =>
      points.map(({ context, attribute, learned, reported }) => [
        ...[model, condition, context, attribute, learned, reported],
      ]),
    ),
  );
}

function barsCsv({ bars }: FigureData): string {
  return formatSafeCsv(
    ['model', 'condition', 'r', 'hdi_low', 'hdi_high', 'n', 'pearson_r'],
    bars.map(({ model, condition, r, hdi: [low, high], n, pearson }) => [
      ...[model, condition, cell(r), cell(low), cell(high), n, cell(pearson)],
    ]),
  );
}

/** The regression lines as they are drawn: the mean line and the ends of its 95% band. */
function linesCsv(lines: DrawnFigure['lines']): string {
  return formatSafeCsv(
    ['model', 'condition', 'x', 'mean', 'low', 'high'],
    lines.flatMap(({ model, condition, band }) =>
      band.map(({ x, mean, low, high }) => [
        ...[model, condition, cell(x), cell(mean), cell(low), cell(high)],
      ]),
    ),
  );
}

function weightsCsv({ weights }: ResultDocument, contexts: readonly ContextRecord[]): string {
  const byName = new Map(contexts.map((context) => [context.name, context]));
  const rows = Object.entries(weights).flatMap(([key, ofModel]) => {
    const { model, setting } = splitKey(key);
    return ofModel.flatMap(({ scenario, n, b, scaled, hdi }) => {
      const context = byName.get(scenario);
      return b.map((mean, i) => [
        ...[model, setting, scenario, context?.attributes[i]?.name ?? '', n],
        ...[setting === 'instilled' ? cell(context?.target?.[i]) : '', cell(mean)],
        ...[cell(hdi[i]?.[0]), cell(hdi[i]?.[1]), cell(scaled[i])],
      ]);
    });
  });
  return formatSafeCsv(
    [
      ...['model', 'setting', 'scenario', 'attribute', 'n', 'target'],
      ...['b', 'hdi_low', 'hdi_high', 'scaled'],
    ],
    rows,
  );
}

function convergenceCsv(fits: readonly FitRecord[]): string {
  return formatSafeCsv(
    [
      ...['fit', 'kind', 'model', 'setting', 'scenario', 'max_rhat', 'min_ess_bulk'],
      ...['min_ess_tail', 'divergences', 'max_depth_hits', 'min_ebfmi', 'pareto_k', 'warnings'],
    ],
    fits.map(({ name, kind, model, setting, context, diagnostics, warnings }) => [
      ...[name, kind, model, setting, context].map(cell),
      ...[diagnostics.max_rhat, diagnostics.min_ess_bulk, diagnostics.min_ess_tail].map(cell),
      ...[diagnostics.divergences, diagnostics.max_depth_hits],
      ...[cell(diagnostics.min_ebfmi), cell(diagnostics.pareto_k), warnings.join('; ')],
    ]),
  );
}

function figuresCsv({ figures }: ResultDocument): string {
  return formatSafeCsv(
    [
      ...['section', 'model', 'figure', 'published', 'published_hdi_low', 'published_hdi_high'],
      ...['ours', 'hdi_low', 'hdi_high', 'agreement'],
    ],
    figures.map((one) => [
      ...[one.section, cell(one.model), one.figure, cell(one.published)],
      ...[cell(one.published_hdi?.[0]), cell(one.published_hdi?.[1]), cell(one.ours)],
      ...[cell(one.hdi?.[0]), cell(one.hdi?.[1]), one.agreement],
    ]),
  );
}

function reportsCsv({ report_counts }: ResultDocument): string {
  return formatSafeCsv(
    ['model', 'setting', 'reports', 'asked', 'used', 'unused', 'reasons'],
    report_counts.map(({ model, setting, files, asked, used, reasons }) => [
      ...[model, setting, files.join(' and '), asked, used, asked - used],
      Object.entries(reasons)
        .map(([reason, count]) => `${reason} ${count}`)
        .join('; '),
    ]),
  );
}
