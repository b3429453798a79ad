/**
 * Formats trees as R's `deparse` does. These texts are the column names of a design.
 */
import {
  type Argument,
  type Expression,
  type Formula,
  type MissingModel,
  operatorFacts,
} from './formula.js';

/** Names that need backquotes. */
export const reservedWords: ReadonlySet<string> = new Set(
  (
    'TRUE FALSE NULL NA NA_integer_ NA_real_ NA_character_ NA_complex_ Inf NaN ' +
    'if else repeat while function for next break in'
  ).split(' '),
);

/** The canonical spelling of a formula. */
export function formatFormula(formula: Formula): string {
  const formulas = formulaTexts(formula);
  const { missing = [], correlatesNoisy = true } = formula;
  const added = [
    ...missing.map((model) => `bf(${formatMissingModel(model)})`),
    ...(missing.length > 0 ? ['set_rescor(FALSE)'] : []),
    ...(correlatesNoisy ? [] : ['set_mecor(FALSE)']),
  ];
  if (formulas.length === 1 && added.length === 0) return formulas[0];
  return [`bf(${formulas.join(', ')})`, ...added].join(' + ');
}

/** `x | mi() ~ z`. */
export function formatMissingModel({ variable, error, predictors }: MissingModel): string {
  const errors = error === null ? '' : formatExpression(error);
  return `${formatName(variable)} | mi(${errors}) ~ ${formatExpression(predictors)}`;
}

/** The formula of the mean, and those of other parameters. */
export function formulaTexts(formula: Formula): string[] {
  const { predictors, parts = [] } = formula;
  return [
    `${formatOutcome(formula)} ~ ${formatExpression(predictors)}`,
    ...parts.map((part) => `${part.parameter} ~ ${formatExpression(part.predictors)}`),
  ];
}

/** The left side of `~`. */
export function formatOutcome({
  response,
  additions,
}: Pick<Formula, 'response' | 'additions'>): string {
  const text = formatExpression(response);
  return additions.length === 0 ? text : `${text} | ${additions.map(formatExpression).join(' + ')}`;
}

export function formatExpression(expression: Expression): string {
  switch (expression.kind) {
    case 'number':
      return formatNumber(expression.value);
    case 'text':
      return `"${escaped(expression.value, '"')}"`;
    case 'constant':
      return expression.name;
    case 'logical':
      return expression.value ? 'TRUE' : 'FALSE';
    case 'name':
      return formatName(expression.name);
    case 'dot':
      return '.';
    case 'parentheses':
      return `(${formatExpression(expression.inner)})`;
    case 'unary':
      return `${expression.operator}${formatExpression(expression.operand)}`;
    case 'binary': {
      const { operator } = expression;
      const between = operatorFacts(operator).spaced ? ` ${operator} ` : operator;
      return formatExpression(expression.left) + between + formatExpression(expression.right);
    }
    case 'call':
      return `${formatName(expression.function)}(${expression.arguments.map(formatArgument).join(', ')})`;
  }
}

function formatArgument({ name, value }: Argument): string {
  const text = formatExpression(value);
  return name === null ? text : `${formatName(name)} = ${text}`;
}

/** Adds backquotes if the name is not syntactic in R. */
export function formatName(name: string): string {
  const plain = /^(?:\p{L}|\.(?!\d))[\p{L}\p{M}\p{N}._]*$/u.test(name);
  if (plain && name !== '.' && !reservedWords.has(name)) return name;
  return `\`${escaped(name, '`')}\``;
}

function escaped(text: string, quote: string): string {
  return text
    .replaceAll('\\', '\\\\')
    .replaceAll(quote, `\\${quote}`)
    .replace(/\n/g, '\\n')
    .replace(/\t/g, '\\t')
    .replace(/\r/g, '\\r');
}

/**
 * A number as R writes it: the fewest digits that identify it, in fixed notation unless scientific
 * notation is shorter.
 */
export function formatNumber(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  let digits = 1;
  while (digits < 17 && Number(value.toPrecision(digits)) !== value) digits++;
  const [mantissa = '', exponent = '0'] = value.toExponential(digits - 1).split('e');
  const power = Number(exponent);
  const decimals = Math.max(0, digits - 1 - power);
  const fixed = value.toFixed(Math.min(100, decimals));
  const sign = power < 0 ? '-' : '+';
  const scientific = `${mantissa}e${sign}${String(Math.abs(power)).padStart(2, '0')}`;
  const wide = Math.abs(power) >= 21 || decimals > 100;
  return !wide && fixed.length <= scientific.length ? fixed : scientific;
}
