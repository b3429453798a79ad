/**
 * Reports below the bar of each weight: a dot a report, a line at the mean of a stage. Models say
 * what they like, and one report of 2388 must not press all else into a corner: what lies beyond
 * the axis stands at its edge as an arrow, with its value in words.
 */
import * as Plot from '@observablehq/plot';
import { widest } from '../../../plots/label.js';
import { okabeIto, type ThemeName } from '../../../plots/theme.js';
import { fixed } from './format.js';
import type { ReportSeries } from './weights-table.js';

/** In the order of the series; learned weights are blue, targets vermillion. */
const seriesColours = [okabeIto.orange, okabeIto.green, okabeIto.purple, okabeIto.sky] as const;

export function seriesColour(index: number): string {
  return seriesColours[index % seriesColours.length] ?? okabeIto.orange;
}

type Side = 'left' | 'right';

/** The reports of one stage on one weight that lie beyond one end of the axis. */
export interface Beyond {
  readonly row: number;
  readonly series: number;
  readonly side: Side;
  /** '2388, mean 244', '−400', '3 from 130 to 2388'. */
  readonly label: string;
}

export interface PlacedReports {
  /** Within the axis. */
  readonly reports: readonly Placed[];
  /** All of them: those beyond the axis are at its edge. */
  readonly means: readonly Placed[];
  readonly beyond: readonly Beyond[];
}

interface Placed {
  readonly row: number;
  readonly series: number;
  readonly weight: number;
}

export function placeReports(
  series: readonly ReportSeries[],
  [low, high]: readonly [number, number],
): PlacedReports {
  const cells = series.flatMap(({ weights, means }, index) =>
    means.map((mean, row) => ({
      row,
      series: index,
      mean,
      weights: weights.flatMap((report) => report[row] ?? []),
    })),
  );
  const within = (weight: number) => weight >= low && weight <= high;
  return {
    reports: cells.flatMap(({ weights, mean: _, ...place }) =>
      weights.filter(within).map((weight) => ({ ...place, weight })),
    ),
    means: cells.map(({ weights: _, mean, ...place }) => ({
      ...place,
      weight: Math.min(high, Math.max(low, mean)),
    })),
    beyond: cells.flatMap(({ weights, mean, ...place }) =>
      (['left', 'right'] as const).flatMap((side) => {
        const out = (weight: number) => (side === 'left' ? weight < low : weight > high);
        const label = beyondLabel(weights.filter(out), out(mean) ? mean : null);
        return label === '' ? [] : [{ ...place, side, label }];
      }),
    ),
  };
}

function beyondLabel(weights: readonly number[], mean: number | null): string {
  const sorted = [...weights].sort((one, other) => one - other);
  const [least, most] = [sorted[0], sorted.at(-1)].map((weight) => fixed(weight, 0));
  const told =
    sorted.length > 2
      ? [`${sorted.length} from ${least} to ${most}`]
      : sorted.map((weight) => fixed(weight, 0));
  return (mean === null ? told : [...told, `mean ${fixed(mean, 0)}`]).join(', ');
}

const ARROW = 8;
const LABEL = ARROW + 8;
const EDGE = 6;

/** Room beside the axis for arrows and their words. */
export function beyondRoom(beyond: readonly Beyond[], side: Side): number {
  const labels = beyond.filter((one) => one.side === side).map(({ label }) => label);
  return labels.length === 0 ? 0 : Math.ceil(LABEL + widest(labels) + EDGE);
}

export interface ReportMarks {
  readonly domain: readonly [number, number];
  readonly theme: ThemeName;
  /** Where the line of a series lies. */
  readonly y: (row: number, series: number) => number;
}

export function reportMarks(
  { reports, means, beyond }: PlacedReports,
  { domain, theme, y }: ReportMarks,
): Plot.Markish[] {
  const place = ({ row, series }: { row: number; series: number }) => y(row, series);
  const colour = ({ series }: { series: number }) => seriesColour(series);
  return [
    Plot.dot(reports, {
      x: 'weight',
      y: place,
      r: 3,
      fill: colour,
      fillOpacity: theme === 'dark' ? 0.75 : 0.55,
      className: 'weights-report',
    }),
    Plot.ruleX(means, {
      x: 'weight',
      y1: (one) => place(one) - 5,
      y2: (one) => place(one) + 5,
      stroke: colour,
      strokeWidth: 2.5,
      className: 'weights-report-mean',
    }),
    ...(['left', 'right'] as const).flatMap((side) => {
      const outside = beyond.filter((one) => one.side === side);
      const x = domain[side === 'left' ? 0 : 1];
      const sign = side === 'left' ? -1 : 1;
      return [
        Plot.dot(outside, {
          x,
          y: place,
          dx: sign * ARROW,
          r: 4,
          symbol: 'triangle',
          rotate: sign * 90,
          fill: colour,
          className: 'weights-beyond',
        }),
        Plot.text(outside, {
          x,
          y: place,
          dx: sign * LABEL,
          text: 'label',
          textAnchor: side === 'left' ? 'end' : 'start',
          fontVariant: 'tabular-nums',
          className: 'weights-beyond-label',
        }),
      ];
    }),
  ];
}
