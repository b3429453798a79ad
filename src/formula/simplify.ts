/**
 * The shortest formula of the same terms, as R's `update` gives it: `y ~ x + z + (1 | g) - (1 | g) - z`
 * is `y ~ x`.
 */
import { hasDot } from './columns-used.js';
import { formatExpression, formatOutcome } from './format.js';
import type { Formula } from './formula.js';
import { failAt } from './formula-error.js';
import { parseFormula } from './parse-formula.js';
import { expandPredictors, groupText, type Terms, termsText } from './terms.js';

/** The formula itself where its terms are not known without data, or cannot be written apart. */
export function simplified(formula: Formula): Formula {
  if (hasDot(formula.predictors)) return formula;
  const terms = expandPredictors(formula.predictors, [], failAt(formula.text));
  const { population, offsets, groups } = terms;
  if (![population, ...groups.map(({ varying }) => varying)].every(isPlain)) return formula;
  const fixed = termsText(population);
  const parts = [
    population.terms.length > 0 ? fixed.replace(/^1 \+ /, '') : fixed,
    ...offsets.map((offset) => `offset(${formatExpression(offset)})`),
    ...groups.map(groupText),
  ];
  return parseFormula(`${formatOutcome(formula)} ~ ${parts.join(' + ')}`);
}

/** A comparison that is a term by itself, `x > 0`, would take in what stands beside it. */
function isPlain({ variables }: Terms): boolean {
  return variables.every(({ kind }) => kind === 'name' || kind === 'call');
}
