/**
 * Explanations as regressions on the logit scale, with items as a group, so that explainers of the same
 * items are compared pair by pair. Slopes have the prior normal(0, 3), which keeps an explainer that is
 * always right or always wrong at a finite distance; the sd of draws of examples and of trainings, of
 * which there are few, has a half-normal(0, 1); others have brms' defaults.
 */

import { eachRow, linearPredictorOf, meanOutcomes } from '../../regression/after/predictions.js';
import { bernoulli } from '../../regression/options.js';
import { normal } from '../../regression/priors/constructors.js';
import {
  type RegressionFit,
  regression,
  type SamplingOptions,
} from '../../regression/regression.js';
import { type Arm, changes, type Explanation, groupBy, scoresOf } from './table.js';

/** A quantity of interest by draw. */
export interface Estimate {
  readonly label: string;
  /** What is measured, with its unit. */
  readonly unit: string;
  readonly draws: Float64Array;
  /** A value to compare with; null: none. */
  readonly reference: number | null;
}

export interface ExplanationFit {
  /** Unique among the fits of an analysis. */
  readonly name: string;
  readonly fit: RegressionFit;
  readonly estimates: readonly Estimate[];
  /** Limits of the fit, one sentence each. */
  readonly notes: readonly string[];
}

export type Row = Readonly<Record<string, string | number | null>>;

const LOGITS = 'difference in logits';
const PROBABILITY = 'difference in probability';
export const SLOPES = normal(0, 3).on('b');
/** Groups with few levels. */
const SMALL_GROUPS = ['bank', 'training'];
/** Fewer draws of examples say next to nothing of other draws. */
const LEAST_BANKS = 3;

/**
 * `exact ~ explainer * changed + (1 | item)` for one model's answers under one condition; `bank` is a
 * further group with three draws of examples or more.
 *
 * @returns self minus each other explainer: at the share of changed items, in logits; averaged over the
 *   items, in probability. Null with fewer than two explainers.
 */
export async function explainersCompared(
  rows: readonly Explanation[],
  { target, shots, trainedOn }: Omit<Arm, 'explainer'>,
  sampling: SamplingOptions,
): Promise<ExplanationFit | null> {
  const explainers = [...new Set(rows.map(({ explainer }) => explainer))];
  const [self, ...others] = [target, ...explainers.filter((name) => name !== target)];
  if (self === undefined || !explainers.includes(target) || others.length === 0) return null;
  const banks = banksOf(rows);
  const formula = `exact ~ explainer * changed + (1 | item)${banks >= LEAST_BANKS ? ' + (0 + shot | bank)' : ''}`;
  const fit = await fitOf(formula, rows.map(rowOf), sampling, { explainer: [self, ...others] });
  const share = mean(rows.map(({ measured }) => (changes(measured) ? 1 : 0)));
  const logits = linearAt(
    fit,
    [self, ...others].map((explainer) => ({ explainer, changed: share, ...noGroups })),
  );
  const chances = meanChances(fit, rows, ({ explainer }) => explainer);
  const contrast = (unit: string, of: (explainer: string, place: number) => Float64Array) =>
    others.map((other, i) => ({
      label: `${self} − ${other}${conditionText(shots, trainedOn)}`,
      ...{ unit, reference: 0 },
      draws: minus(of(self, 0), of(other, i + 1)),
    }));
  return {
    name: `explainers of ${target}${conditionText(shots, trainedOn)}`,
    fit,
    estimates: [
      ...contrast(PROBABILITY, (explainer) => chances.get(explainer) ?? new Float64Array()),
      ...contrast(LOGITS, (_, place) => logits[place] ?? new Float64Array()),
    ],
    notes: bankNotes(banks),
  };
}

/**
 * `exact ~ examples + (1 | item) + (0 + shot | bank)` for one explainer: what worked examples add, with
 * the draw of the examples as a group. Null if the number of examples does not vary.
 */
export async function examplesAdded(
  rows: readonly Explanation[],
  { target, explainer, trainedOn }: Omit<Arm, 'shots'>,
  sampling: SamplingOptions,
): Promise<ExplanationFit | null> {
  const counts = [...new Set(rows.map(({ shots }) => shots))].sort((one, other) => one - other);
  const [fewest, ...more] = counts;
  if (fewest === undefined || more.length === 0) return null;
  const banks = banksOf(rows);
  const formula = `exact ~ examples + (1 | item)${banks >= LEAST_BANKS ? ' + (0 + shot | bank)' : ''}`;
  const levels = counts.map((shots) => `${shots} examples`);
  const fit = await fitOf(formula, rows.map(rowOf), sampling, { examples: levels });
  const [least, ...others] = linearAt(
    fit,
    levels.map((examples) => ({ examples, ...noGroups })),
  );
  return {
    name: `examples for ${explainer} of ${target}${conditionText(0, trainedOn)}`,
    fit,
    estimates: others.map((draws, i) => ({
      label: `${more[i]} examples − ${fewest}, ${explainer} of ${target}`,
      ...{ unit: LOGITS, reference: 0, draws: minus(draws, least ?? new Float64Array()) },
    })),
    notes: bankNotes(banks),
  };
}

