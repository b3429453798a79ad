/**
 * Coefficients of a fit, as brms' `fixef`, `ranef` and `coef` give them: of the population, of each
 * level of a grouping factor as its distance from the population, and of each level whole.
 */
import { WeighbridgeError } from '../../errors.js';
import { parameterDraws } from '../../posterior/draws.js';
import {
  type PointSummary,
  type PointSummaryOptions,
  pointSummary,
} from '../../posterior/point-summary.js';
import { type Printable, printable } from '../../posterior/printable.js';
import { checkProbability } from '../check-options.js';
import type { FittedRegression } from '../fitted-regression.js';
import { type GroupLayout, type Layout, layoutOf } from './layout.js';
import { estimateLines } from './print-estimates.js';

export interface CoefficientRow extends PointSummary {
  /** brms' name without `b_`: `Intercept`, `x1:x2`. */
  readonly coefficient: string;
}

export interface LevelCoefficientRow extends CoefficientRow {
  readonly level: string;
}

/** By grouping factor: all levels of the first coefficient, then of the next. */
export type GroupCoefficients = Readonly<Record<string, readonly LevelCoefficientRow[]>>;

/** Population-level coefficients. */
export function fixef(
  fit: FittedRegression,
  options: PointSummaryOptions = {},
): readonly CoefficientRow[] & Printable {
  const { summarize, prob } = summarizer(options);
  const rows = layoutOf(fit).coefficients.map((coefficient, place) => ({
    coefficient,
    ...summarize(parameterDraws(fit.fit.draws, place)),
  }));
  return printable(rows, () =>
    estimateLines({ rows, prob, label: ({ coefficient }) => coefficient }).join('\n'),
  );
}

/**
 * Effects of each level: how far its coefficients are from the population's.
 *
 * @throws WeighbridgeError `bad-argument` for a fit without group terms
 */
export function ranef(
  fit: FittedRegression,
  options: PointSummaryOptions = {},
): GroupCoefficients & Printable {
  const { summarize, prob } = summarizer(options);
  return byGroup(fit, prob, ({ terms }) =>
    terms.flatMap((term) =>
      term.coefficients.flatMap((coefficient, c) =>
        term.levels.map((level, l) => ({
          level,
          coefficient,
          ...summarize(effectDraws(fit, term, c, l)),
        })),
      ),
    ),
  );
}

/**
 * Coefficients of each level, its effects added to the population's. One that does not vary is the
 * same for all levels; one that the population has not is the effect alone.
 *
 * @throws WeighbridgeError `bad-argument` for a fit without group terms
 */
export function coef(
  fit: FittedRegression,
  options: PointSummaryOptions = {},
): GroupCoefficients & Printable {
  const { summarize, prob } = summarizer(options);
  return byGroup(fit, prob, ({ layout, terms, levels }) => {
    const varying = [...new Set(terms.flatMap(({ coefficients }) => coefficients))];
    const constant = layout.coefficients.filter((name) => !varying.includes(name));
    return [...varying, ...constant].flatMap((coefficient) =>
      levels.map((level, l) => ({
        level,
        coefficient,
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
  prob: number,
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
  return printable(made, () => groupsText(made, prob));
}

/** As R prints brms' arrays: a table of levels for each group and coefficient. */
function groupsText(groups: GroupCoefficients, prob: number): string {
  const tables = Object.entries(groups).flatMap(([group, rows]) => {
    const coefficients = [...new Set(rows.map(({ coefficient }) => coefficient))];
    return coefficients.map((name) => {
      const own = rows.filter(({ coefficient }) => coefficient === name);
      const lines = estimateLines({ rows: own, prob, label: ({ level }) => level });
      return [`${group}, ${name}:`, ...lines].join('\n');
    });
  });
  return tables.join('\n\n');
}

function summarizer({ prob = 0.95, robust = false }: PointSummaryOptions) {
  checkProbability('prob', prob);
  const summarize = (draws: Float64Array) => pointSummary(draws, { prob, robust });
  return { summarize, prob };
}

function effectDraws(fit: FittedRegression, term: GroupLayout, c: number, level: number) {
  return parameterDraws(fit.fit.draws, term.effects + c * term.levels.length + level);
}

/** The population's draws and those of the level's effects, summed. */
function levelDraws(
  fit: FittedRegression,
  layout: Layout,
  terms: readonly GroupLayout[],
  coefficient: string,
  level: number,
): Float64Array {
  const { draws } = fit.fit;
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
