/**
 * Expands the right side of `~` to terms by R's algebra of model formulas (Wilkinson & Rogers 1973,
 * Applied Statistics 22; R's `terms`). A term is a set of variables; an operator joins lists of
 * terms. The result is sorted by the number of variables; ties keep their order.
 */

import type { FailAt } from '../text/cursor.js';
import { groupBar, isBar, isVariable } from './check.js';
import { numberOf } from './constants.js';
import { formatExpression } from './format.js';
import type { BinaryExpression, CallExpression, Expression, NameExpression } from './formula.js';
import { firstArgument, specialFunctions } from './functions.js';
import { type MultiMembership, multiMembership } from './multi-membership.js';
import { compareCodePoints } from './names.js';
import { type SmoothTerm, smoothFunctions, smoothTerm } from './smooth-terms.js';

/** Population-level terms, or the terms that vary by group. */
export interface Terms {
  readonly intercept: boolean;
  /** Unique, in order of first appearance. */
  readonly variables: readonly Expression[];
  /** For each term, the indices of its variables in ascending order. */
  readonly terms: readonly (readonly number[])[];
}

export interface GroupTerm {
  /** `g`, or `g:h`; `mmgh` for `mm(g, h)`, as in brms. */
  readonly group: string;
  /** The columns of the grouping factor; of `mm()`, those of the members. */
  readonly columns: readonly NameExpression[];
  /** Null if each row has one level. */
  readonly membership: Pick<MultiMembership, 'weights' | 'isScaled'> | null;
  readonly varying: Terms;
  readonly correlated: boolean;
  /** Name shared by terms that are correlated with each other, `(1 |id| g)`; null without one. */
  readonly id: string | null;
  readonly place: number;
}

interface SpecificTerms {
  /** With an intercept, which the thresholds are. */
  readonly terms: Terms;
  /** Offset of the first `cs()`. */
  readonly place: number;
}

export interface FormulaTerms {
  readonly population: Terms;
  /** The terms of `cs()`, whose effects differ by threshold; null without any. */
  readonly specific: SpecificTerms | null;
  /** Arguments of `offset()`, which are summed. */
  readonly offsets: readonly Expression[];
  /** Splines and Gaussian processes, as written. */
  readonly smooths: readonly SmoothTerm[];
  /** Sorted by the code points of the group's name, as in brms; ties keep their order. */
  readonly groups: readonly GroupTerm[];
}

const MAX_TERMS = 2000;
/** Maximum number of pairs of terms joined by all operators of a formula, which limits the cost. */
const MAX_PAIRS = 200_000;

/** @param dot columns denoted by `.` */
export function expandPredictors(
  predictors: Expression,
  dot: readonly string[],
  fail: FailAt,
): FormulaTerms {
  const expansion = new Expander(dot, fail);
  const population = inOrderOfTerms(expansion.terms(predictors));
  const groups = [...remainingGroups(expansion.bars, fail)];
  groups.sort((a, b) => compareCodePoints(a.group, b.group));
  refuseTwice(groups, fail);
  return {
    population,
    specific: specificTerms(expansion.specific, fail),
    offsets: expansion.offsets,
    smooths: expansion.smooths,
    groups,
  };
}

function specificTerms(calls: readonly CallExpression[], fail: FailAt): SpecificTerms | null {
  if (calls.length === 0) return null;
  const [{ place }] = calls;
  const sum = calls
    .map((call): Expression => call.arguments[0].value)
    .reduce((left, right) => ({ kind: 'binary', operator: '+', left, right, place }));
  const terms = { ...inOrderOfTerms(new Expander([], fail).terms(sum)), intercept: true };
  if (terms.terms.length > 0) return { terms, place };
  return fail(place, 'cs() without predictors: the thresholds are intercepts as it is');
}

/**
 * The terms whose columns have coefficients of their own, and those with a function such as mo(x), whose
 * coefficients are a function of other parameters.
 */
