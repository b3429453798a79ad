/**
 * A regression by formula from a specification alone: its columns become a table, under the names of
 * their coefficients, and the formula names them. A fit of a specification is saved as such a regression.
 */
import {
  auxiliaryOf,
  auxiliaryTraits,
  type Family,
  isThresholdPredictor,
  traitsOf,
} from '../../models/families/family.js';
import { isOrdinal, thresholdSpans } from '../../models/families/thresholds.js';
import { onePredictor, termsIn } from '../../models/one-predictor.js';
import type { Prior } from '../../models/prior-distributions.js';
import {
  type GroupEffects,
  membersOf,
  parameterOfEffect,
  type RegressionData,
  type RegressionPriors,
  type RegressionSpecification,
} from '../../models/regression-data.js';
import { listed } from '../checks/names.js';
import { WeighbridgeError } from '../errors.js';
import { formatName } from '../formula/format.js';
import type { Limits } from '../linear-algebra/limits.js';
import { type Preparation, type Prepared, prepareColumns } from './prepare.js';
import {
  shortName,
  targetsOfColumns,
  targetsOfSds,
  targetsOfThresholds,
} from './priors/linear-predictors.js';
import type { PriorRow } from './priors/prior-rows.js';
import { keyOf } from './priors/slots.js';

/**
 * The specification of what is returned equals `bounded` of the given one wherever a formula can say it: not if two
 * terms of one grouping factor have different priors, or a column is not finite.
 *
 * @throws WeighbridgeError as `regression`, for columns that no formula can have
 */
export function preparedFrom(given: RegressionSpecification): Prepared {
  if (given.data.latents) {
    throw new WeighbridgeError(
      'bad-argument',
      'a specification with latent predictors cannot be said as a formula of its columns: expected one without, or a fit by regression()',
    );
  }
  const specification = bounded(given);
  const { family, data } = specification;
  const mean = onePredictor(specification, 0).data;
  const table = new Columns(mean.predictors.names);
  const intercept = mean.intercept || isOrdinal(family);
  const ofMean = rightSide({ ...mean, intercept }, undefined, table, namesIn(data, undefined));
  const right = [ofMean, ...specificTerm(specification, table)].join(' + ');
  const outcome = table.add('outcome', data.limits ? startsOf(data.limits) : data.outcomes);
  const additions = [
    ...(data.trials ? [`trials(${table.add('trials', data.trials)})`] : []),
    ...(data.weights ? [`weights(${table.add('weights', data.weights)})`] : []),
    ...(data.errors ? [errorsTerm(table.add('errors', data.errors), specification)] : []),
    ...(data.limits ? limitTerms(data.limits, family, table) : []),
    ...(data.sets ? [`set(${table.add('set', data.sets.of)})`] : []),
    ...thresholdsTerm(specification, table),
  ];
  const left = [outcome, ...(additions.length > 0 ? [additions.join(' + ')] : [])].join(' | ');
  const formula = `${left} ~ ${right}`;
  const parts = (data.parts ?? []).flatMap(({ parameter }, p) => {
    if (isThresholdPredictor(parameter)) return [];
    const own = onePredictor(specification, p + 1).data;
    return [`${parameter} ~ ${rightSide(own, parameter, table, namesIn(data, parameter))}`];
  });
  const asked: Preparation = {
    formula: parts.length === 0 ? formula : `bf(${[formula, ...parts].join(', ')})`,
    family,
    data: table.columns,
    ...(Object.keys(table.levels).length > 0 && { levels: table.levels }),
  };
  const isFractional =
    family.family === 'bernoulli' && data.outcomes.some((value) => value !== 0 && value !== 1);
  const options = { fractional: isFractional };
  const byDefault = prepareColumns(asked, options);
  const prior = priorRows(specification, byDefault.specification.priors);
  return prior.length === 0 ? byDefault : prepareColumns({ ...asked, prior }, options);
}

/** True of an outcome of which no other is known than that it is at most a number. */
function isLeft({ from, to, after }: Limits, row: number): boolean {
  return from[row] === after[row] && from[row] < to[row] && Number.isFinite(to[row]);
}

