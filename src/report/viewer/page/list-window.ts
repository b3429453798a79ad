/**
 * Which rows of a long list are drawn: those in sight and a few around them. All rows are equally
 * high, so that this is arithmetic.
 */
export interface ListWindow {
  readonly first: number;
  /** The row after the last one that is drawn. */
  readonly end: number;
}

/** Rows drawn beyond either edge, so that a quick scroll shows no gap. */
const SPARE_ROWS = 6;

export function listWindow(
  rows: number,
  rowHeight: number,
  scrollTop: number,
  height: number,
): ListWindow {
  if (!(rowHeight > 0)) return { first: 0, end: 0 };
  const first = Math.floor(Math.max(0, scrollTop) / rowHeight) - SPARE_ROWS;
  const end = Math.ceil((Math.max(0, scrollTop) + Math.max(0, height)) / rowHeight) + SPARE_ROWS;
  return {
    first: Math.min(rows, Math.max(0, first)),
    end: Math.max(0, Math.min(rows, end)),
  };
}

/** The scroll position nearest to the present one at which the row is wholly in sight. */
export function scrollToRow(
  row: number,
  rowHeight: number,
  scrollTop: number,
  height: number,
): number {
  const top = row * rowHeight;
  if (top < scrollTop) return top;
  const least = top + rowHeight - height;
  return least > scrollTop ? least : scrollTop;
}
