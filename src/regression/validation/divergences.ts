/**
 * Why transitions of a fit diverged, in the words of its model. A divergent transition is a numerical
 * trajectory that left its energy level (Betancourt 2017, section 6.2). It does so
 *
 *  - at a boundary: at the step where it broke, the model excludes the outcomes of some rows;
 *  - in a funnel: at small standard deviations of group effects, which press these together;
 *  - elsewhere, where its steps are too large for the curvature.
 */
import { type Family, traitsOf } from '../../../models/families/family.js';
import { rowLogLikelihood } from '../../../models/reported-parameters.js';
import { listed } from '../../checks/names.js';
import { parameterDraws } from '../../posterior/draws.js';
import { orderingOf } from '../../posterior/fast/ordering.js';
import type { FittedRegression } from '../fitted-regression.js';
import { isGroupEffect } from './criteria.js';

type Diverged = Pick<FittedRegression, 'specification' | 'frame' | 'draws' | 'chains' | 'family'>;

export interface DivergenceCause {
  readonly cause: 'boundary' | 'funnel' | 'step size';
  /** Names of parameters at whose low or high values the transitions diverged. */
  readonly parameters: readonly { readonly name: string; readonly at: 'low' | 'high' }[];
  /** Numbers of the rows whose outcomes the model excludes there, as in the user's data, from 1. */
  readonly rows: readonly number[];
  /** Where, why and what to do; continues "12 transitions diverged". */
  readonly text: string;
}

/** @param sites of `divergenceSites`; none of a loaded fit */
export function causeOfDivergences(fit: Diverged, sites: readonly Float64Array[]): DivergenceCause {
  const rows = excludedRows(fit, sites);
  const parameters = outstandingParameters(fit);
  if (rows.length > 0) {
    const text = `where the model excludes the outcome of ${rowsText(rows)}, at a boundary of its parameters: ${boundaryRemedy(fit.family)}`;
    return { cause: 'boundary', parameters, rows, text };
  }
  const narrow = parameters.find(({ name, at }) => at === 'low' && name.startsWith('sd_'));
  const where = parameters.map(({ name, at }) => `${at} ${name}`).join(' and ');
  if (narrow) {
    const text = `at ${where}, where small standard deviations press the group effects together (a funnel): raise targetAcceptance (0.99), or give ${narrow.name} a prior that keeps it from 0`;
    return { cause: 'funnel', parameters, rows, text };
  }
  const text = `${where === '' ? 'all over the posterior' : `at ${where}`}, where steps were too large for the curvature: raise targetAcceptance (0.99), or narrow the priors`;
  return { cause: 'step size', parameters, rows, text };
}

function boundaryRemedy(family: Family): string {
  const { mean } = traitsOf(family);
  const link = mean === 'positive' ? 'log' : mean === 'probability' ? 'logit' : null;
  return link !== null && family.link !== link
    ? `use a link that keeps the mean in its range (${link} in place of ${family.link})`
    : 'narrow the priors';
}

/** A site further from the mean of the draws, in sds, says where a trajectory went after it broke. */
const NEAR = 20;
/** Share of the sites at which a row is excluded, for a boundary. */
const LEAST_SHARE = 0.5;

/** Rows that have no density at most of the sites near the draws, the most frequent first. */
function excludedRows(fit: Diverged, sites: readonly Float64Array[]): number[] {
  const { specification, draws } = fit;
  const near = sites.filter(nearTheDraws(draws));
  if (near.length === 0 || near.length < LEAST_SHARE * sites.length) return [];
  const write = rowLogLikelihood(specification);
  const density = new Float64Array(specification.data.rows);
  const times = new Float64Array(density.length);
  let excluded = 0;
  for (const site of near) {
    write(site, density);
    if (density.some((value) => !Number.isFinite(value))) excluded++;
    density.forEach((value, row) => {
      if (!Number.isFinite(value)) times[row]++;
    });
  }
  if (excluded < LEAST_SHARE * near.length) return [];
  const found = Array.from(times.keys()).filter((row) => times[row] > 0);
  return found
    .sort((a, b) => times[b] - times[a] || a - b)
    .map((row) => fit.frame.usedRows[row] + 1);
}

function nearTheDraws(draws: Diverged['draws']): (site: Float64Array) => boolean {
  const ranges = draws.parameterNames.flatMap((name, place) => {
    if (isGroupEffect(name)) return [];
    const values = parameterDraws(draws, place);
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
    return [{ place, mean, sd: Math.sqrt(squares / values.length) }];
  });
  return (site) => ranges.every(({ place, mean, sd }) => Math.abs(site[place] - mean) <= NEAR * sd);
}

/** The mean rank of divergent draws among all, from 0 to 1, stands out if so far from the middle. */
const LEAST_DISTANCE = 0.2;
/** In standard errors of a mean of uniform ranks. */
const LEAST_ERRORS = 3;
const MOST_PARAMETERS = 2;

/** Parameters that are low or high at the draws of divergent transitions, the most so first. */
function outstandingParameters({ draws, chains }: Diverged): DivergenceCause['parameters'] {
  const divergent = chains.flatMap(({ transitions }, chain) =>
    Array.from(transitions.divergent.keys())
      .filter((draw) => transitions.divergent[draw] === 1)
      .map((draw) => chain * draws.drawsPerChain + draw),
  );
  if (divergent.length === 0) return [];
  const error = 1 / Math.sqrt(12 * divergent.length);
  return draws.parameterNames
    .flatMap((name, place) => {
      if (isGroupEffect(name)) return [];
      const { order } = orderingOf(parameterDraws(draws, place));
      const ranks = new Float64Array(order.length);
      order.forEach((draw, rank) => {
        ranks[draw] = (rank + 0.5) / order.length;
      });
      const mean = divergent.reduce((sum, draw) => sum + ranks[draw], 0) / divergent.length;
      return [{ name, distance: mean - 0.5 }];
    })
    .filter(({ distance }) => Math.abs(distance) > Math.max(LEAST_DISTANCE, LEAST_ERRORS * error))
    .sort((a, b) => Math.abs(b.distance) - Math.abs(a.distance))
    .slice(0, MOST_PARAMETERS)
    .map(({ name, distance }) => ({ name, at: distance < 0 ? 'low' : 'high' }));
}

const MOST_ROWS = 4;

function rowsText(rows: readonly number[]): string {
  const names = rows.map(String);
  return `${rows.length === 1 ? 'row' : 'rows'} ${listed(names, MOST_ROWS)}`;
}
