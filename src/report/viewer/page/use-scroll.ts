/** Where a list is scrolled to, and how it is scrolled to a row. */
import { useLayoutEffect, useState } from 'preact/hooks';
import { scrollToRow } from './list-window.js';

interface Scroller {
  readonly current: HTMLDivElement | null;
}

export interface View {
  readonly rowHeight: number;
  readonly scrollTop: number;
  readonly height: number;
  /** Looks again. */
  readonly follow: () => void;
}

/** Where the list is scrolled to, how high it is, and how high a row is in this font size. */
export function useScroll(scroller: Scroller): View {
  const [view, setView] = useState({ rowHeight: 0, scrollTop: 0, height: 0 });
  const [follow] = useState(() => () => {
    const list = scroller.current;
    if (!list) return;
    const rowHeight = Number.parseFloat(getComputedStyle(list).getPropertyValue('line-height'));
    const { scrollTop, clientHeight: height } = list;
    setView((before) =>
      before.rowHeight === rowHeight && before.scrollTop === scrollTop && before.height === height
        ? before
        : { rowHeight, scrollTop, height },
    );
  });
  useLayoutEffect(() => {
    const list = scroller.current;
    if (!list) return;
    follow();
    const watch = new ResizeObserver(follow);
    watch.observe(list);
    list.addEventListener('scroll', follow, { passive: true });
    return () => {
      watch.disconnect();
      list.removeEventListener('scroll', follow);
    };
  }, [scroller, follow]);
  return { ...view, follow };
}

/** Scrolls no further than needed for the row that keys are at. */
export function useRowInSight(
  scroller: Scroller,
  { rowHeight, follow }: View,
  row: number,
  items: readonly unknown[],
): void {
  useLayoutEffect(() => {
    const list = scroller.current;
    if (!list || rowHeight === 0) return;
    list.scrollTop = scrollToRow(row, rowHeight, list.scrollTop, list.clientHeight);
    follow();
  }, [row, rowHeight, items, follow]);
}
