/** The list of contexts: searching it, and which of its rows are drawn. */

/** The text to search: lower case, spaces for underscores. */
export function searchText(...parts: readonly string[]): string {
  return parts.join(' ').toLowerCase().replaceAll('_', ' ');
}

interface Searched {
  readonly title: string;
  /** The title and everything else that is searched. */
  readonly searchText: string;
}

/**
 * Items with every word of the query, first those with all words in their title, otherwise in their
 * order. An empty query matches all items.
 */
export function search<T extends Searched>(items: readonly T[], query: string): readonly T[] {
  const words = searchText(query).split(/\s+/).filter(Boolean);
  if (words.length === 0) return items;
  const holds = (text: string) => words.every((word) => text.includes(word));
  const found = items.filter((item) => holds(item.searchText));
  const inTitle = new Set(found.filter(({ title }) => holds(searchText(title))));
  return [...inTitle, ...found.filter((item) => !inTitle.has(item))];
}

/**
 * The next item after `from`, wrapping around, whose title begins with the typed letters; undefined
 * if there is none.
 */
export function typeahead(
  titles: readonly string[],
  letters: string,
  from: number,
): number | undefined {
  const start = letters.toLowerCase();
  for (let step = 0; step < titles.length; step++) {
    // With several letters the current item still counts.
    const index = (from + step + (letters.length > 1 ? 0 : 1) + titles.length) % titles.length;
    if (titles[index]?.toLowerCase().startsWith(start)) return index;
  }
  return undefined;
}

/** The rows of a long list that are drawn: the visible ones and a few around them. */
interface ListWindow {
  readonly first: number;
  /** The row after the last one that is drawn. */
  readonly end: number;
}

/** Rows drawn beyond either edge, so that fast scrolling shows no gap. */
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

/** The nearest scroll position at which the whole row is visible. */
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
