/**
 * Comparisons of native weights with what might predict them: other models' reports, and guesses that
 * know less of the model.
 */
import { meansByPlace, meanTable, type PairedCorrelations } from '../../analysis/native-weights.js';
import type { WeightTable } from '../../analysis/reported-weights.js';
import type { Section, SectionInterval } from '../../result/sections.js';
import { intervalOf } from '../../table-analysis/section-fit.js';
import type { ModelAnswers } from './read-weights.js';

/** A model with its native weights and its mean reports, both standardized. */
export interface Weighed extends ModelAnswers {
  /** Null: no choices, or all weights equal. */
  readonly weights: WeightTable | null;
  /** Null: no valid reports, or all equal. */
  readonly reported: WeightTable | null;
  readonly agreeing: number | null;
}

/** Notes of every comparison. */
const pairedNote =
  'Intervals are by a Bayesian bootstrap over contexts, paired by context and widened for their small number: separate regressions would take the attributes of one context, and two predictors of the same weights, as independent.';

/** Which model describes its weights best; null with fewer than two. */
export function comparisonSection(
  models: readonly Weighed[],
  correlations: PairedCorrelations,
): Section | null {
  const { contexts, left, found } = ownDraws(models, correlations);
  const crossed = found.flatMap((one) =>
    found.flatMap((other) => {
      if (other === one) return [];
      return correlations.draws(one.weights, other.reported, contexts) ?? [];
    }),
  );
  if (found.length < 2 || crossed.length === 0) return null;
  const differences = found.flatMap((one, i) =>
    found.slice(i + 1).map((other) =>
      intervalOf(`${one.name} − ${other.name}`, minus(one.draws, other.draws), {
        ...{ group: 'difference between correlations', reference: 0 },
      }),
    ),
  );
  const own = meanDraws(found.map(({ draws }) => draws));
  return {
    title: 'Which model describes its weights best',
    notes: [
      `In the ${contexts.length} contexts with weights and reports of all models compared. ${pairedNote}`,
      ...leftOut(left),
      'A difference between models may be one of the choices: weights of a model that chooses more consistently are easier to describe.',
      'Own minus another’s is the mean correlation of own reports with own weights, minus that of one model’s reports with another’s weights, over all pairs of models. A model that reports better, or one whose weights are easier to guess, counts on both sides: above 0 is what models say better of themselves than of others.',
    ],
    tables: [],
    intervals: [
      ...differences,
      intervalOf('own − another’s', minus(own, meanDraws(crossed)), {
        ...{ group: 'difference between mean correlations', reference: 0 },
      }),
    ],
    fits: [],
  };
}

interface Own {
  readonly name: string;
  readonly weights: WeightTable;
  readonly reported: WeightTable;
  readonly draws: Float64Array;
}

/** Each model's correlation of its own reports, in the contexts that all of them have. */
function ownDraws(
  models: readonly Weighed[],
  correlations: PairedCorrelations,
): {
  readonly contexts: readonly string[];
  /** Models with too few contexts. */
  readonly left: readonly string[];
  readonly found: readonly Own[];
} {
  const all = models.flatMap(({ name, weights, reported }) =>
    weights && reported ? [{ name, weights, reported }] : [],
  );
  const most = all
    .map(({ weights, reported }) => contextsOfAll([weights, reported]))
    .reduce((one, other) => (other.length > one.length ? other : one), []);
  const complete = all.filter(
    ({ weights, reported }) => coversMost(weights, most) && coversMost(reported, most),
  );
  const contexts = contextsOfAll(complete.flatMap((one) => [one.weights, one.reported]));
  return {
    contexts,
    left: all.filter((one) => !complete.includes(one)).map(({ name }) => name),
    found: complete.flatMap((one) => {
      const draws = correlations.draws(one.weights, one.reported, contexts);
      return draws ? [{ ...one, draws }] : [];
    }),
  };
}

interface Predictor {
  readonly name: string;
  readonly table: WeightTable;
}

/** Null if no model has enough weights and reports. */
export function baselineSection(
  models: readonly Weighed[],
  correlations: PairedCorrelations,
): Section | null {
  const found = models.flatMap((model) => baselineIntervals(model, models, correlations) ?? []);
  if (found.length === 0) return null;
  const contexts = found.map(({ name, contexts: count }) => `${count} for ${name}`);
  return {
    title: 'Against baselines',
    notes: [
      ...baselineNotes,
      ...(models.length < 2
        ? ['One model alone: a second model would give the baselines that read the question.']
        : []),
      `Contexts with all of them: ${contexts.join(', ')}. ${pairedNote}`,
      ...leftOut([...new Set(found.flatMap(({ left }) => left))]),
    ],
    tables: [],
    intervals: found.flatMap(({ intervals }) => intervals),
    fits: [],
  };
}

