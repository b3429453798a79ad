/**
 * How much room text takes, without a browser to ask: about the widths of DejaVu Sans, the widest
 * of the sans-serif fonts that a system shows where it has no Inter.
 */
import { FONT_SIZE } from './theme.js';

/** In em, for the letters that are far from the common width. */
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

/** Of one line, in pixels. */
export function textWidth(text: string, fontSize = FONT_SIZE): number {
  let em = 0;
  for (const letter of text) em += letterWidth(letter);
  return em * fontSize;
}

/** How much wider bold letters are. */
export const BOLD = 1.15;

/** Of the widest of several lines or names. */
export function widest(texts: Iterable<string>, fontSize = FONT_SIZE): number {
  let width = 0;
  for (const text of texts) width = Math.max(width, textWidth(text, fontSize));
  return width;
}

/**
 * Lines no wider than `width`, broken after a space or another sign between words where there is
 * one, else within a word. Nothing is left out.
 */
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

/** XML has no place for control characters, and a label none for line ends. */
export function printable(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  return text.replace(/[\u0000-\u001f\u007f-\u009f\ufffe\uffff\u2028\u2029]|\p{Surrogate}/gu, ' ');
}

/** Decimals that show the second significant digit of a spread. */
export function decimalsFor(spread: number): number {
  if (!(spread > 0)) return 2;
  return Math.min(Math.max(1 - Math.floor(Math.log10(spread)), 0), 10);
}

/** A number as it is written on a plot: thousands apart, with a true minus sign. */
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

/** A number that was given, with the digits that it has. */
export function formatGiven(value: number): string {
  return value.toLocaleString('en-US', { maximumSignificantDigits: 6 }).replace('-', '\u2212');
}

/** Both ends in brackets, never broken over two lines. */
export function formatInterval([low, high]: readonly [number, number], decimals: number): string {
  return `[${formatNumber(low, decimals)},\u00a0${formatNumber(high, decimals)}]`;
}

/** '95% HDI', '89% HDI', '99.9% HDI'. */
export function hdiName(mass: number): string {
  return `${Number((100 * mass).toPrecision(6))}% HDI`;
}
