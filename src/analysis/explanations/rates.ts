/**
 * Rates of explanations with intervals, without a model of the answers: a Bayesian bootstrap (Rubin
 * 1981). Each draw gives every item a weight, an exponential variable, the same in all arms, so that
 * differences between arms are paired by item; and every draw of worked examples another, which
 * multiplies the item's (Owen & Eckles 2012). The posterior of a rate is that of its weighted version,
 * with one item more that is right and one that is wrong: without them, 20 right of 20 would be certain.
 */
import { hdi, type Interval } from '../../posterior/intervals.js';
import { BootstrapWeights } from '../bootstrap.js';
import {
  type Arm,
  armName,
  byArm,
  changes,
  type Explanation,
  type Measured,
  scoresOf,
} from './table.js';

/**
 * `precision`: the share of answers said to change that do; `recall`: the share of answers that change
 * that are said to.
 */
const rateNames = [
  'hasChangedF1',
  'hasChanged',
  'precision',
  'recall',
  'content',
  'exact',
] as const;
type RateName = (typeof rateNames)[number];

/** An estimate with its 95% HDI. */
interface Rate {
  /** The rate in the data as they are. */
  readonly value: number;
  readonly hdi: Interval;
}

export interface ArmRates extends Arm {
  /** The arm in words. */
  readonly name: string;
  readonly rows: number;
  /** Number of rows without a valid answer; they count as wrong. */
  readonly invalid: number;
  /** Draws of worked examples; 0 without. */
  readonly banks: number;
  readonly rates: Readonly<Record<RateName, Rate>>;
  /** Values by bootstrap draw, for differences between arms. */
  readonly draws: Readonly<Record<RateName, Float64Array>>;
}

/**
 * The rates of each arm, in order of first appearance.
 *
 * @param draws of the bootstrap
 */
export function armRates(
  rows: readonly Explanation[],
  seed: number | string,
  draws = 4000,
): ArmRates[] {
  const weights = new BootstrapWeights(seed, draws);
  return byArm(rows).map((arm) => ratesOf(arm, weights));
}

/** The share of answers that change, at each draw. */
export function shareChanged(
  measured: readonly Measured[],
  seed: number | string,
  draws = 4000,
): Float64Array {
  const weights = new BootstrapWeights(seed, draws);
  const rows = measured.map((row) => ({ row, weight: weights.of('item', row.item) }));
  const { right, wrong } = priorOf(weights);
  return Float64Array.from({ length: draws }, (_, draw) => {
    let changed = right[draw] ?? 0;
    let total = changed + (wrong[draw] ?? 0);
    for (const { row, weight } of rows) {
      total += weight[draw] ?? 0;
      if (changes(row)) changed += weight[draw] ?? 0;
    }
    return changed / total;
  });
}

/** Difference of two arms' rates at each draw: paired by item. */
export function rateDifference(one: ArmRates, other: ArmRates, of: RateName): Float64Array {
  return one.draws[of].map((value, draw) => value - (other.draws[of][draw] ?? Number.NaN));
}

/** Weighted counts of one arm in one draw. */
interface Counts {
  total: number;
  content: number;
  exact: number;
  hasChanged: number;
  /** By class: 0 unchanged, 1 changed. */
  readonly actual: [number, number];
  readonly said: [number, number];
  readonly right: [number, number];
}

