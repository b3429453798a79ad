/**
 * Preparation of a model: encodes formula and data, resolves priors, and rejects data that cannot
 * be fitted, before anything is sampled.
 */
import { priorParameterNames } from '../../models/coefficient-blocks.js';
import {
  auxiliaryOf,
  type CategoryPredictor,
  type Family,
  type FamilyName,
  isCategoryPredictor,
  isThresholdPredictor,
  nameOf,
  traitsOf,
  withoutPredicted,
} from '../../models/families/family.js';
import {
  limitedFamilies,
  predictableOf,
  responseDistribution,
} from '../../models/families/index.js';
import {
  hasOrder,
  hasPlace,
  isNominal,
  isOrdinal,
  thresholdSpans,
} from '../../models/families/thresholds.js';
import { isJoint, isProper } from '../../models/prior-distributions.js';
import {
  centrePredictors,
  type GroupEffects,
  membersOf,
  type RegressionData,
  type RegressionSpecification,
} from '../../models/regression-data.js';
import { reportedNames } from '../../models/reported-parameters.js';
import { listed } from '../checks/names.js';
import { badData } from '../checks/values.js';
import { WeighbridgeError } from '../errors.js';
import { isComparison, partsOf } from '../fit/comparison-graph.js';
import { lostSpread, rangeOf, requireRange } from '../fit/range.js';
import { familyFrom } from '../fit/specification.js';
import { additionOf, hasKnownScale } from '../formula/additions.js';
import type {
  DataFacts,
  EncodedLatents,
  GroupDesign,
  LatentVariable,
  ModelFrame,
} from '../formula/design.js';
import { formatExpression, formatOutcome } from '../formula/format.js';
import type { Formula } from '../formula/formula.js';
import { modelFrame } from '../formula/model-frame.js';
import { coefficientName, coefficientNames } from '../formula/names.js';
import { parseFormula } from '../formula/parse-formula.js';
import { rankFacts } from '../formula/rank.js';
import {
  type Column,
  columnOf,
  type DataInput,
  labelAt,
  levelsOf,
  type Table,
  tableOf,
} from '../formula/table.js';
import { MOST_CATEGORIES } from '../formula/thresholds.js';
import { isCensored, type Limits } from '../linear-algebra/limits.js';
import { type ColumnRanges, rangesOfColumns, sizeOf } from '../linear-algebra/powers-of-two.js';
import { deviationsWithin } from '../linear-algebra/within-groups.js';
import { failIn } from '../text/cursor.js';
import { type PriorInput, priorsFrom, requireData, requireOptions } from './options.js';
import type { PriorModel } from './priors/default-rows.js';
import type { PriorInUse, PriorRow } from './priors/prior-rows.js';
import { formatPrior, priorText } from './priors/prior-text.js';
import { resolvePriors } from './priors/resolve-priors.js';
import { rowOfSlot, slotsOf } from './priors/slots.js';

/** A regression as specified by the user. */
export interface Preparation {
  /**
   * In the notation of brms and lme4: `y ~ x1 * x2 + (1 + x1 | g)`, `y | trials(n) ~ x`; parameters with linear
   * predictors of their own: `bf(y ~ x, sigma ~ x)`.
   */
  readonly formula: string;
  /** A family, or the name of a family with its default link. @default gaussian() */
  readonly family?: Family | FamilyName;
  /** One record per row, or one array per column. */
  readonly data: DataInput;
  /**
   * Given priors replace defaults parameter by parameter. Text is parsed by `parsePrior`:
   * `'normal(0, 1) class=b'`.
   *
   * @default `defaultPrior`
   */
  readonly prior?: PriorInput | readonly PriorInput[];
  /**
   * Rows with a missing value in a column of the formula: `drop` leaves them out with a note, as
   * in brms; `fail` throws.
   *
   * @default 'drop'
   */
  readonly missing?: 'drop' | 'fail';
  /** Order of a text column's levels; the first is the reference. @default sorted */
  readonly levels?: Readonly<Record<string, readonly string[]>>;
}

