/**
 * Learned weights and reports on one scale, −100 to 100: a row an attribute, with the density of
 * the draws, the 95% HDI as a bar, the posterior mean as a dot, the target weight as a diamond,
 * and the reports below, a line for each stage of training.
 */
import * as Plot from '@observablehq/plot';
import { drawPicture } from '../../../plots/compose.js';
import { kde } from '../../../plots/kde.js';
import { estimateColour, referenceColour, type ThemeName } from '../../../plots/theme.js';
import { type Draws, parameterDraws } from '../../../posterior/draws.js';
import { fixed, intervalText, wordsOf } from './format.js';
import { beyondRoom, type PlacedReports, placeReports, reportMarks } from './report-marks.js';
import { type ReportSeries, scaleFactor, type WeightRow } from './weights-table.js';

export interface WeightsFigure {
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

/** Where the parts of a row lie, from the top of the picture. */
interface Layout {
  readonly rowHeight: number;
  readonly domain: readonly [number, number];
  readonly reports: PlacedReports;
  top(row: number): number;
  /** On which the density stands. */
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
    // A weight without a target has none drawn: what is null has no place.
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

/** Every density is as high as its row: it is the place and the width that are compared. */
function densityPoints({ rows, draws }: WeightsFigure, layout: Layout): DensityPoint[] {
  const factor = scaleFactor(rows.map(({ mean }) => mean));
  return rows.flatMap((_, row) => {
    // The intercept comes before the slopes.
    const found = kde(
      parameterDraws(draws, row + 1).map((value) => value * factor),
      160,
    );
    if (!found) return [];
    const highest = found.density.reduce((most, value) => Math.max(most, value), 0);
    const base = layout.base(row);
    return Array.from(found.x, (x, i) => ({
      row,
      x,
      base,
      y: base - ((found.density[i] ?? 0) / highest) * (DENSITY - 4),
    }));
  });
}

/** ±100, and intervals and targets beyond; tails of densities and far reports are cut. */
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
