/** Curves over a number that doubles: means joined by lines, each with its interval, a colour for each curve. */
import * as Plot from '@observablehq/plot';
import { type DrawnPlot, drawPicture } from './compose.js';
import { formatNumber, printable } from './label.js';
import { centredLabel, colourKey, paddedDomain, tickRoom } from './layout.js';
import { DEFAULT_WIDTH } from './options.js';
import { chainColour } from './theme.js';

interface CurvePoint {
  /** Above 0. */
  readonly x: number;
  readonly mean: number;
  readonly lower: number;
  readonly upper: number;
}

interface PlottedCurve {
  readonly label: string;
  /** By x. */
  readonly points: readonly CurvePoint[];
}

interface CurveLabels {
  readonly x: string;
  readonly y: string;
  /** How to read the intervals. */
  readonly subtitle: string;
}

const HEIGHT = 300;
const BOTTOM = 44;
const LABEL = 18;
/** Curves are beside each other at one x, so that none hides the other's interval. */
const BESIDE = 7;

/** @param curves at least one, with at least one point each */
export function plotCurves(curves: readonly PlottedCurve[], labels: CurveLabels): DrawnPlot {
  const all = curves.flatMap(({ points }) => points);
  const values = all.flatMap(({ mean, lower, upper }) => [mean, lower, upper]);
  const sizes = [...new Set(all.map(({ x }) => x))].sort((a, b) => a - b);
  const y = {
    domain: paddedDomain(Math.min(...values), Math.max(...values)),
    grid: true,
    label: printable(labels.y),
    ...centredLabel,
  } as const;
  const marginLeft = tickRoom([{ y }], { width: 400, height: HEIGHT }).left + LABEL;
  const width = DEFAULT_WIDTH;
  const names = curves.map(({ label }) => printable(label));
  const key = colourKey('curves', names, width);
  const options: Plot.PlotOptions = {
    ...{ width, height: HEIGHT, marginLeft, marginRight: 24, marginTop: 8, marginBottom: BOTTOM },
    x: {
      type: 'log',
      base: 2,
      // Room for the curves beside the first and the last.
      domain: [(sizes[0] ?? 1) / 1.15, (sizes.at(-1) ?? 1) * 1.15],
      ticks: sizes,
      tickFormat: (size: number) => formatNumber(size, 0),
      label: printable(labels.x),
      ...centredLabel,
    },
    y: { ...y, labelOffset: marginLeft - 6 },
    marks: curves.flatMap(({ points }, i) =>
      curveMarks(points, chainColour(i), (i - (curves.length - 1) / 2) * BESIDE, names[i] ?? ''),
    ),
  };
  return drawPicture({
    kind: 'curves',
    width,
    height: HEIGHT + key.height,
    subtitle: labels.subtitle,
    description: `${labels.y} by ${labels.x}: ${names.join(', ')}`,
    panels: [...key.panels, { name: 'curves', x: 0, y: key.height, options }],
  });
}

function curveMarks(
  points: readonly CurvePoint[],
  colour: string,
  dx: number,
  title: string,
): Plot.Markish[] {
  const shared = { x: 'x', dx, stroke: colour };
  const named = { title: () => title };
  return [
    Plot.line(points, { ...shared, y: 'mean', strokeWidth: 1.5, className: 'curve' }),
    Plot.ruleX(points, {
      ...{ ...shared, y1: 'lower', y2: 'upper', strokeWidth: 1.5 },
      className: 'hdi',
    }),
    Plot.dot(points, {
      ...{ x: 'x', dx, y: 'mean', r: 3.5, fill: colour, stroke: 'white', strokeWidth: 1 },
      ...{ ...named, className: 'mean' },
    }),
  ];
}