export interface Prepared {
  readonly frame: ModelFrame;
  readonly family: Family;
  readonly reading: Pick<Preparation, 'levels' | 'missing'>;
  readonly givenPriors: readonly PriorRow[];
  readonly priors: readonly PriorInUse[];
  readonly specification: RegressionSpecification;
}

/**
 * `own`: priors given for this regression; one that matches no parameter is an error. `inherited`:
 * priors of the fit that is updated; such a prior is left out with a note.
 */
export type PriorOrigin = 'own' | 'inherited';

/**
 * @param others names of the caller's options in addition to those of a regression
 * @param of the caller's name, for messages
 * @throws WeighbridgeError `bad-formula`, `bad-data`, `bad-argument`
 */
export function prepare(
  asked: Preparation,
  others: readonly string[] = [],
  of = 'regression',
  origin: PriorOrigin = 'own',
): Prepared {
  requireOptions(asked, others, of);
  const { data, levels } = asked;
  requireData(data);
  return prepared(asked, tableOf(data, levels ? { levels } : {}), origin);
}

/** Like `prepare`, for a data set that is already read. */
export function prepareTable(
  asked: Omit<Preparation, 'data'>,
  table: Table,
  origin: PriorOrigin = 'own',
): Prepared {
  requireOptions(asked);
  const { levels } = asked;
  return prepared(asked, levels ? tableOf(cellsOf(table), { levels }) : table, origin);
}

/** Like `prepare`, for numeric columns; with `fractional`, Bernoulli outcomes may be probabilities. */
export function prepareColumns(
  asked: Preparation,
  { fractional }: { readonly fractional: boolean },
): Prepared {
  return prepared(asked, tableOf(asked.data), 'own', fractional);
}

function prepared(
  { formula, family: asked = 'gaussian', prior = [], missing, levels }: Omit<Preparation, 'data'>,
  table: Table,
  origin: PriorOrigin,
  fractional = false,
): Prepared {
  const wanted = familyFrom(asked);
  const written = parseFormula(formula);
  const parsed = isNominal(wanted) ? byCategory(written, table) : written;
  const named = withPredicted(wanted, parsed);
  requireLimited(named, parsed);
  const outcome = fractional ? 'real' : traitsOf(named).outcome;
  const read = modelFrame(parsed, table, { missing: missing ?? 'drop', outcome });
  const frame = outcome === 'choice' ? factsWithinSets(read) : read;
  const family = isOrdinal(named) ? withThresholds(named, frame) : named;
  requireLatents(family, frame);
  const data = regressionData(frame, family);
  const ranges = rangesOfColumns(data.predictors.values, data.predictors.names.length);
  requireRanges(family, data, ranges, frame);
  if (!fractional) requireOutcomes(family, frame);
  requireParameters(family, data, frame.design.formula.text);
  requireKnownErrors(family, frame);
  const model = priorModel(frame, data);
  const given = ofEachCategory(priorsFrom(prior), model, family);
  const unused = origin === 'own' ? [] : unusedPriors(given, model, family);
  const givenPriors = given.filter((row) => !unused.includes(row));
  const { priors, rows } = resolvePriors(model, family, givenPriors);
  const specification = withPriorParameters({ family, data, priors });
  requireDistinctNames(family, specification.data);
  refuseConstants(specification);
  const notes = [
    ...frame.notes,
    ...unused.map(
      (row) => `the prior ${formatPrior(row)} was left out: no parameter of the update takes it`,
    ),
    ...specificationNotes(specification, ranges, frame),
  ];
  const reading = { ...(levels && { levels }), ...(missing && { missing }) };
  return { frame: { ...frame, notes }, family, reading, givenPriors, priors: rows, specification };
}

/** The specification with the names of what its priors report among its data. */
function withPriorParameters(specification: RegressionSpecification): RegressionSpecification {
  const { data } = specification;
  const priorParameters = priorParameterNames(specification);
  if (priorParameters.length === 0) return specification;
  return { ...specification, data: { ...data, priorParameters } };
}

