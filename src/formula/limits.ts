/**
 * Censored and truncated outcomes, as in brms: what `cens()` and `trunc()` on the left side of `~` say of each row.
 *
 *     y | cens(c)       'none' or 0: y is the outcome; 'right' or 1: the outcome is above y;
 *                       'left' or −1: it is at most y
 *     y | cens(c, y2)   also 'interval' or 2: the outcome is above y and at most y2
 *     y | trunc(lb = a, ub = b)   only outcomes from a to b have a row, both ends included
 */
import { badData } from '../checks/values.js';
import type { Limits } from '../linear-algebra/limits.js';
import { additionOf } from './additions.js';
import type { OutcomeKind } from './design.js';
import { evaluate } from './evaluate.js';
import { formatExpression, formatNumber } from './format.js';
import type { CallExpression, Expression, Formula } from './formula.js';
import type { Scope } from './scope.js';
import { type Column, labelAt } from './table.js';

/** The bounds of truncation of each row. */
export type OutcomeBounds = Pick<Limits, 'after' | 'upTo'>;

type LimitedFormula = Pick<Formula, 'response' | 'additions'>;

/** Null in a formula without `cens()` and `trunc()`. @throws WeighbridgeError `bad-data` */
export function readLimits(
  formula: LimitedFormula,
  outcomes: Float64Array,
  kind: OutcomeKind,
  scope: Scope,
): Limits | null {
  const cens = additionOf(formula, 'cens');
  const bounds = readBounds(formula, kind, scope);
  if (cens === null && bounds === null) return null;
  const { after, upTo } = bounds ?? unbounded(outcomes.length);
  if (bounds) refuseOutside(formula, outcomes, bounds, isWholeOf(kind), scope);
  const known = { from: outcomes, to: outcomes };
  const { from, to } = cens ? readCensored(cens, outcomes, scope) : known;
  // What is known of an outcome is known beside its bounds.
  const within = {
    from: from.map((end, row) => (end === to[row] ? end : Math.max(end, after[row]))),
    to: to.map((end, row) => (end === from[row] ? end : Math.min(end, upTo[row]))),
  };
  refuseNever(formula, outcomes, { from, to }, within, scope);
  return { ...within, after, upTo };
}

/** Null in a formula without `trunc()`. @throws WeighbridgeError `bad-data` for bounds that are crossed */
export function readBounds(
  formula: LimitedFormula,
  kind: OutcomeKind,
  scope: Scope,
): OutcomeBounds | null {
  const trunc = additionOf(formula, 'trunc');
  if (trunc === null) return null;
  const { lb, ub } = truncArguments(trunc);
  const lower = lb && evaluate(lb, scope).slice();
  const upper = ub && evaluate(ub, scope).slice();
  const crossed = lower?.findIndex((bound, row) => upper !== null && !(bound < upper[row])) ?? -1;
  if (lower && upper && crossed >= 0) {
    const row = scope.rowNumber(crossed);
    throw badData(
      `row ${row}: ${formatExpression(trunc)} has the bounds ${formatNumber(lower[crossed])} and ${formatNumber(upper[crossed])}, expected the lower one below the upper one`,
      { row, found: lower[crossed], expected: `a number below ${upper[crossed]}` },
    );
  }
  const isWhole = isWholeOf(kind);
  const open = unbounded(scope.rows);
  return {
    after: lower ? lower.map((bound) => (isWhole ? Math.ceil(bound) - 1 : bound)) : open.after,
    upTo: upper ?? open.upTo,
  };
}

function isWholeOf(kind: OutcomeKind): boolean {
  return kind === 'count' || kind === 'binomial';
}

function unbounded(rows: number): OutcomeBounds {
  return {
    after: new Float64Array(rows).fill(Number.NEGATIVE_INFINITY),
    upTo: new Float64Array(rows).fill(Number.POSITIVE_INFINITY),
  };
}

/** The bounds by name, or lb and ub by place. */
function truncArguments(trunc: CallExpression) {
  const of = (name: 'lb' | 'ub', place: number): Expression | null =>
    trunc.arguments.find((one, i) => (one.name === null ? i === place : one.name === name))
      ?.value ?? null;
  return { lb: of('lb', 0), ub: of('ub', 1) };
}

function refuseOutside(
  { response }: LimitedFormula,
  outcomes: Float64Array,
  { after, upTo }: OutcomeBounds,
  isWhole: boolean,
  scope: Scope,
): void {
  const least = isWhole ? after.map((end) => end + 1) : after;
  const bad = outcomes.findIndex((outcome, row) => outcome < least[row] || outcome > upTo[row]);
  if (bad < 0) return;
  const row = scope.rowNumber(bad);
  const name = formatExpression(response);
  const expected = `a number within its bounds, ${rangeText(least[bad], upTo[bad])}`;
  throw badData(`row ${row}: ${name} is ${formatNumber(outcomes[bad])}, expected ${expected}`, {
    row,
    column: name,
    found: outcomes[bad],
    expected,
  });
}

