/**
 * Hypotheses about coefficients, as brms' `hypothesis`: the difference of both sides at every draw,
 * its summary, and the odds that it has the sign that was hypothesized.
 */
import { didYouMean, listed } from '../../formula/names.js';
import { parameterDraws } from '../../posterior/draws.js';
import { type PointSummary, pointSummary } from '../../posterior/point-summary.js';
import { leastDecimals, type Printable, printable, textTable } from '../../posterior/printable.js';
import { badArgument, described, textsOf } from '../check-options.js';
import type { FittedRegression } from '../fitted-regression.js';
import {
  type Comparison,
  evaluate,
  expressionError,
  namesOf,
  type ParsedHypothesis,
  parseHypothesis,
} from './expression.js';

export interface HypothesisOptions {
  /**
   * Which parameters names are looked for among: default `b`, coefficients, by names with or
   * without `b_`. A parameter's whole name (`sd_g__Intercept`, `sigma`) is found in any class.
   */
  readonly class?: string;
  /** Of class `sd` or `cor`: the grouping factor. */
  readonly group?: string;
  /** The interval of a one-sided hypothesis holds 1 − 2 alpha, of a two-sided 1 − alpha; default 0.05. */
  readonly alpha?: number;
  /** Median and median absolute deviation in place of mean and standard deviation. */
  readonly robust?: boolean;
}

export interface HypothesisRow extends PointSummary {
  /** As brms writes it: `(x1-x2) > 0`. */
  readonly hypothesis: string;
  /**
   * Odds of a one-sided hypothesis against its opposite; infinite where all draws agree. Of an
   * equality NaN: it would need draws from the prior.
   */
  readonly evidRatio: number;
  /** Posterior probability of the hypothesis: evidRatio / (1 + evidRatio). */
  readonly postProb: number;
  /** `*` where the probability exceeds 1 − alpha, or 0 lies outside an equality's interval. */
  readonly star: '*' | '';
  /** Why there is no evidence ratio; null where there is one. */
  readonly reason: string | null;
  /** Left side less right side, a number a draw. */
  readonly draws: Float64Array;
}

export interface HypothesisResult {
  readonly class: string;
  readonly alpha: number;
  readonly rows: readonly HypothesisRow[];
}

/**
 * @param hypotheses such as `x1 - x2 > 0`, `exp(x1) < 2`, `x1:x2 = 0`
 * @throws WeighbridgeError `bad-argument` that points at the character
 */
export function hypothesis(
  fit: FittedRegression,
  hypotheses: string | readonly string[],
  options: HypothesisOptions = {},
): HypothesisResult & Printable {
  const { alpha = 0.05 } = options;
  if (!(typeof alpha === 'number' && alpha > 0 && alpha < 0.5)) {
    throw badArgument(`alpha is ${described(alpha)}, but must be in (0, 0.5)`);
  }
  for (const [name, value] of Object.entries({ class: options.class, group: options.group })) {
    if (value !== undefined) textsOf(name, value, name === 'class' ? 'sd' : 'g');
  }
  const texts = textsOf('a hypothesis', hypotheses, 'x1 - x2 > 0');
  const result: HypothesisResult = {
    class: options.class ?? 'b',
    alpha,
    rows: texts.map((text) => hypothesisRow(fit, text, alpha, options)),
  };
  return printable(result, () => hypothesisText(result));
}

function hypothesisRow(
  fit: FittedRegression,
  text: string,
  alpha: number,
  options: HypothesisOptions,
): HypothesisRow {
  const parsed = parseHypothesis(text);
  const draws = differences(fit, text, parsed, options);
  const { comparison, leftText, rightText } = parsed;
  const summary = pointSummary(draws, {
    prob: comparison === '=' ? 1 - alpha : 1 - 2 * alpha,
    robust: options.robust ?? false,
  });
  const evidRatio = oddsOf(draws, comparison);
  const postProb = evidRatio === Number.POSITIVE_INFINITY ? 1 : evidRatio / (1 + evidRatio);
  const isStarred =
    comparison === '=' ? !(summary.lower <= 0 && summary.upper >= 0) : postProb > 1 - alpha;
  const right = rightText === '0' ? '' : `-(${rightText})`;
  return {
    hypothesis: `(${leftText})${right} ${comparison} 0`,
    ...summary,
    evidRatio,
    postProb,
    star: isStarred ? '*' : '',
    reason: comparison === '=' ? PRIOR_NEEDED : null,
    draws,
  };
}