export function withoutSpecial(terms: Terms): {
  readonly ordinary: Terms;
  readonly special: Terms;
} {
  const isSpecial = (term: readonly number[]) =>
    term.some((variable) => specialCall(terms.variables[variable]) !== null);
  const special = terms.terms.filter(isSpecial);
  if (special.length === 0) return { ordinary: terms, special: { ...terms, terms: [] } };
  return {
    ordinary: inOrderOfTerms({ ...terms, terms: terms.terms.filter((term) => !isSpecial(term)) }),
    // As in brms, factors are coded as next to an intercept.
    special: inOrderOfTerms({ ...terms, intercept: true, terms: special }),
  };
}

/** A call of one of the functions of special terms; null for any other expression. */
export function specialCall(expression: Expression): CallExpression | null {
  return expression.kind === 'call' && specialFunctions.includes(expression.function)
    ? expression
    : null;
}

function remainingGroups(bars: readonly Bar[], fail: FailAt): readonly GroupTerm[] {
  let groups: readonly GroupTerm[] = [];
  for (const { bar, removed } of bars) {
    const terms = groupTerms(bar, fail);
    groups = removed ? withoutGroups(groups, terms, bar, fail) : groups.concat(terms);
  }
  return groups;
}

/** Throws on the removal of a group term that the formula lacks, which R ignores. */
function withoutGroups(
  groups: readonly GroupTerm[],
  removed: readonly GroupTerm[],
  bar: BinaryExpression,
  fail: FailAt,
): readonly GroupTerm[] {
  return removed.reduce((left, term) => {
    const rest = left.filter((other) => groupKey(other) !== groupKey(term));
    if (rest.length < left.length) return rest;
    const found = left.map(groupText).join(' + ');
    const there = found === '' ? 'there is no group term' : `the group terms are ${found}`;
    return fail(bar.place, `no group term ${groupText(term)} to take away: ${there}`);
  }, groups);
}

/** A key that is equal for terms with the same effects, independent of spelling. */
function groupKey(term: GroupTerm): string {
  const { columns, varying, correlated, id } = term;
  const effects = varying.terms.map((term) =>
    term.map((variable) => formatExpression(varying.variables[variable])).sort(),
  );
  const count = effects.length + Number(varying.intercept);
  return JSON.stringify([
    term.membership ? groupingText(term) : columns.map(({ name }) => name).sort(),
    varying.intercept,
    effects.map((effect) => effect.join(':')).sort(),
    correlated && count > 1,
    id,
  ]);
}

/** `(1 + x | g)`, `(1 | id | g)`. */
export function groupText(term: GroupTerm): string {
  const { varying, correlated, id } = term;
  const bar = correlated ? '|' : '||';
  return `(${termsText(varying)} ${id === null ? bar : `| ${id} |`} ${groupingText(term)})`;
}

/** `g:h`, `mm(g, h, weights = cbind(w1, w2), scale = FALSE)`. */
function groupingText({ columns, membership }: GroupTerm): string {
  const names = columns.map(formatExpression);
  if (membership === null) return names.join(':');
  const { weights, isScaled } = membership;
  const given = weights ? [`weights = cbind(${weights.map(formatExpression).join(', ')})`] : [];
  return `mm(${[...names, ...given, ...(isScaled ? [] : ['scale = FALSE'])].join(', ')})`;
}

/** `1 + x`, `0 + x`. */
export function termsText(terms: Terms): string {
  const labels = terms.terms.map((term) => termLabel(terms, term));
  return [terms.intercept ? '1' : '0', ...labels].join(' + ');
}

/** `(1 | g/h)` is `(1 | g) + (1 | g:h)`. */
function groupTerms(bar: BinaryExpression, fail: FailAt): readonly GroupTerm[] {
  const { left, id } = groupBar(bar, fail);
  const varying = inOrderOfTerms(new Expander([], fail).terms(left));
  const rest = { varying, correlated: bar.operator === '|', id, place: bar.place };
  const members = multiMembership(bar.right, fail);
  if (members) {
    const { columns, ...membership } = members;
    const group = `mm${columns.map(({ name }) => name).join('')}`;
    return [{ group, columns, membership, ...rest }];
  }
  const grouping = new Expander([], fail).terms(bar.right);
  return grouping.terms.map((term) => {
    const columns = term.map((variable) => grouping.variables[variable]).filter(isName);
    return {
      group: columns.map(({ name }) => name).join(':'),
      columns,
      membership: null,
      ...rest,
    };
  });
}

