/**
 * A formula as a syntax tree like that of R's parser, in plain JSON data.
 */
export interface Formula {
  /** The parsed text. Positions in the tree are offsets into it, for messages. */
  readonly text: string;
  /** Left of `~`, without what follows a bar. */
  readonly response: Expression;
  /** The terms after the bar of an outcome, `| trials(n) + weights(w)`, each once (additions.ts). */
  readonly additions: readonly CallExpression[];
  /** Right of `~`: population-level terms, offsets and group terms, as written. */
  readonly predictors: Expression;
  /** The other formulas of `bf(y ~ x, sigma ~ z)`. @default none */
  readonly parts?: readonly FormulaPart[];
  /** The formulas of predictors with missing values, `+ bf(x | mi() ~ z)`. @default none */
  readonly missing?: readonly MissingModel[];
  /** False with `+ set_mecor(FALSE)`: several noisy predictors `me()` are independent of each other. @default true */
  readonly correlatesNoisy?: false;
}

/** The formula of a predictor with missing values, `x | mi() ~ z`. */
export interface MissingModel {
  /** Left of the bar: a column. */
  readonly variable: string;
  /** Known standard errors of what is observed, `mi(s)`; null if it is exact. */
  readonly error: Expression | null;
  /** Right of `~`. */
  readonly predictors: Expression;
  /** Offset of the variable. */
  readonly place: number;
}

/** The formula of a parameter other than the mean. */
export interface FormulaPart {
  /** Left of `~`. */
  readonly parameter: string;
  /** Right of `~`. */
  readonly predictors: Expression;
  /** Offset of the parameter. */
  readonly place: number;
}

/** The formula with other predictors in place of those of the mean, as those of a part. */
export function formulaOfPart(
  { parts: _parts, missing: _missing, ...formula }: Formula,
  { predictors }: Pick<FormulaPart, 'predictors'>,
): Formula {
  return { ...formula, predictors };
}

interface OperatorFacts {
  /** Binding power to the left operand. */
  readonly left: number;
  /** Minimum binding power of a following operator to be part of the right operand. */
  readonly right: number;
  /** Whether R's `deparse` puts spaces around the operator. */
  readonly spaced?: true;
  /**
   * Role right of `~`, outside of functions: `group` separates effects and grouping factor, `terms`
   * combines terms, `comparison` and `value` combine values.
   */
  readonly role: 'group' | 'comparison' | 'value' | 'terms';
}

/** All binary operators, with R's precedences. */
export const operators = {
  '|': { left: 1, right: 2, spaced: true, role: 'group' },
  '||': { left: 1, right: 2, spaced: true, role: 'group' },
  '&': { left: 2, right: 3, spaced: true, role: 'value' },
  '&&': { left: 2, right: 3, spaced: true, role: 'value' },
  '<': { left: 4, right: 5, spaced: true, role: 'comparison' },
  '<=': { left: 4, right: 5, spaced: true, role: 'comparison' },
  '>': { left: 4, right: 5, spaced: true, role: 'comparison' },
  '>=': { left: 4, right: 5, spaced: true, role: 'comparison' },
  '==': { left: 4, right: 5, spaced: true, role: 'comparison' },
  '!=': { left: 4, right: 5, spaced: true, role: 'comparison' },
  '+': { left: 5, right: 6, spaced: true, role: 'terms' },
  '-': { left: 5, right: 6, spaced: true, role: 'terms' },
  '*': { left: 6, right: 7, spaced: true, role: 'terms' },
  '/': { left: 6, right: 7, role: 'terms' },
  '%in%': { left: 7, right: 8, spaced: true, role: 'terms' },
  '%%': { left: 7, right: 8, role: 'value' },
  '%/%': { left: 7, right: 8, role: 'value' },
  ':': { left: 8, right: 9, role: 'terms' },
  '^': { left: 10, right: 10, role: 'terms' },
} as const satisfies Readonly<Record<string, OperatorFacts>>;

type BinaryOperator = keyof typeof operators;

/** Binding powers of the unary `+ -` and `!`, on the scale of `left`. */
export const signs = { '+': 9, '-': 9, '!': 4 } as const;

export function operatorFacts(operator: BinaryOperator): OperatorFacts {
  return operators[operator];
}

export function isBinaryOperator(symbol: string): symbol is BinaryOperator {
  return Object.hasOwn(operators, symbol);
}

/** Parentheses are kept, since R's column names have them: `I((x + 1)^2)`. */
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

interface NumberExpression {
  readonly kind: 'number';
  readonly value: number;
  readonly place: number;
}

/** TRUE or FALSE. */
interface LogicalExpression {
  readonly kind: 'logical';
  readonly value: boolean;
  readonly place: number;
}

/** Quoted text, for example the level in `f == "a"`. */
interface TextExpression {
  readonly kind: 'text';
  readonly value: string;
  readonly place: number;
}

/** A named constant of R. `pi` is a constant only if the data have no column of that name. */
interface ConstantExpression {
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
interface DotExpression {
  readonly kind: 'dot';
  readonly place: number;
}

interface ParenthesesExpression {
  readonly kind: 'parentheses';
  readonly inner: Expression;
  readonly place: number;
}

interface UnaryExpression {
  readonly kind: 'unary';
  readonly operator: keyof typeof signs;
  readonly operand: Expression;
  readonly place: number;
}

export interface BinaryExpression {
  readonly kind: 'binary';
  readonly operator: BinaryOperator;
  readonly left: Expression;
  readonly right: Expression;
  /** Offset of the operator. */
  readonly place: number;
}

export interface CallExpression {
  readonly kind: 'call';
  readonly function: string;
  readonly arguments: readonly Argument[];
  readonly place: number;
}

export interface Argument {
  /** `raw` in `raw = TRUE`; null for a positional argument. */
  readonly name: string | null;
  readonly value: Expression;
}
