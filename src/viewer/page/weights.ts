/**
 * The weights of a context on the paper's scale, on which the largest absolute value is 100 and on
 * which targets and reports are given.
 */
import type { ContextRecord, FitReply, ReportRecord, ReportsReply } from '../wire.js';

export interface ReportSeries {
  /** A report file of the layout. */
  readonly file: string;
  readonly label: string;
  /** Label of a narrow column. */
  readonly short: string;
  /** Valid reports. */
  readonly weights: readonly (readonly number[])[];
  /** By attribute. */
  readonly means: readonly number[];
}

export interface WeightRow {
  readonly attribute: ContextRecord['attributes'][number];
  /** Posterior mean, log-odds for the whole range of the attribute. */
  readonly mean: number | null;
  /** From log-odds to the paper's scale. */
  readonly scale: number;
  /** Posterior mean on the paper's scale, not rounded. */
  readonly point: number | null;
  /** Rounded, as in the paper. */
  readonly scaled: number | null;
  /** 95% HDI on the paper's scale. */
  readonly hdi: readonly [number | null, number | null];
  readonly target: number | null;
}

/** null if the result has no weights for the fit. */
export function weightRows(context: ContextRecord, { weights }: FitReply): WeightRow[] | null {
  if (!weights) return null;
  const onScale = (value: number | null | undefined) =>
    value == null ? null : value * weights.scale;
  return context.attributes.map((attribute, i) => {
    const mean = weights.b[i] ?? null;
    const interval = weights.hdi[i];
    return {
      attribute,
      mean,
      scale: weights.scale,
      point: onScale(mean),
      scaled: weights.scaled[i] ?? null,
      hdi: [onScale(interval?.[0]), onScale(interval?.[1])],
      target: context.target?.[i] ?? null,
    };
  });
}

/** A report of a context; lists are in the order of the paper's experiments. */
export interface ListedReport {
  readonly file: string;
  /** From 1, within its file. */
  readonly number: number;
  readonly stage: string;
  readonly report: ReportRecord;
}

export function listReports({ reports: files }: ReportsReply): ListedReport[] {
  return files.flatMap(({ file, stage, reports }) =>
    reports.map((report, i) => ({ file, number: i + 1, stage, report })),
  );
}

/** Valid reports by stage of training. */
export function reportSeries({ reports: files }: ReportsReply, attributes: number): ReportSeries[] {
  return files.flatMap(({ file, stage: label, reports }) => {
    const weights = reports.flatMap((report) => (report.weights ? [report.weights] : []));
    if (weights.length === 0) return [];
    const means = Array.from(
      { length: attributes },
      (_, i) => weights.reduce((sum, one) => sum + (one[i] ?? 0), 0) / weights.length,
    );
    return [{ file, label, short: label.replace(' introspection', ''), weights, means }];
  });
}
