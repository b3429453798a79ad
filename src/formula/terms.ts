/**
 * Right of `~` to terms: R's algebra of model formulas (Wilkinson & Rogers 1973, Applied Statistics
 * 22; as R's `terms` has it). A term is a set of variables, an operator a rule to join lists of
 * terms; the list that results is sorted by the number of variables, and else stays as written.
 */
import { isVariable } from './check.js';
import { numberOf } from './constants.js';
import { formatExpression } from './format.js';
import type { BinaryExpression, CallExpression, Expression, NameExpression } from './formula.js';
import type { FormulaFail } from './formula-error.js';
import { firstArgument } from './functions.js';
import { compareCodePoints } from './names.js';

/** Of a level of the model: the population's, or what varies by a group. */
export interface Terms {
  readonly intercept: boolean;
  /** By first appearance, each once. */
  readonly variables: readonly Expression[];
  /** Places of variables in ascending order, a list a term. */
  readonly terms: readonly (readonly number[])[];
}

export interface GroupTerm {
  /** `g`, or `g:h`. */
  readonly group: string;
  /** The columns that are joined. */
  readonly columns: readonly NameExpression[];
  readonly varying: Terms;
  readonly correlated: boolean;
  readonly place: number;
}

export interface FormulaTerms {
  readonly population: Terms;
  /** Their arguments: numbers that are added. */
  readonly offsets: readonly Expression[];
  /** By the code points of the group's name, as brms has them, and else as written. */
  readonly groups: readonly GroupTerm[];
}

const MAX_TERMS = 2000;
/** Of pairs of terms that the operators of a formula join, in all: what it costs to expand it. */
const MAX_PAIRS = 200_000;

/** @param dot columns that `.` stands for */
export function expandPredictors(
  predictors: Expression,
  dot: readonly string[],
  fail: FormulaFail,
): FormulaTerms {
  const expansion = expander(dot, fail);
  const population = inOrderOfTerms(expansion.terms(predictors));
  const groups = [...remainingGroups(expansion.bars, fail)];
  groups.sort((a, b) => compareCodePoints(a.group, b.group));
  refuseTwice(groups, fail);
  return { population, offsets: expansion.offsets, groups };
}

function remainingGroups(bars: readonly Bar[], fail: FormulaFail): readonly GroupTerm[] {
  let groups: readonly GroupTerm[] = [];
  for (const { bar, removed } of bars) {
    const terms = groupTerms(bar, fail);
    groups = removed ? withoutGroups(groups, terms, bar, fail) : groups.concat(terms);
  }
  return groups;
}

/** R takes away what is written alike and passes over the rest; what cannot be found is refused here. */
function withoutGroups(
  groups: readonly GroupTerm[],
  removed: readonly GroupTerm[],
  bar: BinaryExpression,
  fail: FormulaFail,
): readonly GroupTerm[] {
  return removed.reduce((left, term) => {
    const rest = left.filter((other) => groupKey(other) !== groupKey(term));
    if (rest.length < left.length) return rest;
    const found = left.map(groupText).join(' + ');
    const there = found === '' ? 'there is no group term' : `the group terms are ${found}`;
    return fail(bar.place, `no group term ${groupText(term)} to take away: ${there}`);
  }, groups);
}

/** The same for terms of the same effects, however they are written. */
function groupKey({ columns, varying, correlated }: GroupTerm): string {
  const effects = varying.terms.map((term) =>
    term.map((variable) => formatExpression(varying.variables[variable])).sort(),
  );
  const count = effects.length + Number(varying.intercept);
  return JSON.stringify([
    columns.map(({ name }) => name).sort(),
    varying.intercept,
    effects.map((effect) => effect.join(':')).sort(),
    correlated && count > 1,
  ]);
}

/** `(1 + x | g)`. */
export function groupText({ columns, varying, correlated }: GroupTerm): string {
  const group = columns.map(formatExpression).join(':');
  return `(${termsText(varying)} ${correlated ? '|' : '||'} ${group})`;
}

