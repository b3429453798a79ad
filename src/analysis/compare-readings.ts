/**
 * Two analyses of one study side by side: under the paper's policy for reports and under a lenient
 * one, say, or with choices as they were made and weighed by probability. What each says of every
 * correlation, how much wider or narrower its HDIs are, and how many reports it used.
 *
 * The ends of an HDI are noisy: with a few thousand draws, the width of a single one changes by
 * some percent from seed to seed, so that smaller changes mean nothing. Pearson's r and the mean
 * width over all slopes of a setting have next to no such noise.
 */
import type { Interval } from '../posterior/hdi.js';
import type { ReportFile } from '../study/layout.js';
import type { Correlation } from './correlations.js';
import type { LearnedWeights, Setting } from './learned-weights.js';
import type { ModelResult } from './model-result.js';
import type { Reproduction } from './reproduce.js';
import { bothSettings } from './weights-of-study.js';

/** A correlation as one of the two analyses has it. */
export interface ReadCorrelation {
  /** Pearson's: unlike the slope's mean it has no Monte Carlo error. */
  readonly r: number;
  readonly hdi: Interval;
  readonly hdiWidth: number;
  /** Pairs of weights and reports. */
  readonly n: number;
  /** Reports behind it; null where weights are held against target weights. */
  readonly reports: number | null;
}

/** `other` against `base`, in percent of `base`; NaN where `base` is zero. */
type PercentChange = number;

export interface CorrelationChange {
  /** MODEL/what against what. */
  readonly key: string;
  readonly base: ReadCorrelation;
  readonly other: ReadCorrelation;
  readonly changeInR: number;
  readonly hdiWidthChangePercent: PercentChange;
}

/** Mean width of the 95% HDIs of all weight slopes, over the contexts that both analyses have. */
export interface SlopeWidthChange {
  readonly model: string;
  readonly setting: Setting;
  readonly base: number;
  readonly other: number;
  readonly changePercent: PercentChange;
}

export interface ReportsUsedChange {
  readonly model: string;
  readonly base: number;
  readonly other: number;
}

export interface ReadingsComparison {
  /** Of the keys that both analyses have, in the order of the first. */
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

/** The files whose reports a comparison stands on. */
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

/** Over the contexts that `beside` has too, so that like is compared with like. */
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
