/** A server's words made fit to be printed. All of it takes linear time, whatever the words are. */

/** A web page without its tags, styles and scripts. */
export function withoutTags(page: string): string {
  if (!/^\s*</.test(page)) return page;
  let text = '';
  let at = 0;
  for (;;) {
    const start = page.indexOf('<', at);
    if (start < 0) return text + page.slice(at);
    text += `${page.slice(at, start)} `;
    const end = endOfTag(page, start);
    if (end < 0) return text;
    at = end;
  }
}

/** Behind the tag, or behind the element where it holds no words; -1: it never ends. */
function endOfTag(page: string, start: number): number {
  const name = /^<(style|script)\b/i.exec(page.slice(start, start + 8))?.[1];
  let from = start;
  if (name !== undefined) {
    const closing = new RegExp(`</${name}`, 'gi');
    closing.lastIndex = start;
    const found = closing.exec(page);
    if (!found) return -1;
    from = found.index;
  }
  const end = page.indexOf('>', from);
  return end < 0 ? -1 : end + 1;
}

/**
 * A text for a terminal: escape sequences and other control characters would be acted on there.
 * Line ends and tabs stay.
 */
export function printable(text: string): string {
  return text.replace(/[^\P{Cc}\n\t]/gu, '\ufffd');
}
