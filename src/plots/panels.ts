/**
 * What small multiples have in common: where they stand, their names above them, the extents of
 * their axes, and the key to the chains' colours.
 */
import * as Plot from '@observablehq/plot';
import type { Panel } from './compose.js';
import { BOLD, textWidth, wrapLabel } from './label.js';
import { chainColour, FONT_SIZE, LINE_HEIGHT } from './theme.js';

export interface Grid {
  readonly columns: number;
  readonly rows: number;
  readonly cellWidth: number;
}

/** As many columns as have room, and no more than there are panels. */
export function gridOf(panels: number, width: number, leastCellWidth: number): Grid {
  const columns = Math.max(1, Math.min(panels, Math.floor(width / leastCellWidth)));
  return {
    columns,
    rows: Math.ceil(panels / columns),
    cellWidth: Math.floor(width / columns),
  };
}

/** With room at both ends; constant draws get an axis around their value. */
export function paddedDomain(low: number, high: number, share = 0.04): [number, number] {
  const spread = high - low;
  const room = spread > 0 ? spread * share : Math.max(Math.abs(low) * 0.1, 0.5);
  return [low - room, high + room];
}

/** Lines above a panel: its name in bold letters, and what there is to say about it. */
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

/** The title as marks that begin `height` above the frame, so that names in a row are level. */
export function titleMarks({ name, notes }: PanelTitle, height: number): Plot.Markish[] {
  const lines = (texts: readonly string[], from: number, options: Plot.TextOptions) =>
    Plot.text([texts.join('\n')], {
      frameAnchor: 'top-left',
      textAnchor: 'start',
      lineAnchor: 'top',
      lineHeight: LINE_HEIGHT / FONT_SIZE,
      dy: 4 - height + from * LINE_HEIGHT,
      // Not of one facet, but of the whole panel.
      facet: 'super',
      ...options,
    });
  return [
    lines(name, 0, { fontWeight: 600, className: 'panel-title' }),
    ...(notes.length > 0 ? [lines(notes, name.length, { className: 'panel-note' })] : []),
  ];
}

const KEY_HEIGHT = 24;

/** Which colour is which chain; nothing for a single one. */
export function chainKey(chains: number, width: number): { panels: Panel[]; height: number } {
  if (chains < 2) return { panels: [], height: 0 };
  const items = Array.from({ length: chains }, (_, chain) => ({
    chain,
    label: `chain ${chain + 1}`,
  }));
  const step = Math.max(...items.map(({ label }) => textWidth(label))) + 26;
  const perRow = Math.max(1, Math.floor((width - 20) / step));
  const rows = Math.ceil(chains / perRow);
  const height = KEY_HEIGHT + (rows - 1) * LINE_HEIGHT;
  const x = ({ chain }: { chain: number }) => 16 + (chain % perRow) * step;
  const y = ({ chain }: { chain: number }) => 14 + Math.floor(chain / perRow) * LINE_HEIGHT;
  const options: Plot.PlotOptions = {
    width,
    height,
    margin: 0,
    x: { type: 'identity', axis: null },
    y: { type: 'identity', axis: null },
    marks: [
      Plot.dot(items, { x, y, r: 4, fill: ({ chain }) => chainColour(chain), className: 'key' }),
      Plot.text(items, { x, y, text: 'label', textAnchor: 'start', dx: 9 }),
    ],
  };
  return { panels: [{ name: 'chains', x: 0, y: 0, options }], height };
}
