/**
 * How reports break the rules they were given. Real models do it context by context: in some they
 * never get an attribute's name right, in most they never fail. The published files show it: of
 * gpt-4o-mini's reports 43% were invalid, yet in 21 of 100 contexts not one was valid.
 */
import betaQuantile from '@stdlib/stats-base-dists-beta-quantile';
import { introspectionLearned } from './behaviour.js';

/** α + β of the distribution over contexts: at 0.5 contexts without any valid report are as many as in the files. */
const CONCENTRATION = 0.5;

/**
 * The share of invalid reports in one context, by the context's luck: a Beta distribution over
 * contexts whose mean is the overall share.
 */
export function invalidPropensity(luck: number, share: number): number {
  if (share <= 0) return 0;
  if (share >= 1) return 1;
  return betaQuantile(luck, CONCENTRATION * share, CONCENTRATION * (1 - share));
}

/** The overall share after introspection training on so many examples. */
export function breakingShare(before: number, after: number, examples: number): number {
  return after + (before - after) * (1 - introspectionLearned(examples));
}
