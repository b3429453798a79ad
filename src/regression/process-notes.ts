/**
 * Whether the basis of a Gaussian process is fine enough for the length-scale that the data ask for (Riutort-Mayol et
 * al. 2023, section 4.5). If it is not, the posterior is that of the basis, and not of the process.
 */
import type { SmoothDesign } from '../formula/design.js';
import { nameInPart } from '../formula/stacked.js';
import { type Draws, parameterDraws } from '../posterior/draws.js';
import { median } from '../posterior/quantiles.js';
import { smoothName } from './priors/linear-predictors.js';

/** A note for each process whose length-scale has a median below the shortest that its basis resolves. */
export function processNotes(smooths: readonly SmoothDesign[], draws: Draws): string[] {
  return smooths.flatMap((smooth) => {
    const { process, columns, label, parameter } = smooth;
    if (process === null) return [];
    const own = smoothName(smooth);
    const name = parameter === undefined ? own : nameInPart(parameter, own);
    const length = median(parameterDraws(draws, `lscale_${name}`));
    if (!(length < process.shortest)) return [];
    const enough = Math.ceil((columns * process.shortest) / length);
    const digits = (value: number) => Number(value.toPrecision(2));
    return [
      `the length-scale of ${label} has the median ${digits(length)}, but ${columns} basis functions resolve ${digits(process.shortest)} and longer: k = ${enough} would resolve it`,
    ];
  });
}
