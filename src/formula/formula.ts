/**
 * A formula as a tree: what R's parser makes of it, as plain data. It survives JSON.
 *
 * Places are offsets into `text`, the canonical spelling, for messages: whatever spelling was
 * parsed, the tree is that of its canonical spelling.
 */
export interface Formula {
  /** The formula in its canonical spelling, R's: parsed again, it is the same tree. */
  readonly text: string;
  /** Left of `~`, without `| trials(n)`. */
  readonly response: Expression;
  /** The argument of `| trials(n)`; null where there is none. */
  readonly trials: Expression | null;
  /** Right of `~`: population-level terms, offsets and group terms, as they were written. */
  readonly predictors: Expression;
}

export type ComparisonOperator = '<' | '<=' | '>' | '>=' | '==' | '!=';

export type BinaryOperator =
  | '|'
  | '||'
  | '&'
  | '&&'
  | ComparisonOperator
  | '+'
  | '-'
  | '*'
  | '/'
  | '%in%'
  | '%%'
  | '%/%'
  | ':'
  | '^';

/** Parentheses are kept: R's names of columns have them, `I((x + 1)^2)`. */
export type Expression =
  | NumberExpression
  | LogicalExpression
  | TextExpression
  | ConstantExpression
  | NameExpression
  | DotExpression
  | ParenthesesExpression
  | UnaryExpression
  | BinaryExpression
  | CallExpression;

export interface NumberExpression {
  readonly kind: 'number';
  readonly value: number;
  readonly place: number;
}

/** TRUE or FALSE. */
export interface LogicalExpression {
  readonly kind: 'logical';
  readonly value: boolean;
  readonly place: number;
}

/** Text in quotes: a level, in `f == "a"`. */
export interface TextExpression {
  readonly kind: 'text';
  readonly value: string;
  readonly place: number;
}

/** A number by its name in R. `pi` is one only where the data have no such column. */
export interface ConstantExpression {
  readonly kind: 'constant';
  readonly name: 'Inf' | 'pi';
  readonly place: number;
}

/** A column, by its name without backquotes. */
export interface NameExpression {
  readonly kind: 'name';
  readonly name: string;
  readonly place: number;
}

/** `.`: all columns that are not left of `~`. */
export interface DotExpression {
  readonly kind: 'dot';
  readonly place: number;
}

export interface ParenthesesExpression {
  readonly kind: 'parentheses';
  readonly inner: Expression;
  readonly place: number;
}

export interface UnaryExpression {
  readonly kind: 'unary';
  readonly operator: '+' | '-' | '!';
  readonly operand: Expression;
  readonly place: number;
}

export interface BinaryExpression {
  readonly kind: 'binary';
  readonly operator: BinaryOperator;
  readonly left: Expression;
  readonly right: Expression;
  /** Of the operator. */
  readonly place: number;
}

export interface CallExpression {
  readonly kind: 'call';
  readonly function: string;
  readonly arguments: readonly Argument[];
  readonly place: number;
}

export interface Argument {
  /** `raw` of `raw = TRUE`; null for an argument by position. */
  readonly name: string | null;
  readonly value: Expression;
}