function isName(expression: Expression): expression is NameExpression {
  return expression.kind === 'name';
}

/** Rejects terms with one name over different grouping factors, as brms does. */
export function refuseMixedNames(groups: readonly GroupTerm[], fail: FailAt): void {
  const known = new Map<string, string>();
  for (const term of groups) {
    if (term.id === null) continue;
    const grouping = groupingColumns(term);
    const other = known.get(term.id) ?? grouping;
    if (other !== grouping) {
      fail(
        term.place,
        `terms with the name ${term.id} are of ${other} and of ${grouping}; terms with one name have one grouping factor`,
      );
    }
    known.set(term.id, other);
  }
}

/** `g:h`, `mm(g, h)`. */
function groupingColumns({ columns, membership }: GroupTerm): string {
  const names = columns.map(formatExpression);
  return membership === null ? names.join(':') : `mm(${names.join(', ')})`;
}

/** Rejects repeated effects of a group, which are not identified, as brms does. */
function refuseTwice(groups: readonly GroupTerm[], fail: FailAt): void {
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
function termLabel({ variables }: Terms, term: readonly number[]): string {
  return term.map((variable) => formatExpression(variables[variable])).join(':');
}

type Term = readonly number[];

/** A group term that is added to or removed from the preceding ones. */
interface Bar {
  readonly bar: BinaryExpression;
  readonly removed: boolean;
}

/** Expands one side of a formula, or of a group term. */
class Expander {
  /** Group terms, offsets and smooth terms found so far. */
  readonly bars: Bar[] = [];
  offsets: readonly Expression[] = [];
  smooths: readonly SmoothTerm[] = [];
  /** Calls of `cs()` found so far. */
  specific: readonly CallExpression[] = [];
  readonly #variables: Expression[] = [];
  readonly #placeOf = new Map<string, number>();
  readonly #budget: Budget;
  #intercept = true;

  /** @param dot columns denoted by `.` */
  constructor(
    private readonly dot: readonly string[],
    private readonly fail: FailAt,
  ) {
    this.#budget = { pairs: 0, fail };
  }

  terms(expression: Expression): Terms {
    const expanded = this.#expand(expression, 1);
    // Array.sort is stable.
    const terms = [...expanded].sort((a, b) => a.length - b.length);
    return { intercept: this.#intercept, variables: this.#variables, terms };
  }

  /** `sign` is −1 inside a subtraction, where 1 removes the intercept and 0 adds it. */
  #expand(expression: Expression, sign: 1 | -1): readonly Term[] {
    switch (expression.kind) {
      case 'number':
        this.#intercept = (expression.value === 1) === (sign === 1);
        return [];
      case 'name':
        return [this.#variable(expression)];
      case 'dot':
        return this.dot.map((name) =>
          this.#variable({ kind: 'name', name, place: expression.place }),
        );
      case 'parentheses': {
        const { inner } = expression;
        if (inner.kind !== 'binary' || !isBar(inner)) return this.#expand(inner, sign);
        this.bars.push({ bar: inner, removed: sign < 0 });
        return [];
      }
      case 'unary': {
        if (expression.operator === '!') return [this.#variable(expression)];
        if (expression.operator === '+') return this.#expand(expression.operand, sign);
        this.#expand(expression.operand, flip(sign));
        return [];
      }
      case 'binary':
        return isVariable(expression)
          ? [this.#variable(expression)]
          : this.#operate(expression, sign);
      case 'call':
        if (expression.function === 'cs') this.#takeSpecific(expression, sign);
        else if (expression.function === 'offset') this.#takeOffset(expression, sign);
        else if (smoothFunctions.includes(expression.function)) this.#takeSmooth(expression, sign);
        else return [this.#variable(expression)];
        return [];
      case 'logical':
      case 'text':
      case 'constant':
        return this.fail(expression.place, `${formatExpression(expression)} is not a term`);
    }
  }

  #variable(expression: Expression): Term {
    const label = formatExpression(expression);
    let place = this.#placeOf.get(label);
    if (place === undefined) {
      place = this.#variables.push(expression) - 1;
      this.#placeOf.set(label, place);
    }
    return [place];
  }

  #takeSpecific(call: CallExpression, sign: 1 | -1): void {
    if (sign === 1) {
      this.specific = [...this.specific, call];
      return;
    }
    const text = formatExpression(call);
    const rest = this.specific.filter((other) => formatExpression(other) !== text);
    if (rest.length === this.specific.length) this.fail(call.place, `no ${text} to take away`);
    this.specific = rest;
  }

  #takeOffset(call: CallExpression, sign: 1 | -1): void {
    const added = firstArgument(call, this.fail);
    if (sign === 1) {
      this.offsets = [...this.offsets, added];
      return;
    }
    const text = formatExpression(added);
    const rest = this.offsets.filter((other) => formatExpression(other) !== text);
    if (rest.length === this.offsets.length) {
      this.fail(call.place, `no offset(${text}) to take away`);
    }
    this.offsets = rest;
  }

  /** A smooth of the same variable in another basis is the same term, as its parameters have the same names. */
  #takeSmooth(call: CallExpression, sign: 1 | -1): void {
    const term = smoothTerm(call, this.fail);
    const rest = this.smooths.filter(
      ({ label, by }) => label !== term.label || by?.name !== term.by?.name,
    );
    const found = rest.length < this.smooths.length;
    if (sign === -1) {
      if (!found) this.fail(call.place, `no ${term.text} to take away`);
      this.smooths = rest;
    } else {
      if (found) this.fail(call.place, `${term.label} in two terms`);
      this.smooths = [...this.smooths, term];
    }
  }

  #operate(expression: BinaryExpression, sign: 1 | -1): readonly Term[] {
    const { operator, place } = expression;
    const budget = this.#budget;
    const left = this.#expand(expression.left, sign);
    if (operator === '^') return power(left, numberOf(expression.right) ?? 1, budget, place);
    const right = this.#expand(expression.right, operator === '-' ? flip(sign) : sign);
    switch (operator) {
      case '+':
        return distinct([...left, ...right]);
      case '-': {
        const removed = new Set(right.map(keyOf));
        return left.filter((term) => !removed.has(keyOf(term)));
      }
      case ':':
        return crossed(left, right, budget, place);
      case '*': {
        const all = [...left, ...right, ...crossed(left, right, budget, place)];
        return limited(distinct(all), this.fail, place);
      }
      case '/':
        return distinct([...left, ...crossed([union(left)], right, budget, place)]);
      case '%in%':
        return crossed(left, [union(right)], budget, place);
      default:
        return this.fail(place, `${operator} outside of parentheses`);
    }
  }
}

/**
 * Orders variables by their first appearance in the sorted terms, as in brms, which passes the
 * terms to R again. So the interaction in `f * x - f`, with the terms `x` and `f:x`, is called
 * `x:f`.
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
  readonly fail: FailAt;
}

/** Joins each term of one list with each term of the other. */
function crossed(
  left: readonly Term[],
  right: readonly Term[],
  budget: Budget,
  place: number,
): readonly Term[] {
  // Checked before the pairs are created, since their number grows quadratically.
  budget.pairs += left.length * right.length;
  if (budget.pairs > MAX_PAIRS) budget.fail(place, 'too many interactions to expand');
  const joined = left.flatMap((a) => right.map((b) => union([a, b])));
  return limited(distinct(joined), budget.fail, place);
}

/** `(a + b)^2`: crosses terms with themselves until no term is added. */
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

function limited(terms: readonly Term[], fail: FailAt, place: number): readonly Term[] {
  if (terms.length > MAX_TERMS) fail(place, `more than ${MAX_TERMS} terms`);
  return terms;
}
