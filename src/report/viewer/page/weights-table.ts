/**
 * The weights of a context on the paper's scale, where the largest absolute value is 100: the
 * scale on which targets are drawn and reports are given. What is learned is on the scale of
 * log-odds; one factor takes the posterior means, and with them draws and intervals, to the other.
 */
import { reportStage } from '../../words.js';
import type { ContextRecord, FitReply, ReportRecord, ReportsReply } from '../wire.js';

export interface ReportSeries {
  /** A report file of the layout. */
  readonly file: string;
  readonly label: string;
  /** The same in a narrow column. */
  readonly short: string;
  /** Used reports. */
  readonly weights: readonly (readonly number[])[];
  /** By attribute. */
  readonly means: readonly number[];
}

export interface WeightRow {
  readonly attribute: ContextRecord['attributes'][number];
  /** Posterior mean, log-odds for the whole range of the attribute. */
  readonly mean: number | null;
  /** Posterior mean on the paper's scale, not rounded. */
  readonly point: number | null;
  /** As the paper has it: a whole number. */
  readonly scaled: number | null;
  /** 95%, on the paper's scale. */
  readonly hdi: readonly [number | null, number | null];
  readonly target: number | null;
}

/** 100 / the largest absolute mean; 1 where all are zero, which stay so. */
export function scaleFactor(means: readonly (number | null)[]): number {
  const largest = Math.max(0, ...means.map((mean) => Math.abs(mean ?? 0)));
  return largest > 0 ? 100 / largest : 1;
}

/** null where the result has no weights for the fit. */
export function weightRows(context: ContextRecord, { weights }: FitReply): WeightRow[] | null {
  if (!weights) return null;
  const factor = scaleFactor(weights.b);
  const onScale = (value: number | null | undefined) => (value == null ? null : value * factor);
  return context.attributes.map((attribute, i) => {
    const mean = weights.b[i] ?? null;
    const interval = weights.hdi[i];
    return {
      attribute,
      mean,
      point: onScale(mean),
      scaled: weights.scaled[i] ?? null,
      hdi: [onScale(interval?.[0]), onScale(interval?.[1])],
      target: context.target?.[i] ?? null,
    };
  });
}

/** A report of a context, in the order of the paper's experiments, as a table lists it. */
export interface ListedReport {
  readonly file: string;
  /** From 1, within its file. */
  readonly number: number;
  readonly stage: string;
  readonly report: ReportRecord;
}

export function listReports({ reports: files }: ReportsReply): ListedReport[] {
  return files.flatMap(({ file, reports }) =>
    reports.map((report, i) => ({ file, number: i + 1, stage: reportStage(file), report })),
  );
}

/** Reports that could be used, by what the model had been trained on. */
export function reportSeries({ reports: files }: ReportsReply, attributes: number): ReportSeries[] {
  return files.flatMap(({ file, reports }) => {
    const weights = reports.flatMap((report) => (report.weights ? [report.weights] : []));
    if (weights.length === 0) return [];
    const means = Array.from(
      { length: attributes },
      (_, i) => weights.reduce((sum, one) => sum + (one[i] ?? 0), 0) / weights.length,
    );
    const label = reportStage(file);
    return [{ file, label, short: label.replace(' introspection', ''), weights, means }];
  });
}
