/**
 * Regressions of the scores of explainers on the same items. Items, and what else is a sample of more
 * (clusters of items, targets, models, trainings), are groups, because rows of one of them are not independent.
 * Scores of 0 and 1 are a Bernoulli regression on the logit scale; graded scores are normal, as
 * differences paired by item. Priors: normal(0, 3) on slopes; half-normal on the standard deviations of
 * groups with few levels, 1 in logits or 0.25 in scores, which is about the same at a half; others have
 * brms' defaults.
 */
import { eachRow, meanOutcomes } from '../../regression/after/predictions.js';
import { bernoulli, binomial, gaussian } from '../../regression/options.js';
import { normal } from '../../regression/priors/constructors.js';
import {
  type RegressionFit,
  regression,
  type SamplingOptions,
} from '../../regression/regression.js';
import { BootstrapWeights } from '../bootstrap.js';
import { type ArmRow, type CountedUnit, countsOf, isCrossed } from './item-counts.js';
import { type ItemRow, SELF, unitOf } from './read-items.js';
import { type Line, linearAt, minus, type Row, SLOPES } from './regressions.js';

export type ScoreKind = 'exact' | 'graded';

const FEW_LEVELS = { exact: 1, graded: 0.25 };
const SMALL_GROUPS = ['target', 'target_explainer', 'model', 'target_model', 'training'];
/** A standard deviation needs this many levels more than there are means to estimate. */
const LEAST_FREEDOM = 2;

interface Groups {
  readonly terms: readonly string[];
  /** Those of them whose effects belong to the items. */
  readonly ofItems: readonly string[];
  /** What the intervals hold for, one sentence each. */
  readonly notes: readonly string[];
}

/** Chances and logits of each arm at each draw. */
interface ExactComparison {
  readonly fit: RegressionFit;
  /** Mean chance over items like these, of a typical training and target. */
  readonly accuracy: ReadonlyMap<string, Float64Array>;
  readonly logits: ReadonlyMap<string, Float64Array>;
  readonly notes: readonly string[];
}

/**
 * `score ~ explainer + (1 | item) + …`. Accuracies are by g-computation: at each draw, the chance of every arm at
 * every item, averaged with the weights of a Bayesian bootstrap over clusters of items, the same for all
 * arms. Intervals hold for other items of the same kind, and differences are paired.
 *
 * @param arms at least two
 */
export async function compareExact(
  rows: readonly ArmRow[],
  arms: readonly string[],
  sampling: SamplingOptions,
): Promise<ExactComparison> {
  const counts = countsOf(rows);
  const trained = new Set(rows.flatMap(({ seed, arm }) => (seed === null ? [] : arm))).size;
  const groups = groupsOf(counts?.rows ?? rows, trained, counts !== null);
  const formula = [`${counts ? COUNTED : 'score'} ~ explainer`, ...groups.terms].join(' + ');
  const fit = await fitOf(formula, counts?.rows ?? rows, 'exact', arms, sampling);
  const logits = linearAt(
    fit,
    arms.map((arm) => ({ ...noGroups, explainer: arm })),
  );
  return {
    fit,
    accuracy: accuracies(fit, counts?.units ?? unitsOf(rows), arms, groups.ofItems),
    logits: new Map(arms.map((arm, i) => [arm, logits[i] ?? new Float64Array()])),
    notes: [...(counts ? [counts.note] : []), ...groups.notes],
  };
}

/** The outcome of counted rows. */
const COUNTED = 'right | trials(answers)';

function unitsOf(rows: readonly ArmRow[]): CountedUnit[] {
  const units = [...new Map(rows.map((row) => [unitOf(row), row])).values()];
  return units.map((unit) => ({
    ...{ cluster: unit.cluster, items: 1, rowOf: (arm: string) => ({ ...unit, arm }) },
  }));
}

