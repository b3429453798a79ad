/**
 * The layout that plots share: titled panels in a grid, rows with names, the room of tick labels,
 * and the key of the chains' colours.
 */
import * as Plot from '@observablehq/plot';
import { type PlotElement, plotDocument } from '#plot-document';
import type { Panel, Picture } from './compose.js';
import { BOLD, textWidth, widest, wrapLabel } from './label.js';
import { chainColour, FONT_SIZE, LINE_HEIGHT } from './theme.js';

/** The part of a picture that a layout decides. */
export type PlacedPanels = Pick<Picture, 'width' | 'height' | 'panels'>;

export const centredLabel = { labelAnchor: 'center', labelArrow: 'none' } as const;

/** Adds room at both ends; equal ends get an axis around their value. */
export function paddedDomain(low: number, high: number, share = 0.04): [number, number] {
  const spread = high - low;
  const room = spread > 0 ? spread * share : Math.max(Math.abs(low) * 0.1, 0.5);
  return [low - room, high + room];
}

interface Grid {
  readonly columns: number;
  readonly rows: number;
  readonly cellWidth: number;
}

/** As many columns as have room, but no more than there are panels. */
export function gridOf(panels: number, width: number, leastCellWidth: number): Grid {
  const columns = Math.max(1, Math.min(panels, Math.floor(width / leastCellWidth)));
  return {
    columns,
    rows: Math.ceil(panels / columns),
    cellWidth: Math.floor(width / columns),
  };
}

/** A panel of a grid; size and margins come from the grid. */
interface Facet {
  readonly name: string;
  /** Lines under the name. */
  readonly notes?: readonly string[];
  readonly options: Plot.PlotOptions;
}

interface FacetFrame {
  readonly left: number;
  readonly right: number;
  readonly bottom: number;
  /** Smallest width between left and right. */
  readonly leastWidth: number;
  /** Height between title and axis, and the smallest one when a height is asked for. */
  readonly plotHeight: number;
  readonly leastHeight: number;
  /** Height of the whole picture, if asked for. */
  readonly height: number | undefined;
}

/** Panels of equal size under their titles, row by row. */
export function facets(all: readonly Facet[], grid: Grid, frame: FacetFrame): PlacedPanels {
  const { left, right, bottom } = frame;
  const inner = Math.max(grid.cellWidth - left - right, frame.leastWidth);
  const titles = all.map(({ name, notes }) => panelTitle(name, inner, notes));
  const top = titleHeight(titles);
  const height = panelHeight(frame, grid.rows, top);
  const width = left + inner + right;
  const panels = all.map(
    ({ name, options }, index): Panel => ({
      name,
      x: (index % grid.columns) * width,
      y: Math.floor(index / grid.columns) * height,
      options: {
        ...{ width, height, marginLeft: left, marginRight: right, marginTop: top },
        marginBottom: bottom,
        ...options,
        marks: [...(options.marks ?? []), ...titleMarks(titles[index], top)],
      },
    }),
  );
  return { width: grid.columns * width, height: grid.rows * height, panels };
}

/** Height of a panel with its title and axis. */
export function panelHeight(
  { bottom, plotHeight, leastHeight, height }: Omit<FacetFrame, 'left' | 'right' | 'leastWidth'>,
  rows: number,
  top: number,
): number {
  if (height === undefined) return plotHeight + top + bottom;
  return Math.max(height / rows, leastHeight + top + bottom);
}

/** Lines above a panel: its name in bold, and notes. */
export interface PanelTitle {
  readonly name: readonly string[];
  readonly notes: readonly string[];
}

export function panelTitle(name: string, width: number, notes: readonly string[] = []): PanelTitle {
  return {
    name: wrapLabel(name, width / BOLD),
    notes: notes.flatMap((note) => wrapLabel(note, width)),
  };
}

export function titleHeight(titles: readonly PanelTitle[]): number {
  const lines = titles.map(({ name, notes }) => name.length + notes.length);
  return lines.reduce((most, count) => Math.max(most, count), 0) * LINE_HEIGHT + 12;
}

/** Marks of a title that begins `height` above the frame, so that the names in a row are level. */
export function titleMarks(title: PanelTitle | undefined, height: number): Plot.Markish[] {
  const { name, notes } = title ?? { name: [], notes: [] };
  const lines = (texts: readonly string[], from: number, options: Plot.TextOptions) =>
    Plot.text([texts.join('\n')], {
      frameAnchor: 'top-left',
      textAnchor: 'start',
      lineAnchor: 'top',
      lineHeight: LINE_HEIGHT / FONT_SIZE,
      dy: 4 - height + from * LINE_HEIGHT,
      // Once for the panel, not once a facet of it.
      facet: 'super',
      ...options,
    });
  return [
    lines(name, 0, { fontWeight: 600, className: 'panel-title' }),
    ...(notes.length > 0 ? [lines(notes, name.length, { className: 'panel-note' })] : []),
  ];
}

const NAME_WIDTH = 280;
const LEAST_ROWS_WIDTH = 220;
const ROWS_TOP = 8;

interface RowsSize {
  readonly width: number;
  readonly bottom: number;
  /** From the number of lines of the longest name. */
  readonly rowHeight: (lines: number) => number;
}

