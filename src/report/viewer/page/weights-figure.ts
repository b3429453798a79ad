/**
 * Learned weights and reports on one scale, −100 to 100: a row an attribute, with the density of
 * the draws, the 95% HDI as a bar, the posterior mean as a dot, the target weight as a diamond,
 * and every report as a dot below, a line for each stage of training.
 */
import * as Plot from '@observablehq/plot';
import { drawPicture } from '../../../plots/compose.js';
import { kde } from '../../../plots/kde.js';
import { estimateColour, okabeIto, referenceColour, type ThemeName } from '../../../plots/theme.js';
import { type Draws, parameterDraws } from '../../../posterior/draws.js';
import { fixed, intervalText, wordsOf } from './format.js';
import { type ReportSeries, scaleFactor, type WeightRow } from './weights-table.js';

export interface WeightsFigure {
  readonly rows: readonly WeightRow[];
  readonly draws: Draws;
  readonly series: readonly ReportSeries[];
  readonly width: number;
  readonly theme: ThemeName;
}

/** In the order of the series; learned weights are blue, targets vermillion. */
const seriesColours = [okabeIto.orange, okabeIto.green, okabeIto.purple, okabeIto.sky] as const;

export function seriesColour(index: number): string {
  return seriesColours[index % seriesColours.length] ?? okabeIto.orange;
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
  return {
    rowHeight,
    domain: weightDomain(figure),
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
  const options: Plot.PlotOptions = {
    width,
    height,
    marginLeft: SIDE,
    marginRight: SIDE,
    marginTop: 0,
    marginBottom: AXIS,
    x: {
      domain: layout.domain,
      ticks: width < 480 ? [-100, 0, 100] : [-100, -50, 0, 50, 100],
      tickFormat: (value: number) => fixed(value, 0),
      label: 'weight (largest learned one: 100)',
      labelOffset: 36,
      labelAnchor: 'center',
      labelArrow: 'none',
    },
    y: { domain: [0, bottom], range: [0, bottom], axis: null },
    marks: [
      Plot.gridX([-100, -50, 50, 100], { strokeOpacity: 0.12 }),
      Plot.ruleX([0], { strokeOpacity: 0.45, strokeDasharray: '2,3' }),
      ...densityMarks(figure, layout),
      ...labelMarks(figure, layout),
      ...estimateMarks(figure, layout),
      ...reportMarks(figure, layout),
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

function reportMarks({ series, theme }: WeightsFigure, layout: Layout): Plot.Markish[] {
  const points = (values: readonly number[], of: number) =>
    values.map((weight, row) => ({
      weight,
      y: layout.series(row, of),
      colour: seriesColour(of),
    }));
  const reports = series.flatMap(({ weights }, of) =>
    weights.flatMap((report) => points(report, of)),
  );
  const means = series.flatMap(({ means: values }, of) => points(values, of));
  return [
    Plot.dot(reports, {
      x: 'weight',
      y: 'y',
      r: 3,
      fill: 'colour',
      fillOpacity: theme === 'dark' ? 0.75 : 0.55,
      className: 'weights-report',
    }),
    Plot.ruleX(means, {
      x: 'weight',
      y1: ({ y }) => y - 5,
      y2: ({ y }) => y + 5,
      stroke: 'colour',
      strokeWidth: 2.5,
      className: 'weights-report-mean',
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

/** ±100 and what lies beyond; the far tails of a density are cut, so that the rest has room. */
function weightDomain({ rows, series }: WeightsFigure): [number, number] {
  const shown = [
    -100,
    100,
    ...rows.flatMap(({ hdi, target }) => [hdi[0] ?? 0, hdi[1] ?? 0, target ?? 0]),
    ...series.flatMap(({ weights }) => weights.flat()),
  ];
  const least = shown.reduce((a, b) => Math.min(a, b), 0);
  const most = shown.reduce((a, b) => Math.max(a, b), 0);
  return [least - 8, most + 8];
}

function description({ rows }: WeightsFigure): string {
  const parts = rows.map(
    ({ attribute, scaled, hdi }) =>
      `${wordsOf(attribute.name)} ${fixed(scaled, 0)}, 95% HDI ${intervalText(hdi, 0)}`,
  );
  return `Learned weights and reports: ${parts.join('; ')}`;
}
