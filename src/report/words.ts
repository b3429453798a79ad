/** Numbers, names and the order of fits as the report and the viewer's page show them. */

/** Shown for a number that does not exist. */
const NONE = '–';

/** A number with a true minus sign (as wide as a plus), and none before a zero. */
export function fixed(value: number | null | undefined, decimals: number): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return NONE;
  const text = value.toFixed(decimals);
  return /^-[0.]*$/.test(text) ? text.slice(1) : text.replace('-', '−');
}

/** A whole number, with commas between thousands in any locale. */
export function formatCount(value: number | null | undefined): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return NONE;
  return Math.round(value).toLocaleString('en-US').replace('-', '−');
}

export function intervalText(
  interval: readonly (number | null)[] | null | undefined,
  decimals: number,
): string {
  if (!interval) return '';
  return `[${fixed(interval[0], decimals)}, ${fixed(interval[1], decimals)}]`;
}

/** What the column "agreement" says, below a table of figures. */
export const AGREEMENT_LEGEND = `same: all published digits; Monte Carlo: the difference is within the error of the published figures,
which are from 4,000 draws; close: within one and a half units of the last digit, for figures without draws;
within HDI: the published value, or the middle of an interval alone, is in our HDI`;

/** Monte Carlo errors of the ends of an interval; empty in results that have none. */
export function endErrorsText(
  errors: readonly (number | null)[] | undefined,
  decimals: number,
): string {
  if (!errors || errors.some((error) => error === null || Number.isNaN(error))) return '';
  return `${fixed(errors[0], decimals)}, ${fixed(errors[1], decimals)}`;
}

/** One line for a table of intervals; null without errors. */
export function largestEndErrorText(
  rows: readonly { readonly hdi_mcse?: readonly (number | null)[] | undefined }[],
): string | null {
  const errors = rows.flatMap(({ hdi_mcse }) => hdi_mcse ?? []);
  const largest = errors.reduce<number>((most, error) => Math.max(most, error || 0), 0);
  return largest > 0 ? `MCSE of the ends of HDIs: at most ${Number(largest.toPrecision(2))}` : null;
}

/** The stage of training of the reports in a file. */
const reportStages: Readonly<Record<string, string>> = {
  offTheShelfReports: 'off the shelf',
  instilledReports: 'before introspection training',
  firstHalfTrainedReports: 'after introspection training',
  lastHalfTrainedReports: 'after introspection training',
  nativeReports: 'before introspection training',
  nativeTrainedReports: 'after introspection training',
};

/** @param trained false for a model that was never trained */
export function reportStage(file: string, trained: boolean): string {
  if (!trained) return 'of the base model, never trained';
  return reportStages[file] ?? file;
}

interface Converged {
  readonly warnings: readonly string[];
  readonly diagnostics: {
    readonly max_rhat: number | null;
    readonly min_ess_bulk: number | null;
    readonly min_ess_tail: number | null;
  };
}

/**
 * Fits with warnings first, then by R-hat, then by the smaller ESS. A measure that does not exist is
 * the worst. The sort is stable.
 */
export function worstFirst<Fit extends Converged>(fits: readonly Fit[]): Fit[] {
  return [...fits].sort(
    (one, other) =>
      Number(other.warnings.length > 0) - Number(one.warnings.length > 0) ||
      compare(rhat(other), rhat(one)) ||
      compare(leastEss(one), leastEss(other)),
  );
}

/** Not a difference, which is NaN for two infinities. */
function compare(one: number, other: number): number {
  return one < other ? -1 : one > other ? 1 : 0;
}

function rhat({ diagnostics }: Converged): number {
  return diagnostics.max_rhat ?? Number.POSITIVE_INFINITY;
}

function leastEss({ diagnostics: { min_ess_bulk, min_ess_tail } }: Converged): number {
  return Math.min(
    min_ess_bulk ?? Number.NEGATIVE_INFINITY,
    min_ess_tail ?? Number.NEGATIVE_INFINITY,
  );
}
