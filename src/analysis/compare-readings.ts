/**
 * Comparison of two analyses of one study, for example under the paper's policy for reports and
 * under a lenient one, or with choices as made and weighted by probability. Reports each
 * correlation in both analyses, the change in the width of its HDI, and the number of reports used.
 *
 * The ends of an HDI are noisy: with a few thousand draws, the width of a single HDI varies by a
 * few percent between seeds, so smaller changes mean nothing. Pearson's r and the mean width over
 * all slopes of a setting have almost no such noise.
 */

import type { Interval } from '../posterior/intervals.js';
import type { ReportFile, Setting } from '../study/study.js';
import type { Correlation } from './correlations.js';
import { bothSettings, type LearnedWeights } from './learned-weights.js';
import type { ModelResult } from './model-result.js';
import type { Reproduction } from './reproduce.js';

/** A correlation in one of the two analyses. */
export interface ReadCorrelation {
  /** Pearson's r; unlike the mean of the slope, it has no Monte Carlo error. */
  readonly r: number;
  readonly hdi: Interval;
  readonly hdiWidth: number;
  /** Number of pairs of weights and reports. */
  readonly n: number;
  /** Number of reports used; null for a comparison with target weights. */
  readonly reports: number | null;
}

/** Change from `base` to `other`, in percent of `base`; NaN if `base` is zero. */
type PercentChange = number;

export interface CorrelationChange {
  /** `MODEL/COMPARISON`. */
  readonly key: string;
  readonly base: ReadCorrelation;
  readonly other: ReadCorrelation;
  readonly changeInR: number;
  readonly hdiWidthChangePercent: PercentChange;
}

/** Mean width of the 95% HDIs of all weight slopes, over the contexts in both analyses. */
interface SlopeWidthChange {
  readonly model: string;
  readonly setting: Setting;
  readonly base: number;
  readonly other: number;
  readonly changePercent: PercentChange;
}

interface ReportsUsedChange {
  readonly model: string;
  readonly base: number;
  readonly other: number;
}

export interface ReadingsComparison {
  /** Correlations in both analyses, in the order of the first. */
  readonly correlations: readonly CorrelationChange[];
  readonly slopeWidths: readonly SlopeWidthChange[];
  readonly reportsUsed: readonly ReportsUsedChange[];
}

export function compareReadings(base: Reproduction, other: Reproduction): ReadingsComparison {
  const models = base.models.flatMap((ofBase) => {
    const ofOther = other.models.find(({ name }) => name === ofBase.name);
    return ofOther ? [{ name: ofBase.name, base: ofBase, other: ofOther }] : [];
  });
  return {
    correlations: [...base.correlations.keys()].flatMap((key) => {
      const [a, b] = [readCorrelation(base, key), readCorrelation(other, key)];
      return a && b ? [correlationChange(key, a, b)] : [];
    }),
    slopeWidths: models.flatMap(({ name, base: a, other: b }) =>
      bothSettings.map((setting) =>
        slopeWidthChange(name, setting, a.weights[setting], b.weights[setting]),
      ),
    ),
    reportsUsed: models.map(({ name, base: a, other: b }) => ({
      model: name,
      base: allReports(a),
      other: allReports(b),
    })),
  };
}

/** Report files used by each comparison. */
const reportsBehind: Readonly<Record<string, readonly ReportFile[]>> = {
  'instilled/reports': ['instilledReports'],
  'instilled/off_the_shelf_reports': ['offTheShelfReports'],
  'instilled/trained_reports': ['firstHalfTrainedReports', 'lastHalfTrainedReports'],
  'native/reports': ['nativeReports'],
  'native/trained_reports': ['nativeTrainedReports'],
};

function readCorrelation({ correlations, models }: Reproduction, key: string) {
  const found: Correlation | undefined = correlations.get(key);
  if (!found) return null;
  const model = models.find(({ name }) => key.startsWith(`${name}/`));
  const files = model && reportsBehind[key.slice(model.name.length + 1)];
  const { r, hdi, n } = found;
  const reports = files ? sum(files.map((file) => model.reportsUsed[file])) : null;
  return { r, hdi, hdiWidth: widthOf(hdi), n, reports } satisfies ReadCorrelation;
}

function correlationChange(
  key: string,
  base: ReadCorrelation,
  other: ReadCorrelation,
): CorrelationChange {
  return {
    key,
    base,
    other,
    changeInR: other.r - base.r,
    hdiWidthChangePercent: percentChange(base.hdiWidth, other.hdiWidth),
  };
}

function slopeWidthChange(
  model: string,
  setting: Setting,
  base: readonly LearnedWeights[],
  other: readonly LearnedWeights[],
): SlopeWidthChange {
  const [a, b] = [meanSlopeWidth(base, other), meanSlopeWidth(other, base)];
  return { model, setting, base: a, other: b, changePercent: percentChange(a, b) };
}

/** Mean over the contexts that are also in `beside`, so that both means cover the same contexts. */
function meanSlopeWidth(
  weights: readonly LearnedWeights[],
  beside: readonly LearnedWeights[],
): number {
  const shared = new Set(beside.map(({ context }) => context.name));
  const widths = weights
    .filter(({ context }) => shared.has(context.name))
    .flatMap(({ slopeHdis }) => slopeHdis.map(widthOf));
  return sum(widths) / widths.length;
}

function widthOf([low, high]: Interval): number {
  return high - low;
}

function percentChange(base: number, other: number): PercentChange {
  return base === 0 ? Number.NaN : (100 * (other - base)) / base;
}

function allReports({ reportsUsed }: ModelResult): number {
  return sum(Object.values(reportsUsed));
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
