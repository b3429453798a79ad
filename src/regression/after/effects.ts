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
import type { FittedRegression } from '../fitted-regression.js';
import { checkProbability } from './check-options.js';
import { type GroupLayout, type Layout, layoutOf } from './layout.js';

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
export function fixef(fit: FittedRegression, options: PointSummaryOptions = {}): CoefficientRow[] {
  const summarize = summarizer(options);
  return layoutOf(fit).coefficients.map((coefficient, place) => ({
    coefficient,
    ...summarize(parameterDraws(fit.fit.draws, place)),
  }));
}

/**
 * Effects of each level: how far its coefficients are from the population's.
 *
 * @throws WeighbridgeError `bad-argument` for a fit without group terms
 */
export function ranef(fit: FittedRegression, options: PointSummaryOptions = {}): GroupCoefficients {
  const summarize = summarizer(options);
  return byGroup(fit, ({ terms }) =>
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
export function coef(fit: FittedRegression, options: PointSummaryOptions = {}): GroupCoefficients {
  const summarize = summarizer(options);
  return byGroup(fit, ({ layout, terms, levels }) => {
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
  rows: (group: GroupTerms) => LevelCoefficientRow[],
): GroupCoefficients {
  const layout = layoutOf(fit);
  if (layout.groups.length === 0) {
    throw new WeighbridgeError('bad-argument', 'this fit has no group terms: fixef has all of it');
  }
  const names = [...new Set(layout.groups.map(({ group }) => group))];
  return Object.fromEntries(
    names.map((name) => {
      const terms = layout.groups.filter(({ group }) => group === name);
      return [name, rows({ layout, levels: terms[0]?.levels ?? [], terms })];
    }),
  );
}

function summarizer({ prob = 0.95, robust = false }: PointSummaryOptions) {
  checkProbability('prob', prob);
  return (draws: Float64Array) => pointSummary(draws, { prob, robust });
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
