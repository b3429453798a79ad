/**
 * Draws as one table of text, a row a draw, with the names that R's posterior has for their places:
 * `posterior::as_draws_df(read.csv(file, check.names = FALSE))`.
 */
import type { Draws } from '../posterior/draws.js';

/** CSV of `.chain`, `.iteration`, `.draw` (from 1), then a column a parameter. */
export function drawsTable({ parameterNames, chains, drawsPerChain, values }: Draws): string {
  const width = parameterNames.length;
  const header = ['.chain', '.iteration', '.draw', ...parameterNames].map(quoted).join(',');
  const rows = Array.from({ length: chains * drawsPerChain }, (_, row) => {
    const place = [Math.floor(row / drawsPerChain) + 1, (row % drawsPerChain) + 1, row + 1];
    return [...place, ...values.subarray(row * width, (row + 1) * width)].join(',');
  });
  return `${[header, ...rows].join('\n')}\n`;
}

function quoted(name: string): string {
  return /[",\r\n]/.test(name) ? `"${name.replaceAll('"', '""')}"` : name;
}
