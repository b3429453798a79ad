/**
 * Colours and fonts of all plots. Data have the palette of Okabe and Ito (2008), which people with any
 * common form of colour-blindness can distinguish, on light and on dark. Everything else is
 * `currentColor`: a page that sets the colour of the svg restyles axes and text.
 */
export type ThemeName = 'light' | 'dark';

export interface Theme {
  /** Text, axes, observed data. */
  readonly ink: string;
  readonly paper: string;
}

export const themes: Readonly<Record<ThemeName, Theme>> = {
  light: { ink: '#1f2328', paper: '#ffffff' },
  dark: { ink: '#e6edf3', paper: '#0d1117' },
};

export const okabeIto = {
  blue: '#0072B2',
  orange: '#E69F00',
  green: '#009E73',
  vermillion: '#D55E00',
  sky: '#56B4E9',
  purple: '#CC79A7',
} as const;

/** Colours of estimates and of reference values. */
export const estimateColour = okabeIto.blue;
export const referenceColour = okabeIto.vermillion;
export const divergenceColour = okabeIto.vermillion;

const CHAIN_COLOURS = [
  okabeIto.blue,
  okabeIto.orange,
  okabeIto.green,
  okabeIto.purple,
  okabeIto.sky,
  okabeIto.vermillion,
];

/** Colour of a chain, from 0; the palette repeats after six. */
export function chainColour(chain: number): string {
  return CHAIN_COLOURS[chain % CHAIN_COLOURS.length] ?? estimateColour;
}

/** The font of PNGs comes first. */
export const FONT_FAMILY =
  "Inter, system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif";

/** In pixels. */
export const FONT_SIZE = 11;
export const LINE_HEIGHT = 14;
