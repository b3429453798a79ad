/**
 * Numbers and names as the report and the viewer's page write them.
 */

/** Where a number does not exist. */
export const NONE = '–';

/** So many decimals, with a true minus sign (as wide as a plus), and no zero with one. */
export function fixed(value: number | null | undefined, decimals: number): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return NONE;
  const text = value.toFixed(decimals);
  return /^-[0.]*$/.test(text) ? text.slice(1) : text.replace('-', '−');
}

export function intervalText(
  interval: readonly (number | null)[] | null | undefined,
  decimals: number,
): string {
  if (!interval) return '';
  return `[${fixed(interval[0], decimals)}, ${fixed(interval[1], decimals)}]`;
}

/** What a model had been trained on when it gave the reports of a file of the layout. */
const reportStages: Readonly<Record<string, string>> = {
  offTheShelfReports: 'off the shelf',
  instilledReports: 'before introspection training',
  firstHalfTrainedReports: 'after introspection training',
  lastHalfTrainedReports: 'after introspection training',
  nativeReports: 'before introspection training',
  nativeTrainedReports: 'after introspection training',
};

export function reportStage(file: string): string {
  return reportStages[file] ?? file;
}
