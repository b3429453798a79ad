/**
 * How much each item of an item response model says of an ability: the Fisher information about θ of an answer in
 * categories with the probabilities P_k and the latent scale x = a (θ + η_item − τ),
 *
 *     I(θ) = a² Σ_k P_k (∂ log P_k / ∂x)²,
 *
 * which for two categories and the logit link is a² P (1 − P). The information of several items is their sum, and
 * 1 / √I the standard error of an ability that is estimated from them alone (Lord 1980, Applications of item response
 * theory).
 */
import { nameOf } from '../../../models/families/family.js';
import { categoryLikelihood } from '../../../models/families/ordinal.js';
import { thresholdsOf } from '../../../models/families/thresholds.js';
import { parameterOfEffect } from '../../../models/regression-data.js';
import { listed } from '../../checks/names.js';
import { requireProbability } from '../../checks/options.js';
import { badArgument, described } from '../../checks/values.js';
import type { Encoded } from '../../formula/design.js';
import { predictorsPerRow } from '../../formula/stacked.js';
import type { DataInput } from '../../formula/table.js';
import { type HdiSummary, hdiColumns, hdiSummary } from '../../posterior/hdi-summary.js';
import { type Printable, printable, textTable } from '../../posterior/printable.js';
import type { FittedRegression } from '../fitted-regression.js';
import {
  type LinearPredictor,
  type LinearPredictorOptions,
  linearPredictor,
} from './linear-predictor.js';
import { predictedData } from './new-data.js';

export interface ItemInformationOptions extends Pick<LinearPredictorOptions, 'draws'> {
  /**
   * Abilities θ on the scale of the linear predictor: what all groups but the items add to it, 0 for an average
   * model or person.
   *
   * @default -3, -2, …, 3
   */
  readonly ability?: number | readonly number[];
  /** The grouping factor of the items. @default the one whose effects `disc` has */
  readonly item?: string;
  /** A row for each item, with the columns of the formula; those of other groups may lack. @default the items of the fit */
  readonly data?: DataInput;
  /** Probability of the HDIs, in (0, 1). @default 0.95 */
  readonly mass?: number;
}

/** The information of all items together. */
export interface AbilityInformation extends HdiSummary {
  readonly ability: number;
}

export interface ItemInformationRow extends AbilityInformation {
  /** The level of the item. */
  readonly item: string;
}

export interface ItemInformation {
  /** The grouping factor of the items. */
  readonly group: string;
  /** Item after item, abilities in the order that was asked. */
  readonly items: readonly ItemInformationRow[];
  /** The sum over the items, for each ability. */
  readonly all: readonly AbilityInformation[];
}

const usualAbilities = [-3, -2, -1, 0, 1, 2, 3];

/**
 * @throws WeighbridgeError `bad-argument` for a fit without a formula of `disc`, an item or an ability that cannot be,
 *   and predictors that differ within an item; `bad-data` for rows that do not fit the formula
 */
export function itemInformation(
  fit: FittedRegression,
  options: ItemInformationOptions = {},
): ItemInformation & Printable {
  const { mass = 0.95 } = options;
  requireProbability('mass', mass);
  const group = itemsOf(fit, options.item);
  const abilities = requireAbilities(options.ability ?? usualAbilities);
  const { encoded } = predictedData(fit, options.data, [group]);
  const { draws = 'all' } = options;
  const predictor = linearPredictor(fit, encoded, { draws, groups: [group] });
  const rows = options.data === undefined ? rowOfEachItem(fit, group) : allRows(encoded, group);
  const write = informationOf(fit, predictor);
  const information = new Float64Array(predictor.drawsUsed.length);
  const sums = abilities.map(() => new Float64Array(information.length));
  const items = rows.flatMap(({ row, item }) =>
    abilities.map((ability, at): ItemInformationRow => {
      write(row, ability, information);
      for (let s = 0; s < information.length; s++) sums[at][s] += information[s];
      return { item, ability, ...hdiSummary(information, mass) };
    }),
  );
  const all = abilities.map((ability, at) => ({ ability, ...hdiSummary(sums[at], mass) }));
  const found: ItemInformation = { group, items, all };
  return printable(found, () => informationText(found, mass));
}

/**
 * The grouping factor of the items.
 *
 * @throws WeighbridgeError `bad-argument`
 */
function itemsOf({ family, specification }: FittedRegression, asked: string | undefined): string {
  if (!family.predicted?.includes('disc')) {
    throw badArgument(
      `itemInformation is for ordered categories with a formula of disc, such as bf(right ~ 1 + (1 | model) + (1 |i| item), disc ~ 0 + (1 |i| item)) with the family cumulative; this is a ${nameOf(family)} regression without one`,
    );
  }
  const { groups } = specification.data;
  const names = [...new Set(groups.map(({ group }) => group))];
  const discriminating = groups.filter((term) =>
    term.coefficients.some((_, c) => parameterOfEffect(term, c) === 'disc'),
  );
  const [only, second] = [...new Set(discriminating.map(({ group }) => group))];
  const item = asked ?? (second === undefined ? only : undefined);
  if (item !== undefined && names.includes(item)) return item;
  throw badArgument(
    asked === undefined
      ? `the option item says which group the items are, expected one of ${listed(names)}`
      : `item is ${described(asked)}, expected one of ${listed(names)}`,
  );
}