interface FoundBaselines {
  readonly name: string;
  readonly contexts: number;
  /** Baselines with too few contexts. */
  readonly left: readonly string[];
  readonly intervals: readonly SectionInterval[];
}

function baselineIntervals(
  target: Weighed,
  models: readonly Weighed[],
  correlations: PairedCorrelations,
): FoundBaselines | null {
  const { name, weights, reported } = target;
  if (!weights || !reported) return null;
  const all = baselinesOf(target, models);
  const most = contextsOfAll([weights, reported]);
  const baselines = all.filter(({ table }) => coversMost(table, most));
  const contexts = contextsOfAll([weights, reported, ...baselines.map(({ table }) => table)]);
  const own = correlations.draws(weights, reported, contexts);
  if (!own) return null;
  const found = baselines.flatMap((baseline) => {
    const draws = correlations.draws(weights, baseline.table, contexts);
    return draws ? [{ ...baseline, draws }] : [];
  });
  const group = `correlation with the weights of ${name}`;
  return {
    name,
    contexts: contexts.length,
    left: all.filter((one) => !baselines.includes(one)).map((one) => one.name),
    intervals: [
      intervalOf(`reports of ${name} itself`, own, { group }),
      ...found.map((one) => intervalOf(one.name, one.draws, { group })),
      ...found.map((one) =>
        intervalOf(`own reports − ${one.name}`, minus(own, one.draws), {
          ...{ group: `own reports minus a baseline, ${name}`, reference: 0 },
        }),
      ),
    ],
  };
}

const baselineNotes = [
  'Reports of another model: the same question put to a model that did not choose. It knows the question and not the model.',
  'Mean native weights of the others: what the other models’ choices reveal in the same context, a guess from the input alone.',
  'Mean report at the same place: the model’s own mean report for the first, second, … attribute of the other contexts. It knows nothing of the context.',
  'Reports that predict no better than these show no knowledge of the model beyond what the question suggests.',
  'The correlations here are Pearson’s; where they are high, their HDIs are narrower than those of the regression above, which takes the spread of weights and reports as given.',
];

function baselinesOf(target: Weighed, models: readonly Weighed[]): Predictor[] {
  const others = models.filter((model) => model !== target);
  const wanted = [...(target.weights?.keys() ?? [])];
  const reporters = others.flatMap(({ name, reported }) => (reported ? [{ name, reported }] : []));
  const many = reporters.filter(({ reported }) => coversMost(reported, wanted));
  const weights = others
    .flatMap((model) => model.weights ?? [])
    .filter((table) => coversMost(table, wanted));
  return [
    ...reporters.map(({ name, reported }) => ({ name: `reports of ${name}`, table: reported })),
    ...(many.length > 1
      ? [
          {
            name: 'mean reports of the others',
            table: meanTable(many.map(({ reported }) => reported)),
          },
        ]
      : []),
    ...(weights.length > 0
      ? [{ name: 'mean native weights of the others', table: meanTable(weights) }]
      : []),
    ...(target.reported
      ? [{ name: 'mean report at the same place', table: meansByPlace(target.reported) }]
      : []),
  ];
}

/** A table with few of the contexts would take them from everything that it is compared with. */
function coversMost(table: WeightTable, contexts: readonly string[]): boolean {
  return 2 * contexts.filter((context) => table.has(context)).length >= contexts.length;
}

function leftOut(names: readonly string[]): string[] {
  if (names.length === 0) return [];
  return [`Left out, as fewer than half of the contexts have them: ${names.join(', ')}.`];
}

function contextsOfAll(tables: readonly WeightTable[]): string[] {
  const [first, ...others] = tables;
  return [...(first?.keys() ?? [])].filter((context) =>
    others.every((table) => table.has(context)),
  );
}

function minus(one: Float64Array, other: Float64Array): Float64Array {
  return one.map((value, draw) => value - (other[draw] ?? Number.NaN));
}

function meanDraws(all: readonly Float64Array[]): Float64Array {
  const [first = new Float64Array()] = all;
  return first.map((_, draw) => all.reduce((sum, one) => sum + (one[draw] ?? 0), 0) / all.length);
}