function accuracies(
  fit: RegressionFit,
  unordered: readonly CountedUnit[],
  arms: readonly string[],
  groups: readonly string[],
): Map<string, Float64Array> {
  const count = fit.draws.chains * fit.draws.drawsPerChain;
  const bootstrap = new BootstrapWeights(fit.settings.seed, count);
  const units = unordered.toSorted((one, other) =>
    one.cluster < other.cluster ? -1 : Number(one.cluster > other.cluster),
  );
  const data = units.flatMap(({ rowOf }) =>
    arms.map((arm) => ({ ...dataOf(rowOf(arm), 0), answers: 1 })),
  );
  const sums = arms.map(() => new Float64Array(count));
  const total = new Float64Array(count);
  let cluster: string | null = null;
  let weights: Float64Array = new Float64Array(count);
  eachRow(fit, meanOutcomes, { data, groups, newLevels: 'gaussian' }, (index, chances) => {
    const unit = units[Math.floor(index / arms.length)];
    const place = index % arms.length;
    const sum = sums[place];
    if (!unit || !sum) return;
    if (unit.cluster !== cluster) {
      cluster = unit.cluster;
      weights = bootstrap.fresh('item', cluster);
    }
    for (let draw = 0; draw < count; draw++) {
      const weight = unit.items * (weights[draw] ?? 0);
      sum[draw] = (sum[draw] ?? 0) + weight * (chances[draw] ?? 0);
      if (place === 0) total[draw] = (total[draw] ?? 0) + weight;
    }
  });
  return new Map(
    arms.map((arm, i) => [arm, total.map((all, draw) => (sums[i]?.[draw] ?? Number.NaN) / all)]),
  );
}

interface Lines {
  readonly fit: RegressionFit;
  /** In the order of the arms; they start at `centre`. */
  readonly lines: readonly Line[];
  /** Binary logarithm of a number of examples. */
  readonly centre: number;
  readonly notes: readonly string[];
}

/**
 * `score ~ explainer * log2n + (1 | item) + …`, with every training as a group; pairs of target and model have
 * slopes of their own. @param rows all with `n` > 0
 */
export async function fitLines(
  rows: readonly ArmRow[],
  kind: ScoreKind,
  sampling: SamplingOptions,
): Promise<Lines> {
  const arms = [...new Set(rows.map(({ arm }) => arm))];
  const sizes = [...new Set(rows.map(({ n }) => Math.log2(n ?? 1)))];
  const centre = sizes.reduce((sum, size) => sum + size, 0) / sizes.length;
  const all = rows.map((row) => ({ ...row, seed: row.seed ?? 'the only one' }));
  const counts = countsOf(all);
  const isPair = modelGroupsOf(counts?.rows ?? all).pairs > 0;
  // Intercepts and slopes of pairs differ by the luck of their trainings too: a group of both is slow and says no more.
  const means = counts && isPair ? Number.POSITIVE_INFINITY : 2 * arms.length;
  const groups = groupsOf(counts?.rows ?? all, means, counts !== null);
  const fixed = arms.length > 1 ? 'explainer * log2n' : 'log2n';
  const formula = [
    `${counts && kind === 'exact' ? COUNTED : 'score'} ~ ${fixed}`,
    ...groups.terms,
    ...(isPair ? ['(0 + modelled_log2n | target_model)'] : []),
  ].join(' + ');
  const fit = await fitOf(formula, counts?.rows ?? all, kind, arms, sampling, centre);
  const at = (arm: string, log2n: number) =>
    linearAt(fit, [{ ...noGroups, explainer: arm, log2n }])[0] ?? new Float64Array();
  return {
    ...{ fit, centre, notes: [...(counts ? [counts.note] : []), ...groups.notes] },
    lines: arms.map((explainer) => {
      const start = at(explainer, 0);
      return { explainer, start, slope: minus(at(explainer, 1), start) };
    }),
  };
}

/** A score, or a difference of scores, of one item. */
export interface ItemValue {
  readonly value: number;
  readonly row: ItemRow;
  /** Null: the mean over all trainings. */
  readonly seed: string | null;
}

interface MeanFit {
  readonly fit: RegressionFit;
  readonly draws: Float64Array;
  readonly notes: readonly string[];
}

/**
 * `score ~ 1`, with groups: the mean of graded scores, or of their differences.
 * @returns null if all values are equal
 */
export async function fitMean(
  values: readonly ItemValue[],
  sampling: SamplingOptions,
): Promise<MeanFit | null> {
  if (new Set(values.map(({ value }) => value)).size < 2) return null;
  const rows = values.map(({ value, row, seed }) => ({ ...row, seed, score: value, arm: 'all' }));
  const groups = groupsOf(rows, 1, false);
  const formula = ['score ~ 1', ...groups.terms].join(' + ');
  const fit = await fitOf(formula, rows, 'graded', ['all'], sampling);
  const [draws = new Float64Array()] = linearAt(fit, [noGroups]);
  return { fit, draws, notes: groups.notes };
}

