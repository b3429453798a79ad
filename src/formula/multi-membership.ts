/**
 * Multi-membership group terms, `(1 | mm(g, h))`: each row belongs to a level of each column, and its effect is the
 * weighted sum of theirs. Syntax and weights are brms'.
 */
import type { FailAt } from '../text/cursor.js';
import { formatExpression } from './format.js';
import type { CallExpression, Expression, NameExpression } from './formula.js';
import { flag } from './functions.js';

export interface MultiMembership {
  /** The columns of the members. */
  readonly columns: readonly NameExpression[];
  /** One expression per member; null for equal weights, 1 / number of members. */
  readonly weights: readonly Expression[] | null;
  /** True if each row's weights are divided by their sum. */
  readonly isScaled: boolean;
}

const USAGE = 'mm(g, h, weights = cbind(w1, w2), scale = FALSE)';

/** Arguments of brms' mm() that are not supported, with their purposes. */
const refused: ReadonlyMap<string, string> = new Map([
  ['by', 'a covariance by groups'],
  ['id', 'correlations between terms, which are written (1 |id| mm(g, h))'],
  ['cor', 'correlations, which || leaves out'],
  ['cov', 'known covariances of levels'],
  ['dist', 'distributions other than normal'],
]);

/** The call of mm() that an expression is; null for others. */
function callOf(expression: Expression): CallExpression | null {
  if (expression.kind === 'parentheses') return callOf(expression.inner);
  return expression.kind === 'call' && expression.function === 'mm' ? expression : null;
}

/**
 * Reads the grouping of a term; null if it is not `mm()`.
 *
 * @throws WeighbridgeError `bad-formula` that points at the argument
 */
export function multiMembership(grouping: Expression, fail: FailAt): MultiMembership | null {
  const call = callOf(grouping);
  if (call === null) return null;
  const named = new Map<string, Expression>();
  const columns: NameExpression[] = [];
  for (const { name, value } of call.arguments) {
    if (name === null) columns.push(columnOf(value, fail));
    else if (named.has(name)) fail(value.place, `the argument ${name} is given twice`);
    else if (name === 'weights' || name === 'scale') named.set(name, value);
    else {
      const purpose = refused.get(name);
      const what = purpose === undefined ? '' : ` of brms (${purpose})`;
      fail(value.place, `the argument ${name}${what} is not supported; expected ${USAGE}`);
    }
  }
  if (columns.length < 2) {
    fail(call.place, `mm() takes two columns or more, one for each member: ${USAGE}`);
  }
  const given = named.get('weights');
  return {
    columns,
    weights: given === undefined ? null : weightsOf(given, columns.length, fail),
    isScaled: flag(named, 'scale', true, fail),
  };
}

function columnOf(value: Expression, fail: FailAt): NameExpression {
  if (value.kind === 'name') return value;
  return fail(
    value.place,
    `mm() takes columns, found ${formatExpression(value)}; expected ${USAGE}`,
  );
}

function weightsOf(given: Expression, members: number, fail: FailAt): readonly Expression[] {
  if (given.kind !== 'call' || given.function !== 'cbind') {
    const found = formatExpression(given);
    return fail(given.place, `weights are ${found}, expected one for each column: ${USAGE}`);
  }
  const weights = given.arguments.map(({ value }) => value);
  if (weights.length === members) return weights;
  return fail(
    given.place,
    `cbind() has ${weights.length} weights, expected ${members}, one for each column`,
  );
}
