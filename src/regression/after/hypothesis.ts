/**
 * Hypotheses about coefficients, as brms' `hypothesis`: the difference of both sides at every draw,
 * its summary, and the odds that the difference has the hypothesized sign.
 */
import { didYouMean, listed } from '../../checks/names.js';
import { textsOf } from '../../checks/options.js';
import { badArgument, described } from '../../checks/values.js';
import { parameterDraws } from '../../posterior/draws.js';
import {
  centreOf,
  type PointSummary,
  pointSummary,
  spreadOf,
} from '../../posterior/point-summary.js';
import { leastDecimals, type Printable, printable, textTable } from '../../posterior/printable.js';
import { failIn } from '../../text/cursor.js';
import type { FittedRegression } from '../fitted-regression.js';
import {
  type Comparison,
  evaluate,
  namesOf,
  type ParsedHypothesis,
  parseHypothesis,
} from './expression.js';
import { type SavageDickey, savageDickey } from './savage-dickey.js';

export interface HypothesisOptions {
  /**
   * Class of the parameters that names refer to. For `b`, coefficients with or without `b_`. The
   * full name of a parameter (`sd_g__Intercept`, `sigma`) is valid with any class.
   *
   * @default 'b'
   */
  readonly class?: string;
  /** The grouping factor, for class `sd` or `cor`. */
  readonly group?: string;
  /**
   * Probability of the interval of an equality, in (0.5, 1). The interval of a one-sided hypothesis
   * has the same end and therefore probability 2 mass − 1. Equals brms' 1 − alpha.
   *
   * @default 0.95
   */
  readonly mass?: number;
  /** If true, median and median absolute deviation instead of mean and standard deviation. */
  readonly robust?: boolean;
}

export interface HypothesisRow extends PointSummary {
  /** In brms' notation: `(x1-x2) > 0`. */
  readonly hypothesis: string;
  /**
   * Odds of a one-sided hypothesis against its opposite; infinite if all draws agree. For an equality of one
   * coefficient, `x1 = 0`, the Bayes factor of the model with this value to the model that was fitted, by
   * the Savage-Dickey ratio (savage-dickey.ts); NaN for other equalities, and under a flat prior.
   */
  readonly evidRatio: number;
  /** Monte Carlo standard error of the logarithm of a Savage-Dickey ratio. @default none */
  readonly logRatioError?: number;
  /** Posterior probability of the hypothesis: evidRatio / (1 + evidRatio). */
  readonly postProb: number;
  /** `*` if the probability exceeds `mass`, or 0 is outside the interval of an equality. */
  readonly star: '*' | '';
  /** Reason for a missing evidence ratio; null if there is a ratio. */
  readonly reason: string | null;
  /** Left side minus right side, one number per draw. */
  readonly draws: Float64Array;
}

export interface HypothesisResult {
  readonly class: string;
  readonly mass: number;
  readonly rows: readonly HypothesisRow[];
}

/**
 * @param hypotheses for example `x1 - x2 > 0`, `exp(x1) < 2`, `x1:x2 = 0`
 * @throws WeighbridgeError `bad-formula` with the position of the character, `bad-argument` for an
 *   option out of range
 */
export function hypothesis(
  fit: FittedRegression,
  hypotheses: string | readonly string[],
  options: HypothesisOptions = {},
): HypothesisResult & Printable {
  const { mass = 0.95 } = options;
  if (!(typeof mass === 'number' && mass > 0.5 && mass < 1)) {
    throw badArgument(`mass is ${described(mass)}, but must be in (0.5, 1)`, {
      option: 'mass',
      found: mass,
    });
  }
  for (const [name, value] of Object.entries({ class: options.class, group: options.group })) {
    if (value !== undefined) textsOf(name, value, name === 'class' ? 'sd' : 'g');
  }
  const texts = textsOf('a hypothesis', hypotheses, 'x1 - x2 > 0');
  const result: HypothesisResult = {
    class: options.class ?? 'b',
    mass,
    rows: texts.map((text) => hypothesisRow(fit, text, mass, options)),
  };
  return printable(result, () => hypothesisText(result));
}