/** Throws `bad-argument` for a constant next to linear predictors of parameters or latent predictors. */
function refuseConstants({ data, priors }: RegressionSpecification): void {
  if (!data.parts && !data.latents) return;
  const all = [priors.intercept, ...priors.coefficients, ...priors.auxiliary];
  const joint = all.find((prior) => prior && isJoint(prior));
  if (data.latents && joint) {
    throw new WeighbridgeError(
      'bad-argument',
      `the prior ${priorText(joint)} with me() or mi() is not supported: expected another prior of class b`,
    );
  }
  if (data.latents && data.terms) {
    throw new WeighbridgeError(
      'bad-formula',
      'mo() with me() or mi() in one formula is not supported: use the observed predictor, or a factor in place of mo()',
    );
  }
  if (!all.some((prior) => prior?.distribution === 'constant')) return;
  throw new WeighbridgeError(
    'bad-argument',
    `constant() is not supported in a regression with ${data.latents ? 'me() or mi()' : 'formulas of parameters or cs()'}: use a narrow prior, for example normal(1, 0.001)`,
  );
}

/**
 * The family with the parameters of which the formula has formulas.
 *
 * @throws WeighbridgeError `bad-formula` for one that the family does not have
 */
function withPredicted(given: Family, { text, parts }: Formula): Family {
  const family = withoutPredicted(given);
  if (!parts) return family;
  if (isNominal(family)) return { ...family, predicted: parts.flatMap(categoryPredictor) };
  const known = predictableOf(family);
  return {
    ...family,
    predicted: parts.map(({ parameter, place }) => {
      const found = known.find((name) => name === parameter);
      if (found !== undefined) return found;
      const expected = known.length === 0 ? 'none that has a formula' : listed(known);
      return failIn('formula', text)(
        place,
        `the family ${nameOf(family)} has no parameter ${parameter}; expected ${expected}`,
      );
    }),
  };
}

/** A part's name, if it is of a category. */
function categoryPredictor({ parameter }: { readonly parameter: string }): CategoryPredictor[] {
  return isCategoryPredictor(parameter) ? [parameter] : [];
}

/**
 * A formula with a linear predictor for each category but the first, `bf(y ~ 0, muB ~ x, muC ~ x)`, from that of all
 * of them, `y ~ x`.
 *
 * @throws WeighbridgeError `bad-formula`, `bad-data`
 */
function byCategory(formula: Formula, table: Table): Formula {
  const { response, text, parts } = formula;
  const fail = failIn('formula', text);
  if (response.kind !== 'name') {
    return fail(response.place, 'the outcome of a categorical regression is a column');
  }
  const column = columnOf(table, response.name);
  if (parts === undefined) {
    const names = categoryNames(column, response.name);
    const predictors = formatExpression(formula.predictors);
    const all = names.map((name) => `${name} ~ ${predictors}`).join(', ');
    return parseFormula(`bf(${formatOutcome(formula)} ~ 0, ${all})`);
  }
  if (formatExpression(formula.predictors) !== '0') {
    fail(
      formula.predictors.place,
      `the first category is the reference, whose formula is 0; write ${formatOutcome(formula)} ~ x for the same formula of all others`,
    );
  }
  const found = parts.map(({ parameter }) => parameter);
  // Numbers have no names of their own: category k has the formula k − 1.
  const names = column.kind === 'numeric' ? found : categoryNames(column, response.name);
  if (found.join() !== names.join() || !found.every(isCategoryPredictor)) {
    fail(
      parts[0].place,
      `found formulas of ${listed(found)}, expected one of each category but the first: ${listed(names)}`,
    );
  }
  return formula;
}