/** `1 + x`, `0 + x`. */
export function termsText(terms: Terms): string {
  const labels = terms.terms.map((term) => termLabel(terms, term));
  return [terms.intercept ? '1' : '0', ...labels].join(' + ');
}

/** `(1 | g/h)` is `(1 | g) + (1 | g:h)`. */
function groupTerms(bar: BinaryExpression, fail: FormulaFail): readonly GroupTerm[] {
  const varying = inOrderOfTerms(expander([], fail).terms(bar.left));
  const grouping = expander([], fail).terms(bar.right);
  return grouping.terms.map((term) => {
    const columns = term.map((variable) => grouping.variables[variable]).filter(isName);
    return {
      group: columns.map(({ name }) => name).join(':'),
      columns,
      varying,
      correlated: bar.operator === '|',
      place: bar.place,
    };
  });
}

function isName(expression: Expression): expression is NameExpression {
  return expression.kind === 'name';
}

/** brms refuses an effect that a group has twice, for then the two cannot be told apart. */
function refuseTwice(groups: readonly GroupTerm[], fail: FormulaFail): void {
  const seen = new Set<string>();
  for (const { group, varying, place } of groups) {
    const labels = varying.terms.map((term) => termLabel(varying, term));
    for (const label of varying.intercept ? ['the intercept', ...labels] : labels) {
      const effect = `${label} varies by ${group}`;
      if (seen.has(effect)) fail(place, `${effect} in two terms`);
      seen.add(effect);
    }
  }
}

/** `x1:g`. */
export function termLabel({ variables }: Terms, term: readonly number[]): string {
  return term.map((variable) => formatExpression(variables[variable])).join(':');
}

type Term = readonly number[];

/** A group term as it is met: added, or taken away from those before it. */
interface Bar {
  readonly bar: BinaryExpression;
  readonly removed: boolean;
}

interface Expander {
  terms(expression: Expression): Terms;
  /** Met on the way. */
  readonly bars: readonly Bar[];
  readonly offsets: readonly Expression[];
}

function expander(dot: readonly string[], fail: FormulaFail): Expander {
  const variables: Expression[] = [];
  const placeOf = new Map<string, number>();
  const bars: Bar[] = [];
  const offsets: Expression[] = [];
  const budget: Budget = { pairs: 0, fail };
  let intercept = true;

  const variable = (expression: Expression): Term => {
    const label = formatExpression(expression);
    let place = placeOf.get(label);
    if (place === undefined) {
      place = variables.push(expression) - 1;
      placeOf.set(label, place);
    }
    return [place];
  };

  /** `sign` is −1 within what is taken away: there 1 removes the intercept, and 0 adds it. */
  const expand = (expression: Expression, sign: 1 | -1): readonly Term[] => {
    switch (expression.kind) {
      case 'number':
        intercept = (expression.value === 1) === (sign === 1);
        return [];
      case 'name':
        return [variable(expression)];
      case 'dot':
        return dot.map((name) => variable({ kind: 'name', name, place: expression.place }));
      case 'parentheses': {
        const { inner } = expression;
        if (inner.kind !== 'binary' || !inner.operator.startsWith('|')) return expand(inner, sign);
        bars.push({ bar: inner, removed: sign < 0 });
        return [];
      }
      case 'unary': {
        if (expression.operator === '!') return [variable(expression)];
        if (expression.operator === '+') return expand(expression.operand, sign);
        expand(expression.operand, flip(sign));
        return [];
      }
      case 'binary':
        return isVariable(expression) ? [variable(expression)] : operate(expression, sign);
      case 'call':
        if (expression.function !== 'offset') return [variable(expression)];
        takeOffset(expression, sign);
        return [];
      case 'logical':
      case 'text':
      case 'constant':
        return fail(expression.place, `${formatExpression(expression)} is no term`);
    }
  };

  const takeOffset = (call: CallExpression, sign: 1 | -1): void => {
    const added = firstArgument(call, fail);
    if (sign === 1) {
      offsets.push(added);
      return;
    }
    const text = formatExpression(added);
    const rest = offsets.filter((other) => formatExpression(other) !== text);
    if (rest.length === offsets.length) fail(call.place, `no offset(${text}) to take away`);
    offsets.splice(0, offsets.length, ...rest);
  };

  const operate = (expression: BinaryExpression, sign: 1 | -1): readonly Term[] => {
    const { operator, place } = expression;
    const left = expand(expression.left, sign);
    if (operator === '^') return power(left, numberOf(expression.right) ?? 1, budget, place);
    const right = expand(expression.right, operator === '-' ? flip(sign) : sign);
    switch (operator) {
      case '+':
        return distinct([...left, ...right]);
      case '-': {
        const removed = new Set(right.map(keyOf));
        return left.filter((term) => !removed.has(keyOf(term)));
      }
      case ':':
        return crossed(left, right, budget, place);
      case '*':
        return limited(
          distinct([...left, ...right, ...crossed(left, right, budget, place)]),
          fail,
          place,
        );
      case '/':
        return distinct([...left, ...crossed([union(left)], right, budget, place)]);
      case '%in%':
        return crossed(left, [union(right)], budget, place);
      default:
        return fail(place, `${operator} outside of parentheses`);
    }
  };

  return {
    bars,
    offsets,
    terms(expression) {
      const expanded = expand(expression, 1);
      // Array.sort is stable.
      const terms = [...expanded].sort((a, b) => a.length - b.length);
      return { intercept, variables, terms };
    },
  };
}

