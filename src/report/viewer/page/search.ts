/**
 * Finding a context by some letters of what is known of it.
 */

/** What is searched: lower case, underscores as spaces. */
export function searchText(...parts: readonly string[]): string {
  return parts.join(' ').toLowerCase().replaceAll('_', ' ');
}

export interface Searched {
  readonly title: string;
  /** The title, and all else that is searched. */
  readonly searchText: string;
}

/**
 * Items that hold every word of the query, those with all of them in their title first, else in
 * their order; all items for an empty query.
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
 * The item to go to where letters are typed into a list: the next one after `from`, around the
 * end, whose title begins with them; undefined where none does.
 */
export function typeahead(
  titles: readonly string[],
  letters: string,
  from: number,
): number | undefined {
  const start = letters.toLowerCase();
  for (let step = 0; step < titles.length; step++) {
    // More letters of one word may still mean the item where one is.
    const index = (from + step + (letters.length > 1 ? 0 : 1) + titles.length) % titles.length;
    if (titles[index]?.toLowerCase().startsWith(start)) return index;
  }
  return undefined;
}
