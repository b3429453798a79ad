/** Plots at the width of their place, and tables that scroll if they are wider than theirs. */

import type { ComponentChildren } from 'preact';
import { useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import { ErrorBox } from './loaded.js';

/** What a plot of the page depends on. */
export interface PageFigure {
  readonly width: number;
  readonly theme: 'light' | 'dark';
}

interface FigureProps {
  /** What the plot shows and how to read it. */
  readonly caption: string;
  /** Largest width, in pixels at a font size of 16. @default 1100 */
  readonly widest?: number;
  /** Returns the svg; a new function draws a new plot. */
  readonly draw: (width: number) => string;
}

/** Widths are rounded to this, so that a scroll bar does not cause a new plot. */
const STEP = 20;

export function Figure({ caption, draw, widest = 1100 }: FigureProps) {
  const frame = useRef<HTMLDivElement>(null);
  const width = useRoom(frame, widest);
  const drawn = useMemo(() => (width === 0 ? null : attempt(() => draw(width))), [draw, width]);
  const scrolls = scrolledWidth(drawn?.svg, width);
  return (
    <figure class="figure">
      <div
        class="figure-frame"
        ref={frame}
        style={scrolls === null ? {} : { '--plot-width': `${scrolls / 16}rem` }}
        {...(scrolls !== null && {
          tabIndex: 0,
          role: 'group',
          'aria-label': 'Plot (scrolls)',
        })}
        dangerouslySetInnerHTML={{ __html: drawn?.svg ?? '' }}
      />
      {drawn?.message && <ErrorBox message={drawn.message} />}
      <figcaption>{caption}</figcaption>
    </figure>
  );
}

/** A picture up to this much too wide is scaled; a wider one scrolls. */
const MOST_SCALED = 1.25;

/** The width of a picture that scrolls; null for others. */
function scrolledWidth(svg: string | undefined, room: number): number | null {
  const [, drawn] = /^<svg[^>]* width="([\d.]+)"/.exec(svg ?? '') ?? [];
  return Number(drawn) > MOST_SCALED * room ? Number(drawn) : null;
}

function attempt(draw: () => string): { readonly svg?: string; readonly message?: string } {
  try {
    return { svg: withoutInnerNames(draw()) };
  } catch (error) {
    return { message: error instanceof Error ? error.message : String(error) };
  }
}

/** Removes the names of marks: to assistive technology the svg is one picture with one name. */
function withoutInnerNames(svg: string): string {
  return svg.replaceAll(/<(\w+) aria-label="[^"]*"/g, '<$1');
}

/** Width of the frame, in pixels at a font size of 16; 0 until it is known. */
function useRoom(frame: { readonly current: HTMLElement | null }, widest: number): number {
  const [width, setWidth] = useState(0);
  useLayoutEffect(() => {
    const element = frame.current;
    if (!element) return;
    const measure = () => {
      const letters = Number.parseFloat(getComputedStyle(document.documentElement).fontSize) / 16;
      const room = Math.floor(element.clientWidth / letters / STEP) * STEP;
      if (room > 0) setWidth(Math.min(widest, room));
    };
    measure();
    const watch = new ResizeObserver(measure);
    watch.observe(element);
    return () => watch.disconnect();
  }, [frame, widest]);
  return width;
}

interface TableFrameProps {
  /** Id of the heading that names the table. */
  readonly heading: string;
  readonly class?: string;
  readonly children: ComponentChildren;
}

export function TableFrame({ heading, children, class: more = '' }: TableFrameProps) {
  const frame = useRef<HTMLDivElement>(null);
  const wide = useOverflow(frame);
  return (
    <>
      {wide && <p class="scroll-hint">More columns to the right: the table scrolls.</p>}
      {/* A group, no region: the section around it has the same name, and is a landmark. */}
      {/* biome-ignore lint/a11y/useSemanticElements: a fieldset is for fields */}
      <div
        ref={frame}
        class={`table-frame ${more}`}
        role="group"
        aria-labelledby={heading}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: scrolls by keys
        tabIndex={0}
      >
        {children}
      </div>
    </>
  );
}

/** Whether the content is wider than its frame. */
function useOverflow(frame: { readonly current: HTMLElement | null }): boolean {
  const [wide, setWide] = useState(false);
  useLayoutEffect(() => {
    const element = frame.current;
    if (!element) return;
    // Both widths are rounded.
    const measure = () => setWide(element.scrollWidth > element.clientWidth + 1);
    measure();
    const watch = new ResizeObserver(measure);
    watch.observe(element);
    return () => watch.disconnect();
  }, [frame]);
  return wide;
}