/** As in brms, a prior without a parameter is of the linear predictors of all categories that have none of their own. */
function ofEachCategory(
  given: readonly PriorRow[],
  model: PriorModel,
  family: Family,
): readonly PriorRow[] {
  const { predicted = [] } = family;
  if (!isNominal(family)) return given;
  const place = ({ class: name, coef, group }: PriorRow) => JSON.stringify([name, coef, group]);
  return given.flatMap((row) => {
    if (row.dpar !== undefined || row.class === 'cor' || row.class === 'scale') return [row];
    const own = given.filter((other) => place(other) === place(row)).map(({ dpar }) => dpar);
    const all = predicted
      .filter((dpar) => !own.includes(dpar))
      .map((dpar): PriorRow => ({ ...row, dpar }));
    // A category may have no such parameter; if none has, the prior is refused.
    const unused = unusedPriors(all, model, family);
    return unused.length < all.length ? all.filter((one) => !unused.includes(one)) : all;
  });
}

/** brms' names of the linear predictors: `muB`, with the letters and digits of the category. */
function categoryNames(column: Column, name: string): string[] {
  const levels =
    column.kind === 'numeric'
      ? Array.from({ length: largestCategory(column.values) }, (_, k) => String(k + 1))
      : levelsOf(column);
  const names = levels.slice(1).map((level) => `mu${level.replaceAll(/[^\p{L}\p{N}]/gu, '')}`);
  const repeated = names.find((one, k) => names.indexOf(one) < k);
  if (repeated === undefined && levels.length >= 2 && levels.length <= MOST_CATEGORIES)
    return names;
  throw badData(
    repeated === undefined
      ? `the outcome ${name} has ${levels.length} categories, expected 2 to ${MOST_CATEGORIES}`
      : `two categories of ${name} would both have the parameter ${repeated}: rename one of them`,
    { column: name },
  );
}

function largestCategory(values: Float64Array): number {
  return values.reduce(
    (most, value) => (value > most ? Math.min(value, MOST_CATEGORIES + 1) : most),
    0,
  );
}

/**
 * An ordinal family with the thresholds of its outcomes, and a linear predictor for each if effects differ by them.
 *
 * @throws WeighbridgeError `bad-formula`
 */
function withThresholds(family: Family, { design, encoded }: ModelFrame): Family {
  const { formula, intercept, thresholds } = design;
  const refuse = (why: string) => {
    throw new WeighbridgeError('bad-formula', `formula '${formula.text}': ${why}`);
  };
  if (!intercept) {
    refuse(
      `the thresholds of the family ${nameOf(family)} are its intercepts, which cannot be removed: leave out 0 or - 1`,
    );
  }
  const { counts = [], groups } = thresholds ?? {};
  const specific = (encoded.parts ?? [])
    .map(({ parameter }) => parameter)
    .filter(isThresholdPredictor);
  if (specific.length > 0 && hasOrder(family)) {
    refuse(
      'cs() is for the families sratio, cratio and acat: with cumulative, thresholds that move by themselves could cross',
    );
  }
  if (specific.length > 0 && (groups || family.predicted)) {
    refuse(
      `cs() is not supported with ${groups ? `thres(gr = ${groups.column})` : 'a formula of disc'}: leave one out`,
    );
  }
  if (groups && family.predicted) {
    refuse(`thres(gr = ${groups.column}) is not supported with a formula of disc: leave one out`);
  }
  return {
    ...family,
    thresholds: counts.reduce((sum, count) => sum + count, 0),
    ...(groups && {
      thresholdGroups: groups.levels.map((level, g) => ({
        name: coefficientName(level),
        thresholds: counts[g],
      })),
    }),
    ...(specific.length > 0 && { predicted: specific }),
  };
}

function unusedPriors(given: readonly PriorRow[], model: PriorModel, family: Family): PriorRow[] {
  const slots = slotsOf(model, family);
  return given.filter((row) => row.class !== 'scale' && rowOfSlot(row, slots) === undefined);
}

/** Converts encoded columns back to a table's values. */
function cellsOf({ rows, columns }: Table): DataInput {
  const cellsOfColumn = (column: Column) =>
    column.kind === 'numeric'
      ? column.values
      : Array.from({ length: rows }, (_, row) =>
          column.kind === 'factor'
            ? labelAt(column, row)
            : column.codes[row] < 0
              ? null
              : column.codes[row] === 1,
        );
  return Object.fromEntries(
    Object.entries(columns).map(([name, column]) => [name, cellsOfColumn(column)]),
  );
}