/** The outcomes, or the ends of their intervals that `cens()` begins with. */
function startsOf(limits: Limits): Float64Array {
  return limits.from.map((end, i) => (isLeft(limits, i) ? limits.to[i] : end));
}

/** `cens(c, y2)` and `trunc(lb = , ub = )`; bounds that some rows do not have cannot be written. */
function limitTerms(limits: Limits, family: Family, table: Columns): readonly string[] {
  const { from, to, after, upTo } = limits;
  const codes = from.map((end, i) => {
    if (end === to[i]) return 0;
    if (isLeft(limits, i)) return -1;
    return to[i] === upTo[i] ? 1 : 2;
  });
  const ends = to.map((end, i) => (codes[i] === 2 ? end : Number.NaN));
  const upper = codes.includes(2) ? `, ${table.add('upper', ends)}` : '';
  const isWhole = traitsOf(family).outcome !== 'real';
  const bounds = Object.entries({ lb: isWhole ? after.map((end) => end + 1) : after, ub: upTo });
  const finite = bounds.flatMap(([name, values]) => {
    if (!values.some(Number.isFinite)) return [];
    if (values.every(Number.isFinite)) return [`${name} = ${table.add(name, values)}`];
    throw new WeighbridgeError(
      'bad-argument',
      `some rows have ${name} and others have none: expected a bound in all rows or in none`,
    );
  });
  return [
    ...(codes.some((code) => code !== 0) ? [`cens(${table.add('censored', codes)}${upper})`] : []),
    ...(finite.length > 0 ? [`trunc(${finite.join(', ')})`] : []),
  ];
}

/** A σ of 0 is that of `se()`, and has no prior to be given. */
function errorsTerm(errors: string, { priors: { auxiliary } }: RegressionSpecification): string {
  const [sigma] = auxiliary;
  const isZero = sigma?.distribution === 'constant' && sigma.value === 0;
  return isZero ? `se(${errors})` : `se(${errors}, sigma = TRUE)`;
}

/** `cs(x)`: the columns that have an effect on each threshold; none without. */
function specificTerm(specification: RegressionSpecification, table: Columns): string[] {
  const [first] = specification.data.parts ?? [];
  if (first === undefined || !isThresholdPredictor(first.parameter)) return [];
  const { names, values } = onePredictor(specification, 1).data.predictors;
  const columns = names.map((name, j) =>
    table.find(shortName(name, first.parameter), columnOf(values, names.length, j)),
  );
  return [`cs(${columns.join(' + ')})`];
}

/** `thres(k)`, `thres(k, gr = g)`; none if the outcomes have as many thresholds as the family. */
function thresholdsTerm({ family, data }: RegressionSpecification, table: Columns): string[] {
  const { thresholdGroup } = data;
  const spans = thresholdSpans(family);
  if (spans.length === 0) return [];
  if (!thresholdGroup) {
    const most = data.outcomes.reduce((largest, value) => Math.max(largest, value), 1);
    return most === spans[0].count + 1 ? [] : [`thres(${spans[0].count})`];
  }
  const names = spans.map(({ name }) => name ?? '');
  const counts = Array.from(thresholdGroup, (group) => spans[group].count);
  const number = table.add('thresholds', counts);
  return [`thres(${number}, gr = ${table.addFactor('group', names, thresholdGroup)})`];
}

/** A name for each group term of a linear predictor that has coefficients in others too; null for others. */
function namesIn(data: RegressionData, parameter: string | undefined): (string | null)[] {
  return termsIn(data, parameter).map(({ term, places }) =>
    places.length < data.groups[term].coefficients.length ? `t${term + 1}` : null,
  );
}

/**
 * The terms of a linear predictor.
 *
 * @param parameter undefined for the mean
 * @param names of its group terms
 */
function rightSide(
  data: RegressionData,
  parameter: string | undefined,
  table: Columns,
  termNames: readonly (string | null)[],
): string {
  const { names, values } = data.predictors;
  const slopes = names.map((name, j) => {
    const column = columnOf(values, names.length, j);
    const short = shortName(name, parameter);
    return parameter === undefined ? table.add(short, column) : table.find(short, column);
  });
  const groups = data.groups.map((group, term) => groupTerm(group, table, termNames[term]));
  const offset = data.offset ? [`offset(${table.add('offset', data.offset)})`] : [];
  const terms = [...slopes, ...groups, ...offset];
  const right = data.intercept && terms.length > 0 ? terms : [data.intercept ? '1' : '0', ...terms];
  return right.join(' + ');
}