/**
 * The groups that the rows can tell apart.
 * @param means number of means that are estimated from trainings
 * @param areCounts rows of `countsOf`, where clusters take the place of items, and a training is all seeds
 */
function groupsOf(rows: readonly ArmRow[], means: number, areCounts: boolean): Groups {
  const count = (key: (row: ArmRow) => string) => new Set(rows.map(key)).size;
  const [units, arms, targets] = [
    count(unitOf),
    count(({ arm }) => arm),
    count((row) => row.target),
  ];
  const pairs = count((row) => `${unitOf(row)}\n${row.arm}`);
  const clusters = count(({ cluster }) => cluster);
  const seeded = rows.filter(({ seed }) => seed !== null);
  const trainings = new Set(seeded.map(trainingOf)).size;
  const ofExplainers = count((row) => JSON.stringify([row.target, row.arm]));
  const models = modelGroupsOf(rows);
  const areTargets = (targets - 1) * (arms - 1) >= LEAST_FREEDOM && !models.isExplainer;
  // A group of trainings that are one to a pair, or to an explainer of a target, is that group once more.
  const coarser = Math.max(areTargets ? ofExplainers : 0, models.pairs);
  const isTraining = trainings - Math.max(means, coarser) >= LEAST_FREEDOM;
  const ofItems = areCounts
    ? ['cluster']
    : [
        ...(rows.length > units ? ['item'] : []),
        ...(arms > 1 && rows.length > pairs ? ['item_explainer'] : []),
        ...(clusters < units ? ['cluster'] : []),
      ];
  const ofTargets = [
    ...(targets - 1 >= LEAST_FREEDOM ? ['target'] : []),
    ...(areTargets ? ['target_explainer'] : []),
  ];
  const training = seeded.length < rows.length ? '(0 + trained | training)' : '(1 | training)';
  return {
    terms: [
      ...[...ofItems, ...ofTargets].map((name) => `(1 | ${name})`),
      ...models.terms,
      ...(isTraining ? [training] : []),
    ],
    ofItems,
    notes: [
      ...(targets === 1 ? [] : [targetNote(targets, ofTargets.length > 0)]),
      ...models.notes,
      ...(seeded.length === 0
        ? []
        : [trainingNote(trainings, { isTraining, areTargets: areTargets || models.pairs > 0 })]),
    ],
  };
}

interface ModelGroups extends Pick<Groups, 'terms' | 'notes'> {
  /** Number of pairs; 0 if they are not a group. */
  readonly pairs: number;
  /**
   * Whether pairs take the place of the group target_explainer: each pair has one explainer, and there are too few
   * pairs to tell what is common to a target's pairs of one explainer from what is special to each.
   */
  readonly isExplainer: boolean;
}

/**
 * Models that explain several targets are a group, and so are pairs of target and model: explainers that were
 * trained from one model for one target share its luck. What a model knows of itself is what its own pair has
 * beyond target and model.
 */
function modelGroupsOf(all: readonly ArmRow[]): ModelGroups {
  const rows = all.filter(({ model }) => model !== null);
  const count = (key: (row: ArmRow) => string) => new Set(rows.map(key)).size;
  const [targets, models, pairs] = [
    count(({ target }) => target),
    count(({ model }) => model ?? ''),
    count(pairOf),
  ];
  if (!isCrossed(rows)) return { terms: [], notes: [], pairs: 0, isExplainer: false };
  const kinds = count(({ explainer }) => (explainer === SELF ? SELF : 'another'));
  const isModel = models - 1 >= LEAST_FREEDOM;
  const isPair = pairs - (targets + models - 1) - (kinds - 1) >= LEAST_FREEDOM;
  const explainers = count(({ target, arm }) => JSON.stringify([target, arm]));
  const isOneEach = count((row) => `${pairOf(row)} ${row.arm}`) === pairs;
  const effect = rows.length < all.length ? '0 + modelled' : '1';
  return {
    terms: [
      ...(isModel ? [`(${effect} | model)`] : []),
      ...(isPair ? [`(${effect} | target_model)`] : []),
    ],
    notes: [modelNote({ models, isModel, pairs, isPair })],
    pairs: isPair ? pairs : 0,
    isExplainer: isPair && isOneEach && pairs - explainers - (models - 1) < LEAST_FREEDOM,
  };
}