/** The properties of the data that default priors and their resolution depend on. */
function priorModel({ design, response }: ModelFrame, data: RegressionData): PriorModel {
  return {
    ...data,
    intercept: design.intercept && !response.sets,
    categorical: response.levels !== null,
    hasKnownScale: hasKnownScale(design.formula),
  };
}

/** Which columns say nothing, or the same as others, of choices: as deviations from their sets' means. */
function factsWithinSets(frame: ModelFrame): ModelFrame {
  const { encoded, response, facts } = frame;
  const { names, rows, values } = encoded.population;
  if (!response.sets) return frame;
  const population = {
    names,
    rows,
    values: deviationsWithin(values, names.length, response.sets),
  };
  return { ...frame, facts: { ...facts, ...rankFacts(population, false) } };
}

/** Converts a frame to a model's data, with brms' names of the columns. */
function regressionData({ design, encoded, response }: ModelFrame, family: Family): RegressionData {
  const { rows, population, groups, offset, parts, terms, latents, thresholdGroup } = encoded;
  const { sets } = response;
  const data: RegressionData = {
    rows,
    outcomes: outcomesNear(response, family),
    trials: response.trials,
    ...(response.weights && { weights: response.weights }),
    ...(response.errors && { errors: response.errors }),
    ...(response.limits && { limits: response.limits }),
    offset,
    // It is the same for all options of a set, and cancels.
    intercept: design.intercept && hasPlace(family) && !sets,
    predictors: {
      ...population,
      names: coefficientNames(population.names),
      // As in brms, thresholds by group have their priors at predictors of zero.
      ...(thresholdGroup && { centre: new Float64Array(population.names.length) }),
    },
    groups: groups.map(groupEffects),
    ...(parts && { parts }),
    ...(terms && {
      terms: terms.map((term) => ({ ...term, name: coefficientName(term.name) })),
    }),
    ...(sets && { sets: { count: sets.count, of: sets.of } }),
    ...(thresholdGroup && { thresholdGroup }),
  };
  return latents ? withLatents(data, latents, design.formula) : data;
}

/** As in brms, the prior of the intercept is at latent predictors of 0, and at the means of all others. */
function withLatents(
  data: RegressionData,
  { variables, terms }: EncodedLatents,
  { correlatesNoisy }: Formula,
): RegressionData {
  const { means: centre } = centrePredictors(data);
  for (const { column } of terms) centre[column] = 0;
  return {
    ...data,
    predictors: { ...data.predictors, centre },
    latents: {
      variables: variables.map(
        ({ name, kind, observed, errors, unitOf, labels, intercept, population }) => ({
          ...{ name, kind, observed, errors, unitOf, intercept },
          predictors: { ...population, names: coefficientNames(population.names) },
          ...(labels && { labels }),
        }),
      ),
      terms,
      correlated: correlatesNoisy !== false,
    },
  };
}

function groupEffects(design: GroupDesign): GroupEffects {
  const { group, matrix, levels, levelOf, correlated, parameters, further } = design;
  return {
    group,
    coefficients: coefficientNames(matrix.names),
    levels,
    levelOf,
    values: matrix.values,
    correlated: correlated && matrix.names.length > 1,
    ...(parameters && { parameters }),
    ...(further && { further: further.map(({ levelOf, values }) => ({ levelOf, values })) }),
  };
}

