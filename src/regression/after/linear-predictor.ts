/**
 * The linear predictor of rows at the draws of a fit, a few rows at a time, so that no matrix of all
 * draws by all rows is held in memory:
 *
 *     η_i = offset_i + β_0 + Σ_j x_ij β_j + Σ_g Σ_c z_ic r_g[level of i, c] + Σ_t β_t (ξ_it − x_it) f_it
 *
 * with t over the columns of latent predictors (latent-draws.ts).
 */

import { termFunction } from '../../../models/coefficient-blocks.js';
import { type ProductKernel, productKernel } from '../../../models/kernels/products-kernel.js';
import { parameterOfEffect } from '../../../models/regression-data.js';
import { distributionSources, reportedLayout } from '../../../models/reported-parameters.js';
import { requireOneOf, requireSeed } from '../../checks/options.js';
import { badArgument, described } from '../../checks/values.js';
import { WeighbridgeError } from '../../errors.js';
import type { Encoded, GroupDesign, MemberDesign } from '../../formula/design.js';
import { predictorsPerRow } from '../../formula/stacked.js';
import { chooseDraws, type Draws } from '../../posterior/draws.js';
import type { FittedRegression } from '../fitted-regression.js';
import { latentDeviations } from './latent-draws.js';
import { type GroupLayout, type Layout, layoutOf } from './layout.js';
import { type NewLevels, newLevelEffects, newLevelsChoices } from './new-levels.js';

/** Group effects to add: brms' `re_formula` (NULL, NA or a formula of some). */
export type GroupChoice = 'all' | 'none' | readonly string[];

export interface LinearPredictorOptions {
  /** All draws, or a number of evenly spaced draws. @default 'all' */
  readonly draws?: 'all' | number;
  /** Group effects to add: all, none, or those of the named groups. @default 'all' */
  readonly groups?: GroupChoice;
  /** Effects of levels that are not in the data of the fit. @default 'refuse' */
  readonly newLevels?: NewLevels;
  /** Seed of the effects of new levels and of simulated outcomes. @default the seed of the fit */
  readonly seed?: number | string;
}

export interface LinearPredictor {
  readonly rows: number;
  /** Indices of the used draws, from 0, chain after chain. */
  readonly drawsUsed: Uint32Array;
  /**
   * Writes η of a row to `target`, one number per used draw. Fastest for rows in ascending order.
   *
   * @param of the linear predictor, from 1 for those of parameters, in the order of the formula. @default 0, the mean
   */
  eta(row: number, target: Float64Array, of?: number): void;
  /** True if a parameter of the family's distribution differs by row. */
  readonly varies: boolean;
  /** The parameters that the family's distribution takes in a row, each at the used draws; valid until the next row. */
  auxiliaryDraws(row: number): readonly Float64Array[];
}

/** What the distribution's parameters make, once or for each row if they differ by row. */
export function madeForRows<T>(
  predictor: LinearPredictor,
  make: (aux: readonly Float64Array[]) => T,
): (row: number) => T {
  if (predictor.varies) return (row) => make(predictor.auxiliaryDraws(row));
  const made = make(predictor.auxiliaryDraws(0));
  return () => made;
}

/** The part of a fit that decides its linear predictors. */
export type PredictingFit = Pick<FittedRegression, 'specification' | 'draws' | 'settings'>;

