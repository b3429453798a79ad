/**
 * Learned weights and reports on one scale, −100 to 100: a row an attribute, with the density of
 * the draws, the 95% HDI as a bar, the posterior mean as a dot, the target weight as a diamond,
 * and the reports below, a line for each stage of training. Reports beyond the axis are arrows at its
 * edge, so that one report of 2388 does not compress the rest.
 */
import * as Plot from '@observablehq/plot';
import { drawPicture } from '../../plots/compose.js';
import { densityCurves } from '../../plots/density.js';
import { widest } from '../../plots/label.js';
import { estimateColour, okabeIto, referenceColour, type ThemeName } from '../../plots/theme.js';
import { type Draws, parameterDraws } from '../../posterior/draws.js';
import { fixed, intervalText, wordsOf } from './format.js';
import type { ReportSeries, WeightRow } from './weights.js';

interface WeightsFigure {
  readonly rows: readonly WeightRow[];
  readonly draws: Draws;
  readonly series: readonly ReportSeries[];
  readonly width: number;
  readonly theme: ThemeName;
}

const TITLE = 24;
const DENSITY = 46;
const BAR = 12;
const SERIES = 13;
const GAP = 8;
const SIDE = 16;
const AXIS = 44;

/** Places of the parts of a row, from the top of the picture. */
interface Layout {
  readonly rowHeight: number;
  readonly domain: readonly [number, number];
  readonly reports: PlacedReports;
  top(row: number): number;
  /** The base line of the density. */
  base(row: number): number;
  bar(row: number): number;
  series(row: number, of: number): number;
}

function layoutOf(figure: WeightsFigure): Layout {
  const rowHeight = TITLE + DENSITY + BAR + figure.series.length * SERIES + GAP;
  const top = (row: number) => row * rowHeight;
  const base = (row: number) => top(row) + TITLE + DENSITY;
  const domain = weightDomain(figure);
  return {
    rowHeight,
    domain,
    reports: placeReports(figure.series, domain),
    top,
    base,
    bar: (row) => base(row) + BAR / 2 + 1,
    series: (row, of) => base(row) + BAR + (of + 0.5) * SERIES,
  };
}

export function weightsFigure(figure: WeightsFigure): string {
  const { rows, width, theme } = figure;
  const layout = layoutOf(figure);
  const bottom = rows.length * layout.rowHeight;
  const height = bottom + AXIS;
  const { domain, reports } = layout;
  const ticks = width < 480 ? 3 : 5;
  const options: Plot.PlotOptions = {
    width,
    height,
    marginLeft: Math.max(SIDE, beyondRoom(reports.beyond, 'left')),
    marginRight: Math.max(SIDE, beyondRoom(reports.beyond, 'right')),
    marginTop: 0,
    marginBottom: AXIS,
    x: {
      domain,
      ticks,
      tickFormat: (value: number) => fixed(value, 0),
      label: 'weight (largest learned one: 100)',
      labelOffset: 36,
      labelAnchor: 'center',
      labelArrow: 'none',
    },
    y: { domain: [0, bottom], range: [0, bottom], axis: null },
    marks: [
      Plot.gridX({ ticks, strokeOpacity: 0.12 }),
      Plot.ruleX([0], { strokeOpacity: 0.45, strokeDasharray: '2,3' }),
      ...densityMarks(figure, layout),
      ...labelMarks(figure, layout),
      ...estimateMarks(figure, layout),
      ...reportMarks(reports, { domain, theme, y: layout.series }),
    ],
  };
  return drawPicture({
    kind: 'weights',
    width,
    height,
    theme,
    description: description(figure),
    panels: [{ name: 'weights', x: 0, y: 0, options }],
  }).svg;
}

function densityMarks(figure: WeightsFigure, layout: Layout): Plot.Markish[] {
  const points = densityPoints(figure, layout);
  const shared = { x: 'x', z: 'row', clip: true } as const;
  return [
    Plot.areaY(points, {
      ...shared,
      y1: 'base',
      y2: 'y',
      fill: estimateColour,
      fillOpacity: figure.theme === 'dark' ? 0.5 : 0.28,
    }),
    Plot.lineY(points, { ...shared, y: 'y', stroke: estimateColour, strokeWidth: 1.2 }),
  ];
}