function hypothesisRow(
  fit: FittedRegression,
  text: string,
  mass: number,
  options: HypothesisOptions,
): HypothesisRow {
  const parsed = parseHypothesis(text);
  const draws = differences(fit, text, parsed, options);
  const { comparison, leftText, rightText } = parsed;
  const summary = pointSummary(draws, {
    mass: comparison === '=' ? mass : 2 * mass - 1,
    robust: options.robust ?? false,
  });
  const evidence =
    comparison === '=' ? equality(fit, parsed, options) : { ratio: oddsOf(draws, comparison) };
  const evidRatio = 'ratio' in evidence ? evidence.ratio : Number.NaN;
  const postProb = evidRatio === Number.POSITIVE_INFINITY ? 1 : evidRatio / (1 + evidRatio);
  const isStarred =
    comparison === '=' ? !(summary.lower <= 0 && summary.upper >= 0) : postProb > mass;
  const right = rightText === '0' ? '' : `-(${rightText})`;
  return {
    hypothesis: `(${leftText})${right} ${comparison} 0`,
    ...summary,
    evidRatio,
    ...('error' in evidence && { logRatioError: evidence.error }),
    postProb,
    star: isStarred ? '*' : '',
    reason: 'reason' in evidence ? evidence.reason : null,
    draws,
  };
}

/** The evidence for an equality, if it says that one coefficient has a value: `x1 = 0`, `2 * x1 = 1`. */
function equality(
  fit: FittedRegression,
  { left, right }: ParsedHypothesis,
  { class: ofClass = 'b', group }: HypothesisOptions,
): SavageDickey {
  const names = new Set([...namesOf(left), ...namesOf(right)].map(({ name }) => name));
  const [name, second] = names;
  const at = (value: number) => evaluate(left, () => value) - evaluate(right, () => value);
  // An affine function of the coefficient, a + c β: its zero is the value that is asked.
  const slope = at(1) - at(0);
  const isAffine =
    Math.abs(at(2) - at(0) - 2 * slope) <= 1e-12 * (Math.abs(slope) + Math.abs(at(0)));
  const isOne =
    name !== undefined && second === undefined && ofClass === 'b' && group === undefined;
  if (!isOne || !isAffine || slope === 0) {
    return {
      reason: 'the evidence ratio of an equality is known for a single coefficient, x1 = 0',
    };
  }
  return savageDickey(fit, name.replace(/^b_/, ''), -at(0) / slope);
}

/** Left side minus right side of a hypothesis at every draw. */
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
  const { chains, drawsPerChain } = fit.draws;
  return Float64Array.from({ length: chains * drawsPerChain }, (_, draw) => {
    const read = (name: string) => columns.get(name)?.[draw] ?? Number.NaN;
    return evaluate(left, read) - evaluate(right, read);
  });
}

function namedDraws(
  { draws }: FittedRegression,
  text: string,
  name: string,
  place: number,
  { class: ofClass = 'b', group }: HypothesisOptions,
): Float64Array {
  const prefix = group ? `${ofClass}_${group}__` : ofClass && `${ofClass}_`;
  const { parameterNames } = draws;
  // brms' names contain no spaces, but users may write `[a, Intercept]`.
  const tight = name.replace(/\s/g, '');
  // Effects on single thresholds are of class b too: `x[1]` is bcs_x[1].
  const specific = ofClass === 'b' && !group ? [`bcs_${tight}`] : [];
  const found = [prefix + name, name, prefix + tight, tight, ...specific].find((candidate) =>
    parameterNames.includes(candidate),
  );
  if (found !== undefined) return parameterDraws(draws, found);
  const known = parameterNames.filter((candidate) => candidate.startsWith(prefix));
  const names = known.map((candidate) => candidate.slice(prefix.length));
  return failIn('hypothesis', text)(
    place,
    `no parameter '${name}'${didYouMean(name, names)}: there are ${listed(known.length > 0 ? known : parameterNames)}`,
  );
}

/** Ratio of the number of draws that satisfy the hypothesis to the number that do not. */
function oddsOf(draws: Float64Array, comparison: Comparison): number {
  if (comparison === '=') return Number.NaN;
  const agreeing = draws.reduce(
    (count, draw) => count + ((comparison === '<' ? draw < 0 : draw > 0) ? 1 : 0),
    0,
  );
  return agreeing / (draws.length - agreeing);
}

function hypothesisText({ class: ofClass, mass, rows }: HypothesisResult): string {
  const column = (head: string, value: (row: HypothesisRow) => number) => ({
    head,
    cells: leastDecimals(rows.map(value), 2),
  });
  const percent = (share: number) => Number((100 * share).toPrecision(12));
  const oneSided = percent(2 * mass - 1);
  const twoSided = percent(mass);
  return [
    `Hypothesis Tests for class ${ofClass}:`,
    ...textTable(
      rows.map((_, index) => String(index + 1)),
      [
        { head: 'Hypothesis', cells: rows.map((row) => row.hypothesis) },
        column('Estimate', centreOf),
        column('Est.Error', spreadOf),
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
