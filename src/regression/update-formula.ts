/**
 * Changes of a formula as R's `update.formula` reads them: `. ~ . - x`, where the dot stands for the
 * side of the formula that it is on. Without a left side, `~ . + x`, that stays as it is.
 *
 * What a dot stands for is put in its place as text: in parentheses, unless the dot is the first of
 * a sum, where `x + (1 | g)` without them may go on with `+ z` or `- x`. A side with a comparison or
 * a negation, `x > 0`, gets them there too: `x > 0 + z` compares x with z. A change that takes
 * something away gives the formula of the terms that are left.
 */
import { parseFormula } from '../formula/parse-formula.js';
import { simplified } from '../formula/simplify.js';
import { tokenize } from '../formula/tokens.js';

/** @throws WeighbridgeError `bad-formula` that points at a character of the change */
export function updatedFormula(own: string, change: string): string {
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

/** Operators that bind less tightly than + and -. */
const looseOperators: ReadonlySet<string> = new Set([
  '<',
  '<=',
  '>',
  '>=',
  '==',
  '!=',
  '!',
  '&',
  '&&',
  '||',
]);

/** Whether such an operator stands outside of all parentheses. */
function isLoose(side: string): boolean {
  let depth = 0;
  return tokenize(side).some((token) => {
    if (token.kind !== 'symbol') return false;
    if (token.symbol === '(') depth++;
    if (token.symbol === ')') depth--;
    return depth === 0 && looseOperators.has(token.symbol);
  });
}

function sidesOf(formula: string): readonly [string, string] {
  const tilde = tokenize(formula).find((token) => token.kind === 'symbol' && token.symbol === '~');
  const at = tilde?.place ?? formula.length;
  return [formula.slice(0, at).trim(), formula.slice(at + 1).trim()];
}