const PRIOR_NEEDED =
  'the evidence ratio of an equality compares the posterior with draws from the prior, which a fit does not keep';

/** Of the sides of a hypothesis, left less right, at every draw. */
function differences(
  fit: FittedRegression,
  text: string,
  { left, right }: ParsedHypothesis,
  options: HypothesisOptions,
): Float64Array {
  const columns = new Map<string, Float64Array>();
  for (const { name, place } of [...namesOf(left), ...namesOf(right)]) {
    if (!columns.has(name)) columns.set(name, namedDraws(fit, text, name, place, options));
  }
  const { chains, drawsPerChain } = fit.fit.draws;
  return Float64Array.from({ length: chains * drawsPerChain }, (_, draw) => {
    const read = (name: string) => columns.get(name)?.[draw] ?? Number.NaN;
    return evaluate(left, read) - evaluate(right, read);
  });
}

function namedDraws(
  { fit: { draws } }: FittedRegression,
  text: string,
  name: string,
  place: number,
  { class: ofClass = 'b', group }: HypothesisOptions,
): Float64Array {
  const prefix = group ? `${ofClass}_${group}__` : ofClass && `${ofClass}_`;
  const { parameterNames } = draws;
  // Spaces are no part of brms' names, and `[a, Intercept]` is easily written with one.
  const tight = name.replace(/\s/g, '');
  const found = [prefix + name, name, prefix + tight, tight].find((candidate) =>
    parameterNames.includes(candidate),
  );
  if (found !== undefined) return parameterDraws(draws, found);
  const known = parameterNames.filter((candidate) => candidate.startsWith(prefix));
  const names = known.map((candidate) => candidate.slice(prefix.length));
  throw expressionError(
    text,
    place,
    `no parameter '${name}'${didYouMean(name, names)}: there are ${listed(known.length > 0 ? known : parameterNames)}`,
  );
}

/** Draws for the hypothesis to those that are not. */
function oddsOf(draws: Float64Array, comparison: Comparison): number {
  if (comparison === '=') return Number.NaN;
  const agreeing = draws.reduce(
    (count, draw) => count + ((comparison === '<' ? draw < 0 : draw > 0) ? 1 : 0),
    0,
  );
  return agreeing / (draws.length - agreeing);
}

function hypothesisText({ class: ofClass, alpha, rows }: HypothesisResult): string {
  const column = (head: string, value: (row: HypothesisRow) => number) => ({
    head,
    cells: leastDecimals(rows.map(value), 2),
  });
  const percent = (mass: number) => Number((100 * mass).toPrecision(12));
  const oneSided = percent(1 - 2 * alpha);
  const twoSided = percent(1 - alpha);
  return [
    `Hypothesis Tests for class ${ofClass}:`,
    ...textTable(
      rows.map((_, index) => String(index + 1)),
      [
        { head: 'Hypothesis', cells: rows.map((row) => row.hypothesis) },
        column('Estimate', (row) => row.estimate),
        column('Est.Error', (row) => row.estError),
        column('CI.Lower', (row) => row.lower),
        column('CI.Upper', (row) => row.upper),
        column('Evid.Ratio', (row) => row.evidRatio),
        column('Post.Prob', (row) => row.postProb),
        { head: 'Star', cells: rows.map((row) => row.star) },
      ],
    ),
    '---',
    `'CI': ${oneSided}%-CI for one-sided and ${twoSided}%-CI for two-sided hypotheses.`,
    `'*': For one-sided hypotheses, the posterior probability exceeds ${twoSided}%;`,
    `for two-sided hypotheses, the value tested against lies outside the ${twoSided}%-CI.`,
    'Posterior probabilities of point hypotheses assume equal prior probabilities.',
  ].join('\n');
}
