/**
 * The linear predictor of rows at the draws of a fit, one row at a time, so that no matrix of all
 * draws by all rows is held in memory:
 *
 *     η_i = offset_i + β_0 + Σ_j x_ij β_j + Σ_g Σ_c z_ic r_g[level of i, c]
 */

import { requireOneOf, requireSeed } from '../../checks/options.js';
import { badArgument, described } from '../../checks/values.js';
import { WeighbridgeError } from '../../errors.js';
import type { Encoded, GroupDesign } from '../../formula/design.js';
import type { Draws } from '../../posterior/draws.js';
import type { FittedRegression } from '../fitted-regression.js';
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
  /** Writes η of a row to `target`, one number per used draw. */
  eta(row: number, target: Float64Array): void;
  /** Writes the family's own parameters at the draw with index `place` to `target`. */
  auxiliary(place: number, target: Float64Array): void;
  /** The family's own parameter number `index` at the used draws. */
  auxiliaryDraws(index: number): Float64Array;
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
  const population = populationPart(draws, drawsUsed, layout, encoded);
  const groupParts = groupsChosen(layout, options.groups ?? 'all').map((index) =>
    groupPart(fit, drawsUsed, layout.groups[index], encoded.groups[index], options),
  );
  const width = draws.parameterNames.length;
  const { first } = layout.auxiliary;
  return {
    rows: encoded.rows,
    drawsUsed,
    eta(row, target) {
      population(row, target);
      for (const add of groupParts) add(row, target);
    },
    auxiliary(place, target) {
      const start = drawsUsed[place] * width + first;
      for (let k = 0; k < target.length; k++) target[k] = draws.values[start + k];
    },
    auxiliaryDraws: (index) => usedDraws(draws, drawsUsed, first + index),
  };
}

/** Indices of all draws, or of evenly spaced ones; deterministic. */
export function chooseDraws(draws: Draws, wanted: 'all' | number, option = 'draws'): Uint32Array {
  const total = draws.chains * draws.drawsPerChain;
  const count = wanted === 'all' ? total : wanted;
  if (!Number.isSafeInteger(count) || count < 1 || count > total) {
    const allowed = option === 'draws' ? "'all' or a whole number" : 'a whole number';
    throw badArgument(
      `${option} is ${described(wanted)}, but must be ${allowed} from 1 to ${total}`,
    );
  }
  return Uint32Array.from({ length: count }, (_, i) => Math.floor((i * total) / count));
}

type RowPart = (row: number, target: Float64Array) => void;

function populationPart(
  draws: Draws,
  drawsUsed: Uint32Array,
  { intercepts, coefficients }: Layout,
  { population, offset }: Encoded,
): RowPart {
  const { values } = population;
  const columns = coefficients.length - intercepts;
  const filled = new Int32Array(columns);
  // One contiguous array per coefficient, because each row reads all of them.
  const draw = coefficients.map((_, place) => usedDraws(draws, drawsUsed, place));
  return (row, target) => {
    const shift = offset === null ? 0 : offset[row];
    if (intercepts === 1) {
      const intercept = draw[0];
      for (let s = 0; s < target.length; s++) target[s] = shift + intercept[s];
    } else {
      target.fill(shift);
    }
    let count = 0;
    for (let j = 0; j < columns; j++) if (values[row * columns + j] !== 0) filled[count++] = j;
    const x = (c: number) => values[row * columns + filled[c]];
    const slope = (c: number) => draw[intercepts + filled[c]];
    let c = 0;
    for (; c + 3 < count; c += 4) {
      addFour(
        target,
        x(c),
        slope(c),
        x(c + 1),
        slope(c + 1),
        x(c + 2),
        slope(c + 2),
        x(c + 3),
        slope(c + 3),
      );
    }
    for (; c < count; c++) addProducts(target, x(c), slope(c));
  };
}

function addProducts(target: Float64Array, x: number, slope: Float64Array): void {
  for (let s = 0; s < target.length; s++) target[s] += x * slope[s];
}

/** Four times `addProducts`, in one pass. */
function addFour(
  target: Float64Array,
  x1: number,
  slope1: Float64Array,
  x2: number,
  slope2: Float64Array,
  x3: number,
  slope3: Float64Array,
  x4: number,
  slope4: Float64Array,
): void {
  for (let s = 0; s < target.length; s++) {
    target[s] = target[s] + x1 * slope1[s] + x2 * slope2[s] + x3 * slope3[s] + x4 * slope4[s];
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

/** Most cached numbers per group term (64 megabytes), or as many as there are draws of parameters. */
const MOST_KEPT = 2 ** 23;

function groupPart(
  fit: PredictingFit,
  drawsUsed: Uint32Array,
  layout: GroupLayout,
  design: GroupDesign,
  { newLevels = 'refuse', seed = fit.settings.seed }: LinearPredictorOptions,
): RowPart {
  const { draws } = fit;
  const size = layout.coefficients.length;
  const length = size * drawsUsed.length;
  const mostKept = Math.max(MOST_KEPT, draws.values.length);

  const newEffects = (row: number): Float64Array => {
    const level = design.newLevels.get(row);
    if (level === undefined) return new Float64Array(length).fill(Number.NaN);
    if (newLevels === 'refuse') throw unknownLevel(row, layout.group, level);
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
  const effectsOf = (row: number): Float64Array => {
    const level = design.levelOf[row];
    const key = level < 0 ? design.newLevels.get(row) : level;
    const known = kept.get(key);
    if (known) return known;
    const made = level < 0 ? newEffects(row) : knownEffects(level);
    if ((kept.size + 1) * length > mostKept) kept.clear();
    kept.set(key, made);
    return made;
  };

  return (row, target) => {
    const effects = effectsOf(row);
    for (let c = 0; c < size; c++) {
      const z = design.matrix.values[row * size + c];
      const start = c * drawsUsed.length;
      addProducts(target, z, size === 1 ? effects : effects.subarray(start, start + target.length));
    }
  };
}

function unknownLevel(row: number, group: string, level: string): WeighbridgeError {
  return new WeighbridgeError(
    'bad-data',
    `row ${row + 1}: ${group} is '${level}', which was not in the data of the fit: ` +
      `set newLevels to 'uncertainty' or 'gaussian', or leave group effects out by groups: 'none'`,
  );
}
