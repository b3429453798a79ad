/**
 * What is wrong with a fit, for people: what each measure means and when it is to be doubted
 * (Vehtari et al. 2021; Betancourt 2016).
 */
import { THRESHOLDS } from '../../../posterior/thresholds.js';
import type { FitEntry } from '../wire.js';
import { countText, fixed } from './format.js';

type Diagnostics = FitEntry['diagnostics'];

/** Whether a value is beyond its threshold; null (not a number) is. */
export const doubtful = {
  rhat: (value: number | null) => value === null || value > THRESHOLDS.rhat,
  ess: (value: number | null) => value === null || value < THRESHOLDS.ess,
  ebfmi: (value: number | null) => value === null || value < THRESHOLDS.ebfmi,
} as const;

export interface Measure {
  readonly name: string;
  readonly value: string;
  readonly wanted: string;
  readonly means: string;
  readonly doubtful: boolean;
}

/** Every measure of a fit with what it means. */
export function measuresOf(diagnostics: Diagnostics): Measure[] {
  const { max_rhat, min_ess_bulk, min_ess_tail, divergences, max_depth_hits, min_ebfmi, pareto_k } =
    diagnostics;
  const measures: Measure[] = [
    {
      name: 'Largest R-hat',
      value: fixed(max_rhat, 4),
      wanted: `at most ${THRESHOLDS.rhat}`,
      means: 'chains that began apart ended in the same place',
      doubtful: doubtful.rhat(max_rhat),
    },
    {
      name: 'Least bulk ESS',
      value: countText(min_ess_bulk),
      wanted: `at least ${THRESHOLDS.ess}`,
      means: 'independent draws that the means are worth',
      doubtful: doubtful.ess(min_ess_bulk),
    },
    {
      name: 'Least tail ESS',
      value: countText(min_ess_tail),
      wanted: `at least ${THRESHOLDS.ess}`,
      means: 'independent draws that the ends of intervals are worth',
      doubtful: doubtful.ess(min_ess_tail),
    },
    {
      name: 'Divergences',
      value: countText(divergences),
      wanted: 'none',
      means: 'steps that left the posterior; a part of it may be missed',
      doubtful: divergences > 0,
    },
    {
      name: 'Depth limit hit',
      value: countText(max_depth_hits),
      wanted: 'none',
      means: 'trajectories that were cut; slow, not wrong',
      doubtful: max_depth_hits > 0,
    },
    {
      name: 'Least E-BFMI',
      value: fixed(min_ebfmi, 2),
      wanted: `at least ${THRESHOLDS.ebfmi}`,
      means: 'the momentum is enough to reach the tails',
      doubtful: doubtful.ebfmi(min_ebfmi),
    },
  ];
  if (pareto_k !== null) {
    measures.push({
      name: 'Pareto k̂',
      value: fixed(pareto_k, 2),
      wanted: `below ${THRESHOLDS.paretoK}`,
      means:
        'how near the posterior is to a Student-t around its mode; the chains have no part in it',
      // Above it the approximation is far off, which says nothing against the chains.
      doubtful: false,
    });
  }
  return measures;
}
