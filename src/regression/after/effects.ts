/**
 * Coefficients of a fit, as brms' `fixef`, `ranef` and `coef`: those of the population, the
 * deviations of each level of a grouping factor from them, and the sums of both.
 */

import { requireProbability } from '../../checks/options.js';
import { WeighbridgeError } from '../../errors.js';
import { parameterDraws } from '../../posterior/draws.js';
import {
  estimateLines,
  type PointSummary,
  type PointSummaryOptions,
  pointSummary,
} from '../../posterior/point-summary.js';
import { type Printable, printable } from '../../posterior/printable.js';
import type { FittedRegression } from '../fitted-regression.js';
import { type GroupLayout, type Layout, layoutOf, sizesOfTerms } from './layout.js';

export interface CoefficientRow extends PointSummary {
  /** brms' name without `b_`: `Intercept`, `x1:x2`. */
  readonly name: string;
}

export interface LevelCoefficientRow extends CoefficientRow {
  readonly level: string;
}

/** Keyed by grouping factor: all levels of the first coefficient, then those of the next. */
export type GroupCoefficients = Readonly<Record<string, readonly LevelCoefficientRow[]>>;

export function fixef(
  fit: FittedRegression,
  options: PointSummaryOptions = {},
): readonly CoefficientRow[] & Printable {
  const { summarize, mass } = summarizer(options);
  const layout = layoutOf(fit);
  const slopes = layout.coefficients.map((name, place) => ({ name, place }));
  const rows = [...slopes, ...sizesOfTerms(layout)].map(({ name, place }) => ({
    name,
    ...summarize(parameterDraws(fit.draws, place)),
  }));
  return printable(rows, () => estimateLines({ rows, mass, label: ({ name }) => name }).join('\n'));
}

/**
 * Effects of each level: deviations of its coefficients from the population's.
 *
 * @throws WeighbridgeError `bad-argument` for a fit without group terms
 */
export function ranef(
  fit: FittedRegression,
  options: PointSummaryOptions = {},
): GroupCoefficients & Printable {
  const { summarize, mass } = summarizer(options);
  return byGroup(fit, mass, ({ terms }) =>
    terms.flatMap((term) =>
      term.coefficients.flatMap((coefficient, c) =>
        term.levels.map((level, l) => ({
          level,
          name: coefficient,
          ...summarize(effectDraws(fit, term, c, l)),
        })),
      ),
    ),
  );
}

/**
 * Coefficients of each level: the population's plus the level's effects. A coefficient that does
 * not vary is the same for all levels; one without a population-level coefficient is the effect
 * alone.
 *
 * @throws WeighbridgeError `bad-argument` for a fit without group terms
 */
export function coef(
  fit: FittedRegression,
  options: PointSummaryOptions = {},
): GroupCoefficients & Printable {
  const { summarize, mass } = summarizer(options);
  return byGroup(fit, mass, ({ layout, terms, levels }) => {
    const varying = [...new Set(terms.flatMap(({ coefficients }) => coefficients))];
    const constant = layout.coefficients.filter((name) => !varying.includes(name));
    return [...varying, ...constant].flatMap((coefficient) =>
      levels.map((level, l) => ({
        level,
        name: coefficient,
        ...summarize(levelDraws(fit, layout, terms, coefficient, l)),
      })),
    );
  });
}

interface GroupTerms {
  readonly layout: Layout;
  readonly levels: readonly string[];
  /** All terms of one grouping factor. */
  readonly terms: readonly GroupLayout[];
}

function byGroup(
  fit: FittedRegression,
  mass: number,
  rows: (group: GroupTerms) => LevelCoefficientRow[],
): GroupCoefficients & Printable {
  const layout = layoutOf(fit);
  if (layout.groups.length === 0) {
    throw new WeighbridgeError('bad-argument', 'this fit has no group terms: fixef has all of it');
  }
  const names = [...new Set(layout.groups.map(({ group }) => group))];
  const made: GroupCoefficients = Object.fromEntries(
    names.map((name) => {
      const terms = layout.groups.filter(({ group }) => group === name);
      return [name, rows({ layout, levels: terms[0]?.levels ?? [], terms })];
    }),
  );
  return printable(made, () => groupsText(made, mass));
}

/** One table of levels per group and coefficient, as R prints brms' arrays. */
function groupsText(groups: GroupCoefficients, mass: number): string {
  const tables = Object.entries(groups).flatMap(([group, rows]) => {
    const coefficients = [...new Set(rows.map(({ name }) => name))];
    return coefficients.map((coefficient) => {
      const own = rows.filter(({ name }) => name === coefficient);
      const lines = estimateLines({ rows: own, mass, label: ({ level }) => level });
      return [`${group}, ${coefficient}:`, ...lines].join('\n');
    });
  });
  return tables.join('\n\n');
}

function summarizer({ mass = 0.95, robust = false }: PointSummaryOptions) {
  requireProbability('mass', mass);
  const summarize = (draws: Float64Array) => pointSummary(draws, { mass, robust });
  return { summarize, mass };
}

function effectDraws(fit: FittedRegression, term: GroupLayout, c: number, level: number) {
  return parameterDraws(fit.draws, term.effects + c * term.levels.length + level);
}

/** Sum of the population's draws and those of the level's effects. */
function levelDraws(
  fit: FittedRegression,
  layout: Layout,
  terms: readonly GroupLayout[],
  coefficient: string,
  level: number,
): Float64Array {
  const { draws } = fit;
  const place = layout.coefficients.indexOf(coefficient);
  const sum =
    place === -1
      ? new Float64Array(draws.chains * draws.drawsPerChain)
      : parameterDraws(draws, place);
  for (const term of terms) {
    const c = term.coefficients.indexOf(coefficient);
    if (c === -1) continue;
    const effect = effectDraws(fit, term, c, level);
    for (let s = 0; s < sum.length; s++) sum[s] += effect[s];
  }
  return sum;
}
