/** What is wrong with a regression over the table of answers, whatever the answers will be. */
import { didYouMean } from '../checks/names.js';
import { isWeighbridgeError } from '../errors.js';
import { expandFormula, hasDot } from '../formula/columns-used.js';
import { parseFormula } from '../formula/parse-formula.js';
import { parsePrior } from '../regression/priors/prior-text.js';
import { familyFromText, priorLines, type TableAnalysis } from './analyse-table.js';

interface AnalysisProblem {
  readonly key: keyof TableAnalysis;
  readonly what: string;
}

/** Columns that depend on the answers: one for each key or label. */
const BY_ANSWER = /^(value|logprob)_/;
/** Names in formulas that are no columns. */
const RESERVED: readonly string[] = ['pi', 'Intercept'];

/**
 * @param columns of the table of answers, as far as they are known before there are answers
 * @returns null if nothing is wrong
 */
export function analysisProblem(
  analysis: TableAnalysis,
  columns: readonly string[],
): AnalysisProblem | null {
  const { formula, family, prior = {}, compare, where = {} } = analysis;
  const unknown = (name: string) =>
    !columns.includes(name) && !BY_ANSWER.test(name) && !RESERVED.includes(name);
  const noColumn = (name: string) =>
    `the table of answers has no column '${name}'${didYouMean(name, columns)}`;
  const used = namesUsed(formula);
  if ('what' in used) return { key: 'formula', what: used.what };
  const missing = used.names.find(unknown);
  if (missing !== undefined) return { key: 'formula', what: noColumn(missing) };
  const ofFamily = problemOf(() => familyFromText(family));
  if (ofFamily !== null) return { key: 'family', what: ofFamily };
  const ofPrior = problemOf(() => priorLines(prior).map(parsePrior));
  if (ofPrior !== null) return { key: 'prior', what: ofPrior };
  if (compare !== undefined && !used.hasDot && !used.names.includes(compare)) {
    return { key: 'compare', what: `'${compare}' is not in the formula` };
  }
  const condition = Object.keys(where).find(unknown);
  return condition === undefined ? null : { key: 'where', what: noColumn(condition) };
}

function namesUsed(
  text: string,
): { readonly names: readonly string[]; readonly hasDot: boolean } | { readonly what: string } {
  try {
    const formula = parseFormula(text);
    const { left, predictors, grouping } = expandFormula(formula, []).used;
    return {
      names: [...left.keys(), ...predictors.keys(), ...grouping.keys()],
      hasDot: hasDot(formula.predictors),
    };
  } catch (error) {
    if (isWeighbridgeError(error)) return { what: error.message };
    throw error;
  }
}

/** The message of a WeighbridgeError; null if there is none. */
function problemOf(work: () => unknown): string | null {
  try {
    work();
    return null;
  } catch (error) {
    if (isWeighbridgeError(error)) return error.message;
    throw error;
  }
}