export function linearPredictor(
  fit: PredictingFit,
  encoded: Encoded,
  options: LinearPredictorOptions = {},
): LinearPredictor {
  requireOneOf('newLevels', options.newLevels ?? 'refuse', newLevelsChoices);
  requireSeed(options.seed ?? fit.settings.seed);
  const layout = layoutOf(fit);
  const { draws } = fit;
  const drawsUsed = chooseDraws(draws, options.draws ?? 'all');
  const coefficients = coefficientDraws(fit, drawsUsed, layout);
  const population = populationPart(coefficients, layout, encoded);
  const lasting = coefficients.length;
  let most = lasting;
  const groups = groupsChosen(layout, options.groups ?? 'all').map((index) => {
    const slot = most;
    most += layout.groups[index].coefficients.length * membersOf(encoded.groups[index]).length;
    return groupPart(fit, drawsUsed, layout.groups[index], encoded, index, slot, options);
  });
  const latents = latentPart(fit, drawsUsed, coefficients, layout, encoded, most, options);
  most += encoded.latents?.terms.length ?? 0;
  const { rows, offset } = encoded;
  const height = predictorsPerRow(encoded);
  const terms = new Terms(most, lasting);
  const parts = [population, ...groups, ...latents];
  const writeEta = rowsInBlocks(parts, terms, offset, height * rows, drawsUsed.length);
  const sources = distributionSources(fit.specification);
  const placed = (place: number) =>
    place < 0
      ? new Float64Array(drawsUsed.length).fill(Number.POSITIVE_INFINITY)
      : usedDraws(draws, drawsUsed, place);
  const ownDraws = sources.map((source) =>
    source.kind === 'reported' ? placed(source.place) : new Float64Array(drawsUsed.length),
  );
  const byGroup = sources.map((source) =>
    source.kind === 'by-group' ? source.places.map(placed) : [],
  );
  return {
    rows,
    drawsUsed,
    eta: (row, target, of = 0) => writeEta(height * row + of, target),
    varies: sources.some(({ kind }) => kind !== 'reported'),
    auxiliaryDraws(row) {
      sources.forEach((source, a) => {
        if (source.kind === 'by-group') {
          if (!encoded.thresholdGroup) throw new RangeError('rows without groups of thresholds');
          ownDraws[a] = byGroup[a][encoded.thresholdGroup[row]];
        }
        if (source.kind !== 'predicted') return;
        writeEta(height * row + source.of, ownDraws[a]);
        source.link.writeInverse(ownDraws[a]);
      });
      return ownDraws;
    },
  };
}

/** Adds the terms of a row. */
type RowPart = (row: number, terms: Terms) => void;

/** A linear combination of columns, each with one number per used draw. */
class Terms {
  count = 0;
  readonly x: Float64Array;
  readonly columns: Float64Array[] = [];
  readonly slots: Int32Array;

  /** @param lasting columns in slots below it are the same in all rows */
  constructor(
    most: number,
    readonly lasting: number,
  ) {
    this.x = new Float64Array(most);
    this.slots = new Int32Array(most);
  }

  /** @param slot the place of the term among all that a row can have */
  add(x: number, column: Float64Array, slot: number): void {
    this.x[this.count] = x;
    this.columns[this.count] = column;
    this.slots[this.count++] = slot;
  }
}

/** Intercepts, slopes and the coefficients of terms at the used draws: one contiguous array each, because each row reads all of them. */
function coefficientDraws(
  { specification, draws }: PredictingFit,
  drawsUsed: Uint32Array,
  { coefficients }: Layout,
): readonly Float64Array[] {
  const own = coefficients.map((_, place) => usedDraws(draws, drawsUsed, place));
  const { terms = [] } = specification.data;
  const starts = reportedLayout(specification).terms;
  const width = draws.parameterNames.length;
  const ofTerms = terms.flatMap((term, t) => {
    const { names, fromReported } = termFunction(term);
    const columns = Array.from({ length: term.columns }, () => new Float64Array(drawsUsed.length));
    const one = new Float64Array(term.columns);
    drawsUsed.forEach((draw, s) => {
      const start = draw * width + starts[t];
      fromReported(draws.values.subarray(start, start + names.length), one);
      columns.forEach((column, c) => {
        column[s] = one[c];
      });
    });
    return columns;
  });
  return [...own, ...ofTerms];
}

function populationPart(
  draw: readonly Float64Array[],
  { intercepts, hasThresholds }: Layout,
  encoded: Encoded,
): RowPart {
  const { values } = encoded.population;
  const height = predictorsPerRow(encoded);
  const columns = draw.length - intercepts;
  return (row, terms) => {
    if (intercepts === 1 && !hasThresholds && row % height === 0) terms.add(1, draw[0], 0);
    const start = row * columns;
    for (let j = 0; j < columns; j++) {
      const x = values[start + j];
      if (x !== 0) terms.add(x, draw[intercepts + j], intercepts + j);
    }
  };
}

