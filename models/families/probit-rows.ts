/**
 * Σ y log Φ(η) + (n − y) log Φ(−η), for all rows.
 *
 * Of the two logarithms at a row, one is of the tail on η's side, T(|η|) exp(−η²/2), the other of
 * its complement (normal-tail.ts): both by one evaluation of T and one exponential. Rows without
 * successes or without failures, which Bernoulli outcomes are, put their factor into a product, of
 * which one logarithm is taken for many rows.
 */

import type { ResponseFamily } from './family.js';
import { DENSITY_AT_ZERO, scaledTail } from './normal-tail.js';
import type { Totals } from './totals.js';

/** A product below it has its logarithm taken; no factor is below its square root but in far tails. */
const LEAST = 1e-200;

export function probitLogLikelihood({ sums, counts }: Totals): ResponseFamily['logLikelihood'] {
  return (eta, _aux, etaGradient) => {
    let value = 0;
    let product = 1;
    for (let i = 0; i < sums.length; i++) {
      const size = Math.abs(eta[i]);
      // What happened on the side of η, and on the other side, the tail.
      const failures = counts[i] - sums[i];
      const usual = eta[i] < 0 ? failures : sums[i];
      const unusual = eta[i] < 0 ? sums[i] : failures;
      const square = 0.5 * size * size;
      const tail = scaledTail(size);
      let slope = 0;
      if (usual > 0) {
        const density = Math.exp(-square);
        const share = 1 - tail * density;
        if (usual === 1) product *= share;
        else value += usual * Math.log1p(-tail * density);
        slope += (usual * DENSITY_AT_ZERO * density) / share;
      }
      if (unusual > 0) {
        if (unusual === 1) product *= tail;
        else value += unusual * Math.log(tail);
        value -= unusual * square;
        slope -= (unusual * DENSITY_AT_ZERO) / tail;
      }
      if (product < LEAST) {
        value += Math.log(product);
        product = 1;
      }
      etaGradient[i] = eta[i] < 0 ? -slope : slope;
    }
    return value + Math.log(product);
  };
}
