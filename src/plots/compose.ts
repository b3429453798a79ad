/** Draws panels with Observable Plot and combines them into one svg without style sheet or script. */
import * as Plot from '@observablehq/plot';
import { type PlotElement, plotDocument, toXml } from '#plot-document';
import { badArgument } from '../checks/values.js';
import { BOLD, printable, wrapLabel } from './label.js';
import {
  FONT_FAMILY,
  FONT_SIZE,
  LINE_HEIGHT,
  okabeIto,
  type Theme,
  type ThemeName,
  themes,
} from './theme.js';

export interface DrawnPlot {
  /** The options for Observable Plot, one a panel, row by row. */
  readonly specification: readonly Plot.PlotOptions[];
  /** One self-contained svg. */
  readonly svg: string;
}

export interface Panel {
  /** The attribute `data-panel`. */
  readonly name: string;
  /** Upper left corner of the panel, below the heading. */
  readonly x: number;
  readonly y: number;
  readonly options: Plot.PlotOptions;
}

export interface Picture {
  /** The attribute `data-plot`. */
  readonly kind: string;
  readonly width: number;
  /** Without the heading. */
  readonly height: number;
  readonly panels: readonly Panel[];
  readonly title?: string | undefined;
  /** How to read the picture, in smaller letters below the title. */
  readonly subtitle?: string | undefined;
  /** A warning. */
  readonly notice?: string | undefined;
  readonly theme?: ThemeName | undefined;
  /** The name for assistive technology. */
  readonly description: string;
}

interface HeadingLine {
  readonly text: string;
  readonly role: 'title' | 'subtitle' | 'notice';
}

const SVG = 'http://www.w3.org/2000/svg';
const EDGE = 10;

const headingStyles = {
  title: { 'font-size': '14', 'font-weight': '600' },
  subtitle: { 'font-size': String(FONT_SIZE), opacity: '0.75' },
  notice: { 'font-size': '12', 'font-weight': '600', fill: okabeIto.vermillion },
} as const;

export function drawPicture(picture: Picture): DrawnPlot {
  const { width, height, panels } = picture;
  const { ink, paper } = themeOf(picture);
  const heading = headingLines(picture);
  const top = heading.length === 0 ? 4 : EDGE + heading.length * (LINE_HEIGHT + 4);
  const size = { width: String(width), height: String(height + top) };
  const root = element('svg', {
    xmlns: SVG,
    ...size,
    viewBox: `0 0 ${width} ${height + top}`,
    role: 'img',
    'aria-label': printable(picture.description),
    'data-plot': picture.kind,
    class: 'weighbridge-plot',
    color: ink,
    fill: 'currentColor',
    'font-family': FONT_FAMILY,
    'font-size': String(FONT_SIZE),
  });
  root.append(
    element('rect', { class: 'weighbridge-paper', ...size, fill: paper }),
    ...heading.map(headingElement),
    ...panels.map((panel) => panelElement(panel, top)),
  );
  return { specification: panels.map(({ options }) => options), svg: toXml(root) };
}

/** @throws WeighbridgeError `bad-argument` for an unknown theme */
function themeOf({ theme = 'light' }: Picture): Theme {
  if (Object.hasOwn(themes, theme)) return themes[theme];
  throw badArgument(`theme is '${theme}', expected ${Object.keys(themes).join(' or ')}`);
}

function headingLines({ title, subtitle, notice, width }: Picture): HeadingLine[] {
  const lines = (role: HeadingLine['role'], text: string | undefined): HeadingLine[] =>
    text === undefined || text === ''
      ? []
      : wrapLabel(
          printable(text),
          (width - 2 * EDGE) / BOLD,
          Number(headingStyles[role]['font-size']),
        ).map((line) => ({ role, text: line }));
  return [...lines('title', title), ...lines('notice', notice), ...lines('subtitle', subtitle)];
}

function headingElement({ role, text }: HeadingLine, index: number): PlotElement {
  const y = EDGE + (index + 1) * (LINE_HEIGHT + 4) - 6;
  const line = element('text', {
    class: `heading-${role}`,
    x: String(EDGE),
    y: String(y),
    ...headingStyles[role],
  });
  line.textContent = text;
  return line;
}

/** Fonts and colours come from the root; scales become data attributes, to read values from marks. */
function panelElement({ name, x, y, options }: Panel, top: number): PlotElement {
  const drawn = Plot.plot({ ...options, document: plotDocument });
  for (const inherited of ['font-family', 'font-size', 'fill', 'class']) {
    drawn.removeAttribute(inherited);
  }
  for (const style of drawn.querySelectorAll('style')) style.remove();
  for (const mark of drawn.querySelectorAll('circle, line, rect')) roundPlace(mark);
  const placed = { x, y: y + top, overflow: 'visible', 'data-panel': printable(name) };
  for (const [key, value] of Object.entries({ ...placed, ...scaleData(drawn) })) {
    drawn.setAttribute(key, String(value));
  }
  return drawn;
}

/** Rounds to a hundredth of a pixel, which halves the size of the file. */
function roundPlace(mark: PlotElement): void {
  for (const name of PLACES) {
    const value = mark.getAttribute(name);
    if (value !== null && value.length > 6) mark.setAttribute(name, String(rounded(Number(value))));
  }
}

const PLACES = ['cx', 'cy', 'x', 'y', 'x1', 'x2', 'y1', 'y2', 'width', 'height'];
const rounded = (value: number) => Math.round(value * 100) / 100;

function scaleData(drawn: Plot.Plot): Record<string, string> {
  const data: Record<string, string> = {};
  for (const axis of ['x', 'y'] as const) {
    const scale = drawn.scale(axis);
    if (scale?.type !== 'linear') continue;
    data[`data-${axis}-domain`] = [...(scale.domain ?? [])].join(' ');
    data[`data-${axis}-range`] = [...(scale.range ?? [])].join(' ');
  }
  return data;
}

function element(name: string, attributes: Readonly<Record<string, string>>): PlotElement {
  const made = plotDocument.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}