/** What latent predictors add to what is observed in their place, β (ξ − x) times the factor of a row. */
function latentPart(
  fit: PredictingFit,
  drawsUsed: Uint32Array,
  coefficients: readonly Float64Array[],
  layout: Layout,
  encoded: Encoded,
  slot: number,
  { seed = fit.settings.seed }: LinearPredictorOptions,
): RowPart[] {
  const { latents } = encoded;
  if (!latents) return [];
  const height = predictorsPerRow(encoded);
  const deviations = latentDeviations(fit, drawsUsed, layout, latents, seed);
  return [
    (row, terms) => {
      if (row % height !== 0) return;
      const i = row / height;
      latents.terms.forEach(({ column, variable, factors }, t) => {
        const unit = latents.variables[variable].unitOf[i];
        const deviation = factors[i] === 0 ? null : deviations(variable, unit);
        if (deviation === null) return;
        const slope = coefficients[layout.intercepts + column];
        terms.add(
          factors[i],
          deviation.map((value, s) => slope[s] * value),
          slot + t,
        );
      });
    },
  ];
}

/** Numbers of a block of rows: a quarter of a megabyte. */
const NUMBERS_A_BLOCK = 2 ** 15;

/** Numbers that a kernel may hold: 64 megabytes. */
const MOST_IN_KERNEL = 2 ** 23;

/** Writes η of a row; rows are asked for in ascending order, and computed many at a time. */
function rowsInBlocks(
  parts: readonly RowPart[],
  terms: Terms,
  offset: Float64Array | null,
  rows: number,
  draws: number,
): (row: number, target: Float64Array) => void {
  const size = Math.max(1, Math.min(rows, Math.floor(NUMBERS_A_BLOCK / draws)));
  const block = new Float64Array(size * draws);
  let first = 0;
  let end = 0;
  const compute = (row: number): void => {
    const kernel = draws * terms.x.length <= MOST_IN_KERNEL ? productKernel() : null;
    // Nothing is valid if a row is refused.
    first = 0;
    end = 0;
    kernel?.begin(draws, terms.x.length);
    const stop = Math.min(rows, row + size);
    for (let i = row; i < stop; i++) {
      terms.count = 0;
      for (const add of parts) add(i, terms);
      const target = block.subarray((i - row) * draws, (i - row + 1) * draws);
      const shift = offset === null ? 0 : offset[i];
      if (kernel) addUpInKernel(kernel, terms, shift, target);
      else addUp(terms, shift, target);
    }
    first = row;
    end = stop;
  };
  return (row, target) => {
    if (row < first || row >= end) compute(row);
    target.set(block.subarray((row - first) * draws, (row - first + 1) * draws));
  };
}

function addUpInKernel(
  kernel: ProductKernel,
  { count, x, columns, slots, lasting }: Terms,
  shift: number,
  target: Float64Array,
): void {
  for (let c = 0; c < count; c++) kernel.add(x[c], columns[c], slots[c], slots[c] < lasting);
  kernel.sum(shift, target);
}

function addUp({ count, x, columns }: Terms, shift: number, target: Float64Array): void {
  target.fill(shift);
  for (let c = 0; c < count; c++) {
    const column = columns[c];
    for (let s = 0; s < target.length; s++) target[s] += x[c] * column[s];
  }
}

/** Values of the parameter at index `place` at the used draws. */
function usedDraws(draws: Draws, drawsUsed: Uint32Array, place: number): Float64Array {
  const width = draws.parameterNames.length;
  const used = new Float64Array(drawsUsed.length);
  for (let s = 0; s < used.length; s++) used[s] = draws.values[drawsUsed[s] * width + place];
  return used;
}