/**
 * `exact ~ explainer * log2n + (1 | item) + (1 | training)`: what a doubling of the training examples
 * adds, for one model's answers. Untrained explainers have no place on the axis and are left out.
 * Null with fewer than two sizes.
 */
export async function dataEfficiency(
  all: readonly Explanation[],
  { target, shots }: Pick<Arm, 'target' | 'shots'>,
  sampling: SamplingOptions,
): Promise<ExplanationFit | null> {
  const rows = all.filter(({ trainedOn }) => trainedOn > 0);
  const sizes = new Set(rows.map(({ trainedOn }) => trainedOn));
  if (sizes.size < 2) return null;
  const names = [...new Set(rows.map(({ explainer }) => explainer))];
  const explainers = [
    ...names.filter((name) => name === target),
    ...names.filter((name) => name !== target),
  ];
  const several = explainers.length > 1;
  const formula = `exact ~ ${several ? 'explainer * ' : ''}log2n + (1 | item) + (1 | training)`;
  const fit = await fitOf(
    formula,
    rows.map(rowOf),
    sampling,
    several ? { explainer: explainers } : {},
  );
  const at = (explainer: string, log2n: number) =>
    linearAt(fit, [{ explainer, log2n, ...noGroups }])[0] ?? new Float64Array();
  const lines = explainers.map((explainer) => {
    const start = at(explainer, 0);
    return { explainer, start, slope: minus(at(explainer, 1), start) };
  });
  const [self, ...others] = lines;
  const largest = Math.max(...sizes);
  const matches =
    self?.explainer === target ? others.map((other) => matchOf(self, other, largest)) : [];
  return {
    name: `training examples for explainers of ${target}${conditionText(shots, 0)}`,
    fit,
    estimates: [
      ...lines.map(({ explainer, slope }) => ({
        label: `${explainer} of ${target}`,
        ...{ unit: 'logits a doubling of the training examples', reference: 0 },
        draws: slope,
      })),
      ...matches.flatMap(({ draws, ...match }) => (draws === null ? [] : [{ ...match, draws }])),
    ],
    notes: [
      'The number of training examples enters as its binary logarithm; the line holds between the smallest and the largest size.',
      'Each training is one draw of a group, because a second training on as many examples would come out differently.',
      ...matches.flatMap(({ note }) => note ?? []),
    ],
  };
}

/** The linear predictor of an explainer along the binary logarithm of its training examples. */
export interface Line {
  readonly explainer: string;
  /** Where the logarithm is 0, or its centre. */
  readonly start: Float64Array;
  readonly slope: Float64Array;
}

/**
 * By how many doublings the other's examples must grow to match self, at each draw; infinite where the
 * other's line does not rise.
 *
 * @param at binary logarithm of the number of examples that both have, less its centre if there is one
 */
export function doublingsToMatch(self: Line, other: Line, at: number): Float64Array {
  return self.start.map((start, draw) => {
    const slope = other.slope[draw] ?? 0;
    const gap = start + ((self.slope[draw] ?? 0) - slope) * at - (other.start[draw] ?? 0);
    return slope > 0 ? gap / slope : Number.POSITIVE_INFINITY;
  });
}

/** Beyond this share of draws without a finite number of examples, no interval is given. */
const MOST_INFINITE = 0.01;

/** By how many doublings of `size` the other's examples must grow to match self at `size`. */
function matchOf(self: Line, other: Line, size: number) {
  const doublings = doublingsToMatch(self, other, Math.log2(size));
  const finite = doublings.filter(Number.isFinite);
  const never = 1 - finite.length / doublings.length;
  const told = never <= MOST_INFINITE;
  return {
    label: `${other.explainer}, to match ${self.explainer} trained on ${size}`,
    unit: 'doublings of the training examples',
    reference: 0,
    draws: told ? finite : null,
    note: told
      ? null
      : `How many examples ${other.explainer} needs to match ${self.explainer} trained on ${size} cannot be told: in ${(100 * never).toFixed(0)}% of the draws its line does not rise.`,
  };
}

/**
 * `says_changed ~ explainer * effect + (1 | item)`: does an explainer say `changed` where the measured
 * effect is large? The effect is the fall of the log-probability of the answer, standardized over the
 * rows. Null if log-probabilities are missing or do not vary.
 */