/** A panel of rows, numbered from 0, with their names at the left; `height` is the smallest one. */
export function namedRows(
  rowNames: readonly string[],
  x: AxisOptions,
  { width: wanted, bottom, rowHeight }: RowsSize,
) {
  const names = rowNames.map((name) => wrapLabel(name, NAME_WIDTH));
  const lines = names.reduce((most, { length }) => Math.max(most, length), 1);
  const marginLeft = Math.ceil(widest(names.flat())) + 18;
  const marginRight = tickRoom([{ x }], { width: 400, height: 60 }).right;
  const width = Math.max(wanted, marginLeft + LEAST_ROWS_WIDTH + marginRight);
  return {
    ...{ width, marginLeft, marginRight },
    height: ROWS_TOP + bottom + names.length * rowHeight(lines),
    marginTop: ROWS_TOP,
    marginBottom: bottom,
    x: withFittingTicks(x, width - marginLeft - marginRight),
    y: {
      type: 'point',
      padding: 0.5,
      domain: names.map((_, row) => row),
      label: null,
      tickSize: 0,
      tickFormat: (row: number) => names[row]?.join('\n') ?? '',
    },
  } satisfies Plot.PlotOptions;
}

/** A continuous axis without its marks: enough to measure its labels. */
export type AxisOptions = Plot.ScaleOptions & { readonly domain: readonly [number, number] };

/** Room next to panels for the labels of these axes, measured as Observable Plot writes them. */
export function tickRoom(
  panels: readonly { readonly x?: AxisOptions; readonly y?: AxisOptions }[],
  size: { readonly width: number; readonly height: number },
): { readonly left: number; readonly right: number } {
  let left = 0;
  let right = 0;
  for (const { x, y } of panels) {
    const drawn = Plot.plot({
      ...size,
      margin: 10,
      x: x ?? { axis: null },
      y: y ?? { axis: null },
      document: plotDocument,
    });
    left = Math.max(left, widestTick(drawn, 'y-axis tick label'));
    right = Math.max(right, widestTick(drawn, 'x-axis tick label') / 2);
  }
  return { left: Math.ceil(left + 12), right: Math.ceil(Math.max(right + 4, 14)) };
}

function widestTick(drawn: PlotElement, label: string): number {
  return tickLabels(drawn, label).reduce((most, { width }) => Math.max(most, width), 0);
}

/** The axis with the most ticks whose labels stay apart in `width` pixels. */
export function withFittingTicks(axis: AxisOptions, width: number): AxisOptions {
  let ticks = Math.max(1, Math.min(10, Math.floor(width / 35)));
  while (ticks > 1 && !labelsStayApart({ ...axis, ticks }, width)) ticks--;
  return { ...axis, ticks };
}

const LEAST_SPACE = 6;

function labelsStayApart(x: AxisOptions, width: number): boolean {
  const drawn = Plot.plot({ width, height: 60, margin: 0, x, document: plotDocument });
  const labels = tickLabels(drawn, 'x-axis tick label');
  return labels.every((label, i) => {
    const next = labels[i + 1];
    return !next || next.x - label.x >= (label.width + next.width) / 2 + LEAST_SPACE;
  });
}

function tickLabels(drawn: PlotElement, label: string): { x: number; width: number }[] {
  const texts = drawn.querySelectorAll(`g[aria-label="${label}"] text`);
  return Array.from(texts, (text: PlotElement) => ({
    x: Number(/translate\(([^,]+)/.exec(text.getAttribute('transform') ?? '')?.[1]),
    width: textWidth(text.textContent ?? ''),
  }));
}

const KEY_HEIGHT = 24;

/** The key of the chains' colours; empty for one chain. */
export function chainKey(chains: number, width: number): { panels: Panel[]; height: number } {
  if (chains < 2) return { panels: [], height: 0 };
  return colourKey(
    'chains',
    Array.from({ length: chains }, (_, chain) => `chain ${chain + 1}`),
    width,
  );
}

/** A key of the colours of `chainColour`, in the order of the labels. */
export function colourKey(
  name: string,
  labels: readonly string[],
  width: number,
): { panels: Panel[]; height: number } {
  const items = labels.map((label, index) => ({ index, label }));
  const step = widest(labels) + 26;
  const perRow = Math.max(1, Math.floor((width - 20) / step));
  const rows = Math.ceil(labels.length / perRow);
  const height = KEY_HEIGHT + (rows - 1) * LINE_HEIGHT;
  const x = ({ index }: { index: number }) => 16 + (index % perRow) * step;
  const y = ({ index }: { index: number }) => 14 + Math.floor(index / perRow) * LINE_HEIGHT;
  const options: Plot.PlotOptions = {
    width,
    height,
    margin: 0,
    x: { type: 'identity', axis: null },
    y: { type: 'identity', axis: null },
    marks: [
      Plot.dot(items, { x, y, r: 4, fill: ({ index }) => chainColour(index), className: 'key' }),
      Plot.text(items, { x, y, text: 'label', textAnchor: 'start', dx: 9 }),
    ],
  };
  return { panels: [{ name, x: 0, y: 0, options }], height };
}