function modelNote(found: { models: number; isModel: boolean; pairs: number; isPair: boolean }) {
  const { models, isModel, pairs, isPair } = found;
  const those = `${models} models`;
  const both = `${pairs} pairs of target and model`;
  if (isModel && isPair) {
    return `Models that explainers were trained from are a group of ${models}, and pairs of target and model one of ${pairs}: the intervals hold for others too.`;
  }
  if (isModel) {
    return `Models that explainers were trained from are a group of ${models}: the intervals hold for other models too. ${both} are too few for a group: what is special to one of them counts as if it were of all.`;
  }
  if (isPair) {
    return `Pairs of target and model are a group of ${pairs}, but with ${those} the intervals hold for these models only.`;
  }
  return `With ${those} that explain several targets, and ${both}, the intervals hold for these only; more of both are needed for others.`;
}

function targetNote(targets: number, isGroup: boolean): string {
  return isGroup
    ? `The targets are a group of ${targets}: the intervals hold for other targets too.`
    : `With ${targets} targets the intervals hold for these targets only.`;
}

function trainingNote(trainings: number, groups: { isTraining: boolean; areTargets: boolean }) {
  if (groups.isTraining) {
    return `Trainings, or draws of examples, are a group of ${trainings}: the intervals hold for others too.`;
  }
  if (groups.areTargets) {
    return 'What trainings differ by is a part of how explainers, or pairs of target and model, differ: the intervals hold for others too.';
  }
  return `With ${trainings} ${trainings === 1 ? 'training' : 'trainings'} the intervals hold for ${trainings === 1 ? 'this one' : 'these'} only; more seeds are needed for others.`;
}

/** An explainer has its own luck with a seed. */
function trainingOf({ target, arm, n, model, seed }: ArmRow): string {
  return JSON.stringify([target, arm, n, model, seed]);
}

function pairOf({ target, model }: ArmRow): string {
  return JSON.stringify([target, model]);
}

/** Columns of groups, for rows of the population. */
const noGroups = {
  ...{ item: null, item_explainer: null, cluster: null, target: null, target_explainer: null },
  ...{ model: null, target_model: null, modelled: 0, modelled_log2n: 0, right: 0, answers: 1 },
  ...{ training: null, trained: 0, log2n: 0, explainer: 'all' },
};

function dataOf(row: ArmRow, centre: number): Row {
  const unit = unitOf(row);
  const log2n = Math.log2(Math.max(1, row.n ?? 1)) - centre;
  return {
    ...{ right: Math.round(row.score * row.answers), answers: row.answers, log2n },
    ...{ score: row.score, explainer: row.arm, item: unit, item_explainer: `${unit} ${row.arm}` },
    ...{ cluster: row.cluster, target: row.target, target_explainer: `${row.target} ${row.arm}` },
    ...{ model: row.model ?? 'none', target_model: row.model === null ? 'none' : pairOf(row) },
    ...(row.model === null
      ? { modelled: 0, modelled_log2n: 0 }
      : { modelled: 1, modelled_log2n: log2n }),
    training: row.seed === null ? 'none' : trainingOf(row),
    trained: row.seed === null ? 0 : 1,
  };
}

async function fitOf(
  formula: string,
  rows: readonly ArmRow[],
  kind: ScoreKind,
  arms: readonly string[],
  sampling: SamplingOptions,
  centre = 0,
): Promise<RegressionFit> {
  const few = SMALL_GROUPS.filter((group) => formula.includes(`| ${group})`));
  const isCounted = formula.startsWith(COUNTED);
  const slopes = formula.startsWith('score ~ 1') ? [] : [SLOPES];
  return regression({
    // Where scores have little noise, the sd of a few targets or trainings makes a narrow funnel.
    ...(kind === 'graded' && few.length > 0 && { targetAcceptance: 0.99 }),
    ...sampling,
    formula,
    family: kind === 'graded' ? gaussian() : isCounted ? binomial() : bernoulli(),
    data: rows.map((row) => dataOf(row, centre)),
    prior: [...slopes, ...few.map((group) => normal(0, FEW_LEVELS[kind]).on('sd', { group }))],
    levels: formula.includes(' ~ explainer') ? { explainer: arms } : {},
  });
}
