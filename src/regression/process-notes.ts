/**
 * Whether the basis of a Gaussian process is fine enough for the length-scale that the data ask for (Riutort-Mayol et
 * al. 2023, section 4.5). If it is not, the posterior is that of the basis, and not of the process.
 */
import type { SpecialTerm } from '../../models/coefficient-blocks.js';
import { type Draws, parameterDraws } from '../posterior/draws.js';
import { median } from '../posterior/quantiles.js';

/** A note for each process whose length-scale has a median below the shortest that its basis resolves. */
export function processNotes(terms: readonly SpecialTerm[], draws: Draws): string[] {
  return terms.flatMap((term) => {
    if (term.kind !== 'process') return [];
    const { name, columns, shortest } = term;
    const length = median(parameterDraws(draws, `lscale_${name}`));
    if (!(length < shortest)) return [];
    const enough = Math.ceil((columns * shortest) / length);
    const digits = (value: number) => Number(value.toPrecision(2));
    return [
      `lscale_${name} has the median ${digits(length)}, but ${columns} basis functions resolve length-scales from ${digits(shortest)} on: k = ${enough} would resolve it`,
    ];
  });
}
