/**
 * The lines of an uploaded file; null where there are more than `most`, before they are taken
 * apart: a file of nothing but line ends must not fill the memory. A line end after the last line
 * is as good as none.
 */
export function linesOf(text: string, most: number): string[] | null {
  let lines = 1;
  for (let end = text.indexOf('\n'); end !== -1; end = text.indexOf('\n', end + 1)) {
    if (end === text.length - 1) break;
    lines++;
    if (lines > most) return null;
  }
  return text.split('\n');
}
