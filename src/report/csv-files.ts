/** The numbers of the figures and tables as CSV, and the weights in the authors' layout. */

import { bothSettings } from '../analysis/learned-weights.js';
import type { Reproduction } from '../analysis/reproduce.js';
import { regressionResults } from '../authors-files/layout.js';
import { weightsCsv } from '../authors-files/write-study.js';
import { formatSafeCsv } from '../data-files/text-table.js';
import {
  type ContextRecord,
  type FitRecord,
  type ResultDocument,
  splitKey,
} from '../result/format.js';
import type { DrawnFigure } from './figures/draw-figures.js';
import type { FigureData } from './figures/study-figure.js';
import { latentRows } from './latent-rows.js';

type Cell = string | number;

/** Numbers that do not exist are empty cells. */
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
    ['weights.csv', contextWeightsCsv(result, contexts)],
    ['convergence.csv', convergenceCsv(fits)],
    ['figures-against-paper.csv', figuresCsv(result)],
    ['reports.csv', reportsCsv(result)],
    ...(result.latent ? [['latent.csv', latentCsv(result)] as const] : []),
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

/** The drawn regression lines: the mean and the ends of the 95% band. */
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

function contextWeightsCsv(
  { weights }: ResultDocument,
  contexts: readonly ContextRecord[],
): string {
  const byName = new Map(contexts.map((context) => [context.name, context]));
  const rows = Object.entries(weights).flatMap(([key, ofModel]) => {
    const { model, setting } = splitKey(key);
    return ofModel.flatMap(({ scenario, n, b, scaled, hdi, hdi_mcse }) => {
      const context = byName.get(scenario);
      return b.map((mean, i) => [
        ...[model, setting, scenario, context?.attributes[i]?.name ?? '', n],
        ...[setting === 'instilled' ? cell(context?.target?.[i]) : '', cell(mean)],
        ...[cell(hdi[i]?.[0]), cell(hdi[i]?.[1]), cell(scaled[i])],
        ...[cell(hdi_mcse?.[i]?.[0]), cell(hdi_mcse?.[i]?.[1])],
      ]);
    });
  });
  return formatSafeCsv(
    [
      ...['model', 'setting', 'scenario', 'attribute', 'n', 'target'],
      ...['b', 'hdi_low', 'hdi_high', 'scaled', 'hdi_low_mcse', 'hdi_high_mcse'],
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

function latentCsv(result: ResultDocument): string {
  return formatSafeCsv(
    [
      ...['model', 'correlation', 'raw', 'raw_hdi_low', 'raw_hdi_high'],
      ...['latent', 'latent_hdi_low', 'latent_hdi_high'],
      ...['latent_hdi_low_mcse', 'latent_hdi_high_mcse'],
    ],
    latentRows(result).map(({ model, label, raw, latent, mcse }) => [
      ...[cell(model), label, cell(raw?.value), cell(raw?.hdi[0]), cell(raw?.hdi[1])],
      ...[cell(latent?.value), cell(latent?.hdi[0]), cell(latent?.hdi[1])],
      ...[cell(mcse?.[0]), cell(mcse?.[1])],
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

/** Posterior means scaled to a largest absolute value of 100, two files a model. */
export function authorsWeights({ models }: Pick<Reproduction, 'models'>): Map<string, string> {
  return new Map(
    models.flatMap(({ name, weights }) =>
      bothSettings.map((setting): [string, string] => [
        name + regressionResults[setting],
        weightsCsv(
          new Map(weights[setting].map(({ context, scaled }) => [context.name, scaled])),
          'b_attr',
        ),
      ]),
    ),
  );
}