function ratesOf(arm: readonly Explanation[], weights: BootstrapWeights): ArmRates {
  const scored = arm.map(
    (row): ScoredRow => ({
      ...scoresOf(row),
      actual: changes(row.measured) ? 1 : 0,
      said: row.prediction === null ? null : row.prediction.changed ? 1 : 0,
      item: weights.of('item', row.measured.item),
      bank: row.bank === null ? null : weights.of('bank', row.bank),
    }),
  );
  const draws = recordOf(() => new Float64Array(weights.draws));
  const observed = ratesAt(scored, null);
  const items = new Set(arm.map(({ measured }) => measured.item)).size;
  scored.push(...priorRows(weights, arm.length / items));
  for (let draw = 0; draw < weights.draws; draw++) {
    const rates = ratesAt(scored, draw);
    for (const name of rateNames) draws[name][draw] = rates[name];
  }
  const { target = '', explainer = '', shots = 0, trainedOn = 0 } = arm[0] ?? {};
  return {
    ...{ target, explainer, shots, trainedOn },
    name: armName({ explainer, shots, trainedOn }),
    rows: arm.length,
    invalid: arm.filter(({ prediction }) => prediction === null).length,
    banks: new Set(arm.flatMap(({ bank }) => bank ?? [])).size,
    rates: recordOf((name) => ({ value: observed[name], hdi: hdi(draws[name]) })),
    draws,
  };
}

/** The prior of a rate is uniform, as if one item more were right and one were wrong. */
function priorOf(weights: BootstrapWeights) {
  return { right: weights.of('prior', 'right'), wrong: weights.of('prior', 'wrong') };
}

/** The items of the prior, half of them changed. @param size rows an item */
function priorRows(weights: BootstrapWeights, size: number): ScoredRow[] {
  const { right, wrong } = priorOf(weights);
  const half = (all: Float64Array) => all.map((weight) => (weight * size) / 2);
  return ([0, 1] as const).flatMap((actual): ScoredRow[] => [
    {
      ...{ hasChanged: true, content: true, exact: true, actual, said: actual },
      ...{ item: half(right), bank: null },
    },
    {
      ...{ hasChanged: false, content: false, exact: false, actual, said: actual === 0 ? 1 : 0 },
      ...{ item: half(wrong), bank: null },
    },
  ]);
}

interface ScoredRow {
  readonly hasChanged: boolean;
  readonly content: boolean;
  readonly exact: boolean;
  readonly actual: 0 | 1;
  readonly said: 0 | 1 | null;
  readonly item: Float64Array;
  readonly bank: Float64Array | null;
}

/** @param draw null: all weights are 1 */
function ratesAt(rows: readonly ScoredRow[], draw: number | null): Record<RateName, number> {
  const counts: Counts = {
    ...{ total: 0, content: 0, exact: 0, hasChanged: 0 },
    ...{ actual: [0, 0], said: [0, 0], right: [0, 0] },
  };
  for (const row of rows) {
    const weight = draw === null ? 1 : (row.item[draw] ?? 0) * (row.bank?.[draw] ?? 1);
    counts.total += weight;
    counts.actual[row.actual] += weight;
    if (row.content) counts.content += weight;
    if (row.exact) counts.exact += weight;
    if (row.said === null) continue;
    counts.said[row.said] += weight;
    if (!row.hasChanged) continue;
    counts.hasChanged += weight;
    counts.right[row.said] += weight;
  }
  const { total, content, exact, hasChanged } = counts;
  return {
    hasChangedF1: (f1(counts, 0) + f1(counts, 1)) / 2,
    hasChanged: hasChanged / total,
    precision: counts.right[1] / counts.said[1],
    recall: counts.right[1] / counts.actual[1],
    content: content / total,
    exact: exact / total,
  };
}

/**
 * F1 of a class; 0 if it neither occurs nor is named, as scikit-learn has it. An invalid answer counts
 * in the class that was to be found, and in none that was named.
 */
function f1({ actual, said, right }: Counts, of: 0 | 1): number {
  const sum = actual[of] + said[of];
  return sum === 0 ? 0 : (2 * right[of]) / sum;
}

function recordOf<T>(value: (name: RateName) => T): Record<RateName, T> {
  return {
    hasChangedF1: value('hasChangedF1'),
    hasChanged: value('hasChanged'),
    precision: value('precision'),
    recall: value('recall'),
    content: value('content'),
    exact: value('exact'),
  };
}