/** @throws WeighbridgeError `bad-argument` for an invalid choice */
export function checkGroups(choice: GroupChoice): GroupChoice {
  if (typeof choice === 'string')
    return requireOneOf<'all' | 'none'>('groups', choice, ['all', 'none']);
  if (Array.isArray(choice) && choice.every((name) => typeof name === 'string')) return choice;
  throw badArgument(`groups is ${described(choice)}, but must be all, none or an array of names`);
}

function groupsChosen({ groups }: Layout, asked: GroupChoice): number[] {
  const choice = checkGroups(asked);
  const all = groups.map((_, index) => index);
  if (typeof choice === 'string') return choice === 'all' ? all : [];
  const names = groups.map(({ group }) => group);
  const unknown = choice.find((name) => !names.includes(name));
  if (unknown !== undefined) {
    throw badArgument(`no group '${unknown}' in this fit: it has ${names.join(', ') || 'none'}`);
  }
  return all.filter((index) => choice.includes(names[index]));
}

function membersOf({
  levelOf,
  newLevels,
  matrix,
  further = [],
}: GroupDesign): readonly MemberDesign[] {
  return [{ levelOf, newLevels, values: matrix.values }, ...further];
}

/** Most cached numbers per group term (64 megabytes), or as many as there are draws of parameters. */
const MOST_KEPT = 2 ** 23;

function groupPart(
  fit: PredictingFit,
  drawsUsed: Uint32Array,
  layout: GroupLayout,
  encoded: Encoded,
  index: number,
  slot: number,
  { newLevels = 'refuse', seed = fit.settings.seed }: LinearPredictorOptions,
): RowPart {
  const { draws } = fit;
  const design = encoded.groups[index];
  const { parts = [] } = encoded;
  const height = predictorsPerRow(encoded);
  const size = layout.coefficients.length;
  // The linear predictor of each coefficient.
  const places = layout.coefficients.map((_, c) => {
    const own = parameterOfEffect(design, c);
    return 1 + parts.findIndex(({ parameter }) => parameter === own);
  });
  const length = size * drawsUsed.length;
  const mostKept = Math.max(MOST_KEPT, draws.values.length);

  const newEffects = (row: number, level: string | undefined): Float64Array => {
    if (level === undefined) return new Float64Array(length).fill(Number.NaN);
    if (newLevels === 'refuse') {
      throw unknownLevel(Math.floor(row / height), layout.group, level);
    }
    return newLevelEffects({ draws, drawsUsed, layout, level, how: newLevels, seed });
  };
  const knownEffects = (level: number): Float64Array => {
    const effects = new Float64Array(length);
    for (let c = 0; c < size; c++) {
      const place = layout.effects + c * layout.levels.length + level;
      effects.set(usedDraws(draws, drawsUsed, place), c * drawsUsed.length);
    }
    return effects;
  };

  // Many rows share a level, so its draws are collected once. Row-major (coefficient, draw).
  const kept = new Map<number | string | undefined, Float64Array>();
  const effectsOf = (row: number, { levelOf, newLevels: names }: MemberDesign): Float64Array => {
    const level = levelOf[row];
    const name = names.get(row);
    const key = level < 0 ? name : level;
    const known = kept.get(key);
    if (known) return known;
    const made = level < 0 ? newEffects(row, name) : knownEffects(level);
    if ((kept.size + 1) * length > mostKept) kept.clear();
    kept.set(key, made);
    return made;
  };

  const members = membersOf(design);
  return (row, terms) => {
    if (!places.includes(row % height)) return;
    members.forEach((member, m) => {
      const effects = effectsOf(row, member);
      for (let c = 0; c < size; c++) {
        if (places[c] !== row % height) continue;
        const start = c * drawsUsed.length;
        const column = size === 1 ? effects : effects.subarray(start, start + drawsUsed.length);
        terms.add(member.values[row * size + c], column, slot + m * size + c);
      }
    });
  };
}

function unknownLevel(row: number, group: string, level: string): WeighbridgeError {
  return new WeighbridgeError(
    'bad-data',
    `row ${row + 1}: ${group} is '${level}', which was not in the data of the fit: ` +
      `set newLevels to 'uncertainty' or 'gaussian', or leave group effects out by groups: 'none'`,
  );
}
