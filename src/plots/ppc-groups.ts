/** The observed mean of each group as a dot over the interval of its replicated means. */
import * as Plot from '@observablehq/plot';
import { hdiOfSorted } from '../posterior/hdi.js';
import { quantileOfSorted, sorted } from '../posterior/order.js';
import type { Picture } from './compose.js';
import { hdiName, printable, widest, wrapLabel } from './label.js';
import { paddedDomain } from './panels.js';
import type { PredictiveCheck } from './ppc.js';
import { estimateColour, LINE_HEIGHT } from './theme.js';
import { tickRoom, withFittingTicks } from './ticks.js';

interface GroupRow {
  readonly row: number;
  readonly observed: number;
  readonly low: number;
  readonly high: number;
  readonly q25: number;
  readonly q75: number;
}

const NAME_WIDTH = 280;
const LEAST_PLOT_WIDTH = 220;
const BOTTOM = 42;
const TOP = 8;

export function groupedMeans(
  check: PredictiveCheck,
  groups: readonly string[],
  statistic: 'proportion' | 'mean',
): Pick<Picture, 'width' | 'height' | 'subtitle' | 'panels'> {
  const members = membersOf(groups);
  const rows = [...members.values()].map((indices, row) => groupRow(check, row, indices));
  const names = [...members.keys()].map((name) => wrapLabel(printable(name), NAME_WIDTH));
  const lines = Math.max(...names.map(({ length }) => length));
  const x = {
    domain: paddedDomain(
      Math.min(...rows.map(({ low, observed }) => Math.min(low, observed))),
      Math.max(...rows.map(({ high, observed }) => Math.max(high, observed))),
    ),
    grid: true,
    label: check.label ?? statistic,
    labelAnchor: 'center',
    labelArrow: 'none',
  } as const;
  const marginLeft = Math.ceil(widest(names.flat())) + 18;
  const marginRight = tickRoom([{ x }], { width: 400, height: 60 }).right;
  const width = Math.max(check.width, marginLeft + LEAST_PLOT_WIDTH + marginRight);
  const height = Math.max(
    check.height ?? 0,
    TOP + BOTTOM + rows.length * Math.max(22, lines * LINE_HEIGHT + 6),
  );
  const options: Plot.PlotOptions = {
    width,
    height,
    marginLeft,
    marginRight,
    marginTop: TOP,
    marginBottom: BOTTOM,
    x: withFittingTicks(x, width - marginLeft - marginRight),
    y: {
      type: 'point',
      padding: 0.5,
      domain: rows.map(({ row }) => row),
      label: null,
      tickSize: 0,
      tickFormat: (row: number) => names[row]?.join('\n') ?? '',
    },
    marks: groupMarks(rows),
  };
  return {
    width,
    height,
    subtitle: `dot: observed ${statistic}; bars: replicated, ${hdiName(check.mass)} (thin) and quartiles (thick)`,
    panels: [{ name: 'groups', x: 0, y: 0, options }],
  };
}

/** Indices of each group's outcomes; groups in the order of their first outcome. */
function membersOf(groups: readonly string[]): Map<string, number[]> {
  const members = new Map<string, number[]>();
  groups.forEach((group, index) => {
    const indices = members.get(group) ?? [];
    indices.push(index);
    members.set(group, indices);
  });
  return members;
}

function groupMarks(rows: readonly GroupRow[]): Plot.Markish[] {
  return [
    Plot.ruleY(rows, {
      y: 'row',
      x1: 'low',
      x2: 'high',
      stroke: estimateColour,
      strokeOpacity: 0.6,
      strokeWidth: 2,
      className: 'hdi',
    }),
    Plot.ruleY(rows, {
      y: 'row',
      x1: 'q25',
      x2: 'q75',
      stroke: estimateColour,
      strokeOpacity: 0.6,
      strokeWidth: 8,
      className: 'quartiles',
    }),
    Plot.dot(rows, { y: 'row', x: 'observed', r: 4, fill: 'currentColor', className: 'observed' }),
  ];
}

function groupRow(
  { observed, replicated, mass }: PredictiveCheck,
  row: number,
  members: readonly number[],
): GroupRow {
  const outcomes = observed.length;
  const meanOf = (values: Float64Array, from: number) =>
    members.reduce((sum, index) => sum + (values[from + index] ?? 0), 0) / members.length;
  const ascending = sorted(
    Float64Array.from({ length: replicated.length / outcomes }, (_, replication) =>
      meanOf(replicated, replication * outcomes),
    ),
  );
  const [low, high] = hdiOfSorted(ascending, mass);
  return {
    row,
    observed: meanOf(observed, 0),
    low,
    high,
    q25: quantileOfSorted(ascending, 0.25),
    q75: quantileOfSorted(ascending, 0.75),
  };
}