/**
 * Variables by their first appearance in the sorted terms, as brms has them: it gives R the terms
 * anew. So the interaction of `f * x - f`, whose terms are `x` and `f:x`, is called `x:f`.
 */
function inOrderOfTerms({ intercept, variables, terms }: Terms): Terms {
  const order = [...new Set(terms.flat())];
  const place = new Map(order.map((variable, i) => [variable, i]));
  return {
    intercept,
    variables: order.map((variable) => variables[variable]),
    terms: terms.map((term) => union([term.map((variable) => place.get(variable) ?? 0)])),
  };
}

function flip(sign: 1 | -1): 1 | -1 {
  return sign === 1 ? -1 : 1;
}

function keyOf(term: Term): string {
  return term.join();
}

function distinct(terms: readonly Term[]): readonly Term[] {
  const seen = new Set<string>();
  return terms.filter((term) => {
    const key = keyOf(term);
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}

function union(terms: readonly Term[]): Term {
  return [...new Set(terms.flat())].sort((a, b) => a - b);
}

interface Budget {
  pairs: number;
  readonly fail: FormulaFail;
}

/** Each of the one joined with each of the other. */
function crossed(
  left: readonly Term[],
  right: readonly Term[],
  budget: Budget,
  place: number,
): readonly Term[] {
  // Counted before they are made: pairs of few terms can be many.
  budget.pairs += left.length * right.length;
  if (budget.pairs > MAX_PAIRS) budget.fail(place, 'too many interactions to expand');
  const joined = left.flatMap((a) => right.map((b) => union([a, b])));
  return limited(distinct(joined), budget.fail, place);
}

/** `(a + b)^2`: crossed with itself, until nothing is added. */
function power(
  terms: readonly Term[],
  exponent: number,
  budget: Budget,
  place: number,
): readonly Term[] {
  let result = terms;
  for (let i = 1; i < exponent; i++) {
    const next = crossed(result, terms, budget, place);
    if (next.length === result.length && i > 1) return next;
    result = next;
  }
  return result;
}

function limited(terms: readonly Term[], fail: FormulaFail, place: number): readonly Term[] {
  if (terms.length > MAX_TERMS) fail(place, `more than ${MAX_TERMS} terms`);
  return terms;
}