/** Throws `bad-data` at the first number that is too large or too small to compute with. */
function requireRanges(
  family: Family,
  { outcomes, offset, predictors, groups, parts = [] }: RegressionData,
  ranges: ColumnRanges,
  { response, usedRows }: ModelFrame,
): void {
  const rowNumber = (i: number) => usedRows[Math.floor(i / (1 + parts.length))] + 1;
  if (traitsOf(family).outcome === 'real') {
    requireRange(response.name, outcomes, (i) => usedRows[i] + 1);
  }
  if (offset) requireRange('the offset', offset, rowNumber);
  const requireColumns = (names: readonly string[], values: Float64Array, of: ColumnRanges) => {
    names.forEach((name, j) => {
      requireRange(name, values, rowNumber, j, names.length, sizeOf(of, j));
    });
  };
  requireColumns(predictors.names, predictors.values, ranges);
  for (const group of groups) {
    const { coefficients } = group;
    for (const { values } of membersOf(group)) {
      requireColumns(coefficients, values, rangesOfColumns(values, coefficients.length));
    }
  }
}

/** Throws `bad-formula` if there are no parameters to estimate. */
function requireParameters(family: Family, data: RegressionData, formula: string): void {
  const { intercept, predictors, groups } = data;
  if (intercept || predictors.names.length > 0 || groups.length > 0) return;
  if (auxiliaryOf(family).length > 0) return;
  throw new WeighbridgeError(
    'bad-formula',
    `formula '${formula}': there is nothing to estimate, neither an intercept nor a predictor nor a group`,
  );
}

/** Throws `bad-formula` for known errors of another family than the normal one. */
function requireKnownErrors({ family, predicted }: Family, { design, response }: ModelFrame): void {
  if (!response.errors || (family === 'gaussian' && !predicted)) return;
  throw new WeighbridgeError(
    'bad-formula',
    `formula '${design.formula.text}': se() is for the family gaussian${family === 'gaussian' ? ' with predictors of the mean alone' : `, not ${family}`}`,
  );
}

/** Throws `bad-formula` for censored or truncated outcomes of a family that has none. */
function requireLimited(family: Family, formula: Formula): void {
  const limit = additionOf(formula, 'cens') ?? additionOf(formula, 'trunc');
  if (limit === null) return;
  const fail = failIn('formula', formula.text);
  if (!limitedFamilies.includes(family.family)) {
    fail(
      limit.place,
      `${limit.function}() is not available for the family ${nameOf(family)}; it is for ${limitedFamilies.join(', ')}`,
    );
  }
  const se = additionOf(formula, 'se');
  if (se) fail(se.place, `se() is not supported with ${limit.function}()`);
}

/**
 * Throws `bad-formula` for known errors or weights of outcomes next to latent predictors. Weights of measurements have an
 * improper posterior: a latent value that fits its row exactly leaves σ^−w of that row and a width of σ, so that the
 * posterior grows as Π σ^(1 − w) as σ falls to 0.
 */
function requireOutcomesOfLatents(family: Family, formula: Formula): void {
  const fail = failIn('formula', formula.text);
  const se = additionOf(formula, 'se');
  if (se) fail(se.place, 'se() is not supported with me() or mi()');
  const weights = additionOf(formula, 'weights');
  if (weights && traitsOf(family).outcome === 'real') {
    fail(
      weights.place,
      `weights() is not supported with me() or mi() in the family ${family.family}: use freq() for rows that stand for several`,
    );
  }
}

/** Throws `bad-formula` or `bad-data` for latent predictors that the regression cannot have. */
function requireLatents(family: Family, { design, encoded }: ModelFrame): void {
  const { latents } = encoded;
  if (!latents) return;
  const { formula } = design;
  if (isNominal(family) || traitsOf(family).outcome === 'choice') {
    throw new WeighbridgeError(
      'bad-formula',
      `formula '${formula.text}': me() and mi() are not supported in the family ${family.family}`,
    );
  }
  requireOutcomesOfLatents(family, formula);
  const noisy = latents.variables.filter(({ kind }) => kind === 'noisy');
  const [first, ...others] = noisy;
  const other = others.find(({ observed, unitOf }) => !isSameUnits({ observed, unitOf }, first));
  if (other && formula.correlatesNoisy !== false) {
    throw new WeighbridgeError(
      'bad-formula',
      `formula '${formula.text}': ${first.name} and ${other.name} are correlated only if they have the same gr; expected that, or bf(…) + set_mecor(FALSE)`,
    );
  }
  for (const { name, kind, observed } of latents.variables) {
    const least = kind === 'noisy' ? 3 : 2;
    if (observed.length >= least) continue;
    throw badData(`${name} has ${observed.length} values, expected ${least} or more`, {
      column: name,
    });
  }
}

