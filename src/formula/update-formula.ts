/**
 * Updates of a formula as in R's `update.formula`: in `. ~ . - x`, each dot is the same side of the
 * old formula. Without a left side (`~ . + x`), the left side is unchanged.
 *
 * Dots are replaced as text, in parentheses, unless the dot is the first of a sum: `x + (1 | g)`
 * may continue with `+ z` or `- x`. A side with a comparison or a negation (`x > 0`) always gets
 * parentheses, since `x > 0 + z` compares x with z. If the change removes terms, the result is the
 * formula of the remaining terms.
 */

import { failIn } from '../text/cursor.js';
import { hasDot } from './columns-used.js';
import { formatExpression, formatOutcome } from './format.js';
import { type Formula, isBinaryOperator, operators } from './formula.js';
import { tildePlace, tokenize } from './parse-expression.js';
import { parseFormula } from './parse-formula.js';
import { expandPredictors, groupText, type Terms, termsText } from './terms.js';

/**
 * A change in `bf(…)` says which parameters have formulas: `bf(. ~ ., sigma ~ . + z)`. Without `bf`, it is of
 * the mean, and the others stay, as do formulas that are added to `bf(…)` unless the change adds others.
 *
 * @throws WeighbridgeError `bad-formula`, with the offset in the change, if the change is invalid
 */
export function updatedFormula(own: string, change: string): string {
  const changes = formulasIn(change);
  const {
    formulas: [mean, ...parts],
    added,
  } = formulasIn(own) ?? { formulas: [own], added: '' };
  if (changes === null) {
    const changed = updatedMean(mean, change);
    if (parts.length === 0 && added === '') return changed;
    return `bf(${[changed, ...parts].join(', ')})${added}`;
  }
  const [ofMean, ...ofParts] = changes.formulas;
  const changed = ofParts.map((text) => {
    const [name] = sidesOf(text);
    return updatedMean(parts.find((part) => sidesOf(part)[0] === name) ?? `${name} ~ 1`, text);
  });
  return `bf(${[updatedMean(mean, ofMean), ...changed].join(', ')})${changes.added || added}`;
}

/** The formulas within `bf(…)`, and what follows it; null for a formula without it. */
function formulasIn(
  text: string,
): { readonly formulas: readonly string[]; readonly added: string } | null {
  const tokens = tokenize(text);
  const [name, opening] = tokens;
  const isWhole = name.kind === 'name' && (name.name === 'bf' || name.name === 'brmsformula');
  if (!isWhole || opening.kind !== 'symbol' || opening.symbol !== '(') return null;
  let depth = 0;
  const places: number[] = [];
  for (const token of tokens) {
    if (token.kind !== 'symbol') continue;
    if (token.symbol === '(') depth++;
    if (token.symbol === ')') depth--;
    const isEdge =
      (token.symbol === '(' && places.length === 0) || (token.symbol === ')' && depth === 0);
    if (isEdge || (depth === 1 && token.symbol === ',')) places.push(token.place);
    if (depth === 0) break;
  }
  const end = places.at(-1) ?? text.length;
  return {
    formulas: places.slice(1).map((place, i) => text.slice(places[i] + 1, place).trim()),
    added: text.slice(end + 1).trimEnd(),
  };
}

function updatedMean(own: string, change: string): string {
  const tokens = tokenize(change);
  const isSymbol = (place: number, symbols: readonly string[]) => {
    const token = tokens[place];
    return token.kind === 'symbol' && symbols.includes(token.symbol);
  };
  const isSide = (place: number) =>
    place < 0 || tokens[place].kind === 'end' || isSymbol(place, ['~']);
  const tilde = tokens.findIndex((_, place) => isSymbol(place, ['~']));
  if (tilde < 0) return change;
  const [ownLeft, ownRight] = sidesOf(own);
  let text = tilde === 0 ? `${ownLeft} ` : '';
  let done = 0;
  for (const [place, token] of tokens.entries()) {
    if (token.kind !== 'name' || token.quoted || token.name !== '.') continue;
    const isFirst = place === 0 || isSymbol(place - 1, ['~', '(']);
    const goesOn =
      isSymbol(place + 1, ['+', '-', ')', '~', '|']) || tokens[place + 1].kind === 'end';
    const side = place < tilde ? ownLeft : ownRight;
    const isAlone = isSide(place - 1) && isSide(place + 1);
    const isApart = isAlone || (isFirst && goesOn && !isLoose(side));
    text += change.slice(done, token.place) + (isApart ? side : `(${side})`);
    done = token.place + 1;
  }
  text += change.slice(done);
  const takesAway = tokens.some((_, place) => isSymbol(place, ['-']));
  return takesAway ? simplified(parseFormula(text)).text : text;
}

/** Whether an operator outside of parentheses has lower precedence than + and -. */
function isLoose(side: string): boolean {
  let depth = 0;
  return tokenize(side).some((token) => {
    if (token.kind !== 'symbol') return false;
    if (token.symbol === '(') depth++;
    if (token.symbol === ')') depth--;
    return depth === 0 && isLooseOperator(token.symbol);
  });
}

function isLooseOperator(symbol: string): boolean {
  if (symbol === '!') return true;
  // y | trials(n) is a complete left side.
  return symbol !== '|' && isBinaryOperator(symbol) && operators[symbol].left < operators['+'].left;
}

/** `y ~ x` of `bf(y ~ 0, muB ~ x, muC ~ x)`; any other formula as it is. */
export function withoutCategories(text: string): string {
  const formula = parseFormula(text);
  const [first, ...others] = (formula.parts ?? []).map(({ predictors }) =>
    formatExpression(predictors),
  );
  if (first === undefined || others.some((other) => other !== first)) return text;
  return `${formatOutcome(formula)} ~ ${first}`;
}

function sidesOf(formula: string): readonly [string, string] {
  const at = tildePlace(formula);
  return [formula.slice(0, at).trim(), formula.slice(at + 1).trim()];
}

/**
 * The shortest formula with the same terms, as R's `update` returns it: `y ~ x + z - z` becomes
 * `y ~ x`. Unchanged if the terms depend on the data or cannot be written separately.
 */
export function simplified(formula: Formula): Formula {
  if (hasDot(formula.predictors)) return formula;
  const terms = expandPredictors(formula.predictors, [], failIn('formula', formula.text));
  const { population, specific, offsets, smooths, groups } = terms;
  const own = specific ? [specific.terms] : [];
  if (![population, ...own, ...groups.map(({ varying }) => varying)].every(isPlain)) return formula;
  const fixed = termsText(population);
  const parts = [
    population.terms.length > 0 ? fixed.replace(/^1 \+ /, '') : fixed,
    ...own.map((one) => `cs(${termsText(one).replace(/^1 \+ /, '')})`),
    ...offsets.map((offset) => `offset(${formatExpression(offset)})`),
    ...smooths.map(({ text }) => text),
    ...groups.map(groupText),
  ];
  return parseFormula(`${formatOutcome(formula)} ~ ${parts.join(' + ')}`);
}

/** A comparison as a term (`x > 0`) would absorb the terms next to it. */
function isPlain({ variables }: Terms): boolean {
  return variables.every(({ kind }) => kind === 'name' || kind === 'call');
}