function labelMarks({ rows }: WeightsFigure, { top, domain }: Layout): Plot.Markish[] {
  const y = (_: WeightRow, row: number) => top(row) + TITLE / 2 + 3;
  return [
    Plot.text(rows, {
      x: domain[0],
      y,
      text: ({ attribute }) => wordsOf(attribute.name),
      textAnchor: 'start',
      fontWeight: 600,
      fontSize: 12,
    }),
    Plot.text(rows, {
      x: domain[1],
      y,
      text: ({ scaled, hdi }) => `${fixed(scaled, 0)}  ${intervalText(hdi, 0)}`,
      textAnchor: 'end',
      fontVariant: 'tabular-nums',
    }),
  ];
}

function estimateMarks({ rows }: WeightsFigure, { bar }: Layout): Plot.Markish[] {
  const y = (_: WeightRow, row: number) => bar(row);
  return [
    Plot.ruleY(rows, {
      y,
      x1: ({ hdi }) => hdi[0],
      x2: ({ hdi }) => hdi[1],
      stroke: estimateColour,
      strokeWidth: 4,
      strokeLinecap: 'round',
      className: 'weights-hdi',
    }),
    Plot.dot(rows, {
      x: 'point',
      y,
      r: 4.5,
      fill: estimateColour,
      stroke: 'white',
      strokeWidth: 1.2,
      className: 'weights-point',
    }),
    // Null targets are not drawn.
    Plot.dot(rows, {
      x: 'target',
      y,
      r: 5,
      symbol: 'diamond',
      fill: referenceColour,
      stroke: 'white',
      strokeWidth: 1,
      className: 'weights-target',
    }),
  ];
}

interface DensityPoint {
  readonly row: number;
  readonly x: number;
  readonly y: number;
  readonly base: number;
}

/** Every density is as high as its row: only place and width are compared. */
function densityPoints({ rows, draws }: WeightsFigure, layout: Layout): DensityPoint[] {
  // The intercept comes before the slopes.
  const weights = rows.map(({ scale }, row) =>
    parameterDraws(draws, row + 1).map((value) => value * scale),
  );
  return densityCurves(weights, { gridPoints: 160, peakIsOne: true }).points.map(
    ({ group: row, x, y }) => {
      const base = layout.base(row);
      return { row, x, base, y: base - y * (DENSITY - 4) };
    },
  );
}

/** ±100, extended to all intervals and targets; densities and reports beyond are cut. */
function weightDomain({ rows }: WeightsFigure): [number, number] {
  const shown = [
    -100,
    100,
    ...rows.flatMap(({ hdi, target }) => [hdi[0] ?? 0, hdi[1] ?? 0, target ?? 0]),
  ];
  return [Math.min(...shown) - 8, Math.max(...shown) + 8];
}

function description({ rows }: WeightsFigure): string {
  const parts = rows.map(
    ({ attribute, scaled, hdi }) =>
      `${wordsOf(attribute.name)} ${fixed(scaled, 0)}, 95% HDI ${intervalText(hdi, 0)}`,
  );
  return `Learned weights and reports: ${parts.join('; ')}`;
}

/** Colours of the series; learned weights are blue, targets vermillion. */
const seriesColours = [okabeIto.orange, okabeIto.green, okabeIto.purple, okabeIto.sky] as const;

export function seriesColour(index: number): string {
  return seriesColours[index % seriesColours.length] ?? okabeIto.orange;
}

type Side = 'left' | 'right';

/** Reports of one stage on one weight that are beyond one end of the axis. */
interface Beyond {
  readonly row: number;
  readonly series: number;
  readonly side: Side;
  /** '2388, mean 244', '−400', '3 from 130 to 2388'. */
  readonly label: string;
}

interface PlacedReports {
  /** Reports within the axis. */
  readonly reports: readonly Placed[];
  /** All means; those beyond the axis are at its edge. */
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
  const values =
    sorted.length > 2
      ? [`${sorted.length} from ${least} to ${most}`]
      : sorted.map((weight) => fixed(weight, 0));
  return (mean === null ? values : [...values, `mean ${fixed(mean, 0)}`]).join(', ');
}

const ARROW = 8;
const LABEL = ARROW + 8;
const LABEL_EDGE = 6;

/** Room next to the axis for arrows and their labels. */
export function beyondRoom(beyond: readonly Beyond[], side: Side): number {
  const labels = beyond.filter((one) => one.side === side).map(({ label }) => label);
  return labels.length === 0 ? 0 : Math.ceil(LABEL + widest(labels) + LABEL_EDGE);
}

interface ReportMarks {
  readonly domain: readonly [number, number];
  readonly theme: ThemeName;
  /** Place of the line of a series. */
  readonly y: (row: number, series: number) => number;
}

function reportMarks(
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