function isSameUnits(
  a: Pick<LatentVariable, 'observed' | 'unitOf'>,
  b: Pick<LatentVariable, 'observed' | 'unitOf'>,
): boolean {
  return (
    a.observed.length === b.observed.length && a.unitOf.every((unit, row) => unit === b.unitOf[row])
  );
}

/** Throws `bad-data` if two names are equal in brms' spelling, with dots for spaces. */
function requireDistinctNames(family: Family, data: RegressionData): void {
  const seen = new Set<string>();
  for (const name of reportedNames({ family, data })) {
    if (seen.has(name)) {
      throw new WeighbridgeError(
        'bad-data',
        `two parameters would be called ${name}: rename a level or a column in the data`,
      );
    }
    seen.add(name);
  }
}

/** Throws `bad-data` at the first outcome outside the family's support. */
function requireOutcomes(family: Family, { response, usedRows }: ModelFrame): void {
  const { expected } = responseDistribution(family);
  const { name, values, trials, limits } = response;
  for (let i = 0; i < values.length; i++) {
    const n = trials ? trials[i] : 1;
    // An interval may begin or end where there are no outcomes.
    const isKnown = !limits || !isCensored(limits, i) || !isPossible(family, limits, i, n);
    const wanted = isKnown ? expected(values[i], n) : null;
    if (wanted === null) continue;
    throw new WeighbridgeError(
      'bad-data',
      `row ${usedRows[i] + 1}: ${name} is ${values[i]}, but the family ${nameOf(family)} expects ${wanted}`,
    );
  }
}

/** True if the family has outcomes above `from` and up to `to`. */
function isPossible(family: Family, { from, to }: Limits, row: number, trials: number): boolean {
  const { outcome, mean } = traitsOf(family);
  if (outcome === 'count') return to[row] >= 0;
  if (outcome === 'binomial') return to[row] >= 0 && from[row] < trials;
  if (mean === 'probability') return to[row] > 0 && from[row] < 1;
  const isPositive = mean === 'positive' || traitsOf(family).isLogarithmic === true;
  return !isPositive || to[row] > 0;
}

/**
 * The outcomes, with an end of its interval that is an outcome of the family in place of one that is not: from 0 to
 * 5 seconds, 5.
 */
function outcomesNear({ values, trials, limits }: ModelFrame['response'], family: Family) {
  if (!limits) return values;
  const { expected } = responseDistribution(family);
  return values.map((value, i) => {
    if (!isCensored(limits, i)) return value;
    const n = trials ? trials[i] : 1;
    const { from, to } = limits;
    const ends = [value, to[i], from[i], 0.5 * (from[i] + to[i])];
    const inside = 0.5 * (Math.max(from[i], 0) + Math.min(to[i], 1));
    return [...ends, inside].find((end) => expected(end, n) === null) ?? value;
  });
}

function specificationNotes(
  specification: RegressionSpecification,
  ranges: ColumnRanges,
  { facts, response }: Pick<ModelFrame, 'facts' | 'response'>,
): readonly string[] {
  return [
    ...saturation(specification),
    ...priorSlopes(specification, facts),
    ...lostDigits(specification, ranges),
    ...unseenCategories(specification, response),
    ...unconnectedLevels(specification),
    ...censoredOutcomes(response),
  ].map((note) => note.replace(/\s/g, ' '));
}

/** Note for a model with at least as many coefficients as rows: the data do not identify σ. */
function saturation({ family, data }: RegressionSpecification): readonly string[] {
  const coefficients = data.predictors.names.length + (data.intercept ? 1 : 0);
  if (!auxiliaryOf(family).includes('sigma') || coefficients < data.rows) return [];
  return [
    `there are ${data.rows} rows and ${coefficients} coefficients: the data say nothing of sigma, which its prior alone decides`,
  ];
}