export async function gradedEffects(
  all: readonly Explanation[],
  { target, shots, trainedOn }: Omit<Arm, 'explainer'>,
  sampling: SamplingOptions,
): Promise<ExplanationFit | null> {
  const rows = all.filter(({ measured, prediction }) => measured.effect !== null && prediction);
  const effects = rows.map(({ measured }) => measured.effect ?? Number.NaN);
  const centre = mean(effects);
  const sd = Math.sqrt(mean(effects.map((effect) => (effect - centre) ** 2)));
  if (!(sd > 0)) return null;
  const data = rows.map((row, i) => ({
    ...rowOf(row),
    says_changed: row.prediction?.changed ? 1 : 0,
    effect: ((effects[i] ?? 0) - centre) / sd,
  }));
  const explainers = [...new Set(rows.map(({ explainer }) => explainer))];
  const several = explainers.length > 1;
  const formula = `says_changed ~ ${several ? 'explainer * effect + (1 | item)' : 'effect'}`;
  const fit = await fitOf(formula, data, sampling, several ? { explainer: explainers } : {});
  return {
    name: `graded effects for ${target}${conditionText(shots, trainedOn)}`,
    fit,
    estimates: explainers.map((explainer) => {
      const [low, high] = linearAt(
        fit,
        [0, 1].map((effect) => ({ explainer, effect, ...noGroups })),
      );
      return {
        label: `${explainer} of ${target}${conditionText(shots, trainedOn)}`,
        ...{ unit: 'logits of saying `changed`, an sd of the effect', reference: 0 },
        draws: minus(high ?? new Float64Array(), low ?? new Float64Array()),
      };
    }),
    notes: [
      `The effect of the part is the fall of the log-probability of the answer with it, mean ${centre.toFixed(2)}, sd ${sd.toFixed(2)} nats.`,
    ],
  };
}

function rowOf(row: Explanation): Row {
  const { explainer, measured, shots, trainedOn, bank } = row;
  return {
    exact: scoresOf(row).exact ? 1 : 0,
    explainer,
    changed: changes(measured) ? 1 : 0,
    item: measured.item,
    examples: `${shots} examples`,
    shot: shots > 0 ? 1 : 0,
    // An explainer has its own luck with a draw.
    bank: bank === null ? 'none' : `${explainer}, ${bank}`,
    log2n: Math.log2(Math.max(1, trainedOn)),
    training: `${explainer}, ${trainedOn}`,
  };
}

/** Columns of groups, for rows of the population. */
const noGroups = { item: null, bank: null, training: null, shot: 0 };

async function fitOf(
  formula: string,
  data: readonly Row[],
  sampling: SamplingOptions,
  levels: Readonly<Record<string, readonly string[]>>,
): Promise<RegressionFit> {
  const groups = SMALL_GROUPS.filter((group) => formula.includes(`| ${group})`));
  const prior = [SLOPES, ...groups.map((group) => normal(0, 1).on('sd', { group }))];
  return regression({ ...sampling, formula, family: bernoulli(), data, prior, levels });
}

/** The linear predictor of the population at each draw, of each row. */
export function linearAt(fit: RegressionFit, data: readonly Row[]): Float64Array[] {
  const found: Float64Array[] = [];
  eachRow(fit, linearPredictorOf(), { data, groups: 'none' }, (_, values) => {
    found.push(values.slice());
  });
  return found;
}

/** Mean chance of an exact match over the rows of each key, at each draw; examples at their average. */
function meanChances(
  fit: RegressionFit,
  rows: readonly Explanation[],
  key: (row: Explanation) => string,
): Map<string, Float64Array> {
  const counts = new Map([...groupBy(rows, key)].map(([name, group]) => [name, group.length]));
  const sums = new Map<string, Float64Array>();
  eachRow(fit, meanOutcomes, { groups: ['item'] }, (index, values) => {
    const row = rows[index];
    if (!row) return;
    const sum = sums.get(key(row)) ?? new Float64Array(values.length);
    const count = counts.get(key(row)) ?? 1;
    for (let draw = 0; draw < values.length; draw++)
      sum[draw] = (sum[draw] ?? 0) + (values[draw] ?? 0) / count;
    sums.set(key(row), sum);
  });
  return sums;
}

function banksOf(rows: readonly Explanation[]): number {
  return new Set(rows.flatMap(({ bank }) => bank ?? [])).size;
}

function bankNotes(banks: number): string[] {
  if (banks === 0) return [];
  return banks >= LEAST_BANKS
    ? [`The draw of the examples is a group of ${banks}: the intervals hold for other draws too.`]
    : [
        `With ${banks} ${banks === 1 ? 'draw' : 'draws'} of examples the intervals hold for ${banks === 1 ? 'this draw' : 'these draws'} only; take ${LEAST_BANKS} or more.`,
      ];
}

/** ` (4 examples)`; '' without a condition. */
export function conditionText(shots: number, trainedOn: number): string {
  const parts = [shots > 0 && `${shots} examples`, trainedOn > 0 && `trained on ${trainedOn}`];
  const text = parts.filter((part) => part !== false).join(', ');
  return text === '' ? '' : ` (${text})`;
}

export function minus(one: Float64Array, other: Float64Array): Float64Array {
  return one.map((value, draw) => value - (other[draw] ?? Number.NaN));
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
