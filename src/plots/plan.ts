/**
 * Curves of a plan of a study: what designs of growing size reach, with two Monte Carlo errors up and
 * down, and the target as a dotted line. One panel for each combination of what is neither on the axis
 * nor a colour.
 */
import * as Plot from '@observablehq/plot';
import { badArgument } from '../checks/values.js';
import { type DrawnPlot, drawPicture } from './compose.js';
import {
  centredLabel,
  colourKey,
  facets,
  gridOf,
  paddedDomain,
  tickRoom,
  withFittingTicks,
} from './layout.js';
import { DEFAULT_WIDTH, requireSize } from './options.js';
import { chainColour, referenceColour, type ThemeName } from './theme.js';

/** One design. */
export interface PlanPoint {
  /** Title of the panel; '' for none. */
  readonly panel: string;
  /** Name of the curve. */
  readonly curve: string;
  /** Size of the design, on the axis. */
  readonly size: number;
  readonly mean: number;
  /** Monte Carlo error of the mean. */
  readonly mcse: number;
}

export interface PlanPlotOptions {
  /** What the axis of sizes shows: `contexts`. */
  readonly sizeLabel: string;
  /** What is planned for: `width of the 95% HDI`. */
  readonly label: string;
  readonly target?: number | undefined;
  readonly title?: string | undefined;
  /** In pixels. @default 720 */
  readonly width?: number;
  /** @default 'light' */
  readonly theme?: ThemeName;
}

const LEAST_CELL = 300;
const PLOT_HEIGHT = 200;
const BOTTOM = 40;
const LEAST_INNER = 100;
/** Errors on each side that a bar shows. */
const ERRORS = 2;

/** @throws WeighbridgeError `bad-argument` without designs */
export function plotPlan(points: readonly PlanPoint[], options: PlanPlotOptions): DrawnPlot {
  if (points.length === 0) throw badArgument('the plan has no designs to plot');
  const { target, width = DEFAULT_WIDTH } = options;
  requireSize('width', width);
  const panels = [...new Set(points.map(({ panel }) => panel))];
  const curves = [...new Set(points.map(({ curve }) => curve))];
  const ends = points.flatMap(({ mean, mcse }) => [mean - ERRORS * mcse, mean + ERRORS * mcse]);
  const y = {
    domain: paddedDomain(...extentOf(target === undefined ? ends : [...ends, target])),
    grid: true,
    // The subtitle names it.
    label: null,
  } as const;
  const x = {
    domain: paddedDomain(...extentOf(points.map(({ size }) => size))),
    label: options.sizeLabel,
    ...centredLabel,
  } as const;
  const room = tickRoom([{ x: { domain: x.domain }, y: { domain: y.domain } }], {
    width: LEAST_CELL,
    height: PLOT_HEIGHT,
  });
  const grid = gridOf(panels.length, width, LEAST_CELL);
  const inner = Math.max(grid.cellWidth - room.left - room.right, LEAST_INNER);
  const placed = facets(
    panels.map((panel) => ({
      name: panel,
      options: {
        x: withFittingTicks(x, inner),
        y,
        marks: marksOf(
          points.filter((point) => point.panel === panel),
          curves,
          target,
        ),
      },
    })),
    grid,
    {
      ...room,
      bottom: BOTTOM,
      leastWidth: LEAST_INNER,
      plotHeight: PLOT_HEIGHT,
      leastHeight: 80,
      height: undefined,
    },
  );
  const key = colourKey('curves', curves, width);
  return drawPicture({
    kind: 'plan',
    width: Math.max(width, placed.width),
    height: key.height + placed.height,
    title: options.title,
    subtitle: `${options.label}; bars: two Monte Carlo errors${target === undefined ? '' : '; dotted: target'}`,
    theme: options.theme,
    description: `Plan: ${options.label} by ${options.sizeLabel}, ${points.length} designs`,
    panels: [...key.panels, ...placed.panels.map((one) => ({ ...one, y: one.y + key.height }))],
  });
}

function extentOf(values: readonly number[]): [number, number] {
  return [Math.min(...values), Math.max(...values)];
}

function marksOf(
  points: readonly PlanPoint[],
  curves: readonly string[],
  target: number | undefined,
): Plot.Markish[] {
  const colour = ({ curve }: PlanPoint) => chainColour(curves.indexOf(curve));
  const strokes = curves.map((curve) => {
    const own = points.filter((point) => point.curve === curve);
    return Plot.line(own, {
      ...{ x: 'size', y: 'mean', stroke: chainColour(curves.indexOf(curve)), strokeWidth: 1.5 },
      className: 'curve',
    });
  });
  return [
    ...(target === undefined
      ? []
      : [
          Plot.ruleY([target], {
            ...{ stroke: referenceColour, strokeDasharray: '2,3', className: 'target' },
          }),
        ]),
    ...strokes,
    Plot.ruleX(points, {
      x: 'size',
      y1: ({ mean, mcse }: PlanPoint) => mean - ERRORS * mcse,
      y2: ({ mean, mcse }: PlanPoint) => mean + ERRORS * mcse,
      ...{ stroke: colour, className: 'error' },
    }),
    Plot.dot(points, { ...{ x: 'size', y: 'mean', r: 3, fill: colour, className: 'design' } }),
  ];
}
