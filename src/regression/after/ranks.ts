/**
 * The posterior of ranks: at each draw the levels of a grouping factor are sorted by their effects, the highest first,
 * so that ranks have the uncertainty of all effects together.
 */

import { listed } from '../../checks/names.js';
import { requireProbability } from '../../checks/options.js';
import { badArgument, described } from '../../checks/values.js';
import { isComparison } from '../../fit/comparison-graph.js';
import { parameterDraws } from '../../posterior/draws.js';
import { estimateLines, type PointSummary, pointSummary } from '../../posterior/point-summary.js';
import { fixed, type Printable, printable } from '../../posterior/printable.js';
import type { FittedRegression } from '../fitted-regression.js';
import { type GroupLayout, layoutOf } from './layout.js';

export interface RanksOptions {
  /**
   * Grouping factor whose levels are ranked, for example `mmwinnerloser`.
   *
   * @default the only one, or the only one that compares levels, with weights that sum to 0
   */
  readonly group?: string;
  /** The coefficient that varies. @default the first, as a rule `Intercept` */
  readonly coefficient?: string;
  /** Probability of the intervals of effects and ranks, in (0, 1). @default 0.95 */
  readonly mass?: number;
}

/** A level with its effect and its rank, of which 1 is the highest effect. */
export interface RankRow extends PointSummary {
  readonly level: string;
  /** Share of the draws in which its effect is the highest. */
  readonly pBest: number;
  /** Mean rank. */
  readonly rank: number;
  /** Ends of the equal-tailed interval of the rank, whole numbers. */
  readonly rankLower: number;
  readonly rankUpper: number;
  /** Share of the draws with each rank, from 1 on. */
  readonly rankProbabilities: readonly number[];
}

export interface Ranks {
  readonly group: string;
  readonly coefficient: string;
  readonly mass: number;
  /** In ascending order of mean ranks. */
  readonly rows: readonly RankRow[];
}

/** @throws WeighbridgeError `bad-argument` if there is no such group or coefficient, or several to choose from */
export function ranksOf(
  fit: FittedRegression,
  { group, coefficient, mass = 0.95 }: RanksOptions = {},
): Ranks & Printable {
  requireProbability('mass', mass);
  const { layout: term, place } = termOf(fit, group, coefficient);
  const { levels, effects, coefficients } = term;
  const columns = levels.map((_, level) =>
    parameterDraws(fit.draws, effects + place * levels.length + level),
  );
  const counts = rankCounts(columns);
  const draws = fit.draws.chains * fit.draws.drawsPerChain;
  const rows = levels.map((level, l): RankRow => {
    const shares = Array.from(counts[l], (count) => count / draws);
    const [rankLower, rankUpper] = [(1 - mass) / 2, (1 + mass) / 2].map((p) => rankAt(shares, p));
    return {
      level,
      ...pointSummary(columns[l], { mass }),
      pBest: shares[0],
      rank: shares.reduce((sum, share, r) => sum + (r + 1) * share, 0),
      rankLower,
      rankUpper,
      rankProbabilities: shares,
    };
  });
  rows.sort((a, b) => a.rank - b.rank);
  const ranks: Ranks = { group: term.group, coefficient: coefficients[place], mass, rows };
  return printable(ranks, () => ranksText(ranks));
}

/** Grouping factors whose terms compare levels. */
export function comparedGroups({ specification }: FittedRegression): readonly string[] {
  const groups = specification.data.groups.filter(isComparison).map(({ group }) => group);
  return [...new Set(groups)];
}

function termOf(
  fit: FittedRegression,
  asked: string | undefined,
  coefficient: string | undefined,
): { layout: GroupLayout; place: number } {
  const { groups } = layoutOf(fit);
  const names = [...new Set(groups.map(({ group }) => group))];
  const compared = comparedGroups(fit);
  const [only, second] = compared.length > 0 ? compared : names;
  const chosen = asked ?? only;
  if (chosen === undefined)
    throw badArgument('this fit has no group terms, whose levels could be ranked');
  if (asked === undefined && second !== undefined) {
    throw badArgument(
      `the option group says whose levels are ranked, expected one of ${listed(names)}`,
    );
  }
  const own = groups.filter(({ group }) => group === chosen);
  if (own.length === 0) {
    throw badArgument(`group is ${described(chosen)}, expected one of ${listed(names)}`);
  }
  const layout = own.find(({ coefficients }) =>
    coefficients.includes(coefficient ?? coefficients[0]),
  );
  if (!layout) {
    const known = own.flatMap(({ coefficients }) => coefficients);
    throw badArgument(`coefficient is ${described(coefficient)}, expected one of ${listed(known)}`);
  }
  const place = coefficient === undefined ? 0 : layout.coefficients.indexOf(coefficient);
  return { layout, place };
}

/** How often each level has each rank. */
function rankCounts(columns: readonly Float64Array[]): readonly Uint32Array[] {
  const counts = columns.map(() => new Uint32Array(columns.length));
  const order = columns.map((_, level) => level);
  const draws = columns[0]?.length ?? 0;
  for (let s = 0; s < draws; s++) {
    // Starting from the order of the draw before.
    order.sort((a, b) => columns[b][s] - columns[a][s]);
    order.forEach((level, rank) => {
      counts[level][rank]++;
    });
  }
  return counts;
}

/** The lowest rank whose cumulative share reaches p. */
function rankAt(shares: readonly number[], p: number): number {
  let sum = 0;
  for (const [r, share] of shares.entries()) {
    sum += share;
    // Sums of shares are rounded.
    if (sum >= p * (1 - 1e-12)) return r + 1;
  }
  return shares.length;
}

function ranksText({ group, coefficient, mass, rows }: Ranks): string {
  return [
    `Ranks of ${group} by ${coefficient} (1: the highest effect; ${Number((100 * mass).toPrecision(12))}% intervals):`,
    ...estimateLines({
      rows,
      mass,
      label: ({ level }) => level,
      leading: (shown) => {
        const column = (head: string, digits: number, value: (row: RankRow) => number) => ({
          head,
          cells: shown.map((row) => fixed(value(row), digits)),
        });
        return [
          column('P(best)', 3, ({ pBest }) => pBest),
          column('Rank', 1, ({ rank }) => rank),
          column('From', 0, ({ rankLower }) => rankLower),
          column('To', 0, ({ rankUpper }) => rankUpper),
        ];
      },
    }),
  ].join('\n');
}