/** Notes on linearly dependent columns, which `requireProper` accepts because of their priors. */
function priorSlopes(
  { data, priors }: RegressionSpecification,
  { constantColumns, dependentColumns }: DataFacts,
): readonly string[] {
  const proper = (column: string) =>
    isProper(priors.coefficients[data.predictors.names.indexOf(coefficientName(column))]);
  const constant = constantColumns
    .filter(proper)
    .map((name) => `column ${name} is constant: its slope is held by its prior alone`);
  const dependent = dependentColumns.flatMap(({ column, of }) => {
    const others = of.filter((other) => other !== '(Intercept)');
    if (![column, ...others].some(proper)) return [];
    return others.length === 0
      ? [`column ${column} says nothing: its slope is held by its prior alone`]
      : [
          `column ${column} is a combination of ${listed(others)}: their slopes are told apart by their priors alone`,
        ];
  });
  return [...constant, ...dependent];
}

/** Notes on categories without a row, whose probabilities the priors of their thresholds decide. */
function unseenCategories(
  { family, data }: RegressionSpecification,
  { name, levels }: ModelFrame['response'],
): readonly string[] {
  return thresholdSpans(family).flatMap(({ name: group, count }, g) => {
    const own = data.outcomes.filter((_, i) => (data.thresholdGroup?.[i] ?? 0) === g);
    const seen = new Set(own);
    const all = Array.from({ length: count + 1 }, (_, c) => c + 1);
    const unseen = all.filter((category) => !seen.has(category));
    if (unseen.length === 0) return [];
    const told = listed(unseen.map((category) => levels?.[category - 1] ?? String(category)));
    const them = unseen.length === 1 ? 'it' : 'them';
    return [
      `no row${group === null ? '' : ` of ${group}`} has ${unseen.length === 1 ? 'the category' : 'the categories'} ${told} of ${name}: the priors of the thresholds hold ${them} in place${group === null ? `, and the option levels can leave ${them} out` : ''}`,
    ];
  });
}

/** A note on how many outcomes are known by intervals only. */
function censoredOutcomes({ name, limits }: ModelFrame['response']): readonly string[] {
  if (!limits) return [];
  const { from, to, after, upTo } = limits;
  let [left, right, between] = [0, 0, 0];
  for (let i = 0; i < from.length; i++) {
    if (!isCensored(limits, i)) continue;
    if (from[i] === after[i]) left++;
    else if (to[i] === upTo[i]) right++;
    else between++;
  }
  const all = left + right + between;
  if (all === 0) return [];
  return [
    `${all} of ${from.length} outcomes of ${name} are censored: ${left} left, ${right} right, ${between} in intervals`,
  ];
}

/** Notes on levels that no comparisons connect, directly or by others. */
function unconnectedLevels({ data }: RegressionSpecification): readonly string[] {
  return data.groups.filter(isComparison).flatMap((term) => {
    const parts = partsOf(term);
    if (parts.length === 1) return [];
    const told = parts.map((part) => `{${listed(part)}}`);
    return [
      `the comparisons of ${term.group} fall into ${parts.length} parts that no row connects: ${listed(told)}; differences between levels of different parts are held by the prior alone`,
    ];
  });
}

/** Notes on columns so far from zero that floating point loses digits of their spread. */
function lostDigits(
  { family, data }: Pick<RegressionSpecification, 'family' | 'data'>,
  { least, most }: ColumnRanges,
): readonly string[] {
  const outcome = traitsOf(family).hasScale
    ? lostSpread('the outcome', rangeOf(data.outcomes))
    : null;
  const columns = data.predictors.names.map((name, j) =>
    lostSpread(`column ${name}`, { least: least[j], most: most[j] }),
  );
  return [outcome, ...columns].flatMap((lost) => (lost ? [lost.told] : []));
}