function requireAbilities(asked: unknown): readonly number[] {
  const all: readonly unknown[] = Array.isArray(asked) ? asked : [asked];
  const numbers = all.filter((value) => typeof value === 'number').filter(Number.isFinite);
  if (numbers.length === all.length && all.length > 0) return numbers;
  throw badArgument(
    `ability is ${described(asked)}, expected a number or an array of numbers: [-1, 0, 1]`,
  );
}

interface ItemRow {
  readonly row: number;
  readonly item: string;
}

/** The first row of each item, in the order of the levels. */
function rowOfEachItem(fit: FittedRegression, group: string): ItemRow[] {
  const { encoded } = fit.frame;
  const items = allRows(encoded, group);
  const first = new Map<string, number>();
  for (const { row, item } of items) {
    const known = first.get(item) ?? row;
    first.set(item, known);
    const name = differingColumn(encoded, group, known, row);
    if (name === null) continue;
    throw badArgument(
      `${name} differs between rows of the item ${item}, whose information depends on it: expected data with a row for each item`,
    );
  }
  const { levels = [] } = encoded.groups.find((term) => term.group === group) ?? {};
  return levels.flatMap((item) => {
    const row = first.get(item);
    return row === undefined ? [] : [{ item, row }];
  });
}

function allRows(encoded: Encoded, group: string): ItemRow[] {
  const term = encoded.groups.find((one) => one.group === group);
  if (!term || term.further) {
    throw badArgument(
      `the group ${group} has several levels a row, expected one item for each row`,
    );
  }
  const height = predictorsPerRow(encoded);
  return Array.from({ length: encoded.rows }, (_, row) => ({
    row,
    item: term.levels[term.levelOf[row * height]] ?? '',
  }));
}

/** A column with other values in one row than in another: of the population, or of what varies by the items. */
function differingColumn(
  { population, groups, offset, parts = [] }: Encoded,
  group: string,
  one: number,
  other: number,
): string | null {
  const height = predictorsPerRow({ parts });
  const own = groups.filter((term) => term.group === group);
  const matrices = [population, ...own.map(({ matrix }) => matrix)];
  for (let of = 0; of < height; of++) {
    const [a, b] = [one * height + of, other * height + of];
    for (const { names, values } of matrices) {
      const width = names.length;
      const found = names.find((_, j) => values[a * width + j] !== values[b * width + j]);
      if (found !== undefined) return found;
    }
    if (offset && offset[a] !== offset[b]) return 'the offset';
  }
  return null;
}

/** Writes I(θ) of a row at the used draws. */
function informationOf(
  fit: FittedRegression,
  predictor: LinearPredictor,
): (row: number, ability: number, target: Float64Array) => void {
  const { family } = fit.specification;
  const likelihood = categoryLikelihood(family);
  const count = thresholdsOf(family);
  const counts = new Float64Array(count + 1);
  const thresholds = new Float64Array(count);
  const unused = new Float64Array(count);
  const cell = { value: 0, slope: 0 };
  const eta = new Float64Array(predictor.drawsUsed.length);
  return (row, ability, target) => {
    predictor.eta(row, eta);
    const own = predictor.auxiliaryDraws(row);
    // The last of the distribution's parameters, after the thresholds.
    const discs = own[own.length - 1];
    for (let s = 0; s < eta.length; s++) {
      const disc = discs[s];
      for (let k = 0; k < count; k++) thresholds[k] = disc * own[k][s];
      let sum = 0;
      for (let c = 0; c <= count; c++) {
        counts.fill(0);
        counts[c] = 1;
        cell.value = 0;
        cell.slope = 0;
        likelihood.add(counts, 0, disc * (ability + eta[s]), thresholds, unused, cell);
        const probability = Math.exp(cell.value);
        if (probability > 0) sum += probability * cell.slope * cell.slope;
      }
      target[s] = disc * disc * sum;
    }
  };
}

function informationText({ group, items, all }: ItemInformation, mass: number): string {
  const ability = (rows: readonly AbilityInformation[]) => ({
    head: 'Ability',
    cells: rows.map((row) => String(row.ability)),
  });
  return [
    `Information of each ${group} about an ability:`,
    ...textTable(
      items.map(({ item }) => item),
      [ability(items), ...hdiColumns(items, mass)],
    ),
    '',
    'Of all together:',
    ...textTable(
      all.map(() => ''),
      [ability(all), ...hdiColumns(all, mass)],
    ),
  ].join('\n');
}