/** Throws for an outcome of which it is known only that it is where no outcome can be. */
function refuseNever(
  { response }: LimitedFormula,
  outcomes: Float64Array,
  known: Pick<Limits, 'from' | 'to'>,
  within: Pick<Limits, 'from' | 'to'>,
  scope: Scope,
): void {
  const bad = outcomes.findIndex(
    (_, row) => known.from[row] < known.to[row] && !(within.from[row] < within.to[row]),
  );
  if (bad < 0) return;
  const row = scope.rowNumber(bad);
  const name = formatExpression(response);
  throw badData(
    `row ${row}: ${name} is ${formatNumber(outcomes[bad])} and censored, but beyond it there is no outcome within the bounds of trunc()`,
    { row, column: name, found: outcomes[bad], expected: 'outcomes within the bounds' },
  );
}

const codes = { none: 0, left: -1, right: 1, interval: 2 } as const;

/** The ends of what is known of each outcome: twice the outcome itself if it is known. */
function readCensored(
  cens: CallExpression,
  outcomes: Float64Array,
  scope: Scope,
): Pick<Limits, 'from' | 'to'> {
  const [code, upper] = cens.arguments.map(({ value }) => value);
  const read = readCodes(code, scope);
  const ends = upper ? readUpper(upper, scope) : null;
  const from = outcomes.slice();
  const to = outcomes.slice();
  read.forEach((one, i) => {
    if (one === codes.left) from[i] = Number.NEGATIVE_INFINITY;
    if (one === codes.right) to[i] = Number.POSITIVE_INFINITY;
    if (one !== codes.interval) return;
    to[i] = requireUpper(ends, outcomes, i, cens, scope);
  });
  return { from, to };
}

function requireUpper(
  ends: Float64Array | null,
  outcomes: Float64Array,
  i: number,
  cens: CallExpression,
  scope: Scope,
): number {
  const row = scope.rowNumber(i);
  const text = formatExpression(cens.arguments[0].value);
  if (ends === null) {
    throw badData(
      `row ${row}: ${text} says that the outcome is in an interval, expected the column of its upper end: cens(${text}, y2)`,
      { row, expected: 'cens(c, y2)' },
    );
  }
  const end = ends[i];
  if (end > outcomes[i]) return end;
  const name = formatExpression(cens.arguments[1].value);
  const found = Number.isNaN(end) ? 'no value' : formatNumber(end);
  const expected = `the upper end of an interval, above ${formatNumber(outcomes[i])}`;
  throw badData(`row ${row}: ${name} is ${found}, expected ${expected}`, {
    row,
    column: name,
    found: end,
    expected,
  });
}

/** A column may lack values where outcomes are in no interval. */
function readUpper(upper: Expression, scope: Scope): Float64Array {
  if (upper.kind === 'name') {
    const column = scope.column(upper.name, upper.place);
    if (column.kind === 'numeric') return column.values;
  }
  return evaluate(upper, scope);
}

function readCodes(code: Expression, scope: Scope): Int8Array {
  const column = code.kind === 'name' ? scope.column(code.name, code.place) : null;
  const read = Int8Array.from({ length: scope.rows });
  const numbers = column?.kind === 'factor' ? null : evaluate(code, scope);
  for (let i = 0; i < scope.rows; i++) {
    const found = numbers ? numbers[i] : labelOf(column, i);
    const known = typeof found === 'number' ? numberCode(found) : textCode(found);
    if (known === null) throw unknownCode(code, found, i, scope);
    read[i] = known;
  }
  return read;
}

function labelOf(column: Column | null, row: number): string {
  return (column && labelAt(column, row)) ?? '';
}

function numberCode(found: number): number | null {
  return Object.values<number>(codes).includes(found) ? found : null;
}

function textCode(found: string): number | null {
  const numbers: Readonly<Record<string, number>> = codes;
  return Object.hasOwn(numbers, found) ? numbers[found] : null;
}

function unknownCode(code: Expression, found: string | number, i: number, scope: Scope) {
  const row = scope.rowNumber(i);
  const name = formatExpression(code);
  const expected = 'none, left, right or interval, or 0, -1, 1 or 2';
  const told = typeof found === 'number' ? formatNumber(found) : `'${found}'`;
  return badData(`row ${row}: ${name} is ${told}, expected ${expected}`, {
    row,
    column: name,
    found,
    expected,
  });
}

function rangeText(least: number, most: number): string {
  if (most === Number.POSITIVE_INFINITY) return `at least ${least}`;
  return least === Number.NEGATIVE_INFINITY ? `at most ${most}` : `from ${least} to ${most}`;
}
