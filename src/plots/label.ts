/**
 * Widths and formats of text. Widths are estimated from those of DejaVu Sans, the widest common
 * sans-serif font on systems without Inter.
 */
import { FONT_SIZE } from './theme.js';

/** In em, for letters that differ much from the common width. */
const WIDTHS: readonly (readonly [letters: RegExp, em: number])[] = [
  [/\p{Mark}|\p{Format}/u, 0],
  [/[ijl.,:;'|!I ]/u, 0.32],
  [/[frt()[\]{}/\\"*-]/u, 0.42],
  [/[mwMW@%—]/u, 0.95],
  // Ideographs, kana, hangul, full-width forms, emoji.
  [/[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe4f\uff00-\uff60]/u, 1.02],
  [/\p{Extended_Pictographic}/u, 1.35],
  [/\p{Lu}/u, 0.74],
];
const COMMON_WIDTH = 0.62;

function letterWidth(letter: string): number {
  return WIDTHS.find(([letters]) => letters.test(letter))?.[1] ?? COMMON_WIDTH;
}

/** Width of one line, in pixels. */
export function textWidth(text: string, fontSize = FONT_SIZE): number {
  let em = 0;
  for (const letter of text) em += letterWidth(letter);
  return em * fontSize;
}

/** Relative width of bold letters. */
export const BOLD = 1.15;

/** Width of the widest of several lines, in pixels. */
export function widest(texts: Iterable<string>, fontSize = FONT_SIZE): number {
  let width = 0;
  for (const text of texts) width = Math.max(width, textWidth(text, fontSize));
  return width;
}

/** Lines no wider than `width`, broken after a space or punctuation if possible, else within a word. */
export function wrapLabel(text: string, width: number, fontSize = FONT_SIZE): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.match(/.+?(?:[ _:/-]|\.(?=\D)|$)/gsu) ?? []) {
    if (textWidth(line + word.trimEnd(), fontSize) <= width) {
      line += word;
      continue;
    }
    if (line !== '') lines.push(line);
    const pieces = breakWord(word, width, fontSize);
    line = pieces.pop() ?? '';
    lines.push(...pieces);
  }
  return [...lines, line].map((one) => one.trimEnd());
}

function breakWord(word: string, width: number, fontSize: number): string[] {
  const pieces: string[] = [];
  let piece = '';
  for (const letter of word) {
    if (piece !== '' && textWidth(piece + letter, fontSize) > width) {
      pieces.push(piece);
      piece = '';
    }
    piece += letter;
  }
  return [...pieces, piece];
}

/** Replaces control characters, which XML does not allow, and line ends by spaces. */
export function printable(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are replaced
  return text.replace(/[\u0000-\u001f\u007f-\u009f\ufffe\uffff\u2028\u2029]|\p{Surrogate}/gu, ' ');
}

/** Decimals that show the second significant digit of a spread. */
export function decimalsFor(spread: number): number {
  if (!(spread > 0)) return 2;
  return Math.min(Math.max(1 - Math.floor(Math.log10(spread)), 0), 10);
}

/** A number on a plot: commas between thousands, a true minus sign. */
export function formatNumber(value: number, decimals: number): string {
  const text =
    Math.abs(value) >= 1e9
      ? value.toPrecision(4)
      : value.toLocaleString('en-US', {
          minimumFractionDigits: decimals,
          maximumFractionDigits: decimals,
        });
  return (Number(text) === 0 ? text.replace('-', '') : text).replaceAll('-', '\u2212');
}

/** A number from the caller, with up to six significant digits. */
export function formatGiven(value: number): string {
  return value.toLocaleString('en-US', { maximumSignificantDigits: 6 }).replace('-', '\u2212');
}

/** Both ends in brackets, without a line break. */
export function formatInterval([low, high]: readonly [number, number], decimals: number): string {
  return `[${formatNumber(low, decimals)},\u00a0${formatNumber(high, decimals)}]`;
}

/** '95% HDI', '89% HDI', '99.9% HDI'. */
export function hdiName(mass: number): string {
  return `${Number((100 * mass).toPrecision(6))}% HDI`;
}
