/**
 * A plot at the width that there is: drawn anew when the room changes by much, scaled in between.
 * Letters keep the size of the page's own, on a telephone as on a wall.
 */
import { useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import { ErrorBox } from './loaded.js';

interface FigureProps {
  /** What the plot shows and how to read it. */
  readonly caption: string;
  /** At most so wide, in the pixels of letters of 16. */
  readonly widest?: number;
  /** Draws the svg; another function, another plot. */
  readonly draw: (width: number) => string;
}

/** Widths are rounded to it, so that a scroll bar that comes or goes draws nothing anew. */
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
          'aria-label': 'Plot, to be scrolled',
        })}
        dangerouslySetInnerHTML={{ __html: drawn?.svg ?? '' }}
      />
      {drawn?.message && <ErrorBox message={drawn.message} />}
      <figcaption>{caption}</figcaption>
    </figure>
  );
}

/** A picture a little too wide is scaled; one that would become too small to read is scrolled. */
const MOST_SCALED = 1.25;

/** The width that a picture keeps although there is less room; null where it fits. */
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

/**
 * Observable Plot names the marks for those who read the file; to assistive technology
 * the svg is one picture with a name, and names within it are of no use.
 */
function withoutInnerNames(svg: string): string {
  return svg.replaceAll(/<(\w+) aria-label="[^"]*"/g, '<$1');
}

/** In pixels of a page whose letters are 16 high; 0 until it is known. */
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