/** The specification as a formula gives it: priors of scales have the bound of their parameter, which changes nothing. */
export function bounded({
  family,
  data,
  priors,
}: RegressionSpecification): RegressionSpecification {
  const above = (lowest: number, prior: Prior): Prior => ({
    ...prior,
    lower: Math.max(lowest, prior.lower ?? Number.NEGATIVE_INFINITY),
  });
  const within = ({ lower, upper }: { lower: number; upper: number }, prior: Prior): Prior => {
    const bound = above(lower, prior);
    if (upper === Number.POSITIVE_INFINITY) return bound;
    return { ...bound, upper: Math.min(upper, prior.upper ?? Number.POSITIVE_INFINITY) };
  };
  return {
    family,
    data,
    priors: {
      ...priors,
      sds: priors.sds.map((term) => term.map((prior) => above(0, prior))),
      auxiliary: auxiliaryOf(family).map((name, j) => {
        const prior = priors.auxiliary[j];
        if (!prior) throw new RangeError(`${name} has no prior`);
        return within(auxiliaryTraits(family, name), prior);
      }),
    },
  };
}

/** Columns of a table as they are made; a name that is taken gets an underscore. */
class Columns {
  readonly columns: Record<string, ArrayLike<number> | readonly string[]> = {};
  readonly levels: Record<string, readonly string[]> = {};
  readonly #taken: Set<string>;

  /** @param reserved names of columns that keep their names */
  constructor(private readonly reserved: readonly string[]) {
    this.#taken = new Set(reserved);
  }

  /** @returns the name in the formula */
  add(wanted: string, column: ArrayLike<number> | readonly string[]): string {
    const isOwn = this.reserved.includes(wanted) && !Object.hasOwn(this.columns, wanted);
    let name = wanted;
    while (!isOwn && this.#taken.has(name)) name += '_';
    this.#taken.add(name);
    this.columns[name] = Array.isArray(column) ? column : Array.from(column as ArrayLike<number>);
    return formatName(name);
  }

  /** The name of a column that is the same, in the formula; otherwise a new one. */
  find(wanted: string, column: Float64Array): string {
    const found = Object.hasOwn(this.columns, wanted) ? this.columns[wanted] : undefined;
    const isSame =
      found?.length === column.length && column.every((value, i) => value === found[i]);
    return isSame ? formatName(wanted) : this.add(wanted, column);
  }

  addFactor(name: string, levels: readonly string[], levelOf: Int32Array): string {
    if (Object.hasOwn(this.levels, name)) return formatName(name);
    this.levels[name] = levels;
    return this.add(
      name,
      Array.from(levelOf, (level) => levels[level] ?? ''),
    );
  }
}

/** `(1 + x | g)` */
function groupTerm(group: GroupEffects, table: Columns, name: string | null): string {
  if (group.further) return multiMembershipTerm(group, table, name);
  const { values, correlated, levels, levelOf } = group;
  const parameter = parameterOfEffect(group, 0);
  const coefficients = group.coefficients.map((name) => shortName(name, parameter));
  const columns = coefficients.flatMap((name, j) =>
    name === 'Intercept' ? [] : [table.find(name, columnOf(values, coefficients.length, j))],
  );
  const first = coefficients.includes('Intercept') ? '1' : '0';
  const factor = table.addFactor(group.group, levels, levelOf);
  const bar = barOf(correlated || coefficients.length === 1, name);
  return `(${[first, ...columns].join(' + ')} ${bar} ${factor})`;
}

function barOf(isCorrelated: boolean, name: string | null): string {
  if (name !== null) return `|${name}|`;
  return isCorrelated ? '|' : '||';
}

/**
 * `(1 + x | mm(g, h, weights = cbind(w1, w2), scale = FALSE))`; the values of the first coefficient are the
 * weights, and those of others are multiples of them. The name of the group is that of its columns after `mm`,
 * which are cut out of it: the last letters for the further members, the rest for the first.
 */
function multiMembershipTerm(group: GroupEffects, table: Columns, name: string | null): string {
  const { correlated, levels } = group;
  const parameter = parameterOfEffect(group, 0);
  const coefficients = group.coefficients.map((one) => shortName(one, parameter));
  const size = coefficients.length;
  const members = membersOf(group);
  const names = group.group.slice(2);
  const cut = names.length - members.length + 1;
  if (coefficients[0] !== 'Intercept' || !group.group.startsWith('mm') || cut < 1) {
    throw new WeighbridgeError(
      'bad-argument',
      `the multi-membership term of ${group.group} has the coefficients ${listed(coefficients)}: expected a name that begins with mm, and Intercept as the first coefficient, whose values are the weights of the members`,
    );
  }
  const weights = members.map(({ values }) => columnOf(values, size, 0));
  const slopes = coefficients.slice(1).map((name, j) => {
    const column = Float64Array.from(weights[0], (_, i) => {
      const member = weights.findIndex((weight) => weight[i] !== 0);
      return member < 0 ? 0 : members[member].values[i * size + j + 1] / weights[member][i];
    });
    return table.find(name, column);
  });
  const columns = members.map(({ levelOf }, m) =>
    table.addFactor(m === 0 ? names.slice(0, cut) : names.charAt(cut + m - 1), levels, levelOf),
  );
  const given = weights.map((weight, m) => table.add(`weight${m + 1}`, weight));
  const bar = barOf(correlated || size === 1, name);
  return `(${['1', ...slopes].join(' + ')} ${bar} mm(${columns.join(', ')}, weights = cbind(${given.join(', ')}), scale = FALSE))`;
}

function columnOf(values: Float64Array, columns: number, column: number): Float64Array {
  return Float64Array.from(
    { length: values.length / columns },
    (_, i) => values[i * columns + column],
  );
}

/** One row for each prior that is not the default. */
function priorRows(
  { family, data, priors }: RegressionSpecification,
  defaults: RegressionPriors,
): PriorRow[] {
  const rows: PriorRow[] = [];
  const add = (row: Omit<PriorRow, 'prior'>, prior: Prior | null, byDefault?: Prior | null) => {
    if (prior && !isSame(prior, byDefault)) rows.push({ ...row, prior });
  };
  add({ class: 'Intercept' }, priors.intercept, defaults.intercept);
  const isAlone = family.threshold === 'equidistant';
  const firsts = thresholdSpans(family).map(({ first }) => first);
  targetsOfThresholds(family).forEach((target, k) => {
    // Of equidistant thresholds, the first has a prior.
    if (isAlone && !firsts.includes(k)) return;
    add(target, priors.thresholds?.[k] ?? null, defaults.thresholds?.[k]);
  });
  priors.gaps?.forEach((prior, j) => {
    add({ class: 'delta', ...(!isAlone && { coef: String(j + 1) }) }, prior, defaults.gaps?.[j]);
  });
  const [slope] = priors.coefficients;
  if (slope && !data.parts && priors.coefficients.every((prior) => isSame(prior, slope))) {
    add({ class: 'b' }, slope, defaults.coefficients[0]);
  } else {
    const known = new Set<string>();
    targetsOfColumns(data).forEach((target, j) => {
      // The effects on all thresholds have one prior.
      if (known.has(keyOf(target))) return;
      known.add(keyOf(target));
      add(target, priors.coefficients[j] ?? null, defaults.coefficients[j]);
    });
  }
  data.groups.forEach((group, term) => {
    targetsOfSds(group).forEach((target, j) => {
      add(target, priors.sds[term]?.[j] ?? null, defaults.sds[term]?.[j]);
    });
    const eta = priors.correlations[term] ?? null;
    if (eta !== null && eta !== defaults.correlations[term]) {
      rows.push({ class: 'cor', group: group.group, prior: { distribution: 'lkj', eta } });
    }
  });
  auxiliaryOf(family).forEach((name, j) => {
    add({ class: name }, priors.auxiliary[j] ?? null, defaults.auxiliary[j]);
  });
  return rows;
}

function isSame(one: Prior, other: Prior | null | undefined): boolean {
  const textOf = (prior: Prior) => JSON.stringify(Object.entries(prior).sort());
  return other !== null && other !== undefined && textOf(one) === textOf(other);
}
